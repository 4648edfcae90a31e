"""Why somebody may have opened a record: reasons on file, and what explains an access."""

from enum import StrEnum


class ReasonKind(StrEnum):
    """What is filed: that somebody, a department or a whole hospital has to do with a patient."""

    ENCOUNTER = "encounter"
    ORDER = "order"
    REFERRAL = "referral"
    WORKLIST_ITEM = "worklist-item"
    TREATING_RELATION = "treating-relation"
    SCHEDULED_PROCEDURE = "scheduled-procedure"


class Explanation(StrEnum):
    """What explains an access without anything being filed."""

    REFERRED = "referring-physician"
    REQUESTED = "requesting-physician"
    PERFORMED = "performing-physician"
    OPERATED = "operator"
    READ = "reading-physician"
    STORED = "stored-it"
    EMERGENCY = "break-glass"


class Signal(StrEnum):
    """What makes an access worth a look."""

    UNEXPLAINED = "unexplained"
    SAME_NAME = "same-name"
    IN_A_ROW = "in-a-row"
    OFF_HOURS = "off-hours"
    OTHER_DEPARTMENT = "other-department"
    PROTECTED = "protected"
    SAMPLED = "sampled"

"""Why a record is opened: HL7 v3 ActReason, value set PurposeOfUse."""

from enum import StrEnum


class Purpose(StrEnum):
    """The purposes of use that a release can be asked for, by their HL7 code."""

    TREATMENT = "TREAT"
    EMERGENCY_TREATMENT = "ETREAT"
    OPERATIONS = "HOPERAT"
    PUBLIC_HEALTH = "PUBHLTH"
    PATIENT_REQUEST = "PATRQT"
    SYSTEM_ADMINISTRATION = "SYSADMIN"
    COORDINATION = "COC"
    """Coordination of care with others: the national platform, another hospital."""
    RESEARCH = "HRESCH"

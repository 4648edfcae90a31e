"""Breaking the glass: why somebody does, and what a reviewer may find."""

from enum import StrEnum
from typing import Final

REASON_LENGTH_MIN: Final = 20
"""Characters: "pasien trauma di IGD" has them, "darurat" says nothing to a reviewer."""

REASON_LENGTH_MAX: Final = 1_000


class Emergency(StrEnum):
    """Why more is needed at once than the budget gives."""

    LIFE_AT_RISK = "life-at-risk"
    URGENT_CONSULT = "urgent-consult"
    COVERING_SHIFT = "covering-shift"
    MANY_CASUALTIES = "many-casualties"
    OTHER = "other"


class Verdict(StrEnum):
    """What the review found. After ``FOLLOW_UP`` another verdict is to come."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"
    FOLLOW_UP = "follow-up"

"""What a card is made of: whose it is, and one test, as the record has them. Nothing else."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

AFTER_SAMPLING: Final = timedelta(hours=72)
"""How long after the specimen was taken a card of a test may be used. No border asks for older."""


class TestMethod(StrEnum):
    """How the virus was looked for."""

    __test__ = False

    RAPID = "rapid"
    """An antigen."""
    NAAT = "naat"
    """Its RNA (PCR and its kin)."""


@dataclass(frozen=True, slots=True)
class CardHolder:
    """Whose card it is. ``birth_date`` is ISO, as far as it is known. No number of theirs."""

    family: str = field(repr=False)
    given: str = field(repr=False)
    birth_date: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NegativeTest:
    """One negative test for SARS-CoV-2. ``loinc`` is what the laboratory called it; ``sampled_at``
    is aware; ``device`` a rapid test's number in the EU's register, '' where it was not said."""

    method: TestMethod
    loinc: str
    sampled_at: datetime = field(repr=False)
    name: str = ""
    device: str = ""
    centre: str = ""

    @property
    def ends_at(self) -> datetime:
        """The last moment of a card that is made of it."""
        return self.sampled_at + AFTER_SAMPLING

"""Decoys, on the operator's socket only: ordered, counted, composed, sent."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message
from segel.domain.dicom import JsonDataset


class HospitalDecoys(msgspec.Struct, frozen=True):
    """How a hospital stands. ``share``: what was ordered, 0 for nothing; ``until_s``: Unix time.

    ``touches``: sessions that opened a decoy within the time that counts.
    """

    hospital: str
    patients: int
    decoys: int
    share: float
    missing: int
    until_s: float
    touches: int


class DecoysReport(Message, frozen=True):
    """Every hospital, and whether a touch would trip: proved on an invented id, not on a decoy."""

    hospitals: list[HospitalDecoys]
    armed: bool
    now_s: float


class PlanDecoys(Message, frozen=True):
    """Order decoys for a hospital: ``share`` of its patients, within ``over_s``. Again: changes
    the order. A share of 0 ends it; decoys that are there stay."""

    hospital_code: str
    share: float
    over_s: float


class ReportDecoys(Message, frozen=True):
    """Ask how every hospital stands."""


class ComposeDecoys(Message, frozen=True):
    """Ask for decoys that are due, at most ``limit``."""

    limit: int


class DecoyPattern(msgspec.Struct, frozen=True):
    """A decoy to be made from the studies of a pattern, a patient of the same hospital.

    ``replaced``: by study UID of the pattern, the attributes to write over its own. ``account_id``
    stored the pattern; ``signs_in``: in sessions of an association each. Where it is nobody, the
    pattern is to be read, and nothing to be made of it.
    """

    hospital: str
    account_id: UUID
    signs_in: bool
    replaced: dict[str, JsonDataset]

    def __repr__(self) -> str:
        return f"DecoyPattern({self.hospital}, {len(self.replaced)} studies)"


class DecoyBatch(Message, frozen=True):
    """What to plant, and until when: spread it evenly, in the hours in which images arrive."""

    patterns: list[DecoyPattern]
    within_s: float


class BeginPlanting(Message, frozen=True):
    """A session of a device, whose new patients are decoys; without one, of a hospital's own
    account for reading patterns."""

    account_id: UUID | None = None
    hospital_code: str = ""


Request = PlanDecoys | ReportDecoys | ComposeDecoys | BeginPlanting
Reply = DecoysReport | DecoyBatch

"""A case of an alleged leak: what is claimed, how it is marked, and which clocks run. Pure.

The clocks run from the moment at which the organisation knew (or should have): 3 × 24 hours in
writing to the people and to the authority (UU 27/2022 Pasal 46), 24 hours to the sector's incident
response team where vital information infrastructure is concerned (Perpres 82/2022, Peraturan BSSN
1/2024).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

HOUR_S: Final = 3_600.0
DAY_S: Final = 24 * HOUR_S
ALARM_SHARE: Final = 0.75
"""Of a clock's time: what is left is enough to write, to sign and to send."""

KNOWN_BACK_MAX_S: Final = 366 * DAY_S
"""How long ago it may have become known."""

KEPT_CLOSED_S: Final = 5 * 366 * DAY_S
"""How long a closed case is kept: as long as an administrative claim about it may be brought and
answered. Then the KMS forgets its key."""

TEXT_MAX: Final = 4_000
"""Characters of a claim's words, a note or a reason."""
LINE_MAX: Final = 300
"""Characters of what is one line: a name, a task, an address."""
SEEN_MAX: Final = 50
"""Times at which an offer was seen."""
BYTES_MAX: Final = 1 << 60
PEOPLE_MAX: Final = 10_000_000_000


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST): with whom what is in a case may be shared."""

    RED = "red"
    AMBER_STRICT = "amber+strict"
    AMBER = "amber"
    GREEN = "green"
    CLEAR = "clear"


class ClockKind(StrEnum):
    """Whom is to be told."""

    CSIRT = "csirt"
    """The sector's incident response team; where vital infrastructure is concerned."""
    AUTHORITY = "authority"
    PATIENTS = "patients"


HOURS: Final[Mapping[ClockKind, int]] = {
    ClockKind.CSIRT: 24,
    ClockKind.AUTHORITY: 72,
    ClockKind.PATIENTS: 72,
}


class ClockState(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    ALARM = "alarm"
    """Three quarters of its time are over."""
    OVER = "over"
    MET = "met"
    MET_LATE = "met-late"


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock of a case. Times are Unix times; ``met_s`` 0: nobody was told yet."""

    kind: ClockKind
    began_s: float
    met_s: float = 0.0

    @property
    def due_s(self) -> float:
        """When whoever is to be told must have been."""
        return self.began_s + HOURS[self.kind] * HOUR_S

    @property
    def alarm_s(self) -> float:
        """From when on it alarms."""
        return self.began_s + ALARM_SHARE * HOURS[self.kind] * HOUR_S

    def state(self, now_s: float) -> ClockState:
        """How it stands."""
        if self.met_s:
            return ClockState.MET_LATE if self.met_s > self.due_s else ClockState.MET
        if now_s >= self.due_s:
            return ClockState.OVER
        return ClockState.ALARM if now_s >= self.alarm_s else ClockState.RUNNING


def clocks_of(known_s: float, *, vital: bool, met: Mapping[str, float]) -> tuple[Clock, ...]:
    """The clocks of a case, the first that is due first."""
    kinds = (*([ClockKind.CSIRT] if vital else []), ClockKind.AUTHORITY, ClockKind.PATIENTS)
    return tuple(Clock(kind, known_s, met.get(kind, 0.0)) for kind in kinds)


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody says they have. ``offered_bytes``, ``offered_people``: 0 where it is not said;
    ``seen_s``: when the offer was seen (Unix times)."""

    text: str
    source: str = ""
    offered_bytes: int = 0
    offered_people: int = 0
    price: str = ""
    seen_s: tuple[float, ...] = ()

    def __repr__(self) -> str:
        return "Claim(...)"


def faults_of_claim(claim: Claim) -> dict[str, str]:
    """What is wrong with a claim, by field."""
    faults = {}
    if not claim.text.strip():
        faults["text"] = "empty"
    for name, text, most in (
        ("text", claim.text, TEXT_MAX),
        ("source", claim.source, LINE_MAX),
        ("price", claim.price, LINE_MAX),
    ):
        if len(text) > most:
            faults[name] = f"longer than {most} characters"
    if not 0 <= claim.offered_bytes <= BYTES_MAX:
        faults["offered_bytes"] = "no possible size"
    if not 0 <= claim.offered_people <= PEOPLE_MAX:
        faults["offered_people"] = "no possible number of people"
    if len(claim.seen_s) > SEEN_MAX:
        faults["seen"] = f"more than {SEEN_MAX} times"
    return faults


def tidied_claim(claim: Claim) -> Claim:
    """A claim without blanks around its words."""
    return msgspec.structs.replace(
        claim, text=claim.text.strip(), source=claim.source.strip(), price=claim.price.strip()
    )


class Happening(StrEnum):
    """What an entry of a case's timeline, and of its branch of the log, says."""

    OPENED = "opened"
    AMENDED = "amended"
    NOTED = "noted"
    PERSON_ADDED = "person-added"
    TASK_ADDED = "task-added"
    TASK_DONE = "task-done"
    OBJECT_BEGUN = "object-begun"
    OBJECT_KEPT = "object-kept"
    OBJECT_READ = "object-read"
    OBJECT_ABANDONED = "object-abandoned"
    FINDING = "finding"
    NOTICE_SIGNED = "notice-signed"
    NOTICE_TOLD = "notice-told"
    LETTERS_BEGUN = "letters-begun"
    CLOCK_MET = "clock-met"
    GUEST_INVITED = "guest-invited"
    GUEST_LOOKED = "guest-looked"
    GUEST_ENDED = "guest-ended"
    RELEASED_TO_PATIENTS = "released-to-patients"
    """Their own pages answer whether they are affected."""
    WITHDRAWN_FROM_PATIENTS = "withdrawn-from-patients"
    TRACED = "traced"
    """Marks of what had been exported were read, and somebody was named or nobody."""
    WARRANT_ASKED = "warrant-asked"
    WARRANT_ENDED = "warrant-ended"
    REHEARSED = "rehearsed"
    CONTAINED = "contained"
    CLOSED = "closed"
    REOPENED = "reopened"
    DESTROYED = "destroyed"


class ObjectKind(StrEnum):
    """What a file of a case is."""

    EVIDENCE = "evidence"
    """As it came."""
    DERIVED = "derived"
    """Made of evidence: rows and texts that were found in it."""
    AFFECTED = "affected"
    """Who is affected: for the notifying officers, and for nobody else."""
    DOCUMENT = "document"
    """Written to be sent: a guest of the case sees it."""


class NoticeKind(StrEnum):
    """Whom a document about a leak is for."""

    AUTHORITY = "authority"
    PATIENTS = "patients"
    CSIRT = "csirt"
    HOSPITALS = "hospitals"
    PRESS = "press"
    REPORT = "report"
    """The final report: all of it, each figure with its evidence and proof."""


class Language(StrEnum):
    """A document's language."""

    INDONESIAN = "id"
    ENGLISH = "en"


class LetterOutcome(StrEnum):
    """What became of a letter to a patient."""

    UNKNOWN = "unknown"
    """It was about to be sent, and nobody noted how that went: it may have been."""
    SENT = "sent"
    """Whoever carries it has taken it."""
    REFUSED = "refused"
    """For good: there is no such address."""
    DEFERRED = "deferred"
    """Surely not sent; it may be tried again."""
    NO_ADDRESS = "no-address"


GUEST_FINDINGS: Final = frozenset({"verdict", "extent"})
"""Findings that a guest sees: answers and counts. Where a leak came from names people of ours."""

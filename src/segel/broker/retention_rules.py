"""What is past its retention, and a run that destroys it, as values. Pure.

::

    COUNTING ─▶ PLANNED ──two agree, begun──▶ RUNNING ─▶ DESTROYED ─▶ COMPLETE
        └─────────┴── given up ─▶ GIVEN_UP          │          └ certified: no older copy opens it
                                                    └ each patient in a transaction of their own

From RUNNING on it cannot be stopped: whatever breaks it off, the next broker goes on.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, IntEnum
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.erasure import kept_until
from segel.broker.last_visits import Visited

RUN_PATIENTS_MAX: Final = 2_000
"""Patients of one run: its certificate lists each, and is half a megabyte then."""

SETTLED: Final = timedelta(days=365)
"""What came within a year is left for a later run, however old it says it is: time in which a
device that states false dates, or an import gone wrong, is noticed."""


class RunState(IntEnum):
    """How far a run is."""

    COUNTING = 0
    PLANNED = 1
    RUNNING = 2
    DESTROYED = 3
    COMPLETE = 4
    GIVEN_UP = 5


class Fate(Enum):
    """What becomes of a patient's record in a plan."""

    NO_RECORD = "nothing that a visit leaves"
    KEPT = "not past its retention"
    LATELY = "past it by its dates, and came lately"
    HELD = "past it, and held"
    DUE = "past it"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A hospital's records, counted. ``ends``: by the year in which retention ends, all of them;
    ``planned``: by the year of the last visit, those that the run takes.

    ``later``: due, and beyond what one run takes.
    """

    examined: int = 0
    no_record: int = 0
    kept: int = 0
    lately: int = 0
    held: int = 0
    later: int = 0
    ends: dict[int, int] = {}
    planned: dict[int, int] = {}

    @property
    def due(self) -> int:
        """Patients that the run takes."""
        return sum(self.planned.values())


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it is sealed in its row. Times are Unix seconds, 0 for not yet.

    ``today``: the day by which it was counted (ISO); ``digest``: SHA-256 (hex) of whom it takes.
    ``studies`` and ``instances``: what was destroyed; ``skipped``: patients who were left after
    all, because somebody saw or held them meanwhile.
    """

    asked_by: UUID
    asked_s: float
    years: int
    today: str
    schedule: Schedule = Schedule()
    digest: str = ""
    approval_id: UUID | None = None
    approved_by: list[UUID] = []
    begun_by: UUID | None = None
    begun_s: float = 0.0
    destroyed_s: float = 0.0
    destroyed: int = 0
    studies: int = 0
    instances: int = 0
    skipped: int = 0
    completed_s: float = 0.0
    certificate: str = ""

    def __repr__(self) -> str:
        return f"RunRecord({self.schedule.due} patients)"


class Run(msgspec.Struct, frozen=True):
    """One row, without the list of whom it takes."""

    run_id: UUID
    hospital_id: UUID
    state: RunState
    record: RunRecord


def fate(visited: Visited, *, held: bool, years: int, today: date) -> Fate:
    """What becomes of a record."""
    until = kept_until(visited.day, years)
    if until is None or visited.arrived is None:
        return Fate.NO_RECORD
    if today < until:
        return Fate.KEPT
    if held:
        return Fate.HELD
    return Fate.LATELY if today < visited.arrived + SETTLED else Fate.DUE


@dataclass(slots=True)
class Count:
    """Counts a hospital's patients, page by page. ``due``: last visit and patient."""

    years: int
    today: date
    fates: Counter[Fate] = field(default_factory=Counter)
    ends: Counter[int] = field(default_factory=Counter)
    due: list[tuple[date, UUID]] = field(default_factory=list)
    later: int = 0

    def take(self, patient_id: UUID, visited: Visited, *, held: bool) -> None:
        """One more patient."""
        found = fate(visited, held=held, years=self.years, today=self.today)
        self.fates[found] += 1
        until = kept_until(visited.day, self.years)
        if until is not None:
            self.ends[until.year] += 1
        if found is Fate.DUE:
            assert visited.day is not None
            self.due.append((visited.day, patient_id))
            if len(self.due) >= 2 * RUN_PATIENTS_MAX:
                self._cut()

    def planned(self) -> tuple[list[UUID], Schedule]:
        """Whom a run takes, the longest past first, and the count."""
        self._cut()
        return [patient for _, patient in self.due], Schedule(
            examined=self.fates.total(),
            no_record=self.fates[Fate.NO_RECORD],
            kept=self.fates[Fate.KEPT],
            lately=self.fates[Fate.LATELY],
            held=self.fates[Fate.HELD],
            later=self.later,
            ends=dict(sorted(self.ends.items())),
            planned=dict(sorted(Counter(day.year for day, _ in self.due).items())),
        )

    def _cut(self) -> None:
        self.due.sort()
        self.later += max(0, len(self.due) - RUN_PATIENTS_MAX)
        del self.due[RUN_PATIENTS_MAX:]


def digest_of(patients: Iterable[UUID]) -> str:
    """What an approval is bound to: exactly these patients."""
    return hashlib.sha256(b"".join(sorted(one.bytes for one in patients))).hexdigest()


def matter(run: Run) -> dict[str, str]:
    """What is agreed to: exactly this run, as it was planned."""
    record = run.record
    years = record.schedule.planned
    return {
        "run": str(run.run_id),
        "patients": str(record.schedule.due),
        "last visits": f"{min(years)}-{max(years)}" if years else "-",
        "retention": f"{record.years} years",
        "counted": record.today,
        "list": record.digest,
    }

"""A warrant as a value: what was agreed, what was used, and how it ends. Pure.

::

    ASKED ──two approve──▶ OPEN ──rows or people as agreed──▶ USED_UP
      │                     ├──decoys as a prober asks──────▶ TRIPPED
      └▶ REFUSED            ├──time──▶ EXPIRED
                            └──officer──▶ REVOKED, CLOSED

A warrant is the one question that the archive answers about many people at once. What somebody who
holds a valid one can learn of whom they like is bounded by three numbers that two people agreed to:
rows, people, rows an hour. Decision 063 says what the bounds hold against, and what not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.errors import CaseUnclear, WarrantOver, WarrantTooFast
from segel.broker.messages import ApprovalState, WarrantLine, WarrantState
from segel.broker.messages.warrants import WARRANT_HOURS_MAX
from segel.domain.cases import HOUR_S
from segel.domain.leak_rows import AGREEING, ColumnKind

ROWS_MAX: Final = 200_000_000
PEOPLE_MAX: Final = 10_000_000
"""Recognised people are kept in memory while a warrant is used: 100 bytes each."""

MINUTE_S: Final = 60
BATCHES_AN_HOUR: Final = 3_600
"""Requests: whoever compares a dump sends one a second, of thousands of rows."""

SMALL_ROWS: Final = 20
"""A batch of fewer rows is one that somebody asks singly: what reads a sample gathers its rows."""
SMALL_BATCHES_MAX: Final = 50
"""Of one warrant: the last rows of so many files, and no more."""

TRIPS_MAX: Final = 3
"""Decoys that are asked for as a prober asks. One is chance (a number that somebody was given, a
row that lost its columns), three are somebody who goes through numbers."""

WHOLE_KINDS: Final = 3
"""Kinds of columns that agree where a row was copied from the archive. Of a guessed number one
does, of a list with names two."""

MOSTLY: Final = 0.5
"""Share of a batch that is recognised, above which its decoys are no trip where few columns were
agreed: nearly all rows of a table that left the archive are, of guessed numbers a few."""

_SAID_OF_MANY: Final = frozenset({ColumnKind.SEX, ColumnKind.HOSPITAL})


class WarrantRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A warrant under the broker's seal. Times are Unix times, 0 for never.

    ``hospitals``: whose patients. ``trips``: pseudonyms of decoys that were asked for as a prober
    asks. ``decoys``: that were recognised at all. ``minutes``: of the last hour, each with its rows
    and batches. ``small``: batches that were asked singly. ``versions``:
    rows that were compared with what records held before, no more than ``rows``.
    """

    case_id: UUID
    hospital_id: UUID
    hospitals: tuple[UUID, ...]
    reason: str
    by: UUID
    asked_s: float
    hours: int
    rows_max: int
    people_max: int
    rows_an_hour: int
    few_columns: bool
    approved_s: float = 0.0
    ended_s: float = 0.0
    ended: WarrantState | None = None
    rows: int = 0
    people: int = 0
    decoys: int = 0
    batches: int = 0
    small: int = 0
    versions: int = 0
    trips: tuple[bytes, ...] = ()
    minutes: tuple[tuple[int, int, int], ...] = ()

    @property
    def until_s(self) -> float:
        """Until when it answers, 0 while it is not approved."""
        return self.approved_s + self.hours * HOUR_S if self.approved_s else 0.0

    def state(self, asked: ApprovalState, now_s: float) -> WarrantState:
        """How it stands. ``asked``: how its request does."""
        if self.ended is not None:
            return self.ended
        if self.approved_s:
            return WarrantState.EXPIRED if now_s >= self.until_s else WarrantState.OPEN
        if asked in (ApprovalState.WAITING, ApprovalState.APPROVED):
            return WarrantState.ASKED
        return WarrantState.REFUSED

    def over(self, how: WarrantState, now_s: float) -> "WarrantRecord":
        """The same, ended."""
        return msgspec.structs.replace(self, ended=how, ended_s=now_s)


def checked_terms(rows: int, people: int, rows_an_hour: int, hours: int) -> None:
    """Return where somebody can agree to it. Raises CaseUnclear."""
    for field, number, most in (
        ("rows", rows, ROWS_MAX),
        ("people", people, min(PEOPLE_MAX, max(1, rows))),
        ("rows_an_hour", rows_an_hour or rows, max(1, rows)),
        ("hours", hours, WARRANT_HOURS_MAX),
    ):
        if not 1 <= number <= most:
            raise CaseUnclear(
                "This is too little or too much.", field=field, remedy=f"Give 1 to {most}."
            )


def require_open(state: WarrantState) -> None:
    """Return where a warrant answers. Raises WarrantOver."""
    if state is WarrantState.OPEN:
        return
    what, remedy = _CLOSED[state]
    raise WarrantOver(what, remedy=remedy)


_ANOTHER: Final = "Ask for another one."
_CLOSED: Final = {
    WarrantState.ASKED: (
        "The warrant is not approved yet.",
        "Two people have to approve it: the data protection officer, the administrator.",
    ),
    WarrantState.REFUSED: ("The warrant was not approved.", _ANOTHER),
    WarrantState.EXPIRED: ("The warrant's time is over.", _ANOTHER),
    WarrantState.USED_UP: (
        "As many rows or people were compared as were agreed.",
        "Ask for another one, of more.",
    ),
    WarrantState.TRIPPED: (
        "The warrant was ended: people were asked for one by one, or by number alone.",
        "Speak with the data protection officer.",
    ),
    WarrantState.REVOKED: ("The warrant was revoked.", _ANOTHER),
    WarrantState.CLOSED: ("The warrant was closed.", _ANOTHER),
}


def require_slow(record: WarrantRecord, rows: int, now_s: float) -> None:
    """Return where so many rows more are within an hour's. Raises WarrantTooFast."""
    kept = lately(record, now_s)
    if sum(one for _, one, _ in kept) + rows > record.rows_an_hour:
        raise WarrantTooFast(
            f"{record.rows_an_hour} rows an hour were agreed.", remedy="Go on in some minutes."
        )
    if sum(one for _, _, one in kept) >= BATCHES_AN_HOUR:
        raise WarrantTooFast(
            f"{BATCHES_AN_HOUR} requests an hour are answered.",
            remedy="Send more rows in each, or go on in some minutes.",
        )


def lately(record: WarrantRecord, now_s: float) -> tuple[tuple[int, int, int], ...]:
    """The minutes of the last hour; a minute counts until all of it is past."""
    first = int((now_s - HOUR_S) // MINUTE_S)
    return tuple(one for one in record.minutes if one[0] >= first)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A row that is somebody's. ``place``: of the row; ``person``: a pseudonym; ``agreeing``: a
    mask by ``AGREEING``."""

    place: int
    person: bytes
    agreeing: int
    decoy: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What a warrant gives of a batch. ``answered``: its first rows; ``new``: people among them who
    were not recognised before; ``trips``: decoys that were asked for as a prober asks; ``record``:
    the warrant after it."""

    answered: int
    new: tuple[bytes, ...]
    trips: tuple[bytes, ...]
    record: WarrantRecord


def counted(
    record: WarrantRecord,
    rows: int,
    recognised: Sequence[Recognised],
    known: "set[bytes] | frozenset[bytes]",
    now_s: float,
    *,
    is_telling: bool = True,
) -> Batch:
    """Count a batch of ``rows``. ``recognised``: in the order of their places; ``known``: who was
    recognised before; ``is_telling``: whether a prober would ask so. Raises WarrantTooFast.

    Whoever reaches what was agreed is answered up to there, and nothing after. What trips is
    answered not at all.
    """
    answered = min(rows, record.rows_max - record.rows)
    require_slow(record, answered, now_s)
    new: dict[bytes, bool] = {}
    for one in recognised:
        if one.place >= answered:
            break
        if one.person in known or one.person in new:
            continue
        new[one.person] = one.decoy
        if record.people + len(new) == record.people_max:
            answered = one.place + 1
            break
    trips = tuple(
        dict.fromkeys(
            one.person
            for one in recognised
            if one.decoy
            and is_telling
            and one.place < answered
            and one.person not in record.trips
            and is_trip(record, rows, len(recognised), one)
        )
    )
    small = record.small + (is_telling and rows < SMALL_ROWS)
    after = msgspec.structs.replace(
        record,
        rows=record.rows + answered,
        people=record.people + len(new),
        decoys=record.decoys + sum(new.values()),
        batches=record.batches + 1,
        small=small,
        trips=(*record.trips, *trips),
        minutes=_minutes(record, answered, now_s),
    )
    if len(after.trips) >= TRIPS_MAX or small > SMALL_BATCHES_MAX:
        after = msgspec.structs.replace(
            after.over(WarrantState.TRIPPED, now_s), people=record.people, decoys=record.decoys
        )
        return Batch(0, (), trips, after)
    if after.rows >= after.rows_max or after.people >= after.people_max:
        after = after.over(WarrantState.USED_UP, now_s)
    return Batch(answered, tuple(new), trips, after)


def uncounted(
    record: WarrantRecord,
    rows: int,
    recognised: Sequence[Recognised],
    known: "set[bytes] | frozenset[bytes]",
    now_s: float,
    *,
    is_telling: bool = True,
) -> Batch:
    """What ``counted`` would give where nothing was bounded: for a drill, which has to see its
    attack succeed."""
    del is_telling
    people = {one.person: one.decoy for one in recognised if one.person not in known}
    after = msgspec.structs.replace(
        record,
        rows=record.rows + rows,
        people=record.people + len(people),
        decoys=record.decoys + sum(people.values()),
        batches=record.batches + 1,
        minutes=_minutes(record, rows, now_s),
    )
    return Batch(rows, tuple(people), (), after)


def is_trip(record: WarrantRecord, rows: int, recognised: int, one: Recognised) -> bool:
    """Whether a decoy was asked for as a prober asks: by little, or singly. A row that was copied
    from the archive says more of it, and comes among thousands that are ours."""
    if rows < SMALL_ROWS:
        return True
    if record.few_columns:
        return recognised < MOSTLY * rows
    return kinds_telling(one.agreeing) < WHOLE_KINDS


def kinds_telling(agreeing: int) -> int:
    """How many kinds agree that say who somebody is."""
    return sum(
        bool(agreeing >> place & 1)
        for place, (_, kind) in enumerate(AGREEING)
        if kind not in _SAID_OF_MANY
    )


def _minutes(record: WarrantRecord, rows: int, now_s: float) -> tuple[tuple[int, int, int], ...]:
    minute, kept = int(now_s // MINUTE_S), lately(record, now_s)
    before = next((one for one in kept if one[0] == minute), (minute, 0, 0))
    others = tuple(one for one in kept if one[0] != minute)
    return (*others, (minute, before[1] + rows, before[2] + 1))


def line_of(
    warrant_id: UUID,
    record: WarrantRecord,
    state: WarrantState,
    hospitals: tuple[str, ...],
    by: str,
    *,
    tells_decoys: bool,
) -> WarrantLine:
    """A warrant as it is shown."""
    return WarrantLine(
        warrant_id=warrant_id,
        case_id=record.case_id,
        state=state,
        hospitals=hospitals,
        reason=record.reason,
        by=by,
        asked_s=record.asked_s,
        approved_s=record.approved_s,
        until_s=record.until_s,
        rows=record.rows,
        rows_max=record.rows_max,
        people=record.people,
        people_max=record.people_max,
        rows_an_hour=record.rows_an_hour,
        few_columns=record.few_columns,
        batches=record.batches,
        trips=len(record.trips),
        decoys=record.decoys if tells_decoys else -1,
        ended_s=record.ended_s,
    )

"""What an examination found, as the case keeps it."""

import math
from typing import Final
from uuid import UUID

import msgspec

from segel.leaks.examining.answering import Answered
from segel.leaks.extent.claims import Plausibility
from segel.leaks.extent.sizing import Method
from segel.leaks.model import (
    ColumnKind,
    ImageMatch,
    Judgement,
    PersonRow,
    RowMatch,
    SampleFile,
    SampleTable,
    Way,
)
from segel.leaks.origin.ranking import Suspect
from segel.leaks.verdict.counting import Counts

SAMPLE: Final = "sample"
"""The case's finding of what was in its evidence."""
VERDICT: Final = "verdict"
EXTENT: Final = "extent"
ORIGIN: Final = "origin"
"""Names accounts: guests are not shown it."""

SUSPECTS_MAX: Final = 20
"""Candidates that are listed, the likeliest first."""

LISTED_MAX: Final = 2_000
"""Files and tables that are listed one by one: a finding is for people; all of them are counted."""


IMAGES_MAX: Final = 100_000


class Examination(msgspec.Struct, frozen=True):
    """What was handed in. ``compared``: rows that the archive answered for; ``rows_over``: beyond
    the warrant, of which nothing is said. ``skipped``: files that were not read whole, by reason.
    ``pictures``: found; ``pictures_compared``: distinct ones that the archive answered for, and
    ``pictures_known`` those that are somebody's; ``pictures_over``: beyond the warrant.
    ``text_parts``: found, and searched elsewhere. ``walls``: of the quarantine that stood,
    ``missing`` those that could not be had."""

    files: tuple[SampleFile, ...]
    tables: tuple[SampleTable, ...]
    files_in_all: int
    skipped: dict[str, int]
    counts: Counts
    compared: int
    rows_over: int
    recognised: int
    alike: int
    linked_by_chance: float
    pictures: int
    text_parts: int
    walls: tuple[str, ...]
    missing: tuple[str, ...]
    pictures_compared: int = 0
    pictures_known: int = 0
    pictures_over: int = 0


class Extent(msgspec.Struct, frozen=True):
    """How much, and from when. Of the ``rows`` that were drawn: how many of ours show each kind
    (``fields``), and people by hospital.

    ``start_s``, ``end_s``: the copy was made between these, None where nothing bounds it.
    ``at_once``: whether one moment fits enough rows. ``low``, ``high``: people of ours in the
    whole, ``estimate`` 0 where there are bounds only. ``even``: whether nothing shows that the
    sample is from one corner; ``corner``: how far it is from an even draw over the arrivals.
    """

    rows: int
    people: int
    fields: dict[ColumnKind, int]
    hospitals: dict[str, int]
    start_s: float | None
    end_s: float | None
    at_once: bool
    method: Method
    low: float
    high: float
    estimate: float
    even: bool
    corner: float
    claim: tuple[Plausibility, ...]
    archive_patients: int
    archive_studies: int


class Lead(msgspec.Struct, frozen=True):
    """A candidate of the origin. ``name``, ``role``, ``hospital``: who it is, '' where it has none.
    Figures as in ``Suspect``; times None where nothing bounds them."""

    way: Way
    who: UUID
    name: str
    role: str
    hospital: str
    likelihood: float
    covered: float
    never_saw: int
    other_day: int
    columns: int
    reach: int
    guilt: float
    start_s: float | None
    end_s: float | None


class Traced(msgspec.Struct, frozen=True):
    """Through whom: candidates, the likeliest first. ``named``: whether the first is likely enough
    to be named; ``alike``: how many of them, from the first on, are not told apart; ``records``:
    that were weighed; ``candidates``: how many there were in all."""

    leads: tuple[Lead, ...]
    named: bool
    alike: int
    records: int
    candidates: int

    def __repr__(self) -> str:
        return "Traced(...)"


def extent_of(found: Answered, rows: int) -> Extent:
    """The extent, as the case keeps it."""
    answer = found.answer
    return Extent(
        rows=rows,
        people=len(answer.people),
        fields=dict(answer.fields),
        hospitals=dict(answer.hospitals),
        start_s=_bound(answer.window.start_s),
        end_s=_bound(answer.window.end_s),
        at_once=answer.window.at_once,
        method=answer.size.method,
        low=answer.size.low,
        high=answer.size.high,
        estimate=answer.size.estimate,
        even=answer.even.is_even,
        corner=answer.even.corner,
        claim=answer.plausibility,
        archive_patients=found.held.patients,
        archive_studies=found.held.records,
    )


def traced_of(found: Answered) -> Traced:
    """The origin, as the case keeps it."""
    origin = found.answer.origin
    return Traced(
        leads=tuple(_lead(one, found) for one in origin.suspects[:SUSPECTS_MAX]),
        named=origin.named,
        alike=origin.alike,
        records=origin.records,
        candidates=len(origin.suspects),
    )


def _lead(one: Suspect, found: Answered) -> Lead:
    who = found.candidates.get(one.who)
    return Lead(
        way=one.way,
        who=one.who,
        name=who.name if who else "",
        role=who.role if who else "",
        hospital=who.hospital if who else "",
        likelihood=one.posterior,
        covered=one.covered,
        never_saw=one.never_saw,
        other_day=one.other_day,
        columns=one.columns,
        reach=one.reach,
        guilt=one.guilt,
        start_s=_bound(one.start_s),
        end_s=_bound(one.end_s),
    )


def _bound(at_s: float) -> float | None:
    """JSON has no infinity."""
    return at_s if math.isfinite(at_s) else None


class Drawn(msgspec.Struct, frozen=True):
    """Rows that were drawn evenly from all that were compared, each with what was said of it.
    ``images``: those that were known again, ``IMAGES_MAX`` of them."""

    rows: tuple[tuple[PersonRow, RowMatch], ...]
    images: tuple[ImageMatch, ...] = ()


class Examined(msgspec.Struct, frozen=True):
    """All of it. ``ours``: distinct pseudonyms, 16 bytes each."""

    examination: Examination
    judgement: Judgement
    extent: Extent
    origin: Traced
    drawn: Drawn
    ours: bytes

    def __repr__(self) -> str:
        return "Examined(...)"

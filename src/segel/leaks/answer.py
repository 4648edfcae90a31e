"""From rows that were compared to an answer: ours or not, how much, from when, through whom.

Pure: what the archive has to say (matches, versions, accesses) is handed in. A case does this with
what the broker gives under a warrant, and the drill with what its invented estate gives.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from segel.leaks.extent.claims import Claim, Held, Plausibility, plausible
from segel.leaks.extent.evenness import EVEN_FROM, Evenness, evenness
from segel.leaks.extent.sizing import Size, bounds, by_numbers, of_ours, two_samples
from segel.leaks.extent.states import State, by_kind, states
from segel.leaks.extent.windows import Window, by_versions, narrowed
from segel.leaks.model import (
    ColumnKind,
    History,
    ImageMatch,
    Judgement,
    Patient,
    PersonRow,
    RowMatch,
    SampleFile,
    SampleTable,
    Verdict,
    VersionSpan,
)
from segel.leaks.origin.ranking import Mark, Origin, Suspect, rank
from segel.leaks.verdict.counting import Counts, counted
from segel.leaks.verdict.held import with_versions
from segel.leaks.verdict.ladder import Sample, judge, shares_of
from segel.leaks.verdict.shares import Shares, ours_chance
from segel.leaks.verdict.signatures import signatures

OURS_FROM: Final = 0.5
"""How likely a row has to be ours to speak of extent and origin: a list of citizens holds our
patients, too, and says nothing of our accounts."""

LIKELY_MASS: Final = 0.99
"""Candidates that have this much of the probability together: window and size hold for each."""

Row = tuple[PersonRow, RowMatch]


class Question(msgspec.Struct, frozen=True):
    """What was handed in. ``numbers``: of rows the seller's own, where the file has them.
    ``second``: tables of a second sample, posted apart from the first. ``sealed``: files that are
    sealed objects of ours."""

    files: tuple[SampleFile, ...]
    tables: tuple[SampleTable, ...]
    rows: tuple[PersonRow, ...]
    claim: Claim
    numbers: tuple[int, ...] = ()
    second: frozenset[int] = frozenset()
    sealed: int = 0


class Known(msgspec.Struct, frozen=True):
    """What the archive has to say. ``matches``: one for each row. ``compared``: kinds whose
    versions were compared, besides the numbers that make a match. ``patients``: those whose
    history is told; of a large sample a draw. ``by_chance``: rows of random people that would be
    recognised, per row."""

    matches: tuple[RowMatch, ...]
    spans: tuple[VersionSpan, ...]
    compared: frozenset[ColumnKind]
    patients: Mapping[bytes, Patient]
    history: History
    held: Held
    hospitals: Mapping[str, int]
    images: tuple[ImageMatch, ...] = ()
    marks: tuple[Mark, ...] = ()
    by_chance: float = 0.0


class Answer(msgspec.Struct, frozen=True):
    """The findings. ``people``: of ours, in the sample. ``fields``, ``hospitals``: rows by kind,
    people by hospital. ``even``: whether the sample looks drawn from all of the archive."""

    counts: Counts
    judgement: Judgement
    people: frozenset[bytes]
    fields: Mapping[ColumnKind, int]
    hospitals: Mapping[str, int]
    window: Window
    size: Size
    plausibility: tuple[Plausibility, ...]
    even: Evenness
    origin: Origin


def answer(asked: Question, known: Known) -> Answer:
    """Climb the ladder; of what is ours say how much, from when and through whom."""
    versions: dict[tuple[int, int], list[VersionSpan]] = {}
    for span in known.spans:
        versions.setdefault((span.table, span.row), []).append(span)
    rows = [
        (row, with_versions(row, match, versions.get((row.table, row.row), ()), known.compared))
        for row, match in zip(asked.rows, known.matches, strict=True)
    ]
    sample = Sample(asked.tables, tuple(rows), known.images, known.by_chance, asked.sealed)
    judgement = judge(sample)
    shares = shares_of(sample)
    ours = [] if judgement.verdict is Verdict.NOT_OURS else _ours(rows, shares, sample.by_chance)
    found = states(ours, known.spans)
    people = frozenset(one.pseudonym for one in found)
    traced = [one for one in found if one.pseudonym in known.patients]
    origin = rank(traced, known.history, known.marks, not_ours=judgement.error)
    even = _evenness(people, known, asked.numbers)
    size = _size(asked, found, shares, origin, even)
    return Answer(
        counts=counted(asked.files, rows),
        judgement=judgement,
        people=people,
        fields=by_kind(found),
        hospitals=_by_hospital(people, known.patients),
        window=window(found, origin, asked.claim.posted_s),
        size=size,
        plausibility=plausible(asked.claim, size, known.held),
        even=even,
        origin=origin,
    )


def window(found: Sequence[State], origin: Origin, posted_s: float) -> Window:
    """From when the copy is: what the versions prove, narrowed by who can have made it."""
    likely = _likely(origin)
    return narrowed(
        by_versions(found, posted_s), [(one.start_s, one.end_s) for one in likely], posted_s
    )


def _ours(rows: Sequence[Row], shares: Shares, by_chance: float) -> list[Row]:
    # Who is in two posts counts in both: rows that are the same are not left out here.
    return [
        (row, match)
        for (row, match), one in zip(rows, signatures(rows), strict=True)
        if match.pseudonym and ours_chance(one, shares, by_chance) >= OURS_FROM
    ]


def _likely(origin: Origin) -> list[Suspect]:
    kept, mass = [], 0.0
    for one in origin.suspects:
        kept.append(one)
        mass += one.posterior
        if mass >= LIKELY_MASS:
            break
    return kept


def _by_hospital(people: frozenset[bytes], patients: Mapping[bytes, Patient]) -> dict[str, int]:
    return dict(Counter(patients[one].hospital for one in people if one in patients))


def _evenness(people: frozenset[bytes], known: Known, numbers: Sequence[int]) -> Evenness:
    those = [known.patients[one] for one in people if one in known.patients]
    return evenness(
        Counter(one.hospital for one in those),
        known.hospitals,
        [one.rank for one in those],
        numbers,
    )


def _size(
    asked: Question, ours: Sequence[State], shares: Shares, origin: Origin, even: Evenness
) -> Size:
    """By two samples, else by the seller's own numbers, else between what was found and what the
    likely candidates were shown."""
    if asked.second:
        first = {one.pseudonym for one in ours if one.table not in asked.second}
        again = {one.pseudonym for one in ours if one.table in asked.second}
        if size := two_samples(len(first), len(again), len(first & again)):
            return size
    people = len({one.pseudonym for one in ours})
    numbered = ours and asked.numbers and even.file_order >= EVEN_FROM
    if numbered and (rows := by_numbers(asked.numbers)):
        share = (shares.ours, shares.ours_low, shares.ours_high)
        return of_ours(rows, share, people / len(ours))
    return bounds(people, max((one.most for one in _likely(origin)), default=0))

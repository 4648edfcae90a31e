"""From rows that were compared to the answer: what the archive's history adds is asked for, of a
draw of the rows, and of a draw of the people among them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from segel.broker.messages import Candidate, HistoryAnswer, VersionAnswers
from segel.leaks.answer import Answer, Known, Question, answer
from segel.leaks.extent.claims import Claim, Held
from segel.leaks.model import (
    ColumnKind,
    ImageMatch,
    PersonRow,
    RowMatch,
    SampleFile,
    SampleTable,
    VersionSpan,
)

ROWS_MAX: Final = 10_000
"""Rows that are compared with what records held before: a share of them is known to one percent,
and as many patients are opened for it."""

Row = tuple[PersonRow, RowMatch]


class Asking(Protocol):
    """What the archive tells of its history, under a warrant. ``people_max``: of a history."""

    people_max: int

    async def versions(self, rows: Sequence[tuple[bytes, PersonRow]]) -> VersionAnswers:
        """From and until when it held what rows show. Raises WarrantOver."""

    async def history(self, people: Sequence[bytes], until_s: float) -> HistoryAnswer:
        """Who was shown people. Raises WarrantOver."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What was read: the rows drawn, each with what is known of it. ``second``: tables of a second
    sample, posted apart from the first. ``images``: pictures that were compared."""

    files: tuple[SampleFile, ...]
    tables: tuple[SampleTable, ...]
    drawn: tuple[Row, ...]
    by_chance: float
    claim: Claim
    second: frozenset[int] = frozenset()
    images: tuple[ImageMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer, and who the candidates of the origin are. ``held``: what the archive has."""

    answer: Answer
    candidates: Mapping[UUID, Candidate]
    held: Held


async def answered(
    sampled: Sampled, asking: Asking, chance: random.Random | None = None
) -> Answered:
    """Ask for what the history says, and answer. Raises what ``asking`` raises."""
    chance = chance or random.SystemRandom()
    drawn = list(sampled.drawn)
    if len(drawn) > ROWS_MAX:
        drawn = chance.sample(drawn, ROWS_MAX)
    spans, compared = await _versions(drawn, asking)
    told = await _history(drawn, asking, sampled.claim.posted_s, chance)
    held = Held(
        told.history.archive, told.studies, {"objects": told.object_bytes} if told.studies else {}
    )
    known = Known(
        matches=tuple(match for _, match in drawn),
        spans=spans,
        compared=compared,
        patients=told.patients,
        history=told.history,
        held=held,
        hospitals=told.hospitals,
        images=sampled.images,
        by_chance=sampled.by_chance,
    )
    asked = Question(
        files=sampled.files,
        tables=sampled.tables,
        rows=tuple(row for row, _ in drawn),
        claim=sampled.claim,
        second=sampled.second,
    )
    return Answered(answer(asked, known), told.candidates, held)


async def _versions(
    drawn: Sequence[Row], asking: Asking
) -> tuple[tuple[VersionSpan, ...], frozenset[ColumnKind]]:
    ours = [(match.pseudonym, row) for row, match in drawn if match.pseudonym]
    if not ours:
        return (), frozenset()
    found = await asking.versions(ours)
    return found.spans, found.compared


async def _history(
    drawn: Sequence[Row], asking: Asking, until_s: float, chance: random.Random
) -> HistoryAnswer:
    people = sorted({match.pseudonym for _, match in drawn if match.pseudonym})
    chosen = chance.sample(people, min(len(people), asking.people_max))
    return await asking.history(chosen, until_s)

"""A case's evidence, read file by file in quarantine, and its rows compared in batches.

While one batch is compared, the next is read. What a file says goes no further than to here; what
is kept of it is counted (``gathering``) or sealed by who asked.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from segel.broker.messages import RowAnswers, WarrantState
from segel.domain.picture_records import AskedPicture
from segel.leaks.examining.answering import ROWS_MAX, Asking, Sampled, answered
from segel.leaks.examining.gathering import Gathering
from segel.leaks.examining.picturing import Picturing
from segel.leaks.examining.results import (
    IMAGES_MAX,
    LISTED_MAX,
    Drawn,
    Examination,
    Examined,
    extent_of,
    traced_of,
)
from segel.leaks.extent.claims import Claim
from segel.leaks.intake.model import (
    Beat,
    FileFound,
    Limits,
    PeopleFound,
    PictureFound,
    Raised,
    TextFound,
    Wanted,
)
from segel.leaks.intake.quarantine import inspect
from segel.leaks.model import (
    ColumnKind,
    Handling,
    ImageMatch,
    PersonRow,
    RowMatch,
    SampleFile,
    SampleTable,
)


class Evidence(Protocol):
    """A sealed file of the case."""

    @property
    def name(self) -> str:
        """What it was called where it came from."""

    def parts(self) -> AsyncIterator[bytes]:
        """All of it. Raises EvidenceBroken."""


class Comparing(Asking, Protocol):
    """What compares rows and pictures, under a warrant; ``batch_rows``, ``batch_pictures`` at a
    time. And what it tells of the archive's history."""

    batch_rows: int
    batch_pictures: int

    async def compare(self, rows: Sequence[PersonRow]) -> tuple[list[RowMatch], RowAnswers]:
        """What becomes of the rows; of those beyond the warrant nothing. Raises WarrantOver."""

    async def compare_pictures(
        self, pictures: Sequence[AskedPicture]
    ) -> tuple[list[ImageMatch], WarrantState]:
        """The same of pictures, each in the place of its file 0; and how the warrant stands."""


@dataclass(slots=True)
class Progress:
    """How far an examination is, for whoever watches it."""

    name: str = ""
    files: int = 0
    rows: int = 0
    compared: int = 0
    pictures: int = 0
    pictures_known: int = 0
    bytes_read: int = 0
    is_tracing: bool = False
    is_over: bool = False


class _State:
    """What is known so far."""

    def __init__(self, comparing: Comparing, progress: Progress) -> None:
        self.gathering = Gathering()
        self.progress = progress
        self.files: list[SampleFile] = []
        self.tables: list[SampleTable] = []
        self.second: set[int] = set()
        self.skipped: Counter[str] = Counter()
        self.pictures = Picturing(comparing.batch_pictures)
        self.text_parts = self.rows_over = 0
        self.recognised = self.alike = 0
        self.by_chance = 0.0
        self.walls: set[str] = set()
        self.missing: set[str] = set()
        self._comparing = comparing
        self._is_used_up = False
        self._waiting: list[PersonRow] = []
        self._under_way: asyncio.Task[None] | None = None

    async def rows(self, rows: Sequence[PersonRow]) -> None:
        self.progress.rows += len(rows)
        self._waiting += rows
        while len(self._waiting) >= self._comparing.batch_rows:
            await self._compare(self._comparing.batch_rows)

    async def picture(self, found: PictureFound) -> None:
        if self.pictures.take(found):
            await self._settle()
            self._under_way = asyncio.create_task(self._pictures_answered())

    async def end_of_file(self, places: Mapping[int, int]) -> None:
        """All pictures of a file that was handed in are compared; its files have these numbers."""
        while self.pictures.waiting:
            await self._settle()
            await self._pictures_answered()
        await self._settle()
        self.pictures.place(places)

    async def flush(self) -> None:
        """All that waits is compared."""
        while self._waiting:
            await self._compare(self._comparing.batch_rows)
        await self._settle()

    async def give_up(self) -> None:
        if self._under_way is not None:
            self._under_way.cancel()
            with contextlib.suppress(BaseException):
                await self._under_way

    async def _compare(self, count: int) -> None:
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        await self._settle()
        self._under_way = asyncio.create_task(self._answered(batch))

    async def _settle(self) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            await under_way

    async def _pictures_answered(self) -> None:
        batch = self.pictures.batch()
        if self._is_used_up:
            self.pictures.pass_over(batch)
            return
        asked = [one for _, one in batch]
        found, state = await self._comparing.compare_pictures(asked)
        self._is_used_up = state is not WarrantState.OPEN
        self.gathering.know(self.pictures.answered(batch, found))
        self.progress.pictures = self.pictures.compared
        self.progress.pictures_known = self.pictures.known

    async def _answered(self, batch: list[PersonRow]) -> None:
        if self._is_used_up:
            self.rows_over += len(batch)
            return
        matches, answer = await self._comparing.compare(batch)
        self._is_used_up = answer.state is not WarrantState.OPEN
        self.rows_over += len(batch) - len(matches)
        self.recognised += answer.recognised
        self.alike += max(answer.alike, 0)
        if answer.chance is not None:
            self.by_chance += answer.chance.linked
        self.gathering.take(zip(batch, matches, strict=False))
        self.progress.compared += len(matches)


async def examine(
    evidence: Sequence[Evidence],
    comparing: Comparing,
    claim: Claim,
    progress: Progress | None = None,
    *,
    limits: Limits | None = None,
    passwords: Sequence[str] = (),
    kinds: Mapping[str, ColumnKind] | None = None,
    second: Collection[str] = (),
) -> Examined:
    """Read all files, compare their rows, and answer: ours or not, how much, from when, through
    whom. ``kinds``: what columns hold, where somebody corrected it; ``second``: names of files that
    are a second sample, posted apart from the others. Raises what ``comparing`` and the evidence
    raise; nothing for what a file says.
    """
    progress = progress or Progress()
    state = _State(comparing, progress)
    try:
        for one in evidence:
            progress.name, progress.files = one.name, progress.files + 1
            first = len(state.tables)
            await _read(one, state, limits, passwords, kinds)
            if one.name in second:
                state.second |= {table.table for table in state.tables[first:]}
        await state.flush()
    finally:
        await state.give_up()
    progress.is_tracing = True
    examined = await _examined(state, comparing, claim)
    progress.is_over = True
    return examined


async def _read(
    one: Evidence,
    state: _State,
    limits: Limits | None,
    passwords: Sequence[str],
    kinds: Mapping[str, ColumnKind] | None,
) -> None:
    tables: dict[int, SampleTable] = {}
    files: dict[int, SampleFile] = {}
    first_file, first_table = len(state.files), len(state.tables)
    read_before = state.progress.bytes_read
    findings = inspect(
        one.name, one.parts(), limits, passwords=passwords, kinds=kinds, wanted=Wanted.ASKED
    )
    async with contextlib.aclosing(findings):
        async for finding in findings:
            match finding:
                case PeopleFound(rows):
                    await state.rows(_placed(rows, first_table))
                case SampleTable():
                    tables[finding.table] = finding
                case FileFound(place, file):
                    files[place] = file
                    if file.handling is not Handling.READ:
                        state.skipped[file.reason or file.handling.value] += 1
                case PictureFound():
                    await state.picture(finding)
                case TextFound():
                    state.text_parts += 1
                case Raised():
                    state.walls |= set(finding.stand)
                    state.missing |= set(finding.missing)
                case Beat():
                    state.progress.bytes_read = read_before + finding.bytes_read
    await state.end_of_file({place: first_file + at for at, place in enumerate(sorted(files))})
    state.files += [files[place] for place in sorted(files)]
    for table in tables.values():
        state.tables.append(
            msgspec.structs.replace(
                table, table=first_table + table.table, file=first_file + table.file
            )
        )


def _placed(rows: Sequence[PersonRow], first: int) -> Sequence[PersonRow]:
    """With tables numbered through all files."""
    if not first:
        return rows
    return [msgspec.structs.replace(row, table=row.table + first) for row in rows]


async def _examined(state: _State, asking: Asking, claim: Claim) -> Examined:
    gathering, drawn = state.gathering, state.gathering.drawn
    compared = state.progress.compared
    by_chance = state.by_chance / compared if compared else 0.0
    pictures = state.pictures
    sampled = Sampled(
        files=tuple(state.files),
        tables=tuple(state.tables),
        drawn=drawn,
        by_chance=by_chance,
        claim=claim,
        second=frozenset(state.second),
        images=pictures.judged(),
    )
    found = await answered(sampled, asking)
    examination = Examination(
        files=tuple(state.files[:LISTED_MAX]),
        tables=tuple(state.tables[:LISTED_MAX]),
        files_in_all=len(state.files),
        skipped=dict(state.skipped),
        counts=gathering.counts(len(state.files)),
        compared=compared,
        rows_over=state.rows_over,
        recognised=state.recognised,
        alike=state.alike,
        linked_by_chance=state.by_chance,
        pictures=pictures.found,
        pictures_compared=pictures.compared,
        pictures_known=pictures.known,
        pictures_over=pictures.over,
        text_parts=state.text_parts,
        walls=tuple(sorted(state.walls)),
        missing=tuple(sorted(state.missing)),
    )
    known = tuple(pictures.matches[:IMAGES_MAX])
    return Examined(
        examination,
        found.answer.judgement,
        extent_of(found, min(len(drawn), ROWS_MAX)),
        traced_of(found),
        Drawn(drawn, known),
        gathering.ours(),
    )

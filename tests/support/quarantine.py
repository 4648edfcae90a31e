"""Hands bytes to the quarantine, and gathers what it finds."""

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from segel.leaks.intake.model import (
    FileFound,
    Limits,
    PeopleFound,
    PictureFound,
    Raised,
    TextFound,
)
from segel.leaks.intake.quarantine import inspect
from segel.leaks.model import ColumnKind, PersonRow, SampleFile, SampleTable

MIB = 1024 * 1024

NARROW = Limits(
    ratio=100,
    ratio_free_bytes=8 * MIB,
    inflated_bytes=256 * MIB,
    held_bytes=64 * MIB,
    members=1_000,
    memory_bytes=2_048 * MIB,
    seconds=900,
    stall_s=300,
    pixels=20_000_000,
    ocr_pictures=0,
    line_chars=MIB,
    statement_chars=2 * MIB,
    tables=100,
    text_chars=8 * MIB,
    pages=200,
)
"""So narrow that small files reach each limit."""


@dataclass
class Found:
    """What was in a file, by its kind. ``files``: by their places."""

    walls: list[Raised] = field(default_factory=list)
    files: dict[int, SampleFile] = field(default_factory=dict)
    tables: dict[int, SampleTable] = field(default_factory=dict)
    rows: list[PersonRow] = field(default_factory=list)
    pictures: list[PictureFound] = field(default_factory=list)
    texts: list[TextFound] = field(default_factory=list)

    def reasons(self, within: str = "") -> set[str]:
        """What was said of files, or of those whose path has this step."""
        return {
            reason
            for file in self.files.values()
            if not within or within in file.path
            for reason in file.reason.split(",")
            if reason
        }


async def _gather(
    name: str,
    data: bytes,
    limits: Limits,
    passwords: Sequence[str],
    kinds: Mapping[str, ColumnKind] | None,
) -> Found:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(data), MIB):
            yield data[at : at + MIB]

    found = Found()
    asked = inspect(name, chunks(), limits, passwords=passwords, kinds=kinds)
    async with contextlib.aclosing(asked) as findings:
        async for one in findings:
            match one:
                case Raised():
                    found.walls.append(one)
                case FileFound():
                    assert one.place not in found.files, "each place is said once"
                    found.files[one.place] = one.file
                case SampleTable():
                    found.tables[one.table] = one
                case PeopleFound():
                    found.rows += one.rows
                case PictureFound():
                    found.pictures.append(one)
                case TextFound():
                    found.texts.append(one)
    return found


def inspected(
    name: str,
    data: bytes,
    limits: Limits = NARROW,
    *,
    passwords: Sequence[str] = (),
    kinds: Mapping[str, ColumnKind] | None = None,
) -> Found:
    """All that the quarantine says of a file."""
    return asyncio.run(_gather(name, data, limits, passwords, kinds))


def children_peak() -> int:
    """The most memory, in bytes, that any ended child of this process had at once."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024

"""``segel leak inspect``: what is in a file, without a case, a server or a key.

It reads in the same quarantine as a case does. What is shown is a stranger's: no terminal obeys it,
and no spreadsheet computes it.
"""

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from segel.app.leak_columns_command import kinds_said
from segel.domain.strangers import neutral
from segel.leaks.intake.model import (
    Beat,
    FileFound,
    Finding,
    Limits,
    PeopleFound,
    PictureFound,
    Raised,
    TextFound,
)
from segel.leaks.intake.quarantine import inspect as inspect_file
from segel.leaks.intake.reasons import WORDS, Reason
from segel.leaks.model import ColumnKind, PersonRow, SampleFile, SampleTable

_READ_BYTES: Final = 1 << 20
_ENGLISH: Final = 1

console = Console(soft_wrap=True, highlight=False, markup=False)


class Inspected(msgspec.Struct):
    """What was in a file. ``files``, ``tables``: by their numbers. ``examples``: its first rows."""

    name: str
    walls: tuple[str, ...] = ()
    missing_walls: tuple[str, ...] = ()
    files: dict[int, SampleFile] = msgspec.field(default_factory=dict)
    tables: dict[int, SampleTable] = msgspec.field(default_factory=dict)
    rows: int = 0
    pictures: int = 0
    text_chars: int = 0
    examples: list[PersonRow] = msgspec.field(default_factory=list)

    def take(self, finding: Finding, examples: int) -> None:
        """Count one finding."""
        match finding:
            case Raised():
                self.walls, self.missing_walls = finding.stand, finding.missing
            case FileFound():
                self.files[finding.place] = finding.file
            case SampleTable():
                self.tables[finding.table] = finding
            case PeopleFound():
                self.rows += len(finding.rows)
                self.examples += finding.rows[: max(0, examples - len(self.examples))]
            case PictureFound():
                self.pictures += 1
            case TextFound():
                self.text_chars += len(finding.text)


def inspect(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="The files to look into.")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.COLUMN=KIND", help="What a column holds, if not what it says."),
    ] = None,
    password: Annotated[
        list[str] | None, typer.Option(help="Tried on what is encrypted; several are possible.")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Show so many rows, with what they say.")] = 0,
    ocr: Annotated[bool, typer.Option(help="Read the writing in pictures, a second each.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Files and columns, for a sheet.")] = False,
) -> None:
    """Show what is in files: tables, columns, people, pictures, and what was not read, and why.

    Nothing of them is run, fetched or kept: they are read in a process that can do neither.
    """
    kinds = kinds_said(column)
    limits = Limits() if ocr else Limits(ocr_pictures=0)
    found = [
        asyncio.run(_inspected(path, limits, tuple(password or ()), kinds, rows)) for path in files
    ]
    if as_json:
        document = [_as_builtins(one) for one in found]
        typer.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
    elif as_csv:
        _write_csv(found)
    else:
        for one in found:
            _print(one)


async def _inspected(
    path: Path,
    limits: Limits,
    passwords: tuple[str, ...],
    kinds: dict[str, ColumnKind],
    examples: int,
) -> Inspected:
    found = Inspected(path.name)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task(neutral(path.name))
        asked = inspect_file(path.name, _chunks(path), limits, passwords=passwords, kinds=kinds)
        async with contextlib.aclosing(asked) as findings:
            async for finding in findings:
                found.take(finding, examples)
                if isinstance(finding, Beat):
                    read = f"{finding.bytes_read:,} bytes, {found.rows:,} rows"
                    progress.update(task, description=f"{neutral(path.name)}: {read}")
    return found


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            yield chunk


def _as_builtins(found: Inspected) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(found, builtin_types=(bytes,))
    for file in document["files"].values():
        file["sha256"] = file["sha256"].hex()
    return document


def _print(found: Inspected) -> None:
    missing = f"; could not be had: {', '.join(found.missing_walls)}" if found.missing_walls else ""
    console.print(f"{neutral(found.name)}: read behind {', '.join(found.walls) or '-'}{missing}")
    for place, file in sorted(found.files.items()):
        why = " ".join(_words(file.reason))
        console.print(
            f"  {file.handling:<8} {'  ' * (len(file.path) - 1)}{neutral(file.path[-1])}"
            f"  {file.format}, {file.length:,} bytes{f'  ({why})' if why else ''}"
        )
        for table in found.tables.values():
            if table.file == place:
                _print_table(table)
    handled = Counter(file.handling for file in found.files.values())
    counts = ", ".join(f"{count:,} {handling}" for handling, count in handled.items())
    console.print(
        f"{len(found.files):,} files ({counts}); {len(found.tables):,} tables, {found.rows:,} rows;"
        f" {found.pictures:,} pictures; {found.text_chars:,} characters of text"
    )
    for row in found.examples:
        said = msgspec.to_builtins(row)
        words = {name: value for name, value in (said | said.pop("others")).items() if value != ""}
        console.print(
            "  " + "  ".join(f"{name}={neutral(str(value))}" for name, value in words.items())
        )


def _print_table(table: SampleTable) -> None:
    console.print(f"    table {neutral(table.name)}: {table.rows:,} rows")
    for number, column in enumerate(table.columns):
        name = neutral(column.name) or f"(column {number})"
        console.print(f"      {name}: {column.kind} ({column.confidence:.0%})")


def _words(reason: str) -> list[str]:
    return [WORDS[Reason(code)][_ENGLISH] for code in reason.split(",") if code]


def _write_csv(found: list[Inspected]) -> None:
    from segel.records.sheets.faults_csv import csv_of

    lines = []
    for one in found:
        for place, file in sorted(one.files.items()):
            about = [
                one.name, "/".join(file.path), file.format, str(file.length), file.handling,
                file.reason,
            ]  # fmt: skip
            columns = [
                [table.name, column.name, column.kind, f"{column.confidence:.2f}"]
                for table in one.tables.values()
                if table.file == place
                for column in table.columns
            ]
            lines += [[*about, *column] for column in columns or [[""] * 4]]
    titles = "sample file format bytes handling reason table column kind confidence".split()
    sys.stdout.buffer.write(csv_of(titles, lines))

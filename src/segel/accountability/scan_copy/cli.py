"""``segel scan-copy``: the door of the scan, for people (a table) and programs (``--json``).

Exit status: 0 nothing found, 1 something found, 2 wrong usage, or something couldn't be read.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from segel.accountability.scan_copy.report import ScanReport
from segel.accountability.scan_copy.scan import Progress as OnProgress
from segel.accountability.scan_copy.scan import scan_copy
from segel.accountability.scan_copy.terms import Term, read_terms
from segel.domain.errors import SegelError

HITS_SHOWN: Final = 200
SKIPPED_SHOWN: Final = 50
USAGE: Final = 2


def scan_copy_command(
    home: Annotated[Path, typer.Option(help="The stopped or copied home to read.")],
    terms: Annotated[Path, typer.Option(help="What to look for: `[LABEL<TAB>]TERM`, one a line.")],
    json_: Annotated[bool, typer.Option("--json", help="The whole report, as JSON.")] = False,
    short: Annotated[
        bool, typer.Option("--short", help="Look also for terms too short to mean anything.")
    ] = False,
    show_terms: Annotated[
        bool, typer.Option("--show-terms", help="Show the terms themselves, not numbers only.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes; default: one a core.")
    ] = None,
) -> None:
    """Search a stopped or copied home for given terms, as a thief would.

    Reads every byte: as it is, decoded, decompressed, and through PostgreSQL's pages and log.
    Exits 0 where nothing was found, 1 where something was, 2 where not everything could be read.
    """
    wanted = read_terms(terms)
    with _bar(hidden=json_ or not sys.stderr.isatty()) as progress:
        report = scan_copy(home, wanted, progress=progress, workers=workers, short=short)
    shown = {term.number: term for term in wanted} if show_terms else {}
    if json_:
        sys.stdout.write(_as_json(report, shown))
    else:
        _print(report, shown)
    if report.exit_status:
        raise typer.Exit(report.exit_status)


def main(arguments: list[str]) -> int:
    """Run the command with ``arguments``; its exit status."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(scan_copy_command)
    try:
        app(arguments, prog_name="segel scan-copy")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except SegelError as error:
        Console(stderr=True, soft_wrap=True).print(f"[bold red]segel:[/] {escape(str(error))}")
        return USAGE
    return 0


@contextmanager
def _bar(*, hidden: bool) -> Iterator[OnProgress]:
    columns = (
        TextColumn("Reading"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=hidden) as bar:
        task = bar.add_task("Reading", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _as_json(report: ScanReport, shown: dict[int, Term]) -> str:
    document = msgspec.to_builtins(report)
    document |= {"complete": report.is_complete, "exit_status": report.exit_status}
    for entry in (*document["hits"], *document["chances"]):
        if entry["term"] in shown:
            entry["text"] = shown[entry["term"]].text
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _print(report: ScanReport, shown: dict[int, Term]) -> None:
    out = Console(soft_wrap=True)

    def name(number: int, label: str) -> str:
        text = f" {shown[number].text}" if number in shown else ""
        return escape(f"{number}{f' {label}' if label else ''}{text}")

    if report.hits:
        table = Table("term", "where", "offset", "how", "times", box=None)
        for hit in report.hits[:HITS_SHOWN]:
            how = escape(f"{hit.way} ({hit.form})")
            term = name(hit.term, hit.label)
            table.add_row(term, escape(hit.path), str(hit.offset), how, str(hit.count))
        out.print(table)
        if len(report.hits) > HITS_SHOWN:
            out.print(f"... and {len(report.hits) - HITS_SHOWN} more: see --json")
    for one in [one for one in report.skipped if one.may_hide][:SKIPPED_SHOWN]:
        out.print(f"[yellow]not read:[/] {escape(one.path)}: {one.why} ({one.count})")
    if report.short:
        numbers = ", ".join(str(number) for number in report.short)
        out.print(f"[yellow]too short to mean anything, not looked for:[/] terms {numbers}")
    for chance in report.chances:
        out.print(
            f"[yellow]chance:[/] term {name(chance.term, chance.label)} would be met "
            f"{chance.expected:.3g} times in as many random bytes"
        )
    speed = report.bytes / max(report.seconds, 1e-9) / 1e6
    out.print(
        f"{report.files} files, {report.bytes / 1e6:,.1f} MB read at {speed:,.0f} MB/s, "
        f"{report.streams} streams opened ({report.bytes_unfolded / 1e6:,.1f} MB), "
        f"{report.terms} terms as {report.patterns} patterns; "
        f"chance hits to expect in all: {report.chance_in_all:.2g}"
    )
    found = len({hit.term for hit in report.hits})
    if found:
        out.print(f"[bold red]{found} terms can be read, in {len(report.hits)} ways.[/]")
    elif report.is_complete:
        out.print("[bold green]None of the terms can be read.[/]")
    else:
        out.print("[bold yellow]Nothing found, but not everything could be read.[/]")

"""``segel lab``: tables of a laboratory's results, from a script."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from segel.app import enrolment
from segel.app import home as homes
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.domain.errors import SegelError
from segel.domain.sheet_fields import Field

if TYPE_CHECKING:  # all of the records, which other commands need not wait for
    from segel.app import lab_importing
    from segel.records.sheets.errors import RowFault

TOKEN_VARIABLE: Final = "SEGEL_TOKEN"  # noqa: S105
SHOWN_MAX: Final = 20
"""Rows with errors on the terminal; all of them are in the file of errors."""

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
Hospital = Annotated[
    str | None, typer.Option(help="Code of the hospital, of the Segel of this machine.")
]
Url = Annotated[
    str | None,
    typer.Option(help=f"Address of a Segel elsewhere; its token is in {TOKEN_VARIABLE}."),
]
DEFAULT_HOME: Final = Path(".segel")

app = typer.Typer(help="Tables of laboratory results (CSV, XLSX).", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


class DoorUnsaid(SegelError):
    """Nobody said where to send the rows, or with which token."""

    code = "door-unsaid"


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX.")],
    hospital: Hospital = None,
    url: Url = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--mapping",
            help="field=header, over what is recognised; field= leaves a column out. Fields: "
            + ", ".join(Field),
        ),
    ] = None,
    test: Annotated[str, typer.Option(help="LOINC code, where no column says the test.")] = "",
    laboratory: Annotated[str, typer.Option(help="Where no column says it.")] = "",
    decimal: Annotated[str, typer.Option(help="The file's decimal sign: , or .")] = "",
    errors: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the rows with errors here (CSV).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Take a table's rows. Broken off, just start it again: what is there is recognised.

    Exit status 1 where a row was refused.
    """
    stated = dict(_stated(one) for one in column or [])
    if decimal not in ("", ",", "."):
        raise typer.BadParameter("it is , or .", param_hint="--decimal")
    from segel.app import lab_importing
    from segel.records.sheets.columns import Mapping
    from segel.records.sheets.faults_csv import csv_of

    how = Mapping({}, 1, test, laboratory, decimal)
    prepared = lab_importing.prepare(file, stated, how)
    understood = prepared.understood
    faults = list(understood.faults)
    if dry_run:
        console.print(f"{len(understood.results)} rows would be taken.")
    else:
        door = _door(home, hospital, url)
        with Progress(*_COLUMNS, console=console) as progress:
            task = progress.add_task("Importing", total=len(understood.results))
            sent = door.send(prepared, lambda rows: progress.advance(task, rows))
        faults += sent.faults
        console.print(
            f"{sent.states['taken']} taken, {sent.states['there']} there already."
            f" To undo: segel lab undo {prepared.import_id}"
        )
    faults.sort(key=lambda fault: fault.row)
    _show(faults)
    if errors is not None:
        errors.write_bytes(csv_of(("row", "column", "error", "remedy"), map(_line, faults)))
    raise typer.Exit(1 if faults else 0)


@app.command()
def undo(
    import_id: Annotated[UUID, typer.Argument(help="As `segel lab import` said it.")],
    hospital: Hospital = None,
    url: Url = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Take out what an import brought, where nobody has changed it since; for seven days."""
    door = _door(home, hospital, url)
    with Progress(*_COLUMNS, console=console) as progress:
        task = progress.add_task("Undoing", total=None)
        undone = door.undo(
            import_id, lambda rows, of: progress.update(task, completed=rows, total=of)
        )
    console.print(f"{undone['rows']} rows are taken out.")
    if undone["changed_since"]:
        rows = ", ".join(map(str, undone["changed_since"]))
        console.print(f"Changed since by somebody, and left in part or whole: rows {rows}.")


_COLUMNS = (
    TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
)  # fmt: skip


def _door(home: Path, hospital: str | None, url: str | None) -> "lab_importing.Door":
    """Where rows go. Raises DoorUnsaid, NotRunning, BrokerError."""
    from segel.app import lab_importing

    token = os.environ.get(TOKEN_VARIABLE, "")
    if url and token:
        return lab_importing.Door(url, token)
    if url or not hospital:
        raise DoorUnsaid(
            "It is not said where the rows go.",
            remedy="Give --hospital for the Segel of this machine, or --url with"
            f" {TOKEN_VARIABLE}.",
        )
    status = read_status(homes.at(home))
    made = ask(home, lambda operator: enrolment.laboratory_token(operator, hospital))
    return lab_importing.Door(status.http, made)


def _stated(text: str) -> tuple[str, str]:
    name, sign, header = text.partition("=")
    if not sign or name not in set(Field):
        raise typer.BadParameter("say it as field=header", param_hint="--mapping")
    return name, header


def _show(faults: list["RowFault"]) -> None:
    if not faults:
        return
    table = Table(box=None, pad_edge=False)
    for title in ("row", "column", "error", "remedy"):
        table.add_column(title)
    for fault in faults[:SHOWN_MAX]:
        table.add_row(*_line(fault))
    rows = len({fault.row for fault in faults})
    console.print(f"{rows} rows refused:")
    console.print(table)
    if len(faults) > SHOWN_MAX:
        console.print(f"… and {len(faults) - SHOWN_MAX} more errors: --errors FILE has all.")


def _line(fault: "RowFault") -> tuple[str, str, str, str]:
    return str(fault.row), fault.column or fault.field, fault.wrong.what, fault.wrong.remedy

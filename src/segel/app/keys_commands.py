"""``segel keys``: what keys there are, and a new version of them."""

from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from segel.app import escrow_commands, move_command
from segel.app.operator import ask
from segel.app.telling import day
from segel.app.work_progress import follow
from segel.broker.messages import KekReport, KeysReport

DAY_S: Final = 86_400
OLD_KEK_DAYS: Final = 366
"""A KEK is rotated yearly; `segel keys status` says so where it was not."""

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")

app = typer.Typer(help="The keys: status, rotation, moving, escrow.", no_args_is_help=True)
app.add_typer(escrow_commands.app, name="escrow")
console = Console(soft_wrap=True, highlight=False)


@app.command()
def status(
    home: HomeFolder = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show the KMS, every KEK and its versions, and what is still to be wrapped anew."""
    report = ask(home, lambda operator: operator.keys.report())
    if as_json:
        print(_as_json(report))  # noqa: T201 - the command's output
        return
    state = "sealed: nothing opens until it is unsealed" if report.sealed else "open"
    console.print(f"KMS {report.adapter}, {state}")
    console.print(_table(report))
    for line in _lines(report):
        console.print(line, markup=False)


@app.command()
def rotate(
    hospital: Annotated[str | None, typer.Option(help="Code of the hospital.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every hospital's, and the own.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Give KEKs a new version, wrap every patient's key anew, and retire the old version.

    No image is touched, and work goes on meanwhile. Broken off, the broker finishes it by itself;
    the same command then shows how far it is.
    """
    if (hospital is None) == (not every):
        raise typer.BadParameter("Give --hospital CODE, or --all.")
    begun = ask(home, lambda operator: operator.keys.rotate(hospital or "")).begun
    if not begun:
        console.print("Keys are being worked on already; this is how far that is.")
    work = follow(home)
    rate = f", {work.done / work.seconds:,.0f} a second" if work.seconds else ""
    console.print(f"{work.done:,} patients' keys wrapped anew{rate}. No object was touched.")
    if not begun:
        console.print("If that was not what you asked for, run this command again now.")


@app.command()
def move(
    to: Annotated[
        Path | None, typer.Option(exists=True, help="A settings file that names the new KMS.")
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Empty the old KMS; two others have to approve it.")
    ] = False,
    approval: Annotated[
        UUID | None, typer.Option(help="What two others approved, to begin or to finish.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="SEGEL_TOKEN", help="Who asks for the approval.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Move every key from one KMS to another, while work goes on; no object is rewritten.

    Two others approve its beginning and its end. Broken off, the broker goes on by itself; `segel
    keys move` alone shows how far it is. Until --finish the old KMS still opens every key, so that
    nothing is lost by a mistake.
    """
    if to is not None and finish:
        raise typer.BadParameter("A move begins (--to) or ends (--finish), not both at once.")
    if to is None and not finish:
        move_command.go_on(home)
    elif approval is None and token is None:
        raise typer.BadParameter("Give --approval ID, or --token to ask for it.")
    elif approval is None:
        assert token is not None
        move_command.ask_for(home, token, to)
    elif to is not None:
        move_command.begin(home, to, approval)
    else:
        move_command.finish(home, approval)


def _table(report: KeysReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("KEK of", "newest", "oldest", "rotated", "patients by version", "to rewrap"):
        table.add_column(title, justify="right" if title == "to rewrap" else "left")
    for kek in report.keks:
        in_use = ", ".join(f"v{one.version}: {one.patients:,}" for one in kek.in_use)
        table.add_row(
            kek.hospital or "(broker)",
            f"v{kek.newest}",
            f"v{kek.oldest}",
            _rotated(kek, report.now_s),
            in_use or "none",
            f"{kek.rewrap:,}",
        )
    return table


def _rotated(kek: KekReport, now_s: float) -> str:
    if not kek.rotated_s:
        return "never"
    days = int((now_s - kek.rotated_s) // DAY_S)
    old = "; rotate it" if days > OLD_KEK_DAYS else ""
    return f"{day(kek.rotated_s)} ({days} d{old})"


def _lines(report: KeysReport) -> list[str]:
    work, escrow = report.work, report.escrow
    lines = []
    if work.state != "idle":
        lines.append(f"Under way: {work.state}, {work.done:,} of {work.total:,}. {work.trouble}")
    if report.moving_from:
        lines.append(
            f"Moving from {', '.join(report.moving_from)} to {report.adapter}; the old one is"
            " emptied by `segel keys move --finish`."
        )
    if report.backup_s:
        lines.append(f"Wrapped keys last kept beside the home on {day(report.backup_s)}.")
    if not escrow.split_s:
        lines.append("Escrow: none. A lost KMS is a lost archive: `segel keys escrow split`.")
    else:
        rehearsed = (
            f"recovery rehearsed on {day(escrow.rehearsed_s)}"
            if escrow.rehearsed_s
            else "recovery never rehearsed: `segel keys escrow rehearse`"
        )
        lines.append(
            f"Escrow: {escrow.threshold} of {escrow.shares} shares, {escrow.fingerprint},"
            f" split on {day(escrow.split_s)}; {rehearsed}."
        )
    return lines


def _as_json(report: KeysReport) -> str:
    return msgspec.json.format(msgspec.json.encode(msgspec.to_builtins(report))).decode()

"""``segel decoys``: order decoy patients, and see how every hospital stands in numbers."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from segel.app.operator import ask
from segel.broker.messages import DecoysReport, HospitalDecoys

POLL_S: Final = 2.0
UNITS_S: Final = {"h": 3_600.0, "d": 86_400.0, "w": 7 * 86_400.0}
OVER_MAX_S: Final = 366 * 86_400.0

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")

app = typer.Typer(help="Decoy patients and their tripwires.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command()
def plant(
    hospital: Annotated[str, typer.Option(help="Code of the hospital.")],
    share: Annotated[str, typer.Option(help="Of its patients, e.g. 0.5%; 0% ends it.")] = "0.5%",
    over: Annotated[str, typer.Option(help="Within what time: 12h, 7d, 4w; 0 is at once.")] = "7d",
    follow: Annotated[
        bool, typer.Option("--follow", help="Show the progress until all are planted.")
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Order decoys for a hospital. Planting goes on by itself, also after a restart.

    The share is kept as the hospital grows. Said again, the order is replaced; decoys that are
    planted stay.
    """
    wanted, over_s = _share(share), _seconds(over)
    report = ask(home, lambda operator: operator.decoys.plan(hospital, wanted, over_s))
    line = _line(report, hospital)
    if not wanted:
        console.print(f"No more decoys for {hospital}; the {line.decoys:,} that are there stay.")
        return
    console.print(
        f"{hospital}: {line.decoys:,} of {line.decoys + line.missing:,} decoys are there;"
        f" the rest arrive {_until(line, report.now_s)}. `segel decoys check` shows how far it is."
    )
    if follow:
        _follow(home, hospital)


@app.command()
def check(
    home: HomeFolder = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show each hospital's decoys in numbers, and prove that a touch would trip.

    Exit status 1 where the tripwire is not armed, or a hospital has no decoys.
    """
    report = ask(home, lambda operator: operator.decoys.report())
    bare = [line.hospital for line in report.hospitals if not line.decoys]
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(msgspec.to_builtins(report))).decode())  # noqa: T201
    else:
        console.print(_table(report))
        armed = "armed: opening a decoy freezes the session" if report.armed else "NOT ARMED"
        console.print(f"Tripwire {armed}.")
        for code in bare:
            console.print(f"{code} has no decoys: `segel decoys plant --hospital {code}`.")
    raise typer.Exit(0 if report.armed and not bare else 1)


def _follow(home: Path, hospital: str) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Decoys", total=None)
        while True:
            report = ask(home, lambda operator: operator.decoys.report())
            line = _line(report, hospital)
            progress.update(task, total=line.decoys + line.missing, completed=line.decoys)
            if not line.missing:
                break
            time.sleep(POLL_S)
    console.print(f"{hospital} has {line.decoys:,} decoys.")


def _line(report: DecoysReport, hospital: str) -> HospitalDecoys:
    wanted = hospital.strip().casefold()
    return next(line for line in report.hospitals if line.hospital.casefold() == wanted)


def _table(report: DecoysReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("hospital", "patients", "decoys", "share", "ordered", "missing", "touched, 7 d"):
        table.add_column(title, justify="left" if title == "hospital" else "right")
    for line in report.hospitals:
        table.add_row(
            line.hospital,
            f"{line.patients:,}",
            f"{line.decoys:,}",
            f"{line.decoys / line.patients:.2%}" if line.patients else "",
            f"{line.share:.2%}" if line.share else "nothing",
            f"{line.missing:,}",
            f"{line.touches:,}",
        )
    return table


def _until(line: HospitalDecoys, now_s: float) -> str:
    if line.until_s <= now_s:
        return "at once"
    return f"until {datetime.fromtimestamp(line.until_s, UTC):%Y-%m-%d %H:%M} UTC"


def _share(text: str) -> float:
    try:
        return float(text.strip().removesuffix("%").replace(",", ".")) / 100
    except ValueError:
        raise typer.BadParameter("Write a percentage, e.g. 0.5%.") from None


def _seconds(text: str) -> float:
    number, unit = text.strip().rstrip("hdw"), text.strip()[-1:]
    try:
        seconds = float(number) * UNITS_S.get(unit, 0.0)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= OVER_MAX_S or (unit not in UNITS_S and text.strip() != "0"):
        raise typer.BadParameter("Write hours, days or weeks, e.g. 12h, 7d or 4w; or 0.")
    return seconds

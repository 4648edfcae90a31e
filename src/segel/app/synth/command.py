"""``segel synth``: fill a home with patients who do not exist."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from segel.app import home as homes
from segel.app import settings as settings_module
from segel.app.account_commands import DEFAULT_HOME, HomeFolder
from segel.app.home import Home
from segel.app.kms_settings import kms_place
from segel.app.production import NotForProduction
from segel.app.settings import Settings
from segel.domain.errors import SegelError

if TYPE_CHECKING:  # numpy is half a second that other commands need not wait for
    from segel.app.synth.plan import Plan
    from segel.app.synth.running import Filled

DEFAULTS: Final[dict[str, Any]] = {
    "hospitals": 40,
    "studies_per_patient": 1.2,
    "seed": 20_260_105,
    "compare": False,
}
PATIENT_BYTES: Final = 2_600
STUDY_BYTES: Final = 3_200
"""What one takes on the disk with its share of every index, measured and rounded up."""

WAL_BYTES: Final = 10 * 10**9
"""The database's log while a load runs, and what is written beside it."""

SAY_EVERY: Final = 20
"""Lines from 0 to 100 %, where the output is no terminal."""

console = Console(soft_wrap=True, highlight=False)


class PlanRefused(SegelError):
    """A home cannot be filled in this way."""

    code = "synth-refused"


def synth(
    patients: Annotated[int, typer.Option(min=1, help="How many there are to be in all.")],
    hospitals: Annotated[int | None, typer.Option(min=1, help="A few large, many small.")] = None,
    studies_per_patient: Annotated[
        float | None, typer.Option(min=1, help="On average; everybody has at least one.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Who they are follows from it.")] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Have the broker look for people registered twice.")
    ] = False,
    settings: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Fill a new, stopped archive with synthetic patients. Broken off, or with more of them: again
    the same goes on."""
    place = homes.at(home)
    set_ = settings_module.load(settings)
    refuse_production(place, set_)
    kms_place(set_, place)
    said = {
        "hospitals": hospitals,
        "studies_per_patient": studies_per_patient,
        "seed": seed,
        "compare": compare or None,
    }
    with homes.take(place):
        before = plan_of(place)
        plan = agreed(before, patients, {key: one for key, one in said.items() if one is not None})
        _require_room(place, plan, before)
        if before is None or plan.patients > before.patients:
            place.synthetic.write_bytes(msgspec.json.format(msgspec.json.encode(plan)))
        filled = _shown(place, set_, plan, fresh=before is None)
    _report(plan, filled)


def plan_of(home: Home) -> "Plan | None":
    """The plan that a home was filled by; None for one that has nothing synthetic."""
    from segel.app.synth.plan import Plan

    try:
        return msgspec.json.decode(home.synthetic.read_bytes(), type=Plan)
    except FileNotFoundError:
        return None


def agreed(before: "Plan | None", patients: int, said: dict[str, Any]) -> "Plan":
    """The plan of this run. Raises PlanRefused where it would contradict the one before."""
    from segel.app.synth.plan import Plan

    if before is None:
        today = datetime.now(UTC).date()
        values = {**DEFAULTS, **said, "patients": patients, "until": today}
        try:
            return msgspec.convert(values, Plan)
        except msgspec.ValidationError as wrong:
            raise PlanRefused(f"{wrong}.", remedy="See segel synth --help.") from None
    for name, value in said.items():
        if getattr(before, name) != value:
            raise PlanRefused(
                f"The home was filled with {getattr(before, name)}.",
                field=name.replace("_", "-"),
                remedy="Leave the option out, or give a home that is not there yet.",
            )
    return msgspec.structs.replace(before, patients=max(patients, before.patients))


def refuse_production(home: Home, settings: Settings) -> None:
    """Raises NotForProduction for settings of production, or a home that last ran with them."""
    ran = None
    if home.settings.exists():
        ran = settings_module.decode(home.settings.read_bytes())
    if settings.production or (ran is not None and ran.production):
        raise NotForProduction(
            "Synthetic patients do not come into an archive for real ones.",
            field="production",
            remedy="Give a home of its own, and settings without production.",
        )


def _require_room(home: Home, plan: "Plan", before: "Plan | None") -> None:
    each = PATIENT_BYTES + STUDY_BYTES * plan.studies_per_patient
    if before is not None and home.database.exists():
        return  # how much of it is there already, only the database knows
    about = os.statvfs(home.root)
    free, need = about.f_bavail * about.f_frsize, int(plan.patients * each)
    log = min(WAL_BYTES, need)
    if free < need + log:
        raise PlanRefused(
            f"They take about {need / 1e9:.1f} GB and {log / 1e9:.1f} GB while they are written;"
            f" {free / 1e9:.1f} GB are free.",
            field="patients",
            remedy="Make room, or ask for fewer.",
        )


def _shown(home: Home, settings: Settings, plan: "Plan", *, fresh: bool) -> "Filled":
    from segel.app.synth.running import fill  # all of DICOM comes with it

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Starting", total=None, rate="")
        stage, said = "", -1

        def told(now: str, done: int, of: int) -> None:
            nonlocal stage, said
            if now != stage:
                stage, said = now, -1
                progress.reset(task, description=now.capitalize(), total=of or None, rate="")
            progress.update(task, completed=done)
            speed = progress.tasks[0].speed or 0
            progress.update(task, rate=f"{speed:,.0f}/s" if speed and now == "patients" else "")
            if not console.is_terminal and of and (part := done * SAY_EVERY // of) != said:
                said = part
                console.print(f"{now}: {done:,} of {of:,}")

        try:
            return asyncio.run(fill(home, settings, plan, told, fresh=fresh))
        except asyncio.CancelledError:  # asked to stop, as by Ctrl-C
            raise KeyboardInterrupt from None


def _report(plan: "Plan", filled: "Filled") -> None:
    of = {table.name: table for table in filled.tables}
    table = Table(box=None, pad_edge=False)
    table.add_column("table, index")
    for title in ("rows", "MB"):
        table.add_column(title, justify="right")
    for one in filled.tables:
        table.add_row(one.name, f"{one.rows:,}", f"{one.heap_bytes / 1e6:,.1f}")
        for name, size in one.indexes.items():
            table.add_row(f"  {name}", "", f"{size / 1e6:,.1f}")
    total = sum(one.bytes for one in filled.tables)
    table.add_row("in all", "", f"{total / 1e6:,.1f}")
    console.print(table)
    people, studies = of["patients"].rows, of["studies"].rows
    console.print(
        f"{people:,} patients and {studies:,} studies in {plan.hospitals} hospitals:"
        f" {total / max(people, 1):,.0f} bytes a patient.\n"
        f"{filled.new:,} patients written in {filled.seconds:,.0f} s by {filled.fillers} processes,"
        f" {filled.new / filled.seconds:,.0f} a second;"
        f" tables put in order in {filled.settling_s:,.0f} s.\n"
        f"Memory held at most: {filled.memory_bytes / 1e6:,.0f} MB."
    )

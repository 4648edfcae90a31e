"""``segel retention``: what is past its retention, runs that destroy it, and holds."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from segel.app.freeze_commands import DEFAULT_HOME, HomeFolder, PersonsToken, moment, requester
from segel.app.log_key import verifier_of
from segel.app.operator import ask as asked_of
from segel.broker.errors import RunRefused
from segel.broker.messages import RunReport
from segel.broker.run_certificates import (
    RUN_CERTIFICATE_BYTES_MAX,
    run_as_text,
    verify_run,
    verify_within,
)
from segel.domain.subject_requests import RETENTION_ARTICLE

POLL_S: Final = 0.3
STUCK_S: Final = 30.0
"""After so long with the same trouble the command returns; the broker goes on by itself."""

RunId = Annotated[UUID, typer.Argument(help="The run, as `retention plan` printed it.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence. Name no patient.")]

app = typer.Typer(
    help="Destroy what is past its retention, and keep what is held.", no_args_is_help=True
)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command()
def status(
    token: Annotated[
        str | None,
        typer.Option(envvar="SEGEL_TOKEN", help="An officer's; without one, every hospital's."),
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Show the retention schedule as it was last counted, and the runs. Nobody is named."""
    found = asked_of(
        home,
        lambda broker: (
            broker.retention.runs(requester(token)) if token else broker.retention.everywhere()
        ),
    )
    console.print(f"Records are kept {found.years} years from the last visit, {RETENTION_ARTICLE}.")
    if not found.runs:
        console.print("Nothing was counted yet: segel retention plan")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("hospital", "run", "state", "counted", "patients", "past", "held", "destroyed"):
        table.add_column(title)
    for run in found.runs:
        table.add_row(
            run.hospital,
            str(run.run_id),
            run.state.replace("_", " "),
            run.counted,
            str(run.examined),
            str(run.due + run.later),
            str(run.held),
            str(run.destroyed),
        )
    console.print(table)
    counted = [run for run in found.runs if run.state not in ("counting", "given_up")]
    if token and counted:
        _years("retention ends", counted[0].ends)


@app.command()
def plan(token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Count the hospital's records; what is past its retention is the plan. Destroys nothing."""
    begun = asked_of(home, lambda broker: broker.retention.plan(requester(token)))
    _print_plan(_follow(home, token, begun.run_id, "counting"))


@app.command()
def show(run_id: RunId, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Show a plan, or how far a run is."""
    run = asked_of(home, lambda broker: broker.retention.show(requester(token), run_id))
    _print_plan(run)
    if run.begun_s:
        console.print(f"Begun {moment(run.begun_s)}: {run.done} of {run.total or run.due}.")
    if run.destroyed_s:
        _print_destroyed(run)
    if run.trouble:
        console.print(f"It waits: {run.trouble}")


@app.command()
def ask(
    run_id: RunId, reason: Reason, token: PersonsToken, home: HomeFolder = DEFAULT_HOME
) -> None:
    """Ask two others to agree to a plan."""
    run = asked_of(home, lambda broker: broker.retention.ask(requester(token), run_id, reason))
    console.print(
        f"Others approve it as {run.approval_id}: segel approvals approve {run.approval_id}\n"
        f"Then: segel retention run {run_id}"
    )


@app.command()
def run(
    run_id: RunId,
    token: PersonsToken,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Destroy what was planned and approved. It cannot be undone.

    Broken off, the broker finishes it by itself; the same command shows how far it is.
    """
    report = asked_of(home, lambda broker: broker.retention.show(requester(token), run_id))
    if report.state == "planned" and not yes:
        _print_plan(report)
        if not typer.confirm(f"Destroy the records of {report.due} patients?"):
            console.print("Nothing was destroyed.")
            raise typer.Exit(1)
    asked_of(home, lambda broker: broker.retention.begin(requester(token), run_id))
    report = _follow(home, token, run_id, "running", "destroyed")
    if report.state != "complete":
        raise RunRefused(
            f"The run is not complete yet: {report.state}. {report.trouble}",
            remedy=f"The broker goes on by itself: segel retention show {run_id}",
        )
    _print_destroyed(report)
    console.print(f"The certificate: segel retention certificate {run_id} > run.segel")


@app.command("give-up")
def give_up(run_id: RunId, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Drop a plan that is not begun."""
    asked_of(home, lambda broker: broker.retention.give_up(requester(token), run_id))
    console.print("Given up; nothing was destroyed.")


@app.command()
def certificate(run_id: RunId, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Print the certificate of a complete run, for a file."""
    text = asked_of(home, lambda broker: broker.retention.certificate(requester(token), run_id))
    sys.stdout.write(text)


@app.command("verify-certificate")
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    patients: Annotated[
        list[Path] | None,
        typer.Option("--patient", help="A patient's own certificate, to be one of its lines."),
    ] = None,
    vkey: Annotated[
        str | None, typer.Option(help="The log's public key; default: the home's.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Check a run's certificate offline, with the log's public key alone, and show what it says."""
    verifier = verifier_of(home, vkey)
    held = verify_run(_read(file), verifier)
    sys.stdout.write(run_as_text(held))
    for one in patients or ():
        line = verify_within(held.certified, _read(one), verifier)
        console.print(f"{one.name}: patient {line.patient_id}, entry {line.entry}, holds.")
    console.print("\nThe certificate holds.")


@app.command()
def holds(token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """List what is held, and why."""
    found = asked_of(home, lambda broker: broker.retention.holds(requester(token)))
    if not found:
        console.print("Nothing is held.")
        return
    for one in found:
        what = "the whole hospital" if one.whole_hospital else "a patient"
        over = f", ended {moment(one.ended_s)}: {one.end_reason}" if one.ended_s else ""
        console.print(f"{one.hold_id}  {what}, {one.reference}{over}")
        console.print(f"    {one.placed_by}, {moment(one.placed_s)}: {one.reason}")


@app.command()
def hold(
    reference: Annotated[str, typer.Option(help="Number of the letter or case.")],
    reason: Reason,
    token: PersonsToken,
    whole_hospital: Annotated[
        bool, typer.Option("--whole-hospital", help="Hold everything; else asks for a number.")
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Keep a patient's record, or the whole hospital's, from destruction."""
    number = ""
    if not whole_hospital:
        number = (
            str(typer.prompt("The patient's number"))
            if sys.stdin.isatty()
            else sys.stdin.readline()
        ).strip()
        if not number:
            raise typer.BadParameter("Give the patient's number, or --whole-hospital.")
    hold_id = asked_of(
        home, lambda broker: broker.retention.hold(requester(token), reference, reason, number)
    )
    console.print(f"Held as {hold_id}.")


@app.command("end-hold")
def end_hold(
    hold_id: Annotated[UUID, typer.Argument(help="The hold, as `retention holds` shows it.")],
    reason: Reason,
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """End a hold."""
    asked_of(home, lambda broker: broker.retention.end_hold(requester(token), hold_id, reason))
    console.print("The hold has ended.")


def _follow(home: Path, token: str, run_id: UUID, *states: str) -> RunReport:
    """The run once it has left these states, or is stuck in one, under a progress bar."""
    stuck_s = time.monotonic() + STUCK_S
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        while True:
            report = asked_of(home, lambda broker: broker.retention.show(requester(token), run_id))
            if report.state not in states:
                return report
            bar.update(
                task,
                description=report.state.capitalize(),
                completed=report.done,
                total=report.total or None,
            )
            if not report.trouble:
                stuck_s = time.monotonic() + STUCK_S
            elif time.monotonic() > stuck_s:
                return report
            time.sleep(POLL_S)


def _print_plan(run: RunReport) -> None:
    console.print(f"Run {run.run_id} of {run.hospital}: {run.state.replace('_', ' ')}")
    console.print(f"Counted {run.counted}: {run.examined} patients, kept {run.years} years each")
    for count, words in (
        (run.kept, "still to be kept"),
        (run.due, "past their retention: this plan"),
        (run.later, "past it, for a later plan"),
        (run.held, "past it, and held"),
        (run.lately, "past it, and came within a year: left for now"),
        (run.no_record, "without a record of a visit"),
    ):
        console.print(f"  {count:>9}  {words}")
    _years("last seen", run.planned)
    if run.approval_id:
        console.print(f"Approval {run.approval_id}: {run.approval}")
    elif run.state == "planned" and run.due:
        console.print(f'Next: segel retention ask {run.run_id} --reason "..."')


def _print_destroyed(run: RunReport) -> None:
    console.print(
        f"Destroyed: {run.destroyed} patients, {run.studies} studies, {run.instances} instances;"
        f" {run.skipped} left, because they were seen or held meanwhile."
    )


def _years(what: str, counts: Mapping[int, int]) -> None:
    if not counts:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(what)
    table.add_column("patients", justify="right")
    for year, count in sorted(counts.items()):
        table.add_row(str(year), str(count))
    console.print(table)


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(RUN_CERTIFICATE_BYTES_MAX + 1)

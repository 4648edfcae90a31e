"""``segel approvals``: what needs two people, at the command line."""

from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.console import Console

from segel.app.freeze_commands import (
    DEFAULT_HOME,
    HOUR_S,
    HomeFolder,
    PersonsToken,
    Reason,
    moment,
    requester,
)
from segel.app.operator import ask
from segel.broker.messages import ApprovalKind, ApprovalLine, ApprovalState

HOURS_MAX: Final = 30 * 24

ApprovalId = Annotated[UUID, typer.Argument(help="The request, as `approvals list` shows it.")]

app = typer.Typer(help="What needs two people: ask, approve, reject.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command("list")
def list_(
    token: PersonsToken,
    every: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Show own requests, and those that one may decide."""
    found = ask(home, lambda broker: broker.approvals.listed(requester(token)))
    still = (ApprovalState.WAITING, ApprovalState.APPROVED)
    lines = [line for line in found.approvals if every or line.state in still]
    if not lines:
        console.print("There are no requests." if every else "There are no open requests.")
        return
    for line in lines:
        yours = ", yours to decide" if line.decidable else ""
        console.print(f"{line.approval_id}  {line.kind}: {line.state}{yours}, {_count(line)}")
        console.print(f"    {line.asked_by}, until {moment(line.expires_s)}: {line.reason}")


@app.command()
def show(approval_id: ApprovalId, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Show one request: what exactly is asked, by whom, and what was decided."""
    _print(ask(home, lambda broker: broker.approvals.show(requester(token), approval_id)))


@app.command()
def request(
    kind: Annotated[ApprovalKind, typer.Argument(help="What is asked for.")],
    subject: Annotated[
        list[str], typer.Option(help="NAME=VALUE, as the action that will use it asks for it.")
    ],
    reason: Reason,
    token: PersonsToken,
    hours: Annotated[
        float | None, typer.Option(min=0.1, max=HOURS_MAX, help="How long it may be used.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Ask for the approval of others."""
    fields = {}
    for one in subject:
        name, equals, value = one.partition("=")
        if not (name and equals):
            raise typer.BadParameter("Write NAME=VALUE.", param_hint="--subject")
        fields[name] = value
    lifetime_s = int(hours * HOUR_S) if hours else 0
    approval_id = ask(
        home,
        lambda broker: broker.approvals.request(requester(token), kind, fields, reason, lifetime_s),
    )
    console.print(f"Asked as {approval_id}.")


@app.command()
def approve(
    approval_id: ApprovalId, reason: Reason, token: PersonsToken, home: HomeFolder = DEFAULT_HOME
) -> None:
    """Approve a request of somebody else."""
    _decide(home, token, approval_id, reason, approve=True)


@app.command()
def reject(
    approval_id: ApprovalId, reason: Reason, token: PersonsToken, home: HomeFolder = DEFAULT_HOME
) -> None:
    """Reject a request; one rejection ends it."""
    _decide(home, token, approval_id, reason, approve=False)


@app.command()
def withdraw(approval_id: ApprovalId, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Take an own request back."""
    line = ask(home, lambda broker: broker.approvals.withdraw(requester(token), approval_id))
    console.print(_standing(line))


def _decide(home: Path, token: str, approval_id: UUID, reason: str, *, approve: bool) -> None:
    line = ask(
        home,
        lambda broker: broker.approvals.decide(
            requester(token), approval_id, reason, approve=approve
        ),
    )
    console.print(_standing(line))


def _standing(line: ApprovalLine) -> str:
    match line.state:
        case ApprovalState.WAITING:
            missing = line.needed - len(line.decisions)
            return f"Approved by you; {missing} more must approve it."
        case ApprovalState.APPROVED:
            return f"Approved. It can be used once, until {moment(line.expires_s)}."
        case ApprovalState.USED:
            return "Approved, and done."
        case state:
            return f"The request is {state}."


def _print(line: ApprovalLine) -> None:
    console.print(f"{line.kind} {line.approval_id}: {line.state}")
    for name, value in line.subject.items():
        console.print(f"  {name} = {value}")
    for name, value in line.shown.items():
        if line.subject.get(name) != value:
            console.print(f"  ({name}: {value})")
    console.print(
        f"Asked by {line.asked_by} on {moment(line.asked_s)}: {line.reason}", markup=False
    )
    for one in line.decisions:
        verb = "Approved" if one.approves else "Rejected"
        console.print(f"{verb} by {one.by} on {moment(one.at_s)}: {one.reason}")
    console.print(f"{_count(line)} approvals; open until {moment(line.expires_s)}.")


def _count(line: ApprovalLine) -> str:
    return f"{sum(one.approves for one in line.decisions)} of {line.needed}"

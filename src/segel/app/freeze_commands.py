"""``segel freeze`` and ``segel unfreeze``: who and what may do nothing for now."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.console import Console

from segel.app.operator import ask
from segel.broker import Requester
from segel.broker.messages import ApprovalKind, FreezeLine, TargetKind
from segel.domain.purpose import Purpose

HOUR_S: Final = 3_600
HOURS_MAX: Final = 24 * 366

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
Reason = Annotated[str, typer.Option(help="Why, in a sentence; it is logged. Name no patient.")]
Hours = Annotated[
    float | None, typer.Option(min=0.01, max=HOURS_MAX, help="For how long; else until lifted.")
]
OfficersToken = Annotated[
    str | None,
    typer.Option("--token", help="An officer's token; without one, the operator freezes."),
]
PersonsToken = Annotated[
    str, typer.Option(envvar="SEGEL_TOKEN", help="Whoever asks or decides: their token.")
]

app = typer.Typer(help="Stop an account, session, hospital or recipient.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


def requester(token: str) -> Requester:
    """Whoever a token stands for, at the command line."""
    return Requester(token, Purpose.OPERATIONS, "command line")


@app.command()
def account(
    name: Annotated[str, typer.Argument(help="The account's name or id.")],
    reason: Reason,
    hours: Hours = None,
    token: OfficersToken = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Freeze an account: all its sessions, at every door, within a second."""
    _freeze(home, TargetKind.ACCOUNT, name, reason, hours, token)


@app.command()
def session(
    name: Annotated[str, typer.Argument(help="The session's id, or a token of it.")],
    reason: Reason,
    hours: Hours = None,
    token: OfficersToken = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Freeze a session and its tokens; other sessions of the account go on."""
    _freeze(home, TargetKind.SESSION, name, reason, hours, token)


@app.command()
def hospital(
    code: Annotated[str, typer.Argument(help="The hospital's code.")],
    reason: Reason,
    hours: Hours = None,
    token: OfficersToken = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Freeze a hospital's releases: nothing of it is shown; its devices go on storing."""
    _freeze(home, TargetKind.HOSPITAL, code, reason, hours, token)


@app.command()
def recipient(
    name: Annotated[str, typer.Argument(help="The recipient, as exports name it.")],
    reason: Reason,
    hours: Hours = None,
    token: OfficersToken = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Freeze exports to a recipient."""
    _freeze(home, TargetKind.RECIPIENT, name, reason, hours, token)


@app.command()
def archive(
    reason: Reason,
    hours: Hours = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Freeze what every hospital releases. For the operator; officers: `segel leak contain`."""
    _freeze(home, TargetKind.ARCHIVE, "", reason, hours, None)


@app.command("list")
def list_(token: OfficersToken = None, home: HomeFolder = DEFAULT_HOME) -> None:
    """Show what is frozen, the newest first."""
    who = requester(token) if token else None
    lines = ask(home, lambda broker: broker.freezes.listed(who))
    if not lines:
        console.print("Nothing is frozen.")
        return
    print_freezes(lines)


def print_freezes(lines: list[FreezeLine]) -> None:
    """Freezes, two lines each."""
    for line in lines:
        console.print(f"{line.freeze_id}  {line.kind} {line.name}: {_until(line)}")
        console.print(f"    {line.by}, {moment(line.at_s)}: {line.reason}")


def unfreeze(
    freeze_id: Annotated[UUID, typer.Argument(help="The freeze, as `segel freeze list` shows it.")],
    reason: Reason,
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Ask for a freeze to be lifted. It is, once another officer has approved it."""
    approval_id = ask(
        home,
        lambda broker: broker.approvals.request(
            requester(token), ApprovalKind.UNFREEZE, {"freeze": str(freeze_id)}, reason
        ),
    )
    console.print(
        f"Asked as {approval_id}. The freeze stays until another officer approves:"
        f" segel approvals approve {approval_id}",
    )


def _freeze(
    home: Path, kind: TargetKind, name: str, reason: str, hours: float | None, token: str | None
) -> None:
    until_s = time.time() + hours * HOUR_S if hours else 0.0
    who = requester(token) if token else None
    freeze_id = ask(home, lambda broker: broker.freezes.freeze(who, kind, name, reason, until_s))
    end = f"until {moment(until_s)}" if until_s else "until two people lift it"
    console.print(f"Frozen as {freeze_id}, {end}.")


def _until(line: FreezeLine) -> str:
    if not line.until_s:
        return "until two people lift it"
    return f"until {moment(line.until_s)}" + ("" if line.holds else " (over)")


def moment(at_s: float) -> str:
    """A moment as commands show it."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M} UTC"

"""``segel leak warrant``: what lets a sample be compared; approved by ``segel approvals``."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console

from segel.app.case_names import CaseName, case_of
from segel.app.freeze_commands import DEFAULT_HOME, HomeFolder, PersonsToken, moment
from segel.app.freeze_commands import requester as requester_of
from segel.app.operator import ask as asked_of

if TYPE_CHECKING:  # what other commands need not wait for
    from segel.broker.messages import WarrantLine

app = typer.Typer(help="What lets a sample's rows be compared.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)

WarrantName = Annotated[UUID, typer.Argument(metavar="WARRANT", help="Its id, as `list` shows it.")]
Reason = Annotated[str, typer.Option(help="Why, for whoever reviews it.")]


@app.command("ask")
def ask(
    case: CaseName,
    reason: Reason,
    rows: Annotated[int, typer.Option(min=1, help="Rows that the sample has.")],
    people: Annotated[int, typer.Option(min=1, help="People who may be recognised.")],
    token: PersonsToken,
    hours: Annotated[int, typer.Option(min=1, max=168, help="How long it holds.")] = 24,
    hospital: Annotated[
        list[str] | None, typer.Option(help="Code of a hospital; else all that may be compared.")
    ] = None,
    rows_an_hour: Annotated[int, typer.Option(min=0, help="0: all of them in one.")] = 0,
    few_columns: Annotated[
        bool, typer.Option("--few-columns", help="The sample has one or two columns only.")
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Ask for a warrant. Two others approve it: `segel approvals approve`."""
    case_id = case_of(home, token, case)
    warrant_id = asked_of(
        home,
        lambda broker: broker.warrants.ask(
            requester_of(token),
            case_id,
            reason=reason,
            rows=rows,
            people=people,
            hours=hours,
            hospitals=tuple(hospital or ()),
            rows_an_hour=rows_an_hour,
            few_columns=few_columns,
        ),
    )
    console.print(f"Asked as {warrant_id}. Two others: segel approvals approve {warrant_id}")


@app.command("list")
def list_(case: CaseName, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """A case's warrants: what was agreed, what is used, until when."""
    case_id = case_of(home, token, case)
    found = asked_of(home, lambda broker: broker.warrants.listed(requester_of(token), case_id))
    for one in found.warrants:
        _print(one)
    if not found.warrants:
        console.print("No warrants.")
    if found.unfingerprinted:
        console.print(
            f"{found.unfingerprinted:,} stored images have no fingerprint yet;"
            f" {found.given_up:,} of them will have none."
        )
    if found.unregistered:
        console.print(
            f"The matching register is being made: {found.unregistered:,} patients are not in it."
        )


@app.command("show")
def show(warrant: WarrantName, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """One warrant."""
    _print(asked_of(home, lambda broker: broker.warrants.show(requester_of(token), warrant)))


@app.command("revoke")
def revoke(
    warrant: WarrantName, reason: Reason, token: PersonsToken, home: HomeFolder = DEFAULT_HOME
) -> None:
    """End a warrant at once; the register that it opened is closed."""
    _print(
        asked_of(home, lambda broker: broker.warrants.revoke(requester_of(token), warrant, reason))
    )


@app.command("close")
def close(warrant: WarrantName, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """The comparing is done: the decoys in the sample are counted."""
    _print(asked_of(home, lambda broker: broker.warrants.close(requester_of(token), warrant)))


def _print(one: "WarrantLine") -> None:
    from segel.domain.strangers import neutral

    until = f", until {moment(one.until_s)}" if one.until_s else ""
    console.print(f"{one.warrant_id}  {one.state}{until}  {neutral(one.reason)}")
    console.print(
        f"  {one.rows:,} of {one.rows_max:,} rows, {one.people:,} of {one.people_max:,} people,"
        f" {one.rows_an_hour:,} rows an hour; {', '.join(one.hospitals)}"
        f"{'; few columns' if one.few_columns else ''}"
    )
    if one.trips:
        console.print(f"  {one.trips} decoys were asked for as a prober asks")
    if one.decoys >= 0:
        console.print(f"  {one.decoys:,} decoys in the sample")

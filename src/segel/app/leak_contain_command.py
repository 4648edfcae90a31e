"""``segel leak contain``: stop what leaks, seeing first what stops with it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer
from rich.console import Console

from segel.app.case_names import CaseInputBroken, CaseName, case_of
from segel.app.freeze_commands import (
    DEFAULT_HOME,
    HOUR_S,
    HomeFolder,
    Hours,
    PersonsToken,
    print_freezes,
)
from segel.app.freeze_commands import requester as requester_of
from segel.app.operator import ask

if TYPE_CHECKING:  # what other commands need not wait for
    from segel.broker.messages import Effect, Measure

ALL: Final = "all"

SAID: Final = {
    "people": "people signed in",
    "sessions": "sessions not ended",
    "patients_day": "patients opened or listed in 24 hours",
    "glasses": "emergencies under way",
    "exports": "exports going to them",
    "keys": "patients' keys to wrap anew",
    "cards_month": "cards made in 30 days",
}
STOPS: Final = {
    "account": "Nothing works for this account any more, in all its sessions.",
    "session": "Nothing works in this session any more; others of the account go on.",
    "hospital": "Nobody there sees any record, in emergencies either. Devices go on storing.",
    "recipient": "No export goes to them any more.",
    "archive": "NOBODY sees any record anywhere, in emergencies either. Devices go on storing.",
    "keys": "Nothing stops. Stolen wrapped keys are of no use with the new KEK alone.",
    "cards": "Every card that was made until now is refused within a day; people need new ones.",
}

Reason = Annotated[str, typer.Option(help="Why, in a sentence; it is logged. Name no patient.")]

console = Console(soft_wrap=True, highlight=False, markup=False)


def add_to(app: typer.Typer) -> None:
    """Put the commands among those of ``segel leak``."""
    app.command("contain")(contain)
    app.command("contained")(contained)
    app.command("release")(release)


def contain(
    case: CaseName,
    reason: Reason,
    token: PersonsToken,
    account: Annotated[list[str] | None, typer.Option(help="Freeze it: its name or id.")] = None,
    session: Annotated[list[str] | None, typer.Option(help="Freeze it: its id.")] = None,
    hospital: Annotated[list[str] | None, typer.Option(help="Freeze it: its code.")] = None,
    recipient: Annotated[list[str] | None, typer.Option(help="Freeze exports to it.")] = None,
    everything: Annotated[
        bool, typer.Option("--all-releases", help="Freeze what every hospital releases.")
    ] = False,
    keys: Annotated[
        str, typer.Option(help=f"New KEK of a hospital (its code), or of '{ALL}'.")
    ] = "",
    cards: Annotated[
        bool, typer.Option("--cards", help="Have no card hold that was made until now.")
    ] = False,
    hours: Hours = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Show it, note it in the case, and do nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Freeze accounts, sessions, hospitals, recipients or all; new keys; no old cards.

    Shows what each will stop, and asks. Freezes are lifted by `segel leak release`.
    """
    from segel.broker.messages import Measure, MeasureKind

    measures = [
        Measure(kind, name)
        for kind, names in (
            (MeasureKind.ACCOUNT, account),
            (MeasureKind.SESSION, session),
            (MeasureKind.HOSPITAL, hospital),
            (MeasureKind.RECIPIENT, recipient),
            (MeasureKind.ARCHIVE, [""] if everything else []),
            (MeasureKind.KEYS, ["" if keys == ALL else keys] if keys else []),
            (MeasureKind.CARDS, [""] if cards else []),
        )
        for name in names or []
    ]
    if not measures:
        raise CaseInputBroken(
            "Nothing is named that is to be contained.",
            field="measure",
            remedy="Name some: --account, --session, --hospital, --recipient, --all-releases,"
            " --keys, --cards.",
        )
    case_id = case_of(home, token, case)
    _show(_foreseen(home, token, case_id, measures))
    if not (yes or rehearse):
        typer.confirm("Do it?", abort=True)
    until_s = time.time() + hours * HOUR_S if hours else 0.0
    done = ask(
        home,
        lambda broker: broker.containing.contain(
            requester_of(token), case_id, measures, reason, until_s=until_s, rehearse=rehearse
        ),
    )
    if rehearse:
        console.print("Rehearsed: the case says so, and nothing was done.")
        return
    console.print(f"Done; {len(done.freezes)} frozen.")
    if done.freezes:
        console.print(f"Undo: segel leak release {case}")


def contained(case: CaseName, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Show what a case has frozen, and is not lifted."""
    case_id = case_of(home, token, case)
    lines = ask(home, lambda broker: broker.containing.listed(requester_of(token), case_id))
    if not lines:
        console.print("This case has nothing frozen.")
    print_freezes(lines)


def release(
    case: CaseName,
    reason: Reason,
    token: PersonsToken,
    freezes: Annotated[
        list[UUID] | None, typer.Argument(metavar="[FREEZE]…", help="Which; else all of the case.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Ask for what a case has frozen to be lifted. It is, once somebody else has approved it."""
    from segel.broker.messages import ApprovalKind

    case_id = case_of(home, token, case)
    named = freezes or [
        line.freeze_id
        for line in ask(home, lambda broker: broker.containing.listed(requester_of(token), case_id))
    ]
    if not named:
        console.print("This case has nothing frozen.")
        return
    subject = {"freeze": " ".join(str(one) for one in named)}
    approval_id = ask(
        home,
        lambda broker: broker.approvals.request(
            requester_of(token), ApprovalKind.UNFREEZE, subject, reason
        ),
    )
    console.print(
        f"Asked as {approval_id}. The freeze stays until somebody else approves:"
        f" segel approvals approve {approval_id}"
    )


def _foreseen(home: Path, token: str, case_id: UUID, measures: "list[Measure]") -> "list[Effect]":
    return ask(
        home, lambda broker: broker.containing.foresee(requester_of(token), case_id, measures)
    )


def _show(effects: "list[Effect]") -> None:
    for one in effects:
        state = " (is so already)" if one.already else ""
        console.print(f"{one.kind} {one.name}{state}".replace("  ", " "))
        console.print(f"    {STOPS[one.kind]}")
        for name, count in one.figures.items():
            console.print(f"    {count:,} {SAID[name]}")

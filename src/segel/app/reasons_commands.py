"""``segel reasons``: who has to do with which patient, for the officer's list of accesses."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from segel.app.operator import ask
from segel.broker.messages import FileReason
from segel.domain.reasons import ReasonKind

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
DEFAULT_HOME = Path(".segel")
DAY_S: Final = 86_400
DAYS_MAX: Final = 366

app = typer.Typer(help="Reasons on file, which explain accesses.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command()
def add(
    kind: Annotated[ReasonKind, typer.Option(help="What there is between them.")],
    patient: Annotated[
        str,
        typer.Option(
            envvar="SEGEL_PATIENT",
            prompt=True,
            help="The patient's number in the hospital, or the NIK. Asked for where it is not"
            " given: a command's words are seen by others on this machine.",
        ),
    ],
    hospital: Annotated[str, typer.Option(help="Code of the hospital.")],
    account: Annotated[str, typer.Option(help="Whose reason it is: an account's name.")] = "",
    unit: Annotated[
        str, typer.Option(help="Or a department's; with neither, the whole hospital's.")
    ] = "",
    days: Annotated[float, typer.Option(min=0.01, max=DAYS_MAX, help="How long it holds.")] = 30.0,
    begins: Annotated[
        datetime | None, typer.Option(help="From when on (UTC); default: now.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """File that somebody has to do with a patient."""
    from_s = begins.replace(tzinfo=UTC).timestamp() if begins else time.time()
    reason = FileReason(
        hospital_code=hospital,
        patient=patient.strip(),
        kind=kind,
        from_s=from_s,
        until_s=from_s + days * DAY_S,
        account=account,
        unit=unit,
    )
    filed = ask(home, lambda operator: operator.accesses.file_reason(reason))
    console.print(f"Filed as {filed}.")


@app.command()
def units(
    account: Annotated[str, typer.Argument(help="The account's name.")],
    names: Annotated[list[str] | None, typer.Argument(help="Its departments; none: none.")] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Say in which departments an account works, in place of what was said before."""
    ask(home, lambda operator: operator.accesses.assign_units(account, list(names or ())))
    console.print(f"{len(names or ())} departments noted.")

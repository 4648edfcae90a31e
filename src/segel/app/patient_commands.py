"""``segel patient-account add``: a patient sees who opened their own record, and nothing else."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from segel.app.operator import ask
from segel.broker import BrokerClient
from segel.tlog import NoteVerifier

app = typer.Typer(help="Accounts of patients, for their own record.", no_args_is_help=True)


@app.callback()
def _only_groups() -> None:
    """A group, though it has one command so far."""


@app.command("add")
def add(
    hospital: Annotated[str, typer.Option(help="Code of the patient's hospital.")],
    number: Annotated[str, typer.Option(help="The hospital's own number for the patient (MRN).")],
    home: Annotated[
        Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
    ] = Path(".segel"),
    demo: Annotated[
        bool, typer.Option("--demo", help="May be chosen at the demo's sign-in.")
    ] = False,
) -> None:
    """Give a patient an account of their own. Said again, nothing changes."""

    async def enrol(operator: BrokerClient) -> tuple[str, str]:
        account = await operator.record.enrol(hospital, number, demo=demo)
        return str(account), (await operator.status()).log_vkey

    account, vkey = ask(home, enrol)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(f"The patient has an account: {account}")
    console.print("Print on their card, to compare with the page of their record:")
    console.print(f"  {NoteVerifier.parse(vkey).fingerprint}")

"""``segel patient-account``: a patient sees who opened their own record, and nothing else."""

from typing import Annotated

import typer
from rich.console import Console

from segel.app.account_commands import DEFAULT_HOME, HOUR_S, HomeFolder, Hours, print_link
from segel.app.operator import ask
from segel.broker import BrokerClient
from segel.broker.messages import Invitation
from segel.tlog import NoteVerifier

app = typer.Typer(help="Accounts of patients, for their own record.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False, markup=False)

Hospital = Annotated[str, typer.Option(help="Code of the patient's hospital.")]
Number = Annotated[str, typer.Option(help="The hospital's own number for the patient (MRN).")]


@app.command("add")
def add(
    hospital: Hospital,
    number: Number,
    hours: Hours = 24,
    home: HomeFolder = DEFAULT_HOME,
    demo: Annotated[
        bool, typer.Option("--demo", help="May be chosen at the demo's sign-in; no link.")
    ] = False,
) -> None:
    """Give a patient an account, and print the link by which they register a passkey, once."""

    async def enrol(operator: BrokerClient) -> tuple[str, str, Invitation | None]:
        account = await operator.record.enrol(hospital, number, demo=demo)
        link = None if demo else await operator.access.invite_patient(account, hours * HOUR_S)
        return str(account), (await operator.status()).log_vkey, link

    account, vkey, link = ask(home, enrol)
    console.print(f"The patient has an account: {account}")
    console.print("Print on their card, to compare with the page of their record:")
    console.print(f"  {NoteVerifier.parse(vkey).fingerprint}")
    if link is not None:
        print_link(home, link.secret, link.until_s)


@app.command("reinvite")
def reinvite(
    hospital: Hospital,
    number: Number,
    hours: Hours = 24,
    lost: Annotated[
        bool, typer.Option("--lost", help="Passkeys and sessions so far are taken away.")
    ] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Print a new link into a patient's account; earlier links are over. Phone lost: --lost."""

    async def invite(operator: BrokerClient) -> Invitation:
        account = await operator.record.enrol(hospital, number, known=True)
        return await operator.access.invite_patient(account, hours * HOUR_S, again=True, lost=lost)

    made = ask(home, invite)
    if lost:
        console.print("Passkeys are removed, sessions ended.")
    print_link(home, made.secret, made.until_s)

"""``segel erase``: order an erasure, carry it out once others agreed, follow it, certify it.

A patient's number and a study's UID are asked for and never taken as arguments: arguments stay in
the shell's history and show in the list of processes.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from segel.app import home as homes
from segel.app.lifecycle import read_status
from segel.app.log_key import verifier_of
from segel.app.telling import day, minute
from segel.broker import BrokerClient, Requester
from segel.broker.certificates import CERTIFICATE_BYTES_MAX, as_text, verify_certificate
from segel.broker.erasure import ARTICLES, Ground
from segel.broker.errors import ErasureRefused
from segel.broker.messages import ErasureReport, ErasureSubject
from segel.domain.purpose import Purpose

POLL_S: Final = 0.3
STUCK_S: Final = 30.0
"""After so long with the same trouble the command returns; the broker goes on by itself."""

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]
Token = Annotated[str, typer.Option(envvar="SEGEL_TOKEN", help="Whose erasure: their token.")]
LawfulGround = Annotated[
    Ground, typer.Option(help="; ".join(f"{ground}: {law}" for ground, law in ARTICLES.items()))
]
Reference = Annotated[
    str, typer.Option(help="Number of the letter or ticket; it stands in the certificate.")
]
Reason = Annotated[
    str,
    typer.Option(help="In a sentence, where a medical record ends before its time; no names."),
]
Agreed = Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")]
DEFAULT_HOME = Path(".segel")
R = TypeVar("R")

app = typer.Typer(help="Erase a patient or a study, for good, in every copy.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False)


@app.command()
def patient(
    token: Token,
    ground: LawfulGround,
    reference: Reference,
    reason: Reason = "",
    yes: Agreed = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Order the erasure of a patient of your hospital; asks for their number.

    Nothing is erased before others have approved it, and `segel erase carry-out` is given.
    """
    number = _asked("The patient's number")
    _order(home, token, ground, reference, reason, yes=yes, patient_number=number)


@app.command()
def study(
    token: Token,
    ground: LawfulGround,
    reference: Reference,
    reason: Reason = "",
    yes: Agreed = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Order the erasure of one study of your hospital; asks for its UID.

    Nothing is erased before others have approved it, and `segel erase carry-out` is given.
    """
    _order(home, token, ground, reference, reason, yes=yes, study_uid=_asked("The study's UID"))


@app.command("carry-out")
def carry_out(
    erasure_id: Annotated[UUID, typer.Argument(help="As the order printed it.")],
    token: Token,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Erase what was ordered and approved. It cannot be undone.

    Broken off, the broker finishes it by itself; the same command then shows how far it is.
    """
    report = _ask(home, token, lambda broker, who: broker.erasing.carry_out(who, erasure_id))
    console.print(
        f"The key is destroyed: {report.studies} studies, {report.instances} instances."
        " Now older copies are made worthless."
    )
    report = _follow(home, token, erasure_id)
    if report.state != "complete":
        raise ErasureRefused(
            f"The erasure is not complete yet. {report.trouble}",
            remedy=f"The broker goes on by itself; look at it with segel erase show {erasure_id}",
        )
    console.print(
        "Complete: no copy of the database or of the objects opens it any more.\n"
        f"The certificate: segel erase certificate {erasure_id} > certificate.segel"
    )


@app.command()
def show(
    erasure_id: Annotated[UUID, typer.Argument(help="As the order printed it.")],
    token: Token,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Show how far an erasure is."""
    report = _ask(home, token, lambda broker, who: broker.erasing.show(who, erasure_id))
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _lines(report):
        table.add_row(name, value)
    console.print(table)


@app.command("list")
def list_(token: Token, home: HomeFolder = DEFAULT_HOME) -> None:
    """List the erasures of your hospital, the newest first."""
    reports = _ask(home, token, lambda broker, who: broker.erasing.list(who))
    if not reports:
        console.print("Nothing was erased or ordered to be in this hospital.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("erasure", "what", "ordered", "ground", "reference", "state"):
        table.add_column(title)
    for one in reports:
        table.add_row(
            str(one.erasure_id),
            one.scope,
            day(one.ordered_s),
            one.ground,
            one.reference,
            one.state,
        )
    console.print(table)


@app.command()
def certificate(
    erasure_id: Annotated[UUID, typer.Argument(help="As the order printed it.")],
    token: Token,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Print the certificate of a complete erasure, for a file."""
    text = _ask(home, token, lambda broker, who: broker.erasing.certificate(who, erasure_id))
    sys.stdout.write(text)


@app.command("verify-certificate")
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    vkey: Annotated[
        str | None, typer.Option(help="The log's public key; default: the home's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What it says, as JSON.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Check a certificate offline, with the log's public key alone, and show what it says."""
    verifier = verifier_of(home, vkey)
    with file.open("rb") as opened:
        verified = verify_certificate(opened.read(CERTIFICATE_BYTES_MAX + 1), verifier)
    if as_json:
        console.print_json(verified.certified.encoded().decode())
        return
    sys.stdout.write(as_text(verified))
    console.print("\nThe certificate holds.")


def _order(
    home: Path,
    token: str,
    ground: Ground,
    reference: str,
    reason: str,
    *,
    yes: bool,
    patient_number: str = "",
    study_uid: str = "",
) -> None:
    subject = _ask(
        home, token, lambda broker, who: broker.erasing.describe(who, patient_number, study_uid)
    )
    console.print(_shown(subject))
    if subject.erased is not None:
        console.print(f"It was erased already: segel erase show {subject.erased}")
        raise typer.Exit(1)
    if not yes and not typer.confirm("Order its erasure?"):
        console.print("Nothing was ordered.")
        raise typer.Exit(1)
    report = _ask(
        home,
        token,
        lambda broker, who: broker.erasing.order(
            who,
            ground,
            reference,
            patient_number=patient_number,
            study_uid=study_uid,
            reason=reason,
        ),
    )
    early = "It ends a medical record before its time: two others have to approve it.\n"
    console.print(
        f"Ordered: erasure {report.erasure_id}. Nothing is erased yet.\n"
        f"{early if report.early else ''}"
        f"Others approve it as {report.approval_id}: segel approvals approve {report.approval_id}\n"
        f"Then: segel erase carry-out {report.erasure_id}"
    )


def _shown(subject: ErasureSubject) -> str:
    what = "A patient" if subject.scope == "patient" else "A study"
    since = f", the first of {subject.since}" if subject.since else ""
    return f"{what} with {subject.studies} studies, {subject.instances} instances{since}."


def _asked(what: str) -> str:
    """From the terminal, or the first line of what is piped in."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=False)).strip()
    return sys.stdin.readline().strip()


def _follow(home: Path, token: str, erasure_id: UUID) -> ErasureReport:
    deadline_s = time.monotonic() + STUCK_S
    with console.status("Destroyed") as spinner:
        while True:
            report = _ask(home, token, lambda broker, who: broker.erasing.show(who, erasure_id))
            spinner.update(f"{report.state.capitalize()} {report.trouble}")
            if report.state == "complete":
                return report
            if not report.trouble:
                deadline_s = time.monotonic() + STUCK_S
            elif time.monotonic() > deadline_s:
                return report
            time.sleep(POLL_S)


def _lines(report: ErasureReport) -> list[tuple[str, str]]:
    lines = [
        ("Erasure", str(report.erasure_id)),
        ("State", report.state),
        ("What", f"{report.scope}: {report.studies} studies, {report.instances} instances"),
        ("Since", report.since),
        ("Ground", f"{report.ground} ({ARTICLES[Ground(report.ground)]})"),
        ("Reference", report.reference),
        *([("Before its time", report.reason)] if report.early else []),
        ("Ordered", f"{minute(report.ordered_s)} by account {report.ordered_by}"),
        ("Approval", str(report.approval_id)),
        *(("Approved", f"by account {account}") for account in report.approved_by),
    ]
    if report.destroyed_s:
        lines.append(("Destroyed", minute(report.destroyed_s)))
    if report.completed_s:
        lines.append(("Complete", minute(report.completed_s)))
    if report.trouble:
        lines.append(("Waits", report.trouble))
    return lines


def _ask(
    folder: Path, token: str, question: Callable[[BrokerClient, Requester], Awaitable[R]]
) -> R:
    home = homes.at(folder)
    read_status(home)

    async def run() -> R:
        client = await BrokerClient.connect(home.broker_socket)
        try:
            return await question(client, Requester(token, Purpose.SYSTEM_ADMINISTRATION, "cli"))
        finally:
            await client.close()

    return asyncio.run(run())

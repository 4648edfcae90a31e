"""``segel audit key``, ``verify-receipt``, ``export``, ``forwarding``: the log told elsewhere."""

import asyncio
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from segel.app import home as homes
from segel.app.audit import OUTCOMES, log_key
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.broker import BrokerClient, Requester
from segel.broker.dicom_event import dicom_message
from segel.broker.messages import FILE_LINES_MAX, ForwardStatus
from segel.broker.record_document import RecordBroken, VerifiedLine, read_record, verify_record
from segel.broker.stored_event import read_event
from segel.domain.purpose import Purpose
from segel.tlog import KeyMalformed, NoteVerifier

HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
]

FILE_BYTES_MAX: Final = 16 * 1024 * FILE_LINES_MAX
"""A line with its proof is about 4 kB; a file far beyond that is none of ours."""


def add_to(app: typer.Typer) -> None:
    """Make these commands part of ``segel audit``."""
    app.command("key")(key)
    app.command("verify-receipt")(verify_receipt)
    app.command("export")(export)
    app.command("forwarding")(forwarding)


def key(home: HomeFolder = Path(".segel")) -> None:
    """Print the log's public key, and the fingerprint that patients compare."""
    vkey = log_key(home)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(vkey)
    console.print(f"fingerprint {NoteVerifier.parse(vkey).fingerprint}")


def verify_receipt(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A saved record.")],
    vkey: Annotated[
        str | None, typer.Option(help="The log's public key; default: this home's.")
    ] = None,
    home: HomeFolder = Path(".segel"),
) -> None:
    """Check a patient's saved record offline. Exit status 1 where anything does not hold."""
    if file.stat().st_size > FILE_BYTES_MAX:
        raise RecordBroken("The file is larger than a record can be.", field="FILE")
    record = read_record(file.read_bytes())
    try:
        verifier = NoteVerifier.parse(vkey or log_key(home))
    except KeyMalformed as malformed:
        raise RecordBroken(str(malformed), field="--vkey") from None
    verified = verify_record(record, verifier.vkey())
    table = Table(box=None, pad_edge=False)
    for title in ("leaf", "when (UTC)", "what", "outcome", "purpose", "role", "name"):
        table.add_column(title)
    for line in verified.lines:
        table.add_row(*_cells(line))
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(table)
    console.print(
        f"The record holds: {len(verified.lines)} lines in a log of"
        f" {verified.checkpoint.size} entries, key {verifier.fingerprint}."
    )


def _cells(line: VerifiedLine) -> tuple[str, ...]:
    event = line.event
    return (
        str(line.line.leaf),
        event.recorded[:19].replace("T", " "),
        f"{event.kind} (listed)" if line.listed else event.kind,
        OUTCOMES.get(event.outcome, ""),
        event.purpose,
        event.role,
        line.line.name,
    )


class Format(StrEnum):
    """How exported entries are written."""

    FHIR = "fhir"
    BUNDLE = "bundle"
    DICOM = "dicom"


_BUNDLE: Final = '{"resourceType":"Bundle","type":"collection"'
AROUND: Final = {
    Format.FHIR: ("", "\n", "\n", ""),
    Format.BUNDLE: (f'{_BUNDLE},"entry":[\n', ",\n", "\n]}\n", f"{_BUNDLE}}}\n"),
    Format.DICOM: ("<AuditMessages>\n", "\n", "\n</AuditMessages>\n", "<AuditMessages/>\n"),
}
"""Before the first event, between two, after the last; and the file where there are none."""


def export(
    token: Annotated[str, typer.Option(envvar="SEGEL_TOKEN", help="Who exports: their token.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    form: Annotated[
        Format, typer.Option("--format", help="AuditEvents a line, in a Bundle, or DICOM's XML.")
    ] = Format.FHIR,
    own: Annotated[bool, typer.Option("--own", help="Of this account alone.")] = False,
    first: Annotated[int, typer.Option(min=0, help="The leaf to begin at.")] = 0,
    home: HomeFolder = Path(".segel"),
) -> None:
    """Write a hospital's audit events, for its data protection officer; or an account's own.

    Events hold random ids and no names. Each page is logged, and its patients cost budget.
    """
    read_status(homes.at(home))
    purpose = Purpose.TREATMENT if own else Purpose.OPERATIONS
    requester = Requester(token, purpose, "cli")
    count, erased = asyncio.run(_write(homes.at(home), requester, output, form, first, own=own))
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(f"{count} events are written to {output}.")
    if erased:
        console.print(f"{erased} events are of erased patients: nobody can read them any more.")


async def _write(
    home: homes.Home, requester: Requester, output: Path, form: Format, first: int, *, own: bool
) -> tuple[int, int]:
    """How many events were written, and how many are of erased patients."""
    before, between, after, empty = AROUND[form]
    count = erased = until = 0
    client = await BrokerClient.connect(home.broker_socket)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file, Progress(transient=True) as progress:
            task = progress.add_task("Exporting", total=None)
            while True:
                page = await client.audit_export.page(requester, first, until, own=own)
                for line in page.lines:
                    file.write((between if count else before) + _written(line.event, form))
                    count += 1
                erased, first, until = erased + page.erased, page.next_leaf, page.until
                progress.update(task, completed=first, total=until)
                if page.complete:
                    break
            file.write(after if count else empty)
    finally:
        await client.close()
    return count, erased


def _written(event: str, form: Format) -> str:
    match form:
        case Format.FHIR:
            return event
        case Format.BUNDLE:
            return f'{{"resource":{event}}}'
        case Format.DICOM:
            return dicom_message(read_event(event.encode()), "segel").decode()


def forwarding(home: HomeFolder = Path(".segel")) -> None:
    """Show how far the audit log is forwarded. Exit status 1 where it cannot be now."""
    status = ask(home, _forwarding)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if status.state == "off":
        console.print("The audit log is not forwarded (setting `syslog`).")
        return
    console.print(f"{status.state}: {status.destination}")
    console.print(f"{status.settled} of {status.log_size} entries are with the receiver.")
    if status.state == "waiting":
        console.print(f"The last attempt failed ({status.trouble}); it is tried again.")
        raise typer.Exit(1)


async def _forwarding(operator: BrokerClient) -> ForwardStatus:
    return await operator.audit_export.forwarding()

"""``segel audit key`` and ``verify-receipt``: what patients are given, checked without a server."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from segel.app.audit import OUTCOMES, log_key
from segel.broker.messages import FILE_LINES_MAX
from segel.broker.record_document import RecordBroken, VerifiedLine, read_record, verify_record
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

"""``segel audit verify`` and ``show``."""

import asyncio
import contextlib
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from segel.app import home as homes
from segel.app.home import Home
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.app.system import write_whole
from segel.broker import BrokerClient, Requester
from segel.broker.messages import AuditTrail
from segel.broker.stored_event import StoredEvent, read_event
from segel.domain.errors import SegelError
from segel.domain.purpose import Purpose
from segel.tlog import Checkpoint, NoteVerifier, TlogError, verify_log

OUTCOMES: Final = {"0": "done", "4": "refused", "8": "failed", "12": "failed badly"}
"""FHIR R4 AuditEvent.outcome."""


class LogDoesNotHold(SegelError):
    """The published log was cut, changed, rolled back or forked; or its key is another."""

    code = "log-does-not-hold"


def show(folder: Path, token: str, limit: int) -> None:
    """Print the newest audit events of the token's account, newest first."""
    home = homes.at(folder)
    read_status(home)

    async def trail() -> AuditTrail:
        client = await BrokerClient.connect(home.broker_socket)
        try:
            requester = Requester(token, Purpose.TREATMENT, "cli")
            return await client.trail(requester, limit)
        finally:
            await client.close()

    table = Table(box=None, pad_edge=False)
    for title in ("leaf", "when (UTC)", "what", "outcome", "purpose"):
        table.add_column(title)
    for line in asyncio.run(trail()).lines:
        table.add_row(str(line.leaf_index), *_cells(read_event(line.event.encode())))
    Console().print(table)


def _cells(event: StoredEvent) -> tuple[str, str, str, str]:
    """When, what, outcome and purpose of an audit event."""
    what = (event.event_id[1], event.type_code[1], event.detail)
    return (
        event.recorded[:19].replace("T", " "),
        ": ".join(filter(None, what)) or event.kind,
        OUTCOMES.get(event.outcome, ""),
        event.purpose,
    )


def log_key(folder: Path) -> str:
    """The log's public key: as kept beside the home from the first start, or as the broker says."""
    home = homes.at(folder)
    return home.log_key.read_text().strip() if home.log_key.exists() else ask(folder, _vkey)


async def _vkey(operator: BrokerClient) -> str:
    return (await operator.status()).log_vkey


def _previous(home: Home) -> Checkpoint | None:
    return Checkpoint.parse(home.log_seen.read_text()) if home.log_seen.exists() else None


def verify(folder: Path, vkey: str | None) -> None:
    """Verify the published log, from its files alone. Raises LogDoesNotHold.

    The checkpoint is kept beside the home and must be continued the next time, so that a log that
    was rolled back or forked since is found out.
    """
    home = homes.at(folder)
    vkey = vkey or log_key(folder)
    root = home.objects / "audit"
    console = Console()
    try:
        verifier = NoteVerifier.parse(vkey)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("Verifying", total=None)
            verified = verify_log(
                lambda path: (root / path).read_bytes(),
                verifier,
                previous=_previous(home),
                progress=lambda done, of: progress.update(task, completed=done, total=of),
            )
    except TlogError as broken:
        raise LogDoesNotHold(f"The audit log does not hold. {broken}") from None
    checkpoint = verified.checkpoint
    with contextlib.suppress(OSError):  # somebody else's home: verified, not remembered
        write_whole(home.log_seen, checkpoint.text().encode())
    console.print(
        f"The log holds: {checkpoint.size} entries, root {checkpoint.root.hex()}", soft_wrap=True
    )

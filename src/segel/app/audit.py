"""``segel audit show``: what the log says an account did."""

import asyncio
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from segel.app import home as homes
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.broker import BrokerClient, Requester
from segel.broker.messages import AuditTrail
from segel.broker.stored_event import StoredEvent, read_event
from segel.domain.purpose import Purpose

OUTCOMES: Final = {"0": "done", "4": "refused", "8": "failed", "12": "failed badly"}
"""FHIR R4 AuditEvent.outcome."""


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

"""``segel audit verify`` and ``show``."""

import asyncio
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from segel.app import home as homes
from segel.app.lifecycle import read_status
from segel.app.operator import ask
from segel.broker import BrokerClient, Requester
from segel.broker.messages import AuditTrail
from segel.domain.purpose import Purpose


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
    for title in ("leaf", "when", "what", "outcome", "purpose"):
        table.add_column(title)
    for line in asyncio.run(trail()).lines:
        table.add_row(str(line.leaf_index), *_cells(json.loads(line.event)))
    Console().print(table)


def _cells(event: dict[str, Any]) -> tuple[str, str, str, str]:
    """When, what, outcome and purpose of a FHIR AuditEvent."""
    subtypes = [code.get("code", "") for code in event.get("subtype", [])]
    purposes = [
        coding.get("code", "")
        for purpose in event.get("purposeOfEvent", [])
        for coding in purpose.get("coding", [])
    ]
    return (
        str(event.get("recorded", "")),
        " ".join(filter(None, [event.get("type", {}).get("code", ""), *subtypes])),
        str(event.get("outcome", "")),
        " ".join(purposes),
    )


async def _vkey(operator: BrokerClient) -> str:
    return (await operator.status()).log_vkey


def verify(folder: Path, vkey: str | None) -> None:
    """Verify the published log; raises where it does not hold."""
    from segel.tlog import verify_log

    home = homes.at(folder)
    key = vkey or ask(folder, _vkey)
    verify_log(home.objects / "audit", key)

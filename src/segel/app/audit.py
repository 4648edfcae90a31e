"""``segel audit show``: what the log says an account did."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from segel.app import home as homes
from segel.app.lifecycle import read_status
from segel.broker import BrokerClient, Requester
from segel.broker.messages import AuditTrail
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
        table.add_row(str(line.leaf_index), *_cells(json.loads(line.event)))
    Console().print(table)


def _cells(event: dict[str, Any]) -> tuple[str, str, str, str]:
    """When, what, outcome and purpose of a FHIR AuditEvent."""
    codings = [event.get("type", {}), *event.get("subtype", [])]
    what = [coding.get("display") or coding.get("code", "") for coding in codings]
    purposes = [
        coding.get("code", "")
        for purpose in event.get("purposeOfEvent", [])
        for coding in purpose.get("coding", [])
    ]
    return (
        str(event.get("recorded", ""))[:19].replace("T", " "),
        ": ".join(dict.fromkeys(filter(None, what))),
        OUTCOMES.get(str(event.get("outcome", "")), ""),
        " ".join(purposes),
    )

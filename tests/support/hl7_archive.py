"""An archive that keeps what HL7 senders send in memory, behind a real MLLP server."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from segel.records.hl7 import Header, Limits, MllpServer, Peer, Received, Sender

SENDER = Sender("https://rs-melati.example/lis", issuer="MELATI")


class Archive:
    """Keeps bundles by what they are found by, as the real one does, and remembers the order."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.by_url: dict[str, Any] = {}
        self.peers: set[Peer] = set()
        self.at_once = self.at_once_max = 0
        self.before: Callable[[Received], Awaitable[None]] | None = None

    async def accept(self, received: Received, peer: Peer) -> None:
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        try:
            if self.before is not None:
                await self.before(received)
            await asyncio.sleep(0)
        finally:
            self.at_once -= 1
        self.peers.add(peer)
        self.kept.append(received.message.header.control_id)
        self.by_url |= {one["fullUrl"]: one["resource"] for one in received.bundle["entry"]}


async def sender_of(peer: Peer, header: Header) -> Sender:
    """All are the same one."""
    del peer, header
    return SENDER


@asynccontextmanager
async def serving(
    archive: Archive, tls: ssl.SSLContext | None = None, **limits: Any
) -> AsyncIterator[MllpServer]:
    """A server on loopback, with limits of the test's own."""
    async with MllpServer(
        "127.0.0.1",
        0,
        accept=archive.accept,
        sender_of=sender_of,
        tls=tls,
        limits=Limits(**limits),
    ) as server:
        yield server


def control_id(raw: bytes) -> str:
    """MSH-10 of a sound message."""
    return raw.split(b"|")[9].decode()

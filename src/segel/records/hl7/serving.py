"""One message on one connection: read, handed on, and answered when it is kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog

from segel.domain.clock import Clock
from segel.domain.errors import SegelError
from segel.records.hl7.answers import answer, code_of
from segel.records.hl7.coding import Json
from segel.records.hl7.errors import Fault, Location, MessageRefused, TryAgain
from segel.records.hl7.framing import FramingFault
from segel.records.hl7.header import read_header
from segel.records.hl7.messages import parse_message
from segel.records.hl7.segments import Header, Message
from segel.records.hl7.sender import Sender
from segel.records.hl7.transactions import to_bundle

THREAD_BYTES_MIN: Final = 64 * 1024
"""Longer messages are read in a thread: the loop has other connections, and a PDF takes a while."""

_log = structlog.stdlib.get_logger("segel")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end. ``certificate`` is what it showed, in DER; b'' without."""

    host: str
    certificate: bytes = b""


@dataclass(frozen=True, slots=True)
class Received:
    """A message that was understood: as it was parsed, and as the transaction that keeps it."""

    message: Message
    bundle: Json
    sender: Sender


Accept = Callable[[Received, Peer], Awaitable[None]]
"""Returns when the message is durable. Raises SegelError where it is not taken, TryAgain where it
can be later."""

SenderOf = Callable[[Peer, Header], Awaitable[Sender]]
"""Who a peer is. Raises SegelError for one that nobody set up."""

Identify = Callable[[], UUID]

Count = Callable[[str, str], None]
"""Hears of each message: AA, AE or AR, and in a word why, or ''."""


def nobody_counts(state: str, reason: str) -> None:
    """For who wants no counters."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What each message needs."""

    accept: Accept
    sender_of: SenderOf
    clock: Clock
    new_id: Identify
    turns: asyncio.Semaphore
    count: Count = nobody_counts

    async def serve(self, raw: bytes, peer: Peer) -> bytes | None:
        """What to answer, when the message is kept or refused; None where nothing is wanted."""
        started = time.monotonic()
        header: Header | None = None
        refusal: SegelError | None = None
        try:
            header = read_header(raw)
            sender = await self.sender_of(peer, header)
            async with self.turns:
                received = await self._understood(raw, sender)
                await self.accept(received, peer)
        except SegelError as refused:
            refusal = refused
        except Exception as failed:
            # Nobody knows what the archive's own mistakes say: none of it is passed on.
            _log.error("hl7-failed", error=type(failed).__name__)
            refusal = TryAgain("The message could not be kept.", remedy="Send it again later.")
        self._tell(header, refusal, started)
        return self._answer(header, refusal)

    def refuse(self, fault: FramingFault) -> bytes | None:
        """What to answer to bytes that are no frame."""
        _log.warning("hl7-framing", reason=fault.kind.value, bytes=fault.size_bytes)
        self.count("AR", "framing")
        refused = MessageRefused(
            Fault.SEQUENCE,
            Location("MSH"),
            "The bytes are not framed as MLLP has it.",
            remedy="Send VT, one message, FS and CR, and not more than is taken.",
            rejects=True,
        )
        return self._answer(None, refused)

    async def _understood(self, raw: bytes, sender: Sender) -> Received:
        if len(raw) < THREAD_BYTES_MIN:
            return understood(raw, sender)
        return await asyncio.to_thread(understood, raw, sender)

    def _answer(self, header: Header | None, refusal: SegelError | None) -> bytes | None:
        at = datetime.fromtimestamp(self.clock(), UTC)
        return answer(header, refusal, at=at, control_id=self.new_id().hex[:20])

    def _tell(self, header: Header | None, refusal: SegelError | None, started: float) -> None:
        said = {"state": code_of(header, refusal)}
        if refusal is not None:
            said["code"] = refusal.code
        if isinstance(refusal, MessageRefused):
            said["reason"] = refusal.fault.name.lower()
        self.count(said["state"], said.get("reason", said.get("code", "")))
        elapsed_ms = round((time.monotonic() - started) * 1000)
        _log.info("hl7-message", duration_ms=elapsed_ms, **said)


def understood(raw: bytes, sender: Sender) -> Received:
    """Read one message. Raises MessageRefused, and nothing else."""
    message = parse_message(raw, sender.processing_ids)
    return Received(message, to_bundle(message, sender), sender)

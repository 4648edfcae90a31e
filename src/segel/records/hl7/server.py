"""MLLP's listening side (HL7 Transport Specification MLLP, Release 1), plain or with TLS.

::

    socket ─▶ FrameReader ─▶ Serving ─▶ accept(received, peer) ─▶ ACK
              faults ─▶ NAK, and the connection ends

A message is answered when ``accept`` has returned, and not before: what was acknowledged is kept.
Connections are served side by side, the messages of one in their order, one at a time.
"""

import asyncio
import ssl
import time
import uuid
from typing import Final, Self

import structlog

from segel.domain.clock import Clock
from segel.records.hl7.framing import Broken, Frame, FrameReader, framed
from segel.records.hl7.limits import Limits
from segel.records.hl7.serving import (
    Accept,
    Count,
    Identify,
    Peer,
    SenderOf,
    Serving,
    nobody_counts,
)

CHUNK_BYTES: Final = 64 * 1024
"""Read at once: many small messages, or a stretch of a large one. Frames that came along wait in
it, so that no more than this is read ahead of the answers."""

_log = structlog.stdlib.get_logger("segel")


class MllpServer:
    """Listens and answers. ``async with MllpServer(...)``, or ``start`` and ``stop``."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        accept: Accept,
        sender_of: SenderOf,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        clock: Clock = time.time,
        new_id: Identify = uuid.uuid4,
        count: Count = nobody_counts,
    ) -> None:
        self._address = (host, port)
        self._tls = tls
        self.limits = limits or Limits()
        turns = asyncio.Semaphore(self.limits.waiting)
        self._serving = Serving(accept, sender_of, clock, new_id, turns, count)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Open the door. Raises OSError where the address cannot be listened on."""
        self._stopping = False
        self._server = await asyncio.start_server(
            self._welcome,
            *self._address,
            limit=CHUNK_BYTES,
            backlog=self.limits.connections,
            ssl=self._tls,
            ssl_handshake_timeout=self.limits.handshake_s if self._tls else None,
        )
        _log.info("hl7-listening", port=self.port)

    @property
    def port(self) -> int:
        """The port, also where 0 was asked for."""
        assert self._server is not None, "not started"
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._connections)

    async def stop(self) -> None:
        """Close the door. A message that is with the archive is answered if it is kept within
        ``stop_s``; others were not acknowledged, and their senders send them again."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for task in self._connections - self._busy:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections, timeout=self.limits.stop_s)
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._stopping or len(self._connections) >= self.limits.connections:
            _log.warning("hl7-connection-refused", count=len(self._connections))
            writer.transport.abort()
            return
        self._connections.add(task)
        ending = "closed"
        try:
            ending = await self._converse(reader, writer, task)
        except (OSError, asyncio.CancelledError):  # a timeout is an OSError
            ending = "cut"
        finally:
            self._connections.discard(task)
            self._busy.discard(task)
            writer.close()
            _log.info("hl7-connection", state=ending)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None]
    ) -> str:
        """Read and answer until one side has enough; why it ended."""
        peer = _peer_of(writer)
        frames = FrameReader(self.limits.message_bytes)
        while not self._stopping:
            wait_s = self.limits.stall_s if frames.is_within_frame else self.limits.idle_s
            try:
                chunk = await asyncio.wait_for(reader.read(CHUNK_BYTES), wait_s)
            except TimeoutError:
                return "stalled" if frames.is_within_frame else "idle"
            if not chunk:
                for event in frames.close():
                    if not isinstance(event, Frame) and event.kind is not Broken.BLANK:
                        self._serving.refuse(event)
                return "closed"
            for event in frames.feed(chunk):
                if isinstance(event, Frame):
                    self._busy.add(task)
                    answer = await self._serving.serve(event.content, peer)
                    await self._write(writer, answer)
                    self._busy.discard(task)
                    if self._stopping:
                        return "stopped"
                elif event.kind is not Broken.BLANK:
                    # Which message an answer belongs to would be anybody's guess from here on.
                    await self._write(writer, self._serving.refuse(event))
                    return "broken"
        return "stopped"

    async def _write(self, writer: asyncio.StreamWriter, answer: bytes | None) -> None:
        if answer is not None:
            writer.write(framed(answer))
            async with asyncio.timeout(self.limits.write_s):
                await writer.drain()


def _peer_of(writer: asyncio.StreamWriter) -> Peer:
    address = writer.get_extra_info("peername")
    connection = writer.get_extra_info("ssl_object")
    certificate = connection.getpeercert(binary_form=True) if connection else None
    return Peer(str(address[0]) if address else "", certificate or b"")

"""A connection's bytes, read straight into the place where they are to lie.

::

    kernel ──recv_into──▶ caller's view          (long stretches of a data set)
           ──recv_into──▶ spill ──copy──▶ view   (headers, and what came along with them)

One coroutine reads, one at a time writes. TLS works the same: it is below the protocol.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Final, cast

from segel.imaging.dimse.errors import PeerGone
from segel.imaging.dimse.tls import key_of

Buffer = bytes | bytearray | memoryview

SPILL_BYTES: Final = 64 * 1024
"""A header and the beginning of the next stretch: what one recv brings on a fast link."""

CLOSE_S: Final = 5.0
"""For the peer to take our last words; what it leaves untaken is dropped then."""

DIRECT_BYTES_MIN: Final = 16 * 1024
"""Shorter stretches are copied from the spill: a recv of their own costs more than the copy."""


_QUICK_ACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)  # Linux


class ByteStream(asyncio.BufferedProtocol):
    """Exact reads and back-pressured writes on one connection. Raises PeerGone when it ends."""

    def __init__(self, stall_s: float) -> None:
        self._stall_s = stall_s
        self._spill = memoryview(bytearray(SPILL_BYTES))
        self._start = 0
        self._end = 0
        self._target: memoryview | None = None
        self._direct = False
        self._reading_paused = False
        self._read_done: asyncio.Future[None] | None = None
        self._arrival: asyncio.Future[None] | None = None
        self._write_ready: asyncio.Future[None] | None = None
        self._writing_paused = False
        self._over = False
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None

    # --- what callers use ---------------------------------------------------------------------

    async def arrival(self) -> None:
        """Wait until there is something to read. May be cancelled without losing a byte."""
        if self._end > self._start:
            return
        if self._over:
            raise _gone()
        self._arrival = asyncio.get_running_loop().create_future()
        try:
            await self._arrival
        finally:
            self._arrival = None

    async def read(self, count: int) -> bytes:
        """Exactly ``count`` bytes; for headers and other short stretches."""
        if self._end - self._start >= count:
            taken = bytes(self._spill[self._start : self._start + count])
            self._consume(count)
            return taken
        content = bytearray(count)
        await self.read_into(memoryview(content))
        return bytes(content)

    async def read_into(self, view: memoryview) -> None:
        """Fill ``view``."""
        assert self._target is None, "two readers on one connection"
        self._target = view
        self._move()
        if self._target is None:
            return
        if self._over:
            self._target = None
            raise _gone()
        self._read_done = asyncio.get_running_loop().create_future()
        try:
            await self._read_done
        finally:
            self._read_done = None
            self._target = None

    async def write(self, pieces: Sequence[Buffer]) -> None:
        """Send the pieces; waits while the peer does not keep up, ``stall_s`` at the longest."""
        if self._over or self._transport is None:
            raise _gone()
        self._transport.writelines(pieces)
        self._acknowledge_at_once()
        if self._writing_paused:
            if self._write_ready is None:
                self._write_ready = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(self._stall_s):
                    await self._write_ready
            except TimeoutError:
                self.cut()
                raise _gone() from None

    def close(self) -> None:
        """Send what is written, then close."""
        self._over = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            asyncio.get_running_loop().call_later(CLOSE_S, self._transport.abort)

    def cut(self) -> None:
        """Close now, dropping what was not sent yet."""
        self._over = True
        if self._transport is not None:
            self._transport.abort()

    @property
    def peer_host(self) -> str:
        """The peer's address without its port; '' where it is gone."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return str(name[0]) if name else ""

    @property
    def peer_key(self) -> str:
        """What identifies the peer by its certificate (``tls.key_of``); '' without TLS."""
        return key_of(self._transport.get_extra_info("ssl_object") if self._transport else None)

    # --- what the event loop calls ------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._socket = transport.get_extra_info("socket")
        if self._socket is not None:
            # An answer is a few hundred bytes that the peer waits for: never hold it back.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        if self._start == self._end:
            self._start = self._end = 0
            if self._target is not None and len(self._target) >= DIRECT_BYTES_MIN:
                self._direct = True
                return self._target
        elif self._start and self._end == SPILL_BYTES:
            kept = self._end - self._start
            self._spill[:kept] = bytes(self._spill[self._start : self._end])
            self._start, self._end = 0, kept
        self._direct = False
        return self._spill[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        self._acknowledge_at_once()
        if self._direct:
            self._direct = False
            if self._target is None:
                return  # the reader was cancelled while its bytes were on their way
            self._target = self._target[nbytes:]
            if not self._target:
                self._finish_read()
            return
        self._end += nbytes
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)
        self._move()
        if self._end - self._start == SPILL_BYTES and self._transport is not None:
            self._transport.pause_reading()
            self._reading_paused = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        for waiting in (self._read_done, self._arrival, self._write_ready):
            if waiting is not None and not waiting.done():
                waiting.set_exception(_gone())

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        if self._write_ready is not None and not self._write_ready.done():
            self._write_ready.set_result(None)
        self._write_ready = None

    # --- how ----------------------------------------------------------------------------------

    def _acknowledge_at_once(self) -> None:
        """dcmtk writes in pieces and holds the next back until the last one is acknowledged.

        The kernel takes 40 ms for that by itself, and forgets that it was asked not to.
        """
        if self._socket is not None and _QUICK_ACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    def _move(self) -> None:
        """From the spill into the target, as much as both allow."""
        if self._target is None:
            return
        count = min(len(self._target), self._end - self._start)
        if count:
            self._target[:count] = self._spill[self._start : self._start + count]
            self._target = self._target[count:]
            self._consume(count)
        if not self._target:
            self._finish_read()

    def _finish_read(self) -> None:
        self._target = None
        if self._read_done is not None and not self._read_done.done():
            self._read_done.set_result(None)

    def _consume(self, count: int) -> None:
        self._start += count
        if self._start == self._end:
            self._start = self._end = 0
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()


def _gone() -> PeerGone:
    return PeerGone("The connection to the peer ended.")

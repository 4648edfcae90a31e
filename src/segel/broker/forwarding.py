"""The audit log forwarded by syslog over TLS (RFC 5425): durable, in order, at least once.

A receiver acknowledges nothing. An entry counts as settled once the receiver's machine has taken
its bytes and the connection has then lived on for a while; the cursor in the database follows what
is settled. After a break everything later is sent again, so nothing is missed and some comes twice:
``sequenceId`` tells. Several brokers: the one that holds the lock forwards.
"""

import asyncio
import contextlib
import fcntl
import ssl
import struct
import termios
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.errors import BrokerError
from segel.broker.index import Index
from segel.broker.messages import ForwardStatus
from segel.broker.opened_events import OpenedEvents
from segel.broker.syslog import Payload, frame, syslog_message

BATCH_ENTRIES: Final = 100
UNSETTLED_MAX: Final = 5_000
"""Entries sent and not yet settled: what is sent again after a break, at most."""

POLL_S: Final = 0.5
CONNECT_S: Final = 10.0
PAUSE_FIRST_S: Final = 0.5
PAUSE_MAX_S: Final = 60.0
"""Between attempts: doubled each time, so that a receiver that comes back is not trampled."""

_LOCK: Final = 0x5E6E2
"""Advisory lock of whoever forwards."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ForwardSettings:
    """To whom, as what. ``context``: trusts the receiver's authority, holds our certificate.

    ``settle_s``: how long a connection must live on before its entries count as received.
    """

    host: str
    port: int
    payload: Payload
    context: ssl.SSLContext = field(repr=False)
    settle_s: float = 5.0
    name: str = "segel"

    @property
    def destination(self) -> str:
        """Under which name the cursor stands."""
        return f"{self.payload} {self.host}:{self.port}"


class Forwarder:
    """One task; start with ``run``."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        index: Index,
        events: OpenedEvents,
        settings: ForwardSettings | None,
    ) -> None:
        self._pool = pool
        self._events = events
        self._settings = settings
        self._state = "connecting" if settings else "off"
        self._trouble = ""
        self._failures = 0
        self._token = index.forward(settings.destination) if settings else b""

    async def run(self) -> None:
        """Forward until cancelled; returns at once where there is nobody to forward to."""
        if self._settings is None:
            return
        while True:
            try:
                async with self._pool.connection() as connection:
                    await self._take_turn(connection, self._settings)
            except (OSError, TimeoutError, psycopg.Error, PoolTimeout, BrokerError) as failure:
                self._state, self._trouble = "waiting", type(failure).__name__
                self._failures += 1
                log.warning("audit not forwarded", kind=self._trouble)
            except Exception as defect:  # an entry that cannot be told must be seen, not skipped
                self._state, self._trouble = "waiting", type(defect).__name__
                self._failures += 1
                log.error("audit not forwarded", kind=self._trouble)
            pause_s = PAUSE_FIRST_S * 2 ** min(max(self._failures - 1, 0), 10)
            await asyncio.sleep(min(pause_s, PAUSE_MAX_S))

    async def status(self) -> ForwardStatus:
        """How far it is."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute("SELECT size FROM log_head")).fetchone()
            settled = await self._cursor(connection) if self._settings else 0
        return ForwardStatus(
            self._state,
            self._settings.destination if self._settings else "",
            settled,
            row[0] if row else 0,
            self._trouble,
            self._failures,
        )

    async def _take_turn(
        self, connection: psycopg.AsyncConnection, settings: ForwardSettings
    ) -> None:
        """Forward where no other broker does. The lock lives as long as the connection."""
        await connection.set_autocommit(True)
        try:
            found = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
            row = await found.fetchone()
            if row and row[0]:
                await self._forward(connection, settings)
            self._state = "elsewhere"
        finally:
            with contextlib.suppress(psycopg.Error):
                await connection.execute("SELECT pg_advisory_unlock_all()")
                await connection.set_autocommit(False)

    async def _forward(
        self, connection: psycopg.AsyncConnection, settings: ForwardSettings
    ) -> None:
        """Connect and send until something breaks."""
        self._state = "connecting"
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(
                settings.host, settings.port, ssl=settings.context
            )
        try:
            await self._send(connection, settings, reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)

    async def _send(
        self,
        connection: psycopg.AsyncConnection,
        settings: ForwardSettings,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        settled = at = await self._cursor(connection)
        taken: deque[tuple[float, int]] = deque()  # when the receiver's machine had all below
        gone = asyncio.create_task(reader.read(1))  # a receiver says nothing, or leaves
        try:
            while True:
                if gone.done():
                    raise ConnectionResetError("the receiver left")
                if at > (taken[-1][1] if taken else settled) and _is_taken(writer):
                    taken.append((time.monotonic(), at))
                while taken and taken[0][0] <= time.monotonic() - settings.settle_s:
                    _, settled = taken.popleft()
                    await self._move(connection, settled)
                    self._failures, self._trouble = 0, ""
                if at - settled >= UNSETTLED_MAX:
                    await asyncio.sleep(POLL_S)
                    continue
                async with connection.cursor() as cursor:
                    found = await self._events.read(cursor, at, BATCH_ENTRIES)
                for entry in found.entries:
                    message = syslog_message(
                        entry.leaf, entry.event, settings.payload, settings.name
                    )
                    writer.write(frame(message))
                await writer.drain()
                at = found.next_leaf
                self._state = "forwarding"
                if not found.seen:
                    await asyncio.sleep(POLL_S)
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)

    async def _cursor(self, connection: psycopg.AsyncConnection) -> int:
        row = await (
            await connection.execute(
                "SELECT next_leaf FROM audit_forwards WHERE destination_token = %s",
                (self._token,),
            )
        ).fetchone()
        return int(row[0]) if row else 0

    async def _move(self, connection: psycopg.AsyncConnection, settled: int) -> None:
        await connection.execute(
            "INSERT INTO audit_forwards (destination_token, next_leaf) VALUES (%s, %s)"
            " ON CONFLICT (destination_token)"
            " DO UPDATE SET next_leaf = greatest(audit_forwards.next_leaf, excluded.next_leaf)",
            (self._token, settled),
        )


def _is_taken(writer: asyncio.StreamWriter) -> bool:
    """Whether the other machine's TCP has acknowledged every byte."""
    if writer.transport.get_write_buffer_size():
        return False
    sock = writer.get_extra_info("socket")
    unsent = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, struct.pack("I", 0))
    return bool(struct.unpack("I", unsent)[0] == 0)

"""What the broker knows of changes that must reach every process at once: freezes, ended sessions,
consents.

Over PostgreSQL's NOTIFY a broker hears of them as they are committed, by itself or by another.
Every quarter of a second it also reads the count of changes, which proves that it would have heard:
``fresh`` is False where it did not manage to, and then nobody may believe what was seen before.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool

from segel.broker.freezes import CHANNEL, ActiveFreezes, read_active
from segel.broker.ledger import read_head
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock

if TYPE_CHECKING:
    from segel.broker.directory import LiveSession

BEAT_S: Final = 0.25
"""Between two looks, and the longest a door's question is held before it is told: nothing new."""

STALE_S: Final = 0.5
"""How old the last look may be. A door believes a broker's answer as long again: one second."""

RETRY_PAUSE_S: Final = 0.1

DECIDED: Final = "decided"
"""What is told of a decision. Not whose: it is sent to every broker in the clear."""

log = structlog.get_logger()


class Watch:
    """One broker's ear. Start with ``run``; ``look`` is for who cannot wait for it."""

    def __init__(
        self, dsn: str, pool: AsyncConnectionPool, secrets: BrokerSecrets, *, clock: Clock
    ) -> None:
        self._dsn = dsn
        self._pool = pool
        self._secrets = secrets
        self._clock = clock
        self._looked_s = -STALE_S
        self._changed = asyncio.Event()
        self.active = ActiveFreezes()
        self.boot = uuid4()
        self.version = 0
        self._decided = 0
        self.on_ended: Callable[[UUID | None], None] | None = None
        """Told of a session that ended; None: any may have, and nothing is to be believed."""

    @property
    def fresh(self) -> bool:
        """Whether it would have heard of any change until just now."""
        return time.monotonic() - self._looked_s < STALE_S

    def marked(self, session: "LiveSession") -> "LiveSession":
        """A session with what is frozen of it."""
        now_s = self._clock()
        claims = session.claims
        frozen = self.active.holds_person(claims.account_id, claims.session_id, now_s)
        at_hospital = self.active.holds_hospital(session.hospital_id, now_s)
        if frozen or at_hospital:
            return replace(session, frozen=frozen, hospital_frozen=at_hospital)
        return session

    def adopt(self, active: ActiveFreezes) -> None:
        """What is frozen now, as some transaction left it."""
        if active.version != self.active.version:
            self.active = active
            self._bump()

    async def tell_ended(self, connection: psycopg.AsyncConnection, session_id: UUID) -> None:
        """Have every broker hear of a session's end, once the transaction is committed."""
        await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, session_id.hex))

    def ended(self, session_id: UUID | None) -> None:
        """A session ended; None: an unknown number of them."""
        if self.on_ended is not None:
            self.on_ended(session_id)
        self._bump()

    async def tell_decided(self, cursor: psycopg.AsyncCursor) -> None:
        """Have every broker hear that a patient decided, once the transaction is committed."""
        await cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, DECIDED))

    @property
    def consents(self) -> str:
        """Changes whenever a patient decides: what was opened at another one is opened anew."""
        return f"{self.boot.hex}-{self._decided}"

    def decided(self) -> None:
        """Some patient decided about consent, or may have."""
        self._decided += 1
        self._bump()

    async def changed_since(self, boot: UUID | None, version: int) -> None:
        """Return when something changed since a version of this life, or after ``BEAT_S``."""
        if (boot, version) == (self.boot, self.version):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), BEAT_S)

    async def look(self) -> None:
        """Read what is frozen, where ``fresh`` is False. Raises psycopg.Error, PoolTimeout."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await self._look(cursor)

    async def run(self) -> None:
        """Listen until cancelled; a lost connection is made again."""
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)
                async with connection, connection.cursor() as cursor:
                    await cursor.execute(f"LISTEN {CHANNEL}")
                    self.ended(None)  # whatever happened while nobody listened
                    self.decided()
                    while True:
                        await asyncio.wait_for(self._look(cursor), STALE_S)
                        await self._listen(connection)
            except (psycopg.Error, OSError, TimeoutError) as away:
                log.warning("not listening", kind=type(away).__name__)
                await asyncio.sleep(RETRY_PAUSE_S)

    async def _listen(self, connection: psycopg.AsyncConnection) -> None:
        async for heard in connection.notifies(timeout=BEAT_S, stop_after=1):
            if heard.payload == DECIDED:
                self.decided()
            elif heard.payload:
                self.ended(UUID(heard.payload))

    async def _look(self, cursor: psycopg.AsyncCursor) -> None:
        began_s = time.monotonic()
        version = (await read_head(cursor, self._secrets)).freezes
        if version > self.active.version:
            self.adopt(await read_active(cursor, self._secrets, version))
        self._looked_s = began_s

    def _bump(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

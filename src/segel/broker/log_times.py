"""When entries of the log were written, and which was the first of a time.

An entry's time is sealed with it. Those that are about no patient the broker opens by itself, and
entries are in the order of their times, so that a few of them tell about where all others lie.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import SealedEvent
from segel.broker.ledger import event_context
from segel.broker.secrets import BrokerSecrets
from segel.broker.stored_event import read_event
from segel.sealing import unseal

_NEXT: Final = (
    b"SELECT leaf_index, sealed FROM audit_entries"
    b" WHERE leaf_index >= %s AND patient_id IS NULL ORDER BY leaf_index LIMIT 1"
)


class LogTimes:
    """Of one log, as it is now. Remembers what it has read. ``known``: entries about patients whose
    times are known otherwise; they make it exact where they lie."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        size: int,
        known: Mapping[int, float],
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self.size = size
        self._leaves = sorted(known)
        self._times = [known[leaf] for leaf in self._leaves]
        self._read: dict[int, tuple[int, float] | None] = {}

    async def first_s(self) -> float | None:
        """The time of the first entry that is about no patient."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            found = await self._next(cursor, 0)
        return found[1] if found else None

    async def leaves(self, times_s: list[float]) -> list[int]:
        """For each time the first entry that is not older; ``size`` where all are."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return [await self._leaf(cursor, one) for one in times_s]

    async def _leaf(self, cursor: psycopg.AsyncCursor, at_s: float) -> int:
        low, high = 0, self.size
        while low < high:
            middle = (low + high) // 2
            found = await self._next(cursor, middle)
            if found is None or found[0] >= high or found[1] >= at_s:
                high = middle
            else:
                low = found[0] + 1
        # The log's time never goes back: known times are in the order of their entries.
        at = bisect_left(self._times, at_s)
        older, newer = self._leaves[max(0, at - 1) : at], self._leaves[at : at + 1]
        return min([max([low, *(leaf + 1 for leaf in older)]), *newer])

    async def _next(self, cursor: psycopg.AsyncCursor, leaf: int) -> tuple[int, float] | None:
        if leaf not in self._read:
            await cursor.execute(_NEXT, (leaf,))
            row = await cursor.fetchone()
            self._read[leaf] = (row[0], self._time(*row)) if row else None
        return self._read[leaf]

    def _time(self, leaf: int, sealed: bytes) -> float:
        plain = unseal(self._secrets.system, event_context(None, leaf), sealed)
        return read_event(msgspec.msgpack.decode(plain, type=SealedEvent).event).recorded_s

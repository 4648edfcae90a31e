"""How many cards were made and revoked, by day; how many revocations are others', by month.

Counts alone, of a whole archive: sealed in one row beside the lists' own, and written in the
transaction that makes a card or revokes it. The ledger orders those, so that no count is lost.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.messages import CardCount
from segel.broker.secrets import BrokerSecrets

DAY_S: Final = 86_400
SPANS_DAYS: Final = (1, 7, 30)
"""What is told of: today (UTC) and as many days before it as make up the span."""

_ROW: Final = 2
"""Of ``card_lists``: 1 is the lists' own."""
_SEALED_FOR: Final = UUID(int=_ROW)


class CardTally(msgspec.Struct, frozen=True):
    """By day since 1970 how many cards were made and revoked; by the month (2026-12) in which they
    end, how many marks are others'."""

    days: dict[int, tuple[int, int]] = {}
    others: dict[str, int] = {}

    def counts(self, now_s: float) -> list[CardCount]:
        """Of each span."""
        today = int(now_s // DAY_S)
        found = []
        for span in SPANS_DAYS:
            held = [both for day, both in self.days.items() if today - span < day <= today]
            found.append(CardCount(span, sum(one for one, _ in held), sum(one for _, one in held)))
        return found

    def others_known(self, now_s: float) -> int:
        """Marks of others' whose month has not gone by."""
        month = month_of(now_s)
        return sum(count for one, count in self.others.items() if one >= month)


class CardTallies:
    """Reads and writes it."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets) -> None:
        self._pool = pool
        self._secrets = secrets

    async def read(self) -> CardTally:
        """As it stands."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self._read(cursor)

    async def count(
        self, cursor: psycopg.AsyncCursor, now_s: float, *, made: int = 0, revoked: int = 0
    ) -> None:
        """Count cards of today, and forget the days that no span has any more."""
        tally, today = await self._read(cursor), int(now_s // DAY_S)
        days = {day: both for day, both in tally.days.items() if day > today - SPANS_DAYS[-1]}
        before = days.get(today, (0, 0))
        days[today] = (before[0] + made, before[1] + revoked)
        await self._write(cursor, CardTally(days, tally.others))

    async def take(
        self, cursor: psycopg.AsyncCursor, now_s: float, *, others: int, ends_s: float
    ) -> None:
        """Count marks of others' whose cards end then."""
        tally, month = await self._read(cursor), month_of(now_s)
        known = {one: count for one, count in tally.others.items() if one >= month}
        until = month_of(ends_s)
        known[until] = known.get(until, 0) + others
        await self._write(cursor, CardTally(tally.days, known))

    async def _read(self, cursor: psycopg.AsyncCursor) -> CardTally:
        await cursor.execute("SELECT body FROM card_lists WHERE list_id = %s", (_ROW,))
        row: Sequence[bytes] | None = await cursor.fetchone()
        if row is None:
            return CardTally()
        plain = self._secrets.open_row(_SEALED_FOR, bytes(row[0]))
        return msgspec.msgpack.decode(plain, type=CardTally)

    async def _write(self, cursor: psycopg.AsyncCursor, tally: CardTally) -> None:
        sealed = self._secrets.seal_row(_SEALED_FOR, msgspec.msgpack.encode(tally))
        await cursor.execute(
            "INSERT INTO card_lists (list_id, serial, body) VALUES (%s, 0, %s)"
            " ON CONFLICT (list_id) DO UPDATE SET body = excluded.body",
            (_ROW, sealed),
        )


def month_of(at_s: float) -> str:
    """The month of a moment, as ``card_marks`` keeps it, to be compared as text."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m}"

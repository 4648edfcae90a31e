"""What everybody may have of cards: who signs them, the rules, and what is revoked.

The lists are made anew when something in them changed, and in any case before half of their life is
over; they lie in the object store, from where doors serve them without asking anybody. A serial
never goes back, not even where the database was restored: verifiers refuse a smaller one.
"""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Final

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.card_making import CardMaking, ListsDue, SignerUse
from segel.broker.card_signer_rows import CardSigner
from segel.broker.card_signers import LISTS_LIFE, CardSigners
from segel.broker.errors import BrokerUnavailable, keys_locked
from segel.domain.clock import Clock
from segel.domain.errors import SegelError
from segel.keys import KmsError
from segel.store.local import LocalDirectory

CARDS_PREFIX: Final = "cards"
REFRESHED_S: Final = 12 * 3_600.0
"""However little changed, lists are made anew after this: verifiers warn from half a life on."""
SERIAL_STEP_S: Final = 60
"""A serial is at least the minutes since 1970."""

_ROW: Final = 1
_LOCK: Final = 0x5E6E1CA4E


class ListsMade(msgspec.Struct, frozen=True):
    """What the row says of the newest lists: a digest of what went in, when (Unix time), and how
    many marks are in them."""

    digest: bytes
    made_s: float
    marks: int = 0


class CardLists:
    """Makes the lists of one archive, whichever of its brokers looks first."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        objects: LocalDirectory,
        signers: CardSigners,
        making: CardMaking,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._objects = objects
        self._signers = signers
        self._making = making
        self._clock = clock

    async def look(self) -> int:
        """Make the lists where they are due; whether they were. Raises BrokerUnavailable."""
        await self._signers.ensure()
        known = [one for one in await self._signers.all() if not (one.waits or one.record.disowned)]
        lists = await self._signers.current(SignerUse.LISTS)
        assert lists is not None, "it was made now"
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            await cursor.execute("SELECT mark, rid FROM card_marks ORDER BY mark")
            revoked = [(bytes(mark), bytes(rid).decode()) for mark, rid in await cursor.fetchall()]
            digest = _digest(known, [mark for mark, _ in revoked])
            serial, before = await self._newest(cursor)
            now_s = self._clock()
            fresh = before is not None and now_s - before.made_s < REFRESHED_S
            if fresh and before is not None and before.digest == digest:
                return 0
            serial = max(serial + 1, int(now_s) // SERIAL_STEP_S)
            issued = datetime.fromtimestamp(int(now_s), UTC)
            due = ListsDue(
                signers=[(one.record.use, self._signers.at_work(one)) for one in known],
                marks=[mark for mark, _ in revoked],
                rids=[rid for _, rid in revoked if rid],
                serial=serial,
                issued=issued,
                expires=issued + LISTS_LIFE,
                lists=self._signers.at_work(lists),
            )
            await self._publish(due)
            await self._note(cursor, serial, ListsMade(digest, now_s, len(revoked)))
        return 1

    async def newest(self) -> tuple[int, ListsMade | None]:
        """The serial of the newest lists, and what is known of them."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self._newest(cursor)

    async def _publish(self, due: ListsDue) -> None:
        try:
            files = await asyncio.to_thread(self._making.publish, due)
            for name, content in files.items():
                await self._objects.put(f"{CARDS_PREFIX}/{name}", [content])
        except KmsError as failure:
            raise keys_locked(failure) from failure
        except SegelError as failure:  # the store, or a list that no verifier would take
            raise BrokerUnavailable(failure.what, remedy=failure.remedy) from failure

    @staticmethod
    async def _newest(cursor: psycopg.AsyncCursor) -> tuple[int, ListsMade | None]:
        await cursor.execute("SELECT serial, body FROM card_lists WHERE list_id = %s", (_ROW,))
        row = await cursor.fetchone()
        if row is None:
            return 0, None
        return int(row[0]), msgspec.msgpack.decode(bytes(row[1]), type=ListsMade)

    @staticmethod
    async def _note(cursor: psycopg.AsyncCursor, serial: int, made: ListsMade) -> None:
        await cursor.execute(
            "INSERT INTO card_lists (list_id, serial, body) VALUES (%s, %s, %s)"
            " ON CONFLICT (list_id) DO UPDATE SET serial = excluded.serial, body = excluded.body",
            (_ROW, serial, msgspec.msgpack.encode(made)),
        )


def _digest(signers: list[CardSigner], marks: list[bytes]) -> bytes:
    """Changes with what the lists say."""
    said = hashlib.sha256()
    for one in sorted(signers, key=lambda one: one.signer_id):
        said.update(one.signer_id.bytes + bytes([one.waits]) + one.record.certificate)
    for mark in marks:
        said.update(mark)
    return said.digest()

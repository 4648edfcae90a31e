"""Wrapping every key anew that is below its hospital's floor: after a rotation or a move.

What is to be done stands in the rows themselves (label below floor), so that a run broken off at
any instant is simply started again, and several at once do no harm. A row is changed only if it
still holds what was read; whoever erased it meanwhile keeps the last word. New keys cannot slip in
below a floor: the floor is raised, and a patient is inserted, under the ledger's lock.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.keyring import Keyring
from segel.keys import WrappedKey

SHARDS: Final = 16
"""Ranges of patient ids; ids are random, so that they are of one size."""

PAGE_ROWS: Final = 2_000
"""Keys in one call of the KMS: its round trip is lost in the noise, and its request stays below
the megabyte that servers accept."""

LANES: Final = 2
"""Shards under way at once: while one waits for the database the other has the KMS."""

_BELOW: Final = (
    " FROM patients p JOIN hospitals h USING (hospital_id)"
    " WHERE p.wrapped_key IS NOT NULL AND substring(p.wrapped_key FROM 1 FOR 5) < h.key_floor"
)

_REMAINING: Final = (
    "SELECT sum(below.keys)::bigint FROM hospitals h, LATERAL"
    " (SELECT count(*) AS keys FROM patients p WHERE p.hospital_id = h.hospital_id"
    " AND p.wrapped_key IS NOT NULL AND substring(p.wrapped_key FROM 1 FOR 5) < h.key_floor) below"
)
"""Hospital by hospital, so that the index ``patients_by_label`` says it: mostly there are none, and
to read every patient for that took longer than a statement may."""

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Row:
    patient_id: UUID
    hospital_id: UUID
    stored: bytes


class Rewrapper:
    """Works through the rows below their floors. ``kek_of``: the KEK's name of each hospital."""

    def __init__(
        self, pool: AsyncConnectionPool, keyring: Keyring, *, page_rows: int = PAGE_ROWS
    ) -> None:
        self._pool = pool
        self._keyring = keyring
        self._page_rows = page_rows

    async def remaining(self) -> int:
        """Keys that are below their floor."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_REMAINING)).fetchone()
        assert row is not None
        return int(row[0] or 0)

    async def run(self, kek_of: dict[UUID, str], advance: Advance) -> None:
        """Wrap anew until nothing is below. Raises KmsError, psycopg.Error; start it again then.

        ``advance`` is told how many keys were done since it was last called.
        """
        room = asyncio.Semaphore(LANES)

        async def one(shard: int) -> None:
            async with room:
                await self._shard(shard, kek_of, advance)

        async with asyncio.TaskGroup() as group:
            for shard in range(SHARDS):
                group.create_task(one(shard))

    async def _shard(self, shard: int, kek_of: dict[UUID, str], advance: Advance) -> None:
        after, last = _bounds(shard)
        while page := await self._page(after, last):
            known = [row for row in page if row.hospital_id in kek_of]
            items = [
                WrappedKey(kek_of[row.hospital_id], row.stored, row.patient_id.bytes)
                for row in known
            ]
            renewed = await asyncio.to_thread(self._keyring.renew_many, items)
            await self._replace(known, renewed)
            advance(len(page))
            after = page[-1].patient_id

    async def _page(self, after: UUID, last: UUID) -> list[_Row]:
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                f"SELECT p.patient_id, p.hospital_id, p.wrapped_key {_BELOW}"
                " AND p.patient_id > %s AND p.patient_id <= %s ORDER BY p.patient_id LIMIT %s",
                (after, last, self._page_rows),
                binary=True,
            )
            return [_Row(*row) for row in await rows.fetchall()]

    async def _replace(self, rows: list[_Row], renewed: list[bytes]) -> None:
        if not rows:
            return
        async with self._pool.connection() as connection:
            await _update(connection, rows, renewed)


async def _update(
    connection: psycopg.AsyncConnection, rows: list[_Row], renewed: list[bytes]
) -> None:
    # Arrays go as binary: as text, each key is escaped for two levels, which took half the time.
    # The range lets the server walk the keys' own index: without it, it may read every partition.
    await connection.execute(
        "UPDATE patients p SET wrapped_key = n.made"
        " FROM unnest(%b::uuid[], %b::bytea[], %b::bytea[]) AS n (patient_id, stood, made)"
        " WHERE p.patient_id = n.patient_id AND p.wrapped_key = n.stood"
        " AND p.patient_id BETWEEN %s AND %s",
        (
            [row.patient_id for row in rows],
            [row.stored for row in rows],
            renewed,
            rows[0].patient_id,
            rows[-1].patient_id,
        ),
        binary=True,
    )


def _bounds(shard: int) -> tuple[UUID, UUID]:
    """The ids of a shard: above the first, up to the second."""
    width = 2**128 // SHARDS
    return UUID(int=max(shard * width - 1, 0)), UUID(int=(shard + 1) * width - 1)

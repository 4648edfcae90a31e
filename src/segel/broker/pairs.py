"""Two registrations that may be of one person: found by comparing, decided by somebody, undone.

A pair that was decided is not asked about again. Patients of a pair that is *the same* stay two
rows with a key each; what is asked for of one is looked for with both.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.errors import PairUnknown
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets
from segel.domain.pairs import PairState

LINKED_MAX: Final = 50
"""Registrations of one person that are followed; more is a chain of mistakes."""

OPENED_MAX: Final = 500
"""Pairs that are opened to put them in order."""

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class Decision(msgspec.Struct, frozen=True):
    """What somebody found, and when (Unix time). ``by``: an account."""

    state: PairState
    by: UUID
    at_s: float


class Pair(msgspec.Struct, frozen=True):
    """Two patients. ``degrees``: how far each field agreed when they were compared (values of
    ``person_matching.Degree``), ``bits`` the evidence; ``decisions``: oldest first."""

    one: UUID
    other: UUID
    hospital_id: UUID
    bits: float
    degrees: Mapping[str, str]
    found_s: float
    decisions: tuple[Decision, ...] = ()

    @property
    def state(self) -> PairState:
        """What stands now."""
        return self.decisions[-1].state if self.decisions else PairState.OPEN


class Pairs:
    """Reads and writes pairs."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index

    def id_of(self, pair: Pair) -> UUID:
        """The id of a pair: the same in either order."""
        return self._index.pair(pair.one, pair.other)

    async def find(self, cursor: psycopg.AsyncCursor, pair: Pair) -> None:
        """Write a pair that was found; one that is there stays as it is."""
        pair_id = self.id_of(pair)
        await cursor.execute(
            "INSERT INTO pairs (pair_id, hospital_id, open, month, sealed)"
            " VALUES (%s, %s, true, %s, %s) ON CONFLICT DO NOTHING",
            (pair_id, pair.hospital_id, this_month(), self._seal(pair_id, pair)),
        )
        if cursor.rowcount:
            await cursor.executemany(
                "INSERT INTO pair_ends (patient_token, pair_id) VALUES (%s, %s)",
                sorted((self._index.paired(one), pair_id) for one in (pair.one, pair.other)),
            )

    async def of_hospital(
        self, hospital_id: UUID, *, waiting: bool, limit: int
    ) -> tuple[list[tuple[UUID, Pair]], int]:
        """Some pairs, and how many there are: those that wait, the likeliest of the newest first;
        or those that were decided, the last first."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT pair_id, sealed, count(*) OVER () FROM pairs"
                    " WHERE hospital_id = %s AND open = %s ORDER BY month DESC LIMIT %s",
                    (hospital_id, waiting, OPENED_MAX),
                )
            ).fetchall()
        found = [(pair_id, self._open(pair_id, sealed)) for pair_id, sealed, _ in rows]
        if waiting:
            found.sort(key=lambda one: (-one[1].bits, one[0]))
        else:
            found.sort(key=lambda one: -one[1].decisions[-1].at_s)
        return found[:limit], rows[0][2] if rows else 0

    async def linked(self, cursor: psycopg.AsyncCursor, patients: Iterable[UUID]) -> set[UUID]:
        """Everybody who is the same as one of ``patients``, without those."""
        asked = set(patients)
        found = set[UUID]()
        new = asked
        while new and len(found) < LINKED_MAX:
            tokens = [self._index.paired(one) for one in new]
            await cursor.execute(
                "SELECT p.pair_id, p.sealed FROM pair_ends e JOIN pairs p USING (pair_id)"
                " WHERE e.patient_token = ANY(%b::bytea[]) AND NOT p.open",
                (tokens,),
            )
            before, new = new, set()
            for pair_id, sealed in await cursor.fetchall():
                pair = self._open(pair_id, sealed)
                if pair.state is not PairState.SAME:
                    continue
                for here, there in ((pair.one, pair.other), (pair.other, pair.one)):
                    if here in before and there not in asked | found:
                        new.add(there)
                        found.add(there)
        return found

    def deciding(self, hospital_id: UUID, pair_id: UUID, decision: Decision) -> Apply:
        """What writes a decision in the ledger's transaction. Raises PairUnknown there."""

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            pair = await self._locked(cursor, hospital_id, pair_id)
            changed = msgspec.structs.replace(pair, decisions=(*pair.decisions, decision))
            await cursor.execute(
                "UPDATE pairs SET open = %s, month = %s, sealed = %s WHERE pair_id = %s",
                (
                    decision.state is PairState.OPEN,
                    this_month(),
                    self._seal(pair_id, changed),
                    pair_id,
                ),
            )

        return apply

    async def read(self, hospital_id: UUID, pair_id: UUID) -> Pair:
        """One pair of a hospital. Raises PairUnknown."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self._locked(cursor, hospital_id, pair_id)

    async def _locked(self, cursor: psycopg.AsyncCursor, hospital_id: UUID, pair_id: UUID) -> Pair:
        """One pair, locked until the cursor's transaction ends. Raises PairUnknown."""
        await cursor.execute(
            "SELECT sealed FROM pairs WHERE pair_id = %s AND hospital_id = %s FOR UPDATE",
            (pair_id, hospital_id),
        )
        row = await cursor.fetchone()
        if row is None:
            raise PairUnknown(
                "There is no such pair of registrations in this hospital.",
                remedy="Load the list again.",
            )
        return self._open(pair_id, row[0])

    def _seal(self, pair_id: UUID, pair: Pair) -> bytes:
        return self._secrets.seal_row(pair_id, msgspec.json.encode(pair))

    def _open(self, pair_id: UUID, sealed: bytes) -> Pair:
        return msgspec.json.decode(self._secrets.open_row(pair_id, sealed), type=Pair)


async def forget_pairs(cursor: psycopg.AsyncCursor, index: Index, patients: Iterable[UUID]) -> None:
    """Take every pair of patients who are erased."""
    await cursor.execute(
        "DELETE FROM pairs WHERE pair_id IN"
        " (SELECT pair_id FROM pair_ends WHERE patient_token = ANY(%b::bytea[]))"
        " RETURNING pair_id",
        ([index.paired(one) for one in patients],),
    )
    gone = [row[0] for row in await cursor.fetchall()]
    await cursor.execute("DELETE FROM pair_ends WHERE pair_id = ANY(%b::uuid[])", (gone,))

"""Break-glasses as the database keeps them, and what was opened under them.

What is opened under one is counted like any budget, under the glass's own id. Times are the
ledger's, which never go back. What begins, ends and decides one is in ``glass_deeds``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.budget_store import BudgetStore
from segel.broker.budgets import FIFTHS, MONTH_S
from segel.broker.errors import (
    GlassUnknown,
)
from segel.broker.glass_rules import GlassRecord, GlassRules, Standing, standing
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets

LISTED_MAX: Final = 500
"""Reviews opened for one page; those that wait come first."""

OWN_LISTED_MAX: Final = 100

_OF_ACCOUNT: Final = (
    "SELECT glass_id, hospital_id, sealed FROM break_glasses WHERE account_id = %s"
    " ORDER BY reviewed, month DESC LIMIT %s"
)


@dataclass(frozen=True, slots=True)
class Glass:
    """One break-glass."""

    glass_id: UUID
    hospital_id: UUID
    record: GlassRecord


class Opening(msgspec.Struct, frozen=True):
    """What was opened under a glass, as it is sealed in its row. ``kind``: 'READ' or 'QUERY'.

    ``beyond``: whether the budget alone would not have given it.
    """

    at_s: float
    kind: str
    patients: tuple[UUID, ...]
    study_id: UUID | None
    beyond: bool


class Glasses:
    """Reads and writes break-glasses. ``ledger_now``: the ledger's time."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        rules: GlassRules,
        ledger_now: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self.rules = rules
        self.now = ledger_now

    # --- what is ------------------------------------------------------------------------------

    async def of_account(self, account_id: UUID) -> list[Glass]:
        """An account's newest glasses, newest first."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self.read_of_account(cursor, account_id)

    async def open_of(self, account_id: UUID) -> Glass | None:
        """The glass that an account has open now. Asked for by every page: it looks at few rows."""
        now_s = self.now()
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT glass_id, hospital_id, sealed FROM break_glasses"
                    " WHERE account_id = %s AND NOT over",
                    (account_id,),
                )
            ).fetchall()
        glasses = [self._opened(*row) for row in rows]
        return next((one for one in glasses if one.record.is_open(now_s)), None)

    async def open_now(self, hospital_id: UUID | None = None) -> int:
        """How many are open now, in one hospital or in all."""
        now_s = self.now()
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT glass_id, hospital_id, sealed FROM break_glasses WHERE NOT over"
                    " AND (%(whose)s::uuid IS NULL OR hospital_id = %(whose)s)",
                    {"whose": hospital_id},
                )
            ).fetchall()
        return sum(self._opened(*row).record.is_open(now_s) for row in rows)

    async def close_past(self) -> None:
        """Mark those whose time is up, so that nobody looks at them again for being open."""
        now_s = self.now()
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT glass_id, hospital_id, sealed FROM break_glasses WHERE NOT over"
                )
            ).fetchall()
            past = [
                glass_id
                for glass_id, hospital_id, sealed in rows
                if not self._opened(glass_id, hospital_id, sealed).record.is_open(now_s)
            ]
            await connection.execute(
                "UPDATE break_glasses SET over = true WHERE glass_id = ANY(%s)", (past,)
            )

    async def standing(self, account_id: UUID) -> Standing:
        """Whether the account may break the glass."""
        glasses = await self.of_account(account_id)
        return standing((one.record for one in glasses), self.rules, self.now())

    async def used(self, glass: Glass) -> float:
        """How many patients were opened beyond the budget; listed ones are fifths."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return max(glass.record.used, await self.count(cursor, glass))

    async def count(self, cursor: psycopg.AsyncCursor, glass: Glass) -> float:
        """As the budget store has it, which forgets in a month."""
        store = BudgetStore(self._secrets, self._index)
        now_s = self.now()
        await store.read(cursor.connection, [glass.glass_id], now_s)
        touches = store.touches(glass.glass_id).values()
        return sum(touch.fifths(now_s - MONTH_S) for touch in touches) / FIFTHS

    async def one(self, hospital_id: UUID | None, glass_id: UUID) -> Glass:
        """A glass of a hospital. Raises GlassUnknown."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self.read(cursor, hospital_id, glass_id)

    async def of_hospital(self, hospital_id: UUID | None) -> list[Glass]:
        """A hospital's glasses: what waits for review first, then what is due first."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT glass_id, hospital_id, sealed FROM break_glasses"
                    " WHERE hospital_id = %s ORDER BY reviewed, month DESC LIMIT %s",
                    (hospital_id, LISTED_MAX),
                )
            ).fetchall()
        glasses = [self._opened(*row) for row in rows]
        waiting = [one for one in glasses if not one.record.is_decided]
        decided = [one for one in glasses if one.record.is_decided]
        waiting.sort(key=lambda one: (one.record.verdict is not None, one.record.due_s))
        decided.sort(key=lambda one: one.record.verdict_s, reverse=True)
        return waiting + decided

    async def waiting(self) -> list[Glass]:
        """The glasses of every hospital that nobody has decided."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT glass_id, hospital_id, sealed FROM break_glasses WHERE NOT reviewed"
                )
            ).fetchall()
        return [self._opened(*row) for row in rows]

    async def openings(self, glass_id: UUID) -> list[Opening]:
        """What was opened under a glass, in order."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT opening_id, sealed FROM break_glass_openings WHERE glass_id = %s",
                    (glass_id,),
                )
            ).fetchall()
        opened = [
            msgspec.json.decode(self._secrets.open_row(opening_id, sealed), type=Opening)
            for opening_id, sealed in rows
        ]
        return sorted(opened, key=lambda one: one.at_s)

    # --- rows ---------------------------------------------------------------------------------

    async def read_of_account(self, cursor: psycopg.AsyncCursor, account_id: UUID) -> list[Glass]:
        """As ``of_account``, in the cursor's transaction."""
        await cursor.execute(_OF_ACCOUNT, (account_id, OWN_LISTED_MAX))
        glasses = [self._opened(*row) for row in await cursor.fetchall()]
        return sorted(glasses, key=lambda one: one.record.begun_s, reverse=True)

    async def read(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID | None, glass_id: UUID
    ) -> Glass:
        """As ``one``, in the cursor's transaction. Raises GlassUnknown."""
        await cursor.execute(
            "SELECT glass_id, hospital_id, sealed FROM break_glasses"
            " WHERE glass_id = %s AND hospital_id = %s",
            (glass_id, hospital_id),
        )
        row = await cursor.fetchone()
        if row is None:
            raise GlassUnknown("There is no such break-glass.", remedy="List the reviews again.")
        return self._opened(*row)

    async def write(self, cursor: psycopg.AsyncCursor, glass: Glass, record: GlassRecord) -> None:
        """Put a record in the place of a glass's own."""
        await cursor.execute(
            "UPDATE break_glasses SET over = %s, reviewed = %s, sealed = %s WHERE glass_id = %s",
            (
                not record.is_open(self.now()),
                record.is_decided,
                self.sealed(glass.glass_id, record),
                glass.glass_id,
            ),
        )

    def sealed(self, glass_id: UUID, record: GlassRecord) -> bytes:
        """A record as its row holds it."""
        return self._secrets.seal_row(glass_id, msgspec.json.encode(record))

    def _opened(self, glass_id: UUID, hospital_id: UUID, sealed: bytes) -> Glass:
        plain = self._secrets.open_row(glass_id, sealed)
        return Glass(glass_id, hospital_id, msgspec.json.decode(plain, type=GlassRecord))

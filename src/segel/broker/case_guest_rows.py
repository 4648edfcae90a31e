"""Who was invited to read a case: found by keyed token."""

from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.case_rules import GuestRecord
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets


class CaseGuestRows:
    """Reads and writes of one broker's pool."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index

    async def of_account(self, account_id: UUID) -> tuple[UUID, GuestRecord] | None:
        """The guest whose account it is."""
        found = await self._select("WHERE account_token = %s", self._index.case_guest(account_id))
        return found[0] if found else None

    async def of_case(self, case_id: UUID) -> list[tuple[UUID, GuestRecord]]:
        """The guests of a case."""
        found = await self._select("WHERE case_id = %s", case_id)
        return sorted(found, key=lambda one: one[1].until_s)

    async def past(self, now_s: float) -> list[tuple[UUID, GuestRecord]]:
        """Guests whose time is over, and who were not ended."""
        found = await self._select("WHERE %s", True)
        return [one for one in found if not one[1].ended_s and one[1].until_s <= now_s]

    async def held(self, cursor: psycopg.AsyncCursor, guest_id: UUID) -> GuestRecord | None:
        """A guest as this transaction sees them, held until it ends."""
        await cursor.execute(
            "SELECT sealed FROM leak_guests WHERE guest_id = %s FOR UPDATE", (guest_id,)
        )
        row = await cursor.fetchone()
        return self._guest(guest_id, row[0]) if row else None

    async def put(self, cursor: psycopg.AsyncCursor, guest_id: UUID, guest: GuestRecord) -> None:
        """Write a guest."""
        await cursor.execute(
            "INSERT INTO leak_guests (guest_id, case_id, account_token, sealed)"
            " VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (guest_id) DO UPDATE SET sealed = excluded.sealed",
            (
                guest_id,
                guest.case_id,
                self._index.case_guest(guest.account_id),
                self._secrets.seal_row(guest_id, msgspec.json.encode(guest)),
            ),
        )

    async def _select(self, where: str, value: object) -> list[tuple[UUID, GuestRecord]]:
        async with self._pool.connection() as connection:
            sql = f"SELECT guest_id, sealed FROM leak_guests {where}"  # noqa: S608
            rows = await (await connection.execute(sql.encode(), (value,))).fetchall()
        return [(guest_id, self._guest(guest_id, sealed)) for guest_id, sealed in rows]

    def _guest(self, guest_id: UUID, sealed: bytes) -> GuestRecord:
        return msgspec.json.decode(self._secrets.open_row(guest_id, sealed), type=GuestRecord)

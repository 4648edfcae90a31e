"""Accounts as their operator sees them: found by name, listed, closed, opened again."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import AccountRecord, HospitalRecord
from segel.broker.errors import AccountUnknown
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account, opened, and how many ways lead into it."""

    account_id: UUID
    record: AccountRecord
    hospital_id: UUID | None
    hospital: HospitalRecord | None
    passkeys: int
    identities: int
    is_client: bool


class Accounts:
    """Reads and changes the rows of accounts."""

    def __init__(
        self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index, clock: Clock
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._clock = clock

    async def named(self, name: str) -> KnownAccount:
        """The account of this name. Raises AccountUnknown."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT target FROM unique_tokens WHERE token = %s",
                    (self._index.account(name),),
                )
            ).fetchone()
        found = await self._where("WHERE a.account_id = %s", row[0]) if row is not None else []
        if not found:
            raise AccountUnknown(
                "There is no account of this name.",
                field="name",
                remedy="`segel account list` and `segel client list` show them.",
            )
        return found[0]

    async def of(self, account_id: UUID) -> KnownAccount:
        """The account of this id. Raises AccountUnknown."""
        found = await self._where("WHERE a.account_id = %s", account_id)
        if not found:
            raise AccountUnknown("There is no such account.")
        return found[0]

    async def every(self) -> list[KnownAccount]:
        """All accounts, by hospital and name."""
        found = await self._where("")
        return sorted(
            found, key=lambda one: (one.hospital.code if one.hospital else "", one.record.name)
        )

    async def close(self, cursor: psycopg.AsyncCursor, account: KnownAccount) -> list[UUID]:
        """Take every way in away and end the sessions; those that were ended."""
        closed = msgspec.structs.replace(account.record, closed_s=int(self._clock()))
        await self._write(cursor, account.account_id, closed)
        return await self.take_ways_in(cursor, account.account_id)

    async def take_ways_in(self, cursor: psycopg.AsyncCursor, account_id: UUID) -> list[UUID]:
        """Forget passkeys, links and identities, and end the sessions; those that were ended."""
        for table in ("passkeys", "invitations", "identities"):
            await cursor.execute(
                f"DELETE FROM {table} WHERE account_id = %s",  # noqa: S608 - three fixed names
                (account_id,),
            )
        return await self.end_sessions(cursor, account_id)

    async def end_sessions(self, cursor: psycopg.AsyncCursor, account_id: UUID) -> list[UUID]:
        """End the sessions of an account; those that were ended."""
        await cursor.execute(
            "UPDATE sessions SET ended = true WHERE account_id = %s AND NOT ended"
            " RETURNING session_id",
            (account_id,),
        )
        return [UUID(str(row[0])) for row in await cursor.fetchall()]

    async def reopen(self, cursor: psycopg.AsyncCursor, account: KnownAccount) -> None:
        """Let people come in by it again; the ways in are made anew."""
        opened = msgspec.structs.replace(account.record, closed_s=0)
        await self._write(cursor, account.account_id, opened)

    async def _write(
        self, cursor: psycopg.AsyncCursor, account_id: UUID, record: AccountRecord
    ) -> None:
        await cursor.execute(
            "UPDATE accounts SET sealed = %s WHERE account_id = %s",
            (self._secrets.seal_row(account_id, msgspec.json.encode(record)), account_id),
        )

    async def _where(self, where: str, *values: UUID) -> list[KnownAccount]:
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT a.account_id, a.sealed, a.hospital_id, h.sealed,"  # noqa: S608 - two fixed texts
                    " (SELECT count(*) FROM passkeys p WHERE p.account_id = a.account_id),"
                    " (SELECT count(*) FROM identities i WHERE i.account_id = a.account_id),"
                    " EXISTS (SELECT FROM clients c WHERE c.account_id = a.account_id)"
                    " FROM accounts a LEFT JOIN hospitals h ON h.hospital_id = a.hospital_id"
                    f" {where}",
                    values,
                )
            ).fetchall()
        return [
            KnownAccount(
                account_id,
                self._open(account_id, sealed, AccountRecord),
                hospital_id,
                self._open(hospital_id, sealed_hospital, HospitalRecord) if hospital_id else None,
                passkeys,
                identities,
                is_client,
            )
            for (
                account_id, sealed, hospital_id, sealed_hospital,
                passkeys, identities, is_client,
            ) in rows
        ]  # fmt: skip

    def _open(self, row_id: UUID, sealed: bytes, kind: type[R]) -> R:
        return msgspec.json.decode(self._secrets.open_row(row_id, sealed), type=kind)

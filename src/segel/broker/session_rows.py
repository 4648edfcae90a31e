"""The sessions of an account or a hospital: read by those who may see them, and ended.

Only sessions that still open something are shown. What has run out is marked as ended when it is
met, and swept away once its month is over.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar
from uuid import UUID

import msgspec
import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.directory import AccountRecord, Directory, this_month
from segel.broker.secrets import BrokerSecrets
from segel.broker.sessions import SessionRecord, SessionUse
from segel.domain.clock import Clock

R = TypeVar("R")

SHOWN_MAX: Final = 1_000
"""Sessions in one answer; a hospital's busiest hour has a few hundred."""

SWEEP_PAUSE_S: Final = 3_600.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that opens something now."""

    session_id: UUID
    account_id: UUID
    account: AccountRecord
    record: SessionRecord
    used_s: int


class SessionRows:
    """Lists and ends sessions; that it may be done is decided before."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._directory = directory
        self._clock = clock

    async def of_account(self, account_id: UUID) -> list[OpenSession]:
        """An account's open sessions, last used first."""
        return await self._open_ones("s.account_id = %s", account_id)

    async def of_hospital(self, hospital_id: UUID) -> list[OpenSession]:
        """A hospital's open sessions, last used first."""
        return await self._open_ones("a.hospital_id = %s", hospital_id)

    async def count(self, hospital_id: UUID | None) -> tuple[int, int]:
        """How many people have sessions that they did not end, and how many sessions; of a
        hospital, or of all. Of those that ran out unseen some are counted: none is opened."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT count(DISTINCT s.account_id), count(*)"
                    " FROM sessions s JOIN accounts a USING (account_id)"
                    " WHERE NOT s.ended AND (%(whose)s::uuid IS NULL OR a.hospital_id = %(whose)s)",
                    {"whose": hospital_id},
                )
            ).fetchone()
        assert row is not None, "a count is one row"
        return row[0], row[1]

    async def end(self, cursor: psycopg.AsyncCursor, session_ids: Iterable[UUID]) -> None:
        """Let these sessions open nothing any more: every broker hears of it within a second."""
        ended = list(session_ids)
        await cursor.execute(
            "UPDATE sessions SET ended = true WHERE session_id = ANY(%s)", (ended,)
        )
        await self._directory.announce_ended(cursor, ended)

    def have_ended(self, session_ids: Iterable[UUID]) -> None:
        """What ``end`` did is committed."""
        self._directory.have_ended(session_ids)

    async def run(self) -> None:
        """Sweep from time to time until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_PAUSE_S)  # first: a broker that has just started is needed
            try:
                await self.sweep()
            except (psycopg.Error, PoolTimeout) as away:
                log.warning("sessions not swept", kind=type(away).__name__)

    async def sweep(self) -> None:
        """Delete what ended before this month, and what was used once in the month before."""
        await self._open_ones("s.month < %s", this_month())  # marks what has run out
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM sessions WHERE ended AND month < %s", (this_month(),)
            )
            await connection.execute(
                "DELETE FROM used_once WHERE month < %s", (_month_before(this_month()),)
            )

    async def _open_ones(self, where: str, value: UUID | date) -> list[OpenSession]:
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT s.session_id, s.sealed, s.sealed_use, a.account_id, a.sealed"  # noqa: S608 - two fixed texts
                    " FROM sessions s JOIN accounts a USING (account_id)"
                    f" WHERE {where} AND NOT s.ended",
                    (value,),
                )
            ).fetchall()
            found, over = [], []
            for session_id, sealed, use, account_id, account in rows:
                one = OpenSession(
                    session_id,
                    account_id,
                    self._opened(account_id, account, AccountRecord),
                    self._opened(session_id, sealed, SessionRecord),
                    self._opened(session_id, use, SessionUse).used_s if use else 0,
                )
                if self._is_over(one):
                    over.append(session_id)
                else:
                    found.append(one)
            if over:
                await connection.execute(
                    "UPDATE sessions SET ended = true WHERE session_id = ANY(%s)", (over,)
                )
        found.sort(key=lambda one: one.used_s, reverse=True)
        return found[:SHOWN_MAX]

    def _is_over(self, one: OpenSession) -> bool:
        now_s, record = self._clock(), one.record
        idle = bool(record.idle_s) and now_s - (one.used_s or record.began_s) > record.idle_s
        return record.expires_s <= now_s or idle

    def _opened(self, row_id: UUID, sealed: bytes, kind: type[R]) -> R:
        return msgspec.json.decode(self._secrets.open_row(row_id, sealed), type=kind)


def _month_before(month: date) -> date:
    if month.month == 1:
        return month.replace(year=month.year - 1, month=12)
    return month.replace(month=month.month - 1)

"""The rows of destruction runs."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.errors import RunRefused
from segel.broker.retention_rules import Run, RunRecord, RunState
from segel.broker.secrets import NOBODY, BrokerSecrets
from segel.sealing import ObjectContext, seal, unseal

LISTED_MAX: Final = 100
_COLUMNS: Final = "run_id, hospital_id, state, sealed"
_LIST_VERSION: Final = 2
"""Beside the record, which is sealed for the same row as version 1."""


class RunRows:
    """Reads and writes of one broker's pool."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets) -> None:
        self._pool = pool
        self._secrets = secrets

    async def of_hospital(self, hospital_id: UUID) -> list[Run]:
        """A hospital's runs, the newest first."""
        found = await self._select(
            "WHERE hospital_id = %s ORDER BY month DESC LIMIT %s", (hospital_id, LISTED_MAX)
        )
        return sorted(found, key=lambda one: one.record.asked_s, reverse=True)

    async def in_state(self, *states: RunState) -> list[Run]:
        """All that are just so far."""
        return await self._select("WHERE state = ANY(%s)", (list(states),))

    async def one(self, hospital_id: UUID, run_id: UUID) -> Run:
        """A hospital's run. Raises RunRefused."""
        found = await self._select("WHERE run_id = %s AND hospital_id = %s", (run_id, hospital_id))
        if not found:
            raise RunRefused("The hospital has no such run.", remedy="segel retention status")
        return found[0]

    async def patients(self, run_id: UUID) -> list[UUID]:
        """Whom a run takes."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT sealed_list FROM retention_runs WHERE run_id = %s", (run_id,)
                )
            ).fetchone()
        assert row is not None
        packed = unseal(self._secrets.system, _list_context(run_id), row[0])
        return [UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)]

    async def insert(self, cursor: psycopg.AsyncCursor, run: Run) -> None:
        """A new run; it takes nobody yet."""
        await cursor.execute(
            "INSERT INTO retention_runs (run_id, hospital_id, state, month, sealed, sealed_list)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (
                run.run_id,
                run.hospital_id,
                run.state,
                this_month(),
                self._sealed(run),
                self._sealed_list(run.run_id, []),
            ),
        )

    async def move_on(
        self,
        cursor: psycopg.AsyncCursor,
        run: Run,
        *,
        of: RunState,
        patients: Sequence[UUID] | None = None,
    ) -> bool:
        """Write a run that was in the state ``of``; False where it no longer was."""
        await cursor.execute(
            "UPDATE retention_runs SET state = %s, sealed = %s,"
            " sealed_list = COALESCE(%s, sealed_list) WHERE run_id = %s AND state = %s",
            (
                run.state,
                self._sealed(run),
                None if patients is None else self._sealed_list(run.run_id, patients),
                run.run_id,
                of,
            ),
        )
        return cursor.rowcount == 1

    def _sealed(self, run: Run) -> bytes:
        return self._secrets.seal_row(run.run_id, msgspec.json.encode(run.record))

    def _sealed_list(self, run_id: UUID, patients: Sequence[UUID]) -> bytes:
        packed = b"".join(one.bytes for one in patients)
        return bytes(seal(self._secrets.system, _list_context(run_id), packed))

    async def _select(self, where: str, values: Sequence[object]) -> list[Run]:
        async with self._pool.connection() as connection:
            sql = f"SELECT {_COLUMNS} FROM retention_runs {where}"  # noqa: S608
            rows = await (await connection.execute(sql.encode(), values)).fetchall()
        return [
            Run(
                run_id,
                hospital_id,
                RunState(state),
                msgspec.json.decode(self._secrets.open_row(run_id, sealed), type=RunRecord),
            )
            for run_id, hospital_id, state, sealed in rows
        ]


def _list_context(run_id: UUID) -> ObjectContext:
    return ObjectContext(NOBODY, run_id, _LIST_VERSION)

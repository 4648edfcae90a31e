"""The resources' SQL. Every version is a row; nothing is ever changed in place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker import DueMark
from segel.store.database import database_errors
from segel.store.noted import INSERT_NOTED, Noted, columns_of

RESOURCES_MAX: Final = 5_000
"""Resources of one type of one patient that are opened for a search: half a second of one core."""

Row = tuple[UUID, int, bytes]
"""resource, version, sealed."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A row about to be written. ``patient_id`` is not in it: it says whose key sealed it."""

    folder_id: UUID
    resource_id: UUID
    version: int
    patient_id: UUID
    sealed: bytes = field(repr=False)


_INSERT: Final = (
    "INSERT INTO resources (folder_id, resource_id, version, sealed)"
    " SELECT n.folder_id, n.resource_id, n.version, n.sealed"
    " FROM unnest(%b::uuid[], %b::uuid[], %b::bigint[], %b::uuid[], %b::bytea[])"
    " AS n (folder_id, resource_id, version, patient_id, sealed)"
    " WHERE NOT EXISTS (SELECT FROM erasures e WHERE e.patient_id = n.patient_id"
    " AND e.study_id IS NULL AND e.state > 0) ON CONFLICT DO NOTHING"
)
_MARK: Final = b"INSERT INTO report_marks (mark) VALUES (%b) ON CONFLICT DO NOTHING"
_UNMARK: Final = b"DELETE FROM report_marks WHERE mark = %b"
_DUE: Final = (
    "INSERT INTO orders_due (due_id, whose, day, number, sealed) VALUES (%b, %b, %b, %b, %b)"
    " ON CONFLICT (due_id) DO UPDATE SET day = excluded.day, number = excluded.number,"
    " sealed = excluded.sealed"
)


async def _write_due(connection: psycopg.AsyncConnection, one: DueMark) -> None:
    if one.sealed:
        columns = (one.due_id, one.whose, one.day, one.number, one.sealed)
        await connection.execute(_DUE.encode(), columns, binary=True)
    else:
        await connection.execute(
            b"DELETE FROM orders_due WHERE due_id = %b", (one.due_id,), binary=True
        )


class Repo:
    """Reads and writes of one process' pool. Raises DatabaseAway."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def folder_of(self, resource_id: UUID) -> UUID | None:
        """Which folder a resource lies in."""
        rows = await self._fetch(
            "SELECT folder_id FROM resources WHERE resource_id = %s AND version = 1", (resource_id,)
        )
        return rows[0][0] if rows else None

    async def latest(self, folder_id: UUID, resource_id: UUID) -> Row | None:
        """The newest version of a resource."""
        rows = await self._fetch(
            "SELECT resource_id, version, sealed FROM resources"
            " WHERE folder_id = %s AND resource_id = %s ORDER BY version DESC LIMIT 1",
            (folder_id, resource_id),
        )
        return rows[0] if rows else None

    async def latest_of(self, wanted: Sequence[tuple[UUID, UUID]]) -> dict[UUID, Row]:
        """The newest versions of resources, each named with its folder, by their ids."""
        rows = await self._fetch(
            "SELECT DISTINCT ON (r.folder_id, r.resource_id) r.resource_id, r.version, r.sealed"
            " FROM unnest(%b::uuid[], %b::uuid[]) AS w (folder_id, resource_id)"
            " JOIN resources r USING (folder_id, resource_id)"
            " ORDER BY r.folder_id, r.resource_id, r.version DESC",
            ([folder for folder, _ in wanted], [resource for _, resource in wanted]),
        )
        return {row[0]: row for row in rows}

    async def history(self, folder_id: UUID, resource_id: UUID) -> list[Row]:
        """Every version of a resource, the newest first."""
        return await self._fetch(
            "SELECT resource_id, version, sealed FROM resources"
            " WHERE folder_id = %s AND resource_id = %s ORDER BY version DESC",
            (folder_id, resource_id),
        )

    async def folder(self, folder_id: UUID) -> list[Row]:
        """The newest version of everything in a folder; more than ``RESOURCES_MAX`` where there
        are so many."""
        return await self._fetch(
            "SELECT DISTINCT ON (resource_id) resource_id, version, sealed FROM resources"
            " WHERE folder_id = %s ORDER BY resource_id, version DESC LIMIT %s",
            (folder_id, RESOURCES_MAX + 1),
        )

    async def page(self, folder_id: UUID, after: UUID, limit: int) -> list[Row]:
        """The newest versions in a folder in order of their ids, those behind ``after``."""
        return await self._fetch(
            "SELECT DISTINCT ON (resource_id) resource_id, version, sealed FROM resources"
            " WHERE folder_id = %s AND resource_id > %s"
            " ORDER BY resource_id, version DESC LIMIT %s",
            (folder_id, after, limit),
        )

    async def write(
        self,
        rows: Sequence[NewVersion],
        marks: Sequence[bytes] = (),
        due: Sequence[DueMark] = (),
        events: Sequence[Noted] = (),
    ) -> bool:
        """Write versions in one transaction: all of them, or none where one is there already.

        ``marks``: of studies that are reported by it; ``due``: of orders among it; ``events``: of
        what subscribers are to be told of. A key that was
        released before its patient was erased writes nothing either.
        """
        # Whoever writes some of the same rows takes their locks in the same order.
        ordered = sorted(rows, key=lambda row: (row.folder_id, row.resource_id, row.version))
        columns = [[getattr(row, name) for row in ordered] for name in NewVersion.__slots__]
        with database_errors():
            async with (
                self._pool.connection() as connection,
                connection.transaction() as transaction,
            ):
                cursor = await connection.execute(_INSERT.encode(), columns, binary=True)
                if cursor.rowcount == len(ordered):
                    for mark in marks:
                        await connection.execute(_MARK, (mark,), binary=True)
                    for one in due:
                        await _write_due(connection, one)
                    if events:
                        await connection.execute(
                            INSERT_NOTED.encode(), columns_of(events), binary=True
                        )
                    return True
                raise psycopg.Rollback(transaction)
        return False

    async def mark(self, mark: bytes, *, there: bool) -> None:
        """Have the mark of a reported study there, or not. What is so already writes nothing."""
        with database_errors():
            async with self._pool.connection() as connection:
                await connection.execute(_MARK if there else _UNMARK, (mark,), binary=True)

    async def _fetch(self, sql: str, parameters: Sequence[object]) -> list[tuple]:  # type: ignore[type-arg]
        with database_errors():
            async with self._pool.connection() as connection:
                cursor = await connection.execute(sql.encode(), parameters, binary=True)
                return await cursor.fetchall()

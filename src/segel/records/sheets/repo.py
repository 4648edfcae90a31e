"""The SQL of tables under way. A row says nothing but until when it is kept."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from segel.store.database import database_errors

Part = tuple[UUID, int, bytes]
"""sheet, part, sealed."""


class SheetRows:
    """Reads and writes of one process' pool. Raises DatabaseAway."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def parts(self, sheet_id: UUID) -> list[Part]:
        """Every part of a sheet that has not expired, in order."""
        return await self._fetch(
            "SELECT sheet_id, part, sealed FROM sheets"
            " WHERE sheet_id = %s AND expires_on >= CURRENT_DATE ORDER BY part",
            (sheet_id,),
        )

    async def heads(self, drawer_id: UUID, limit: int) -> list[Part]:
        """The first parts of the sheets in a drawer."""
        return await self._fetch(
            "SELECT sheet_id, part, sealed FROM sheets WHERE drawer_id = %s AND part = 0"
            " AND expires_on >= CURRENT_DATE LIMIT %s",
            (drawer_id, limit),
        )

    async def put(
        self, drawer_id: UUID, expires_on: date, parts: Sequence[Part], without: Sequence[int] = ()
    ) -> None:
        """Write parts of one sheet over what is there, and take others out, all at once. What has
        expired meanwhile goes, too."""
        sheet_id = parts[0][0]
        with database_errors():
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute("DELETE FROM sheets WHERE expires_on < CURRENT_DATE")
                await connection.execute(
                    "DELETE FROM sheets WHERE sheet_id = %s AND part = ANY(%s)",
                    (sheet_id, list(without)),
                )
                await connection.execute(
                    "UPDATE sheets SET expires_on = %s WHERE sheet_id = %s", (expires_on, sheet_id)
                )
                for _, part, sealed in parts:
                    await connection.execute(
                        "INSERT INTO sheets (sheet_id, part, drawer_id, expires_on, sealed)"
                        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (sheet_id, part)"
                        " DO UPDATE SET sealed = excluded.sealed",
                        (sheet_id, part, drawer_id, expires_on, sealed),
                    )

    async def append(self, drawer_id: UUID, expires_on: date, part: Part) -> bool:
        """Write a part where none of its number is; whether it was."""
        with database_errors():
            async with self._pool.connection() as connection:
                cursor = await connection.execute(
                    "INSERT INTO sheets (sheet_id, part, drawer_id, expires_on, sealed)"
                    " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                    (part[0], part[1], drawer_id, expires_on, part[2]),
                )
                return cursor.rowcount == 1

    async def expire(self) -> None:
        """Take out what has expired."""
        with database_errors():
            async with self._pool.connection() as connection:
                await connection.execute("DELETE FROM sheets WHERE expires_on < CURRENT_DATE")

    async def drop(self, sheet_id: UUID) -> None:
        """Take a sheet out, all of it."""
        with database_errors():
            async with self._pool.connection() as connection:
                await connection.execute("DELETE FROM sheets WHERE sheet_id = %s", (sheet_id,))

    async def _fetch(self, sql: str, parameters: Sequence[object]) -> list[Part]:
        with database_errors():
            async with self._pool.connection() as connection:
                cursor = await connection.execute(sql.encode(), parameters)
                return await cursor.fetchall()

"""Work that one broker does at a time, by an advisory lock of the database's."""

import contextlib
from collections.abc import AsyncIterator

from psycopg_pool import AsyncConnectionPool


@contextlib.asynccontextmanager
async def alone(pool: AsyncConnectionPool, lock: int) -> AsyncIterator[bool]:
    """Whether no other broker is at this; it is kept out while this lasts."""
    async with pool.connection() as connection:
        row = await (
            await connection.execute("SELECT pg_try_advisory_lock(%s)", (lock,))
        ).fetchone()
        ours = bool(row and row[0])
        await connection.commit()  # the lock is the session's; nothing else is held open
        try:
            yield ours
        finally:
            if ours:
                await connection.execute("SELECT pg_advisory_unlock(%s)", (lock,))

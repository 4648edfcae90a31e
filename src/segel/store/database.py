"""Connections to PostgreSQL, and what it means when there are none."""

import contextlib
import select
from collections.abc import AsyncIterator, Iterator
from typing import Final

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.domain.errors import SegelError

POOL_MIN: Final = 1
POOL_MAX: Final = 8
"""One process' connections: more than it has threads to use them would only wait in the server."""

WAIT_S: Final = 5.0
"""For a connection; after it the caller hears that the database is away."""

RECONNECT_S: Final = 30.0

KEYED: Final = {"options": "-c plan_cache_mode=force_generic_plan"}
"""How to connect where every statement is a look at some keys: one plan does for all of them, and
making another for each of the 16 partitions costs five times what such a look does."""


class DatabaseAway(SegelError):
    """The database does not answer. Nothing was written that was not acknowledged."""

    code = "database-away"


@contextlib.asynccontextmanager
async def opened_pool(dsn: str, *, size_max: int = POOL_MAX) -> AsyncIterator[AsyncConnectionPool]:
    """A pool that reconnects by itself. Raises PoolTimeout where the first try finds nobody.

    A statement on its own is a transaction; several need ``connection.transaction()``.
    """
    pool = AsyncConnectionPool(
        dsn,
        min_size=POOL_MIN,
        max_size=size_max,
        timeout=WAIT_S,
        reconnect_timeout=RECONNECT_S,
        kwargs={"autocommit": True},
        check=_require_open,
        open=False,
    )
    await pool.open(wait=True, timeout=RECONNECT_S)
    try:
        yield pool
    finally:
        await pool.close()


@contextlib.asynccontextmanager
async def looking(pool: AsyncConnectionPool) -> AsyncIterator[AsyncConnection]:
    """A connection for single reads, of a pool whose connections begin transactions by themselves:
    here none does, which spares two of three ways to the server."""
    async with pool.connection() as connection:
        await connection.set_autocommit(True)
        try:
            yield connection
        finally:
            if connection.info.transaction_status is TransactionStatus.IDLE:
                await connection.set_autocommit(False)
            else:  # broken off under way: nobody may be given it as it is
                await connection.close()


async def _require_open(connection: AsyncConnection) -> None:
    """Ask the server only where it said something unasked: a closed connection has an end to read.

    psycopg's own check is a round trip for each use, half of what a small read takes.
    """
    spoken = select.poll()
    spoken.register(connection.fileno(), select.POLLIN)
    if spoken.poll(0):
        await AsyncConnectionPool.check_connection(connection)


@contextlib.contextmanager
def database_errors() -> Iterator[None]:
    """Turns psycopg's errors into DatabaseAway: their own text may quote values."""
    try:
        yield
    except (psycopg.Error, PoolTimeout) as failure:
        raise DatabaseAway(
            "The database does not answer; nothing was changed.", remedy="Try again in a moment."
        ) from failure

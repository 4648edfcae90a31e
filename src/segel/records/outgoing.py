"""What everything shares that tells others outside: whose turn it is, and when it tries again."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import IntEnum
from typing import Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool

from segel.broker.errors import BrokerError
from segel.store.database import DatabaseAway, database_errors

LOOK_S: Final = 2.0
"""Between two looks for what is to be told, while nothing is."""

HICCUP_S: Final = 5.0
"""After broker or database did not answer."""

PAUSE_FIRST_S: Final = 2.0
PAUSE_MAX_S: Final = 300.0
"""An outage of a day costs some three hundred questions."""

RETRY_AFTER_S_MAX: Final = 3_600.0
"""Who asks for more is asked once an hour all the same."""

log = structlog.get_logger()


class Turn(IntEnum):
    """Advisory locks of whoever tells: of several nodes one does, so that things keep their order
    and are told once."""

    NATIONAL = 0x5E6E3
    SUBSCRIBERS = 0x5E6E4


async def in_turn(
    pool: AsyncConnectionPool,
    turn: Turn,
    tell: Callable[[psycopg.AsyncConnection], Awaitable[None]],
) -> None:
    """Tell whenever it is our turn, until cancelled. The turn lasts as long as the connection."""
    while True:
        try:
            async with _only_one(pool, turn) as connection:
                await tell(connection)
        except (DatabaseAway, BrokerError) as failure:
            log.warning("nobody told", kind=type(failure).__name__)
        await asyncio.sleep(HICCUP_S)


@contextlib.asynccontextmanager
async def _only_one(
    pool: AsyncConnectionPool, turn: Turn
) -> AsyncIterator[psycopg.AsyncConnection]:
    """Wait for the turn. Raises DatabaseAway."""
    with database_errors():
        async with pool.connection() as connection:
            while True:
                found = await connection.execute("SELECT pg_try_advisory_lock(%s)", (int(turn),))
                row = await found.fetchone()
                if row and row[0]:
                    break
                await asyncio.sleep(LOOK_S)
            try:
                yield connection
            finally:
                with contextlib.suppress(psycopg.Error):
                    await connection.execute("SELECT pg_advisory_unlock_all()")


def backoff_s(failures: int, retry_after_s: float, chance: random.Random) -> float:
    """How long to wait after so many failures in a row: doubled each time, and spread by half, so
    that not everybody comes back at once; never less than the other side asks for."""
    whole = min(PAUSE_FIRST_S * 2.0 ** min(max(failures, 1) - 1, 16), PAUSE_MAX_S)
    return max(whole * chance.uniform(0.5, 1.0), min(retry_after_s, RETRY_AFTER_S_MAX))

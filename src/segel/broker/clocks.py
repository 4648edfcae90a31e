"""Deadlines that somebody is told of: each kind is looked at every minute."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from segel.broker.errors import BrokerError

PAUSE_S: Final = 60.0
"""Between two looks: a deadline is in hours."""

log = structlog.get_logger()


async def watch(*looks: Callable[[], Awaitable[int]]) -> None:
    """Look until cancelled; what fails is looked at again."""
    while True:
        for look in looks:
            try:
                await look()
            except (psycopg.Error, PoolTimeout, OSError, BrokerError) as failure:
                log.warning("deadlines not looked at", kind=type(failure).__name__)
        await asyncio.sleep(PAUSE_S)

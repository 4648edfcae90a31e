"""Goes on telling subscribers: a notice at a time to each, several subscribers side by side."""

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool

from segel.broker import BrokerClient, Notice, SettleNotice
from segel.records.outgoing import LOOK_S, Turn, backoff_s, in_turn
from segel.records.subscriptions.endpoint import Line, NotTaken, notify

AT_ONCE_MAX: Final = 8
"""Notices under way: one slow host does not keep the others waiting."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Means:
    """What all notices share."""

    broker: BrokerClient = field(repr=False)
    pool: AsyncConnectionPool = field(repr=False)
    line: Line
    chance: random.Random = field(default_factory=random.SystemRandom, repr=False)


async def run(means: Means) -> None:
    """Tell, until cancelled."""
    await in_turn(means.pool, Turn.SUBSCRIBERS, lambda turn: _keep_telling(means, turn))


async def _keep_telling(means: Means, turn: psycopg.AsyncConnection) -> None:
    """Raises psycopg.Error where the turn was lost, BrokerError."""
    telling: dict[UUID, asyncio.Task[None]] = {}
    try:
        while True:
            await turn.execute("SELECT 1")
            for subscription_id, task in list(telling.items()):
                if task.done():
                    del telling[subscription_id]
                    await task
            notice = None
            if len(telling) < AT_ONCE_MAX:
                notice = await means.broker.subscriptions.take(telling)
            if notice is not None:
                telling[notice.subscription_id] = asyncio.create_task(_tell(means, notice))
            elif telling:
                await asyncio.wait(
                    telling.values(), timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED
                )
            else:
                await asyncio.sleep(LOOK_S)
    finally:
        for task in telling.values():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


async def _tell(means: Means, notice: Notice) -> None:
    """Raises BrokerError where it cannot be kept what became of it: then it is told again."""
    trouble, later_s = "", 0.0
    try:
        await notify(means.line, notice.endpoint, notice.headers, notice.networks)
    except NotTaken as failure:
        trouble = failure.trouble
        later_s = backoff_s(notice.attempts + 1, 0.0, means.chance)
        log.warning("notice not taken", reason=trouble)
    except Exception as defect:  # its text may quote an address
        trouble, later_s = "connect", backoff_s(notice.attempts + 1, 0.0, means.chance)
        log.error("defect", kind=type(defect).__name__)
    await means.broker.subscriptions.settle(
        SettleNotice(notice.subscription_id, notice.version, notice.number, trouble, later_s)
    )

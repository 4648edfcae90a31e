"""Reviews that nobody has begun by their deadline: the officer is told, once each."""

import asyncio
from typing import Final

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from segel.broker.alerts import Alert, AlertKind, Alerts
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.errors import BrokerError
from segel.broker.glasses import Glass, Glasses
from segel.broker.ledger import Intent, Ledger
from segel.domain.purpose import Purpose

PAUSE_S: Final = 60.0
"""Between two looks: a deadline is in hours."""

log = structlog.get_logger()


class ReviewClock:
    """One task; start with ``run``. Several brokers may: an alert is raised once."""

    def __init__(self, glasses: Glasses, alerts: Alerts, ledger: Ledger) -> None:
        self._glasses = glasses
        self._alerts = alerts
        self._ledger = ledger

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            try:
                await self.look()
            except (psycopg.Error, PoolTimeout, OSError, BrokerError) as failure:
                log.warning("reviews not looked at", kind=type(failure).__name__)
            await asyncio.sleep(PAUSE_S)

    async def look(self) -> int:
        """Tell of what is overdue and was not told of; how many."""
        await self._glasses.close_past()
        now_s = self._glasses.now()
        told = 0
        for glass in await self._glasses.waiting():
            if glass.record.is_overdue(now_s):
                told += await self._tell(glass)
        return told

    async def _tell(self, glass: Glass) -> int:
        alert = Alert(
            AlertKind.REVIEW_OVERDUE,
            glass.hospital_id,
            glass.record.account_id,
            glass.glass_id,
            once_for=str(glass.glass_id),
        )
        if await self._alerts.is_raised(alert):
            return 0
        event = Event(
            kind=Kind.REVIEW,
            outcome=Outcome.SUCCESS,
            account_id=glass.record.account_id,
            role="broker",
            hospital_id=glass.hospital_id,
            session_id=None,
            purpose=Purpose.OPERATIONS,
            route="broker",
            detail="overdue",
            break_glass_id=glass.glass_id,
        )
        await self._ledger.commit(self._alerts.raised_with(Intent(event), alert))
        return 1

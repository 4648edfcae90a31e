"""Carries alerts outward: which kind, and where to look. Nothing else leaves.

An alert is carried until the other side has taken it (any 2xx) or a person has acknowledged it
here, over restarts; it may arrive twice, so it has an id. Several brokers share the work.
"""

import asyncio
from typing import Final, Protocol
from uuid import UUID

import httpx
import msgspec
import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.alerts import AlertKind, Alerts

PAUSE_S: Final = 2.0
"""Between two looks: "at once" for somebody who is paged."""

PAUSE_MAX_S: Final = 300.0
"""After failures the pause doubles up to this."""

TIMEOUT_S: Final = 10.0

log = structlog.get_logger()


class NotTaken(Exception):
    """The other side did not take an alert; it is tried again."""


class Carrier(Protocol):
    """A way out."""

    async def carry(self, alert_id: UUID, kind: AlertKind) -> None:
        """Return when the other side has it. Raises NotTaken."""
        ...


class Webhook:
    """Posts ``{"id", "kind", "link"}`` as JSON to one address."""

    def __init__(self, address: str, link: str) -> None:
        self._address = address
        self._link = link

    async def carry(self, alert_id: UUID, kind: AlertKind) -> None:
        """See ``Carrier``."""
        body = msgspec.json.encode({"id": str(alert_id), "kind": kind, "link": self._link})
        headers = {"Content-Type": "application/json"}
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as web:
                answer = await web.post(self._address, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            raise NotTaken(type(failure).__name__) from None
        if not answer.is_success:
            raise NotTaken(str(answer.status_code))


class Courier:
    """One task; start with ``run``."""

    def __init__(self, pool: AsyncConnectionPool, alerts: Alerts, carrier: Carrier) -> None:
        self._pool = pool
        self._alerts = alerts
        self._carrier = carrier

    async def run(self) -> None:
        """Carry what waits, until cancelled."""
        pause_s = PAUSE_S
        while True:
            try:
                while await self.carry_one():
                    pass
                pause_s = PAUSE_S
            except (psycopg.Error, PoolTimeout, OSError, NotTaken) as failure:
                log.warning("alert not delivered", kind=type(failure).__name__)
                pause_s = min(2 * pause_s, PAUSE_MAX_S)
            await asyncio.sleep(pause_s)

    async def carry_one(self) -> bool:
        """Carry one alert that waits; whether there was one. Raises NotTaken."""
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute(
                "SELECT alert_id, sealed FROM alerts WHERE NOT delivered AND NOT acknowledged"
                " ORDER BY month LIMIT 1 FOR UPDATE SKIP LOCKED"
            )
            row = await cursor.fetchone()
            if row is None:
                return False
            alert_id, sealed = row
            await self._carrier.carry(alert_id, self._alerts.open(alert_id, sealed).kind)
            await cursor.execute(
                "UPDATE alerts SET delivered = true WHERE alert_id = %s", (alert_id,)
            )
        return True

"""What time does to cases: officers are told of their clocks, guests' time ends, and what was kept
closed for its time loses its key.
"""

import asyncio

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.alerts import Alert, AlertKind, Alerts
from segel.broker.alone import alone
from segel.broker.case_guests import CaseGuests
from segel.broker.case_rows import CaseRow, CaseRows
from segel.broker.case_rules import alarming, number_of
from segel.broker.cases import by_broker
from segel.broker.errors import keys_locked
from segel.broker.keyring import Keyring
from segel.broker.ledger import Intent, Ledger
from segel.domain.cases import Clock, ClockState, Happening
from segel.keys import KmsError

_LOCK = 0x5E6E6
"""Advisory lock of the broker that ends cases; what ends days of arrival has the number before."""


class CaseClock:
    """What ``clocks.watch`` calls. Several brokers may: an alert is raised once."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        rows: CaseRows,
        guests: CaseGuests,
        alerts: Alerts,
        ledger: Ledger,
        keyring: Keyring,
    ) -> None:
        self._pool = pool
        self._rows = rows
        self._guests = guests
        self._alerts = alerts
        self._ledger = ledger
        self._keyring = keyring

    async def look(self) -> int:
        """Tell, and end what is over; how many alerts were raised and things ended."""
        now_s, done = self._ledger.now(), 0
        for row in await self._rows.open_ones():
            for clock, state in alarming(row.record, now_s):
                done += await self._tell(row, clock, state)
        async with alone(self._pool, _LOCK) as ours:
            if not ours:
                return done
            done += await self._guests.end_past()
            for row in await self._rows.closed_ones():
                if now_s >= row.record.kept_until_s:
                    await self._destroy(row)
                    done += 1
            for row in await self._rows.unforgotten():
                await self._forget(row)
        return done

    async def _tell(self, row: CaseRow, clock: Clock, state: ClockState) -> int:
        over = state is ClockState.OVER
        alert = Alert(
            AlertKind.CASE_DEADLINE_OVER if over else AlertKind.CASE_DEADLINE_NEAR,
            row.hospital_id,
            subject_id=row.case_id,
            detail=f"{number_of(row.case_id)} {clock.kind}",
            once_for=f"{row.case_id} {clock.kind} {int(clock.began_s)}",
        )
        if await self._alerts.is_raised(alert):
            return 0
        event = by_broker(
            row.case_id, row.hospital_id, f"{clock.kind} {'over' if over else 'near'}"
        )
        intent = Intent(event, branch=row.case_id)
        await self._ledger.commit(self._alerts.raised_with(intent, alert))
        return 1

    async def _destroy(self, row: CaseRow) -> None:
        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.destroy(cursor, row, self._ledger.now_s)

        event = by_broker(row.case_id, row.hospital_id, Happening.DESTROYED)
        await self._ledger.commit(Intent(event, apply=apply, branch=row.case_id))

    async def _forget(self, row: CaseRow) -> None:
        """Have every KMS forget the KEK; broken off, it is done again by whoever looks next."""
        try:
            await asyncio.to_thread(self._keyring.destroy, row.kek_id)
        except KmsError as failure:
            raise keys_locked(failure) from failure
        event = by_broker(row.case_id, row.hospital_id, "key forgotten")

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.forgotten(cursor, row)

        await self._ledger.commit(Intent(event, apply=apply, branch=row.case_id))

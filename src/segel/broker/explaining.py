"""Matches accesses with reasons, a batch at a time, a moment after they happened.

Rows that wait are taken with SKIP LOCKED, so that several brokers share the work; a broker that
dies leaves its rows waiting. Nothing here is on a release's way.
"""

import asyncio
import time
from collections import defaultdict
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.accesses import Access, Accesses, Shortlist, grown, is_fed, row_after
from segel.broker.alerts import Alert, AlertKind, Alerts
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.budgets import store_subject
from segel.broker.directory import Directory
from segel.broker.errors import BrokerError
from segel.broker.explanations import (
    DEPARTMENT,
    IN_A_ROW_MAX,
    SERIES_NAMES,
    Facts,
    is_other_department,
    named_in,
    signals,
)
from segel.broker.index import Index
from segel.broker.ledger import Intent, Ledger
from segel.broker.reason_file import Reasons
from segel.broker.registry import Registry
from segel.domain.purpose import Purpose
from segel.domain.reasons import Explanation

BATCH_MAX: Final = 100
"""Accesses matched in one transaction; each may take an unwrapping at the KMS."""

PAUSE_S: Final = 2.0
TIDY_PAUSE_S: Final = 86_400.0
KEPT_MONTHS: Final = 25
"""How long a reason and an access are kept: two years may be asked about."""

SAMPLE_ONE_IN: Final = 50
"""Of the explained accesses, how many are drawn for a look: an officer's handful a day."""

log = structlog.get_logger()


class Explainer:
    """One task; start with ``run``."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        index: Index,
        registry: Registry,
        directory: Directory,
        accesses: Accesses,
        reasons: Reasons,
        alerts: Alerts,
        ledger: Ledger,
    ) -> None:
        self._pool = pool
        self._index = index
        self._registry = registry
        self._directory = directory
        self._accesses = accesses
        self._reasons = reasons
        self._alerts = alerts
        self._ledger = ledger

    async def run(self) -> None:
        """Match what waits, until cancelled."""
        tidied_s = -TIDY_PAUSE_S
        while True:
            try:
                if time.monotonic() - tidied_s >= TIDY_PAUSE_S:
                    await self.tidy()
                    tidied_s = time.monotonic()
                while await self.look() == BATCH_MAX:
                    pass
            except (psycopg.Error, PoolTimeout, OSError, BrokerError) as failure:
                log.warning("accesses not matched", kind=type(failure).__name__)
            await asyncio.sleep(PAUSE_S)

    async def tidy(self) -> None:
        """Drop reasons and accesses that nobody can ask about any more."""
        async with self._pool.connection() as connection:
            for table in ("reasons", "accesses"):
                await connection.execute(
                    f"DELETE FROM {table} WHERE month < "  # noqa: S608 - two names of ours
                    "date_trunc('month', now() at time zone 'utc') - make_interval(months => %s)",
                    (KEPT_MONTHS,),
                )

    async def look(self) -> int:
        """Match one batch; how many there were. Raises BrokerUnavailable, then nothing changed."""
        alarms: list[tuple[Access, UUID]] = []
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute(
                "SELECT access_id, sealed FROM accesses WHERE pending"
                " LIMIT %s FOR UPDATE SKIP LOCKED",
                (BATCH_MAX,),
            )
            waiting = [
                (access_id, self._accesses.open(access_id, sealed))
                for access_id, sealed in await cursor.fetchall()
            ]
            by_hospital: dict[UUID, list[tuple[UUID, Access]]] = defaultdict(list)
            for access_id, access in sorted(waiting, key=lambda one: one[1].at_s):
                by_hospital[access.hospital_id].append((access_id, access))
            for hospital_id in sorted(by_hospital):  # always in one order: no two brokers block
                shortlist = await self._accesses.locked_list(cursor, hospital_id)
                for access_id, access in by_hospital[hospital_id]:
                    matched = await self._matched(cursor, shortlist, access_id, access)
                    shortlist = grown(shortlist, access_id, matched, self._ledger.now())
                    await cursor.execute(
                        "UPDATE accesses SET pending = false, sealed = %s WHERE access_id = %s",
                        (self._accesses.seal(access_id, matched), access_id),
                    )
                    in_a_row = shortlist.in_a_row[str(access.account_id)]
                    if in_a_row == IN_A_ROW_MAX and is_fed(shortlist):
                        alarms.append((matched, access_id))
                await self._accesses.write_list(cursor, hospital_id, shortlist)
        for access, access_id in alarms:
            await self._tell(access, access_id)
        return len(waiting)

    async def _matched(
        self, cursor: psycopg.AsyncCursor, shortlist: Shortlist, access_id: UUID, access: Access
    ) -> Access:
        units = await self._reasons.units(cursor, access.account_id)
        explained_by = await self._explained_by(cursor, units, access)
        department = {DEPARTMENT: {"vr": "LO", "Value": [access.department]}}
        facts = Facts(
            explained_by=explained_by,
            same_name=access.same_name,
            hour=datetime.fromtimestamp(access.at_s).astimezone().hour,
            in_a_row=row_after(shortlist, access.account_id, bool(explained_by)),
            other_department=bool(units)
            and all(is_other_department(unit, department) for unit in units),
            sampled=bool(explained_by) and access_id.int % SAMPLE_ONE_IN == 0,
        )
        return msgspec.structs.replace(access, explained_by=explained_by, signals=signals(facts))

    async def _explained_by(
        self, cursor: psycopg.AsyncCursor, units: tuple[str, ...], access: Access
    ) -> tuple[str, ...]:
        found = [str(name) for name in access.named_as]
        if access.purpose == Purpose.EMERGENCY_TREATMENT:
            found.append(Explanation.EMERGENCY)
        found += await self._reasons.explaining(
            cursor,
            account_id=access.account_id,
            hospital_id=access.hospital_id,
            units=units,
            patient_id=access.patient_id,
            at_s=access.at_s,
        )
        if await self._stored(cursor, access):
            found.append(Explanation.STORED)
        if not found:  # only now: it takes the patient's key
            found += await self._named_in_series(cursor, access)
        return tuple(dict.fromkeys(found))

    async def _stored(self, cursor: psycopg.AsyncCursor, access: Access) -> bool:
        subject = store_subject(access.account_id)
        await cursor.execute(
            "SELECT 1 FROM budget_touches WHERE account_id = %s AND touch_token = %s",
            (subject, self._index.touch(subject, access.patient_id)),
        )
        return await cursor.fetchone() is not None

    async def _named_in_series(self, cursor: psycopg.AsyncCursor, access: Access) -> list[str]:
        if access.study_id is None:
            return []
        hospital = await self._directory.hospital(access.hospital_id)
        series = await self._registry.series_of(
            cursor, hospital, access.patient_id, access.study_id
        )
        return [name for one in series for name in named_in(one, access.account, SERIES_NAMES)]

    async def _tell(self, access: Access, access_id: UUID) -> None:
        event = Event(
            kind=Kind.REVIEW,
            outcome=Outcome.SUCCESS,
            account_id=access.account_id,
            role="broker",
            hospital_id=access.hospital_id,
            session_id=None,
            purpose=Purpose.OPERATIONS,
            route="broker",
            detail=AlertKind.UNEXPLAINED_IN_A_ROW,
        )
        alert = Alert(
            AlertKind.UNEXPLAINED_IN_A_ROW,
            access.hospital_id,
            access.account_id,
            once_for=str(access_id),
        )
        await self._ledger.commit(self._alerts.raised_with(Intent(event), alert))

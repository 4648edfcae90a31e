"""Alerts: what the data protection officer of a hospital must see at once.

An alert is written in the transaction of what it tells about, so that neither stands without the
other. It says which kind of thing happened, through which account, and which of Segel's own random
ids it is about; never anything of a record. A person acknowledges it, and that is logged.

Who may know what is told about them alone is not decided here: whoever may see a hospital's alerts
sees all of that hospital's, and those that concern no single one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.errors import AlertUnknown
from segel.broker.index import Index
from segel.broker.ledger import Intent
from segel.broker.secrets import BrokerSecrets
from segel.domain.clock import Clock

LISTED_MAX: Final = 500
"""Alerts opened for one page; those that wait come first, and more than this is an alarm itself."""


class AlertKind(StrEnum):
    """What there is to tell."""

    BREAK_GLASS_BEGUN = "break-glass-begun"
    BREAK_GLASS_BARRED = "break-glass-barred"
    REVIEW_OVERDUE = "review-overdue"
    DECOY_TOUCHED = "decoy-touched"
    SESSION_FROZEN = "session-frozen"
    ACCOUNT_FROZEN = "account-frozen"
    HOSPITAL_FROZEN = "hospital-frozen"
    BUDGET_EXHAUSTED = "budget-exhausted-repeatedly"
    SHARED_BUDGET_EXHAUSTED = "shared-budget-exhausted"
    UNEXPLAINED_IN_A_ROW = "unexplained-in-a-row"
    NATIONAL_AWAY = "national-platform-away"
    LOG_QUESTIONED = "log-questioned"
    REQUEST_OVERDUE = "request-overdue"
    CASE_DEADLINE_NEAR = "case-deadline-near"
    CASE_DEADLINE_OVER = "case-deadline-over"
    WARRANT_DECOY = "warrant-decoy"
    WARRANT_TRIPPED = "warrant-tripped"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to be told. ``hospital_id`` None: to every hospital's officer.

    ``subject_id``: what it is about (a break-glass, a session), for a link. ``once_for``: where
    given, an alert of this kind and these words is raised only once, however often it is written
    and by however many brokers. ``detail``: a few words of the machine's own; nothing personal.
    """

    kind: AlertKind
    hospital_id: UUID | None
    account_id: UUID | None = None
    subject_id: UUID | None = None
    detail: str = ""
    once_for: str = ""


class AlertRecord(msgspec.Struct, frozen=True):
    """An alert as it is sealed in its row. Times are Unix seconds."""

    kind: AlertKind
    raised_s: float
    account_id: UUID | None = None
    subject_id: UUID | None = None
    detail: str = ""
    acknowledged_s: float = 0.0
    acknowledged_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """An opened row."""

    alert_id: UUID
    hospital_id: UUID | None
    record: AlertRecord


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose alerts: one hospital's and those of none, or all of them."""

    hospital_id: UUID | None
    everything: bool = False


Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class Alerts:
    """Writes alerts into other people's transactions, and reads them back."""

    def __init__(
        self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index, clock: Clock
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._clock = clock

    async def write(self, cursor: psycopg.AsyncCursor, alert: Alert) -> UUID:
        """Raise an alert in the cursor's transaction; its id."""
        alert_id = self._index.alert(alert.kind, alert.once_for) if alert.once_for else uuid4()
        record = AlertRecord(
            alert.kind, self._clock(), alert.account_id, alert.subject_id, alert.detail
        )
        await cursor.execute(
            "INSERT INTO alerts (alert_id, hospital_id, acknowledged, delivered, month, sealed)"
            " VALUES (%s, %s, false, false, %s, %s) ON CONFLICT DO NOTHING",
            (alert_id, alert.hospital_id, this_month(), self._seal(alert_id, record)),
        )
        return alert_id

    async def is_raised(self, alert: Alert) -> bool:
        """Whether an alert that is raised once was."""
        assert alert.once_for
        alert_id = self._index.alert(alert.kind, alert.once_for)
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute("SELECT 1 FROM alerts WHERE alert_id = %s", (alert_id,))
            ).fetchone()
        return row is not None

    def raised_with(self, intent: Intent, *alerts: Alert) -> Intent:
        """The intent, with the alerts in its transaction: both become true, or neither.

        The alerts are written last: what refuses the intent does so before.
        """

        async def write(cursor: psycopg.AsyncCursor) -> None:
            for alert in alerts:
                await self.write(cursor, alert)

        return replace(intent, apply=both(intent.apply, write))

    def acknowledgement(self, alert_id: UUID, seen: Seen, by: str, note: str) -> Apply:
        """What acknowledges an alert in the ledger's transaction. Raises AlertUnknown there.

        An alert that somebody else acknowledged before stays theirs.
        """

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await cursor.execute(
                "SELECT sealed FROM alerts WHERE alert_id = %(alert)s"
                " AND (%(everything)s OR hospital_id IS NULL OR hospital_id = %(hospital)s)"
                " FOR UPDATE",
                {
                    "alert": alert_id,
                    "everything": seen.everything,
                    "hospital": seen.hospital_id,
                },
            )
            row = await cursor.fetchone()
            if row is None:
                raise AlertUnknown("There is no such alert.", remedy="List the alerts again.")
            record = self.open(alert_id, row[0])
            if record.acknowledged_s:
                return
            known = msgspec.structs.replace(
                record, acknowledged_s=self._clock(), acknowledged_by=by, note=note
            )
            await cursor.execute(
                "UPDATE alerts SET acknowledged = true, sealed = %s WHERE alert_id = %s",
                (self._seal(alert_id, known), alert_id),
            )

        return apply

    async def listed(self, seen: Seen, limit: int = LISTED_MAX) -> list[RaisedAlert]:
        """Alerts, newest first; where there are more than are listed, those that wait go first."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT alert_id, hospital_id, sealed FROM alerts"
                    " WHERE %(everything)s OR hospital_id IS NULL OR hospital_id = %(hospital)s"
                    " ORDER BY acknowledged, month DESC LIMIT %(limit)s",
                    {
                        "everything": seen.everything,
                        "hospital": seen.hospital_id,
                        "limit": LISTED_MAX,
                    },
                )
            ).fetchall()
        alerts = [
            RaisedAlert(alert_id, hospital_id, self.open(alert_id, sealed))
            for alert_id, hospital_id, sealed in rows
        ]
        alerts.sort(key=lambda alert: alert.record.raised_s, reverse=True)
        return alerts[:limit]

    async def waiting(self, seen: Seen) -> int:
        """How many nobody has acknowledged."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT count(*) FROM alerts WHERE NOT acknowledged AND"
                    " (%(everything)s OR hospital_id IS NULL OR hospital_id = %(hospital)s)",
                    {"everything": seen.everything, "hospital": seen.hospital_id},
                )
            ).fetchone()
        return int(row[0]) if row else 0

    def _seal(self, alert_id: UUID, record: AlertRecord) -> bytes:
        return self._secrets.seal_row(alert_id, msgspec.json.encode(record))

    def open(self, alert_id: UUID, sealed: bytes) -> AlertRecord:
        """An alert as its row holds it."""
        return msgspec.json.decode(self._secrets.open_row(alert_id, sealed), type=AlertRecord)


def both(first: Apply | None, second: Apply) -> Apply:
    """Two writes of one transaction, one after the other."""
    if first is None:
        return second

    async def apply(cursor: psycopg.AsyncCursor) -> None:
        await first(cursor)
        await second(cursor)

    return apply

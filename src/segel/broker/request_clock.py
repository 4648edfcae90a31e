"""Requests that nobody has answered in time: the officer is told, once each."""

from segel.broker.alerts import Alert, AlertKind, Alerts
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.ledger import Intent, Ledger
from segel.broker.request_rows import RequestRows, SubjectRequest
from segel.broker.request_rules import number_of
from segel.domain.purpose import Purpose


class RequestClock:
    """What ``clocks.watch`` calls. Several brokers may: an alert is raised once."""

    def __init__(self, rows: RequestRows, alerts: Alerts, ledger: Ledger) -> None:
        self._rows = rows
        self._alerts = alerts
        self._ledger = ledger

    async def look(self) -> int:
        """Tell of what is overdue and was not told of; how many."""
        now_s = self._ledger.now()
        told = 0
        for one in await self._rows.waiting():
            if one.record.is_overdue(now_s):
                told += await self._tell(one)
        return told

    async def _tell(self, known: SubjectRequest) -> int:
        alert = Alert(
            AlertKind.REQUEST_OVERDUE,
            known.hospital_id,
            subject_id=known.request_id,
            detail=f"{known.record.kind} {number_of(known.request_id)}",
            once_for=str(known.request_id),
        )
        if await self._alerts.is_raised(alert):
            return 0
        event = Event(
            kind=Kind.SUBJECT_REQUEST,
            outcome=Outcome.SUCCESS,
            account_id=None,
            role="broker",
            hospital_id=known.hospital_id,
            session_id=None,
            purpose=Purpose.OPERATIONS,
            route="broker",
            detail=f"{known.record.kind} {number_of(known.request_id)} overdue",
        )
        await self._ledger.commit(self._alerts.raised_with(Intent(event), alert))
        return 1

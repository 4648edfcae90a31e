"""Reviews that nobody has begun by their deadline: the officer is told, once each."""

from segel.broker.alerts import Alert, AlertKind, Alerts
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.glasses import Glass, Glasses
from segel.broker.ledger import Intent, Ledger
from segel.domain.purpose import Purpose


class ReviewClock:
    """What ``clocks.watch`` calls. Several brokers may: an alert is raised once."""

    def __init__(self, glasses: Glasses, alerts: Alerts, ledger: Ledger) -> None:
        self._glasses = glasses
        self._alerts = alerts
        self._ledger = ledger

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

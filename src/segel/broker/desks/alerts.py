"""Alerts: shown to the data protection officer, acknowledged by a person."""

from typing import Final
from uuid import UUID

from segel.broker import messages as m
from segel.broker.alerts import Alerts, RaisedAlert, Seen
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory, LiveSession
from segel.broker.errors import TokenInvalid
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.policy import Permission, authorise
from segel.broker.releases import event_of
from segel.domain.purpose import Purpose

NOTE_LENGTH_MAX: Final = 500
"""Characters of a note: what was done about it, not a report."""

NAME_LENGTH_MAX: Final = 100

EVERYTHING: Final = Seen(None, everything=True)


class AlertsDesk:
    """Lists alerts, and has them acknowledged in the log's sight."""

    def __init__(
        self, alerts: Alerts, sessions: Sessions, directory: Directory, ledger: Ledger
    ) -> None:
        self._alerts = alerts
        self._sessions = sessions
        self._directory = directory
        self._ledger = ledger

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.ListAlerts, self._list),
            Offer(m.AcknowledgeAlert, self._acknowledge),
            Offer(m.ListAllAlerts, self._list_all, OPERATOR_ONLY),
            Offer(m.AcknowledgeAnyAlert, self._acknowledge_any, OPERATOR_ONLY),
        ]

    async def _list(self, asked: m.ListAlerts) -> m.Reply:
        session = await self._officer(asked.requester, Permission.ALERT_READ)
        return await self._lines(Seen(session.hospital_id), asked.limit)

    async def _list_all(self, asked: m.ListAllAlerts) -> m.Reply:
        return await self._lines(EVERYTHING, asked.limit)

    async def _acknowledge(self, asked: m.AcknowledgeAlert) -> m.Reply:
        session = await self._officer(asked.requester, Permission.ALERT_ACKNOWLEDGE)
        event = event_of(
            session,
            asked.requester.purpose,
            asked.requester.route,
            Kind.ALERT,
            detail=f"acknowledged alert {asked.alert_id}",
        )
        seen = Seen(session.hospital_id)
        await self._commit(event, asked.alert_id, seen, session.account.name, asked.note)
        return m.Done(asked.alert_id)

    async def _acknowledge_any(self, asked: m.AcknowledgeAnyAlert) -> m.Reply:
        event = Event(
            kind=Kind.ALERT,
            outcome=Outcome.SUCCESS,
            account_id=None,
            role="operator",
            hospital_id=None,
            session_id=None,
            purpose=Purpose.SYSTEM_ADMINISTRATION,
            route="operator",
            detail=f"acknowledged alert {asked.alert_id}",
        )
        await self._commit(event, asked.alert_id, EVERYTHING, asked.by, asked.note)
        return m.Done(asked.alert_id)

    async def _commit(self, event: Event, alert_id: UUID, seen: Seen, by: str, note: str) -> None:
        apply = self._alerts.acknowledgement(
            alert_id, seen, by[:NAME_LENGTH_MAX], note.strip()[:NOTE_LENGTH_MAX]
        )
        await self._ledger.commit(Intent(event, apply=apply))

    async def _officer(self, asked: m.Requester, permission: Permission) -> LiveSession:
        session = await self._sessions.live(asked.token)
        authorise(session.principal, permission, asked.purpose, session.hospital_id)
        return session

    async def _lines(self, seen: Seen, limit: int) -> m.AlertList:
        alerts = await self._alerts.listed(seen, limit)
        names = await self._names(alerts)
        hospitals = {
            hospital_id: (await self._directory.hospital(hospital_id)).name
            for hospital_id in {alert.hospital_id for alert in alerts}
            if hospital_id is not None
        }
        return m.AlertList(
            [_line(alert, names, hospitals) for alert in alerts],
            await self._alerts.waiting(seen),
        )

    async def _names(self, alerts: list[RaisedAlert]) -> dict[UUID, str]:
        names = {}
        for account_id in {alert.record.account_id for alert in alerts}:
            if account_id is None:
                continue
            try:
                account, _ = await self._directory.account(account_id)
            except TokenInvalid:  # an account that is gone
                continue
            names[account_id] = account.name
        return names


def _line(alert: RaisedAlert, names: dict[UUID, str], hospitals: dict[UUID, str]) -> m.AlertLine:
    record = alert.record
    return m.AlertLine(
        alert_id=alert.alert_id,
        kind=record.kind,
        raised_s=record.raised_s,
        hospital=hospitals[alert.hospital_id] if alert.hospital_id else "",
        account=names.get(record.account_id, "") if record.account_id else "",
        subject_id=record.subject_id,
        detail=record.detail,
        acknowledged_s=record.acknowledged_s,
        acknowledged_by=record.acknowledged_by,
        note=record.note,
    )

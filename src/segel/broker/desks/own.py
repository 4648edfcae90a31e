"""What an account asks about itself: its session, its budget, its trail."""

from typing import Final

import msgspec

from segel.broker import messages as m
from segel.broker.alerts import Alerts, Seen
from segel.broker.desks.break_glass import open_glass
from segel.broker.desks.offers import Offer
from segel.broker.desks.record import RecordDesk
from segel.broker.directory import LiveSession
from segel.broker.errors import person_frozen
from segel.broker.glass_deeds import glass_closed
from segel.broker.glasses import Glasses
from segel.broker.live import Sessions
from segel.broker.overview import Overview
from segel.broker.policy import Permission, permitted
from segel.broker.request_rows import RequestRows
from segel.broker.trail import Trail
from segel.broker.watch import Watch
from segel.domain.purpose import Purpose


class OwnDesk:
    """Answers an account's questions about itself."""

    def __init__(
        self,
        sessions: Sessions,
        trail: Trail,
        overview: Overview,
        glasses: Glasses,
        alerts: Alerts,
        requests: RequestRows,
        record: RecordDesk,
        watch: Watch,
    ) -> None:
        self._sessions = sessions
        self._trail = trail
        self._overview = overview
        self._record = record
        self._glasses = glasses
        self._alerts = alerts
        self._watch = watch
        self._requests = requests

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.CheckSession, self._check),
            Offer(m.EndSession, self._end),
            Offer(m.OwnBudget, self._budget),
            Offer(m.OwnTrail, self._own_trail),
        ]

    async def _check(self, asked: m.CheckSession) -> m.Reply:
        live = await self._sessions.live(m.Requester(asked.token, proof=asked.proof))
        if live.frozen:
            raise person_frozen()
        session = msgspec.structs.replace(_session(live), consents=self._watch.consents)
        in_emergency = live.record.purpose is Purpose.EMERGENCY_TREATMENT
        if in_emergency and await self._glasses.open_of(session.account_id) is None:
            raise glass_closed()  # a viewer's session, over with its glass
        if Permission.BREAK_GLASS in session.permissions:
            glass = await open_glass(self._glasses, session.account_id)
            session = msgspec.structs.replace(session, break_glass=glass)
        if Permission.ALERT_READ in session.permissions:
            waiting = await self._alerts.waiting(Seen(session.hospital_id))
            session = msgspec.structs.replace(session, alerts_waiting=waiting)
        if Permission.REQUEST_ANSWER in session.permissions and session.hospital_id:
            asked_for = await self._requests.waiting_in(session.hospital_id)
            session = msgspec.structs.replace(session, requests_waiting=asked_for)
        return session

    async def _end(self, asked: m.EndSession) -> m.Reply:
        await self._sessions.end(asked.token)
        return m.Done()

    async def _budget(self, asked: m.OwnBudget) -> m.Reply:
        return await self._overview.own(await self._sessions.own(asked.requester))

    async def _own_trail(self, asked: m.OwnTrail) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        if session.account.patient_id is None:
            return await self._trail.of_account(session, asked.limit)
        limit = min(asked.limit, m.PAGE_LINES)
        found = await self._record.opened(session, m.OpenRecord(asked.requester, limit=limit))
        return m.AuditTrail([m.AuditLine(line.leaf, line.event) for line in found.document.lines])


_PURPOSES: Final = {
    True: (Purpose.PATIENT_REQUEST,),
    False: (
        Purpose.TREATMENT,
        Purpose.OPERATIONS,
        Purpose.PATIENT_REQUEST,
        Purpose.PUBLIC_HEALTH,
    ),
}
"""For what patients, and all others, use the console."""


_OF_PORTS: Final = frozenset({Permission.DECLARATION_PROOF.value})
"""What officers of a hospital may, and need no menu for where it is no port's health office."""


def _session(session: LiveSession) -> m.Session:
    is_port = session.hospital is not None and session.hospital.port
    hidden = frozenset() if is_port else _OF_PORTS
    return m.Session(
        session_id=session.claims.session_id,
        account_id=session.claims.account_id,
        hospital_id=session.hospital_id,
        role=session.account.role,
        display_name=session.account.name,
        hospital_name=session.hospital.name if session.hospital else "",
        expires_s=session.claims.expires_s,
        hospital_frozen=session.hospital_frozen,
        permissions=sorted(
            {
                permission
                for purpose in _PURPOSES[bool(session.account.patient_id)]
                for permission in permitted(
                    session.principal, purpose, session.hospital_id, session.account.patient_id
                )
                if permission not in hidden
            }
        ),
        method=session.record.method,
        patient_id=session.account.patient_id,
    )

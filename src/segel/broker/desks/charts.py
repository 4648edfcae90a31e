"""Patients and the folders of their charts: found, opened, registered, amended."""

from segel.broker import messages as m
from segel.broker.charts import Charts
from segel.broker.desks.offers import Offer
from segel.broker.live import Sessions


class ChartsDesk:
    """Answers what the doors of records ask for."""

    def __init__(self, sessions: Sessions, charts: Charts) -> None:
        self._sessions = sessions
        self._charts = charts

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.FindPatients, self._find),
            Offer(m.MatchPatients, self._match),
            Offer(m.OpenChart, self._open),
            Offer(m.OpenFolder, self._open_folder),
            Offer(m.RegisterPatient, self._register),
            Offer(m.AmendPatient, self._amend),
            Offer(m.DecideConsent, self._decide),
        ]

    async def _find(self, asked: m.FindPatients) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._charts.find(session, asked.requester, asked.query)

    async def _match(self, asked: m.MatchPatients) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._charts.match(
            session, asked.requester, asked.identity, asked.limit, only_certain=asked.only_certain
        )

    async def _open(self, asked: m.OpenChart) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._charts.open(
            session,
            asked.requester,
            asked.patient_id,
            asked.resource_types,
            asked.interaction,
            copy=asked.copy,
        )

    async def _open_folder(self, asked: m.OpenFolder) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._charts.open_folder(
            session, asked.requester, asked.folder_id, asked.resource_type, asked.interaction
        )

    async def _register(self, asked: m.RegisterPatient) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._charts.register(
            session, asked.requester, asked.identity, asked.request_id
        )

    async def _amend(self, asked: m.AmendPatient) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._charts.amend(session, asked.requester, asked.patient_id, asked.identity)

    async def _decide(self, asked: m.DecideConsent) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._charts.decide(
            session,
            asked.requester,
            asked.patient_id,
            asked.version,
            asked.rules,
            asked.permits,
            asked.mark,
        )

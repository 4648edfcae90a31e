"""The desk for officers who look after a hospital's accounts."""

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.live import Sessions
from segel.broker.overview import Overview
from segel.broker.policy import Permission, authorise


class OversightDesk:
    """Shows a hospital's officers how its accounts are used."""

    def __init__(self, sessions: Sessions, overview: Overview) -> None:
        self._sessions = sessions
        self._overview = overview

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [Offer(m.ListUse, self._use)]

    async def _use(self, asked: m.ListUse) -> m.Reply:
        session = await self._sessions.live(asked.requester.token)
        authorise(
            session.principal, Permission.USE_READ, asked.requester.purpose, session.hospital_id
        )
        assert session.hospital_id is not None
        return await self._overview.of_hospital(session.hospital_id)

"""Venue passes, for the patients themselves."""

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.errors import cards_off
from segel.broker.live import Sessions
from segel.broker.passes import VenuePasses


class PassesDesk:
    """Answers patients. ``passes`` None: none are made here."""

    def __init__(self, sessions: Sessions, passes: VenuePasses | None) -> None:
        self._sessions = sessions
        self._passes = passes

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [Offer(m.IssuePasses, self._issue)]

    async def _issue(self, asked: m.IssuePasses) -> m.Reply:
        if self._passes is None:
            raise cards_off()
        session = await self._sessions.live(asked.requester)
        return await self._passes.issue(session, asked.requester, asked.points)

"""Orders that are due: marked by who writes them, listed for who makes the images."""

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.live import Sessions
from segel.broker.worklist import Worklist


class WorklistDesk:
    """Answers what charts and the worklist's door ask for."""

    def __init__(self, sessions: Sessions, worklist: Worklist) -> None:
        self._sessions = sessions
        self._worklist = worklist

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [Offer(m.MarkDue, self._mark), Offer(m.FindDue, self._find)]

    async def _mark(self, asked: m.MarkDue) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._worklist.mark(session, asked.requester, asked.orders)

    async def _find(self, asked: m.FindDue) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._worklist.find(session, asked.requester, asked.query)

"""The desk for SMART Health Links."""

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.health_links import HealthLinks
from segel.broker.live import Sessions


class HealthLinksDesk:
    """Answers patients about their own links, and strangers who have one."""

    def __init__(self, sessions: Sessions, links: HealthLinks) -> None:
        self._sessions = sessions
        self._links = links

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.MakeHealthLink, self._make),
            Offer(m.ListHealthLinks, self._list),
            Offer(m.EndHealthLink, self._end),
            Offer(m.OpenHealthLink, self._open),
            Offer(m.FetchHealthLink, self._fetch),
        ]

    async def _make(self, asked: m.MakeHealthLink) -> m.Reply:
        return await self._links.make(await self._sessions.live(asked.requester), asked)

    async def _list(self, asked: m.ListHealthLinks) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return m.HealthLinkLines(await self._links.lines(session, asked))

    async def _end(self, asked: m.EndHealthLink) -> m.Reply:
        await self._links.end(await self._sessions.live(asked.requester), asked)
        return m.Done()

    async def _open(self, asked: m.OpenHealthLink) -> m.Reply:
        return await self._links.open(asked)

    async def _fetch(self, asked: m.FetchHealthLink) -> m.Reply:
        return await self._links.fetch(asked.ticket)

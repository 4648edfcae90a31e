"""The desk for warrants, and for what is compared under them."""

from segel.broker import messages as m
from segel.broker.desks.offers import Offer
from segel.broker.leak_histories import LeakHistories
from segel.broker.warrants import Warrants


class WarrantsDesk:
    """Answers officers of the case's own organisation."""

    def __init__(self, warrants: Warrants, histories: LeakHistories) -> None:
        self._warrants = warrants
        self._histories = histories

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.AskWarrant, self._ask),
            Offer(m.ListWarrants, self._list),
            Offer(m.ShowWarrant, self._show),
            Offer(m.RevokeWarrant, self._revoke),
            Offer(m.CloseWarrant, self._close),
            Offer(m.MatchRows, self._match),
            Offer(m.MatchPictures, self._match_pictures),
            Offer(m.CompareVersions, self._compare),
            Offer(m.AskHistory, self._history),
        ]

    async def _ask(self, asked: m.AskWarrant) -> m.Reply:
        return m.Done(await self._warrants.ask(asked))

    async def _list(self, asked: m.ListWarrants) -> m.Reply:
        return await self._warrants.listed(asked.requester, asked.case_id)

    async def _show(self, asked: m.ShowWarrant) -> m.Reply:
        return await self._warrants.show(asked.requester, asked.warrant_id)

    async def _revoke(self, asked: m.RevokeWarrant) -> m.Reply:
        return await self._warrants.revoke(asked)

    async def _close(self, asked: m.CloseWarrant) -> m.Reply:
        return await self._warrants.close(asked)

    async def _match(self, asked: m.MatchRows) -> m.Reply:
        return await self._warrants.match(asked)

    async def _match_pictures(self, asked: m.MatchPictures) -> m.Reply:
        return await self._warrants.match_pictures(asked)

    async def _compare(self, asked: m.CompareVersions) -> m.Reply:
        return await self._histories.compare(asked)

    async def _history(self, asked: m.AskHistory) -> m.Reply:
        return await self._histories.history(asked)

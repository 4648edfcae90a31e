"""What doors ask of the broker about SMART Health Links."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class HealthLinkCalls:
    """``BrokerClient.health_links``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def make(
        self,
        requester: m.Requester,
        label: str,
        passcode: str,
        lifetime_s: int,
        openings: int,
    ) -> m.HealthLinkMade:
        """A new link, without its files yet. Raises HealthLinkUnclear, Forbidden."""
        asked = m.MakeHealthLink(requester, label, passcode, lifetime_s, openings)
        return await self._client.call(asked, m.HealthLinkMade)

    async def lines(self, requester: m.Requester) -> list[m.HealthLinkLine]:
        """The patient's own. Raises Forbidden."""
        return (await self._client.call(m.ListHealthLinks(requester), m.HealthLinkLines)).lines

    async def end(self, requester: m.Requester, link_id: UUID) -> None:
        """Have nobody open it any more. Raises HealthLinkUnknown, Forbidden."""
        await self._client.call(m.EndHealthLink(requester, link_id), m.Done)

    async def open(self, secret: str, passcode: str, recipient: str) -> m.HealthLinkOpened:
        """The key of a link's files. Raises HealthLinkUnknown, PasscodeWrong, BudgetExhausted."""
        asked = m.OpenHealthLink(secret, passcode, recipient)
        return await self._client.call(asked, m.HealthLinkOpened)

    async def fetch(self, ticket: str) -> m.HealthLinkOpened:
        """The same, for whoever opened it within the hour. Raises HealthLinkUnknown."""
        return await self._client.call(m.FetchHealthLink(ticket), m.HealthLinkOpened)

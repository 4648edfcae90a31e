"""What is asked of the broker about laboratories' drawers."""

from typing import TYPE_CHECKING

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class DrawerCalls:
    """``BrokerClient.drawers``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def open(self, requester: m.Requester) -> m.DrawerGrant:
        """The keys of a laboratory's drawers. Raises Forbidden, Frozen, BrokerUnavailable."""
        return await self._client.call(m.OpenDrawer(requester), m.DrawerGrant)

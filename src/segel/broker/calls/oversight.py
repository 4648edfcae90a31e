"""How a hospital's accounts are used, as its officers ask for it."""

from typing import TYPE_CHECKING

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class OversightCalls:
    """``BrokerClient.oversight``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def use(self, requester: m.Requester) -> m.UseReport:
        """Everybody's use of their budget in the requester's hospital. Raises Forbidden."""
        return await self._client.call(m.ListUse(requester), m.UseReport)

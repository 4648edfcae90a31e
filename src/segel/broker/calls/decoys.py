"""What the operator, and the process that plants, ask of the broker about decoys."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class DecoyCalls:
    """``BrokerClient.decoys``; the operator's socket, and for some the planter's."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def plan(self, hospital_code: str, share: float, over_s: float) -> m.DecoysReport:
        """Order decoys. Raises Forbidden for an unknown hospital, OrderInvalid."""
        return await self._client.call(m.PlanDecoys(hospital_code, share, over_s), m.DecoysReport)

    async def report(self) -> m.DecoysReport:
        """How every hospital stands; never which patients."""
        return await self._client.call(m.ReportDecoys(), m.DecoysReport)

    async def compose(self, limit: int) -> m.DecoyBatch:
        """What is due."""
        return await self._client.call(m.ComposeDecoys(limit), m.DecoyBatch)

    async def begin(self, account_id: UUID) -> str:
        """The token of a device's session that plants."""
        return (await self._client.call(m.BeginPlanting(account_id), m.Token)).token

    async def begin_reading(self, hospital_code: str) -> str:
        """The token of a session that reads a hospital's patterns."""
        message = m.BeginPlanting(hospital_code=hospital_code)
        return (await self._client.call(message, m.Token)).token

"""What is asked of the broker about orders that are due."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class WorklistCalls:
    """``BrokerClient.worklist``. Both raise Forbidden, BrokerUnavailable."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def mark(self, requester: m.Requester, orders: Sequence[m.OrderDue]) -> m.DueMarks:
        """What is written beside orders, so that worklists find them."""
        return await self._client.call(m.MarkDue(requester, tuple(orders)), m.DueMarks)

    async def find(self, requester: m.Requester, query: m.DueQuery) -> m.DueList:
        """Whose orders are due. Raises QueryTooBroad, BudgetExhausted."""
        return await self._client.call(m.FindDue(requester, query), m.DueList)

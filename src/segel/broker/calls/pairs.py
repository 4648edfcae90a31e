"""What is asked of the broker about patients who may be registered twice."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m
from segel.domain.pairs import PairState

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class PairCalls:
    """``BrokerClient.pairs``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def listed(
        self, requester: m.Requester, *, decided: bool = False, limit: int = 10
    ) -> m.PairList:
        """Pairs to look at, likeliest first, or those that were decided. Raises Forbidden,
        BudgetExhausted."""
        return await self._client.call(m.ListPairs(requester, decided, limit), m.PairList)

    async def join(self, requester: m.Requester, one: UUID, other: UUID) -> None:
        """Say that two registrations are of one person. Raises Forbidden, PatientUnknown."""
        await self._client.call(m.JoinPatients(requester, one, other), m.Done)

    async def decide(self, requester: m.Requester, pair_id: UUID, state: PairState) -> None:
        """Say what a pair is. Raises Forbidden, PairUnknown."""
        await self._client.call(m.DecidePair(requester, pair_id, state), m.Done)

"""What is asked of the broker by whoever answers for an archive's cards."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class CardOversightCalls:
    """``BrokerClient.card_oversight``. All raise CardsOff, Forbidden, BrokerUnavailable."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def look(self, requester: m.Requester) -> m.CardOversight:
        """Who signs, which lists are the newest, how much is revoked."""
        return await self._client.call(m.OverseeCards(requester), m.CardOversight)

    async def publish(self, requester: m.Requester) -> None:
        """Have the lists made now, where something in them changed."""
        await self._client.call(m.PublishListsNow(requester), m.Done)

    async def take(self, requester: m.Requester, marks: Sequence[bytes], ends_s: float) -> int:
        """Take in the marks of others' revoked cards, in as many messages as they need; how many
        were new. Said again after a failure, nothing counts twice. Raises MarksMany."""
        new = 0
        for start in range(0, len(marks), m.TAKEN_MAX):
            some = tuple(marks[start : start + m.TAKEN_MAX])
            taken = await self._client.call(m.TakeMarks(requester, some, ends_s), m.MarksTaken)
            new += taken.new
        return new

    async def revoke(
        self, requester: m.Requester, marks: Sequence[bytes], ends_s: float, rid: str = ""
    ) -> None:
        """Revoke a card of this archive's by its marks."""
        await self._client.call(m.RevokeShown(requester, tuple(marks), ends_s, rid), m.Done)

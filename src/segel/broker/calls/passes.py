"""What is asked of the broker about venue passes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class PassCalls:
    """``BrokerClient.passes``. Raises CardsOff, Forbidden, BrokerUnavailable."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def issue(self, requester: m.Requester, points: Sequence[bytes]) -> m.IssuedPasses:
        """A pass for each key of the asking patient. Raises CardNotMade where nothing on record
        says that they are fit, or these are no keys; CardsMany."""
        return await self._client.call(m.IssuePasses(requester, tuple(points)), m.IssuedPasses)

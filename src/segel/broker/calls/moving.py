"""What is asked of the broker about moving keys."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class MovingCalls:
    """``BrokerClient.moving``. Each raises MoveRefused, BrokerUnavailable."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def begin(self, kms: Mapping[str, Any], approval_id: UUID) -> m.KeyWork:
        """Begin a move that others agreed to; the operator's socket only."""
        return await self._client.call(m.BeginMove(dict(kms), approval_id), m.KeyWork)

    async def ask(self, requester: m.Requester, kms: Mapping[str, Any] | None = None) -> UUID:
        """Ask that others agree to a move to ``kms``; without one, to its end. Raises Forbidden."""
        message = m.AskMove(requester, None if kms is None else dict(kms))
        identifier = (await self._client.call(message, m.Done)).identifier
        assert identifier is not None
        return identifier

    async def finish(self, approval_id: UUID) -> m.KeyWork:
        """Empty the old KMS; the operator's socket only."""
        return await self._client.call(m.FinishMove(approval_id), m.KeyWork)

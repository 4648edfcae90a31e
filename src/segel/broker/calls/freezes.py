"""Freezes, as officers and the operator ask for them."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class FreezeCalls:
    """``BrokerClient.freezes``. Without a requester, on the operator's socket only."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def freeze(
        self,
        requester: m.Requester | None,
        kind: m.TargetKind,
        name: str,
        reason: str,
        until_s: float = 0.0,
    ) -> UUID:
        """Freeze; the freeze's id. Raises TargetUnknown, Forbidden, ReasonMissing."""
        message: m.Freeze | m.OperatorFreeze
        if requester is None:
            message = m.OperatorFreeze(kind, name, reason, until_s)
        else:
            message = m.Freeze(requester, kind, name, reason, until_s)
        identifier = (await self._client.call(message, m.Done)).identifier
        assert identifier is not None
        return identifier

    async def listed(self, requester: m.Requester | None) -> list[m.FreezeLine]:
        """Freezes that were not lifted, the newest first."""
        message = m.OperatorListFreezes() if requester is None else m.ListFreezes(requester)
        return (await self._client.call(message, m.FreezeList)).freezes

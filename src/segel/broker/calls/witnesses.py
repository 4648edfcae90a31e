"""What is asked of the broker about its log's witnesses."""

from typing import TYPE_CHECKING

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class WitnessCalls:
    """``BrokerClient.witnesses``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def report(self) -> m.WitnessReport:
        """Who witnesses, how they do, and what a quorum cosigned last."""
        return await self._client.call(m.ReportWitnesses(), m.WitnessReport)

    async def receipt(self, leaf_index: int) -> bytes:
        """A receipt of an entry, in the newest checkpoint that others see. Raises EntryUnknown."""
        return (await self._client.call(m.ProveEntry(leaf_index), m.EntryReceipt)).receipt

"""What the operator asks of the broker about keys."""

from typing import TYPE_CHECKING

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class KeyCalls:
    """``BrokerClient.keys``; the operator's socket only."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def report(self) -> m.KeysReport:
        """KEKs, versions, what is to be wrapped anew, escrow."""
        return await self._client.call(m.ReportKeys(), m.KeysReport)

    async def rotate(self, hospital_code: str = "") -> m.KeyWork:
        """Begin a rotation, or go on with one that is under way. Raises Forbidden."""
        return await self._client.call(m.RotateKeys(hospital_code), m.KeyWork)

    async def follow(self) -> m.KeyWork:
        """How far it is."""
        return await self._client.call(m.FollowKeys(), m.KeyWork)

    async def split_escrow(self, message: m.SplitEscrow) -> m.EscrowReport:
        """Seal to a new escrow's key from now on."""
        await self._client.call(message, m.KeyWork)
        return (await self.report()).escrow

    async def rehearse_escrow(self, fingerprint: str, test: bytes) -> None:
        """Have a rehearsal remembered. Raises EscrowRefused."""
        await self._client.call(m.RehearseEscrow(fingerprint, test), m.KeyWork)

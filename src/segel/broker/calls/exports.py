"""What is asked of the broker about bulk exports."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class ExportCalls:
    """``BrokerClient.exports``. All raise Forbidden, Frozen, BrokerUnavailable."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def ask(
        self,
        requester: m.Requester,
        recipient: str,
        reason: str,
        types: Iterable[str] = (),
        since_s: float = 0.0,
        address: str = "",
    ) -> m.ExportReport:
        """Ask for one. Raises ExportUnclear, ReasonMissing."""
        asked = m.AskExport(requester, recipient, reason, tuple(types), since_s, address)
        return await self._client.call(asked, m.ExportReport)

    async def show(self, requester: m.Requester, export_id: UUID) -> m.ExportReport:
        """How an own one stands. Raises ExportUnknown."""
        return await self._client.call(m.ShowExport(requester, export_id), m.ExportReport)

    async def end(self, requester: m.Requester, export_id: UUID) -> None:
        """Take an own one back, or end it. Raises ExportUnknown."""
        await self._client.call(m.EndExport(requester, export_id), m.Done)

    async def open(
        self, requester: m.Requester, export_id: UUID, part: int, place: int, resource_type: str
    ) -> m.Exported:
        """What it may take of one patient. Raises ExportUnknown, ExportWaiting, ExportRefused."""
        asked = m.OpenExported(requester, export_id, part, place, resource_type)
        return await self._client.call(asked, m.Exported)

    async def log_file(
        self,
        requester: m.Requester,
        export_id: UUID,
        part: int,
        resource_type: str,
        *,
        rows: int,
        size: int,
        digest: bytes,
    ) -> None:
        """Write down a file that is about to be given whole. Raises as ``open``."""
        asked = m.LogExportFile(requester, export_id, part, resource_type, rows, size, digest)
        await self._client.call(asked, m.Done)

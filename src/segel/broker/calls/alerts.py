"""What is asked of the broker about alerts."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class AlertCalls:
    """``BrokerClient.alerts``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def listed(self, requester: m.Requester, limit: int = 100) -> m.AlertList:
        """The alerts of the officer's hospital, newest first. Raises Forbidden."""
        return await self._client.call(m.ListAlerts(requester, limit), m.AlertList)

    async def acknowledge(self, requester: m.Requester, alert_id: UUID, note: str = "") -> None:
        """Say that it was seen. Raises Forbidden, AlertUnknown."""
        await self._client.call(m.AcknowledgeAlert(requester, alert_id, note), m.Done)

    # --- operator's socket only ---------------------------------------------------------------

    async def all(self, limit: int = 100) -> m.AlertList:
        """The alerts of every hospital, newest first."""
        return await self._client.call(m.ListAllAlerts(limit), m.AlertList)

    async def acknowledge_any(self, alert_id: UUID, by: str, note: str = "") -> None:
        """Acknowledge for a person. Raises AlertUnknown."""
        await self._client.call(m.AcknowledgeAnyAlert(alert_id, by, note), m.Done)

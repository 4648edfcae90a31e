"""What is asked of the broker to take audit entries elsewhere."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class AuditExportCalls:
    """``BrokerClient.audit_export``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def page(
        self,
        requester: m.Requester,
        first: int = 0,
        until: int = 0,
        *,
        own: bool = False,
        limit: int = 500,
        since_s: float = 0.0,
        before_s: float = 0.0,
        agent: UUID | None = None,
    ) -> m.AuditPage:
        """Entries from leaf ``first`` on. Raises Forbidden, BudgetExhausted."""
        asked = m.ExportAudit(requester, first, until, limit, own, since_s, before_s, agent)
        return await self._client.call(asked, m.AuditPage)

    async def forwarding(self) -> m.ForwardStatus:
        """How far the forwarder is; the operator's socket only."""
        return await self._client.call(m.FollowForwarding(), m.ForwardStatus)

"""What needs two people, as they ask for it and decide it."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class ApprovalCalls:
    """``BrokerClient.approvals``; every call is some person's."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def request(
        self,
        requester: m.Requester,
        kind: m.ApprovalKind,
        subject: dict[str, str],
        reason: str,
        lifetime_s: int = 0,
    ) -> UUID:
        """Ask; the request's id. Raises Forbidden, ReasonMissing, and what the kind checks."""
        message = m.RequestApproval(requester, kind, subject, reason, lifetime_s)
        identifier = (await self._client.call(message, m.Done)).identifier
        assert identifier is not None
        return identifier

    async def decide(
        self, requester: m.Requester, approval_id: UUID, reason: str, *, approve: bool
    ) -> m.ApprovalLine:
        """Approve or reject. Raises ApprovalError, Forbidden."""
        message = m.DecideApproval(requester, approval_id, approve, reason)
        return await self._client.call(message, m.ApprovalLine)

    async def withdraw(self, requester: m.Requester, approval_id: UUID) -> m.ApprovalLine:
        """Take an own request back. Raises ApprovalError."""
        return await self._client.call(m.WithdrawApproval(requester, approval_id), m.ApprovalLine)

    async def listed(self, requester: m.Requester) -> m.ApprovalList:
        """Own requests, and those that the requester may decide."""
        return await self._client.call(m.ListApprovals(requester), m.ApprovalList)

    async def show(self, requester: m.Requester, approval_id: UUID) -> m.ApprovalLine:
        """One of them. Raises ApprovalUnknown."""
        return await self._client.call(m.ShowApproval(requester, approval_id), m.ApprovalLine)

    async def to_decide(self, requester: m.Requester) -> int:
        """How many wait for the requester."""
        return (await self._client.call(m.CountApprovals(requester), m.ApprovalCount)).to_decide

"""What is asked of the broker about accesses and reasons."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m
from segel.domain.break_glass import Verdict

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class AccessCalls:
    """``BrokerClient.accesses``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def listed(self, requester: m.Requester, limit: int = 50) -> m.AccessList:
        """What the officer should look at, most remarkable first. Raises Forbidden."""
        return await self._client.call(m.ListAccesses(requester, limit), m.AccessList)

    async def review(self, requester: m.Requester, access_id: UUID, finding: Verdict) -> None:
        """Take one off the list. Raises Forbidden, AccessUnknown, OwnReview."""
        await self._client.call(m.ReviewAccess(requester, access_id, finding), m.Done)

    # --- operator's socket only ---------------------------------------------------------------

    async def file_reason(self, reason: m.FileReason) -> UUID | None:
        """File a reason. Raises PatientUnknown, AccountUnknown, Forbidden."""
        return (await self._client.call(reason, m.Done)).identifier

    async def assign_units(self, account: str, units: list[str]) -> None:
        """Say in which departments an account works. Raises AccountUnknown."""
        await self._client.call(m.AssignUnits(account, units), m.Done)

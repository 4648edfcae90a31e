"""What is asked of the broker about breaking the glass, and about its reviews."""

from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m
from segel.domain.break_glass import Emergency, Verdict

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class BreakGlassCalls:
    """``BrokerClient.break_glass``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def state(self, requester: m.Requester) -> m.GlassState:
        """How the account stands. Raises Forbidden for roles that treat nobody."""
        return await self._client.call(m.OwnBreakGlass(requester), m.GlassState)

    async def begin(self, requester: m.Requester, code: Emergency, reason: str) -> m.GlassState:
        """Take the allowance. Raises ReasonUnclear, BreakGlassBarred, BreakGlassUsedUp."""
        return await self._client.call(m.BeginBreakGlass(requester, code, reason), m.GlassState)

    async def end(self, requester: m.Requester) -> m.GlassState:
        """End the open one. Raises GlassClosed."""
        return await self._client.call(m.EndBreakGlass(requester), m.GlassState)

    async def reviews(self, requester: m.Requester) -> m.ReviewList:
        """The break-glasses of the officer's hospital. Raises Forbidden."""
        return await self._client.call(m.ListReviews(requester), m.ReviewList)

    async def review(self, requester: m.Requester, glass_id: UUID) -> m.Review:
        """One of them, with what was opened. Raises Forbidden, GlassUnknown."""
        return await self._client.call(m.ReadReview(requester, glass_id), m.Review)

    async def decide(
        self, requester: m.Requester, glass_id: UUID, verdict: Verdict, text: str
    ) -> m.Review:
        """Write the verdict. Raises Forbidden, GlassUnknown, OwnReview, ReasonUnclear."""
        return await self._client.call(m.DecideReview(requester, glass_id, verdict, text), m.Review)

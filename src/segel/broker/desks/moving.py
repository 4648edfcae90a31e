"""The desk for moving keys to another KMS."""

import asyncio

from segel.broker import messages as m
from segel.broker.approvals import Approvals
from segel.broker.desks.keys import work_of
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.keeper import Keeper
from segel.broker.live import Sessions
from segel.broker.moving import Moving


class MovingDesk:
    """Asks that a move and its end be agreed to, begins it and ends it."""

    def __init__(
        self, sessions: Sessions, moving: Moving, keeper: Keeper, approvals: Approvals
    ) -> None:
        self._sessions = sessions
        self._moving = moving
        self._keeper = keeper
        self._approvals = approvals

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.BeginMove, self._begin, OPERATOR_ONLY),
            Offer(m.AskMove, self._ask),
            Offer(m.FinishMove, self._finish, OPERATOR_ONLY),
        ]

    async def _begin(self, asked: m.BeginMove) -> m.Reply:
        await self._moving.begin(asked.kms, asked.approval_id)
        return work_of(self._keeper)

    async def _ask(self, asked: m.AskMove) -> m.Reply:
        session = await self._sessions.live(asked.requester.token)
        if asked.kms is None:
            matter = await asyncio.to_thread(self._moving.end)
            why = "Every key was moved: empty the old KMS."
        else:
            matter = self._moving.beginning(asked.kms)
            why = "Every key is to move to this KMS."
        approval_id = await self._approvals.request(
            session,
            asked.requester,
            m.ApprovalKind.KEY_MOVE,
            matter,
            why,
        )
        return m.Done(approval_id)

    async def _finish(self, asked: m.FinishMove) -> m.Reply:
        await self._moving.finish(asked.approval_id)
        return work_of(self._keeper)

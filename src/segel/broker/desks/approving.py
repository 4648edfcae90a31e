"""The desk for what needs two people."""

from uuid import UUID

from segel.broker import messages as m
from segel.broker.approval_rules import Approval
from segel.broker.approvals import Approvals
from segel.broker.desks.offers import Offer
from segel.broker.directory import Directory, LiveSession
from segel.broker.live import Sessions
from segel.broker.messages import ApprovalState, Requester


class ApprovingDesk:
    """Takes requests and decisions, and shows them to whom they concern."""

    def __init__(self, sessions: Sessions, directory: Directory, approvals: Approvals) -> None:
        self._sessions = sessions
        self._directory = directory
        self._approvals = approvals

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.RequestApproval, self._request),
            Offer(m.DecideApproval, self._decide),
            Offer(m.WithdrawApproval, self._withdraw),
            Offer(m.ListApprovals, self._list),
            Offer(m.ShowApproval, self._show),
            Offer(m.CountApprovals, self._count),
        ]

    async def _request(self, asked: m.RequestApproval) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        approval_id = await self._approvals.request(
            session, asked.requester, asked.kind, asked.subject, asked.reason, asked.lifetime_s
        )
        return m.Done(approval_id)

    async def _decide(self, asked: m.DecideApproval) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        approval = await self._approvals.decide(
            session, asked.requester, asked.approval_id, asked.approve, asked.reason
        )
        return await self._line(session, asked.requester, asked.approval_id, approval)

    async def _withdraw(self, asked: m.WithdrawApproval) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        approval = await self._approvals.withdraw(session, asked.requester, asked.approval_id)
        return await self._line(session, asked.requester, asked.approval_id, approval)

    async def _show(self, asked: m.ShowApproval) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        approval = await self._approvals.visible(session, asked.requester, asked.approval_id)
        return await self._line(session, asked.requester, asked.approval_id, approval)

    async def _list(self, asked: m.ListApprovals) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        listed = await self._approvals.listed(session, asked.requester)
        lines = [await self._line(session, asked.requester, *one) for one in listed]
        return m.ApprovalList(lines, sum(line.decidable for line in lines))

    async def _count(self, asked: m.CountApprovals) -> m.Reply:
        session = await self._sessions.own(asked.requester)
        listed = await self._approvals.listed(session, asked.requester)
        may = [self._approvals.may_decide(session, asked.requester, one) for _, one in listed]
        return m.ApprovalCount(sum(may))

    async def _line(
        self, session: LiveSession, asked: Requester, approval_id: UUID, approval: Approval
    ) -> m.ApprovalLine:
        me = session.claims.account_id
        state = approval.state(self._approvals.now_s)
        return m.ApprovalLine(
            approval_id=approval_id,
            kind=approval.kind,
            subject=approval.subject,
            shown=approval.shown,
            reason=approval.reason,
            asked_by=await self._directory.name_of(approval.asked_by),
            asked_s=approval.asked_s,
            expires_s=approval.expires_s,
            needed=approval.needed,
            decisions=[
                m.DecisionLine(
                    await self._directory.name_of(one.by), one.approves, one.reason, one.at_s
                )
                for one in approval.decisions
            ],
            state=state,
            used_s=approval.used_s,
            own=approval.asked_by == me,
            decidable=self._approvals.may_decide(session, asked, approval),
            rejectable=state in (ApprovalState.WAITING, ApprovalState.APPROVED)
            and any(one.by == me for one in approval.decisions),
        )

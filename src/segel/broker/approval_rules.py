"""A request for approval as a value, and what may happen to it. Pure.

::

    WAITING ──approve, enough──▶ APPROVED ──use──▶ USED
       │  └──approve, too few──▶ WAITING     │
       └── reject, withdraw, time ───────────┴──▶ REJECTED, WITHDRAWN, EXPIRED

Nobody decides what they asked for, nobody approves twice, and one rejection ends it: also that of
somebody who approved before. Every cell of states × events is in ``tests/broker/test_approvals``.
"""

from collections.abc import Mapping
from typing import Final, assert_never
from uuid import UUID

import msgspec

from segel.broker.errors import (
    ApprovalForAnother,
    ApprovalNotGiven,
    ApprovalNotYours,
    ApprovalOver,
)
from segel.broker.messages import ApprovalKind, ApprovalState

DAY_S: Final = 86_400

NEEDED: Final[Mapping[ApprovalKind, int]] = {
    ApprovalKind.EXPORT: 2,
    ApprovalKind.WARRANT: 2,
    ApprovalKind.KEY_MOVE: 2,
    ApprovalKind.ERASURE: 1,
    ApprovalKind.EARLY_ERASURE: 2,
    ApprovalKind.DESTRUCTION: 2,
    ApprovalKind.BUDGET_RAISE: 2,
    ApprovalKind.UNFREEZE: 1,
}
"""How many have to approve, besides whoever asks. Who asks for a freeze's end has nothing to gain
(a frozen account cannot ask), nor has who asks for an erasure: they are the first of the two
people. In all else the asker gains; and what ends a medical record before its time, or many at
once, is worth a third pair of eyes."""

LIFETIME_S: Final[Mapping[ApprovalKind, int]] = {
    ApprovalKind.EXPORT: 7 * DAY_S,
    ApprovalKind.WARRANT: 7 * DAY_S,
    ApprovalKind.KEY_MOVE: 7 * DAY_S,
    ApprovalKind.ERASURE: 14 * DAY_S,
    ApprovalKind.EARLY_ERASURE: 14 * DAY_S,
    ApprovalKind.DESTRUCTION: 14 * DAY_S,
    ApprovalKind.BUDGET_RAISE: DAY_S,
    ApprovalKind.UNFREEZE: 3 * DAY_S,
}
"""How long a request can be decided and used: a week with its weekend; more is for a later day."""

LIFETIME_MAX_S: Final = 30 * DAY_S

Subject = Mapping[str, str]


class Decision(msgspec.Struct, frozen=True):
    """What one person decided, when and why."""

    by: UUID
    approves: bool
    reason: str
    at_s: float


class Approval(msgspec.Struct, frozen=True):
    """A request as it is sealed in its row. Times are Unix times, 0 for never.

    ``subject`` says exactly what may be done once; ``shown`` the same in names, for people.
    """

    kind: ApprovalKind
    subject: dict[str, str]
    shown: dict[str, str]
    hospital_id: UUID | None
    reason: str
    asked_by: UUID
    asked_s: float
    expires_s: float
    needed: int
    decisions: tuple[Decision, ...] = ()
    withdrawn_s: float = 0.0
    used_s: float = 0.0

    def state(self, now_s: float) -> ApprovalState:
        """Where it stands."""
        if self.used_s:
            return ApprovalState.USED
        if self.withdrawn_s:
            return ApprovalState.WITHDRAWN
        if any(not decision.approves for decision in self.decisions):
            return ApprovalState.REJECTED
        if self.expires_s <= now_s:
            return ApprovalState.EXPIRED
        if len(self.decisions) >= self.needed:
            return ApprovalState.APPROVED
        return ApprovalState.WAITING

    def people(self) -> set[UUID]:
        """Everybody who asked or decided."""
        return {self.asked_by, *(decision.by for decision in self.decisions)}


def decided(approval: Approval, decision: Decision) -> Approval:
    """The request with one more decision. Raises ApprovalNotYours, ApprovalOver."""
    if decision.by == approval.asked_by:
        raise ApprovalNotYours(
            "Nobody decides their own request.", remedy="Somebody else has to, or withdraw it."
        )
    state = approval.state(decision.at_s)
    if state not in (ApprovalState.WAITING, ApprovalState.APPROVED):
        raise over(state)
    approved_before = any(one.by == decision.by for one in approval.decisions)
    if decision.approves and approved_before:
        raise ApprovalNotYours(
            "You have approved this already.", remedy="A second person has to approve it, too."
        )
    if decision.approves and state is ApprovalState.APPROVED:
        raise ApprovalOver("Enough people have approved this.", remedy="It can be used now.")
    others = tuple(one for one in approval.decisions if one.by != decision.by)
    return msgspec.structs.replace(approval, decisions=(*others, decision))


def withdrawn(approval: Approval, by: UUID, now_s: float) -> Approval:
    """The request taken back. Raises ApprovalNotYours, ApprovalOver."""
    if by != approval.asked_by:
        raise ApprovalNotYours(
            "Only whoever asked can withdraw a request.", remedy="Reject it instead."
        )
    state = approval.state(now_s)
    if state not in (ApprovalState.WAITING, ApprovalState.APPROVED):
        raise over(state)
    return msgspec.structs.replace(approval, withdrawn_s=now_s)


def used(approval: Approval, kind: ApprovalKind, subject: Subject, now_s: float) -> Approval:
    """The request, used for the one thing it names.

    Raises ApprovalForAnother, ApprovalNotGiven, ApprovalOver.
    """
    if approval.kind is not kind or approval.subject != dict(subject):
        raise ApprovalForAnother(
            "This approval is for something else.", remedy="Ask for one of exactly this."
        )
    state = approval.state(now_s)
    if state is ApprovalState.WAITING:
        missing = approval.needed - len(approval.decisions)
        raise ApprovalNotGiven(
            f"This is not approved yet: {missing} more must approve it.",
            remedy="Ask the data protection officer or the administrator.",
        )
    if state is not ApprovalState.APPROVED:
        raise over(state)
    return msgspec.structs.replace(approval, used_s=now_s)


def over(state: ApprovalState) -> ApprovalOver:
    """Why nothing can be done with a request any more."""
    match state:
        case ApprovalState.REJECTED:
            what = "This request was rejected."
        case ApprovalState.WITHDRAWN:
            what = "This request was withdrawn."
        case ApprovalState.EXPIRED:
            what = "This request has expired."
        case ApprovalState.USED:
            what = "This approval was used: it is good for once."
        case ApprovalState.WAITING | ApprovalState.APPROVED:
            raise AssertionError("a request in this state is not over")
        case _:
            assert_never(state)
    return ApprovalOver(what, remedy="Make a new request.")

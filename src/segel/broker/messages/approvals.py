"""What needs two people: asked for, decided, and used once."""

from enum import StrEnum
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester


class ApprovalKind(StrEnum):
    """What can need the approval of others."""

    EXPORT = "export"
    WARRANT = "warrant"
    UNFREEZE = "unfreeze"
    KEY_MOVE = "key-move"
    ERASURE = "erasure"
    EARLY_ERASURE = "early-erasure"
    DESTRUCTION = "destruction"
    BUDGET_RAISE = "budget-raise"


class ApprovalState(StrEnum):
    """Where a request stands. The first two can still change, the others are final."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    USED = "used"


class DecisionLine(msgspec.Struct, frozen=True):
    """One person's decision."""

    by: str
    approves: bool
    reason: str
    at_s: float


class ApprovalLine(Message, frozen=True):
    """One request as somebody may see it. Times are Unix times, 0 for never.

    ``subject`` is exactly what is approved, ``shown`` says it in names. ``own``: the asking account
    made it. ``decidable``: it may decide it now, ``rejectable``: it approved and may still stop it.
    """

    approval_id: UUID
    kind: ApprovalKind
    subject: dict[str, str]
    shown: dict[str, str]
    reason: str
    asked_by: str
    asked_s: float
    expires_s: float
    needed: int
    decisions: list[DecisionLine]
    state: ApprovalState
    used_s: float
    own: bool
    decidable: bool
    rejectable: bool


class ApprovalList(Message, frozen=True):
    """Requests, the newest first. ``to_decide`` counts those that wait for the asking account."""

    approvals: list[ApprovalLine]
    to_decide: int


class RequestApproval(Message, frozen=True):
    """Ask for the approval of others; the reply names the request.

    ``lifetime_s``: how long it may be decided and used, 0 for the kind's own.
    """

    requester: Requester
    kind: ApprovalKind
    subject: dict[str, str]
    reason: str
    lifetime_s: int = 0


class DecideApproval(Message, frozen=True):
    """Approve or reject. Whoever approved may still reject until it is used."""

    requester: Requester
    approval_id: UUID
    approve: bool
    reason: str


class WithdrawApproval(Message, frozen=True):
    """Take an own request back."""

    requester: Requester
    approval_id: UUID


class ListApprovals(Message, frozen=True):
    """The asking account's own requests, and those that it may decide or see decided."""

    requester: Requester


class ShowApproval(Message, frozen=True):
    """One of them."""

    requester: Requester
    approval_id: UUID


class CountApprovals(Message, frozen=True):
    """How many wait for the asking account's decision; for the navigation."""

    requester: Requester


class ApprovalCount(Message, frozen=True):
    to_decide: int


Request = (
    RequestApproval
    | DecideApproval
    | WithdrawApproval
    | ListApprovals
    | ShowApproval
    | CountApprovals
)
Reply = ApprovalLine | ApprovalList | ApprovalCount

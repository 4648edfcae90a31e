"""What an account asks about itself: its session, its budget, its trail."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Proof, Requester
from segel.domain.roles import Role


class Session(Message, frozen=True):
    """What a verified token stands for. ``expires_s`` is Unix time in seconds.

    ``permissions``: what the policy would permit for treatment in the own hospital; for menus and
    early answers, never instead of asking. ``hospital_frozen``: nothing of it is shown to anybody.
    ``method``: how its holder was recognised.
    """

    session_id: UUID
    account_id: UUID
    hospital_id: UUID | None
    role: Role
    display_name: str
    hospital_name: str
    expires_s: int
    permissions: list[str] = msgspec.field(default_factory=list)
    hospital_frozen: bool = False
    method: str = ""


class BudgetUse(msgspec.Struct, frozen=True):
    """Distinct patients in one window: ``used`` may have fifths, for listed search results."""

    window: str
    seconds: int
    used: float
    limit: int


class BudgetReport(Message, frozen=True):
    """An account's own use of its budget."""

    windows: list[BudgetUse]


class AuditLine(msgspec.Struct, frozen=True):
    """One opened audit event: FHIR AuditEvent as JSON text, and its leaf index."""

    leaf_index: int
    event: str


class AuditTrail(Message, frozen=True):
    lines: list[AuditLine]


class CheckSession(Message, frozen=True):
    token: str
    proof: Proof | None = None


class EndSession(Message, frozen=True):
    token: str


class OwnBudget(Message, frozen=True):
    requester: Requester


class OwnTrail(Message, frozen=True):
    """The newest audit events of the asking account (of a patient: of their record)."""

    requester: Requester
    limit: int = 50


Request = CheckSession | EndSession | OwnBudget | OwnTrail
Reply = Session | BudgetReport | AuditTrail

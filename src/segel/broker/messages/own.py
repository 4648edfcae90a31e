"""What an account asks about itself: its session, its budget, its trail."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Proof, Requester
from segel.broker.messages.break_glass import OpenGlass
from segel.domain.roles import Role


class Session(Message, frozen=True):
    """What a verified token stands for. ``expires_s`` is Unix time in seconds.

    ``permissions``: what the policy would permit for treatment in the own hospital; for menus and
    early answers, never instead of asking. ``hospital_frozen``: nothing of it is shown to anybody.
    ``method``: how its holder was recognised.
    ``break_glass``: the one that the account has open. ``alerts_waiting``, ``requests_waiting``:
    for those who may see alerts, and answer what people ask about their own data.
    ``patient_id``: whose own account it is, where it is a patient's.
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
    break_glass: OpenGlass | None = None
    alerts_waiting: int = 0
    requests_waiting: int = 0
    method: str = ""
    patient_id: UUID | None = None
    consents: str = ""
    """See ``StudyGrant``."""


class BudgetUse(msgspec.Struct, frozen=True):
    """Distinct patients in one window: ``used`` may have fifths, for listed search results."""

    window: str
    seconds: int
    used: float
    limit: int


class RaiseLine(msgspec.Struct, frozen=True):
    """So many patients more in every window, until a Unix time; ``why``: who allowed it."""

    more: int
    until_s: float
    why: str


class BudgetReport(Message, frozen=True):
    """An account's own use of its budget, with what is raised, and what is left around it."""

    windows: list[BudgetUse]
    more: list[RaiseLine] = msgspec.field(default_factory=list)
    hospital: list[BudgetUse] = msgspec.field(default_factory=list)
    estate: list[BudgetUse] = msgspec.field(default_factory=list)


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

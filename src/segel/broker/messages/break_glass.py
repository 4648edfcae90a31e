"""Break-glass: begun and ended by an account, reviewed by the data protection officer."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.break_glass import Emergency, Verdict


class OpenGlass(msgspec.Struct, frozen=True):
    """A break-glass that is open: ``used`` of ``patients`` until ``until_s`` (Unix time)."""

    glass_id: UUID
    begun_s: float
    until_s: float
    patients: int
    used: float


class GlassLine(msgspec.Struct, frozen=True):
    """One break-glass and its review. Times are Unix seconds, 0 for not yet.

    ``account``: who broke it. ``verdict`` None: nobody has looked at it.
    """

    glass_id: UUID
    account: str
    code: Emergency
    reason: str
    patients: int
    used: float
    begun_s: float
    until_s: float
    ended_s: float
    due_s: float
    overdue: bool
    verdict: Verdict | None = None
    verdict_text: str = ""
    verdict_s: float = 0.0
    reviewer: str = ""


class GlassState(Message, frozen=True):
    """How an account stands with breaking the glass.

    ``hindrance``: '' where it may, else 'open', 'barred' or 'used-up' (until ``again_s``).
    The four numbers after are the rules: what one gives, for how long, how often, reviewed when.
    """

    open: OpenGlass | None
    hindrance: str
    left_today: int
    again_s: float
    patients: int
    window_s: int
    per_day: int
    review_s: int
    past: list[GlassLine] = msgspec.field(default_factory=list)


class OpeningLine(msgspec.Struct, frozen=True):
    """What was opened under a break-glass: ``kind`` 'READ' or 'QUERY'.

    ``patients``: numbers that tell the patients of this review apart, and nothing else.
    ``beyond``: whether the budget alone would not have given it. ``reasons``: what explains it.
    """

    at_s: float
    kind: str
    patients: list[int]
    beyond: bool
    reasons: list[str] = []


class Review(Message, frozen=True):
    """A break-glass with what was opened under it. ``account_id``: for a freeze."""

    line: GlassLine
    account_id: UUID
    openings: list[OpeningLine]
    own: bool


class ReviewList(Message, frozen=True):
    """Those that wait first, by their deadline; then those that are decided, newest first."""

    lines: list[GlassLine]
    waiting: int


class BeginBreakGlass(Message, frozen=True):
    """Take the allowance now. Afterwards requests for ETREAT are answered with it."""

    requester: Requester
    code: Emergency
    reason: str


class EndBreakGlass(Message, frozen=True):
    """End it before its time."""

    requester: Requester


class OwnBreakGlass(Message, frozen=True):
    """How the asking account stands, with its newest break-glasses and their verdicts."""

    requester: Requester


class ListReviews(Message, frozen=True):
    requester: Requester


class ReadReview(Message, frozen=True):
    requester: Requester
    glass_id: UUID


class DecideReview(Message, frozen=True):
    """Write a verdict; after FOLLOW_UP another may follow."""

    requester: Requester
    glass_id: UUID
    verdict: Verdict
    text: str


Request = BeginBreakGlass | EndBreakGlass | OwnBreakGlass | ListReviews | ReadReview | DecideReview
Reply = GlassState | Review | ReviewList

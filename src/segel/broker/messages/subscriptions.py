"""What hospitals' systems want to be told of: written, noted, told, looked up."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.records import Interaction

# --- doors ---------------------------------------------------------------------------------------


class SubscriptionDraft(msgspec.Struct, frozen=True):
    """What somebody wants to be told of, and where.

    ``resource_type``, ``criteria``: of what, as a FHIR search. ``headers``: to be sent along;
    those whose value is ``HIDDEN`` stay as they are. ``end_s``: until when, 0: for ever.
    ``status``: as R4 has it. ``body``: the resource as JSON, without its headers.
    """

    resource_type: str
    criteria: str
    endpoint: str
    headers: tuple[str, ...]
    end_s: float
    status: str
    body: bytes

    def __repr__(self) -> str:
        return f"SubscriptionDraft(resource_type={self.resource_type!r})"


HIDDEN = "***"
"""In the place of what a header says, wherever it is shown."""


class WriteSubscription(Message, frozen=True):
    """A new subscription, or with an id the next version of one. ``expected``: the version that
    the change was made of."""

    requester: Requester
    draft: SubscriptionDraft
    subscription_id: UUID | None = None
    expected: int | None = None


class ReadSubscriptions(Message, frozen=True):
    """One's own subscriptions, or one of them."""

    requester: Requester
    interaction: Interaction
    subscription_id: UUID | None = None


class RemoveSubscription(Message, frozen=True):
    requester: Requester
    subscription_id: UUID
    expected: int | None = None


class SubscriptionLine(msgspec.Struct, frozen=True):
    """A subscription as whoever made it sees it: the draft, with the headers' values ``HIDDEN``.

    ``status``: R4's, ``error``: what is wrong, a word. ``number``: how many times something
    matched since it was made.
    """

    subscription_id: UUID
    draft: SubscriptionDraft
    status: str
    error: str
    version: int
    at_s: float
    number: int


class SubscriptionLines(Message, frozen=True):
    """The oldest first."""

    lines: list[SubscriptionLine]


class Subscriber(msgspec.Struct, frozen=True):
    """Who is to be told of what meets these criteria; given to who may write such resources."""

    subscription_id: UUID
    criteria: str

    def __repr__(self) -> str:
        return f"Subscriber(subscription_id={self.subscription_id})"


class ResourceEvent(msgspec.Struct, frozen=True):
    """A resource that somebody is about to write, and that matches a subscription.

    ``interaction``: how it is written.
    """

    subscription_id: UUID
    interaction: Interaction
    resource_type: str
    resource_id: str
    patient_id: UUID

    def __repr__(self) -> str:
        return f"ResourceEvent(subscription_id={self.subscription_id})"


class NoteEvents(Message, frozen=True):
    """What is to be written beside resources, for somebody who may write them."""

    requester: Requester
    events: tuple[ResourceEvent, ...]


class EventMark(msgspec.Struct, frozen=True):
    """A row of ``subscription_events``."""

    event_id: UUID
    subscription_id: UUID
    whose: bytes
    sealed: bytes

    def __repr__(self) -> str:
        return f"EventMark(event_id={self.event_id})"


class EventMarks(Message, frozen=True):
    """Rows, to be written with the resources."""

    marks: tuple[EventMark, ...]


class ReadEvents(Message, frozen=True):
    """What one's own subscription was told of, from a number on, to another. Each patient costs a
    fifth of one who is opened."""

    requester: Requester
    subscription_id: UUID
    since: int = 0
    until: int = 0


class EventLine(msgspec.Struct, frozen=True):
    """A resource that matched; ``at_s``: since when its subscriber is to be told of it."""

    number: int
    at_s: float
    resource_type: str
    resource_id: str

    def __repr__(self) -> str:
        return f"EventLine(number={self.number})"


class EventList(Message, frozen=True):
    """By their numbers. ``following``: where the others begin, 0 where these are all."""

    subscription: SubscriptionLine
    lines: list[EventLine]
    following: int = 0


# --- the operator's socket -----------------------------------------------------------------------


class AllowHost(Message, frozen=True):
    """Operator's socket only: let a hospital's systems have themselves told at a host.

    ``place``: HOST or HOST:PORT. ``networks``: private ones that its name may lead to.
    """

    hospital_code: str
    place: str
    networks: tuple[str, ...] = ()


class ForbidHost(Message, frozen=True):
    """Operator's socket only: no more. Subscriptions that name it are not told there."""

    hospital_code: str
    place: str


class ReportSubscriptions(Message, frozen=True):
    """Operator's socket only."""


class HostLine(msgspec.Struct, frozen=True):
    """A host that was allowed."""

    hospital: str
    place: str
    networks: tuple[str, ...]


class SubscriptionState(msgspec.Struct, frozen=True):
    """How it stands with one. ``waiting``: what matched and was not told yet. Times are Unix
    seconds, 0 for never."""

    subscription_id: UUID
    hospital: str
    account: str
    resource_type: str
    place: str
    status: str
    error: str
    waiting: int
    told_s: float


class SubscriptionReport(Message, frozen=True):
    """``on``: whether the settings let anybody be told."""

    hosts: list[HostLine]
    subscriptions: list[SubscriptionState]
    on: bool


class StopSubscription(Message, frozen=True):
    """Operator's socket only: have nobody told by it until its system asks again."""

    subscription_id: UUID


# --- the socket of the process that tells --------------------------------------------------------


class TakeNotice(Message, frozen=True):
    """Somebody who is to be told now; ``busy``: who is being told already."""

    busy: tuple[UUID, ...] = ()


class Notice(msgspec.Struct, frozen=True):
    """That something matched, and nothing of it: where to say so. ``number``: how far it tells."""

    subscription_id: UUID
    version: int
    number: int
    attempts: int
    endpoint: str
    headers: tuple[str, ...]
    networks: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Notice(subscription_id={self.subscription_id})"


class NoticeWork(Message, frozen=True):
    """``notice`` None: nobody is to be told now."""

    notice: Notice | None = None


class SettleNotice(Message, frozen=True):
    """What became of a notice. ``trouble``: a word, or '' where it arrived; then ``later_s``: when
    to try again, in seconds."""

    subscription_id: UUID
    version: int
    number: int
    trouble: str = ""
    later_s: float = 0.0


Request = (
    WriteSubscription
    | ReadSubscriptions
    | RemoveSubscription
    | NoteEvents
    | ReadEvents
    | AllowHost
    | ForbidHost
    | ReportSubscriptions
    | StopSubscription
    | TakeNotice
    | SettleNotice
)
Reply = SubscriptionLines | EventMarks | EventList | SubscriptionReport | NoticeWork

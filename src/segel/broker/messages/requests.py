"""What people ask about their own data, and what the hospital answers."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.domain.patient import PatientIdentity
from segel.domain.subject_requests import (
    Channel,
    Part,
    Reply,
    RequestKind,
    RequestState,
    Use,
)


class RequestText(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked. Of a correction: ``part``, how it is (``wrong``), how it is ``right``; of a
    restriction: the ``uses`` objected to."""

    kind: RequestKind
    part: Part | None = None
    wrong: str = ""
    right: str = ""
    text: str = ""
    uses: tuple[Use, ...] = ()

    def __repr__(self) -> str:
        return f"RequestText({self.kind})"


class RequestLine(msgspec.Struct, frozen=True, kw_only=True):
    """A request without its words. Times are Unix seconds, 0 for not yet; ``late``: it was
    answered after its time."""

    request_id: UUID
    number: str
    kind: RequestKind
    channel: Channel
    state: RequestState
    received_s: float
    due_s: float
    closed_s: float
    overdue: bool
    late: bool
    uses: tuple[Use, ...] = ()


class TurnLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said; ``reply`` None: by the asker. ``by``: the account's name, for officers."""

    at_s: float
    reply: Reply | None = None
    text: str = ""
    article: str = ""
    changed: str = ""
    by: str = ""
    erasure_id: UUID | None = None


class RequestView(Message, frozen=True, kw_only=True):
    """A request with its words. ``readable`` false: the patient's key was destroyed, and with it
    the words. ``patient``: who asks, for those who register people.

    ``kept_until``: of an erasure, the first month (YYYY-MM) in which the law lets the record go;
    '' where nothing in it has to be kept.
    """

    line: RequestLine
    readable: bool
    part: Part | None = None
    wrong: str = ""
    right: str = ""
    text: str = ""
    form: str = ""
    turns: list[TurnLine] = msgspec.field(default_factory=list)
    patient: PatientIdentity | None = None
    kept_until: str = ""


class AskAboutSelf(Message, frozen=True):
    """A patient asks. ``nonce``: chosen by whoever sends; twice the same is one request."""

    requester: Requester
    nonce: UUID
    asked: RequestText


class FileRequest(Message, frozen=True):
    """An officer enters a paper form. ``received_s``: when it came, from which the clock runs."""

    requester: Requester
    nonce: UUID
    patient_number: str
    received_s: float
    asked: RequestText
    form: str = ""


class ListOwnRequests(Message, frozen=True):
    requester: Requester


class OwnRequests(Message, frozen=True):
    """A patient's requests, the newest first."""

    requests: list[RequestView] = msgspec.field(default_factory=list)


class AddToRequest(Message, frozen=True):
    """The asker says what was missing; of a paper form, an officer enters it."""

    requester: Requester
    request_id: UUID
    text: str


class WithdrawRequest(Message, frozen=True):
    """The asker takes it back; of a paper form, an officer enters that."""

    requester: Requester
    request_id: UUID


class ListRequests(Message, frozen=True):
    requester: Requester


class RequestList(Message, frozen=True):
    """A hospital's requests: what waits first, by its clock; then what is over."""

    lines: list[RequestLine] = msgspec.field(default_factory=list)
    waiting: int = 0
    overdue: int = 0


class ReadRequest(Message, frozen=True):
    requester: Requester
    request_id: UUID


class AnswerRequest(Message, frozen=True):
    """Answer. ``article``: by which a refusal is given; ``changed``: the resource that was mended.

    An erasure that is granted is ordered by this, and refused where the record must be kept.
    """

    requester: Requester
    request_id: UUID
    reply: Reply
    text: str = ""
    article: str = ""
    changed: str = ""


Request = (
    AskAboutSelf
    | FileRequest
    | ListOwnRequests
    | AddToRequest
    | WithdrawRequest
    | ListRequests
    | ReadRequest
    | AnswerRequest
)
Answered = RequestView | OwnRequests | RequestList

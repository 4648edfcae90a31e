"""What is said over the broker's socket: one tagged struct a request, one a reply.

A frame is a 4-byte big-endian length and a msgpack body (``wire``). Requests carry a number that
the reply repeats, so that many can be under way on one connection.
"""

from uuid import UUID

import msgspec

from segel.domain.dicom import JsonDataset
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.roles import Role


class Message(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Anything that travels on the socket."""


class Requester(msgspec.Struct, frozen=True):
    """Who asks, why, and through which door. Every read takes one."""

    token: str
    purpose: Purpose = Purpose.TREATMENT
    route: str = ""


class Session(Message, frozen=True):
    """What a verified token stands for. ``expires_s`` is Unix time in seconds.

    ``permissions``: what the policy would permit for treatment in the own hospital; for menus and
    early answers, never instead of asking.
    """

    session_id: UUID
    account_id: UUID
    hospital_id: UUID | None
    role: Role
    display_name: str
    hospital_name: str
    expires_s: int
    permissions: list[str] = []


class StudyArrival(msgspec.Struct, frozen=True):
    """A study as its first instance describes it. ``attributes``: patient and study level."""

    study_uid: str
    accession: str
    patient: PatientIdentity
    attributes: JsonDataset


class StudyGrant(Message, frozen=True):
    """A released study key. Drop it at ``expires_s`` (Unix time) or when the session ends.

    ``attributes`` are those of the study and patient level. ``receipt`` is the JSON of a
    ``segel.tlog.Receipt``: the proof that the release was logged.
    """

    study_id: UUID
    patient_id: UUID
    hospital_id: UUID
    scope_key: bytes
    created: bool
    receipt: bytes
    expires_s: float
    attributes: JsonDataset = {}

    def __repr__(self) -> str:
        return f"StudyGrant(study_id={self.study_id})"


class StudyQuery(msgspec.Struct, frozen=True):
    """Matching keys of the patient, study and series level; tag in hex to DICOM matching value."""

    filters: dict[str, str] = {}
    fuzzy: bool = False
    limit: int = 100
    offset: int = 0


class StudyMatch(msgspec.Struct, frozen=True):
    """A study that matched, with the attributes of its series. No key comes with it."""

    study_id: UUID
    patient_id: UUID
    attributes: JsonDataset
    series: list[JsonDataset]
    instance_count: int


class SearchResult(Message, frozen=True):
    """Matches in order of study date, newest first.

    ``complete`` is False where only part of the estate was looked through; ``note`` then says
    which part and what to add to the query.
    """

    matches: list[StudyMatch]
    complete: bool
    note: str = ""


class BudgetUse(msgspec.Struct, frozen=True):
    """Distinct patients in one window: ``used`` may have fifths, for listed search results."""

    window: str
    seconds: int
    used: float
    limit: int


class BudgetReport(Message, frozen=True):
    """An account's own use of its budget."""

    windows: list[BudgetUse]


class DemoAccount(msgspec.Struct, frozen=True):
    """A person one may choose to be in demo mode."""

    account_id: UUID
    display_name: str
    role: Role
    hospital_name: str


class AccountList(Message, frozen=True):
    accounts: list[DemoAccount]


class Token(Message, frozen=True):
    """A bearer token of a new session. ``expires_s`` is Unix time in seconds."""

    token: str
    expires_s: int

    def __repr__(self) -> str:
        return "Token(...)"


class Ceremony(Message, frozen=True):
    """A WebAuthn ceremony under way: options for the browser (JSON) and a handle to finish with."""

    options: str
    handle: str


class Done(Message, frozen=True):
    """It is done; ``identifier`` names what was made, where something was."""

    identifier: UUID | None = None


class Status(Message, frozen=True):
    """The broker's own state. ``log_size`` counts the entries of the audit log."""

    ready: bool
    kms: str
    kms_sealed: bool
    log_size: int
    log_vkey: str
    demo: bool


class AuditLine(msgspec.Struct, frozen=True):
    """One opened audit event: FHIR AuditEvent as JSON text, and its leaf index."""

    leaf_index: int
    event: str


class AuditTrail(Message, frozen=True):
    lines: list[AuditLine]


class Failure(Message, frozen=True):
    """A refusal; ``code`` names the error class."""

    code: str
    what: str
    remedy: str = ""
    field: str = ""
    retry_after_s: int = 0


# --- requests ---------------------------------------------------------------------------------


class Hello(Message, frozen=True):
    """Ask for the broker's status."""


class CheckSession(Message, frozen=True):
    token: str


class EndSession(Message, frozen=True):
    token: str


class OpenPeer(Message, frozen=True):
    """Ask for a token of the system account of a DIMSE peer."""

    calling_ae: str
    called_ae: str
    address: str


class OpenForStore(Message, frozen=True):
    requester: Requester
    arrival: StudyArrival


class OpenStudy(Message, frozen=True):
    requester: Requester
    study_uid: str


class Search(Message, frozen=True):
    requester: Requester
    query: StudyQuery


class OwnBudget(Message, frozen=True):
    requester: Requester


class OwnTrail(Message, frozen=True):
    """The newest audit events of the asking account (of a patient: of their record)."""

    requester: Requester
    limit: int = 50


class ListDemoAccounts(Message, frozen=True):
    """Demo mode only."""


class DemoSignIn(Message, frozen=True):
    """Demo mode only: become one of the demo people."""

    account_id: UUID


class PasskeyRegisterBegin(Message, frozen=True):
    requester: Requester
    relying_party: str
    origin: str


class PasskeyRegisterFinish(Message, frozen=True):
    requester: Requester
    handle: str
    credential: str


class PasskeySignInBegin(Message, frozen=True):
    relying_party: str
    origin: str


class PasskeySignInFinish(Message, frozen=True):
    handle: str
    credential: str


class ViewerCode(Message, frozen=True):
    """Ask for a one-time code that lets a viewer on another origin in, for one study."""

    requester: Requester
    study_uid: str


class ViewerSignIn(Message, frozen=True):
    """Exchange the one-time code for a short token that opens only that study."""

    code: str


class EnrolHospital(Message, frozen=True):
    """Operator's socket only."""

    code: str
    name: str


class EnrolAccount(Message, frozen=True):
    """Operator's socket only. The reply's identifier is the account's."""

    name: str
    role: Role
    hospital_code: str
    demo: bool = False


class EnrolPeer(Message, frozen=True):
    """Operator's socket only: a DIMSE peer, by its AE title, and the title it must call.

    ``host`` and ``port`` say where C-MOVE may send to it; 0 where it may not.
    """

    ae_title: str
    called_ae_title: str
    hospital_code: str
    host: str = ""
    port: int = 0


class IssueToken(Message, frozen=True):
    """Operator's socket only: a bearer token for a system, or for a person in demo mode."""

    account_id: UUID
    lifetime_s: int


class PeerAddress(Message, frozen=True):
    """Where the peer of this AE title listens; asked for by C-MOVE."""

    requester: Requester
    ae_title: str


class Address(Message, frozen=True):
    host: str
    port: int


Request = (
    Hello
    | CheckSession
    | EndSession
    | OpenPeer
    | OpenForStore
    | OpenStudy
    | Search
    | OwnBudget
    | OwnTrail
    | ListDemoAccounts
    | DemoSignIn
    | PasskeyRegisterBegin
    | PasskeyRegisterFinish
    | PasskeySignInBegin
    | PasskeySignInFinish
    | ViewerCode
    | ViewerSignIn
    | EnrolHospital
    | EnrolAccount
    | EnrolPeer
    | IssueToken
    | PeerAddress
)

Reply = (
    Status
    | Session
    | StudyGrant
    | SearchResult
    | BudgetReport
    | AuditTrail
    | AccountList
    | Token
    | Ceremony
    | Done
    | Address
    | Failure
)

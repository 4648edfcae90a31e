"""The broker's state, and what its operator does."""

from uuid import UUID

from segel.broker.messages.base import Message
from segel.domain.roles import Role


class Status(Message, frozen=True):
    """The broker's own state. ``log_size`` counts the entries of the audit log; ``kms_trouble``
    says what is wrong with the KMS and what to do, or nothing."""

    ready: bool
    kms: str
    kms_sealed: bool
    log_size: int
    log_vkey: str
    demo: bool
    kms_trouble: str = ""


class Hello(Message, frozen=True):
    """Ask for the broker's status."""


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

    ``host`` and ``port`` say where C-MOVE may send to it; 0 where it may not. ``keys``: SHA-256 in
    hex of the public keys in its certificates; with any, it is let in and sent to by TLS only.
    """

    ae_title: str
    called_ae_title: str
    hospital_code: str
    host: str = ""
    port: int = 0
    keys: tuple[str, ...] = ()


class IssueToken(Message, frozen=True):
    """Operator's socket only: a bearer token for a system, or for a person in demo mode."""

    account_id: UUID
    lifetime_s: int


Request = Hello | EnrolHospital | EnrolAccount | EnrolPeer | IssueToken
Reply = Status

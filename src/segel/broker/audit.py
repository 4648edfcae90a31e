"""Audit events: what a leaf of the log commits to.

The event is a FHIR R4 AuditEvent (``fhir_event``). It is sealed with a random salt under the
patient's key, or under the system key where it concerns no patient; the log holds only
HMAC-SHA-256(salt, event). Once the key is destroyed, the log still proves that something happened
in this order, and no longer tells what.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Self
from uuid import UUID

import msgspec

from segel.domain.purpose import Purpose

SALT_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32

_COMMITTED: Final = b"segel audit event\0"
_LISTED: Final = b"segel listed patient\0"


class Kind(Enum):
    """What can happen: DICOM code (PS3.16 CID 400 or 401), its meaning, FHIR action.

    Several kinds may share a code: they are told apart by their names. What an entry of a kind
    looks like beyond these three is in ``audit_codes``.
    """

    code: str
    meaning: str
    action: str

    def __new__(cls, code: str, meaning: str, action: str) -> Self:
        """A kind of its own, even where another has the same three."""
        kind = object.__new__(cls)
        kind._value_ = len(cls.__members__)
        kind.code, kind.meaning, kind.action = code, meaning, action
        return kind

    READ = ("110103", "DICOM Instances Accessed", "R")
    STORE = ("110104", "DICOM Instances Transferred", "C")
    QUERY = ("110112", "Query", "E")
    SIGN_IN = ("110122", "Login", "E")
    SIGN_OUT = ("110123", "Logout", "E")
    KEYS = ("110129", "Security Configuration", "U")
    ERASE = ("110105", "DICOM Study Deleted", "D")
    ALERT = ("110113", "Security Alert", "U")
    BREAK_GLASS = ("110127", "Emergency Override Started", "E")
    GLASS_ENDED = ("110128", "Emergency Override Stopped", "E")
    REASON = ("110107", "Import", "C")
    REVIEW = ("110113", "Security Alert", "C")
    ENROL = ("110137", "User Security Attributes Changed", "C")
    FREEZE = ("110137", "User Security Attributes Changed", "U")
    APPROVAL = ("110136", "Security Roles Changed", "U")
    AUDIT_EXPORT = ("110101", "Audit Log Used", "R")
    LINK = ("110110", "Patient Record", "U")
    CHART_READ = ("110110", "Patient Record", "R")
    CHART_CREATE = ("110110", "Patient Record", "C")
    CHART_UPDATE = ("110110", "Patient Record", "U")
    CHART_DELETE = ("110110", "Patient Record", "D")
    RECORD_TRAIL = ("110101", "Audit Log Used", "R")
    CONSENT = ("110110", "Patient Record", "U")
    STUDY_COPY = ("110106", "Export", "R")
    CHART_COPY = ("110106", "Export", "R")
    DISCLOSURE = ("110106", "Export", "R")
    SYNTH = ("110107", "Import", "C")
    SUBJECT_REQUEST = ("110110", "Patient Record", "E")
    REQUEST_READ = ("110110", "Patient Record", "R")
    RETENTION = ("110110", "Patient Record", "E")
    RECORDS_EXPORT = ("110106", "Export", "R")
    EXPORT_FILE = ("110106", "Export", "E")
    SUBSCRIPTION = ("110129", "Security Configuration", "U")
    DECLARATION = ("110110", "Patient Record", "C")
    DECLARATION_READ = ("110110", "Patient Record", "R")
    CARD_ISSUE = ("110106", "Export", "R")
    CARD_REVOKE = ("110110", "Patient Record", "U")
    HEALTH_LINK = ("110106", "Export", "U")
    LINK_OPENED = ("110106", "Export", "R")
    CASE = ("110113", "Security Alert", "E")
    CASE_READ = ("110113", "Security Alert", "R")
    PICTURE_EXPORT = ("110106", "Export", "R")
    MATCH = ("110112", "Query", "E")
    FINGERPRINT = ("110103", "DICOM Instances Accessed", "R")

    @property
    def label(self) -> str:
        """The kind's own word in an event: ``sign-in``."""
        return self.name.lower().replace("_", "-")


class Outcome(Enum):
    """FHIR AuditEvent.outcome."""

    SUCCESS = "0"
    REFUSED = "4"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; all identifiers are Segel's own random ones.

    ``route``: the door it came by, ``dimse`` with the device's address. ``asked``: which
    attributes a search named, never their values. ``detail``: a word of ours, never free text.
    ``folders``: of a chart, the types of resources that were opened, and where they lie.
    """

    kind: Kind
    outcome: Outcome
    account_id: UUID | None
    role: str
    hospital_id: UUID | None
    session_id: UUID | None
    purpose: Purpose
    route: str
    patient_id: UUID | None = None
    study_id: UUID | None = None
    listed: tuple[UUID, ...] = ()
    detail: str = ""
    asked: tuple[str, ...] = ()
    break_glass_id: UUID | None = None
    beyond_budget: bool = False
    folders: tuple[tuple[str, UUID], ...] = ()


class SealedEvent(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed in ``audit_entries``: opens the commitment.

    An event names the patients that a search listed by blinded tokens, so that it can be shown to
    one of them without naming the others; ``listed`` says who they are, ``listing_key`` made the
    tokens. Entries from before that have neither.
    """

    salt: bytes
    event: bytes
    listing_key: bytes = b""
    listed: tuple[UUID, ...] = ()

    def commitment(self) -> bytes:
        """The log entry, 32 bytes; tells nothing without the salt."""
        return hmac.digest(self.salt, _COMMITTED + self.event, "sha256")

    def nonce(self, patient: UUID) -> bytes:
        """What shows one listed patient that a token of the event means them."""
        return listing_nonce(self.listing_key, patient)


def listing_nonce(listing_key: bytes, patient: UUID) -> bytes:
    """The key of one patient's token in one event."""
    return hmac.digest(listing_key, patient.bytes, "sha256")


def listed_token(nonce: bytes, patient: UUID) -> str:
    """How an event names a listed patient: nobody else can tell, or link it to another event."""
    return hmac.digest(nonce, _LISTED + patient.bytes, "sha256").hex()


Randomness = Callable[[int], bytes]

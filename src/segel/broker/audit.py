"""Audit events: what a leaf of the log commits to.

The event is a FHIR R4 AuditEvent (IHE BALP; DICOM codes of PS3.16 CID 400). It is sealed with a
random salt under the patient's key, or under the system key where it concerns no patient; the log
holds only HMAC-SHA-256(salt, event). Once the key is destroyed, the log still proves that
something happened in this order, and no longer tells what.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

import msgspec

from segel.domain.purpose import Purpose

SALT_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32

_DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_PURPOSE_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_ROLE_SYSTEM: Final = "urn:segel:role"
_ID_SYSTEM: Final = "urn:ietf:rfc:3986"


class Kind(Enum):
    """What can happen: DICOM code, its meaning, FHIR action."""

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


class Outcome(Enum):
    """FHIR AuditEvent.outcome."""

    SUCCESS = "0"
    REFUSED = "4"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; all identifiers are Segel's own random ones."""

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
    break_glass_id: UUID | None = None
    beyond_budget: bool = False

    def to_fhir(self, recorded_s: float) -> bytes:
        """The AuditEvent as JSON. ``recorded_s``: Unix time."""
        code, meaning, action = self.kind.value
        resource: dict[str, Any] = {
            "resourceType": "AuditEvent",
            "type": {"system": _DCM, "code": code, "display": meaning},
            "action": action,
            "recorded": datetime.fromtimestamp(recorded_s, UTC).isoformat(timespec="milliseconds"),
            "outcome": self.outcome.value,
            "purposeOfEvent": [{"coding": [{"system": _PURPOSE_SYSTEM, "code": self.purpose}]}],
            "agent": [
                {
                    "who": _identifier(self.account_id),
                    "requestor": True,
                    "role": [{"coding": [{"system": _ROLE_SYSTEM, "code": self.role}]}],
                }
            ],
            "source": {
                "site": str(self.hospital_id or ""),
                "observer": {"display": f"segel {self.route}".strip()},
            },
            "entity": [
                {"what": _identifier(what), "description": description}
                for what, description in (
                    (self.patient_id, "patient"),
                    (self.study_id, "study"),
                    (self.session_id, "session"),
                    (
                        self.break_glass_id,
                        "break-glass, beyond the budget" if self.beyond_budget else "break-glass",
                    ),
                    *((patient, "listed patient") for patient in self.listed),
                )
                if what is not None
            ],
        }
        if self.detail:
            resource["outcomeDesc"] = self.detail
        return msgspec.json.encode(resource)


class SealedEvent(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed in ``audit_entries``: opens the commitment."""

    salt: bytes
    event: bytes

    def commitment(self) -> bytes:
        """The log entry, 32 bytes; tells nothing without the salt."""
        return hmac.digest(self.salt, b"segel audit event\0" + self.event, "sha256")


def _identifier(value: UUID | None) -> dict[str, Any]:
    return {"identifier": {"system": _ID_SYSTEM, "value": f"urn:uuid:{value}"}} if value else {}

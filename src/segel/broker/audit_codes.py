"""The codes of audit events: DICOM PS3.16 CID 400 to 405, FHIR R4, IHE BALP. One table each.

A new ``Kind`` brings its DICOM code. It needs a row in ``PATTERNS`` only where one of BALP's
profiles is made for it; otherwise it is a plain DICOM event.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from segel.broker.audit import Kind

DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
KIND_SYSTEM: Final = "urn:segel:event"
LISTED_SYSTEM: Final = "urn:segel:listed"
ROLE_SYSTEM: Final = "urn:segel:role"
FOLDER: Final = "folder of a chart"
"""How the entity of a folder is described: the patient's resources of one type. What lies in a
Patient folder is no patient."""

DOOR_URN: Final = "urn:segel:door:"
BROKER_URN: Final = "urn:segel:broker"
URI_SYSTEM: Final = "urn:ietf:rfc:3986"
PURPOSE_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PROFILE_BASE: Final = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."

EVENT_IDS: Final[Mapping[str, str]] = {
    "110100": "Application Activity",
    "110101": "Audit Log Used",
    "110102": "Begin Transferring DICOM Instances",
    "110103": "DICOM Instances Accessed",
    "110104": "DICOM Instances Transferred",
    "110105": "DICOM Study Deleted",
    "110106": "Export",
    "110107": "Import",
    "110108": "Network Entry",
    "110109": "Order Record",
    "110110": "Patient Record",
    "110111": "Procedure Record",
    "110112": "Query",
    "110113": "Security Alert",
    "110114": "User Authentication",
}
"""PS3.16 CID 400 Audit Event ID."""

EVENT_OF_TYPE: Final[Mapping[str, str]] = {
    "110120": "110100",
    "110121": "110100",
    "110122": "110114",
    "110123": "110114",
} | {str(code): "110113" for code in (*range(110124, 110143), 110147)}
"""PS3.16 CID 401 Audit Event Type Code, under the Event ID that PS3.15 A.5.3 uses it with."""


class Coding(NamedTuple):
    """A code of a system, and its words."""

    system: str
    code: str
    display: str

    def fhir(self) -> dict[str, str]:
        """As a FHIR Coding."""
        return self._asdict()


REST: Final = Coding(
    "http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "RESTful Operation"
)
DISCLOSE: Final = Coding(
    "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle",
    "disclose",
    "Disclose Record Lifecycle Event",
)
APPLICATION: Final = Coding(DCM, "110150", "Application")
DESTINATION: Final = Coding(DCM, "110152", "Destination Role ID")
SOURCE: Final = Coding(DCM, "110153", "Source Role ID")
CUSTODIAN: Final = Coding(
    "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "custodian", "Custodian"
)
_PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
RECIPIENT: Final = Coding(_PARTICIPATION, "IRCP", "information recipient")
AUTHOR: Final = Coding(_PARTICIPATION, "AUT", "author (originator)")
HUMAN: Final = Coding(
    "http://terminology.hl7.org/CodeSystem/extra-security-role-type", "humanuser", "human user"
)
_OBJECT_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_OBJECT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
PERSON: Final = Coding(_OBJECT_TYPE, "1", "Person")
SYSTEM_OBJECT: Final = Coding(_OBJECT_TYPE, "2", "System Object")
PATIENT: Final = Coding(_OBJECT_ROLE, "1", "Patient")
DOMAIN_RESOURCE: Final = Coding(_OBJECT_ROLE, "4", "Domain Resource")
QUERY_ROLE: Final = Coding(_OBJECT_ROLE, "24", "Query")
APPLICATION_SERVER: Final = Coding(
    "http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server"
)


def _interaction(code: str) -> Coding:
    return Coding("http://hl7.org/fhir/restful-interaction", code, code)


class Pattern(Enum):
    """How an entry is built: BALP profile, event type before the DICOM one, roles of the parties.

    Value: profile, type in the place of the DICOM Event ID, further subtype, client, server, user.
    A plain entry has no profile, and its client and server are applications.
    """

    READ = ("PatientRead", REST, _interaction("read"), DESTINATION, SOURCE, RECIPIENT)
    CREATE = ("PatientCreate", REST, _interaction("create"), SOURCE, DESTINATION, AUTHOR)
    UPDATE = ("PatientUpdate", REST, _interaction("update"), SOURCE, DESTINATION, AUTHOR)
    DELETE = ("PatientDelete", REST, _interaction("delete"), APPLICATION, CUSTODIAN, AUTHOR)
    QUERY = ("Query", REST, _interaction("search"), SOURCE, DESTINATION, RECIPIENT)
    DISCLOSURE = (
        "PrivacyDisclosure.Source",
        Coding(DCM, "110106", "Export"),
        DISCLOSE,
        DESTINATION,
        SOURCE,
        RECIPIENT,
    )
    PLAIN = ("", None, None, APPLICATION, APPLICATION, HUMAN)

    @property
    def profile(self) -> str:
        """The canonical address of the profile, or ''."""
        return PROFILE_BASE + self.value[0] if self.value[0] else ""


PATTERNS: Final[Mapping[Kind, Pattern]] = {
    Kind.READ: Pattern.READ,
    Kind.STORE: Pattern.CREATE,
    Kind.QUERY: Pattern.QUERY,
    Kind.ERASE: Pattern.DELETE,
    Kind.CHART_READ: Pattern.READ,
    Kind.CHART_CREATE: Pattern.CREATE,
    Kind.CHART_UPDATE: Pattern.UPDATE,
    Kind.CHART_DELETE: Pattern.DELETE,
    Kind.CONSENT: Pattern.UPDATE,
    Kind.STUDY_COPY: Pattern.DISCLOSURE,
    Kind.CHART_COPY: Pattern.DISCLOSURE,
    Kind.DISCLOSURE: Pattern.DISCLOSURE,
    Kind.RECORDS_EXPORT: Pattern.DISCLOSURE,
    Kind.PICTURE_EXPORT: Pattern.DISCLOSURE,
    Kind.CARD_ISSUE: Pattern.DISCLOSURE,
    Kind.CARD_REVOKE: Pattern.UPDATE,
}


OWN_WORDS: Final = frozenset(
    kind.label
    for kind in (
        Kind.READ,
        Kind.STORE,
        Kind.QUERY,
        Kind.SIGN_IN,
        Kind.SIGN_OUT,
        Kind.KEYS,
        Kind.ERASE,
        Kind.ENROL,
        Kind.AUDIT_EXPORT,
        Kind.RECORD_TRAIL,
        Kind.BREAK_GLASS,
        Kind.GLASS_ENDED,
        Kind.REVIEW,
        Kind.LINK,
        Kind.CHART_READ,
        Kind.CHART_CREATE,
        Kind.CHART_UPDATE,
        Kind.CHART_DELETE,
        Kind.CONSENT,
        Kind.STUDY_COPY,
        Kind.CHART_COPY,
        Kind.DISCLOSURE,
        Kind.SYNTH,
        Kind.SUBJECT_REQUEST,
        Kind.REQUEST_READ,
        Kind.RETENTION,
        Kind.EXPORT_FILE,
        Kind.SUBSCRIPTION,
        Kind.DECLARATION,
        Kind.DECLARATION_READ,
        Kind.CARD_ISSUE,
        Kind.CARD_REVOKE,
        Kind.HEALTH_LINK,
        Kind.LINK_OPENED,
        Kind.PICTURE_EXPORT,
        Kind.FINGERPRINT,
    )
)
"""Kinds whose ``detail`` is a word of ours. That of others may name people or quote a reason: it
stays in the log when an event is exported or forwarded."""


def dicom_codes(kind: Kind) -> tuple[Coding, Coding | None]:
    """The Event ID of a kind (CID 400), and its Event Type Code (CID 401) where it has one."""
    if kind.code in EVENT_IDS:
        return Coding(DCM, kind.code, kind.meaning), None
    event_id = EVENT_OF_TYPE[kind.code]
    return Coding(DCM, event_id, EVENT_IDS[event_id]), Coding(DCM, kind.code, kind.meaning)

"""An audit event as a DICOM audit message: XML of PS3.15 A.5.1, particulars of A.5.3.

Identifiers are Segel's random ones. A study's stands as a UID of the root that UUIDs have
(PS3.5 § B.2); it is not the study's own UID, which the log does not know.
"""

import base64
import xml.etree.ElementTree as ET
from typing import Final
from uuid import UUID

from segel.broker.audit_codes import EVENT_IDS
from segel.broker.stored_event import StoredEvent

DCM: Final = "DCM"
RFC_3881: Final = "RFC-3881"
_ROLE: Final = "segel"
_EVENT_IDS_OF_KINDS: Final = {"sign-in": "110114", "sign-out": "110114"}
SENDERS: Final = frozenset({"store", "query"})
"""Kinds in which data, or the query itself, flow from the requestor to the archive."""
MACHINE_NAME: Final = "1"
IP_ADDRESS: Final = "2"
APPLICATION_SERVER: Final = "4"

# Participant object types, roles and ID types (PS3.15 A.5.2).
PERSON, SYSTEM_OBJECT = "1", "2"
PATIENT, REPORT, SECURITY_RESOURCE, QUERY = "1", "3", "13", "24"


def dicom_message(told: StoredEvent, host: str) -> bytes:
    """The XML, UTF-8, without a declaration: syslog says the encoding."""
    message = ET.Element("AuditMessage")
    _event(message, told)
    _participants(message, told)
    source = ET.SubElement(
        message,
        "AuditSourceIdentification",
        {"AuditSourceID": host, **_given("AuditEnterpriseSiteID", told.hospital)},
    )
    _coded(source, "AuditSourceTypeCode", APPLICATION_SERVER, RFC_3881, "Application Server")
    _objects(message, told)
    encoded: bytes = ET.tostring(message, encoding="utf-8", xml_declaration=False)
    return encoded


def _event(message: ET.Element, told: StoredEvent) -> None:
    event = ET.SubElement(
        message,
        "EventIdentification",
        {
            "EventActionCode": told.action,
            "EventDateTime": told.recorded,
            "EventOutcomeIndicator": told.outcome,
        },
    )
    code, meaning = event_id_of(told)
    _coded(event, "EventID", code, DCM, meaning)
    if told.type_code[0]:
        _coded(event, "EventTypeCode", told.type_code[0], DCM, told.type_code[1])
    if told.detail:
        ET.SubElement(event, "EventOutcomeDescription").text = told.detail


def event_id_of(told: StoredEvent) -> tuple[str, str]:
    """PS3.16 CID 400; entries of the first form have only a type code of CID 401."""
    if told.event_id[0]:
        return told.event_id
    code = _EVENT_IDS_OF_KINDS.get(told.kind, "110113")
    return code, EVENT_IDS[code]


def _participants(message: ET.Element, told: StoredEvent) -> None:
    door = told.door or "operator"
    network = (
        {"NetworkAccessPointID": told.address, "NetworkAccessPointTypeCode": IP_ADDRESS}
        if told.address
        else {"NetworkAccessPointID": door, "NetworkAccessPointTypeCode": MACHINE_NAME}
    )
    requestor = ET.SubElement(
        message,
        "ActiveParticipant",
        {
            "UserID": told.account or told.role or "operator",
            **_given("AlternativeUserID", told.session),
            "UserIsRequestor": "true",
            **network,
        },
    )
    roles = [("110152", "Destination Role ID"), ("110153", "Source Role ID")]
    if told.kind in SENDERS:
        roles.reverse()
    _coded(requestor, "RoleIDCode", roles[0][0], DCM, roles[0][1])
    if told.role:
        _coded(requestor, "RoleIDCode", told.role, _ROLE, told.role)
    server = ET.SubElement(
        message,
        "ActiveParticipant",
        {
            "UserID": "segel broker",
            "UserIsRequestor": "false",
            "NetworkAccessPointID": "segel broker",
            "NetworkAccessPointTypeCode": MACHINE_NAME,
        },
    )
    _coded(server, "RoleIDCode", roles[1][0], DCM, roles[1][1])


def _objects(message: ET.Element, told: StoredEvent) -> None:
    if told.study:
        uid = f"2.25.{UUID(told.study).int}"
        study = _object(message, uid, SYSTEM_OBJECT, REPORT)
        _coded(study, "ParticipantObjectIDTypeCode", "110180", DCM, "Study Instance UID")
        _purpose(study, told)
    for patient in filter(None, (told.patient, *told.listed)):
        person = _object(message, patient, PERSON, PATIENT)
        _coded(person, "ParticipantObjectIDTypeCode", "2", RFC_3881, "Patient Number")
        _purpose(person, told)
    if told.asked:
        query = _object(message, "query", SYSTEM_OBJECT, QUERY)
        _coded(query, "ParticipantObjectIDTypeCode", "10", RFC_3881, "Search Criteria")
        asked = base64.b64encode(told.asked.encode()).decode()
        ET.SubElement(query, "ParticipantObjectQuery").text = asked
        _purpose(query, told)
    if event_id_of(told)[0] == "110101":
        log = _object(message, "segel audit log", SYSTEM_OBJECT, SECURITY_RESOURCE)
        _coded(log, "ParticipantObjectIDTypeCode", "12", RFC_3881, "URI")
        ET.SubElement(log, "ParticipantObjectName").text = "Security Audit Log"
        _purpose(log, told)


def _object(message: ET.Element, value: str, kind: str, role: str) -> ET.Element:
    return ET.SubElement(
        message,
        "ParticipantObjectIdentification",
        {
            "ParticipantObjectID": value,
            "ParticipantObjectTypeCode": kind,
            "ParticipantObjectTypeCodeRole": role,
        },
    )


def _purpose(place: ET.Element, told: StoredEvent) -> None:
    """The purpose of use, where the standard has room for what is ours: base64 (A.5.2)."""
    if told.purpose:
        value = base64.b64encode(told.purpose.encode()).decode()
        ET.SubElement(place, "ParticipantObjectDetail", {"type": "PurposeOfUse", "value": value})


def _coded(place: ET.Element, name: str, code: str, system: str, meaning: str) -> None:
    ET.SubElement(
        place, name, {"csd-code": code, "codeSystemName": system, "originalText": meaning}
    )


def _given(name: str, value: str) -> dict[str, str]:
    return {name: value} if value else {}

"""An audit event read back: from today's FHIR form, and from the form of the first version.

The first version wrote the DICOM code as ``type``, no subtypes, no codes of agents and entities,
and told patient, study and session apart by ``entity.description``.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from segel.broker.audit_codes import DCM, FOLDER, KIND_SYSTEM, LISTED_SYSTEM

OLD_KINDS: Final = {
    "110103": "read",
    "110104": "store",
    "110112": "query",
    "110122": "sign-in",
    "110123": "sign-out",
    "110129": "keys",
    "110105": "erase",
    "110137": "enrol",
}
"""What the DICOM codes of the first version meant."""

_URN: Final = "urn:uuid:"


class _Coding(msgspec.Struct, frozen=True):
    system: str = ""
    code: str = ""
    display: str = ""


class _Concept(msgspec.Struct, frozen=True):
    coding: list[_Coding] = []


class _Identifier(msgspec.Struct, frozen=True):
    system: str = ""
    value: str = ""


class _Reference(msgspec.Struct, frozen=True):
    type: str = ""
    identifier: _Identifier = _Identifier()
    display: str = ""


class _Network(msgspec.Struct, frozen=True):
    address: str = ""
    type: str = ""


class _Agent(msgspec.Struct, frozen=True):
    who: _Reference = _Reference()
    requestor: bool = False
    type: _Concept = _Concept()
    role: list[_Concept] = []
    policy: list[str] = []
    network: _Network = _Network()


class _Source(msgspec.Struct, frozen=True):
    site: str = ""
    observer: _Reference = _Reference()


class _Entity(msgspec.Struct, frozen=True):
    what: _Reference = _Reference()
    description: str = ""
    query: str = ""


class _Event(msgspec.Struct, frozen=True):
    recorded: str
    type: _Coding
    action: str = "E"
    outcome: str = "0"
    outcomeDesc: str = ""  # noqa: N815 - FHIR's own names
    subtype: list[_Coding] = []
    purposeOfEvent: list[_Concept] = []  # noqa: N815
    agent: list[_Agent] = []
    source: _Source = _Source()
    entity: list[_Entity] = []


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """What an entry says. Identifiers are texts: UUIDs without their prefix, '' for none.

    ``kind``: Segel's word. ``event_id`` and ``type_code``: DICOM code and meaning.
    ``listed``: the blinded tokens, or in old entries the patients' ids. ``break_glass``: the one
    that it was done under; ``beyond_budget``: which gave it, where the budget did not.
    """

    recorded: str
    kind: str
    event_id: tuple[str, str]
    type_code: tuple[str, str]
    action: str
    outcome: str
    detail: str
    account: str
    role: str
    door: str
    address: str
    hospital: str
    session: str
    purpose: str
    patient: str
    study: str
    asked: str
    listed: tuple[str, ...]
    break_glass: str
    beyond_budget: bool

    @property
    def recorded_s(self) -> float:
        """When, in Unix seconds."""
        return datetime.fromisoformat(self.recorded).timestamp()


def read_event(event: bytes) -> StoredEvent:
    """What a stored AuditEvent says. Raises msgspec.DecodeError for what is none of ours."""
    fhir = msgspec.json.decode(event, type=_Event)
    dicom = [one for one in (fhir.type, *fhir.subtype) if one.system == DCM]
    event_id = next((one for one in dicom if one.code[:4] == "1101" and one.code < "110115"), None)
    type_code = next((one for one in dicom if one.code >= "110120"), None)
    words = [one.code for one in fhir.subtype if one.system == KIND_SYSTEM]
    requestor = next((one for one in fhir.agent if one.requestor), _Agent())
    client = next((one for one in fhir.agent if one.network.address), _Agent())
    purposes = [coding.code for concept in fhir.purposeOfEvent for coding in concept.coding]
    glasses = (one for one in fhir.entity if one.description.startswith("break-glass"))
    glass = next(glasses, _Entity())
    session = requestor.policy[0] if requestor.policy else _value(fhir, "", "session")
    return StoredEvent(
        recorded=fhir.recorded,
        kind=words[0] if words else OLD_KINDS.get(fhir.type.code, "other"),
        event_id=(event_id.code, event_id.display) if event_id else ("", ""),
        type_code=(type_code.code, type_code.display) if type_code else ("", ""),
        action=fhir.action,
        outcome=fhir.outcome,
        detail=fhir.outcomeDesc,
        account=requestor.who.identifier.value.removeprefix(_URN),
        role=next((coding.code for one in requestor.role for coding in one.coding), ""),
        door=_door(fhir, client),
        address=client.network.address if client.network.type == "2" else "",
        hospital=fhir.source.site.removeprefix(_URN),
        session=session.removeprefix(_URN),
        purpose=purposes[0] if purposes else "",
        patient=_value(fhir, "Patient", "patient"),
        study=_value(fhir, "ImagingStudy", "study"),
        asked=next((base64.b64decode(one.query).decode() for one in fhir.entity if one.query), ""),
        listed=tuple(
            one.what.identifier.value.removeprefix(_URN)
            for one in fhir.entity
            if one.description == "listed patient"
        ),
        break_glass=glass.what.identifier.value.removeprefix(_URN),
        beyond_budget=glass.description.endswith("beyond the budget"),
    )


def _value(fhir: _Event, kind: str, description: str) -> str:
    """The identifier of the entity of a kind; old entries say it in the description."""
    for one in fhir.entity:
        if one.what.identifier.system == LISTED_SYSTEM or one.description == "listed patient":
            continue
        if one.description == FOLDER:
            continue
        if (kind and one.what.type == kind) or one.description == description:
            return one.what.identifier.value.removeprefix(_URN)
    return ""


def _door(fhir: _Event, client: _Agent) -> str:
    if client.network.address.startswith("urn:segel:door:"):
        return client.network.address.removeprefix("urn:segel:door:")
    if client.network.address:
        return "dimse"
    return fhir.source.observer.display.removeprefix("segel ").partition(" ")[0]

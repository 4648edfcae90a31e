"""An event as a FHIR R4 AuditEvent: IHE BALP 1.1 where a profile fits, DICOM codes always.

Where a profile names another type, the DICOM Event ID stands as a subtype; the last subtype is
Segel's own word for the kind. What differs from BALP, and why, is in ``docs/guide/audit.md``.
"""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from segel.broker import audit_codes as codes
from segel.broker.audit import (
    SALT_BYTES,
    Event,
    Outcome,
    Randomness,
    SealedEvent,
    listed_token,
    listing_nonce,
)
from segel.broker.audit_codes import Coding, Pattern
from segel.domain.roles import SYSTEM_ROLES

Json = dict[str, Any]

SYSTEMS: Final = frozenset(role.value for role in SYSTEM_ROLES)
"""Roles of machines: they are the client, and there is no user."""

BREAK_GLASS: Final = "break-glass"
BEYOND_BUDGET: Final = ", beyond the budget"
"""How the entity of an open break-glass is described; FHIR has no code for it."""

NETWORK_IP: Final = "2"
NETWORK_URI: Final = "5"
"""FHIR network-type."""


def made(event: Event, recorded_s: float, randomness: Randomness) -> SealedEvent:
    """The event with what opens its commitment. ``recorded_s``: Unix time."""
    salt = randomness(SALT_BYTES)
    listing_key = randomness(SALT_BYTES) if event.listed else b""
    resource = audit_event(
        event,
        recorded_s,
        lambda patient: listed_token(listing_nonce(listing_key, patient), patient),
    )
    return SealedEvent(salt, msgspec.json.encode(resource), listing_key, event.listed)


def audit_event(event: Event, recorded_s: float, blinded: Callable[[UUID], str]) -> Json:
    """The resource. ``blinded``: how a listed patient is named."""
    pattern = pattern_of(event)
    profile, event_type, interaction, *_ = pattern.value
    event_id, type_code = codes.dicom_codes(event.kind)
    subtypes = [
        interaction,
        event_id if event_type not in (None, event_id) else None,
        type_code,
        Coding(codes.KIND_SYSTEM, event.kind.label, event.kind.label),
    ]
    resource: Json = {"resourceType": "AuditEvent"}
    if profile:
        resource["meta"] = {"profile": [pattern.profile]}
    resource |= {
        "type": (event_type or event_id).fhir(),
        "subtype": [one.fhir() for one in subtypes if one is not None],
        "action": event.kind.action,
        "recorded": datetime.fromtimestamp(recorded_s, UTC).isoformat(timespec="milliseconds"),
        "outcome": event.outcome.value,
        "purposeOfEvent": [_purpose(event)],
        "agent": [*_agents(event, pattern)],
        "source": {
            "observer": {"display": "Segel broker"},
            "type": [codes.APPLICATION_SERVER.fhir()],
        },
    }
    if event.detail:
        resource["outcomeDesc"] = event.detail
    if event.hospital_id:
        resource["source"]["site"] = event.hospital_id.urn
    if entities := [*_entities(event, blinded)]:
        resource["entity"] = entities
    return resource


def pattern_of(event: Event) -> Pattern:
    """The pattern of an event's kind; BALP's are of what succeeded, and name what it was."""
    pattern = codes.PATTERNS.get(event.kind, Pattern.PLAIN)
    if event.outcome is not Outcome.SUCCESS:
        return Pattern.PLAIN
    if pattern is Pattern.QUERY:
        return pattern
    return pattern if event.patient_id and (event.study_id or event.folders) else Pattern.PLAIN


def _agents(event: Event, pattern: Pattern) -> Iterator[Json]:
    *_, client, server, user = pattern.value
    is_system = event.role in SYSTEMS
    door, _, address = event.route.partition(" ")
    client_agent: Json = {
        "type": _concept(client),
        "who": _account(event) if is_system else {"display": door or "operator"},
        "requestor": is_system,
        "network": (
            {"address": address, "type": NETWORK_IP}
            if is_system and address
            else {"address": codes.DOOR_URN + (door or "operator"), "type": NETWORK_URI}
        ),
    }
    if is_system:
        yield client_agent | _standing(event)
    else:
        yield {
            "type": _concept(user),
            "who": _account(event),
            "requestor": True,
            **_standing(event),
        }
        yield client_agent
    yield {
        "type": _concept(server),
        "who": {"display": "Segel broker"},
        "requestor": False,
        "network": {"address": codes.BROKER_URN, "type": NETWORK_URI},
    }


def _standing(event: Event) -> Json:
    """Role, purpose, and the session as BALP records a token: by its id, as a policy."""
    standing: Json = {
        "role": [_concept(Coding(codes.ROLE_SYSTEM, event.role, event.role))],
        "purposeOfUse": [_purpose(event)],
    }
    if event.session_id:
        standing["policy"] = [event.session_id.urn]
    return standing


def _entities(event: Event, blinded: Callable[[UUID], str]) -> Iterator[Json]:
    if event.patient_id:
        yield _patient(_uuid(event.patient_id))
    if event.study_id:
        yield {
            "what": {"type": "ImagingStudy", **_uuid(event.study_id)},
            "type": codes.SYSTEM_OBJECT.fhir(),
            "role": codes.DOMAIN_RESOURCE.fhir(),
            "detail": [{"type": "door", "valueString": event.route or "operator"}],
        }
    for resource_type, folder_id in event.folders:
        yield {
            "what": {"type": resource_type, **_uuid(folder_id)},
            "type": codes.SYSTEM_OBJECT.fhir(),
            "role": codes.DOMAIN_RESOURCE.fhir(),
            "description": codes.FOLDER,
            "detail": [{"type": "door", "valueString": event.route or "operator"}],
        }
    if codes.PATTERNS.get(event.kind) is Pattern.QUERY:
        asked = "&".join(event.asked) or "everything"
        yield {
            "type": codes.SYSTEM_OBJECT.fhir(),
            "role": codes.QUERY_ROLE.fhir(),
            "query": base64.b64encode(asked.encode()).decode(),
        }
    if event.break_glass_id:
        beyond = BEYOND_BUDGET if event.beyond_budget else ""
        yield {
            "what": _uuid(event.break_glass_id),
            "type": codes.SYSTEM_OBJECT.fhir(),
            "description": BREAK_GLASS + beyond,
        }
    for patient in event.listed:
        identifier = {"identifier": {"system": codes.LISTED_SYSTEM, "value": blinded(patient)}}
        yield _patient(identifier) | {"description": "listed patient"}


def _patient(identifier: Json) -> Json:
    return {
        "what": {"type": "Patient", **identifier},
        "type": codes.PERSON.fhir(),
        "role": codes.PATIENT.fhir(),
    }


def _account(event: Event) -> Json:
    return _uuid(event.account_id) if event.account_id else {"display": event.role or "operator"}


def _uuid(value: UUID) -> Json:
    return {"identifier": {"system": codes.URI_SYSTEM, "value": value.urn}}


def _purpose(event: Event) -> Json:
    return {"coding": [{"system": codes.PURPOSE_SYSTEM, "code": event.purpose.value}]}


def _concept(coding: Coding) -> Json:
    return {"coding": [coding.fhir()]}

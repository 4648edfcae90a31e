"""Audit events are FHIR R4 AuditEvents, follow the BALP profile that they name, and read back."""

import json
import os
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from segel.broker.audit import Event, Kind, Outcome, SealedEvent, listed_token
from segel.broker.audit_codes import (
    EVENT_IDS,
    EVENT_OF_TYPE,
    PROFILE_BASE,
    dicom_codes,
)
from segel.broker.fhir_event import made
from segel.broker.stored_event import read_event
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

DCM = "http://dicom.nema.org/resources/ontology/DCM"
RECORDED_S = 1_790_000_000.25

PERSON = Event(
    kind=Kind.READ,
    outcome=Outcome.SUCCESS,
    account_id=uuid4(),
    role=Role.CLINICIAN,
    hospital_id=uuid4(),
    session_id=uuid4(),
    purpose=Purpose.TREATMENT,
    route="console",
    patient_id=uuid4(),
    study_id=uuid4(),
)
DEVICE = replace(PERSON, role=Role.MODALITY, route="dimse 192.0.2.7")
OPERATOR = replace(
    PERSON, account_id=None, role="operator", hospital_id=None, session_id=None, route="operator",
    patient_id=None, study_id=None, purpose=Purpose.SYSTEM_ADMINISTRATION,
)  # fmt: skip
SEARCH = replace(
    PERSON,
    kind=Kind.QUERY,
    patient_id=None,
    study_id=None,
    listed=(uuid4(), uuid4()),
    asked=("00100010", "00100030"),
)
CHART = replace(PERSON, study_id=None, folders=(("Patient", uuid4()), ("Observation", uuid4())))
WHOLE: list[Event] = [PERSON, DEVICE, OPERATOR, SEARCH, replace(PERSON, study_id=None), CHART]


def fhir(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made(event, RECORDED_S, os.urandom).event)
    return found


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_every_kind_and_outcome_is_a_valid_fhir_audit_event(kind: Kind) -> None:
    for event, outcome, detail in product(WHOLE, Outcome, ("", "reason")):
        event = replace(event, kind=kind, outcome=outcome, detail=detail)
        text = made(event, RECORDED_S, os.urandom).event
        valid = AuditEvent.model_validate_json(text)
        # Nothing is left out, or put in, when the validator writes what it understood.
        assert json.loads(valid.model_dump_json())["agent"] == json.loads(text)["agent"]


def test_the_validator_refuses_what_is_no_audit_event() -> None:
    whole = fhir(PERSON)
    for broken in (
        {name: value for name, value in whole.items() if name != "source"},
        {name: value for name, value in whole.items() if name != "agent"},
        {**whole, "recorded": "yesterday"},
        {**whole, "surprise": 1},
        {**whole, "source": {"site": "", "observer": {"display": "Segel broker"}}},
    ):
        with pytest.raises(ValueError, match="validation error"):
            AuditEvent.model_validate(broken)


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_every_kind_has_dicom_codes_of_the_standard(kind: Kind) -> None:
    event_id, type_code = dicom_codes(kind)
    assert EVENT_IDS[event_id.code] == event_id.display
    assert type_code is None or EVENT_OF_TYPE[type_code.code] == event_id.code


# What BALP 1.1 demands of each profile: type, subtype, action, then agents by type code and
# entities by role code that must be there.
DEMANDS: dict[str, tuple[str, str, str, set[str], set[str]]] = {
    "PatientRead": ("rest", "read", "R", {"110152", "110153"}, {"1", "4"}),
    "PatientCreate": ("rest", "create", "C", {"110152", "110153"}, {"1", "4"}),
    "PatientUpdate": ("rest", "update", "U", {"110152", "110153"}, {"1", "4"}),
    "PatientDelete": ("rest", "delete", "D", {"110150", "custodian"}, {"1", "4"}),
    "Query": ("rest", "search", "E", {"110152", "110153"}, {"24"}),
    "PrivacyDisclosure.Source": ("110106", "disclose", "R", {"110152", "110153"}, {"1", "4"}),
}
USERS = {"PatientRead": {"IRCP"}, "Query": {"IRCP"}, "PrivacyDisclosure.Source": {"IRCP"}}
DATA_SOURCES = {"AUT", "INF", "CST"}


def _codes(
    found: list[dict[str, Any]], where: Callable[[dict[str, Any]], dict[str, Any]]
) -> set[str]:
    return {where(one).get("code", "") for one in found}


def _type(agent: dict[str, Any]) -> dict[str, Any]:
    coding: dict[str, Any] = agent["type"]["coding"][0]
    return coding


def test_an_entry_has_what_the_profile_that_it_names_demands() -> None:
    named = set()
    for kind, event in product(Kind, WHOLE):
        resource = fhir(replace(event, kind=kind))
        for profile in resource.get("meta", {}).get("profile", []):
            name = profile.removeprefix(PROFILE_BASE)
            named.add(name)
            type_code, subtype, action, agents, roles = DEMANDS[name]
            assert resource["type"]["code"] == type_code
            assert subtype in _codes(resource["subtype"], lambda one: one)
            assert (resource["action"], resource["outcome"]) == (action, "0")
            assert agents <= _codes(resource["agent"], _type)
            for agent in resource["agent"]:
                assert agent["who"]
                if _type(agent)["code"] in agents:
                    assert agent["network"]["address"]
                else:  # a user is not a network device
                    assert _type(agent)["code"] in USERS.get(name, DATA_SOURCES)
                    assert agent["requestor"]
                    assert "network" not in agent
                assert "media" not in agent
            assert roles <= _codes(resource["entity"], lambda one: one["role"])
            for entity in resource["entity"]:
                if entity["role"]["code"] == "24":
                    assert not {"what", "detail", "lifecycle", "name"} & set(entity)
                    assert entity["query"]
                else:
                    assert entity["what"]["identifier"]["value"]
    assert named == set(DEMANDS)


def test_a_refusal_names_no_profile_for_they_are_of_what_succeeded() -> None:
    for kind, event in product(Kind, WHOLE):
        assert "meta" not in fhir(replace(event, kind=kind, outcome=Outcome.REFUSED))


def test_an_entry_holds_random_ids_and_no_values_of_a_search() -> None:
    resource = fhir(SEARCH)
    (query,) = [one for one in resource["entity"] if "query" in one]
    assert b64decode(query["query"]) == b"00100010&00100030"
    text = json.dumps(resource)
    for patient in SEARCH.listed:
        assert str(patient) not in text
        assert patient.hex not in text


def test_a_listed_patient_finds_themselves_with_their_nonce_and_nobody_else() -> None:
    entry = made(SEARCH, RECORDED_S, os.urandom)
    told = read_event(entry.event)
    one, other = SEARCH.listed
    assert listed_token(entry.nonce(one), one) in told.listed
    assert listed_token(entry.nonce(one), other) not in told.listed
    assert len(set(told.listed)) == len(SEARCH.listed)
    again = read_event(made(SEARCH, RECORDED_S, os.urandom).event)
    assert not set(again.listed) & set(told.listed)  # not to be linked over two searches


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_an_entry_reads_back_as_what_was_written(kind: Kind) -> None:
    for event in WHOLE:
        told = read_event(
            made(replace(event, kind=kind, detail="word"), RECORDED_S, os.urandom).event
        )
        event_id, type_code = dicom_codes(kind)
        assert told.kind == kind.label
        # A profile may stand in the place of the DICOM code, which is then a subtype.
        assert told.event_id[0] == event_id.code
        assert told.type_code[0] == (type_code.code if type_code else "")
        assert told.recorded_s == RECORDED_S
        assert told.account == (str(event.account_id) if event.account_id else "")
        assert told.session == (str(event.session_id) if event.session_id else "")
        assert told.patient == (str(event.patient_id) if event.patient_id else "")
        assert told.study == (str(event.study_id) if event.study_id else "")
        assert (told.role, told.purpose, told.detail) == (event.role, event.purpose, "word")
        assert told.door == event.route.partition(" ")[0]
        assert told.address == event.route.partition(" ")[2]


def test_what_a_break_glass_opened_names_it_and_whether_the_budget_would_have() -> None:
    glass = uuid4()
    for event, beyond in product(WHOLE, (True, False)):
        under = replace(event, break_glass_id=glass, beyond_budget=beyond)
        AuditEvent.model_validate(fhir(under))
        told = read_event(made(under, RECORDED_S, os.urandom).event)
        assert (told.break_glass, told.beyond_budget) == (str(glass), beyond)
        assert told.session == (str(event.session_id) if event.session_id else "")
        told = read_event(made(event, RECORDED_S, os.urandom).event)
        assert (told.break_glass, told.beyond_budget) == ("", False)


def test_entries_of_the_first_version_are_still_read() -> None:
    ids = {name: str(UUID(int=number)) for number, name in enumerate("apsxlg", start=1)}
    old = {
        "resourceType": "AuditEvent",
        "type": {"system": DCM, "code": "110122", "display": "Login"},
        "action": "E",
        "recorded": "2026-11-23T02:17:00.000+00:00",
        "outcome": "0",
        "outcomeDesc": "passkey",
        "purposeOfEvent": [{"coding": [{"code": "TREAT"}]}],
        "agent": [
            {
                "who": {"identifier": {"value": f"urn:uuid:{ids['a']}"}},
                "requestor": True,
                "role": [{"coding": [{"system": "urn:segel:role", "code": "clinician"}]}],
            }
        ],
        "source": {"site": "", "observer": {"display": "segel dimse 192.0.2.7"}},
        "entity": [
            {"what": {"identifier": {"value": f"urn:uuid:{ids[key]}"}}, "description": description}
            for key, description in (
                ("p", "patient"),
                ("s", "study"),
                ("x", "session"),
                ("l", "listed patient"),
                ("g", "break-glass, beyond the budget"),
            )
        ],
    }
    told = read_event(json.dumps(old).encode())
    assert (told.kind, told.role, told.purpose, told.door) == (
        "sign-in", "clinician", "TREAT", "dimse",
    )  # fmt: skip
    assert (told.account, told.patient, told.study, told.session) == tuple(
        ids[key] for key in "apsx"
    )
    assert told.listed == (ids["l"],)
    assert (told.break_glass, told.beyond_budget) == (ids["g"], True)
    sealed = msgspec.msgpack.encode([b"s" * 32, b"{}"])
    assert msgspec.msgpack.decode(sealed, type=SealedEvent) == SealedEvent(b"s" * 32, b"{}")

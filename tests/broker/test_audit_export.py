"""Audit entries taken elsewhere: by whom, at what price, in which form, and never with a name."""

import asyncio
import json
import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from broker.test_audit_events import WHOLE
from segel.broker import messages as m
from segel.broker.audit import Kind, Outcome
from segel.broker.audit_codes import EVENT_IDS, EVENT_OF_TYPE, OWN_WORDS
from segel.broker.budgets import EXPORT_LIMITS
from segel.broker.dicom_event import dicom_message
from segel.broker.errors import BudgetExhausted, Forbidden
from segel.broker.fhir_event import made
from segel.broker.opened_events import for_others
from segel.broker.stored_event import read_event
from segel.broker.syslog import BOM, SEQUENCE_MAX, Payload, frame, syslog_message
from segel.domain.purpose import Purpose
from segel.domain.roles import Role


async def exported(estate: Any, token: str, *, own: bool = False, limit: int = 500) -> list[Any]:
    purpose = Purpose.TREATMENT if own else Purpose.OPERATIONS
    lines: list[Any] = []
    first = until = 0
    while True:
        asked = m.ExportAudit(m.Requester(token, purpose, "cli"), first, until, limit, own)
        page = await estate.ask(asked)
        lines += [(line.leaf_index, json.loads(line.event)) for line in page.lines]
        first, until = page.next_leaf, page.until
        if page.complete:
            return lines


def test_an_officer_takes_their_hospitals_events_and_an_account_its_own(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            for hospital, number in (("H1", 1), ("H2", 2)):
                maker = await estate.token(Role.RADIOGRAPHER, hospital)
                await estate.store(maker, arrival(number))
                reader = await estate.token(Role.CLINICIAN, hospital)
                await estate.open(reader, arrival(number).study_uid)
                await estate.search(reader)
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER, "H1")
            whole = await exported(estate, officer, limit=3)
            kinds = [read_event(json.dumps(event).encode()).kind for _, event in whole]
            assert {"read", "store", "query", "sign-in"} <= set(kinds)
            assert kinds.count("read") == 1
            leaves = [leaf for leaf, _ in whole]
            assert leaves == sorted(set(leaves))
            sites = {event["source"]["site"] for _, event in whole}
            assert len(sites) == 1
            for _, event in whole:
                AuditEvent.model_validate(event)
            listed = [
                read_event(json.dumps(event).encode()).listed
                for _, event in whole
                if event["action"] == "E" and "entity" in event
            ]
            (patient,) = {read_event(json.dumps(event).encode()).patient for _, event in whole} - {
                ""
            }
            assert (patient,) in listed  # by their own random id, as everywhere else
            text = json.dumps(whole)
            for personal in ("SITI", "MRN0", "9801", "2.25.77", "ACC1"):
                assert personal not in text
            own = await exported(estate, reader, own=True)
            assert {read_event(json.dumps(event).encode()).role for _, event in own} <= {
                "clinician",
                "operator",
            }
            # Each page of an export is in the log itself, and counted.
            later = await exported(estate, officer)
            exports = [e for _, e in later if "audit-export" in json.dumps(e["subtype"])]
            assert len(exports) >= len(whole) // 3

    asyncio.run(run())


def test_an_export_too_large_for_one_answer_comes_in_several(
    estate_of, arrival, monkeypatch
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
            whole = await exported(estate, officer)
            monkeypatch.setattr("segel.broker.opened_events.SLICE_BYTES_MAX", 1)
            again = await exported(estate, officer)
            assert again[: len(whole)] == whole
            assert len({leaf for leaf, _ in again}) == len(again)

    asyncio.run(run())


def test_nobody_else_exports(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            for role in set(Role) - {Role.DATA_PROTECTION_OFFICER, Role.PATIENT}:
                token = await estate.token(role)
                with pytest.raises(Forbidden):
                    await exported(estate, token)
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
            with pytest.raises(Forbidden):
                await estate.ask(m.ExportAudit(m.Requester(officer, Purpose.TREATMENT)))

    asyncio.run(run())


def test_an_export_stops_at_its_budget_of_patients(estate_of, arrival, monkeypatch) -> None:
    narrow = tuple(limit.__class__(limit.window, limit.seconds, 3) for limit in EXPORT_LIMITS)
    monkeypatch.setattr("segel.broker.desks.audit_export.EXPORT_LIMITS", narrow)

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(3):
                await estate.store(maker, arrival(number))
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
            assert await exported(estate, officer)
            assert await exported(estate, officer)  # the same patients cost nothing again
            await estate.store(maker, arrival(3))
            with pytest.raises(BudgetExhausted):
                await exported(estate, officer)

    asyncio.run(run())


def test_what_people_wrote_stays_in_the_log() -> None:
    reason = "freeze account dr. Ratna: opened a neighbour's record"
    for kind in Kind:
        event = replace(WHOLE[0], kind=kind, detail=reason)
        left = json.loads(for_others(made(event, 1_790_000_000.0, os.urandom)))
        assert ("outcomeDesc" in left) == (kind.label in OWN_WORDS)
        AuditEvent.model_validate(left)
    assert {Kind.FREEZE.label, Kind.ALERT.label, Kind.APPROVAL.label}.isdisjoint(OWN_WORDS)


# PS3.15 A.5.1: the order of elements, and the attributes of each: needed, and allowed besides.
ORDER = [
    "EventIdentification",
    "ActiveParticipant",
    "AuditSourceIdentification",
    "ParticipantObjectIdentification",
]
INSIDE = {
    "EventIdentification": ["EventID", "EventTypeCode", "EventOutcomeDescription"],
    "ActiveParticipant": ["RoleIDCode", "MediaIdentifier"],
    "AuditSourceIdentification": ["AuditSourceTypeCode"],
    "ParticipantObjectIdentification": [
        "ParticipantObjectIDTypeCode",
        "ParticipantObjectName",
        "ParticipantObjectQuery",
        "ParticipantObjectDetail",
        "ParticipantObjectDescription",
    ],
}
ATTRIBUTES: dict[str, tuple[set[str], set[str]]] = {
    "EventIdentification": (
        {"EventActionCode", "EventDateTime", "EventOutcomeIndicator"},
        set(),
    ),
    "ActiveParticipant": (
        {"UserID", "UserIsRequestor"},
        {"AlternativeUserID", "UserName", "NetworkAccessPointID", "NetworkAccessPointTypeCode"},
    ),
    "AuditSourceIdentification": ({"AuditSourceID"}, {"AuditEnterpriseSiteID"}),
    "ParticipantObjectIdentification": (
        {"ParticipantObjectID", "ParticipantObjectTypeCode", "ParticipantObjectTypeCodeRole"},
        {"ParticipantObjectDataLifeCycle", "ParticipantObjectSensitivity"},
    ),
}
TYPE, ROLE = "ParticipantObjectTypeCode", "ParticipantObjectTypeCodeRole"
CODED = {"csd-code", "codeSystemName", "originalText"}


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_every_kind_is_a_dicom_audit_message(kind: Kind) -> None:
    for event in WHOLE:
        for outcome in Outcome:
            written = replace(event, kind=kind, outcome=outcome, detail="word")
            told = read_event(made(written, 1_790_000_000.0, os.urandom).event)
            message = ET.fromstring(dicom_message(told, "segel.example"))  # noqa: S314
            assert message.tag == "AuditMessage"
            tags = [one.tag for one in message]
            assert [ORDER.index(tag) for tag in tags] == sorted(ORDER.index(tag) for tag in tags)
            assert tags.count("EventIdentification") == 1
            assert tags.count("ActiveParticipant") >= 1
            assert tags.count("AuditSourceIdentification") == 1
            for part in message:
                needed, allowed = ATTRIBUTES[part.tag]
                assert needed <= set(part.attrib) <= needed | allowed, part.tag
                places = [INSIDE[part.tag].index(one.tag) for one in part]
                assert places == sorted(places)
                for one in part:
                    if one.tag.endswith(("Code", "EventID")):
                        assert set(one.attrib) == CODED
            event_id = message.find("EventIdentification/EventID")
            assert event_id is not None
            assert EVENT_IDS[event_id.attrib["csd-code"]] == event_id.attrib["originalText"]
            type_code = message.find("EventIdentification/EventTypeCode")
            if type_code is not None:
                expected = EVENT_OF_TYPE[type_code.attrib["csd-code"]]
                assert expected == event_id.attrib["csd-code"]
            requestors = message.findall("ActiveParticipant[@UserIsRequestor='true']")
            assert len(requestors) == 1
            kinds = {
                (one.attrib[TYPE], one.attrib[ROLE])
                for one in message.findall("ParticipantObjectIdentification")
            }
            if event.patient_id:
                assert ("1", "1") in kinds
            if event.study_id:
                assert ("2", "3") in kinds


def test_a_syslog_message_is_framed_and_numbered_as_the_rfcs_say() -> None:
    event = made(WHOLE[0], 1_790_000_000.0, bytes).event
    for payload in Payload:
        message = syslog_message(41, event, payload, "segel.example")
        head, _, content = message.partition(BOM)
        priority, version = head.split(b" ")[0].rstrip(b"1").decode(), head[4:5]
        assert (priority, version) == ("<85>", b"1")
        assert b'[meta sequenceId="42"] ' in head
        assert head.split(b" ")[1] == b"2026-09-21T14:13:20.000+00:00"
        assert content[:1] == (b"<" if payload is Payload.DICOM else b"{")
        framed = frame(message)
        length, _, rest = framed.partition(b" ")
        assert int(length) == len(rest) == len(message)
    wrapped = syslog_message(SEQUENCE_MAX, event, Payload.FHIR, "h")
    assert b'sequenceId="1"' in wrapped

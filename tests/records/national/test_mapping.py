"""What of a record goes to the national platform, and in which form."""

import json
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.national.elements import Known
from segel.records.national.errors import Fault, Unfit
from segel.records.national.mapping import is_ready, number_of, to_platform
from segel.records.national.systems import (
    Number,
    Organisation,
    OrganisationInvalid,
    accessions_of,
)
from segel.records.national.times import in_utc

ORGANISATION = Organisation("100099001", "b017aa54-f1df-4ec2-9d84-8823815d7228")
ID = "5c7ac2f1-30b5-4bf1-a1a0-6f1fdf0a2f11"
VISIT = "Encounter/8f2bf09c-1d0c-4a7b-9b05-1a0d6a2f2c70"
NIK = "https://fhir.kemkes.go.id/id/nik"
DOCTOR = Number(NIK, "9901014101800002")
KNOWN = Known(
    ORGANISATION,
    "P09900000001",
    {VISIT: "e-1", "Observation/1": "o-1", "ImagingStudy/1.2.3": "i-1"},
    {Number("urn:lis", "F-7"): "ServiceRequest/s-1"},
    {DOCTOR: "N10000001"},
)
LOINC = {"coding": [{"system": "http://loinc.org", "code": "94558-4"}]}


def encounter(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/x"},
        "participant": [{"individual": {"identifier": {"system": NIK, "value": DOCTOR.value}}}],
        "period": {"start": "2026-11-02T08:00:00+07:00", "end": "2026-11-02T09:30:00+07:00"},
        **changes,
    }


def observation(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "laboratory",
        }]}],
        "code": LOINC,
        "subject": {"reference": "Patient/x"},
        "encounter": {"reference": VISIT},
        "effectiveDateTime": "2026-11-02T08:10:00+07:00",
        "valueString": "Negatif",
        **changes,
    }  # fmt: skip


def report(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "36554-4"}]},
        "subject": {"reference": "Patient/x"},
        "encounter": {"reference": VISIT},
        "effectiveDateTime": "2026-11-02",
        **changes,
    }


def order(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"system": "http://loinc.org", "code": "36554-4"}]},
        "subject": {"reference": "Patient/x"},
        "encounter": {"reference": VISIT},
        "identifier": [{"system": "http://sys-ids.kemkes.go.id/acsn/some-hospital", "value": "A1"}],
        **changes,
    }


def study(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "ImagingStudy",
        "status": "available",
        "identifier": [
            {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"},
            {"system": "http://sys-ids.kemkes.go.id/acsn/P09900000001", "value": "A1"},
        ],
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CR"}],
        "subject": {"reference": "Patient/x"},
        "started": "2026-11-02T08:05:00+07:00",
        "description": "Toraks Tn. Budi",
        "series": [{"uid": "1.2.3.4", "description": "Budi", "numberOfInstances": 1,
                    "modality": {"code": "CR"}}],
        **changes,
    }  # fmt: skip


def made(resource: dict[str, Any], known: Known = KNOWN) -> dict[str, Any]:
    return to_platform(resource, ID, known)


@pytest.mark.parametrize("system", [
    "http://sys-ids.kemkes.go.id/acsn/100099001",
    "https://sys-ids.kemkes.go.id/acsn/100099001",
    "http://sys-ids.kemkes.go.id/acsn/P09900000001",
    "https://sys-ids.kemkes.go.id/acsn/P09900000001",
])  # fmt: skip
def test_both_forms_of_an_accession_number_are_read(system: str) -> None:
    stated = {"identifier": [{"system": system, "value": "CR.261102.1"}]}
    assert accessions_of(stated) == ["CR.261102.1"]


def test_an_accession_number_is_known_by_its_type_too_and_others_are_not() -> None:
    acsn = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
    typed = {"identifier": [{"system": "urn:ris", "value": "A1", "type": acsn}]}
    assert accessions_of(typed) == ["A1"]
    for system in ("http://sys-ids.kemkes.go.id/acsn/", "http://sys-ids.kemkes.go.id/mrn/1",
                   "http://evil.example/http://sys-ids.kemkes.go.id/acsn/1"):  # fmt: skip
        assert accessions_of({"identifier": [{"system": system, "value": "A1"}]}) == []


@pytest.mark.parametrize("resource", [order(), study()])
def test_an_accession_number_is_written_with_the_organisation_and_its_type(
    resource: dict[str, Any],
) -> None:
    written = [one for one in made(resource)["identifier"] if "acsn" in one["system"]]
    assert written == [{
        "use": "usual",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                             "code": "ACSN"}]},
        "system": "http://sys-ids.kemkes.go.id/acsn/100099001",
        "value": "A1",
    }]  # fmt: skip


@pytest.mark.parametrize(("resource", "system"), [
    (encounter(), "encounter/100099001"),
    (order(), "servicerequest/100099001"),
    (observation(), "observation/100099001"),
    (report(), "diagnostic/100099001/lab"),
    (report(imagingStudy=[{"reference": "ImagingStudy/1.2.3"}]), "diagnostic/100099001/rad"),
    (report(category=[{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074",
                                   "code": "RAD"}]}]), "diagnostic/100099001/rad"),
])  # fmt: skip
def test_each_type_bears_the_organisations_number_for_it(
    resource: dict[str, Any], system: str
) -> None:
    first = made(resource)["identifier"][0]
    assert first == {
        "use": "official",
        "system": f"http://sys-ids.kemkes.go.id/{system}",
        "value": ID,
    }


def test_a_number_of_the_platforms_own_kind_is_kept_and_every_other_stays_at_home() -> None:
    stated = [
        {"system": "http://sys-ids.kemkes.go.id/encounter/100099001", "value": "RJ-7"},
        {"system": "urn:his", "value": "secret-number"},
    ]
    sent = made(encounter(identifier=stated))
    assert [one["value"] for one in sent["identifier"]] == ["RJ-7"]
    assert number_of(encounter(identifier=stated), ID, ORGANISATION).value == "RJ-7"


@pytest.mark.parametrize(("stated", "sent"), [
    ("2026-11-02T00:30:00+07:00", "2026-11-01T17:30:00+00:00"),
    ("2026-11-02T08:10:00.123+09:00", "2026-11-01T23:10:00+00:00"),
    ("2026-11-02T08:10:00Z", "2026-11-02T08:10:00+00:00"),
    ("2026-12-31T23:59:60Z", "2026-12-31T23:59:59+00:00"),
    ("2026-11-02", "2026-11-02"),
    ("2014", "2014"),
    ("2014-06-03", "2014-06-03"),
    ("2014-06-03T00:00:00Z", "2014-06-03T00:00:00+00:00"),
])  # fmt: skip
def test_times_go_in_utc_and_dates_stay_dates(stated: str, sent: str) -> None:
    assert in_utc(stated, "X") == sent


@pytest.mark.parametrize("stated", [
    "2014-06-02", "2014-05", "2013", "2014-06-03T06:59:59+07:00", "1999-01-01T00:00:00Z",
])  # fmt: skip
def test_what_is_from_before_the_platform_is_refused_with_the_reason(stated: str) -> None:
    with pytest.raises(Unfit) as refused:
        in_utc(stated, "Observation.issued")
    assert refused.value.fault is Fault.TOO_EARLY
    assert refused.value.field == "Observation.issued"
    assert "2014-06-03" in refused.value.what
    assert stated not in str(refused.value)


OFFSETS = st.integers(-840, 840).map(lambda one: timezone(timedelta(minutes=one)))


@given(st.datetimes(timezones=OFFSETS))
def test_no_time_leaves_that_is_not_in_utc_or_too_early(moment: Any) -> None:
    try:
        sent = in_utc(moment.isoformat(), "X")
    except Unfit:
        return
    assert sent.endswith("+00:00")
    assert sent >= "2014-06-03"


def test_a_visit_says_who_treated_where_and_since_when() -> None:
    sent = made(encounter())
    assert sent["subject"] == {"reference": "Patient/P09900000001"}
    assert sent["participant"][0]["individual"] == {"reference": "Practitioner/N10000001"}
    assert sent["participant"][0]["type"][0]["coding"][0]["code"] == "ATND"
    assert sent["location"][0]["location"]["reference"] == f"Location/{ORGANISATION.location}"
    assert sent["serviceProvider"] == {"reference": "Organization/100099001"}
    assert sent["period"] == {
        "start": "2026-11-02T01:00:00+00:00",
        "end": "2026-11-02T02:30:00+00:00",
    }
    assert sent["statusHistory"] == [{"status": "finished", "period": sent["period"]}]


def test_a_study_goes_without_its_descriptions_and_names_its_request() -> None:
    based = study(basedOn=[{"reference": "Observation/1"}])
    sent = made(based)
    assert "Budi" not in json.dumps(sent)
    assert sent["identifier"][1] == {
        "use": "official", "system": "urn:dicom:uid", "value": "urn:oid:1.2.3",
    }  # fmt: skip
    assert sent["series"] == [{"uid": "1.2.3.4", "numberOfInstances": 1,
                               "modality": {"code": "CR"}}]  # fmt: skip
    assert sent["started"] == "2026-11-02T01:05:00+00:00"


def test_only_what_is_named_leaves() -> None:
    stays = {
        "note": [{"text": "menangis"}],
        "text": {"status": "generated", "div": "<div>menangis</div>"},
        "extension": [{"url": "urn:x", "valueString": "menangis"}],
        "contained": [{"resourceType": "Patient", "name": [{"text": "menangis"}]}],
    }
    for resource in (
        encounter(**stays, reasonCode=[{"text": "menangis"}]),
        observation(**stays, bodySite={"text": "menangis"}),
        report(**stays, presentedForm=[{"data": "bWVuYW5naXM=", "title": "menangis"}]),
        order(**stays, patientInstruction="menangis"),
        study(**stays),
    ):
        assert "menangis" not in json.dumps(made(resource))


def test_codes_of_the_house_stay_and_a_record_with_no_other_is_set_aside() -> None:
    own = {"system": "http://sys-ids.kemkes.go.id/hl7/x/code", "code": "AG"}
    sent = made(observation(code={"coding": [own, *LOINC["coding"]], "text": "antigen"}))
    assert sent["code"] == LOINC
    with pytest.raises(Unfit) as refused:
        made(observation(code={"coding": [own], "text": "antigen"}))
    assert refused.value.fault is Fault.CODE
    assert refused.value.field == "Observation.code"


@pytest.mark.parametrize(("resource", "field"), [
    (encounter(participant=[]), "Encounter.participant.individual"),
    (encounter(period={}), "Encounter.period.start"),
    (observation(encounter={}), "Observation.encounter"),
    (observation(effectiveDateTime=None, category=[]), "Observation.category"),
    (study(identifier=[]), "ImagingStudy.identifier"),
    (report(encounter={}), "DiagnosticReport.encounter"),
])  # fmt: skip
def test_what_the_platform_wants_and_the_record_lacks_is_named(
    resource: dict[str, Any], field: str
) -> None:
    with pytest.raises(Unfit) as refused:
        made(resource)
    assert refused.value.fault is Fault.MISSING
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_hospital_without_a_place_has_its_visits_set_aside() -> None:
    with pytest.raises(Unfit) as refused:
        made(encounter(), Known(Organisation("100099001"), "P1", practitioners=KNOWN.practitioners))
    assert refused.value.field == "Encounter.location"


def test_references_are_the_platforms_and_what_is_not_there_yet_is_waited_for() -> None:
    sent = made(report(
        result=[{"reference": "Observation/1"}],
        basedOn=[{"identifier": {"system": "urn:lis", "value": "F-7"}, "type": "ServiceRequest"}],
        imagingStudy=[{"reference": "ImagingStudy/1.2.3"}],
    ))  # fmt: skip
    assert sent["result"] == [{"reference": "Observation/o-1"}]
    assert sent["basedOn"] == [{"reference": "ServiceRequest/s-1"}]
    assert sent["imagingStudy"] == [{"reference": "ImagingStudy/i-1"}]
    assert sent["encounter"] == {"reference": "Encounter/e-1"}
    with pytest.raises(Unfit) as refused:
        made(report(result=[{"reference": "Observation/2"}]))
    assert refused.value.fault is Fault.WAITS
    unsent = made(report(basedOn=[{"reference": "CarePlan/1"}, {"identifier": {"value": "?"}}]))
    assert "basedOn" not in unsent


@pytest.mark.parametrize(("resource", "ready"), [
    (observation(), True),
    (observation(status="preliminary"), False),
    (observation(status="registered"), False),
    (report(status="partial"), False),
    (encounter(status="planned"), False),
    (encounter(status="in-progress"), True),
    (order(status="draft"), False),
])  # fmt: skip
def test_what_is_not_final_is_not_told(resource: dict[str, Any], ready: bool) -> None:
    assert is_ready(resource) is ready


@pytest.mark.parametrize("number", ["", "12", "abc", "100099001/../x", "1" * 17, "100099001\n"])
def test_an_organisations_number_is_digits(number: str) -> None:
    with pytest.raises(OrganisationInvalid):
        Organisation(number)

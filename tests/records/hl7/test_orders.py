"""Orders become ServiceRequests in the state that was said."""

from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from segel.records.hl7 import Fault, MessageRefused, Sender, parse_message, to_bundle
from segel.records.hl7.coding import Json

BASE = "https://rs-melati.example/ris"
SENDER = Sender(BASE, accession_system="http://sys-ids.kemkes.go.id/acsn/1000")
HEADER = "MSH|^~\\&|RIS|RS|SEGEL||20220105101500||{}|C1|P|2.5.1||||||UNICODE UTF-8"
PID = "PID|1||RM-77^^^^MR||Sukarno||19900101|M"
OBR = "OBR|1|P1||36554-4^XR Chest^LN"
TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"


def entries(*lines: str, kind: str = "ORM^O01") -> list[Json]:
    raw = "\r".join((HEADER.format(kind), PID, *lines)).encode()
    made = to_bundle(parse_message(raw), SENDER)
    get_fhir_model_class("Bundle").model_validate(made)
    return list(made["entry"])


def request(*lines: str, **more: Any) -> Json:
    made: list[Json] = [
        one["resource"]
        for one in entries(*lines, **more)
        if one["resource"]["resourceType"] == "ServiceRequest"
    ]
    (only,) = made
    return only


def refused(*lines: str) -> tuple[Fault, str]:
    with pytest.raises(MessageRefused) as caught:
        entries(*lines)
    return caught.value.fault, str(caught.value.location)


def test_an_order_for_a_radiograph_is_this_request() -> None:
    patient, made = entries(
        "ORC|NW|P1|F1||||^^^20220106080000^^S||20220105100000"
        "|||12^Kartini^Raden^^^dr.^^^&1.2.3&ISO",
        "OBR|1|P1|F1|36554-4^XR Chest^LN|||||||||batuk~|||||A-5|RP-1|SPS-1||||CR"
        "|||||||R05^Cough^I10" + "|" * 13 + "71045^Chest 1 view^C4",
        "NTE|1||kursi roda",
        "ZDS|1.2.826.0.1.5^SEGEL^Application^DICOM",
    )
    assert made["resource"] == {
        "resourceType": "ServiceRequest",
        "identifier": [
            {
                "type": {"coding": [{"system": TYPES, "code": code}]},
                "system": system,
                "value": value,
            }
            for code, system, value in (
                ("PLAC", f"{BASE}/placer", "P1"),
                ("FILL", f"{BASE}/filler", "F1"),
                ("ACSN", "http://sys-ids.kemkes.go.id/acsn/1000", "A-5"),
            )
        ]
        + [
            {"system": f"{BASE}/requested-procedure", "value": "RP-1"},
            {"system": f"{BASE}/procedure-step", "value": "SPS-1"},
            {"system": "urn:dicom:uid", "value": "urn:oid:1.2.826.0.1.5"},
        ],
        "status": "active",
        "intent": "order",
        "category": [
            {
                "coding": [
                    {"system": "http://snomed.info/sct", "code": "363679005", "display": "Imaging"}
                ]
            }
        ],
        "priority": "stat",
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "36554-4", "display": "XR Chest"}],
            "text": "XR Chest",
        },
        "orderDetail": [
            {
                "coding": [
                    {
                        "system": "http://www.ama-assn.org/go/cpt",
                        "code": "71045",
                        "display": "Chest 1 view",
                    }
                ],
                "text": "Chest 1 view",
            },
            {"coding": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CR"}]},
        ],
        "subject": {"reference": patient["fullUrl"]},
        "occurrenceDateTime": "2022-01-06T08:00:00+07:00",
        "authoredOn": "2022-01-05T10:00:00+07:00",
        "requester": {
            "type": "Practitioner",
            "identifier": {"system": "urn:oid:1.2.3", "value": "12"},
            "display": "dr. Raden Kartini",
        },
        "reasonCode": [
            {
                "coding": [
                    {
                        "system": "http://hl7.org/fhir/sid/icd-10",
                        "code": "R05",
                        "display": "Cough",
                    }
                ],
                "text": "Cough",
            }
        ],
        "note": [{"text": "batuk"}, {"text": "kursi roda"}],
    }
    assert made["request"] == {
        "method": "POST",
        "url": "ServiceRequest",
        "ifNoneExist": f"identifier={BASE}/placer|P1",
    }


@pytest.mark.parametrize(
    ("control", "state", "status", "method"),
    [
        ("NW", "", "active", "POST"),
        ("XO", "", "active", "PUT"),
        ("CA", "", "revoked", "PUT"),
        ("DC", "", "revoked", "PUT"),
        ("SC", "A", "active", "PUT"),
        ("SC", "CA", "revoked", "PUT"),
        ("SC", "CM", "completed", "PUT"),
        ("SC", "DC", "revoked", "PUT"),
        ("SC", "ER", "entered-in-error", "PUT"),
        ("SC", "HD", "on-hold", "PUT"),
        ("SC", "IP", "active", "PUT"),
        ("SC", "RP", "revoked", "PUT"),
        ("SC", "SC", "active", "PUT"),
    ],
)
def test_each_control_code(control: str, state: str, status: str, method: str) -> None:
    made = entries(f"ORC|{control}|P1|||{state}", OBR)[1]
    assert (made["resource"]["status"], made["request"]["method"]) == (status, method)


def test_a_cancellation_can_do_without_details() -> None:
    assert request("ORC|CA|P1")["status"] == "revoked"
    assert refused("ORC|NW|P1") == (Fault.MISSING, "ORC")


@pytest.mark.parametrize(
    ("lines", "fault", "where"),
    [
        (("ORC|RE|P1", OBR), Fault.TABLE, "ORC-1"),
        (("ORC|SC|P1", OBR), Fault.TABLE, "ORC-5"),
        ((OBR,), Fault.MISSING, "OBR"),
        (("ORC|NW|P1", "OBR|1|P1"), Fault.MISSING, "OBR-4"),
        (("ORC|NW|P1", OBR, "ZDS|1.02^x"), Fault.TYPE, "ZDS-1.1"),
        (("ORC|NW|P1", f"{OBR}{'|' * 14}{'9' * 65}"), Fault.TYPE, "OBR-18"),
        (("ORC|NW|P1|||||^^^besok", OBR), Fault.TYPE, "ORC-7"),
    ],
)
def test_an_order_that_cannot_be_kept_is_refused(
    lines: tuple[str, ...], fault: Fault, where: str
) -> None:
    got, place = refused(*lines)
    assert got is fault
    assert place.startswith(where.partition(".")[0])


def test_a_laboratorys_order_has_timing_specimen_and_what_was_measured() -> None:
    made = entries(
        "ORC|NW|P1",
        "TQ1|1||||||202201060800||A",
        "OBR|1|P1||58410-2^Blood count^LN",
        "OBX|1|NM|29463-7^Weight^LN||61.5|kg^^UCUM|||||F",
        "SPM|1|S-1||119297000^Blood^SCT",
        kind="OML^O21",
    )
    kinds = [one["resource"]["resourceType"] for one in made]
    assert kinds == ["Patient", "Specimen", "Observation", "ServiceRequest"]
    order = made[3]["resource"]
    assert order["priority"] == "asap"
    assert order["occurrenceDateTime"] == "2022-01-06T08:00:00+07:00"
    assert order["specimen"] == [{"reference": made[1]["fullUrl"]}]
    assert order["supportingInfo"] == [{"reference": made[2]["fullUrl"]}]


def test_a_result_points_to_the_order_by_its_number() -> None:
    order = request("ORC|NW|P1", OBR)
    raw = "\r".join((HEADER.format("ORU^R01"), PID, "OBR|1|P1|F1|36554-4^XR^LN"))
    report = to_bundle(parse_message(raw.encode()), SENDER)["entry"][-1]["resource"]
    assert report["basedOn"][0]["identifier"] in order["identifier"]

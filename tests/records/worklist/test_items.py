"""What an order says on a worklist, and which orders are on one."""

from typing import Any
from uuid import UUID

import pytest

from segel.domain.dicom import JsonDataset, first_value, text_value
from segel.domain.patient import PatientIdentity
from segel.domain.records import Interaction
from segel.imaging import WorklistQuery
from segel.records.accessions import accession_of
from segel.records.model import Version
from segel.records.worklist import due_of
from segel.records.worklist.items import Asking, flat, item_of
from segel.records.worklist.orders import is_due, start_of, stations_of, study_uid_of
from segel.records.worklist.service import _answers

ORDER_ID = UUID("6f1c1f0e-8a77-4a54-9b5d-0d6a3f0c2b11")
PATIENT = UUID(int=1)
SRI = PatientIdentity(patient_id="RM1", name="WULANDARI^SRI", birth_date="19900215", sex="F")
DCM = "http://dicom.nema.org/resources/ontology/DCM"
STATIONS = "http://sys-ids.kemkes.go.id/ae-title"
WRITTEN_S = 1_795_854_000.0  # 28 November 2026, 17:20 at +07:00


def order(**changes: Any) -> dict[str, Any]:
    """An order as integrations of the national platform write it."""
    made = {
        "resourceType": "ServiceRequest",
        "identifier": [
            {
                "type": {"coding": [{"code": "ACSN"}]},
                "system": "http://sys-ids.kemkes.go.id/acsn/100",
                "value": "ACC7",
            },
            {"system": "https://his.example/requested-procedure", "value": "RP7"},
            {"type": {"coding": [{"code": "PLAC"}]}, "system": "urn:x", "value": "P7"},
        ],
        "status": "active",
        "intent": "order",
        "priority": "urgent",
        "category": [{"coding": [{"code": "363679005"}]}],
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "24627-2", "display": "CT Chest"}],
            "text": "CT Toraks",
        },
        "orderDetail": [
            {"coding": [{"system": DCM, "code": "CT"}]},
            {"coding": [{"system": STATIONS, "display": "CT1"}]},
        ],
        "occurrenceDateTime": "2026-11-28T09:30:00+07:00",
        "requester": {"display": "dr. Budi^Santoso"},
        "performer": [{"display": "dr. Ani"}],
        "reasonCode": [{"text": "Batuk"}, {"coding": [{"display": "Demam"}]}],
        "note": [{"text": "Alergi kontras"}],
    }
    return {name: value for name, value in (made | changes).items() if value is not None}


def item(made: dict[str, Any], asking: Asking | None = None, **more: Any) -> JsonDataset:
    given: dict[str, Any] = {"written_s": WRITTEN_S, "started": False} | more
    return item_of(made, ORDER_ID, given.pop("who", SRI), asking or Asking("CT1"), **given)


def test_an_order_is_one_procedure_with_one_step() -> None:
    made = item(order())
    assert len(made["00400100"]["Value"]) == 1
    told = {tag: text_value(flat(made), tag) for tag in flat(made)}
    expected = {
        "00080050": "ACC7", "00080060": "CT", "00080090": "dr. Budi Santoso",
        "00100010": "WULANDARI^SRI", "00100020": "RM1", "00100030": "19900215", "00100040": "F",
        "0020000D": f"2.25.{ORDER_ID.int}", "00321032": "dr. Budi Santoso",
        "00321060": "CT Toraks", "00400001": "CT1", "00400002": "20261128",
        "00400003": "093000", "00400006": "dr. Ani", "00400007": "CT Toraks",
        "00400009": "RP7", "00400020": "SCHEDULED", "00400400": "Alergi kontras",
        "00401001": "RP7", "00401002": "Batuk; Demam", "00401003": "HIGH", "00402016": "P7",
    }  # fmt: skip
    assert {tag: told[tag] for tag in expected} == expected
    (code,) = made["00321064"]["Value"]
    assert [text_value(code, tag) for tag in ("00080100", "00080102", "00080104")] == [
        "24627-2", "LN", "CT Chest",
    ]  # fmt: skip
    assert "Value" not in made["00101030"]  # what it does not say is there, and empty
    assert first_value(flat(item(order(), started=True)), "00400020") == "STARTED"


def test_what_every_item_has_is_made_of_what_there_is() -> None:
    bare = order(identifier=None, code=None, orderDetail=None, occurrenceDateTime=None)
    told = flat(item(bare, Asking("XR9", "DX"), who=PatientIdentity(nik="9901015502900003")))
    assert text_value(told, "00400009") == text_value(told, "00401001") == "6F1C1F0E8A774A54"
    assert text_value(told, "00400001") == "XR9"  # for any station: for the one that asks
    assert text_value(told, "00080060") == "DX"
    assert text_value(told, "00100020") == "9901015502900003"
    assert (text_value(told, "00400002"), text_value(told, "00400003")) == ("20261128", "000000")
    assert text_value(flat(item(bare)), "00080060") == "OT"


def test_numbers_that_do_not_fit_are_left_for_one_that_does() -> None:
    long = {"system": "urn:y/requested-procedure", "value": "R" * 17}
    made = order(identifier=[long, *order()["identifier"][::2]])
    assert text_value(flat(item(made)), "00401001") == "ACC7"


@pytest.mark.parametrize(
    ("identifier", "number"),
    [
        ({"system": "https://sys-ids.kemkes.go.id/acsn/P01", "value": " A1 "}, "A1"),
        ({"system": "http://sys-ids.kemkes.go.id/acsn/100", "value": "A1"}, "A1"),
        ({"type": {"coding": [{"code": "ACSN"}]}, "value": "A1"}, "A1"),
        ({"type": {"coding": [{"code": "FILL"}]}, "value": "F1"}, "F1"),
        ({"type": {"coding": [{"code": "PLAC"}]}, "value": "P1"}, ""),
    ],
)
def test_an_accession_number_is_read_in_every_form(identifier: Any, number: str) -> None:
    assert accession_of({"identifier": [identifier]}) == number
    filler = {"type": {"coding": [{"code": "FILL"}]}, "value": "F9"}
    both = accession_of({"identifier": [filler, identifier]})
    assert both == (number if number == "A1" else "F9")


@pytest.mark.parametrize(
    ("changes", "moment"),
    [
        ({"occurrenceDateTime": "2026-11-28T20:30:00Z"}, ("20261129", "033000")),
        ({"occurrenceDateTime": "2026-11-28T20:30:00+09:00"}, ("20261128", "203000")),
        ({"occurrenceDateTime": "2026-11-28"}, ("20261128", "")),
        ({"occurrenceDateTime": "2026-11"}, ("20261128", "")),
        ({"occurrencePeriod": {"start": "2026-12-01T08:00:00+07:00"}}, ("20261201", "080000")),
        ({"occurrenceTiming": {"event": ["2026-12-02"]}}, ("20261202", "")),
        ({"authoredOn": "2026-11-20T10:00:00+07:00"}, ("20261120", "")),
        ({"authoredOn": "2026"}, ("20261128", "")),
    ],
)
def test_an_order_is_for_its_day_in_the_time_on_the_wall(
    changes: dict[str, Any], moment: tuple[str, str]
) -> None:
    assert start_of(changes, WRITTEN_S) == moment


def test_the_study_is_the_one_that_the_order_states() -> None:
    stated = {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}
    assert study_uid_of(order(identifier=[stated]), ORDER_ID) == "1.2.3"
    broken = {"system": "urn:dicom:uid", "value": "urn:oid:1.02"}
    derived = study_uid_of(order(identifier=[broken]), ORDER_ID)
    assert derived == f"2.25.{ORDER_ID.int}"
    assert len(f"2.25.{(1 << 128) - 1}") <= 64


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, True),
        ({"category": None}, True),  # it names a modality
        ({"orderDetail": None}, True),
        ({"category": None, "orderDetail": None}, False),
        ({"status": "completed"}, False),
        ({"status": "revoked"}, False),
        ({"status": "on-hold"}, False),
        ({"intent": "proposal"}, False),
        ({"doNotPerform": True}, False),
    ],
)
def test_an_active_order_for_images_is_due(changes: dict[str, Any], due: bool) -> None:
    made = order(**changes)
    assert is_due(made) == due
    mark = due_of(Version("ServiceRequest", str(ORDER_ID), 2, WRITTEN_S, "PUT", made), PATIENT)
    assert mark is not None
    assert (mark.day, mark.interaction) == ("20261128" if due else "", Interaction.UPDATE)


def test_a_version_puts_on_takes_off_or_leaves_alone() -> None:
    made = Version("ServiceRequest", str(ORDER_ID), 1, WRITTEN_S, "POST", order())
    mark = due_of(made, PATIENT)
    assert mark is not None
    assert (mark.accession, mark.modalities, mark.stations) == ("ACC7", ("CT",), ("CT1",))
    other = Version("ServiceRequest", str(ORDER_ID), 1, 0, "POST", order(status="draft"))
    assert due_of(other, PATIENT) is None
    gone = due_of(Version("ServiceRequest", str(ORDER_ID), 3, 0, "DELETE", None), PATIENT)
    assert gone is not None
    assert (gone.day, gone.interaction) == ("", Interaction.DELETE)
    assert due_of(Version("Observation", str(ORDER_ID), 1, 0, "POST", {}), PATIENT) is None


@pytest.mark.parametrize(
    ("days", "times", "found"),
    [
        ("20261128-20261130", "1000-1800", False),  # from 10:00 of the 28th on
        ("20261127-20261130", "1000-1800", True),  # in the midst of it, whatever the time
        ("20261127-20261128", "1000-0900", False),
        ("20261127-20261128", "1000-0931", True),
        ("20261128", "0900-1000", True),
        ("20261128", "1000-1100", False),
        ("20261127-20261128", "0930", True),
        ("20261128-", "1000-", False),
        ("20261128-", "0900-", True),
        ("-20261128", "-0900", False),
    ],
)
def test_a_range_of_days_and_one_of_times_are_one_period(
    days: str, times: str, found: bool
) -> None:
    filters = WorklistQuery({"00400002": days, "00400003": times}).filters
    assert _answers(flat(item(order())), filters) == found


def test_names_and_numbers_of_others_do_no_harm() -> None:
    odd = order(
        orderDetail=[{"coding": [{"system": STATIONS, "code": "A\\B"}, {"system": DCM}]}],
        code={"text": "a\\b\nc" * 40},
        performer=[{"display": "=^\\"}],
        identifier=[{"system": "urn:x/acsn/1", "value": "9" * 65}],
    )
    told = flat(item(odd))
    assert stations_of(odd) == ()
    assert text_value(told, "00080050") == text_value(told, "00400006") == ""
    assert len(text_value(told, "00321060")) == 64
    assert "\\" not in text_value(told, "00321060")

"""A patient's record in plain words: what belongs together, and what a test found."""

from typing import Any

import pytest

from segel.console.portal import PARTS
from segel.console.portal_page import EXAMINATIONS, VISITS, WORTH_SAYING, Told, own_record
from segel.console.record_page import Entry, runs_of
from segel.console.texts import has_text

TOKEN = "t" * 43
ACSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
UID = "2.25.4711"


def resource(kind: str, id_: str, **said: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": id_, **said}


def study(uid: str = UID, accession: str = "A-1") -> dict[str, Any]:
    return resource(
        "ImagingStudy", uid, started="2026-11-01", modality=[{"code": "SR"}, {"code": "CT"}],
        identifier=[{"type": ACSN, "system": "http://x/acsn/1", "value": accession}],
    )  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        {"imagingStudy": [{"reference": f"ImagingStudy/{UID}"}]},
        {"imagingStudy": [{"reference": f"https://a.example/fhir/ImagingStudy/{UID}"}]},
        {"identifier": [{"type": ACSN, "value": "A-1"}]},
        {"basedOn": [{"reference": "ServiceRequest/o"}]},
    ],
)
def test_a_report_lies_beside_the_images_that_it_is_about(said: dict[str, Any]) -> None:
    order = resource("ServiceRequest", "o", identifier=[{"type": ACSN, "value": "A-1"}])
    report = resource("DiagnosticReport", "r", status="final", code={"text": "CT"}, **said)
    own = own_record([order, report, study(), study("2.25.9", "A-2")], TOKEN)
    assert [one.entry.key for one in own.beside("DiagnosticReport/r")] == [f"ImagingStudy/{UID}"]
    assert [one.entry.key for one in own.beside(f"ImagingStudy/{UID}")] == ["DiagnosticReport/r"]
    assert own.beside("ImagingStudy/2.25.9") == []
    assert [one.with_report for one in own.of("study")] == [True, False]


def test_a_number_that_is_no_accession_number_puts_nothing_together() -> None:
    report = resource("DiagnosticReport", "r", status="final", identifier=[{"value": "A-1"}])
    own = own_record([report, study()], TOKEN)
    assert own.beside("DiagnosticReport/r") == []


SNOMED = "http://snomed.info/sct"
FLAGS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def snomed(code: str) -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": code}]}}


def told_of_test(loinc: str, said: dict[str, Any]) -> Told:
    code = {"coding": [{"system": "http://loinc.org", "code": loinc}]}
    one = resource("Observation", "o", status="final", code=code, **said)
    (told,) = own_record([one], TOKEN).told
    return told


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ({"valueCodeableConcept": {"text": "Negatif"}}, "negative"),
        (snomed("10828004"), "positive"),
        (snomed("260415000"), "negative"),
        ({"valueString": "not detected"}, "negative"),
        ({"interpretation": [{"coding": [{"system": FLAGS, "code": "POS"}]}]}, "positive"),
        ({"valueString": "inkonklusif"}, "inconclusive"),
        # What contradicts itself, and what is not clearly said, is left as it stands.
        (
            {
                "valueString": "Negatif",
                "interpretation": [{"coding": [{"system": FLAGS, "code": "POS"}]}],
            },
            "",
        ),
        ({"valueString": "lihat catatan"}, ""),
        ({"valueCodeableConcept": {"coding": [{"display": "no code"}]}}, ""),
    ],
)  # fmt: skip
def test_a_covid_test_is_told_in_one_word_where_it_is_clear(
    said: dict[str, Any], meaning: str
) -> None:
    said = {"valueString": "?", **said} if "interpretation" in said else said
    assert told_of_test("94558-4", said).meaning == meaning
    assert told_of_test("718-7", said).meaning == ""


def test_what_was_taken_back_says_only_that() -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "94558-4"}]}
    back = resource("Observation", "o", status="entered-in-error", code=code, valueString="Negatif")
    (told,) = own_record([back], TOKEN).told
    assert (told.is_back, told.meaning, told.status) == (True, "", "")


def test_orders_are_not_told_and_visits_and_images_have_plain_names() -> None:
    visit = resource("Encounter", "e", status="finished", **{"class": {"code": "EMER"}})
    order = resource("ServiceRequest", "o", status="active", code={"text": "CT"})
    own = own_record([visit, order, study()], TOKEN)
    assert {one.plain for one in own.told} == {"visit.emergency", "study.ct"}


def test_every_plain_word_has_a_text() -> None:
    for name in (*EXAMINATIONS.values(), "other"):
        assert has_text(f"portal.plain.study.{name}")
    for name in (*VISITS.values(), "other"):
        assert has_text(f"portal.plain.visit.{name}")
    for status in WORTH_SAYING:
        assert has_text(f"portal.status.{status}")
    for part in PARTS:
        assert has_text(f"portal.nav.{part.name}")


def line(role: str, kind: str = "record.kind.chart-read") -> Entry:
    return Entry(1, 1.0, kind, "purpose.PATRQT", role, False, "", "")


def test_ones_own_looks_in_a_row_are_folded_and_nobody_elses_and_no_copy() -> None:
    own, other = line("role.patient"), line("role.clinician")
    copy = line("role.patient", "record.kind.study-copy")
    runs = runs_of([own, own, own, copy, own, own, other, other, other, other])
    assert runs == [
        (True, [own] * 3), (False, [copy]), (False, [own] * 2), (False, [other] * 4),
    ]  # fmt: skip

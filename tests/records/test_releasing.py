"""What of their own chart patients are shown: what somebody stands by, and nothing of a draft."""

from typing import Any

import pytest

from segel.records.model import Version
from segel.records.releasing import led_to, shown_to_patient


def version(kind: str, **said: Any) -> Version:
    resource = {"resourceType": kind, "id": "x", "code": {"text": "Toraks"}, **said}
    return Version(kind, "x", 1, 1.0, "POST", resource)


REPORTS = {
    "registered": False, "partial": False, "preliminary": False, "unknown": False, "": False,
    "final": True, "amended": True, "corrected": True, "appended": True,
}  # fmt: skip
OBSERVATIONS = {
    "registered": False, "preliminary": False, "unknown": False,
    "final": True, "amended": True, "corrected": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status", "shown"),
    [
        *(("DiagnosticReport", *one) for one in REPORTS.items()),
        *(("Observation", *one) for one in OBSERVATIONS.items()),
    ],
)
def test_patients_are_shown_what_somebody_stands_by(kind: str, status: str, shown: bool) -> None:
    one = version(kind, status=status, conclusion="Leukositosis")
    assert shown_to_patient(one) == (one if shown else None)


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
@pytest.mark.parametrize("kind", ["DiagnosticReport", "Observation"])
def test_what_was_taken_back_is_told_of_without_what_it_said(kind: str, status: str) -> None:
    said = {
        "conclusion": "rahasia", "text": {"div": "<div>rahasia</div>"}, "valueString": "rahasia",
        "presentedForm": [{"data": "cmFoYXNpYQ=="}], "result": [{"display": "rahasia"}],
        "contained": [{"x": "rahasia"}], "note": [{"text": "rahasia"}], "issued": "2026-01-01",
        "subject": {"reference": "Patient/1"}, "meta": {"tag": [{"code": "mine"}]},
    }  # fmt: skip
    left = shown_to_patient(version(kind, status=status, **said))
    assert left is not None
    assert left.resource is not None
    assert "rahasia" not in str(left.resource)
    assert "cmFo" not in str(left.resource)
    assert left.resource["status"] == status
    assert left.resource["code"] == {"text": "Toraks"}
    assert left.resource["subject"] == {"reference": "Patient/1"}
    assert [tag["code"] for tag in left.resource["meta"]["tag"]] == ["mine", "SUBSETTED"]


def test_drafts_of_documents_and_orders_are_not_shown_and_all_else_is() -> None:
    assert shown_to_patient(version("DocumentReference", docStatus="preliminary")) is None
    assert shown_to_patient(version("ServiceRequest", status="draft")) is None
    for one in (
        version("DocumentReference", docStatus="final"),
        version("DocumentReference", status="current"),
        version("ServiceRequest", status="active"),
        version("Encounter", status="planned"),
        Version("DiagnosticReport", "x", 2, 1.0, "DELETE", None),
    ):
        assert shown_to_patient(one) is one


def test_a_document_is_led_to_by_what_refers_to_it() -> None:
    report = version(
        "DiagnosticReport", presentedForm=[{"url": "https://a.example/fhir/Binary/one"}, {}]
    )
    document = version(
        "DocumentReference", content=[{"attachment": {"url": "Binary/two"}}, {"attachment": {}}]
    )
    other = version("DocumentReference", content=[{"attachment": {"url": "Patient/three"}}])
    assert led_to([report, document, other]) == {"one", "two"}

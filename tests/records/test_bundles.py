"""Several writes at once, and writes with a condition: each thing there once, all or none."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from support.fhir_door import Fhir, observation, person

NIK = "https://fhir.kemkes.go.id/id/nik"
LAB = "urn:segel:test:lab"


def named(patient: str, number: str, **changes: Any) -> dict[str, Any]:
    return observation(patient, identifier=[{"system": LAB, "value": number}], **changes)


def entry(method: str, url: str, resource: Any = None, **more: Any) -> dict[str, Any]:
    request = {"method": method, "url": url, **more.pop("request", {})}
    return {"request": request, **({"resource": resource} if resource else {}), **more}


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def count(fhir: Fhir, patient: str, kind: str = "Observation") -> int:
    return int(fhir.ask("GET", f"/{kind}?patient={patient}").json()["total"])


def result(urn: str, number: str) -> list[dict[str, Any]]:
    """A laboratory's message: who, what was found, and the report of it."""
    seen = f"urn:uuid:{uuid4()}"
    return [
        entry("POST", "Patient", person(), fullUrl=urn,
              request={"ifNoneExist": f"identifier={NIK}|9901015502900003"}),
        entry("PUT", f"Observation?identifier={LAB}|{number}",
              {**named("x", number), "subject": {"reference": urn}}, fullUrl=seen),
        entry("PUT", f"DiagnosticReport?identifier={LAB}|R{number}", {
            "resourceType": "DiagnosticReport",
            "identifier": [{"system": LAB, "value": f"R{number}"}],
            "status": "final",
            "code": {"text": "Antigen"},
            "subject": {"reference": urn},
            "result": [{"reference": seen}],
        }),
    ]  # fmt: skip


def test_a_transaction_makes_the_patient_and_what_refers_to_them(fhir: Fhir) -> None:
    urn = f"urn:uuid:{uuid4()}"
    sent = bundle("transaction", *result(urn, "1"))
    first = fhir.ask("POST", "", "hospital-system", json=sent)
    assert first.status_code == 200, first.text
    statuses = [one["response"]["status"] for one in first.json()["entry"]]
    assert statuses == ["201", "201", "201"]
    patient, seen, report = (one["resource"] for one in first.json()["entry"])
    assert seen["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert report["result"] == [{"reference": f"Observation/{seen['id']}"}]

    again = fhir.ask("POST", "", "hospital-system", json=sent).json()["entry"]
    assert [one["response"]["status"] for one in again] == ["200", "200", "200"]
    assert again[1]["response"]["etag"] == 'W/"2"'
    assert "resource" not in again[0]  # whoever writes does not see who was there
    everything = fhir.ask("GET", f"/Patient/{patient['id']}/$everything").json()
    assert everything["total"] == 3


def test_a_transaction_is_written_whole_or_not_at_all(fhir: Fhir) -> None:
    patient, gone = fhir.patient(), str(uuid4())
    good = entry("POST", "Observation", observation(patient))
    for bad, status in (
        (entry("POST", "Observation", observation(patient, status="wrong")), 422),
        (entry("POST", "Observation", observation(str(uuid4()))), 404),
        (entry("PUT", f"Observation/{gone}", {**observation(patient), "id": gone}), 404),
        (entry("DELETE", f"Observation/{uuid4()}"), 404),
        (entry("POST", "Medication", {"resourceType": "Medication"}), 404),
        (entry("GET", ""), 422),
        ({"resource": observation(patient)}, 422),
    ):  # fmt: skip
        refused = fhir.ask("POST", "", json=bundle("transaction", good, bad))
        assert refused.status_code == status, refused.text
        assert count(fhir, patient) == 0
    broken = fhir.ask("POST", "", json=bundle("transaction", good, entry(
        "POST", "Observation", observation(patient, status="wrong"))))  # fmt: skip
    assert broken.json()["issue"][0]["expression"] == [
        "Bundle.entry[1].resource.Observation.status"
    ]


def test_entries_of_a_batch_stand_and_fall_by_themselves(fhir: Fhir) -> None:
    patient = fhir.patient()
    answer = fhir.ask("POST", "", json=bundle(
        "batch",
        entry("POST", "Observation", observation(patient)),
        entry("POST", "Observation", observation(patient, status="wrong")),
        entry("GET", f"Observation?patient={patient}"),
        entry("GET", f"Patient/{patient}"),
        entry("GET", f"Patient/{uuid4()}"),
        entry("DELETE", "Observation"),
    )).json()  # fmt: skip
    statuses = [one["response"]["status"] for one in answer["entry"]]
    assert statuses == ["201", "422", "200", "200", "404", "404"]
    assert answer["entry"][2]["resource"]["total"] == 1
    assert answer["entry"][3]["resource"]["id"] == patient
    assert answer["entry"][1]["response"]["outcome"]["issue"][0]["code"] == "code-invalid"


@pytest.mark.parametrize("bundled", [False, True])
def test_of_many_who_create_the_same_at_once_one_makes_it(fhir: Fhir, bundled: bool) -> None:
    patient = fhir.patient()
    fhir.token("clinician")

    def send(_: int) -> list[str]:
        condition = f"identifier={LAB}|7"
        if not bundled:
            made = fhir.ask("POST", "/Observation", json=named(patient, "7"),
                            headers={"If-None-Exist": condition})  # fmt: skip
            return [str(made.status_code)]
        entries = [
            entry("POST", "Observation", named(patient, number),
                  request={"ifNoneExist": f"identifier={LAB}|{number}"})
            for number in ("7", "8", "9")
        ]  # fmt: skip
        made = fhir.ask("POST", "", json=bundle("transaction", *entries))
        return [one["response"]["status"] for one in made.json().get("entry", [])]

    with ThreadPoolExecutor(8) as many:
        statuses = list(many.map(send, range(16)))
    each = 3 if bundled else 1
    assert sum(one.count("201") for one in statuses) == each, statuses
    assert sum(one.count("200") for one in statuses) == 15 * each, statuses
    assert count(fhir, patient) == each


def test_a_conditional_update_changes_what_it_finds_and_makes_what_it_does_not(fhir: Fhir) -> None:
    patient = fhir.patient()
    path = f"/Observation?identifier={LAB}|5"
    made = fhir.ask("PUT", path, json=named(patient, "5", status="preliminary"))
    assert (made.status_code, made.json()["status"]) == (201, "preliminary")
    final = fhir.ask("PUT", path, json=named(patient, "5"))
    assert (final.status_code, final.json()["id"]) == (200, made.json()["id"])
    assert final.headers["etag"] == 'W/"2"'
    fhir.ask("POST", "/Observation", json=named(patient, "5"))
    several = fhir.ask("PUT", path, json=named(patient, "5"))
    assert several.status_code == 412
    assert several.json()["issue"][0]["code"] == "multiple-matches"
    for status in (201, 201):  # what does not meet its own condition is never found by it
        loose = fhir.ask("PUT", f"/Observation?identifier={LAB}|8", json=named(patient, "9"))
        assert loose.status_code == status
    nothing = fhir.ask("PUT", "/Observation", json=named(patient, "6"))
    assert nothing.status_code == 422
    someone = fhir.ask("PUT", f"/Patient?identifier={NIK}|9901015502900003", "records-officer",
                       purpose="HOPERAT", json=person())  # fmt: skip
    assert someone.json()["issue"][0]["code"] == "not-supported"


def test_what_was_taken_out_is_made_again_under_its_identifier(fhir: Fhir) -> None:
    patient = fhir.patient()
    path = f"/Observation?identifier={LAB}|6"
    made = fhir.ask("PUT", path, json=named(patient, "6"))
    place = f"/Observation/{made.json()['id']}"
    assert fhir.ask("DELETE", place).status_code == 204
    again = fhir.ask("PUT", path, json=named(patient, "6"))
    assert (again.status_code, again.headers["etag"]) == (201, 'W/"3"')
    assert fhir.ask("GET", place).status_code == 200
    assert fhir.ask("DELETE", place).status_code == 204
    once = fhir.ask("POST", "/Observation", json=named(patient, "6"),
                    headers={"If-None-Exist": f"identifier={LAB}|6"})  # fmt: skip
    assert (once.status_code, once.headers["etag"]) == (201, 'W/"5"')


def test_a_patient_is_referred_to_by_a_number_that_is_registered(fhir: Fhir) -> None:
    patient = fhir.patient()
    by_number = {"subject": {"reference": f"Patient?identifier={NIK}|9901015502900003"}}
    sent = {**observation(patient), **by_number}
    made = fhir.ask("POST", "", json=bundle("transaction", entry("POST", "Observation", sent)))
    assert made.status_code == 200, made.text
    assert made.json()["entry"][0]["resource"]["subject"]["reference"] == f"Patient/{patient}"
    by_number["subject"]["reference"] = f"Patient?identifier={NIK}|9901015502900009"
    sent = {**observation(patient), **by_number}
    refused = fhir.ask("POST", "", json=bundle("transaction", entry("POST", "Observation", sent)))
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (422, "not-found")
    assert "9901015502900009" not in refused.text


def test_what_is_no_bundle_to_write_is_refused_with_its_place(fhir: Fhir) -> None:
    patient = fhir.patient()
    good = entry("POST", "Observation", observation(patient))
    for sent, place in (
        ({"resourceType": "Bundle", "type": "history"}, "Bundle.type"),
        ({"resourceType": "Patient"}, "Bundle.type"),
        (bundle("batch", *[good] * 501), "Bundle.entry"),
        ({**bundle("batch"), "entry": {}}, "Bundle.entry"),
    ):
        refused = fhir.ask("POST", "", json=sent)
        assert refused.status_code == 422
        assert refused.json()["issue"][0]["expression"] == [place]
    assert count(fhir, patient) == 0

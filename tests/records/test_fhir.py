"""FHIR's interactions, through the door, the archive and a real broker."""

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from segel.domain.records import CHART_TYPES
from support.fhir_door import HOSPITALS, Fhir, observation, person

OTHER = HOSPITALS[1]
NIK = "https://fhir.kemkes.go.id/id/nik"


def issue(answer: httpx.Response) -> dict[str, Any]:
    """The one issue of a refusal."""
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome", body
    (found,) = body["issue"]
    return dict(found)


def found(answer: httpx.Response) -> list[dict[str, Any]]:
    """What a search matched."""
    assert answer.status_code == 200, answer.text
    entries = answer.json().get("entry", [])
    return [one["resource"] for one in entries if one["search"]["mode"] == "match"]


def test_a_resource_is_written_read_changed_and_taken_out_and_every_version_stays(
    fhir: Fhir,
) -> None:
    patient = fhir.patient()
    made = fhir.ask("POST", "/Observation", json=observation(patient))
    assert made.status_code == 201
    first = made.json()
    place = f"/Observation/{first['id']}"
    assert made.headers["location"] == f"{fhir.base}{place}/_history/1"
    assert made.headers["etag"] == 'W/"1"'
    assert first["meta"]["versionId"] == "1"
    assert first["meta"]["lastUpdated"].endswith("Z")
    assert fhir.ask("GET", place).json() == first
    known = fhir.ask("GET", place, headers={"If-None-Match": 'W/"1"'})
    assert (known.status_code, known.content) == (304, b"")

    changed = fhir.ask("PUT", place, json={**first, "status": "amended"},
                       headers={"If-Match": 'W/"1"'})  # fmt: skip
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    late = fhir.ask("PUT", place, json=first, headers={"If-Match": 'W/"1"'})
    assert (late.status_code, issue(late)["code"]) == (412, "conflict")
    assert fhir.ask("GET", place).json()["status"] == "amended"
    assert fhir.ask("GET", f"{place}/_history/1").json() == first

    gone = fhir.ask("DELETE", place)
    assert (gone.status_code, gone.headers["etag"]) == (204, 'W/"3"')
    assert fhir.ask("DELETE", place).headers["etag"] == 'W/"3"'
    read = fhir.ask("GET", place)
    assert (read.status_code, issue(read)["code"]) == (410, "deleted")
    history = fhir.ask("GET", f"{place}/_history").json()
    assert [one["request"]["method"] for one in history["entry"]] == ["DELETE", "PUT", "POST"]
    assert "resource" not in history["entry"][0]
    assert found(fhir.ask("GET", f"/Observation?patient={patient}")) == []
    back = fhir.ask("PUT", place, json=first)
    assert (back.status_code, back.headers["etag"]) == (200, 'W/"4"')
    assert fhir.ask("GET", f"{place}/_history/9").status_code == 404


def test_numbers_keep_the_digits_that_they_were_written_with(fhir: Fhir) -> None:
    patient = fhir.patient()
    resource = observation(patient)
    del resource["valueCodeableConcept"]
    body = json.dumps({**resource, "valueQuantity": {"value": 1.5, "unit": "mg"}})
    made = fhir.ask("POST", "/Observation", content=body.replace("1.5", "1.500"),
                    headers={"Content-Type": "application/fhir+json"})  # fmt: skip
    assert '"value":1.500,' in made.text
    place = f"/Observation/{made.json()['id']}"
    assert '"value":1.500,' in fhir.ask("GET", place).text
    pretty = fhir.ask("GET", f"{place}?_pretty=true").text
    assert '"value": 1.500' in pretty
    assert json.loads(pretty, parse_float=Decimal)["valueQuantity"]["value"] == Decimal("1.500")


def test_another_hospitals_resources_look_like_those_that_are_not_there(fhir: Fhir) -> None:
    patient = fhir.patient()
    fhir.token("clinician", OTHER)
    made = fhir.ask("POST", "/Observation", json=observation(patient)).json()
    for path, absent in (
        (f"/Patient/{patient}", f"/Patient/{uuid4()}"),
        (f"/Patient/{patient}/$everything", f"/Patient/{uuid4()}/$everything"),
        (f"/Observation/{made['id']}", f"/Observation/{uuid4()}"),
        (f"/Observation/{made['id']}", "/Observation/no-id-of-ours"),
        (f"/Observation/{made['id']}/_history", f"/Observation/{uuid4()}/_history"),
        (f"/Encounter/{made['id']}", f"/Encounter/{uuid4()}"),
        (f"/Observation?patient={patient}", f"/Observation?patient={uuid4()}"),
    ):
        there = fhir.ask("GET", path, hospital=OTHER)
        nowhere = fhir.ask("GET", absent, hospital=OTHER)
        assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content), path
        assert there.status_code == 404
    listed = fhir.ask("GET", f"/Patient?identifier={NIK}|9901015502900003", hospital=OTHER)
    assert (listed.status_code, listed.json()["total"]) == (200, 0)
    wrote = fhir.ask("POST", "/Observation", hospital=OTHER, json=observation(patient))
    assert wrote.status_code == 404


def test_patients_are_found_as_a_clerk_knows_them_and_no_address_says_whom(fhir: Fhir) -> None:
    patient = fhir.patient(telecom=[{"system": "phone", "value": "+62 811 0000"}])
    for query in (
        {"identifier": f"{NIK}|9901015502900003"},
        {"identifier": "9901015502900003"},
        {"_id": patient},
        {"name": "sri wulandari", "birthdate": "1990-02-15"},
        {"name": "Sri Woelandari", "birthdate": "1990"},
        {"family": "Wulandari", "given": "Sri", "birthdate": "1990-02-15", "gender": "female"},
    ):
        answer = fhir.ask("POST", "/Patient/_search", data=query)
        (one,) = found(answer)
        assert one["id"] == patient
        assert one["meta"]["tag"][0]["code"] == "SUBSETTED"
        assert "telecom" not in one
        for link in answer.json()["link"]:
            assert not any(word in link["url"] for word in ("9901015502900003", "sri", "Sri"))
            assert found(fhir.web.get(link["url"], headers=fhir.headers("clinician"))) == [one]
    assert fhir.ask("GET", f"/Patient/{patient}").json()["telecom"]
    for query in ({"name": "Sri"}, {"birthdate": "1990-02-15"}, {"address": "Bogor"}, {}):
        refused = fhir.ask("POST", "/Patient/_search", data=query)
        assert (refused.status_code, issue(refused)["code"]) == (400, "too-costly"), query
    none = fhir.ask("GET", "/Patient?identifier=urn:other|9901015502900003")
    assert none.json()["total"] == 0


def test_a_pages_address_opens_for_the_session_it_was_made_for(fhir: Fhir) -> None:
    patient = fhir.patient()
    for day in range(1, 8):
        when = {"effectiveDateTime": f"2026-11-{day:02}"}
        fhir.ask("POST", "/Observation", json=observation(patient, **when))
    query = f"/Observation?patient={patient}&_sort=-date&_count=3"
    pages, answer = [], fhir.ask("GET", query)
    while True:
        pages.append([one["effectiveDateTime"][-2:] for one in found(answer)])
        assert answer.json()["total"] == 7
        links = {link["relation"]: link["url"] for link in answer.json()["link"]}
        if "next" not in links:
            break
        last = links["next"]
        answer = fhir.web.get(last, headers=fhir.headers("clinician"))
    assert pages == [["07", "06", "05"], ["04", "03", "02"], ["01"]]
    for headers, page in (
        (fhir.headers("radiologist"), last),
        (fhir.headers("clinician"), last[:-4] + "AAAA"),
        (fhir.headers("clinician"), f"{fhir.base}/Observation?_page=x"),
    ):
        refused = fhir.web.get(page, headers=headers)
        assert (refused.status_code, issue(refused)["code"]) == (410, "expired")


def test_a_search_has_to_say_whose_record_it_is_about(fhir: Fhir) -> None:
    patient = fhir.patient()
    fhir.ask("POST", "/Observation", json=observation(patient))
    for query in (
        f"patient={patient}&code=http://loinc.org|94558-4",
        f"subject=Patient/{patient}&status=final&date=ge2026-10-01",
        f"patient.identifier={NIK}|9901015502900003",
        f"subject:Patient.identifier={NIK}|9901015502900003&code=94558-4",
    ):
        assert len(found(fhir.ask("GET", f"/Observation?{query}"))) == 1, query
    for query in ("code=94558-4", "patient.name=Sri", "performer=Patient/" + patient, ""):
        refused = fhir.ask("GET", f"/Observation?{query}")
        assert refused.status_code == 400, query
        assert "patient" in issue(refused)["diagnostics"]
    unknown = fhir.ask("GET", f"/Observation?patient={patient}&shoe=9")
    assert (unknown.status_code, issue(unknown)["expression"]) == (400, ["shoe"])
    lenient = fhir.ask("GET", f"/Observation?patient={patient}&shoe=9",
                       headers={"Prefer": "handling=lenient"})  # fmt: skip
    assert len(found(lenient)) == 1
    assert lenient.json()["entry"][-1]["search"]["mode"] == "outcome"


def test_included_resources_come_along_and_a_summary_is_one(fhir: Fhir) -> None:
    patient = fhir.patient()
    seen = fhir.ask("POST", "/Observation", json=observation(patient)).json()
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": "Antigen"},
        "subject": {"reference": f"Patient/{patient}"},
        "result": [{"reference": f"Observation/{seen['id']}"}],
        "conclusion": "Negatif.",
    }
    made = fhir.ask("POST", "/DiagnosticReport", json=report).json()
    answer = fhir.ask("GET", f"/DiagnosticReport?patient={patient}&_include=DiagnosticReport:result"
                      "&_include=DiagnosticReport:subject")  # fmt: skip
    along = [one for one in answer.json()["entry"] if one["search"]["mode"] == "include"]
    assert sorted(one["resource"]["resourceType"] for one in along) == ["Observation", "Patient"]
    backwards = fhir.ask(
        "GET", f"/Observation?patient={patient}&_revinclude=DiagnosticReport:result"
    )
    assert [one["resource"]["id"] for one in backwards.json()["entry"]] == [seen["id"], made["id"]]
    short = fhir.ask("GET", f"/DiagnosticReport/{made['id']}?_elements=status").json()
    assert "conclusion" not in short
    assert short["meta"]["tag"][0]["code"] == "SUBSETTED"
    counted = fhir.ask("GET", f"/DiagnosticReport?patient={patient}&_summary=count").json()
    assert (counted["total"], "entry" in counted) == (1, False)
    everything = fhir.ask("GET", f"/Patient/{patient}/$everything").json()
    kinds = [one["resource"]["resourceType"] for one in everything["entry"]]
    assert kinds == ["Patient", "DiagnosticReport", "Observation"]


def test_an_invalid_resource_is_refused_with_its_place_and_none_of_its_words(fhir: Fhir) -> None:
    patient = fhir.patient()
    secret = "RAHASIA SEKALI"
    for broken, place in (
        ({"status": secret}, "Observation.status"),
        ({"valueCodeableConcept": {"text": [secret]}}, "Observation.value"),
        ({"effectiveDateTime": secret}, "Observation.effective"),
        ({"subject": {"reference": secret}}, "Observation.subject"),
        ({"code": None}, "Observation.code"),
    ):
        refused = fhir.ask("POST", "/Observation", json={**observation(patient), **broken})
        assert refused.status_code == 422, refused.text
        assert secret not in refused.text
        expressions = [one["expression"][0] for one in refused.json()["issue"]]
        assert any(one.startswith(place) for one in expressions), expressions
    for body, status in ((b"{", 400), (b"[]", 400), (b'{"a":1,"a":2}', 400), (b"\xff", 400)):
        answer = fhir.ask("POST", "/Observation", content=body,
                          headers={"Content-Type": "application/fhir+json"})  # fmt: skip
        assert (answer.status_code, issue(answer)["severity"]) == (status, "error")
    wrong = fhir.ask("POST", "/Observation", content=b"<a/>",
                     headers={"Content-Type": "application/fhir+xml"})  # fmt: skip
    assert wrong.status_code == 415
    assert fhir.ask("POST", "/Encounter", json=observation(patient)).status_code == 422
    nobody = observation(patient)
    del nobody["subject"]
    missing = fhir.ask("POST", "/Observation", json=nobody)
    assert (missing.status_code, issue(missing)["code"]) == (422, "required")
    assert found(fhir.ask("GET", f"/Observation?patient={patient}")) == []


def test_a_condition_in_the_address_of_a_create_is_refused_and_makes_nothing(fhir: Fhir) -> None:
    patient = fhir.patient()
    refused = fhir.ask("POST", "/Observation?identifier=urn:x|1", json=observation(patient))
    assert (refused.status_code, issue(refused)["expression"]) == (400, ["If-None-Exist"])
    assert found(fhir.ask("GET", f"/Observation?patient={patient}")) == []
    made = fhir.ask("POST", "/Observation?_format=json&_pretty=true", json=observation(patient))
    assert made.status_code == 201


def test_smart_clients_find_the_token_endpoint_below_the_address_they_were_given(
    fhir: Fhir,
) -> None:
    told = fhir.web.get(f"{fhir.base}/.well-known/smart-configuration").json()
    assert told["token_endpoint"] == f"{fhir.origin}/oauth/token"
    assert "client-confidential-asymmetric" in told["capabilities"]
    assert "system/*.cruds" in told["scopes_supported"]


def test_a_resource_does_not_move_to_another_patient(fhir: Fhir) -> None:
    patient = fhir.patient()
    other = fhir.patient(
        identifier=[{"system": NIK, "value": "9902010101500001"}], name=[{"text": "Sukarni"}]
    )
    made = fhir.ask("POST", "/Observation", json=observation(patient)).json()
    moved = {**made, "subject": {"reference": f"Patient/{other}"}}
    refused = fhir.ask("PUT", f"/Observation/{made['id']}", json=moved)
    assert (refused.status_code, issue(refused)["code"]) == (409, "business-rule")


def test_a_patient_is_registered_once_amended_and_never_deleted(fhir: Fhir) -> None:
    patient = fhir.patient()
    again = fhir.ask("POST", "/Patient", "records-officer", purpose="HOPERAT", json=person())
    assert (again.status_code, issue(again)["code"]) == (409, "duplicate")
    once = fhir.ask("POST", "/Patient", "records-officer", purpose="HOPERAT", json=person(),
                    headers={"If-None-Exist": f"identifier={NIK}|9901015502900003"})  # fmt: skip
    assert (once.status_code, once.content) == (200, b"")
    assert once.headers["location"].endswith(f"/Patient/{patient}")
    read = fhir.ask("GET", f"/Patient/{patient}").json()
    read["name"] = [{"use": "official", "text": "Sri Lestari"}]
    refused = fhir.ask("PUT", f"/Patient/{patient}", json=read)
    assert refused.status_code == 403
    changed = fhir.ask("PUT", f"/Patient/{patient}", "records-officer", purpose="HOPERAT",
                       json=read)  # fmt: skip
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    query = {"name": "Sri Lestari", "birthdate": "1990-02-15"}
    assert [one["id"] for one in found(fhir.ask("POST", "/Patient/_search", data=query))] == [
        patient
    ]
    wrong = person(identifier=[{"system": NIK, "value": "9901019902900003"}])
    refused = fhir.ask("POST", "/Patient", "records-officer", purpose="HOPERAT", json=wrong)
    assert refused.status_code == 422
    assert issue(refused)["expression"] == ["Patient.identifier[0].value"]
    assert "9901019902900003" not in refused.text
    assert fhir.ask("DELETE", f"/Patient/{patient}", "hospital-system").status_code == 404


def test_what_is_not_offered_is_refused_in_fhirs_own_form(fhir: Fhir) -> None:
    for method, path, status in (
        ("GET", "/Medication/1", 404),
        ("POST", "/ImagingStudy", 404),
        ("PATCH", "/Observation/1", 405),
        ("PUT", "/Observation", 422),
        ("GET", "/Observation/1/$everything", 404),
    ):
        answer = fhir.ask(method, path, json={})
        assert (answer.status_code, answer.headers["content-type"]) == (
            status,
            "application/fhir+json",
        ), path
        assert issue(answer)["severity"] == "error"


def test_the_capability_statement_is_valid_and_offers_what_is_there(fhir: Fhir) -> None:
    statement = fhir.web.get(f"{fhir.base}/metadata").json()
    assert statement["fhirVersion"] == "4.0.1"
    kinds = {one["type"]: one for one in statement["rest"][0]["resource"]}
    assert {"Patient", "Observation", "DiagnosticReport", "ImagingStudy"} <= set(kinds)
    patient = fhir.patient()
    for kind, told in kinds.items():
        codes = [one["name"] for one in told["searchParam"]]
        assert "_id" in codes
        if kind in CHART_TYPES and kind not in ("Patient", "Binary"):
            answer = fhir.ask("GET", f"/{kind}?patient={patient}")
            assert (answer.status_code, answer.json().get("total")) in ((200, 0), (403, None))


def test_patients_read_their_own_record_and_no_other(fhir: Fhir) -> None:
    mrn = {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                                "code": "MR"}]}, "value": "RM-7"}  # fmt: skip
    patient = fhir.patient(identifier=[mrn])
    other = fhir.patient()
    fhir.ask("POST", "/Observation", json=observation(patient))
    own = {
        "Authorization": f"Bearer {fhir.patients_token(patient, 'RM-7')}",
        "X-Purpose-Of-Use": "PATRQT",
    }
    for _ in range(3):  # as often as they like
        everything = fhir.web.get(f"{fhir.base}/Patient/{patient}/$everything", headers=own)
        kinds = [one["resource"]["resourceType"] for one in everything.json().get("entry", [])]
        assert kinds[:2] == ["Patient", "Observation"]
    listed = fhir.web.get(f"{fhir.base}/Observation?patient={patient}", headers=own)
    assert len(found(listed)) == 1
    for path in (f"/Patient/{other}", f"/Observation?patient={other}", "/Patient?identifier=RM-7"):
        assert fhir.web.get(f"{fhir.base}{path}", headers=own).status_code == 403, path
    wrote = fhir.web.post(f"{fhir.base}/Observation", headers=own, json=observation(patient))
    assert wrote.status_code == 403


def test_nothing_in_the_tables_tells_whose_a_resource_is_or_of_which_type(
    fhir: Fhir, database: Any
) -> None:
    patient = fhir.patient()
    made = fhir.ask("POST", "/Observation", json=observation(patient)).json()
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{patient}"},
    }
    assert fhir.ask("POST", "/Encounter", json=encounter).status_code == 201
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute("SELECT * FROM resources").fetchall()
        patients = connection.execute("SELECT * FROM patients").fetchall()
        folders = connection.execute("SELECT * FROM folders").fetchall()
    assert len(rows) == len(folders) == 3
    assert made["id"] in {str(row[1]) for row in rows}
    everywhere = repr([*rows, *folders])
    assert not any(str(patient) in repr(row) for row in (*rows, *folders))
    assert patient.replace("-", "") not in everywhere.replace("-", "")
    for words in ("Observation", "Encounter", "94558-4", "Negatif", "Wulandari"):
        assert words not in everywhere
        assert not any(words.encode() in bytes(row[-1]) for row in (*rows, *folders))
    assert len({row[0] for row in rows}) == 3
    assert str(patient) in repr(patients)


@pytest.mark.parametrize("role", ["administrator", "data-protection-officer", "modality"])
def test_who_treats_nobody_sees_no_record(fhir: Fhir, role: str) -> None:
    patient = fhir.patient()
    for path in (f"/Patient/{patient}", f"/Observation?patient={patient}",
                 f"/Patient/{patient}/$everything", "/Patient?identifier=1"):  # fmt: skip
        refused = fhir.ask("GET", path, role)
        assert (refused.status_code, issue(refused)["code"]) == (403, "forbidden")

"""The authorisation matrix: every endpoint × role × hospital, probed through the real doors.

The list of endpoints is taken from the running application: one that is missing from the table
here fails the test, so that a new endpoint comes with its row.
"""

import re
import time
from itertools import product
from typing import Any

import httpx
import pytest

from segel.access import open_handle, seal_handle

ROLES = (
    "clinician",
    "radiologist",
    "radiographer",
    "records-officer",
    "laboratory",
    "data-protection-officer",
    "administrator",
    "patient",
)
READERS = {"clinician", "radiologist", "radiographer"}


@pytest.fixture(scope="module")
def study(running: Any) -> dict[str, str]:
    """A study of the first hospital, with the UIDs of its instance."""
    image = running.stored_image()
    return {
        "study": str(image.StudyInstanceUID),
        "series": str(image.SeriesInstanceUID),
        "instance": str(image.SOPInstanceUID),
    }


READ_PATHS = (
    "/dicomweb/studies/{study}",
    "/dicomweb/studies/{study}/metadata",
    "/dicomweb/studies/{study}/series",
    "/dicomweb/studies/{study}/instances",
    "/dicomweb/studies/{study}/rendered",
    "/dicomweb/studies/{study}/thumbnail",
    "/dicomweb/studies/{study}/series/{series}",
    "/dicomweb/studies/{study}/series/{series}/metadata",
    "/dicomweb/studies/{study}/series/{series}/instances",
    "/dicomweb/studies/{study}/series/{series}/rendered",
    "/dicomweb/studies/{study}/series/{series}/thumbnail",
    "/dicomweb/studies/{study}/series/{series}/instances/{instance}",
    "/dicomweb/studies/{study}/series/{series}/instances/{instance}/metadata",
    "/dicomweb/studies/{study}/series/{series}/instances/{instance}/rendered",
    "/dicomweb/studies/{study}/series/{series}/instances/{instance}/thumbnail",
    "/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/1",
    "/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/1/rendered",
    "/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/1/thumbnail",
    "/dicomweb/studies/{study}/series/{series}/instances/{instance}/bulkdata/7FE00010",
    "/wado?requestType=WADO&studyUID={study}&seriesUID={series}&objectUID={instance}"
    "&contentType=application/dicom",
)


@pytest.mark.parametrize("path", READ_PATHS)
def test_a_study_is_read_by_its_hospitals_clinicians_and_looks_absent_to_all_others(
    running: Any, study: dict[str, str], path: str
) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            own = web.get(path.format(**study), headers=running.headers(role, 0))
            assert own.status_code == (200 if role in READERS else 403), (role, own.status_code)
            other = web.get(path.format(**study), headers=running.headers(role, 1))
            if path.endswith(("/series", "/instances")):  # a search that finds nothing
                assert other.status_code == (200 if role in READERS else 403), role
                assert role not in READERS or other.json() == []
            else:
                assert other.status_code == (404 if role in READERS else 403), role
            nowhere = dict.fromkeys(study, "2.25.404")
            absent = web.get(path.format(**nowhere), headers=running.headers(role, 1))
            assert (absent.status_code, absent.content) == (other.status_code, other.content), role


@pytest.mark.parametrize("path", ["/dicomweb/studies", "/dicomweb/series"])
def test_a_search_shows_the_own_hospital_and_nothing_of_another(
    running: Any, study: dict[str, str], path: str
) -> None:
    query = {"StudyInstanceUID": study["study"]}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            own = web.get(path, params=query, headers=running.headers(role, 0))
            other = web.get(path, params=query, headers=running.headers(role, 1))
            if role in READERS:
                assert own.status_code == 200
                assert own.json() != []
                assert other.status_code in (200, 204)
                assert other.content in (b"", b"[]")
            else:
                assert own.status_code == other.status_code == 403


@pytest.mark.parametrize("path", [*READ_PATHS, "/dicomweb/studies", "/dicomweb/series"])
def test_nothing_answers_without_a_token_or_with_a_false_one(
    running: Any, study: dict[str, str], path: str
) -> None:
    token = running.token("clinician", 0)
    false: tuple[dict[str, str], ...] = (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": f"Bearer {token[:-4]}AAAA"},
    )
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for headers in false:
            assert web.get(path.format(**study), headers=headers).status_code == 401
        assert web.post("/dicomweb/studies", headers={}, content=b"").status_code == 401


FHIR_READS = (
    "/fhir/Patient/{patient}",
    "/fhir/Patient/{patient}/_history",
    "/fhir/Patient/{patient}/_history/0",
    "/fhir/Patient/{patient}/$everything",
    "/fhir/Observation/{observation}",
    "/fhir/Observation/{observation}/_history",
    "/fhir/Observation/{observation}/_history/1",
    "/fhir/Observation?patient={patient}",
    "/fhir/ImagingStudy?patient={patient}",
    "/fhir/ImagingStudy/{study}",
)
FHIR_READERS = READERS
"""For treatment. Officers and patients read for purposes of their own: the policy's tests."""

FHIR_WRITERS = {"clinician", "radiologist", "laboratory"}


@pytest.fixture(scope="module")
def chart(running: Any, study: dict[str, str]) -> dict[str, str]:
    """The chart of the study's patient, with an observation in it."""
    headers = running.headers("clinician", 0)
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as web:
        shown = web.get(f"/fhir/ImagingStudy/{study['study']}").json()
        patient = shown["subject"]["reference"]
        made = web.post("/fhir/Observation", json=_observation(patient))
    return {**study, "patient": patient.partition("/")[2], "observation": made.json()["id"]}


def _observation(patient: str, number: str = "0") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "Antigen"},
        "subject": {"reference": patient},
        "identifier": [{"system": "urn:x", "value": number}],
        "valueString": "Negatif",
    }


@pytest.mark.parametrize("path", FHIR_READS)
def test_a_chart_is_read_by_its_hospitals_clinicians_and_looks_absent_to_all_others(
    running: Any, chart: dict[str, str], path: str
) -> None:
    nowhere = {
        "study": "2.25.404",
        "patient": "00000000-0000-4000-8000-000000000000",
        "observation": "00000000-0000-4000-8000-000000000000",
    }
    found_none = path.startswith("/fhir/ImagingStudy?")
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            own = web.get(path.format(**chart), headers=running.headers(role, 0))
            assert own.status_code == (200 if role in FHIR_READERS else 403), (role, own.text)
            other = web.get(path.format(**chart), headers=running.headers(role, 1))
            absent = web.get(path.format(**nowhere), headers=running.headers(role, 1))
            if found_none and role in FHIR_READERS:
                assert other.json()["total"] == absent.json()["total"] == 0
                continue
            assert other.status_code == (404 if role in FHIR_READERS else 403), role
            assert (absent.status_code, absent.content) == (other.status_code, other.content), role
        for headers in ({}, {"Authorization": "Bearer x"}):
            assert web.get(path.format(**chart), headers=headers).status_code == 401
            refusal = web.get(path.format(**chart), headers=headers).json()
            assert refusal["resourceType"] == "OperationOutcome"


def test_nobody_but_a_hospitals_system_has_itself_told(running: Any) -> None:
    asked = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "Uji",
        "criteria": "Observation",
        "channel": {"type": "rest-hook", "endpoint": "https://simrs.example/"},
    }
    one = f"/fhir/Subscription/{NOBODYS}"
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for method, path in (
            ("POST", "/fhir/Subscription"), ("GET", "/fhir/Subscription"), ("GET", one),
            ("PUT", one), ("DELETE", one), ("GET", f"{one}/$events"), ("GET", f"{one}/_history"),
        ):  # fmt: skip
            sent = {**asked, "id": NOBODYS} if method == "PUT" else asked
            for role in ROLES:
                answer = web.request(method, path, json=sent, headers=running.headers(role))
                assert answer.status_code == 403, (role, method, path)
            assert web.request(method, path, json=sent).status_code == 401, (method, path)


def test_a_charts_page_is_shown_to_the_own_hospitals_clinicians(
    running: Any, study: dict[str, str]
) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            token = running.token(role)
            asked = {"Cookie": f"segel_session={token}", "Accept": "text/html"}
            page = seal_handle(token, "study", study["study"])
            shown = web.get(f"/studies/{page}", headers=asked)
            assert shown.status_code == (200 if role in READERS else 403), role
            if role in READERS:
                address = re.search(r'href="(/patients/[^"]+)"', shown.text)
                assert address is not None
                chart = web.get(address[1], headers=asked)
                assert (chart.status_code, "timeline" in chart.text) == (200, True), role
                patient = open_handle(token, "patient", address[1].rpartition("/")[2])
        for hospital in (0, 1):
            for role in ROLES:
                token = running.token(role, hospital)
                asked = {"Cookie": f"segel_session={token}", "Accept": "text/html"}
                address_of = f"/patients/{seal_handle(token, 'patient', patient)}"
                document = seal_handle(token, "document", "x 0")
                for path in (address_of, f"{address_of}/documents/{document}"):
                    answer = web.get(path, headers=asked)
                    there = hospital == 0 and path == address_of
                    expected = (200 if there else 404) if role in READERS else 403
                    assert answer.status_code == expected, (role, hospital, path)
        anonymous = web.get(address_of, headers={"Accept": "text/html"})
        assert anonymous.headers["Location"] == "/sign-in"


def test_a_chart_is_written_by_who_treats_in_its_hospital(
    running: Any, chart: dict[str, str]
) -> None:
    place = f"/fhir/Observation/{chart['observation']}"
    sent = _observation(f"Patient/{chart['patient']}")
    numbered = _observation(f"Patient/{chart['patient']}", "1")
    changed = {**sent, "id": chart["observation"]}
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": sent, "request": {"method": "POST", "url": "Observation"}}],
    }
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            for method, path, body, ok in (
                ("POST", "/fhir/Observation", sent, 201),
                ("PUT", place, changed, 200),
                ("PUT", "/fhir/Observation?identifier=urn:x|1", numbered, 201),
                ("POST", "/fhir", bundle, 200),
            ):
                own = web.request(method, path, json=body, headers=running.headers(role, 0))
                if ok == 201 and method == "PUT" and role != "clinician":
                    ok = 200  # the clinician made it
                assert own.status_code == (ok if role in FHIR_WRITERS else 403), (role, path)
                if path == place or "?" not in path:
                    other = web.request(method, path, json=body, headers=running.headers(role, 1))
                    assert other.status_code == (404 if role in FHIR_WRITERS else 403), (role, path)
            cookie = {"Cookie": f"segel_session={running.token(role)}"}
            by_cookie = web.post("/fhir/Observation", json=sent, headers=cookie)
            assert by_cookie.status_code == 401, role
            checked = web.post(
                "/fhir/Observation/$validate", json=sent, headers=running.headers(role)
            )
            assert checked.status_code == 200, role
        made = web.post("/fhir/Observation", json=sent, headers=running.headers("clinician"))
        for role in ROLES:
            gone = web.delete(
                f"/fhir/Observation/{made.json()['id']}", headers=running.headers(role, 0)
            )
            assert gone.status_code == (204 if role in FHIR_WRITERS else 403), role
        assert web.get("/fhir/metadata").status_code == 200
        assert web.post("/fhir/Observation/$validate", json=sent).status_code == 401


def test_patients_are_found_by_who_treats_and_registered_by_the_records_officer(
    running: Any,
) -> None:
    person = {
        "resourceType": "Patient",
        "identifier": [{"system": "https://fhir.kemkes.go.id/id/nik", "value": "9802016112900009"}],
        "name": [{"text": "Uji Matriks"}],
    }
    query = {"identifier": "9802016112900009"}
    operations = {"X-Purpose-Of-Use": "HOPERAT"}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            headers = running.headers(role)
            for purpose, permitted in (
                ({}, role in FHIR_READERS),
                (operations, role == "records-officer"),
            ):
                found = web.post("/fhir/Patient/_search", data=query, headers=headers | purpose)
                assert found.status_code == (200 if permitted else 403), (role, purpose)
                by_address = web.get("/fhir/Patient", params=query, headers=headers | purpose)
                assert by_address.status_code == found.status_code, (role, purpose)
                alike = web.post("/fhir/Patient/$match", json=person, headers=headers | purpose)
                assert alike.status_code == found.status_code, (role, purpose)
            made = web.post("/fhir/Patient", json=person, headers=headers | operations)
            known = {"records-officer": 201, "laboratory": 409}  # the officer made them
            assert made.status_code == known.get(role, 403), role


EXPORTING = {"clinician", "radiologist"}
"""And a hospital's systems: the policy's table."""


def test_records_are_exported_by_who_asked_once_both_officers_of_the_hospital_approved(
    running: Any, chart: dict[str, str]
) -> None:
    asking = {
        "Prefer": "respond-async",
        "X-Purpose-Of-Use": "PUBHLTH",
        "X-Recipient": "Dinas Kesehatan",
        "X-Reason": "Surveilans tuberkulosis",
    }
    kick_off = "/fhir/Patient/$export"
    query = {"_type": "Patient,ImagingStudy,Observation"}
    nowhere = f"/fhir/$export/{NOBODYS}"
    with httpx.Client(base_url=running.http, timeout=60) as web:
        places = {}
        for role in ROLES:
            headers = running.headers(role) | asking
            asked = web.get(kick_off, params=query, headers=headers)
            assert asked.status_code == (202 if role in EXPORTING else 403), role
            if role in EXPORTING:
                address = asked.headers["Content-Location"]
                places[role] = "/fhir/" + address.partition("/fhir/")[2]
            for path in ("/fhir/$export", "/fhir/Group/1/$export"):
                assert web.get(path, headers=headers).status_code == 404
        place = places["clinician"]
        export_id = place.rpartition("/")[2]
        file = f"{place}/Patient.0.ndjson"
        for cookie in ({}, {"Cookie": f"segel_session={running.token('clinician')}"}):
            assert web.get(kick_off, headers=asking | cookie).status_code == 401
        assert web.get(file, headers=running.headers("clinician")).status_code == 409
        for role, hospital in product(ROLES, (1, 0)):
            cookie = {"Cookie": f"segel_session={running.token(role, hospital)}"}
            sent = web.post(
                f"/approvals/{export_id}",
                data={"decision": "approve", "reason": "Sesuai perjanjian."},
                headers=cookie | {"Origin": running.http, "Accept": "text/html"},
            )
            known = role in ERASING and hospital == 0
            asker = role == "clinician" and hospital == 0
            # The asker knows of it, and may not decide it.
            assert sent.status_code == (303 if known else 403 if asker else 404), (role, hospital)
        for role, hospital in product(ROLES, (0, 1)):
            headers = running.headers(role, hospital)
            own = role == "clinician" and hospital == 0
            for path in (place, file):
                answer = web.get(path, headers=headers)
                assert answer.status_code == (200 if own else 404), (role, hospital, path)
                if not own:
                    absent = web.get(path.replace(place, nowhere), headers=headers)
                    assert answer.content == absent.content, (role, hospital, path)
            if not own:
                assert web.delete(place, headers=headers).status_code == 404
        headers = running.headers("clinician")
        people = web.get(file, headers=headers).text
        assert people.count('"Patient"') >= 1
        assert chart["patient"] not in people  # a recipient knows them by pseudonyms
        studies = web.get(file.replace("Patient", "ImagingStudy"), headers=headers).text
        assert chart["study"] in studies
        for path in (kick_off, place, file):
            assert web.get(path).status_code == 401
        assert web.delete(place).status_code == 401
        for role, one in places.items():
            assert web.delete(one, headers=running.headers(role)).status_code == 202
            assert web.get(one, headers=running.headers(role)).status_code == 404


CONSENTS = {
    "everything declined": ("OPTOUT", {}),
    "treatment declined": ("x", {"type": "deny", "purpose": ["TREAT"]}),
    "everything but treatment declined": ("OPTOUT", {"type": "permit", "purpose": ["TREAT"]}),
}
TREATMENT_DECLINED = {"everything declined", "treatment declined"}


def _consent(patient: str, rule: str, provision: dict[str, Any]) -> dict[str, Any]:
    reasons = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    codings = [{"system": reasons, "code": code} for code in provision.get("purpose", ())]
    act_code = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    scope = "http://terminology.hl7.org/CodeSystem/consentscope"
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": scope, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "policyRule": {"coding": [{"system": act_code, "code": rule}]},
        **({"provision": {**provision, "purpose": codings}} if provision else {}),
    }


@pytest.mark.parametrize("decision", [*CONSENTS, "withdrawn"])
def test_what_a_patient_declined_looks_absent_to_who_treats_at_every_door(
    running: Any, chart: dict[str, str], decision: str
) -> None:
    nowhere = dict.fromkeys(chart, "2.25.404") | dict.fromkeys(
        ("patient", "observation"), "00000000-0000-4000-8000-000000000000"
    )
    officer = running.headers("records-officer") | {"X-Purpose-Of-Use": "HOPERAT"}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        # Opened a moment ago: what was kept of it has to be given up.
        seen = web.get(READ_PATHS[1].format(**chart), headers=running.headers("clinician"))
        stated = _consent(chart["patient"], *CONSENTS.get(decision, ("OPTOUT", {})))
        made = web.post("/fhir/Consent", json=stated, headers=officer)
        assert made.status_code == 201, made.text
        place, body = f"/fhir/Consent/{made.json()['id']}", made.json()
        withdrawn = {**body, "status": "inactive"}
        if decision == "withdrawn":
            assert web.put(place, json=withdrawn, headers=officer).status_code == 200
        try:
            time.sleep(1)  # the promise: at every door within one second
            declined = decision in TREATMENT_DECLINED
            for path in (*READ_PATHS, *FHIR_READS):
                for role, hospital in product(ROLES, (0, 1)):
                    headers = running.headers(role, hospital)
                    answer = web.get(path.format(**chart), headers=headers)
                    if role not in READERS:
                        assert answer.status_code == 403, (path, role)
                    elif hospital == 0 and not declined:
                        assert answer.status_code == 200, (path, role, answer.text)
                    elif hospital == 1:  # as it looks without any consent: above
                        assert answer.status_code in (200, 404), (path, role)
                        assert chart["patient"] not in answer.text
                    else:
                        absent = web.get(path.format(**nowhere), headers=headers)
                        told = (answer.status_code, _without_self(answer, chart))
                        assert told == (absent.status_code, _without_self(absent, nowhere)), path
            listed = web.get("/dicomweb/studies", headers=running.headers("clinician"))
            uids = [one["0020000D"]["Value"][0] for one in listed.json()]
            assert (chart["study"] in uids) == (not declined)
            known = web.get(f"/fhir/Patient/{chart['patient']}", headers=officer)
            assert known.status_code == 200
            assert seen.status_code == 200
        finally:
            web.put(place, json=withdrawn, headers=officer)


def _without_self(answer: httpx.Response, names: dict[str, str]) -> str:
    """What an answer says, but for the address that was asked for."""
    text = answer.text
    for name in sorted(names.values(), key=len, reverse=True):
        text = text.replace(name, "")
    return re.sub(r'_page=[^"]*|"lastUpdated":"[^"]*"', "", text)


NO_PATIENT = "00000000-0000-4000-8000-000000000000"


def test_patients_are_looked_for_by_who_treats_and_registered_at_the_desk(
    running: Any, chart: dict[str, str]
) -> None:
    person = {"name": "Uji Meja", "nik": "9802016112900010"}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role, hospital in product(ROLES, (0, 1)):
            token = running.token(role, hospital)
            asked = {"Cookie": f"segel_session={token}", "Accept": "text/html"}
            form = asked | {"Origin": running.http}
            desk, own = role == "records-officer", hospital == 0
            looks = desk or role in READERS
            assert web.get("/people", headers=asked).status_code == (200 if looks else 403), role
            assert web.get("/people/new", headers=asked).status_code == (200 if desk else 403)
            made = web.post("/people/new", data=person, headers=form)
            assert made.status_code == (303 if desk else 403), role
            for path in ("/people/newborn", "/people/unknown"):
                assert web.get(path, headers=asked).status_code == (200 if desk else 403), role
                sent = web.post(path, data={}, headers=form).status_code
                assert sent == (422 if desk else 403), (role, path)
            page = f"/patients/{seal_handle(token, 'patient', chart['patient'])}"
            known = web.post(f"{page}/known", data={"text": person["nik"]}, headers=form)
            assert known.status_code == (200 if desk else 403), role
            other = seal_handle(token, "other-patient", f"{chart['patient']} {NO_PATIENT}")
            joined = web.post(f"{page}/join", data={"other": other}, headers=form).status_code
            assert joined == (404 if desk else 403), role
            back = web.get(f"{page}/known", headers=asked)
            assert back.headers["Location"] == f"{page}/registration"
            for path in (f"{page}/registration", f"{page}/consents", f"{page}/newborn"):
                shown = web.get(path, headers=asked).status_code
                assert shown == ((200 if own else 404) if desk else 403), (role, path)
            decision = {"purpose": "HRESCH", "decision": "permit"}
            sent = web.post(f"{page}/consents", data=decision, headers=form).status_code
            assert sent == ((303 if own else 404) if desk else 403), role
            handle = seal_handle(token, "version", "0")
            mended = {"name": "X", "version": handle}
            sent = web.post(f"{page}/registration", data=mended, headers=form).status_code
            # Somebody else's version: it is not version 0 any more, or nobody wrote it yet.
            assert sent in (((303, 409) if own else (404,)) if desk else (403,)), role
            mine = web.get("/my/consents", headers=asked).status_code
            assert mine == (200 if role == "patient" else 403), role
            sent = web.post("/my/consents", data=decision, headers=form).status_code
            assert sent == (303 if role == "patient" else 403), role
        for path in ("/people", "/people/new", "/my/consents"):
            answer = web.get(path, headers={"Accept": "text/html"})
            assert answer.headers["Location"].startswith("/sign-in"), path


def test_who_works_where_is_for_staff_and_who_did_what_for_officer_and_patient(
    running: Any,
) -> None:
    operations, request = {"X-Purpose-Of-Use": "HOPERAT"}, {"X-Purpose-Of-Use": "PATRQT"}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        names: dict[int, set[str]] = {}
        for hospital in (0, 1):
            headers = running.headers("administrator", hospital) | operations
            people = web.get("/fhir/Practitioner?_count=500", headers=headers).json()
            names[hospital] = {one["resource"]["id"] for one in people["entry"]}
        assert not names[0] & names[1]
        for role in ROLES:
            headers = running.headers(role, 0)
            for kind in ("Organization", "Practitioner", "PractitionerRole"):
                for purpose in (operations, request):
                    shown = web.get(f"/fhir/{kind}", headers=headers | purpose)
                    permitted = role not in ("patient", "modality")
                    assert shown.status_code == (200 if permitted else 403), (role, kind)
            for known, status in ((0, 200), (1, 404)):
                one = web.get(f"/fhir/Practitioner/{min(names[known])}", headers=headers)
                if role not in ("patient", "modality"):
                    assert one.status_code == status, role
            for purpose, reader in (
                (operations, "data-protection-officer"),
                (request, "patient"),
            ):
                log = web.get("/fhir/AuditEvent?_count=2", headers=headers | purpose)
                assert log.status_code == (200 if role == reader else 403), (role, purpose)
        for path in ("Organization", "Practitioner/1", "PractitionerRole", "AuditEvent"):
            assert web.get(f"/fhir/{path}").status_code == 401


OFFICERS_PAGES = ("/alerts", "/reviews", "/accesses")


@pytest.mark.parametrize("path", [*OFFICERS_PAGES, "/break-glass"])
def test_the_officer_oversees_and_who_treats_breaks_the_glass(running: Any, path: str) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            cookies = {"Cookie": f"segel_session={running.token(role)}"}
            shown = web.get(path, headers=cookies | {"Accept": "text/html"})
            officer = role == "data-protection-officer"
            permitted = officer if path in OFFICERS_PAGES else role in READERS
            assert shown.status_code == (200 if permitted else 403), role
        assert web.get(path, headers={"Accept": "text/html"}).headers["Location"] == "/sign-in"


def test_possible_duplicates_are_for_the_own_hospitals_records_officer(running: Any) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            cookies = {"Cookie": f"segel_session={running.token(role)}", "Accept": "text/html"}
            permitted = role == "records-officer"
            shown = web.get("/duplicates", headers=cookies)
            assert shown.status_code == (200 if permitted else 403), role
            decided = web.post(
                "/duplicates/00000000-0000-4000-8000-000000000000",
                data={"state": "same"},
                headers=cookies | {"Origin": running.http},
            )
            assert decided.status_code == (404 if permitted else 403), role
        asked = {"Accept": "text/html"}
        assert web.get("/duplicates", headers=asked).headers["Location"] == "/sign-in"


NO_IMPORT = "00000000-0000-4000-8000-000000000000"


def test_tables_of_results_are_imported_by_the_laboratory_and_each_account_sees_its_own(
    running: Any,
) -> None:
    page, door = f"/laboratory/{NO_IMPORT}", f"/api/laboratory/imports/{NO_IMPORT}"
    rows = {"rows": [{"row": 2, "cells": {"name": "Uji Matriks"}}]}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            cookies = {"Cookie": f"segel_session={running.token(role)}", "Accept": "text/html"}
            form = cookies | {"Origin": running.http}
            permitted = role == "laboratory"
            assert web.get("/laboratory", headers=cookies).status_code == (
                200 if permitted else 403
            ), role
            sent = web.post("/laboratory", files={"file": ("x.csv", b"a;b\nc;d\n")}, headers=form)
            assert sent.status_code == (303 if permitted else 403), role
            for path in (page, f"{page}/errors"):
                answer = web.get(path, headers=cookies)
                assert answer.status_code == (404 if permitted else 403), (role, path)
            for step in ("columns", "take", "undo", "drop"):
                answer = web.post(f"{page}/{step}", data={"x": "y"}, headers=form)
                assert answer.status_code == (404 if permitted else 403), (role, step)
            for method in ("GET", "DELETE"):
                answer = web.request(method, door, headers=running.headers(role))
                assert answer.status_code == (404 if permitted else 403), (role, method)
            answer = web.post(door, json=rows, headers=running.headers(role))
            assert answer.status_code == (200 if permitted else 403), role
            if permitted:
                own = sent.headers["Location"]
                assert web.get(own, headers=cookies).status_code == 200
                other = running.token(role, 1)
                asked = {"Cookie": f"segel_session={other}", "Accept": "text/html"}
                assert web.get(own, headers=asked).status_code == 404
                assert web.get(door, headers=running.headers(role, 1)).status_code == 404
                assert web.delete(door, headers=running.headers(role)).status_code == 200
        asked = {"Accept": "text/html"}
        assert web.get("/laboratory", headers=asked).headers["Location"] == "/sign-in"
        assert web.post(door, json=rows).status_code == 401
        cookie = {"Cookie": f"segel_session={running.token('laboratory')}"}
        assert web.post(door, json=rows, headers=cookie).status_code == 401


NOBODYS = "00000000-0000-4000-8000-000000000000"
ANSWERING = {"records-officer", "data-protection-officer"}
ERASING = {"data-protection-officer", "administrator"}


@pytest.mark.parametrize(
    ("permitted", "pages", "forms"),
    [
        (
            {"patient"},
            ("/record/requests", "/record/requests?ask=correction"),
            (
                ("/record/requests", {"kind": "access", "nonce": "x"}, 422),
                ("/record/requests/{}", {"deed": "withdraw"}, 404),
                ("/record/requests/{}", {"deed": "add", "text": "x"}, 404),
            ),
        ),
        (
            ANSWERING,
            ("/requests", "/requests/new"),
            (
                ("/requests/new", {"kind": "access", "nonce": NOBODYS, "number": "404"}, 422),
                ("/requests/{}", {"reply": "refused", "text": "x", "article": "x"}, 404),
                ("/requests/{}/asker", {"deed": "withdraw"}, 404),
            ),
        ),
        (
            ERASING,
            ("/retention",),
            (
                ("/retention/runs/{}", {"deed": "ask", "reason": "Lewat masa simpan."}, 409),
                ("/retention/runs/{}", {"deed": "begin"}, 409),
                ("/retention/runs/{}", {"deed": "give-up"}, 409),
                ("/retention/holds", {"whole": "1", "reference": "", "reason": "x"}, 409),
                ("/retention/holds/{}", {"reason": "Selesai."}, 409),
            ),
        ),
    ],
)
def test_requests_about_own_data_and_retention_are_for_whom_they_concern(
    running: Any, permitted: set[str], pages: tuple[str, ...], forms: tuple[Any, ...]
) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            cookies = {"Cookie": f"segel_session={running.token(role)}", "Accept": "text/html"}
            for path in pages:
                shown = web.get(path, headers=cookies)
                assert shown.status_code == (200 if role in permitted else 403), (role, path)
            for path, sent, status in forms:
                answer = web.post(
                    path.format(NOBODYS), data=sent, headers=cookies | {"Origin": running.http}
                )
                refused = 422 if sent.get("nonce") == "x" else 403
                expected = status if role in permitted else refused
                assert answer.status_code == expected, (role, path, answer.status_code)
                foreign = web.post(path.format(NOBODYS), data=sent, headers=cookies)
                assert foreign.status_code == 403, (role, path)
        for path in pages:
            answer = web.get(path, headers={"Accept": "text/html"})
            assert answer.headers["Location"] == "/sign-in", path


def test_one_request_and_one_runs_certificate_are_the_own_hospitals(running: Any) -> None:
    asked = {"kind": "access", "nonce": "2f1d4c1e-7a55-4d0c-9a43-51f6b1e4a001"}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        patient = {"Cookie": f"segel_session={running.token('patient')}", "Accept": "text/html"}
        sent = web.post("/record/requests", data=asked, headers=patient | {"Origin": running.http})
        assert sent.status_code == 303
        clerk = {"Cookie": f"segel_session={running.token('records-officer')}"}
        listed = web.get("/requests", headers=clerk | {"Accept": "text/html"}).text
        (address,) = set(re.findall(r'href="(/requests/[0-9a-f-]{36})"', listed))
        for hospital in (0, 1):
            for role in ROLES:
                token = running.token(role, hospital)
                cookies = {"Cookie": f"segel_session={token}", "Accept": "text/html"}
                shown = web.get(address, headers=cookies).status_code
                there = 200 if hospital == 0 else 404
                assert shown == (there if role in ANSWERING else 403), (role, hospital)
                path = f"/retention/runs/{NOBODYS}/certificate"
                certificate = web.get(path, headers=cookies).status_code
                assert certificate == (409 if role in ERASING else 403), (role, hospital)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_programs_break_the_glass_by_a_clinicians_bearer_token_only(
    running: Any, method: str
) -> None:
    path, body = "/api/break-glass", {"code": "other", "reason": "x"}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            answer = web.request(method, path, json=body, headers=running.headers(role))
            # Who may is refused for the reason that says nothing, or because nothing is open.
            known = {"GET": (200, ""), "POST": (422, "reason-unclear"),
                     "DELETE": (403, "glass-closed")}[method]  # fmt: skip
            status, code = known if role in READERS else (403, "forbidden")
            assert (answer.status_code, answer.json().get("code", "")) == (status, code), role
        assert web.request(method, path, json=body).status_code == 401
        cookie = {"Cookie": f"segel_session={running.token('clinician')}"}
        by_cookie = web.request(method, path, json=body, headers=cookie).status_code
        assert by_cookie == (200 if method == "GET" else 401)


def test_a_review_of_another_hospital_looks_like_one_that_does_not_exist(running: Any) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        headers = running.headers("radiologist", 0)
        reason = "Pasien trauma di IGD malam ini, CT lama di arsip"
        begun = web.post(
            "/api/break-glass", json={"code": "life-at-risk", "reason": reason}, headers=headers
        )
        glass = begun.json()["open"]["glass_id"]
        shown = {}
        for hospital in (0, 1):
            officer = running.token("data-protection-officer", hospital)
            asked = {"Cookie": f"segel_session={officer}", "Accept": "text/html"}
            own = web.get(f"/reviews/{glass}", headers=asked)
            absent = web.get(f"/reviews/{'0' * 8}-{glass[9:]}", headers=asked)
            shown[hospital] = (own.status_code, absent.status_code)
            if hospital == 1:
                assert own.text.replace(glass, "") == absent.text.replace(
                    f"{'0' * 8}-{glass[9:]}", ""
                )
        assert shown == {0: (200, 404), 1: (404, 404)}
        assert web.delete("/api/break-glass", headers=headers).json()["open"] is None


def test_only_those_who_make_images_store_them(running: Any) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for role in ROLES:
            answer = web.post(
                "/dicomweb/studies",
                content=b"--b\r\nContent-Type: application/dicom\r\n\r\nx\r\n--b--\r\n",
                headers=running.headers(role)
                | {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'},
            )
            # What is not DICOM is refused for its content only to those who may store.
            assert answer.status_code == (409 if role == "radiographer" else 403), role


RECORD_PATHS = ("/record", "/record/file")


@pytest.mark.parametrize("path", RECORD_PATHS)
def test_who_opened_a_record_is_shown_to_its_patient_and_to_nobody_else(
    running: Any, path: str
) -> None:
    for role in ROLES:
        cookies = {"segel_session": running.token(role)}
        with httpx.Client(base_url=running.http, timeout=60, cookies=cookies) as web:
            answer = web.get(path, headers={"Accept": "text/html"})
            assert answer.status_code == (200 if role == "patient" else 403), role
            assert ("record-proofs" in answer.text) == (role == "patient")
    with httpx.Client(base_url=running.http, timeout=60) as web:
        assert web.get(path, headers={"Accept": "text/html"}).status_code == 303
        assert web.get(f"{path.removesuffix('/file')}/older/x").status_code == 401


def test_a_patient_has_an_account_page_and_no_list_of_studies(running: Any) -> None:
    cookies = {"segel_session": running.token("patient")}
    with httpx.Client(base_url=running.http, timeout=60, cookies=cookies) as web:
        assert web.get("/account", headers={"Accept": "text/html"}).status_code == 200
        front = web.get("/", headers={"Accept": "text/html"})
        assert (front.status_code, front.headers["location"]) == (303, "/my")


def test_a_patient_is_shown_their_own_record_only(running: Any) -> None:
    seen = []
    for hospital in (0, 1):
        cookies = {"segel_session": running.token("patient", hospital)}
        with httpx.Client(base_url=running.http, timeout=60, cookies=cookies) as web:
            seen.append(web.get("/record", headers={"Accept": "text/html"}).text)
    names = [one["name"] for one in running.demo["accounts"] if one["role"] == "patient"]
    for shown, own, other in ((seen[0], *names), (seen[1], *reversed(names))):
        assert own in shown
        assert other not in shown


def test_the_audit_log_is_public_and_nothing_beside_it(running: Any) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for headers in ({}, *(running.headers(role, 1) for role in ROLES)):
            assert web.get("/audit/tlog/checkpoint", headers=headers).status_code == 200
            assert web.get("/audit/tlog/tile/0/999", headers=headers).status_code == 404
            assert web.get("/audit/", headers=headers).status_code in (404, 405)
            assert web.get("/audit/packs", headers=headers).status_code in (404, 405)

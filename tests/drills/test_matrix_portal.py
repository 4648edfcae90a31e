"""A patient's own pages, through the real doors: one's own record, whole, and nobody else's."""

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle

from segel.access import seal_handle
from segel.records.r4 import decode, validate

PDF = b"%PDF-1.4 laporan %%EOF"
DRAFT = "Draf yang belum ditandatangani"
ROLES = (
    "clinician", "radiologist", "radiographer", "records-officer", "data-protection-officer",
    "administrator",
)  # fmt: skip
PAGES = ("/my", "/my/records", "/my/images", "/my/download", "/my/links")


@pytest.fixture(scope="module")
def people(running: Any) -> dict[str, Any]:
    """The demo's patient with an account and a chart, and another patient of the same hospital:
    of each the token or study, and the resources that were written."""
    patient = next(one for one in running.demo["accounts"] if one["role"] == "patient")
    hospital = running.hospitals.index(patient["hospital"])
    at = [one for one in running.demo["patients"] if one["hospital"] == patient["hospital"]]
    mine = next(one for one in at if one["name"] == patient["name"])
    theirs = next(one for one in at if one["name"] != patient["name"])
    told: dict[str, Any] = {"token": patient["token"], "hospital": hospital}
    headers = running.headers("clinician", hospital)
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as web:
        for name, one in (("mine", mine), ("theirs", theirs)):
            study = one["study_uids"][0]
            subject = web.get(f"/fhir/ImagingStudy/{study}").json()["subject"]
            report = {
                "resourceType": "DiagnosticReport", "status": "final", "subject": subject,
                "code": {"text": f"Laporan {name}"}, "conclusion": f"Kesimpulan {name}",
                "effectiveDateTime": "2027-01-02T09:00:00+07:00",
                "imagingStudy": [{"reference": f"ImagingStudy/{study}"}],
                "presentedForm": [
                    {"contentType": "application/pdf", "data": base64.b64encode(PDF).decode()}
                ],
            }  # fmt: skip
            draft = {**report, "status": "preliminary", "code": {"text": DRAFT}}
            made = web.post("/fhir/DiagnosticReport", json=report).json()
            drafted = web.post("/fhir/DiagnosticReport", json=draft).json()
            told[name] = {
                "study": study, "patient": subject["reference"], "report": made["id"],
                "draft": drafted["id"],
            }  # fmt: skip
    return told


@pytest.fixture
def web(running: Any, people: dict[str, Any]) -> Iterator[httpx.Client]:
    """A browser that the patient is signed in with."""
    cookies = {"segel_session": people["token"]}
    headers = {"Accept": "text/html", "Origin": running.http}
    with httpx.Client(base_url=running.http, timeout=60, cookies=cookies, headers=headers) as web:
        yield web


@pytest.fixture
def program(running: Any, people: dict[str, Any]) -> Iterator[httpx.Client]:
    """A program that the patient lets in with their own token."""
    headers = {"Authorization": f"Bearer {people['token']}", "X-Purpose-Of-Use": "PATRQT"}
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as program:
        yield program


@pytest.fixture
def doctor(running: Any, people: dict[str, Any]) -> Iterator[httpx.Client]:
    """A clinician's program of the same hospital."""
    headers = running.headers("clinician", people["hospital"])
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as doctor:
        yield doctor


def ways_to(token: str, whose: dict[str, str], instance: str = "2.25.1") -> list[tuple[str, str]]:
    """Every address below ``/my`` that leads to something of somebody, as this session has it."""
    study = seal_handle(token, "study", whose["study"])
    entry = seal_handle(token, "entry", f"DiagnosticReport/{whose['report']}")
    document = seal_handle(token, "document", f"{whose['report']} 0")
    picture = seal_handle(token, "instance", f"{whose['study']} {instance}")
    return [
        ("GET", f"/my/records/{entry}"),
        ("GET", f"/my/documents/{document}"),
        ("GET", f"/my/images/{study}"),
        ("GET", f"/my/images/{study}/thumbnail"),
        ("GET", f"/my/view/{study}"),
        ("GET", f"/my/pictures/{picture}/1"),
        ("POST", f"/my/images/{study}/ohif"),
        ("POST", f"/my/download/images/{study}"),
    ]


def instance_of(doctor: httpx.Client, whose: dict[str, str]) -> str:
    (found, *_) = doctor.get(f"/dicomweb/studies/{whose['study']}/instances").json()
    return str(found["00080018"]["Value"][0])


def test_what_is_somebody_elses_looks_like_what_is_not_there(
    web: httpx.Client, doctor: httpx.Client, people: dict[str, Any]
) -> None:
    token = people["token"]
    nothing = {"study": "2.25.404", "report": "00000000-0000-4000-8000-000000000000"}
    own = ways_to(token, people["mine"], instance_of(doctor, people["mine"]))
    other = ways_to(token, people["theirs"], instance_of(doctor, people["theirs"]))
    for (method, path), (_, theirs), (_, absent) in zip(
        own, other, ways_to(token, nothing), strict=True
    ):
        asked = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        mine = web.request(method, path, headers=asked)
        assert mine.status_code == (303 if path.endswith("/ohif") else 200), (path, mine.text)
        refused = web.request(method, theirs, headers=asked)
        missing = web.request(method, absent, headers=asked)
        assert (refused.status_code, missing.status_code) == (404, 404), path
        assert refused.text.replace(theirs, "") == missing.text.replace(absent, ""), path


def test_a_patients_pages_are_for_patients_and_their_links_for_one_session(
    web: httpx.Client, doctor: httpx.Client, running: Any, people: dict[str, Any]
) -> None:
    ways = ways_to(people["token"], people["mine"], instance_of(doctor, people["mine"]))
    forms = ("/my/download/record", "/my/links", f"/my/links/{uuid4()}/end")
    everything = [*(("GET", page) for page in PAGES), *ways, *(("POST", one) for one in forms)]
    headers = {"Accept": "text/html", "Origin": running.http}
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as other:
        for method, path in everything:
            assert other.request(method, path).status_code in (303, 401), path
            for role in ROLES:
                cookie = {"Cookie": f"segel_session={running.token(role, people['hospital'])}"}
                answer = other.request(method, path, headers=cookie)
                assert answer.status_code == 403, (role, path)
        stranger = {"Cookie": f"segel_session={running.token('patient', 1 - people['hospital'])}"}
        for method, path in ways:  # another patient, who got hold of the address
            assert other.request(method, path, headers=stranger).status_code == 404, path
        for page in PAGES:
            shown = other.get(page, headers=stranger)
            assert (shown.status_code, "Kesimpulan mine" in shown.text) == (200, False)
    for path in (*forms, ways[-1][1], ways[-2][1]):  # another site's form
        assert web.post(path, headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_patient_is_shown_what_is_signed_and_no_draft_at_any_door(
    web: httpx.Client, doctor: httpx.Client, program: httpx.Client, people: dict[str, Any]
) -> None:
    mine = people["mine"]
    shown = [web.get(page).text for page in PAGES]
    assert "Kesimpulan mine" in shown[0]
    assert "Kesimpulan mine" in shown[1]
    fhir = [
        program.get(path)
        for path in (
            f"/fhir/{mine['patient']}/$everything",
            f"/fhir/DiagnosticReport?patient={mine['patient']}",
            f"/fhir/DiagnosticReport/{mine['report']}",
            f"/fhir/DiagnosticReport/{mine['report']}/_history",
        )
    ]
    for answer in fhir:
        assert answer.status_code == 200
        assert "Kesimpulan mine" in answer.text
    copy = web.post("/my/download/record")
    for text in (*shown, *(one.text for one in fhir), copy.text):
        assert DRAFT not in text
        assert "theirs" not in text
    token = people["token"]
    entry = seal_handle(token, "entry", f"DiagnosticReport/{mine['draft']}")
    document = seal_handle(token, "document", f"{mine['draft']} 0")
    for path in (f"/my/records/{entry}", f"/my/documents/{document}"):
        assert web.get(path).status_code == 404
    for path in ("", "/_history", "/_history/1"):
        gone = program.get(f"/fhir/DiagnosticReport/{mine['draft']}{path}")
        assert gone.status_code == 404
        there = doctor.get(f"/fhir/DiagnosticReport/{mine['draft']}{path}")
        assert (there.status_code, DRAFT in there.text) == (200, True)


def test_a_copy_is_whole_and_stands_in_the_patients_log(
    web: httpx.Client, doctor: httpx.Client, people: dict[str, Any]
) -> None:
    mine = people["mine"]
    handle = seal_handle(people["token"], "study", mine["study"])
    images = web.post(f"/my/download/images/{handle}")
    record = web.post("/my/download/record")
    for answer, kind in ((images, "application/zip"), (record, "application/fhir+json")):
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["cache-control"] == "no-store"
        saved = re.fullmatch(
            r'attachment; filename="([a-z-]+\.(?:zip|json))"',
            answer.headers["content-disposition"],
        )
        assert saved
    assert int(images.headers["content-length"]) == len(images.content)

    # Bit for bit what is kept: what a clinician retrieves is what was sent.
    stored = []
    study = f"/dicomweb/studies/{mine['study']}"
    for one in doctor.get(f"{study}/instances").json():
        series, instance = (one[tag]["Value"][0] for tag in ("0020000E", "00080018"))
        path = f"{study}/series/{series}/instances/{instance}"
        whole = {"Accept": "application/dicom; transfer-syntax=*"}
        stored.append(doctor.get(path, headers=whole).content)
    with zipfile.ZipFile(io.BytesIO(images.content)) as archive:
        assert archive.testzip() is None
        readme, *names = archive.namelist()
        assert readme == "README.txt"
        assert sorted(archive.read(name) for name in names) == sorted(stored)
        for name in names:
            assert re.fullmatch(r"DICOM/S\d{5}/I\d{5}\.dcm", name)

    bundle = decode(record.content)
    validate(bundle)
    Bundle.model_validate(json.loads(record.content))
    kinds = [one["resource"]["resourceType"] for one in bundle["entry"]]
    assert kinds[0] == "Patient"
    assert {"DiagnosticReport", "ImagingStudy"} <= set(kinds)
    addresses = [one["fullUrl"] for one in bundle["entry"]]
    assert len(set(addresses)) == len(addresses)
    for one in bundle["entry"]:
        validate(one["resource"])

    log = web.get("/record").text
    body = json.loads(re.search(r'id="record-proofs">(.*?)</script>', log, re.DOTALL)[1])["body"]  # type: ignore[index]
    events = [json.loads(line["event"]) for line in json.loads(body)["lines"]]
    copies = [one for one in events if one["type"]["code"] == "110106"]
    newest = [{coding["code"] for coding in one["subtype"]} for one in copies[:2]]
    assert "chart-copy" in newest[0]
    assert "study-copy" in newest[1]
    assert all(one["purposeOfEvent"][0]["coding"][0]["code"] == "PATRQT" for one in copies)


def test_who_is_no_patient_takes_no_copy_and_gets_no_page_at_its_address(
    web: httpx.Client, people: dict[str, Any]
) -> None:
    handle = seal_handle(people["token"], "study", people["mine"]["study"])
    for path in ("/my/download/record", f"/my/download/images/{handle}"):
        assert web.get(path).status_code == 405

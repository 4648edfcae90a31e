"""kill -9 of the process that tells the national platform, an outage and lost answers:
everything is told once, in order, and nothing of it lies readable in the home.

``SEGEL_NATIONAL_PATIENTS=100`` tells of as many.
"""

import asyncio
import contextlib
import io
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from pydicom.data import get_testdata_file

from drills.test_crashes import supervisor_of
from drills.test_thief import scan
from segel.app import home as homes
from segel.broker import BrokerClient
from segel.domain.roles import Role
from support.kms import CHOSEN, kms_settings
from support.national_platform import NationalPlatform, national_platform
from support.running import FREE_DOORS, place_for_a_home, segel

PATIENTS = int(os.environ.get("SEGEL_NATIONAL_PATIENTS", "1"))
CODE = "RSN"
BACK_S = 90
LOCATION = "b017aa54-f1df-4ec2-9d84-8823815d7228"
DOCTOR = "9901014101800002"
NIK = "https://fhir.kemkes.go.id/id/nik"
LOINC = "http://loinc.org"
KINDS = ("Encounter", "ServiceRequest", "ImagingStudy", "Observation", "DiagnosticReport")


@dataclass
class Archive:
    """A running Segel: its FHIR door, and who writes there."""

    home: Path
    http: str
    system: str
    modality: str

    @property
    def web(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.system}"}
        return httpx.Client(base_url=f"{self.http}/fhir", headers=headers, timeout=60)


@contextlib.contextmanager
def archive(home: Path, there: NationalPlatform) -> Iterator[Archive]:
    """Started and set up by the command line; the credentials come from a file."""
    settings = home.with_name("segel.toml")
    settings.write_text(
        f'national_fhir = "{there.fhir}"\nnational_token = "{there.token}"\n'
        "national_quiet_s = 0\nnational_timeout_s = 1\nnational_requests_per_s = 100\n"
        + kms_settings(home, CHOSEN)
    )
    credentials = home.with_name("credentials.toml")
    credentials.write_text(
        f'client_id = "{there.client[0]}"\nclient_secret = "{there.client[1]}"\n'
    )
    credentials.chmod(0o600)
    place = f"--home={home}"
    done("up", place, *FREE_DOORS, f"--settings={settings}", "--detach")
    try:
        found = asyncio.run(tokens(home))
        known = (f"--organisation={there.organisation}", f"--location={LOCATION}")
        done("national", "setup", CODE, *known, f"--credentials={credentials}", "--add-numbers",
             place)  # fmt: skip
        http = str(json.loads((home / "run" / "status.json").read_text())["http"])
        yield Archive(home, http, *found)
    finally:
        done("down", place)


def done(*arguments: str) -> str:
    """What a command said. It has to succeed."""
    ran = segel(*arguments)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


async def tokens(home: Path) -> tuple[str, str]:
    operator = await BrokerClient.connect(homes.at(home).operator_socket)
    try:
        await operator.enrol_hospital(CODE, "RS Nusantara")
        found = []
        for role in (Role.HOSPITAL_SYSTEM, Role.MODALITY):
            account = await operator.enrol_account(f"{role}", role, CODE)
            found.append((await operator.issue_token(account, 3600)).token)
        return found[0], found[1]
    finally:
        await operator.close()


def person(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [
            {"system": NIK, "value": nik_of(number)},
            {"system": f"http://sys-ids.kemkes.go.id/mrn/{CODE}", "value": f"RM-{number:06}"},
        ],
        "name": [{"family": f"Kusumawardhani{number}", "given": ["Paramitha"]}],
        "gender": "female",
        "birthDate": "1990-02-15",
    }


def nik_of(number: int) -> str:
    return f"990101550290{number + 1:04}"


def records(number: int, patient: str) -> dict[str, Any]:
    """A visit, an order, an antigen test and a report on it, as one transaction."""
    subject = {"reference": f"Patient/{patient}"}
    code = {"coding": [{"system": LOINC, "code": "94558-4"}]}
    at = f"2026-11-{number % 27 + 1:02}T08:15:00+07:00"
    made = {
        "urn:uuid:00000000-0000-4000-8000-000000000001": {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": subject,
            "participant": [{"individual": {"identifier": {"system": NIK, "value": DOCTOR}}}],
            "period": {"start": at, "end": at},
        },
        "urn:uuid:00000000-0000-4000-8000-000000000002": {
            "resourceType": "ServiceRequest",
            "status": "completed",
            "intent": "order",
            "identifier": [{"system": "http://sys-ids.kemkes.go.id/acsn/x",
                            "value": accession_of(number)}],
            "code": {"coding": [{"system": LOINC, "code": "36554-4"}]},
            "subject": subject,
            "encounter": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
            "authoredOn": at,
        },
        "urn:uuid:00000000-0000-4000-8000-000000000003": {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "laboratory"}]}],
            "code": code,
            "subject": subject,
            "encounter": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
            "effectiveDateTime": at,
            "valueString": f"Negatif-sekali-{number:05}",
        },
        "urn:uuid:00000000-0000-4000-8000-000000000004": {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": code,
            "subject": subject,
            "encounter": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
            "effectiveDateTime": at,
            "result": [{"reference": "urn:uuid:00000000-0000-4000-8000-000000000003"}],
            "conclusion": f"Kesimpulan rahasia nomor {number:05}.",
        },
    }  # fmt: skip
    entry = [
        {"fullUrl": url, "resource": one,
         "request": {"method": "POST", "url": one["resourceType"]}} for url, one in made.items()
    ]  # fmt: skip
    return {"resourceType": "Bundle", "type": "transaction", "entry": entry}


def accession_of(number: int) -> str:
    return f"CR.261101.{number:05}"


def image(number: int) -> tuple[str, bytes]:
    """A study of a patient's, as a device sends it; its UID."""
    dataset: Any = pydicom.dcmread(str(get_testdata_file("MR_small.dcm")))
    uid = f"2.25.77{number:07}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid, f"{uid}.1"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{uid}.1.1"
    dataset.PatientID, dataset.PatientName = f"RM-{number:06}", f"Kusumawardhani{number}^Paramitha"
    dataset.PatientBirthDate, dataset.PatientSex = "19900215", "F"
    dataset.AccessionNumber = accession_of(number)
    dataset.StudyDate, dataset.StudyTime = "20261101", "081500"
    written = io.BytesIO()
    dataset.save_as(written)
    return uid, written.getvalue()


def store(here: Archive, content: bytes) -> None:
    body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--b--\r\n"
    answer = httpx.post(
        f"{here.http}/dicomweb/studies",
        content=body,
        headers={"Authorization": f"Bearer {here.modality}",
                 "Content-Type": 'multipart/related; type="application/dicom"; boundary=b'},
        timeout=60,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text


def until(holds: Callable[[], bool], what: str) -> None:
    end_s = time.monotonic() + BACK_S
    while not holds():
        assert time.monotonic() < end_s, what
        time.sleep(0.05)


def told(there: NationalPlatform) -> int:
    return sum(len(there.all(kind)) for kind in KINDS)


def kill(here: Archive) -> None:
    (process,) = [
        one
        for one in supervisor_of(here.home).children(recursive=True)
        if one.cmdline()[-2:] == ["segel.app.process", "courier"]
    ]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(BACK_S)


@pytest.mark.timeout(600)
def test_each_record_is_told_once_and_in_order_whatever_breaks(tmp_path: Path) -> None:
    terms: list[str] = [DOCTOR]
    with national_platform() as there, place_for_a_home() as folder:
        there.behaviour.refuses_duplicates = False
        there.locations.add(LOCATION)
        there.practitioners[DOCTOR] = "N10000001"
        for number in range(PATIENTS):
            there.people[nik_of(number)] = [f"P0990000{number:04}"]
        with archive(folder / "home", there) as here, here.web as web:
            break_everything(here, there, web)
            set_aside(here, there, web)
        terms += [there.client[1], there.client[0]]
        for number in range(PATIENTS):
            terms += [
                nik_of(number), f"P0990000{number:04}", f"Kusumawardhani{number}",
                f"RM-{number:06}", accession_of(number), f"2.25.77{number:07}",
                f"Negatif-sekali-{number:05}", f"Kesimpulan rahasia nomor {number:05}",
            ]  # fmt: skip
        terms += [one["id"] for kind in KINDS for one in there.all(kind)]
        status, report = scan(folder / "home", sorted(set(terms)), tmp_path)
    assert report["hits"] == []
    assert status == 0


def break_everything(here: Archive, there: NationalPlatform, web: httpx.Client) -> None:
    """Write charts while the process is killed and the platform is away, full and forgetful."""
    write(here, web, 0)
    there.behaviour.down = True
    until(lambda: len(there.asked) > 1, "the platform was not asked")
    there.behaviour.slow_s = 0.3
    there.behaviour.down = False
    for number in range(1, PATIENTS):
        write(here, web, number)
    until(lambda: told(there) >= 1, "nothing was told")
    kill(here)  # in the middle of a POST, mostly
    at = told(there)
    until(lambda: told(there) > at + 1, "nothing was told after a kill")
    there.behaviour.slow_s = 0.0
    there.behaviour.mute_after = {"Observation"}
    until(lambda: len(there.all("Observation")) >= 1, "no observation")
    there.behaviour.mute_after = set()
    there.end_tokens()
    until(lambda: told(there) >= PATIENTS * len(KINDS), "not everything was told")
    assert set(there.posted.values()) == {1}
    for kind in KINDS:
        assert len(there.all(kind)) == PATIENTS, kind
    assert there.refused == [] or {
        issue["code"] for one in there.refused for issue in one["issue"]
    } == {"login"}
    assert_linked(there)


def write(here: Archive, web: httpx.Client, number: int) -> None:
    """A patient with a chart and an image."""
    patient = web.post("/Patient", json=person(number)).json()["id"]
    answer = web.post("", json=records(number, patient))
    assert answer.status_code == 200, answer.text
    store(here, image(number)[1])


def assert_linked(there: NationalPlatform) -> None:
    """Each patient's records refer to one another, and came in that order."""
    for study in there.all("ImagingStudy"):
        based = study["basedOn"][0]["reference"].removeprefix("ServiceRequest/")
        (request,) = [one for one in there.all("ServiceRequest") if one["id"] == based]
        assert request["subject"] == study["subject"]
    for report in there.all("DiagnosticReport"):
        result = report["result"][0]["reference"].removeprefix("Observation/")
        (seen,) = [one for one in there.all("Observation") if one["id"] == result]
        assert seen["subject"] == report["subject"]
        assert seen["encounter"] == report["encounter"]


def set_aside(here: Archive, there: NationalPlatform, web: httpx.Client) -> None:
    """What the platform cannot take is set aside, and seen by the operator with its reason."""
    place = f"--home={here.home}"
    found = web.get("/Patient", params={"identifier": f"{NIK}|{nik_of(0)}"}).json()
    patient = found["entry"][0]["resource"]["id"]
    homeless = next(
        one["resource"]
        for one in records(0, patient)["entry"]
        if one["resource"]["resourceType"] == "Observation"
    )
    homeless = {name: value for name, value in homeless.items() if name != "encounter"}
    assert web.post("/Observation", json=homeless).status_code == 201
    until(lambda: waiting_letters(here) == 1, "nothing was set aside")
    (letter,) = json.loads(done("national", "letters", "--json", place))
    assert letter["letter"]["fault"] == "missing"
    assert letter["letter"]["place"] == "Observation.encounter"
    assert nik_of(0) not in json.dumps(letter)
    assert set(there.posted.values()) == {1}


def waiting_letters(here: Archive) -> int:
    """How many records were set aside."""

    async def count() -> int:
        operator = await BrokerClient.connect(homes.at(here.home).operator_socket)
        try:
            return len(await operator.national.letters())
        finally:
            await operator.close()

    return asyncio.run(count())

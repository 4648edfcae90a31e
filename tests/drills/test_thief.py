"""The thief's drill: a copy of everything, and every term that was sent, searched in it.

The same search over another archive's folder, fed the same files, finds the terms: so it can.
"""

import asyncio
import base64
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pydicom
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydicom.valuerep import VR

from app.test_leak_match import warrant
from segel.cards import ListType, base64url, parse_link
from segel.cards.passes import answer_text, paper_text, signed_by_holder
from segel.cards.signatures import sign_with
from segel.cards.signed_lists import pin_of
from support.running import place_for_a_home, segel, started

TEXT_VRS = {VR.PN, VR.LO, VR.SH, VR.DA, VR.UI, VR.LT, VR.ST}
GATE = "segel-gate:"
TERM_LENGTH_MIN = 6


def identifying_terms(paths: list[Path]) -> list[str]:
    """Every name, number, UID, date and description in the files' headers."""
    terms: set[str] = set()
    for path in paths:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        for element in dataset.iterall():
            if element.VR not in TEXT_VRS or element.tag.group <= 2:
                continue
            values = element.value if element.VM > 1 else [element.value]
            for value in values or ():
                text = str(value).strip().strip("^")
                standard = text.startswith("1.2.840.10008.")
                if len(text) >= TERM_LENGTH_MIN and not standard:
                    terms.add(text.replace("\n", " ").replace("\t", " "))
    return sorted(terms)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The synthetic demo images, as files."""
    folder = tmp_path_factory.mktemp("images")
    subprocess.run([sys.executable, "-m", "segel.app.demo", str(folder)], check=True)
    return sorted(path for path in folder.rglob("*") if path.suffix == ".dcm")


def scan(folder: Path, terms: list[str], scratch: Path) -> tuple[int, dict[str, Any]]:
    """Exit status and report of ``segel scan-copy``."""
    file = scratch / "terms.txt"
    file.write_text("".join(f"{term}\n" for term in terms))
    done = segel("scan-copy", f"--home={folder}", f"--terms={file}", "--json", timeout_s=1200)
    return done.returncode, json.loads(done.stdout or "{}")


def test_a_stolen_copy_holds_nothing_that_was_sent(sent: list[Path], tmp_path: Path) -> None:
    terms = identifying_terms(sent)
    assert len(terms) > 200
    with place_for_a_home() as folder:
        home, running = folder / "home", folder / "copied-while-it-ran"
        with started(home, settings="fingerprints = true\n") as segel_up:
            day_of_work(segel_up, sent)
            terms += day_of_records(segel_up)
            terms += day_of_arrivals(segel_up)
            terms += day_of_links(segel_up)
            terms += day_of_a_leak(segel_up)
            passed = day_of_passes(segel_up, folder / VENUE)
            terms += passed
            demo = segel_up.demo
            # What a thief of the disk gets from a running system: logs unwritten, files half done.
            subprocess.run(["cp", "-a", "--no-dereference", str(home), str(running)], check=False)
        for patient in demo["patients"]:
            terms += [patient["name"], patient["nik"], *patient["study_uids"]]
        # PostgreSQL's own manual pages and catalogues hold words like STANDARD.
        wanted = sorted(term for term in set(terms) if not is_common_word(term))
        # Nor does the gate, which has the passes in its hands, keep anything of them.
        for file in (folder / VENUE).rglob("*"):
            content = file.read_bytes() if file.is_file() else b""
            assert [one for one in passed if one.encode() in content] == [], file.name
        for copy in (running, home):
            status, report = scan(copy, wanted, tmp_path)
            assert report["hits"] == []
            assert report["bytes"] > 10_000_000
            assert [one for one in report["skipped"] if one["may_hide"]] == []
            assert status == 0


def is_common_word(term: str) -> bool:
    """Whether a term is a word of a manual, and no name, number, date or UID of anybody."""
    return term.lower() in {"diagnostics", "standard", "composite"}


def day_of_work(segel_up: Any, sent: list[Path]) -> None:
    """Store, find, list, open, render: whatever leaves traces."""
    with httpx.Client(base_url=segel_up.http, timeout=120) as web:
        for hospital in (0, 1):
            for path in sent[:40]:
                answer = web.post(
                    "/dicomweb/studies",
                    content=b"--b\r\nContent-Type: application/dicom\r\n\r\n"
                    + path.read_bytes()
                    + b"\r\n--b--\r\n",
                    headers=segel_up.headers("radiographer", hospital)
                    | {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'},
                )
                assert answer.status_code in (200, 202), answer.text
            for patient in segel_up.demo["patients"]:
                headers = segel_up.headers("radiologist", hospital)
                for query in ({"PatientName": patient["name"]}, {"PatientID": patient["nik"]}):
                    web.get("/dicomweb/studies", params=query, headers=headers)
                for uid in patient["study_uids"]:
                    web.get(f"/dicomweb/studies/{uid}/metadata", headers=headers)
                    web.get(f"/dicomweb/studies/{uid}", headers=headers)
            # What is refused leaves no trace of its content either.
            web.get(
                "/dicomweb/studies/1.2.3.4.404", headers=segel_up.headers("clinician", hospital)
            )
            web.post(
                "/dicomweb/studies",
                content=b"nonsense " + sent[0].read_bytes()[:4096],
                headers=segel_up.headers("radiographer", hospital)
                | {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'},
            )


PHOTO = b"\xff\xd8\xff\xe0 FOTO WAJAH PASIEN 5531 \xff\xd9"
MODALITIES = "http://dicom.nema.org/resources/ontology/DCM"
REPORT = b"%PDF-1.4 HASIL SANGAT RAHASIA 8842 %%EOF"


def day_of_records(segel_up: Any) -> list[str]:
    """Register, write, find and read records with a photo and a signed report; what was said."""
    number, phone, street = "9901234512900017", "+62-811-5550-123", "Jalan Kenanga Raya 117"
    system = "https://fhir.kemkes.go.id/id/nik"
    person = {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": number}],
        "name": [{"family": "Kusumaningrum", "given": ["Paramitha"]}],
        "birthDate": "1990-12-05",
        "telecom": [{"system": "phone", "value": phone}],
        "address": [{"line": [street], "city": "Kotabarusari"}],
        "photo": [{"contentType": "image/jpeg", "data": base64.b64encode(PHOTO).decode()}],
    }
    with httpx.Client(base_url=f"{segel_up.http}/fhir", timeout=120) as web:
        officer = segel_up.headers("records-officer") | {"X-Purpose-Of-Use": "HOPERAT"}
        doctor = segel_up.headers("clinician")
        made = web.post("/Patient", json=person, headers=officer)
        assert made.status_code == 201, made.text
        patient = made.json()["id"]
        seen = {
            "resourceType": "Observation",
            "identifier": [{"system": "urn:lab", "value": "LAB-2026-77123"}],
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "94558-4"}]},
            "subject": {"reference": f"Patient/{patient}"},
            "valueString": "Positif-kuat-sekali",
            "note": [{"text": "Pasien menangis waktu diambil sampelnya."}],
        }
        report = {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": {"text": "Foto toraks"},
            "subject": {"reference": f"Patient/{patient}"},
            "conclusion": "Infiltrat di paru kanan bawah, curiga pneumonia.",
            "presentedForm": [
                {"contentType": "application/pdf", "data": base64.b64encode(REPORT).decode()}
            ],
        }
        order = {
            "resourceType": "ServiceRequest",
            "identifier": [
                {"system": "http://sys-ids.kemkes.go.id/acsn/1", "value": "AKSESI-5531"},
                {"system": "urn:dicom:uid", "value": "urn:oid:1.2.826.5531.8842.77"},
            ],
            "status": "active",
            "intent": "order",
            "subject": {"reference": f"Patient/{patient}"},
            "code": {"text": "Toraks tegak lurus"},
            "orderDetail": [
                {"coding": [{"system": MODALITIES, "code": "CR"}]},
                {
                    "coding": [
                        {"system": "http://sys-ids.kemkes.go.id/ae-title", "code": "RONSEN77"}
                    ]
                },
            ],
            "occurrenceDateTime": "2027-03-14",
        }
        for resource in (seen, report, order):
            answer = web.post(f"/{resource['resourceType']}", json=resource, headers=doctor)
            assert answer.status_code == 201, answer.text
        web.post("/Observation", json={**seen, "status": "Rahasia-salah"}, headers=doctor)
        for query in (
            {"identifier": f"{system}|{number}"},
            {"name": "Paramitha Kusumaningrum", "birthdate": "1990-12-05"},
        ):
            assert web.get("/Patient", params=query, headers=doctor).json()["total"] == 1
            web.post("/Patient/_search", data=query, headers=doctor)
        web.get("/Observation", params={"patient.identifier": f"{system}|{number}"}, headers=doctor)
        web.get(f"/Patient/{patient}/$everything", headers=doctor)
        exported(segel_up, web, patient)
    return [
        number, phone, street, "Kusumaningrum", "Paramitha", "Kotabarusari", "1990-12-05",
        "LAB-2026-77123", "Positif-kuat-sekali", "Pasien menangis waktu", "Rahasia-salah",
        "AKSESI-5531", "1.2.826.5531.8842.77", "Toraks tegak", "RONSEN77", "2027-03-14", "20270314",
        "Infiltrat di paru kanan", "FOTO WAJAH PASIEN 5531", "HASIL SANGAT RAHASIA 8842",
        RECIPIENT, "Surveilans campak 5531",
        base64.b64encode(PHOTO).decode()[:24], base64.b64encode(REPORT).decode()[8:40],
    ]  # fmt: skip


def day_of_arrivals(segel_up: Any) -> list[str]:
    """A traveller declares, corrects and reads it, and sends what is refused; an officer of the
    port lists and opens it; what was said."""
    arrival = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 3_600))
    code = "7K2M9Q4T6V8X0Z1B3D5F7H9J2N"
    said = {
        "code": code, "conveyance": "flight", "vessel": "QZ7719", "arrival": arrival,
        "port": "TANJUNG", "seat": "47K", "name": "Wirasena Panggabean",
        "phone": "+62 813 7719 4402", "email": "wirasena@contoh7719.example",
        "address": "Gang Melur Tujuh 4402", "other_symptoms": "Menggigil sepanjang malam",
        "symptom-fever": "1", "met_sick": "no", "country-0": "SG",
    }  # fmt: skip
    own = {"Origin": segel_up.http, "Accept": "text/html"}
    with httpx.Client(base_url=segel_up.http, timeout=120, headers=own) as web:
        for sent in (said, said | {"seat": "48K"}, said | {"phone": "Nomor-rahasia-4402"}):
            web.post("/declare", data=sent)
        assert "48K" in web.post("/declare/mine", data={"code": code}).text
        web.post("/declare/mine", data={"code": code[::-1]})
        web.cookies.set("segel_session", segel_up.token("port-health-officer", 2))
        vessels = web.get("/port-health").text
        (vessel,) = set(re.findall(r'href="(/port-health/vessels/[^"]+)"', vessels))
        (one,) = set(re.findall(r'href="(/port-health/declarations/[^"]+)"', web.get(vessel).text))
        opened = web.get(one).text
        assert "Wirasena" in opened
        receipt = re.search(r">([0-9A-Z]{5}-[0-9A-Z]{5})<", opened)
        assert receipt is not None
        assert "Wirasena" in web.post("/port-health", data={"receipt": receipt[1]}).text
    return [
        "Wirasena", "Panggabean", "QZ7719", "813 7719 4402", "628137719440", "contoh7719",
        "Gang Melur Tujuh", "Menggigil", "Nomor-rahasia-4402", code, receipt[1],
        receipt[1].replace("-", ""),
    ]  # fmt: skip


def day_of_links(segel_up: Any) -> list[str]:
    """A patient shares by a link, which somebody opens after a wrong passcode; what was said."""
    own = {"Origin": segel_up.http, "Accept": "text/html"}
    passcode, holder, label = (
        "rahasia-4417-xy",
        "dr. Pembuka Tautan 4417",
        "Untuk Klinik Sebelah 4417",
    )
    with httpx.Client(base_url=segel_up.http, timeout=120, headers=own) as web:
        web.cookies.set("segel_session", segel_up.token("patient"))
        chosen = {"label": label, "passcode": passcode, "days": "7", "openings": "5"}
        made = web.post("/my/links", data={"what": "summary", **chosen}).text
        shown = re.search(r'id="link" readonly value="([^"]+)"', made)
        assert shown is not None
        link = parse_link(html.unescape(shown[1]))
        for stated in (passcode[::-1], passcode):
            opened = httpx.post(
                link.url, json={"recipient": holder, "passcode": stated}, timeout=60
            )
        assert opened.status_code == 200
        assert holder in web.get("/my/links").text
    jwe = str(opened.json()["files"][0]["embedded"])
    return [
        passcode, passcode[::-1], holder, label, link.url.rpartition("/")[2],
        base64.urlsafe_b64encode(link.key).decode().rstrip("="), jwe.split(".")[3][:40],
    ]  # fmt: skip


SAMPLE = "nik;nama;tgl lahir;no rm;alamat\n" + "".join(
    f"970193{1 + number % 28:02}0777{number:04};Wargana Samaran;"
    f"{1 + number % 28:02}/07/1977;99-{number:04};Jalan Bocor {number}\n"
    for number in range(60)
)


def day_of_a_leak(segel_up: Any) -> list[str]:
    """An officer opens a case, seals a sample, works, invites a guest and has it examined; what was
    said."""
    sample = SAMPLE + "".join(
        f"{one['nik']};{one['name']};{one['birth_date']};{one['mrn']};Jalan Bocor\n"
        for one in segel_up.demo["patients"]
    )
    own = {"Origin": segel_up.http, "Accept": "text/html"}
    with httpx.Client(base_url=segel_up.http, timeout=120, headers=own) as web:
        web.cookies.set("segel_session", segel_up.token("incident-officer", 3))
        nonce = re.search(r'name="nonce" value="([^"]+)"', web.get("/leaks/new").text)
        assert nonce is not None
        claim = {
            "nonce": nonce[1], "text": "Jual-data-pasien-9931", "source": "forum-gelap-9931",
            "people": "99317000", "size": "731 GB", "price": "9931 koin", "hours": "2",
            "tlp": "amber+strict", "vital": "1",
        }  # fmt: skip
        case = web.post("/leaks/new", data=claim).headers["location"]
        names = {"X-File-Name": "contoh-bocor-9931.csv", "X-File-Source": "unduhan-petugas-9931"}
        sealed = web.post(f"{case}/evidence", content=sample.encode(), headers=names)
        assert sealed.status_code == 201, sealed.text
        deeds = (
            {"deed": "note", "text": "Catatan-perkara-9931"},
            {"deed": "person", "name": "Saksi-ahli-9931", "part": "saksi", "contact": "0813-9931"},
            {"deed": "task", "title": "Telusuri-kueri-9931", "owner": "Petugas-jaga-9931"},
            {"deed": "met", "kind": "csirt", "how": "surel-nomor-9931"},
        )
        for one in deeds:
            assert web.post(case, data=one).status_code == 303, one["deed"]
        guest = {"deed": "guest", "name": "Tamu-badan-9931", "body": "Badan-9931", "days": "7",
                 "looks": "100", "files": "20"}  # fmt: skip
        link = re.search(r'readonly value="([^"]+)"', web.post(case, data=guest).text)
        assert link is not None
        seen = web.get(case).text
        assert all(said in seen for said in ("9931 koin", "contoh-bocor-9931.csv", "surel-nomor"))
        assert "Catatan-perkara-9931" in seen
        examine(segel_up, web, case)
    with httpx.Client(base_url=segel_up.http, timeout=120) as web:  # a picture that bears a mark
        reader = segel_up.headers("clinician")
        study = next(one["study_uids"][0] for one in segel_up.demo["patients"]
                     if one["hospital"] == segel_up.hospitals[0])  # fmt: skip
        picture = web.get(f"/dicomweb/studies/{study}/rendered", headers=reader)
        assert picture.status_code == 200, picture.text
    hashed = hashlib.sha256(sample.encode())
    return [
        "Jual-data-pasien", "forum-gelap", "99317000", "9931 koin", "contoh-bocor",
        "unduhan-petugas",
        "Catatan-perkara", "Saksi-ahli", "0813-9931", "Telusuri-kueri", "Petugas-jaga",
        "surel-nomor", "Tamu-badan", "Badan-9931", "Wargana Samaran", "Jalan Bocor",
        "9701930207770001",
        hashed.hexdigest(), base64.b64encode(hashed.digest()).decode(),
        re.split("[#/=]", html.unescape(link[1]))[-1],
    ]  # fmt: skip


def examine(segel_up: Any, web: httpx.Client, case: str) -> None:
    """Have the sample read, compared and traced, under a warrant; the patients are among it."""
    allowed = asyncio.run(warrant(segel_up, UUID(case.rsplit("/", 1)[-1]), 10_000))
    asked = web.post(case, data={"deed": "examine", "warrant": str(allowed)})
    assert asked.status_code == 303, asked.text
    until_s = time.monotonic() + EXAMINED_S
    while "data-reload" in web.get(case, headers={"X-Fragment": "examining"}).text:
        assert time.monotonic() < until_s, "the examination does not end"
        time.sleep(0.5)
    answer = web.get(f"{case}/answer").text
    patients = len({one["nik"] for one in segel_up.demo["patients"]})
    assert re.search(rf"<dd>{patients}</dd>", answer), "they were recognised"
    assert "MELATI" in answer


EXAMINED_S = 300
VENUE = "Kedai-Melati-Tujuh-4419"
PASSES = 8


def day_of_passes(segel_up: Any, venue: Path) -> list[str]:
    """A patient gets passes and shows them at a venue's gate, time after time; what stood in them
    and in the answers. ``SEGEL_CHECK_INS`` says how often."""
    account = next(one for one in reversed(segel_up.demo["accounts"]) if one["role"] == "patient")
    mine = next(one for one in segel_up.demo["patients"] if one["name"] == account["name"])
    doctor = segel_up.headers("clinician", segel_up.hospitals.index(account["hospital"]))
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(PASSES)]
    points = [
        one.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint) for one in keys
    ]
    before = time.gmtime(time.time() - 7_200)
    with httpx.Client(base_url=segel_up.http, timeout=120) as web:
        study = web.get(f"/fhir/ImagingStudy/{mine['study_uids'][0]}", headers=doctor).json()
        test = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]},
            "subject": study["subject"],
            "effectiveDateTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", before),
            "valueCodeableConcept": {"text": "Negatif"},
        }
        assert web.post("/fhir/Observation", json=test, headers=doctor).status_code == 201
        own = {"Cookie": f"segel_session={account['token']}", "Origin": segel_up.http}
        said = {"keys": [base64.urlsafe_b64encode(one).decode() for one in points]}
        made = web.post("/my/passes", json=said, headers=own)
        assert made.status_code == 200, made.text
        passes = [base64.urlsafe_b64decode(one + "==") for one in made.json()["passes"]]
        pin = pin_of(web.get("/cards/trust.jws").content, ListType.TRUST)
    lists = venue / "lists"
    lists.mkdir(parents=True)
    fetched = segel("card", "lists", "fetch", f"{segel_up.http}/cards", str(lists), f"--pin={pin}")
    assert fetched.returncode == 0, fetched.stdout + fetched.stderr
    answers = check_ins(venue, pin, list(zip(keys, passes, strict=True)))
    found = [*(base64.b64encode(one).decode() for one in points), *(one.hex() for one in points)]
    for one in (*(paper_text(one) for one in passes), *answers):
        found += [one[4:60], one[-56:]]  # of a pass what it says, of an answer its signature
    return [VENUE, *found, *(base64.b64encode(one[-66:]).decode()[:80] for one in passes)]


def check_ins(
    venue: Path, pin: str, held: list[tuple[ec.EllipticCurvePrivateKey, bytes]]
) -> list[str]:
    """Answers that a gate let in, which keeps what it prints."""
    command = [str(Path(sys.executable).parent / "segel"), "card", "gate"]
    answers = []
    with (
        (venue / "gate.log").open("w") as log,
        subprocess.Popen(
            [*command, f"--lists={venue / 'lists'}", f"--pin={pin}"],
            stdin=subprocess.PIPE, stdout=log, stderr=subprocess.PIPE, text=True, cwd=venue,
        ) as gate,
    ):  # fmt: skip
        assert gate.stdin is not None
        assert gate.stderr is not None
        for number in range(int(os.environ.get("SEGEL_CHECK_INS", "40"))):
            key, message = held[number % len(held)]
            shown = next(line for line in gate.stderr if line.startswith(GATE))
            nonce = base64url.decode(shown.strip().removeprefix(GATE))
            answers.append(answer_text(message, sign_with(key)(signed_by_holder(nonce, message))))
            gate.stdin.write(f"{answers[-1]}\n")
            gate.stdin.flush()
    log_lines = (venue / "gate.log").read_text().splitlines()
    assert log_lines == ["IN   valid"] * len(answers)
    return answers[:200]


RECIPIENT = "Yayasan Penerima 7715"


def exported(segel_up: Any, web: httpx.Client, patient: str) -> None:
    """A bulk export, asked for, approved and fetched; another is left waiting."""
    doctor = segel_up.headers("clinician")
    asking = {
        "Prefer": "respond-async",
        "X-Purpose-Of-Use": "PUBHLTH",
        "X-Recipient": RECIPIENT,
        "X-Reason": "Surveilans campak 5531",
    }
    for _ in range(2):
        asked = web.get("/Patient/$export", headers=doctor | asking)
        assert asked.status_code == 202, asked.text
    place = asked.headers["Content-Location"].rpartition("/")[2]
    for role in ("data-protection-officer", "administrator"):
        decided = httpx.post(
            f"{segel_up.http}/approvals/{place}",
            data={"decision": "approve", "reason": "Sesuai."},
            headers={"Cookie": f"segel_session={segel_up.token(role)}", "Origin": segel_up.http},
            timeout=60,
        )
        assert decided.status_code == 303, decided.text
    for kind in ("Patient", "Observation", "DiagnosticReport"):
        file = web.get(f"/$export/{place}/{kind}.0.ndjson", headers=doctor)
        assert file.text
        assert patient not in file.text, "the recipient knows them by a pseudonym"


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Orthanc on a folder of its own."""
    program = shutil.which("Orthanc")
    if program is None:
        pytest.skip("Orthanc is not installed")
    folder = tmp_path / "orthanc"
    folder.mkdir()
    port = 18_000 + os.getpid() % 2_000
    settings = {
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "HttpPort": port,
        "DicomPort": port + 2_000,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [],
    }
    (tmp_path / "orthanc.json").write_text(json.dumps(settings))
    process = subprocess.Popen(
        [program, str(tmp_path / "orthanc.json")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{url}/system")
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url, folder
    finally:
        process.terminate()
        process.wait(30)


def test_the_same_search_finds_them_in_an_archive_that_does_not_seal(
    sent: list[Path], orthanc: tuple[str, Path], tmp_path: Path
) -> None:
    url, folder = orthanc
    for path in sent[:20]:
        assert httpx.post(f"{url}/instances", content=path.read_bytes()).status_code == 200
    terms = identifying_terms(sent[:20])
    status, report = scan(folder, terms, tmp_path)
    assert status == 1
    missed = set(range(1, len(terms) + 1)) - {hit["term"] for hit in report["hits"]}
    assert {terms[number - 1] for number in missed} == set()

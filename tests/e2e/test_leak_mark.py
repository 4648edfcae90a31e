"""A picture is taken out by a client, mangled, found on a forum: whose it was, by the command."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from leaks.marks.marking import chest
from segel.leaks.marks.comparing import ROUNDS
from support.picture_attacks import ATTACKS, jpeg
from support.running import Running, segel
from support.screens import PHONE, chromium

RADIOGRAPHS = Path(__file__).parents[3] / "shared/images/chest-xray"
DESK = {"width": 1200, "height": 900}
ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "leaks"


def radiograph() -> NDArray[np.uint8]:
    """A real one where there is one, else a drawing."""
    for path in sorted(RADIOGRAPHS.glob("*.png")):
        return np.asarray(Image.open(path).convert("L"))
    return chest(1, 900, 800)


def dicom_of(picture: NDArray[np.uint8], number: str) -> pydicom.FileDataset:
    """A computed radiograph of somebody invented."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = ComputedRadiographyImageStorage
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.SOPInstanceUID = generate_uid()
    dataset.PatientName, dataset.PatientID = "WULANDARI^SRI", number
    dataset.PatientBirthDate, dataset.PatientSex = "19880412", "F"
    dataset.Modality, dataset.StudyDate, dataset.AccessionNumber = "CR", "20261120", number
    dataset.Rows, dataset.Columns = picture.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.WindowCenter, dataset.WindowWidth = 128, 256
    dataset.PixelData = picture.tobytes() + b"\0" * (picture.size % 2)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return pydicom.dcmread(io.BytesIO(file.getvalue()))


def client(running: Running, role: str) -> DICOMwebClient:
    headers = running.headers(role)
    return DICOMwebClient(f"{running.http}/dicomweb", headers=headers)


def opened_case(running: Running, token: str) -> str:
    """The number of a new case."""
    made = segel("leak", "open", "Foto rontgen di forum.", f"--home={running.home}", token)
    assert made.returncode == 0, made.stderr
    return made.stdout.split()[1]


def test_who_took_a_picture_out_is_named_by_what_was_left_of_it(
    running: Running, tmp_path: Path
) -> None:
    dataset = dicom_of(radiograph(), "MARKED0001")
    client(running, "radiographer").store_instances([dataset])
    place = (dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID)
    taken = {
        role: client(running, role).retrieve_instance_rendered(*place, media_types=("image/png",))
        for role in ("clinician", "radiologist")
    }
    original = client(running, "radiologist").retrieve_instance(*place)
    assert original.PixelData == dataset.PixelData, "what is diagnosed bears no mark"
    by_uri = httpx.get(
        f"{running.http}/wado",
        params={
            "requestType": "WADO", "studyUID": place[0], "seriesUID": place[1],
            "objectUID": place[2], "contentType": "image/jpeg",
        },
        headers=running.headers("clinician"),
        timeout=60,
    )  # fmt: skip
    assert by_uri.status_code == 200
    pictures = {role: np.asarray(Image.open(io.BytesIO(one))) for role, one in taken.items()}
    assert (pictures["clinician"] != pictures["radiologist"]).any()
    uri = np.asarray(Image.open(io.BytesIO(by_uri.content)).convert("L")).astype(int)
    assert np.abs(uri - pictures["clinician"]).mean() < np.abs(uri - radiograph()).mean()
    chance = np.random.default_rng(5)
    leaked = {
        "forum.png": ATTACKS["crop of 20 %, JPEG 50"](pictures["clinician"], chance),
        "chat.png": ATTACKS["screenshot of a viewer"](pictures["radiologist"], chance),
        "unmarked.png": jpeg(radiograph(), 70),
    }
    for name, picture in leaked.items():
        Image.fromarray(picture).save(tmp_path / name)
    (tmp_path / "trap.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 64)

    home, token = f"--home={running.home}", f"--token={running.token('incident-officer', 3)}"
    case = opened_case(running, token)
    names = [*leaked, "trap.png"]
    marked = segel("leak", "mark", case, *(str(tmp_path / one) for one in names), home, token)
    assert marked.returncode == 0, marked.stderr
    who = {
        one["role"]: one["name"]
        for one in running.demo["accounts"]
        if one["hospital"] == running.hospitals[0]
    }
    lines = {line.partition(":")[0]: line for line in marked.stdout.splitlines()}
    for name, role in (("forum.png", "clinician"), ("chat.png", "radiologist")):
        assert who[role] in lines[name], marked.stdout
        assert "with a chance of at most" in lines[name]
    assert "nobody" in lines["unmarked.png"]
    assert "not read" in lines["trap.png"]
    view = json.loads(segel("leak", "show", case, home, token, "--json").stdout)
    assert [one["kind"] for one in view["findings"]] == ["marks"]
    refused = segel("leak", "mark", case, str(tmp_path / "forum.png"), home,
                    f"--token={running.token('data-protection-officer', 3)}")  # fmt: skip
    assert refused.returncode == 1
    assert "incident officers" in refused.stderr


def test_a_recipient_is_named_by_a_leaked_list(running: Running, tmp_path: Path) -> None:
    headers = {
        **running.headers("clinician"),
        "Prefer": "respond-async",
        "X-Purpose-Of-Use": "PUBHLTH",
        "X-Recipient": "Dinas Kesehatan Contoh",
        "X-Reason": "Surveilans 2026.",
    }
    home = f"--home={running.home}"
    with httpx.Client(base_url=running.http, headers=headers, timeout=60) as web:
        asked = web.get("/fhir/Patient/$export?_type=Patient")
        assert asked.status_code == 202, asked.text
        place = asked.headers["content-location"]
        for role in ("data-protection-officer", "administrator"):
            approver = f"--token={running.token(role)}"
            done = segel(
                "approvals", "approve", place.rpartition("/")[2], home, approver, "--reason=Sesuai."
            )
            assert done.returncode == 0, done.stderr
        rows = web.get(f"{place}/Patient.0.ndjson").text.splitlines()
    # The seller made a table of it, of which a part is shown.
    told = [json.loads(row) for row in rows[: len(rows) // 2]]
    table = "id;nama\n" + "".join(f"{one['id']};{one['name'][0].get('text')}\n" for one in told)
    (tmp_path / "sampel.csv").write_text(table)
    (tmp_path / "lain.csv").write_text("nik;nama\n9901015502900003;Siti Contoh\n" * 50)
    token = f"--token={running.token('incident-officer', 3)}"
    case = opened_case(running, token)
    named = segel("leak", "mark", case, str(tmp_path / "sampel.csv"), "--rows", home, token)
    assert named.returncode == 0, named.stderr
    assert "Dinas Kesehatan Contoh" in named.stdout
    assert f"{len(told)} ids are pseudonyms of theirs" in named.stdout
    other = segel("leak", "mark", case, str(tmp_path / "lain.csv"), "--rows", home, token)
    assert other.stdout.startswith("Nobody: ")


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_sceptic_lays_both_pictures_side_by_side(
    running: Running, tmp_path: Path, language: str
) -> None:
    dataset = dicom_of(radiograph(), f"SCEPTIC{language}")
    client(running, "radiographer").store_instances([dataset])
    place = (dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID)
    given = client(running, "clinician").retrieve_instance_rendered(
        *place, media_types=("image/png",)
    )
    (tmp_path / "given.png").write_bytes(given)
    dataset.save_as(tmp_path / "original.dcm", enforce_file_format=True)
    page_file = tmp_path / "page.html"
    made = segel("leak", "compare", str(tmp_path / "original.dcm"), str(tmp_path / "given.png"),
                 str(page_file), f"--language={language}")  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert float(made.stdout.split()[1]) >= 42
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    broken: list[str] = []
    with chromium() as browser:
        for name, screen in (("desk", DESK), ("phone", PHONE)):
            viewport: Any = screen
            page = browser.new_page(viewport=viewport)
            page.on("pageerror", lambda error: broken.append(str(error)))
            page.goto(page_file.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]
            page.screenshot(path=ARTIFACTS / f"compare-{language}-{name}.png", full_page=True)
            for _ in range(ROUNDS):
                page.locator("#a").click()
            assert f" {ROUNDS}." in str(page.locator("#state").text_content())
            assert page.locator("#a").is_disabled()
            page.close()
    assert broken == []

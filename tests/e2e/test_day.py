"""A day in the hospital, by the doors that people and machines have, each with its own tools.

The order comes by HL7 and stands on the device's worklist, the image comes by C-STORE; it is looked
at, reported and signed; and the patient, on a phone, opens both and sees who looked.
"""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pydicom
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from support.running import Running, segel
from support.screens import PHONE, chromium, device

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "day"

TODAY = f"{datetime.now().astimezone():%Y%m%d}"
NAME, FAMILY, GIVEN = "Ningrum Sekar Arum", "Arum", "Ningrum Sekar"
NIK, RECORD, ACCESSION = "9804155207940002", "RM-77001", "ACC770001"
BORN = "19940712"
QUESTION = "Batuk tiga minggu, curiga TB"
IMPRESSION = "Tidak tampak kelainan paru aktif."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def order(control_id: str, sender: dict[str, str]) -> bytes:
    """An ORM^O01 for a chest radiograph of today."""
    lines = [
        f"MSH|^~\\&|{sender['application']}|{sender['facility']}|SEGEL||{TODAY}080000+0700||"
        f"ORM^O01^ORM_O01|{control_id}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||{RECORD}^^^^MR~{NIK}^^^NIK^NNIDN||{FAMILY}^{GIVEN}||{BORN}|F",
        f"ORC|NW|ORD77|||||||{TODAY}080000+0700|||12^Ratna",
        f"OBR|1|ORD77||36554-4^XR Chest^LN||{TODAY}080000|||||||{QUESTION}|||||{ACCESSION}||||||CR",
    ]
    return "\r".join(lines).encode() + b"\r"


def told(address: str, message: bytes) -> str:
    """What an MLLP door answers."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=30) as wire:
        wire.sendall(b"\x0b" + message + b"\x1c\r")
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            answer += wire.recv(4_096)
    return answer.decode()


WORKLIST = (
    "-W", "-k", "PatientName", "-k", f"PatientID={RECORD}", "-k", "AccessionNumber",
    "-k", "StudyInstanceUID", "-k",
    f"ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate={TODAY}",
)  # fmt: skip


def dcmtk(running: Running, program: str, *arguments: str) -> str:
    """What one of dcmtk's programs says of the archive, as a device of the hospital."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"dcmtk's {program} is not installed")
    peer, (host, port) = running.peer(), running.dimse
    titles = ["-aet", peer["ae_title"], "-aec", peer["called_ae_title"]]
    # storescu wants the address before its files, findscu after its keys.
    ends = [host, str(port), *arguments] if program == "storescu" else [*arguments, host, str(port)]
    done = subprocess.run(
        [path, "-d", *titles, *ends], capture_output=True, text=True, timeout=120, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return "".join(said.split("Find Response")[1:])


def image(folder: Path, study_uid: str) -> Path:
    """What the modality makes of the order."""
    made = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    made.PatientName, made.PatientID = f"{FAMILY}^{GIVEN}", RECORD
    made.PatientBirthDate, made.PatientSex = BORN, "F"
    made.AccessionNumber, made.StudyDescription = ACCESSION, "FOTO THORAX PA"
    made.StudyDate, made.StudyTime = TODAY, "083000"
    made.BodyPartExamined = "CHEST"
    made.StudyInstanceUID, made.SeriesInstanceUID = study_uid, generate_uid()
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    path = folder / "image.dcm"
    made.save_as(path)
    return path


def at(browser: Browser, running: Running, role: str, **how: Any) -> tuple[BrowserContext, Page]:
    context = browser.new_context(locale="id-ID", viewport={"width": 1280, "height": 900}, **how)
    context.set_default_timeout(30_000)
    context.add_cookies(
        [{"name": "segel_session", "value": running.token(role), "url": running.http}]
    )
    page = context.new_page()
    page.goto(running.http)
    return context, page


def shot(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


def test_a_day_in_the_hospital(running: Running, browser: Browser, tmp_path: Path) -> None:
    hospital = running.hospitals[0]
    sender = next(one for one in running.demo["senders"] if one["hospital"] == hospital)
    assert "|AA|" in told(running.demo["mllp"], order("DAY1", sender)).split("MSA", 1)[1]

    # The desk knows who is coming, and what was ordered.
    context, page = at(browser, running, "clinician")
    page.get_by_role("link", name="Pasien", exact=True).click()
    page.get_by_role("searchbox").fill(f"{NAME} 1994")
    page.keyboard.press("Enter")
    page.locator("a.open", has_text=FAMILY).click()
    expect(page.locator(".timeline")).to_contain_text("XR Chest")
    shot(page, "1-order")
    context.close()

    # The modality has it on its worklist, and sends what it made of it.
    listed = dcmtk(running, "findscu", *WORKLIST)
    assert (ACCESSION in listed, f"{FAMILY}^{GIVEN}" in listed) == (True, True), listed
    study = re.search(r"\(0020,000d\) UI \[([0-9.]+)", listed)
    assert study is not None, listed
    dcmtk(running, "storescu", str(image(tmp_path, study[1])))
    assert ACCESSION not in dcmtk(running, "findscu", *WORKLIST)

    # The radiologist finds it waiting, looks, dictates, signs.
    context, page = at(browser, running, "radiologist")
    page.get_by_label("Belum dilaporkan", exact=True).check()
    page.wait_for_url("**/list/*")
    row = page.locator("tr", has_text=ACCESSION)
    expect(row.locator(".to-report")).to_be_visible()
    shot(page, "2-worklist")
    row.locator("a.open").click()
    page.wait_for_selector("[data-shown]")
    asked = page.locator(".question")
    expect(asked).to_contain_text("XR Chest")  # the order, by HL7, of what came by C-STORE
    expect(asked).to_contain_text("Ratna")
    expect(asked).to_contain_text(QUESTION)
    expect(page.locator("#field-clinical")).to_have_value(QUESTION)
    page.locator("#field-findings").fill("Jantung tidak membesar. Paru bersih.")
    page.locator("#field-impression").fill(IMPRESSION)
    shot(page, "3-report")
    page.get_by_role("button", name="Periksa dan tanda tangani").click()
    page.wait_for_url("**/report/review")
    page.get_by_role("button", name="Tanda tangani", exact=True).click()
    page.wait_for_url("**/report")
    shot(page, "4-signed")
    reader = page.locator(".who-name").inner_text()
    context.close()

    # The patient is given an account, and registers a passkey on their own phone.
    account = segel(
        "patient-account", "add", f"--hospital={hospital}", f"--number={RECORD}",
        f"--home={running.home}",
    )  # fmt: skip
    assert account.returncode == 0, account.stderr
    link = next(line for line in account.stdout.splitlines() if "/invitation#" in line).strip()
    context = browser.new_context(locale="id-ID", viewport=PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    page = context.new_page()
    device(page)
    page.goto(link)
    page.locator("form.passkey button[type=submit]").click()
    page.wait_for_url("**/my")
    expect(page.locator("main")).to_contain_text(IMPRESSION)
    shot(page, "5-patient-home")
    page.locator(".told a", has_text="Thorax").or_(page.locator(".told a")).first.click()
    expect(page.locator("main")).to_contain_text(IMPRESSION)
    shot(page, "6-patient-report")
    page.get_by_role("link", name="Gambar", exact=True).click()
    page.locator(".told a").first.click()
    shot(page, "7-patient-images")
    page.locator('a[href^="/my/view/"]').first.click()
    page.wait_for_selector("[data-shown]")
    shot(page, "8-patient-picture")
    page.go_back()
    page.get_by_role("link", name="Siapa melihat", exact=True).click()
    page.locator("#record-summary[data-state=held]").wait_for()
    expect(page.locator("main")).to_contain_text(reader)
    shot(page, "9-who-looked")
    context.close()

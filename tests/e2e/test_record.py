"""A doctor opens a study; its patient sees so, and proves it alone, with the network off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from support.running import Running, place_for_a_home, segel, started
from support.screens import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One of its own: a record that all other tests looked at is longer than a page."""
    with place_for_a_home() as folder, started(folder / "home") as segel_up:
        yield segel_up


def test_a_patient_proves_offline_who_opened_their_record(
    running: Any, browser: Browser, tmp_path: Path
) -> None:
    patient = next(one for one in running.demo["accounts"] if one["role"] == "patient")
    (study,) = (
        one["study_uids"][0]
        for one in running.demo["patients"]
        if (one["name"], one["hospital"]) == (patient["name"], patient["hospital"])
    )
    hospital = running.hospitals.index(patient["hospital"])
    doctor = next(
        one["name"]
        for one in running.demo["accounts"]
        if one["role"] == "clinician" and one["hospital"] == patient["hospital"]
    )
    with httpx.Client(base_url=running.http, timeout=60) as web:
        headers = running.headers("clinician", hospital)
        assert web.get(f"/dicomweb/studies/{study}/metadata", headers=headers).status_code == 200
        found = web.get("/dicomweb/studies", params={"StudyInstanceUID": study}, headers=headers)
        assert len(found.json()) == 1

    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    context.set_default_timeout(20_000)
    cookie = {"name": "segel_session", "value": patient["token"], "url": running.http}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(f"{running.http}/record")
    page.locator("#record-summary[data-state=held]").wait_for()
    lines = page.locator(".record-entries").inner_text()
    for said in (doctor, "Opened your study", "Saw you in a search result", "Stored images"):
        assert said in lines
    assert page.locator(".entry[data-state=held]").count() == page.locator(".entry").count()
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").click()
    file = tmp_path / "record.html"
    download.value.save_as(file)
    context.set_offline(True)
    page.goto(file.as_uri())
    page.locator("#record-summary[data-state=held]").wait_for()
    assert doctor in page.locator(".record-entries").inner_text()
    context.close()

    # The same on a command line; the fingerprint is the one that stands on the patient's card.
    held = segel("audit", "verify-receipt", str(file), f"--home={running.home}")
    assert held.returncode == 0, held.stderr
    key = segel("audit", "key", f"--home={running.home}").stdout.rpartition("fingerprint ")[2]
    assert key.strip() in held.stdout
    content = file.read_bytes()
    at = content.index(b'id="record-proofs">') + 400
    file.write_bytes(
        content[:at] + (b"0" if content[at : at + 1] != b"0" else b"1") + content[at + 1 :]
    )
    broken = segel("audit", "verify-receipt", str(file), f"--home={running.home}")
    assert broken.returncode == 1
    assert "segel:" in broken.stderr
    assert "Traceback" not in broken.stderr

"""The medical records officer's page, in Chromium over a real broker."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from segel.broker import BrokerClient, Requester, StudyArrival
from segel.domain.dicom import JsonDataset
from segel.domain.patient import PatientIdentity
from segel.domain.roles import Role

if TYPE_CHECKING:
    from console.conftest import RealConsole

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "console"
HOSPITAL = "RSUD Tanjung Harapan"
OFFICER = "Endang Purwaningsih"
READER = "dr. Made Wirawan, Sp.Rad"
NIK = "9702010101800001"
MOTHER = "9702014101550001"


async def _twice(operator: Path) -> None:
    """One man under two numbers."""
    client = await BrokerClient.connect(operator)
    await client.enrol_hospital("RSTH", HOSPITAL)
    await client.enrol_account(OFFICER, Role.RECORDS_OFFICER, "RSTH", demo=True)
    await client.enrol_account(READER, Role.RADIOLOGIST, "RSTH", demo=True)
    maker = await client.enrol_account("Joko Susilo", Role.RADIOGRAPHER, "RSTH", demo=True)
    token = (await client.issue_token(maker, 3_600)).token
    for number, (name, nik) in enumerate((("SOEWANDI HARTONO", NIK), ("SUWANDI HARTONO", ""))):
        phone = f"62812345678{number}"
        patient = PatientIdentity(
            f"RM-{number}", "", nik, name, "19800101", "M", mothers_nik=MOTHER, phones=(phone,)
        )
        attributes: JsonDataset = {
            "00080020": {"vr": "DA", "Value": ["20261120"]},
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": name}]},
            "00100020": {"vr": "LO", "Value": [patient.patient_id]},
            "0020000D": {"vr": "UI", "Value": [f"2.25.88{number}"]},
        }
        arrival = StudyArrival(f"2.25.88{number}", "", patient, attributes)
        await client.open_for_store(Requester(token), arrival)
    await client.close()


def _sign_in(page: Page, origin: str, name: str) -> None:
    page.goto(origin)
    page.locator("button.person", has=page.get_by_text(name, exact=True)).click()
    expect(page.locator(".who")).to_contain_text(name)
    if name == OFFICER:
        page.goto(f"{origin}/duplicates")


def _shot(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"duplicates-{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


def _await_pair(page: Page) -> None:
    """The two are compared a moment after they came."""
    for _ in range(40):
        if page.locator(".pair").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(page.locator(".pair")).to_have_count(1)


def _finds(page: Page, number: str, studies: int) -> None:
    page.goto(page.url)
    page.fill("#terms", number)
    page.press("#terms", "Enter")
    expect(page.locator(".cell-patient a.open")).to_have_count(studies)


def test_two_registrations_are_shown_linked_and_parted(
    page: Page, browser: Browser, real_console: "RealConsole"
) -> None:
    origin, _ = real_console(_twice)
    _sign_in(page, origin, OFFICER)
    expect(page.get_by_role("heading", level=1)).to_have_text("Perhaps the same patient")
    card = page.locator(".pair")
    _await_pair(page)
    rows = {one.split("\t")[0]: one.split("\t")[3] for one in card.locator("tr").all_inner_texts()}
    assert (rows["Mother's NIK"], rows["Phone"]) == ("Equal", "Different")
    assert "Passport" not in rows
    for text in ("SOEWANDI HARTONO", "SUWANDI HARTONO", "Other spelling", "970201 010180 0001"):
        expect(card).to_contain_text(text)
    _shot(page, "en")
    page.get_by_role("button", name="The same person").click()
    expect(page.locator(".state")).to_contain_text("Nothing here")

    reading = browser.new_context(locale="en-GB")
    reader = reading.new_page()
    _sign_in(reader, origin, READER)
    expect(reader.locator("nav.top-nav")).not_to_contain_text("Duplicates")
    _finds(reader, "RM-0", 2)

    page.get_by_role("link", name="Decided").click()
    expect(card).to_contain_text(f"The same person, says {OFFICER}")
    page.get_by_role("button", name="Take it back").click()
    expect(card).to_contain_text(f"An earlier decision was taken back by {OFFICER}")
    _finds(reader, "RM-0", 1)
    reading.close()


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_page_fits_a_phone_in_both_languages(
    browser: Browser, real_console: "RealConsole", language: str
) -> None:
    origin, _ = real_console(_twice)
    context = browser.new_context(
        locale=f"{language}-{language.upper()}", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    _sign_in(page, origin, OFFICER)
    _await_pair(page)
    _shot(page, f"phone-{language}")
    context.close()

"""Requests about own data and the retention page, in Chromium over a real broker."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from segel.broker import BrokerClient, Requester, StudyArrival, retention_rules
from segel.domain.dicom import JsonDataset
from segel.domain.patient import PatientIdentity
from segel.domain.roles import Role
from support.screens import PHONE

if TYPE_CHECKING:
    from console.conftest import RealConsole

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "console"
HOSPITAL = "RSUD Tanjung Harapan"
CLERK = "Endang Purwaningsih"
OFFICER, SECOND, THIRD = "Lina Marpaung", "Agus Wijaya", "Ratna Dewi"
PATIENT = "SITI AMINAH"
OLD = "SOEWANDI HARTONO"


async def _people(operator: Path) -> None:
    """A patient of this year, and one of 1999."""
    client = await BrokerClient.connect(operator)
    await client.enrol_hospital("RSTH", HOSPITAL)
    for name, role in (
        (CLERK, Role.RECORDS_OFFICER),
        (OFFICER, Role.DATA_PROTECTION_OFFICER),
        (SECOND, Role.ADMINISTRATOR),
        (THIRD, Role.ADMINISTRATOR),
    ):
        await client.enrol_account(name, role, "RSTH", demo=True)
    maker = await client.enrol_account("Joko Susilo", Role.RADIOGRAPHER, "RSTH", demo=True)
    token = (await client.issue_token(maker, 3_600)).token
    for number, (name, day, nik) in enumerate(
        ((PATIENT, "20261120", "9701015203840001"), (OLD, "19990228", "9702010101600002"))
    ):
        patient = PatientIdentity(f"RM-{number}", "", nik, name, "19840312", "F")
        attributes: JsonDataset = {
            "00080020": {"vr": "DA", "Value": [day]},
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": name}]},
            "0020000D": {"vr": "UI", "Value": [f"2.25.88{number}"]},
        }
        arrival = StudyArrival(f"2.25.88{number}", "", patient, attributes)
        await client.open_for_store(Requester(token), arrival)
    await client.record.enrol("RSTH", "RM-0", demo=True)
    await client.close()


def _sign_in(page: Page, origin: str, name: str) -> None:
    page.context.clear_cookies(name="segel_session")
    page.goto(f"{origin}/sign-in")
    page.locator("button.person", has=page.get_by_text(name, exact=True)).click()
    expect(page.locator(".who")).to_contain_text(name)


def _shot(page: Page, name: str) -> None:
    """The page at a desk and on a phone, where it must fit, too."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    desk = page.viewport_size
    assert desk is not None
    for place, width in (("", desk["width"]), ("-phone", PHONE["width"])):
        page.set_viewport_size({"width": width, "height": desk["height"]})
        page.screenshot(path=ARTIFACTS / f"requests-{name}{place}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    page.set_viewport_size(desk)


def test_a_patient_asks_and_the_clerk_answers(page: Page, real_console: "RealConsole") -> None:
    origin, _ = real_console(_people)
    _sign_in(page, origin, PATIENT)
    page.goto(f"{origin}/record/requests")
    expect(page.locator(".state")).to_contain_text("No requests yet")
    page.get_by_role("link", name="Correct data").click()
    expect(page.locator("#ask")).to_contain_text("UU 27/2022 Pasal 30")
    page.get_by_label("Identity").check()
    page.get_by_label("What it says now").fill("Lahir 12 Maret 1984")
    page.get_by_label("What is right").fill("Lahir 21 Maret 1984")
    _shot(page, "own-form")
    page.get_by_role("button", name="Send the request").click()
    page.get_by_role("link", name="Erase data").click()
    page.get_by_role("button", name="Send the request").click()
    expect(page.locator(".lines .card")).to_have_count(2)

    _sign_in(page, origin, CLERK)
    expect(page.locator("nav.top-nav .tally")).to_have_text("2")
    page.get_by_role("link", name="Data requests").click()
    _shot(page, "queue")
    page.get_by_role("link", name="Correction").click()
    expect(page.locator(".facts").filter(has_text=PATIENT)).to_have_count(1)
    page.get_by_label("Refused").check()
    page.get_by_label("Explanation to the asker").fill("Akta menyebut tanggal 12.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("alert")).to_contain_text("A refusal names the article")
    page.get_by_label("More is needed").check()
    page.get_by_label("Explanation to the asker").fill("Mohon perlihatkan akta lahir.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.locator("h2").first).to_have_text("More is needed")

    _sign_in(page, origin, OFFICER)
    page.get_by_role("link", name="Data requests").click()
    page.get_by_role("link", name="Erasure").click()
    expect(page.locator(".note").filter(has_text="2051-11")).to_have_count(1)
    expect(page.get_by_label("Refused")).to_be_checked()
    expect(page.get_by_label("Granted", exact=True)).to_have_count(0)
    _shot(page, "erasure")
    page.get_by_role("button", name="Send the answer").click()
    page.goto(f"{origin}/requests/new?ask=restriction")
    _shot(page, "paper")

    _sign_in(page, origin, PATIENT)
    page.goto(f"{origin}/record/requests")
    expect(page.get_by_text("Mohon perlihatkan akta lahir.")).to_be_visible()
    refused = page.locator(".card", has_text="Refused")
    expect(refused).to_contain_text("Permenkes 24/2022 Pasal 39(1)")
    page.get_by_label("Your answer").fill("Akta dibawa besok.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("Akta dibawa besok.")).to_be_visible()
    _shot(page, "own")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".badge", has_text="Withdrawn")).to_have_count(1)


def test_officers_plan_agree_to_and_begin_a_destruction(
    page: Page, real_console: "RealConsole", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_rules, "SETTLED", timedelta(0))
    origin, _ = real_console(_people)
    _sign_in(page, origin, OFFICER)
    page.get_by_role("link", name="Retention").click()
    expect(page.locator(".state")).to_contain_text("Never counted")
    page.get_by_text("Place a hold").click()
    page.get_by_label("Record number").fill("RM-0")
    page.get_by_label("Number of the letter").fill("PN/2026/3")
    page.get_by_label("Reason, without").fill("Gugatan berjalan.")
    page.get_by_role("button", name="Hold").click()
    page.get_by_role("button", name="Count now").click()
    _await(page, origin, "Plan")
    _shot(page, "retention-plan")
    page.get_by_label("Reason, for those who decide").fill("Lewat masa simpan.")
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.get_by_role("button", name="Destroy now")).to_have_count(0)
    for name in (SECOND, THIRD):
        _sign_in(page, origin, name)
        page.get_by_role("link", name="Approvals").click()
        page.locator("input[name=reason]").fill("Sudah diperiksa.")
        page.get_by_role("button", name="Approve").click()
    _sign_in(page, origin, OFFICER)
    page.get_by_role("link", name="Retention").click()
    page.get_by_role("button", name="Destroy now").click()
    _await(page, origin, "Complete and certified")
    expect(page.locator(".lines").first).to_contain_text("Destroyed: 1 patients, 1 studies")
    _shot(page, "retention-done")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the certificate").click()
    text = saved.value.path().read_text()
    assert text.startswith("segel certificate of a destruction run v1\n")
    assert OLD not in text


def _await(page: Page, origin: str, state: str) -> None:
    """The broker works at it meanwhile."""
    for _ in range(60):
        page.goto(f"{origin}/retention")
        if page.locator(".line-head strong", has_text=state).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"not {state}")

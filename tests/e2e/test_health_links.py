"""A patient shares by a link on a phone; another doctor opens it in their own browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from segel.cards import LinkedFile, parse_link
from segel.cards.links import decrypt_file
from support.screens import PHONE, chromium

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "links"
HOLDER = "dr. Ratna, RS Harapan"
PASSCODE = "melati-27"
SIZE: Any = PHONE


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def phone(browser: Browser, locale: str, token: str = "", origin: str = "") -> Page:
    """A phone; with a token somebody is signed in on it."""
    context = browser.new_context(locale=locale, viewport=SIZE)
    if token:
        context.add_cookies([{"name": "segel_session", "value": token, "url": origin}])
    return context.new_page()


def made(page: Page, origin: str, **chosen: str) -> str:
    """A link to the summary, as the patient's page shows it."""
    page.goto(f"{origin}/my/links")
    for name, value in {"passcode": PASSCODE, **chosen}.items():
        if name == "openings":
            page.select_option("[name=openings]", value)
        else:
            page.fill(f"[name={name}]", value)
    page.locator(".link-form button").click()
    return page.input_value("#link")


def seen(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(ARTIFACTS / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("locale", ["id-ID", "en-GB"])
def test_a_summary_is_shared_opened_once_and_ended(
    running: Any, browser: Browser, locale: str
) -> None:
    patient = phone(browser, locale, running.token("patient"), running.http)
    patient.goto(f"{running.http}/my/links")
    patient.fill("[name=passcode]", "123456")
    patient.locator(".link-form button").click()
    expect(patient.locator(".field-error")).to_be_visible()
    link = made(patient, running.http, label="Untuk RS Harapan", openings="1")
    expect(patient.locator(".link-code svg")).to_be_visible()
    seen(patient, f"made-{locale}")

    doctor = phone(browser, locale)
    doctor.goto(link)
    expect(doctor.locator("[data-state=asking] [data-label]")).to_have_text("Untuk RS Harapan")
    assert "shlink" not in doctor.url  # neither history nor a photograph has it
    doctor.fill("[name=recipient]", HOLDER)
    doctor.fill("[name=passcode]", "salah-11")
    doctor.locator("form.take button").click()
    expect(doctor.locator("[data-said]")).to_contain_text("9")
    doctor.fill("[name=passcode]", PASSCODE)
    doctor.locator("form.take button").click()
    shown = doctor.locator(".linked-summary")
    expect(shown.locator("h2")).not_to_be_empty()
    expect(shown.locator("h3")).to_have_count(5)
    seen(doctor, f"opened-{locale}")
    again = phone(browser, locale)
    again.goto(link)
    again.fill("[name=recipient]", HOLDER)
    again.fill("[name=passcode]", PASSCODE)
    again.locator("form.take button").click()
    expect(again.locator("[data-state=over] h2")).to_be_visible()

    patient.goto(f"{running.http}/my/links")
    line = patient.locator(".link-line").first
    line.locator("summary").click()
    expect(line).to_contain_text(HOLDER)
    seen(patient, f"links-{locale}")
    patient.goto(f"{running.http}/record")
    holder = {"id-ID": "Pemegang tautan", "en-GB": "Holder of a link"}[locale]
    expect(patient.locator("main")).to_contain_text(holder)

    going = made(patient, running.http, label="Sebentar")
    patient.goto(f"{running.http}/my/links")
    patient.locator(".link-line button").first.click()
    patient.wait_for_url("**/my/links")
    secret = parse_link(going).url
    asked = {"recipient": HOLDER, "passcode": PASSCODE}
    assert httpx.post(secret, json=asked, timeout=30).status_code == 404
    for one in (patient, doctor, again):
        one.context.close()


def test_any_program_for_health_links_opens_one(running: Any, browser: Browser) -> None:
    page = phone(browser, "id-ID", running.token("patient"), running.http)
    link = parse_link(made(page, running.http))
    page.context.close()
    asked = {"recipient": HOLDER, "passcode": PASSCODE, "embeddedLengthMax": 10}
    (file,) = httpx.post(link.url, json=asked, timeout=30).json()["files"]
    opened = decrypt_file(link, httpx.get(file["location"], timeout=30).text)
    assert isinstance(opened, LinkedFile)
    assert opened.content_type == file["contentType"] == "application/fhir+json"
    assert b'"Composition"' in opened.content
    for broken in ("#shlink:/AAAA", "#", "#shlink:/eyJ1cmwiOiJ4In0"):
        stranger = phone(browser, "en-GB")
        stranger.goto(f"{running.http}/open-link{broken}")
        expect(stranger.locator("[data-state]:visible")).to_have_count(1)
        expect(stranger.locator("form.take")).to_be_hidden()
        stranger.context.close()

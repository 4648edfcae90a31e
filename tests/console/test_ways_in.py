"""The pages of coming in: an invitation, passkeys with names, sessions with their ends."""

from typing import TYPE_CHECKING, Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import Browser, Page, expect

from segel.access import Attempts
from segel.console import ConsoleSettings, router_for
from segel.domain.roles import Role
from support.lab_sheets import NO_SHEETS
from support.screens import PHONE

if TYPE_CHECKING:
    from console.conftest import Running


def give_device(page: Page) -> None:
    """A passkey authenticator for the page's browser."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
               "hasUserVerification": True, "isUserVerified": True}  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def become(page: Page, console: "Running", role: Role) -> None:
    at = next(at for at, one in enumerate(console.broker.people) if one.role is role)
    page.goto(console.origin)
    name = console.broker.people[at].display_name
    page.locator("button.person", has=page.get_by_text(name, exact=True)).click()
    page.wait_for_url(f"{console.origin}/")


def test_an_invitation_shows_whose_it_is_and_no_server_sees_its_secret(
    page: Page, console: "Running"
) -> None:
    give_device(page)
    page.goto(f"{console.origin}/invitation#geheim")
    expect(page.get_by_text("dr. Rina Halim")).to_be_visible()
    assert page.url == f"{console.origin}/invitation"
    page.get_by_label("Name of the passkey").fill("Ponsel")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{console.origin}/")
    assert not any("geheim" in path for path in console.paths)
    page.goto(f"{console.origin}/account")
    expect(page.get_by_text("Ponsel", exact=True)).to_be_visible()


@pytest.mark.parametrize("state", ["unknown", "expired", "used"])
def test_an_invitation_that_is_none_says_why_and_what_to_do(
    page: Page, console: "Running", state: str
) -> None:
    console.broker.access.invitation = state
    page.goto(f"{console.origin}/invitation#geheim")
    part = page.locator(f"[data-state={state}]")
    expect(part.get_by_role("heading")).to_be_visible()
    expect(part.get_by_role("link", name="To the sign-in page")).to_be_visible()
    expect(page.get_by_role("button", name="Register and sign in")).to_be_hidden()


def test_passkeys_are_named_renamed_and_removed(page: Page, console: "Running") -> None:
    give_device(page)
    become(page, console, Role.CLINICIAN)
    page.goto(f"{console.origin}/account")
    page.get_by_label("Name of the passkey").fill("Work phone")
    page.get_by_role("button", name="Register a passkey").click()
    expect(page.locator(".ways").get_by_text("Work phone")).to_be_visible()
    page.get_by_text("Change", exact=True).click()
    page.locator("details [name=name]").fill("Old phone")
    page.get_by_role("button", name="Save name").click()
    expect(page.locator(".ways").get_by_text("Old phone")).to_be_visible()
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".ways").get_by_text("Old phone")).to_have_count(0)


def test_own_sessions_are_listed_and_all_others_ended(
    page: Page, console: "Running", browser: Browser
) -> None:
    become(page, console, Role.CLINICIAN)
    elsewhere = browser.new_context().new_page()
    become(elsewhere, console, Role.CLINICIAN)
    page.goto(f"{console.origin}/account")
    expect(page.locator("#sessions li")).to_have_count(2)
    expect(page.locator("#sessions").get_by_text("this one")).to_have_count(1)
    page.get_by_role("button", name="End all other sessions").click()
    expect(page.locator("#sessions li")).to_have_count(1)
    elsewhere.reload()
    elsewhere.wait_for_url(f"{console.origin}/sign-in")
    elsewhere.context.close()


def test_an_officer_sees_and_ends_sessions_of_the_hospital(
    page: Page, console: "Running", browser: Browser
) -> None:
    clinician = browser.new_context().new_page()
    become(clinician, console, Role.CLINICIAN)
    become(page, console, Role.DATA_PROTECTION_OFFICER)
    page.get_by_role("link", name="Sessions").click()
    page.get_by_role("button", name="End the session of dr. Rina Halim").click()
    expect(page.get_by_text("dr. Rina Halim")).to_have_count(0)
    clinician.reload()
    clinician.wait_for_url(f"{console.origin}/sign-in")
    clinician.goto(f"{console.origin}/sessions")
    clinician.wait_for_url(f"{console.origin}/sign-in")
    clinician.context.close()


@pytest.mark.parametrize("language", ["id-ID", "en-GB"])
def test_the_pages_fit_a_phone(console: "Running", browser: Browser, language: str) -> None:
    context = browser.new_context(locale=language, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    give_device(page)
    paths = ["/sign-in", "/invitation#geheim"]
    for path in paths:
        page.goto(console.origin + path)
        page.wait_for_timeout(200)
        assert_fits(page, path)
    become(page, console, Role.DATA_PROTECTION_OFFICER)
    for path in ("/account", "/sessions"):
        page.goto(console.origin + path)
        assert_fits(page, path)
    context.close()


def assert_fits(page: Page, path: str) -> None:
    wide: Any = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], (path, wide)
    for button in page.locator("button:visible").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44, (path, button.inner_text())


def test_too_many_attempts_are_told_on_a_page_how_long_to_wait(fakes: Any) -> None:
    broker, reader = fakes
    attempts = Attempts(burst=2, rate_per_s=0.01)
    origin = "https://segel.test"
    app = Litestar([router_for(reader, broker, ConsoleSettings(origin), attempts, NO_SHEETS)])
    headers = {"Origin": origin, "Accept": "text/html"}
    with TestClient(app, base_url=origin) as web:
        answers = [
            web.post("/sign-in/demo", data={"account": "x"}, headers=headers) for _ in range(3)
        ]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert int(answers[-1].headers["retry-after"]) > 1
    assert "Terlalu banyak percobaan" in answers[-1].text

"""Containing a leak in a browser: foreseen, rehearsed, done, and lifted by two people."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.test_leak_case import ARTIFACTS, DESK, browser
from segel.console.texts import text
from support.running import Running
from support.screens import PHONE, shot

__all__ = ["browser"]  # the fixture


@pytest.mark.parametrize(
    ("language", "screen"), [("id", PHONE), ("en", DESK)], ids=["phone", "desk"]
)
def test_what_a_leak_goes_by_is_stopped_and_lifted(
    running: Running, browser: Browser, language: str, screen: dict[str, int]
) -> None:
    viewport: Any = screen

    def signed_in(role: str) -> Page:
        context = browser.new_context(viewport=viewport, locale=language)
        context.set_default_timeout(30_000)
        token = running.token(role, 3)
        context.add_cookies([{"name": "segel_session", "value": token, "url": running.http}])
        return context.new_page()

    def says(key: str, **values: str) -> str:
        return text(language, key, **values)

    page = signed_in("incident-officer")
    page.goto(f"{running.http}/leaks/new")
    page.fill("[name=text]", "6 juta pasien")
    page.get_by_role("button", name=says("leaks.new.open")).click()
    page.wait_for_url("**/leaks/*-*")
    case = page.url
    page.get_by_role("link", name=says("contain.open")).click()
    recipient = f"Lembaga Contoh {language}"
    page.fill("[name=account]", "siapa pun")
    page.fill("[name=reason]", "dijual di forum")
    page.get_by_role("button", name=says("contain.foresee")).click()
    expect(page.get_by_role("alert")).to_have_text(says("contain.unclear.account"))
    shot(page, ARTIFACTS, f"3-contain-unclear-{language}")
    page.fill("[name=account]", "")
    page.fill("[name=recipient]", recipient)
    page.fill("[name=keys]", "*")
    page.check("[name=archive]")
    page.get_by_role("button", name=says("contain.foresee")).click()
    expect(page.locator("main")).to_contain_text(says("contain.stops.archive"))
    expect(page.locator("main")).to_contain_text(says("contain.figure.exports", count="0"))
    shot(page, ARTIFACTS, f"4-foreseen-{language}")
    page.get_by_role("button", name=says("contain.rehearse"), exact=True).click()
    expect(page.locator("main")).to_contain_text(says("contain.held.none"))
    page.fill("[name=recipient]", recipient)
    page.fill("[name=reason]", "dijual di forum")
    page.get_by_role("button", name=says("contain.foresee")).click()
    page.get_by_role("button", name=says("contain.do")).click()
    expect(page.locator("main")).to_contain_text(recipient.casefold())
    shot(page, ARTIFACTS, f"5-contained-{language}")
    page.get_by_text(says("contain.release.all")).click()
    page.locator("details[open] [name=reason]").fill("penerima sudah diperiksa")
    page.get_by_role("button", name=says("contain.release.send")).click()
    page.wait_for_url("**/approvals")

    other = signed_in("data-protection-officer")
    other.goto(f"{running.http}/approvals")
    shot(other, ARTIFACTS, f"6-to-lift-{language}")
    asked = other.locator("article", has_text=recipient.casefold()).first
    asked.locator("[name=reason]").first.fill("setuju")
    asked.get_by_role("button", name=says("approvals.approve"), exact=True).click()
    page.goto(f"{case}/contain")
    expect(page.locator("main")).to_contain_text(says("contain.held.none"))
    page.goto(case)
    for what in ("rehearsed", "contained"):
        expect(page.locator("main")).to_contain_text(says(f"leaks.what.{what}"))

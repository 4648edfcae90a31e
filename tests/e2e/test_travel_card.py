"""From a negative test to a card on a phone, as its patient does it, and as a gate reads it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pypdfium2 as pdfium
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from segel.cards import Card, HealthCertificate, ListType, Reason, decode, judge
from segel.cards.lists import Lists, read_lists
from segel.cards.pictures import codes_in
from segel.cards.signed_lists import pin_of
from segel.console.texts import text
from support.running import Running, segel
from support.screens import PHONE, chromium
from support.verifier_node import packages

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "cards"
HOSPITAL = 1
"""Of the demo's patients with an account the other one is the other tests'."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def taken_along(running: Running) -> Lists:
    """The lists, fetched once, as a verifier has them at a gate."""
    with httpx.Client(base_url=running.http, timeout=60) as web:
        files = {kind: web.get(f"/cards/{kind.file}").content for kind in ListType}
    pins = {pin_of(data, kind) for kind, data in files.items()}
    return read_lists(files, pins, datetime.now(UTC))


def shot(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)


def drawn(pdf: Path) -> Path:
    """The printed page, as a scanner has it (200 dpi)."""
    path = pdf.with_suffix(".png")
    pdfium.PdfDocument(pdf)[0].render(scale=200 / 72).to_pil().convert("L").save(path)
    return path


def expired_at(card: Card) -> datetime:
    """A minute after a card has ended."""
    assert isinstance(card, HealthCertificate)
    assert card.expires_at is not None
    return datetime.fromtimestamp(card.expires_at + 60, UTC)


class Gate:
    """The verifier on the gate's own telephone; ``said``: the last verdict in words."""

    def __init__(self, browser: Browser, running: Running, locale: str) -> None:
        phone: Any = PHONE
        self.page = browser.new_context(viewport=phone, locale=locale).new_page()
        self.page.set_default_timeout(30_000)
        self.said = ""
        self._origin = running.http
        self._opened()
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def goes_offline(self) -> None:
        self.page.context.set_offline(True)
        self._opened()

    def fetches_lists(self) -> None:
        """Until it has a newer list of what is revoked: gateways serve the old one for seconds."""
        before = self._revoked_list()
        self.page.context.set_offline(False)
        self._opened()
        self.page.evaluate("document.getElementById('lists').open = true")
        for _ in range(60):
            if self._revoked_list() > before:
                return
            self.page.wait_for_timeout(500)
            self.page.click("#refresh")
        raise AssertionError("the new lists never came")

    def _revoked_list(self) -> int:
        said = self.page.locator("#lists").text_content() or ""
        return int(re.findall(r"No\. (\d+)", said)[-1])  # the third of three

    def looks_at(self, picture: Path, name: str) -> str:
        """The verdict of the left of the two codes on a page."""
        page = Image.open(picture)
        left = picture.with_name("at-the-gate.png")
        page.crop((0, 0, page.width * 11 // 20, page.height)).save(left)
        self.page.set_input_files("#picture", left)
        result = self.page.locator("#result")
        expect(result).to_be_visible()
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")
        self.said = result.inner_html()
        verdict = result.get_attribute("data-verdict") or ""
        self.page.click("#result .next")
        return verdict

    def _opened(self) -> None:
        self.page.goto(f"{self._origin}/verify/")
        expect(self.page.locator("body.ready")).to_be_attached()


def test_a_card_on_a_phone(running: Running, browser: Browser) -> None:
    packages()
    phone: Any = PHONE
    context = browser.new_context(viewport=phone, locale="id-ID", device_scale_factor=2)
    context.set_default_timeout(30_000)
    token = running.token("patient", HOSPITAL)
    httpx.post(  # as if they never had, whatever others did here before
        f"{running.http}/my/cards/agreement",
        data={"agreed": "no"},
        cookies={"segel_session": token},
        headers={"Origin": running.http},
        timeout=60,
    )
    context.add_cookies([{"name": "segel_session", "value": token, "url": running.http}])
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)

    def says(key: str) -> str:
        return text("id", f"cards.{key}")

    page.goto(f"{running.http}/my/records")
    page.locator(".told", has_text="PCR SARS-CoV-2").first.get_by_role("link").click()
    page.get_by_role("link", name=says("of_test")).click()
    expect(page.locator("main")).to_contain_text(says("consent.text"))
    shot(page, "1-agreement")
    page.get_by_role("button", name=says("consent.give")).click()
    page.get_by_role("button", name=says("make.button")).first.click()
    expect(page.locator("main")).to_contain_text(says("reveals.title"))
    assert page.locator(".qr").count() == 0
    expect(page.locator(".findings")).to_contain_text(says("word.negative"))
    shot(page, "2-what-a-scan-reveals")
    card = page.url
    page.get_by_role("link", name=says("show")).click()
    expect(page.locator(".qr")).to_be_visible()
    shot(page, "3-code")

    # A gate's camera sees the screen. It took its lists along, and asks nobody.
    lists = taken_along(running)
    now = datetime.now(UTC)
    (code,) = codes_in(page.locator(".qr").screenshot())
    shown = decode(code.text)
    assert code.text.startswith("HC1:")
    assert judge(shown, lists.trust, now, lists.revoked).reason is Reason.VALID
    later = judge(shown, lists.trust, now + timedelta(hours=72), lists.revoked)
    assert later.reason is Reason.EXPIRED
    page.get_by_role("link", name=says("form.health-card")).click()
    (other,) = codes_in(page.locator(".qr").screenshot())
    assert other.text.startswith("shc:/")
    assert judge(decode(other.text), lists.trust, now, lists.revoked).reason is Reason.VALID

    with page.expect_download() as saved:
        page.get_by_role("link", name=says("save.pdf")).click()
    saved.value.save_as(ARTIFACTS / "card.pdf")
    printed = drawn(ARTIFACTS / "card.pdf")
    assert {one.text for one in codes_in(printed.read_bytes())} == {code.text, other.text}
    gate = Gate(browser, running, "id-ID")
    gate.goes_offline()
    assert gate.looks_at(printed, "6-at-the-gate") == "fit"
    gate.page.clock.set_fixed_time(expired_at(shown))
    assert gate.looks_at(printed, "7-the-next-day") == "not"
    assert "expired" in gate.said

    page.goto(card)
    page.get_by_role("button", name=says("revoke")).click()
    page.wait_for_url("**/my/cards")
    expect(page.locator(".travel-revoked").first).to_contain_text(says("state.revoked"))
    shot(page, "4-revoked")
    page.locator("button[name=language]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(text("en", "cards.title.own"))
    shot(page, "5-in-english")
    assert segel("card", "publish", f"--home={running.home}").returncode == 0
    gate.page.clock.set_fixed_time(datetime.now(UTC))
    gate.fetches_lists()
    gate.goes_offline()
    assert gate.looks_at(printed, "8-revoked") == "not"
    assert "revoked" in gate.said
    assert not broken
    gate.page.context.close()
    context.close()

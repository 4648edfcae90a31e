"""A case of an alleged leak in a browser: opened, fed, looked at, on a desk and on a phone."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from segel.console.texts import text
from support.running import Running
from support.screens import PHONE, chromium, shot

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "leaks"
DESK = {"width": 1200, "height": 900}
TRICK = "<script>document.title='taken'</script>‮=HYPERLINK(1)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize(
    ("language", "screen"), [("id", PHONE), ("en", DESK)], ids=["phone", "desk"]
)
def test_a_case_is_opened_and_its_sample_sealed(
    running: Running, browser: Browser, tmp_path: Path, language: str, screen: dict[str, int]
) -> None:
    viewport: Any = screen
    context = browser.new_context(viewport=viewport, locale=language)
    context.set_default_timeout(30_000)
    token = running.token("incident-officer", 3)
    context.add_cookies([{"name": "segel_session", "value": token, "url": running.http}])
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))

    def says(key: str) -> str:
        return text(language, f"leaks.{key}")

    page.goto(f"{running.http}/leaks/new")
    page.fill("[name=text]", TRICK)
    page.fill("[name=size]", "tujuh")
    page.fill("[name=hours]", "60")
    page.check("[name=vital]")
    page.get_by_role("button", name=says("new.open")).click()
    expect(page.get_by_role("alert")).to_have_text(says("unclear.size"))
    expect(page.locator("[name=text]")).to_have_value(TRICK)
    shot(page, ARTIFACTS, f"1-unclear-{language}")
    page.fill("[name=size]", "720 GB")
    page.get_by_role("button", name=says("new.open")).click()
    page.wait_for_url("**/leaks/*-*")
    expect(page.locator("main")).to_contain_text("720 GB")
    clocks = page.locator(".lines").first.locator("li")
    for clock, state in (("csirt", "over"), ("authority", "alarm"), ("patients", "alarm")):
        line = clocks.filter(has_text=says(f"clock.{clock}"))
        expect(line.locator(".badge")).to_have_text(says(f"state.{state}"))
    assert "taken" not in page.title()
    assert "‮" not in page.content()

    sample = tmp_path / "sampel.csv"
    sample.write_text("nik,nama\n" + "9711010101010001,Sri Wulandari\n" * 100_000)
    page.set_input_files("[name=file]", sample)
    page.get_by_role("button", name=says("files.add")).click()
    sealed = page.locator("li", has_text="sampel.csv").first
    expect(sealed.locator("code")).to_have_text(hashlib.sha256(sample.read_bytes()).hexdigest())
    assert "Sri Wulandari" not in page.content()
    shot(page, ARTIFACTS, f"2-sealed-{language}")
    page.locator("#warrants summary").click()
    asked = page.locator("#warrants form")
    for name, said in (("reason", "Sampel dari forum"), ("rows", "1200"), ("people", "400")):
        asked.locator(f"[name={name}]").fill(said)
    asked.get_by_role("button", name=says("warrant.ask")).click()
    warrant = page.locator("#warrants li").first
    expect(warrant.locator(".badge")).to_have_text(says("warrant.state.asked"))
    expect(warrant).to_contain_text(says("warrant.waits"))
    shot(page, ARTIFACTS, f"3-warrant-{language}")
    warrant.locator("summary").click()
    warrant.locator("[name=reason]").fill("Salah tabel")
    warrant.get_by_role("button", name=says("warrant.revoke")).click()
    expect(page.locator("#warrants li").first).to_contain_text(says("warrant.state.revoked"))
    assert broken == []
    context.close()

"""From findings to a signed document to the authority, and to whoever was told by it."""

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import Browser, expect

from segel.console.texts import text
from support.running import Running
from support.screens import PHONE, chromium, shot

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "leaks"
DESK = {"width": 1200, "height": 900}
TOLD_OF = {"id": "surat no. 12/PDP", "en": "letter no. 12/PDP"}
SAID = {
    "authority": "Lembaga PDP",
    "csirt": "CSIRT Sektor Kesehatan",
    "reporter": "Dewi Lestari, insiden@rs.example",
    "contact": "Petugas PDP, pdp@rs.example",
    "disclosed_s": "2026-11-01T04:06",
    "earliest_s": "2026-10-01T10:00",
    "latest_s": "2026-10-08T10:00",
    "how.id": "Sebuah ekspor disalin. <b>Bukan</b> arsip pusat.",
    "how.en": "An export was copied. <b>Not</b> the central archive.",
    "handling.id": "Ekspor dibekukan.",
    "handling.en": "The export was frozen.",
    "recovery.id": "Kunci diganti.",
    "impact.id": "Penipuan lewat telepon.",
    "impact.en": "Fraud by telephone.",
    "line.0.at": "2026-11-01T04:06",
    "line.0.id": "Iklan dipasang.",
    "line.0.en": "The offer was posted.",
    "figure.patients": "100002",
    "figure.people": "240000",
    "figure.people.low": "228000",
    "figure.people.high": "255000",
    "way.0.likelihood": "93",
    "way.0.for.id": "Umpannya ada.",
    "way.0.for.en": "Its decoys are there.",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize(
    ("language", "screen"), [("id", PHONE), ("en", DESK)], ids=["phone", "desk"]
)
def test_findings_become_a_signed_document_by_which_the_authority_is_told(
    running: Running, browser: Browser, tmp_path: Path, language: str, screen: dict[str, int]
) -> None:
    viewport: Any = screen
    context = browser.new_context(viewport=viewport, locale=language, accept_downloads=True)
    context.set_default_timeout(30_000)

    def sign_in(role: str) -> str:
        token = running.token(role, 3)
        context.add_cookies([{"name": "segel_session", "value": token, "url": running.http}])
        return token

    sign_in("incident-officer")
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))

    def says(key: str) -> str:
        return text(language, f"leaks.{key}")

    def line(kind: str) -> Any:
        return page.locator(".document-line", has_text=says(f"document.{kind}"))

    page.goto(f"{running.http}/leaks/new")
    page.fill("[name=text]", "6 juta pasien")
    page.fill("[name=hours]", "3")
    page.get_by_role("button", name=says("new.open")).click()
    page.wait_for_url("**/leaks/*-*")
    case = page.url
    sample = tmp_path / "sampel.csv"
    sample.write_text("nik,nama\n9711010101010001,Sri Wulandari\n")
    page.set_input_files("[name=file]", sample)
    page.get_by_role("button", name=says("files.add")).click()
    expect(page.locator("code").first).to_have_text(hashlib.sha256(sample.read_bytes()).hexdigest())
    expect(line("authority")).to_contain_text(says("field.handling"))

    # The findings, first with what cannot be, then with one sentence in one language only.
    page.get_by_role("link", name=says("findings.write")).click()
    for name, value in SAID.items():
        page.fill(f"[name='{name}']", value)
    page.select_option("[name=verdict]", "mixed")
    page.select_option("[name='way.0']", "export")
    page.select_option("[name='figure.patients.evidence']", label="sampel.csv")
    for kind in ("nik", "name", "result"):
        page.check(f"[name='kind.{kind}']")
    page.fill("[name=verdict_error]", "seribu")
    page.get_by_role("button", name=says("findings.keep")).click()
    expect(page.get_by_role("alert")).to_contain_text(says("field.verdict_error"))
    expect(page.locator("[name='how.id']")).to_have_value(SAID["how.id"])
    page.fill("[name=verdict_error]", "0.0001")
    page.get_by_role("button", name=says("findings.keep")).click()
    page.wait_for_url("**#documents")
    expect(line("authority").locator(".sub")).to_contain_text(says("field.recovery"))
    expect(line("hospitals").locator(".badge")).to_have_text(says("document.ready"))
    page.goto(f"{case}/documents/authority?language={language}")
    expect(page.get_by_role("alert")).to_contain_text(says("field.recovery"))
    shot(page, ARTIFACTS, f"3-incomplete-{language}")
    page.goto(f"{case}/findings")
    page.fill("[name='recovery.en']", "Keys were rotated.")
    shot(page, ARTIFACTS, f"4-findings-{language}")
    page.get_by_role("button", name=says("findings.keep")).click()
    page.wait_for_url("**#documents")
    page.goto(f"{case}/documents/authority?language={language}")
    paper = page.locator(".paper")
    expect(paper).to_contain_text(SAID[f"how.{language}"])
    expect(page.locator("main")).to_contain_text(says("sign.who"))
    expect(page.get_by_role("button", name=says("sign.do"))).to_have_count(0)

    sign_in("data-protection-officer")
    page.goto(f"{case}/documents/authority?language={language}")
    shot(page, ARTIFACTS, f"5-draft-{language}")
    digest = page.locator("input[name=sha256]").input_value()
    page.get_by_role("button", name=says("sign.do")).click()
    page.wait_for_url("**#documents")
    signed = line("authority").locator(".signed")
    expect(signed.locator("code")).to_have_text(digest)
    with page.expect_download() as taken:
        signed.get_by_role("link").click()
    pdf = Path(taken.value.path()).read_bytes()
    assert hashlib.sha256(pdf).hexdigest() == digest
    words = "".join(one.extract_text() for one in pypdf.PdfReader(BytesIO(pdf)).pages)
    assert SAID[f"handling.{language}"] in words
    assert text("en", "leaks.draft.mark") not in words
    signed.locator("summary").click()
    signed.locator("[name=how]").fill(TOLD_OF[language])
    signed.get_by_role("button", name=says("document.told")).click()
    page.wait_for_url("**#documents")
    clock = page.locator(".lines").first.locator("li", has_text=says("clock.authority"))
    expect(clock.locator(".badge")).to_have_text(says("state.met"))
    expect(clock).to_contain_text(TOLD_OF[language])
    shot(page, ARTIFACTS, f"6-told-{language}")

    # The final report names the evidence of each figure, and where in the log it stands.
    page.goto(f"{case}/documents/report?language={language}")
    row = page.locator(".paper tr", has_text="100.002" if language == "id" else "100,002")
    expect(row).to_contain_text("B-1")
    expect(row).to_contain_text("#")
    expect(page.locator(".paper")).to_contain_text(hashlib.sha256(sample.read_bytes()).hexdigest())
    shot(page, ARTIFACTS, f"7-report-{language}")
    assert broken == []
    context.close()

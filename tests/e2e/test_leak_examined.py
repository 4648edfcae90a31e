"""From a claim to a signed draft for the authority, in a browser: opened, sealed, a warrant of two,
examined, contained in rehearsal, written up, signed.

``SEGEL_SAMPLE_MIB=1000`` adds a mixed sample of that size and prints what it took.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from app.test_leak_match import PATIENTS, sample
from segel.console.texts import text
from segel.domain.identifiers import NIK_DIGITS
from support.running import REPOSITORY, Running
from support.screens import PHONE, chromium, shot

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "leaks"
DESK = {"width": 1200, "height": 900}
MIB: Final = int(os.environ.get("SEGEL_SAMPLE_MIB", "0"))
ROWS = 20_000_000 if MIB else 10_000
WAIT_MS = 1_800_000 if MIB else 120_000
OFFICERS = ("data-protection-officer", "administrator")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def files_of(folder: Path) -> list[Path]:
    """A zip with the demo's patients among others, and where it is asked for a large tar."""
    made = [sample(folder)]
    if MIB:
        large = folder / "besar.tar"
        # ``bench`` is another package within the tests' own path.
        code = (
            f"from pathlib import Path; from bench.leak_intake import make;"
            f" make(Path({str(large)!r}), {MIB << 20})"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)
        made.append(large)
    return made


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(
    ("language", "screen"),
    [("en", DESK)] if MIB else [("id", PHONE), ("en", DESK)],
    ids=["desk"] if MIB else ["phone", "desk"],
)
def test_a_claim_becomes_a_signed_answer(
    running: Running, browser: Browser, tmp_path: Path, language: str, screen: dict[str, int]
) -> None:
    viewport: Any = screen
    broken: list[str] = []

    def signed_in(role: str, hospital: int = 3) -> Page:
        context = browser.new_context(viewport=viewport, locale=language)
        context.set_default_timeout(WAIT_MS if MIB else 30_000)
        token = running.token(role, hospital)
        context.add_cookies([{"name": "segel_session", "value": token, "url": running.http}])
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        return page

    def says(key: str, **values: str) -> str:
        return text(language, key, **values)

    files = files_of(tmp_path)
    began = time.monotonic()
    page = signed_in("incident-officer")
    page.goto(f"{running.http}/leaks/new")
    page.fill("[name=text]", "6 juta pasien, 720 GB, dari server pusat")
    page.fill("[name=hours]", "60")
    page.get_by_role("button", name=says("leaks.new.open")).click()
    page.wait_for_url("**/leaks/*-*")
    case = page.url
    alarm = page.locator(".lines").first.locator("li", has_text=says("leaks.clock.authority"))
    expect(alarm.locator(".badge")).to_have_text(says("leaks.state.alarm"))
    page.set_input_files("[name=file]", files)
    page.get_by_role("button", name=says("leaks.files.add")).click()
    for one in files:
        kept = page.locator("li", has_text=one.name).locator("code").first
        expect(kept).to_be_visible(timeout=WAIT_MS)
    sealed = time.monotonic()

    page.locator("#warrants summary", has_text=says("leaks.warrant.ask")).click()
    form = page.locator("#warrants details[open]")
    form.locator("[name=reason]").fill("sampel dari forum")
    form.locator("[name=rows]").fill(str(ROWS))
    form.locator("[name=people]").fill("1000")
    form.get_by_role("button", name=says("leaks.warrant.ask")).click()
    expect(page.locator("#warrants")).to_contain_text(says("leaks.warrant.state.asked"))
    for role in OFFICERS:
        other = signed_in(role)
        other.goto(f"{running.http}/approvals")
        asked = other.locator("article", has_text="sampel dari forum").first
        asked.locator("[name=reason]").first.fill("setuju")
        asked.get_by_role("button", name=says("approvals.approve"), exact=True).click()
        expect(other.locator("main")).to_be_visible()
    page.goto(case)
    shot(page, ARTIFACTS, f"examined-1-warrant-{language}")
    page.get_by_role("button", name=says("leaks.examine")).click()
    done = says("leaks.examining.done")
    expect(page.locator("#examining")).to_contain_text(done, timeout=WAIT_MS)
    examined = time.monotonic()
    page.goto(case)
    assert PATIENTS[0].nik not in page.content()
    assert len(PATIENTS[0].nik) == NIK_DIGITS
    shot(page, ARTIFACTS, f"examined-2-examined-{language}")
    page.get_by_role("link", name=says("answer.look")).click()
    expect(page.locator(".answer-word")).to_be_visible()
    found = page.locator("main")
    # Among so many others' rows a few patients are no leak: nothing of theirs is broken down.
    for part in ("answer.extent", "answer.origin", *(() if MIB else ("answer.hospitals",))):
        expect(found.get_by_role("heading", name=says(part), exact=True)).to_be_visible()
    page.locator(".answer-verdict summary").click()
    assert PATIENTS[0].nik not in page.content()
    shot(page, ARTIFACTS, f"examined-2-answer-{language}")
    page.goto(case)

    page.get_by_role("link", name=says("columns.look")).click()
    chosen = page.locator(".column-line select").first
    chosen.select_option("other")
    page.fill("[name=passwords]", "rahasia 1\nrahasia 2")
    shot(page, ARTIFACTS, f"examined-2-columns-{language}")
    page.get_by_role("button", name=says("columns.keep")).click()
    page.wait_for_url("**#warrants")
    page.get_by_role("link", name=says("columns.look")).click()
    expect(chosen).to_have_value("other")
    expect(page.locator("[name=passwords]")).to_have_value("rahasia 1\nrahasia 2")
    page.goto(case)

    # Few samples are compared at a time: whoever is done makes room.
    page.locator("#warrants summary", has_text=says("leaks.warrant.end")).click()
    page.get_by_role("button", name=says("leaks.warrant.close")).click()
    expect(page.locator("#warrants")).to_contain_text(says("leaks.warrant.state.closed"))

    page.get_by_role("link", name=says("contain.open")).click()
    page.fill("[name=hospital]", "MELATI")
    page.fill("[name=reason]", "asal sampel")
    page.get_by_role("button", name=says("contain.foresee")).click()
    page.get_by_role("button", name=says("contain.rehearse"), exact=True).click()
    expect(page.locator("main")).to_contain_text(says("contain.held.none"))

    page.goto(f"{case}/findings")
    if not MIB:
        expect(page.locator("[name='figure.patients']")).to_have_value(str(len(PATIENTS)))
    verdict = page.locator("[name=verdict]").input_value()
    assert verdict in ({"not-ours", "mixed", "undetermined"} if MIB else {"mixed", "ours"})
    for name, value in {
        "organisation": "Tim Tanggap Insiden Data Kesehatan",
        "contact": "pdp@tanggap.example",
        "authority": "Lembaga Pelindungan Data Pribadi",
        "disclosed_s": "2026-11-01T04:05",
        "how.id": "Melalui akun yang dicuri.",
        "how.en": "Through a stolen account.",
        "handling.id": "Akun dibekukan.",
        "handling.en": "The account was frozen.",
        "recovery.id": "Kunci diganti.",
        "recovery.en": "Keys were rotated.",
    }.items():
        page.fill(f"[name='{name}']", value)
    page.get_by_role("button", name=says("leaks.findings.keep")).click()
    page.wait_for_url("**#documents")
    signer = signed_in("data-protection-officer")
    signer.goto(f"{case}/documents/authority?language={language}")
    shot(signer, ARTIFACTS, f"examined-3-draft-{language}")
    signer.get_by_role("button", name=says("leaks.sign.do")).click()
    signer.wait_for_url("**#documents")
    line = signer.locator(".document-line", has_text=says("leaks.document.authority"))
    expect(line.locator(".signed")).to_be_visible()
    ended = time.monotonic()
    if not MIB:
        signer.goto(f"{case}/documents/patients?language={language}")
        signer.get_by_role("button", name=says("leaks.sign.do")).click()
        signer.wait_for_url("**#documents")
        patients_are_told(page, signed_in("patient", 0), case, language)
    assert broken == []
    if MIB:
        print(
            f"\n{MIB} MiB: sealed {sealed - began:.0f} s, examined {examined - sealed:.0f} s,"
            f" all to the signed draft {ended - began:.0f} s; verdict {verdict}"
        )


def patients_are_told(page: Page, patient: Page, case: str, language: str) -> None:
    """Their own pages answer, until it is taken back."""

    def says(key: str, **values: str) -> str:
        return text(language, key, **values)

    page.goto(case)
    part = page.locator("#patients")
    shot(page, ARTIFACTS, f"examined-4-patients-{language}")
    part.get_by_role("button", name=says("leaks.patients.tell")).click()
    page.wait_for_url("**#patients")
    expect(part).to_contain_text(says("leaks.patients.told", count=str(len(PATIENTS))))
    patient.goto(f"{case.partition('/leaks/')[0]}/my/leaks")
    newest = patient.locator(".card").first
    expect(newest).to_contain_text(says("my_leaks.yes"))
    expect(newest.locator(".spoken")).to_contain_text("NIK")
    shot(patient, ARTIFACTS, f"examined-5-own-{language}")
    part.get_by_text(says("leaks.patients.untell")).first.click()
    part.locator("[name=reason]").fill("latihan")
    part.get_by_role("button", name=says("leaks.patients.untell")).click()
    page.wait_for_url("**#patients")
    expect(part).not_to_contain_text(says("leaks.patients.untell"))
    patient.reload()
    expect(patient.get_by_text(says("my_leaks.yes"))).to_have_count(0)

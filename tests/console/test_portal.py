"""A patient's own pages on a phone, in both languages: what there is, and what there is not."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, expect

from segel.broker.errors import BrokerUnavailable, hospital_frozen
from segel.broker.messages import DemoAccount
from segel.console.errors import ChartMissing
from segel.console.portal import PARTS
from segel.console.texts import text
from segel.domain.roles import Role

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "console"
PHONE: Any = {"width": 390, "height": 844}
STUDY = "2.25.4711.1"
PATIENT = DemoAccount(uuid4(), "Siti Aminah", Role.PATIENT, "RSUD Tanjung Harapan")


def resource(kind: str, **said: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": str(uuid4()), **said}


def chart() -> list[dict[str, Any]]:
    """A woman's chart, as the records give it to her."""
    leucocytes = resource(
        "Observation", status="final", code={"text": "Leukosit"},
        valueQuantity={"value": 13.2, "unit": "10^9/L"},
        referenceRange=[{"low": {"value": 4}, "high": {"value": 10}}],
        interpretation=[{"coding": [{"code": "H"}]}],
    )  # fmt: skip
    return [
        resource("Patient", name=[{"text": "Siti Aminah"}], birthDate="1984-03-12"),
        leucocytes,
        resource(
            "DiagnosticReport", status="corrected", effectiveDateTime="2026-11-23T09:00:00+07:00",
            code={"text": "Foto tungkai"}, conclusion="Tidak tampak patah tulang.",
            imagingStudy=[{"reference": f"ImagingStudy/{STUDY}"}],
        ),
        resource(
            "DiagnosticReport", status="final", effectiveDateTime="2026-11-22T09:00:00+07:00",
            code={"text": "Darah lengkap"},
            result=[{"reference": f"Observation/{leucocytes['id']}"}],
        ),
        resource(
            "Observation", status="final", effectiveDateTime="2026-11-21T08:05:00+07:00",
            code={"coding": [{"system": "http://loinc.org", "code": "94558-4"}]},
            valueCodeableConcept={"text": "Negatif"},
        ),
        resource(
            "DiagnosticReport", status="entered-in-error", effectiveDateTime="2026-10-01",
            code={"text": "USG perut"},
        ),
        resource("Encounter", status="finished", period={"start": "2026-11-20T08:30:00+07:00"},
                 **{"class": {"code": "EMER"}}, reasonCode=[{"text": "Nyeri tungkai"}]),
        resource("Immunization", status="completed", occurrenceDateTime="2026-01-15",
                 vaccineCode={"text": "Influenza"}),
        {
            "resourceType": "ImagingStudy", "id": STUDY, "started": "2026-11-20",
            "description": "Cruris AP", "numberOfInstances": 1, "modality": [{"code": "CR"}],
        },
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_patient_finds_results_images_and_reports_on_a_phone(
    browser: Browser, console: Any, language: str
) -> None:
    console.broker.people.append(PATIENT)
    console.reader.resources = chart()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=PHONE, locale="id-ID" if language == "id" else "en-GB")
    context.set_default_timeout(10_000)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)

    def says(key: str, **values: object) -> str:
        return text(language, f"portal.{key}", **values)

    def shot(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        if language == "id":  # one is enough to look at; each takes a second
            page.screenshot(path=ARTIFACTS / f"portal-{name}.png", full_page=True)

    page.goto(f"{console.origin}/sign-in")
    page.get_by_role("button", name="Siti Aminah").click()
    page.wait_for_url("**/my")
    expect(page.get_by_role("heading", level=1)).to_have_text(says("hello", name="Siti Aminah"))
    parts = page.get_by_role("navigation", name=says("nav.label")).get_by_role("link")
    assert parts.all_inner_texts() == [says(f"nav.{part.name}") for part in PARTS]
    lowest = parts.first.bounding_box()
    assert lowest is not None
    assert lowest["y"] > PHONE["height"] - 100  # within reach of the thumb
    expect(page.locator(".told-result")).to_contain_text(says("covid.negative"))
    drawn = page.locator(".told-study img")
    drawn.scroll_into_view_if_needed()
    assert drawn.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    shot("home")

    parts.nth(1).click()
    titles = page.locator(".told h3").all_inner_texts()
    assert titles == [
        "Foto tungkai", "Darah lengkap", text(language, "chart.named.antigen"),
        says("plain.visit.emergency"), says("plain.study.xray"), "USG perut", "Influenza",
    ]  # fmt: skip
    expect(page.locator(".told", has_text="USG perut")).to_contain_text(says("back"))
    shot("records")
    page.get_by_role("link", name="USG perut").click()
    expect(page.locator("main")).to_contain_text(says("back.help"))
    page.go_back()
    page.get_by_role("link", name="Darah lengkap").click()
    expect(page.locator(".findings")).to_contain_text(text(language, "chart.flag.H"))
    expect(page.locator("main")).to_contain_text(says("flag.help"))
    shot("results")
    page.get_by_role("link", name=says("to_records")).click()
    page.get_by_role("link", name="Foto tungkai").click()
    expect(page.locator("main")).to_contain_text("Tidak tampak patah tulang.")
    expect(page.locator("main")).to_contain_text(says("status.corrected"))
    shot("report")
    page.get_by_role("link", name=says("plain.study.xray")).click()
    expect(page.locator(".of-study")).to_contain_text("Foto tungkai")
    shot("study")
    page.get_by_role("link", name=says("open")).click()
    page.wait_for_selector("[data-shown]")
    assert page.locator(".parts").count() == 0  # all of a phone is for the picture
    page.get_by_role("link", name=text(language, "viewer.close")).click()
    page.wait_for_url("**/my/images/*")

    page.get_by_role("link", name=says("nav.download"), exact=True).click()
    expect(page.locator("main")).to_contain_text(says("download.warning"))
    expect(page.get_by_role("button", name=says("download.images.do"))).to_be_visible()
    shot("download")
    page.get_by_role("link", name=text(language, "nav.account")).click()
    assert broken == []
    # No address that a server saw names a study or a resource.
    for seen in console.paths:
        assert STUDY not in seen
        assert not any(one["id"] in seen for one in console.reader.resources)
    context.close()


def test_what_there_is_not_is_said_in_words(console: Any) -> None:
    console.broker.people.append(PATIENT)
    token = console.broker.begin(PATIENT).token
    cookies = {"segel_session": token, "segel_language": "en"}
    headers = {"Accept": "text/html"}
    pages = ("/my", "/my/records", "/my/images", "/my/download")
    with httpx.Client(base_url=console.origin, cookies=cookies, headers=headers) as web:
        console.reader.resources = chart()[:1]
        for path, key in zip(
            pages, ("empty.title", "empty.title", *["images.none"] * 2), strict=True
        ):
            assert text("en", f"portal.{key}") in web.get(path).text, path
        for refusal, status, words in (
            (ChartMissing("gone"), 410, "error.own-record-gone.title"),
            (hospital_frozen(), 403, "error.frozen.patient"),
            (BrokerUnavailable("away"), 503, "error.broker-unavailable.title"),
        ):
            console.broker.refusal = refusal
            for path in pages:
                answer = web.get(path)
                assert (answer.status_code, text("en", words) in answer.text) == (status, True)
                # Who looked is there still, and a way to it.
                assert 'href="/record"' in answer.text
        console.broker.refusal = None
        console.broker.sessions.clear()
        ended = web.get("/my")
        assert (ended.status_code, ended.headers["location"]) == (303, "/sign-in")
        assert text("en", "sign_in.ended") in web.get(ended.headers["location"]).text

"""A patient's chart: what clinicians see of it, in both languages and on a phone."""

import base64
import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from segel.broker.errors import BudgetExhausted
from segel.console.chart_page import chart_facts

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "console"

REPORT = b"%PDF-1.4 a signed report %%EOF"


def photo() -> str:
    """A drawn face."""
    picture = Image.new("RGB", (112, 140), "#c9d7d2")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((31, 25, 81, 85), fill="#b07b56")
    draw.pieslice((11, 85, 101, 190), 180, 360, fill="#2f6f73")
    held = io.BytesIO()
    picture.save(held, "JPEG")
    return base64.b64encode(held.getvalue()).decode()


def resource(kind: str, **said: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": str(uuid4()), **said}


def chart() -> list[dict[str, Any]]:
    """A woman's chart of a year; nobody's NIK begins with 97."""
    leucocytes = resource(
        "Observation", status="final", code={"text": "Leukosit"},
        valueQuantity={"value": 13.2, "unit": "10^9/L"},
        referenceRange=[{"low": {"value": 4}, "high": {"value": 10}}],
        interpretation=[{"coding": [{"code": "H"}]}],
    )  # fmt: skip
    antigen = resource(
        "Observation", status="final", effectiveDateTime="2026-10-02T08:05:00+07:00",
        code={"coding": [{"system": "http://loinc.org", "code": "94558-4"}]},
        valueCodeableConcept={"text": "Negatif"}, interpretation=[{"coding": [{"code": "NEG"}]}],
    )  # fmt: skip
    return [
        resource(
            "Patient", name=[{"family": "Aminah", "given": ["Siti"]}], birthDate="1984-03-12",
            gender="female", photo=[{"contentType": "image/jpeg", "data": photo()}],
            identifier=[
                {"system": "https://fhir.kemkes.go.id/id/nik", "value": "9701015203840001"},
                {"type": {"coding": [{"code": "MR"}]}, "value": "00-12-34"},
            ],
            telecom=[{"system": "phone", "value": "+62 811 5550 100"}],
            address=[{"line": ["Jalan Kenanga 7"], "city": "Tanjung Harapan"}],
        ),
        leucocytes,
        antigen,
        resource(
            "DiagnosticReport", status="final", effectiveDateTime="2026-11-22T14:10:00+07:00",
            code={"text": "Darah lengkap"}, conclusion="Leukositosis ringan.\n<script>x</script>",
            result=[{"reference": f"Observation/{leucocytes['id']}"}],
            presentedForm=[
                {"contentType": "application/pdf", "data": base64.b64encode(REPORT).decode()}
            ],
        ),
        {
            "resourceType": "ImagingStudy", "id": "2.25.4711.1", "started": "2026-11-22",
            "description": "Cruris AP", "numberOfInstances": 1, "modality": [{"code": "CR"}],
        },
        resource("Encounter", status="in-progress", **{"class": {"display": "Rawat jalan"}},
                 period={"start": "2026-11-22T08:30:00+07:00"},
                 reasonCode=[{"text": "Nyeri tungkai"}]),
        resource("ServiceRequest", status="active", authoredOn="2026-11-22T09:00:00+07:00",
                 code={"text": "Foto cruris AP/lateral"}),
        resource("Immunization", status="completed", occurrenceDateTime="2026-01-15",
                 vaccineCode={"text": "Influenza"}),
        resource("Specimen"),
    ]  # fmt: skip


def sign_in(page: Page, console: Any) -> None:
    page.goto(f"{console.origin}/sign-in")
    page.get_by_role("button", name="dr. Rina Halim").click()


def open_chart(page: Page, console: Any) -> None:
    sign_in(page, console)
    page.get_by_role("searchbox").fill("AMINAH 1984-03-12")
    page.keyboard.press("Enter")
    page.locator("a.open").first.click()
    page.locator(".to-chart a").click()
    expect(page.locator(".timeline")).to_be_attached()


@pytest.mark.parametrize("locale", ["id-ID", "en-GB"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_chart_shows_who_it_is_and_what_happened_newest_first(
    browser: Any, console: Any, locale: str, width: int
) -> None:
    console.reader.resources = chart()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(locale=locale, viewport={"width": width, "height": 900})
    page = context.new_page()
    open_chart(page, console)
    expect(page.get_by_role("heading", level=1)).to_have_text("Siti Aminah")
    for text in ("970101 520384 0001", "00-12-34", "+62 811 5550 100", "Jalan Kenanga 7"):
        expect(page.locator(".chart-of")).to_contain_text(text)
    drawn = page.locator(".chart-photo").evaluate("one => one.naturalWidth")
    assert drawn == 112
    titles = page.locator(".event h3").all_inner_texts()
    antigen = "Antigen SARS-CoV-2 (tes cepat)" if locale == "id-ID" else (
        "SARS-CoV-2 antigen (rapid test)")  # fmt: skip
    assert titles == ["Darah lengkap", "Foto cruris AP/lateral", "Rawat jalan", "Cruris AP",
                      antigen, "Influenza"]  # fmt: skip
    report = page.locator(".event-report")
    expect(report).to_contain_text("<script>x</script>")  # as words
    expect(report.locator("tr.differs")).to_contain_text("13.2")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "9701015203840001" not in page.url
    page.screenshot(path=ARTIFACTS / f"chart-{locale[:2]}-{width}.png", full_page=True)
    page.get_by_role("link", name="Cruris AP").click()
    expect(page.locator(".to-chart")).to_be_visible()
    context.close()


def test_a_reports_document_is_saved_as_it_was_sent(page: Page, console: Any) -> None:
    console.reader.resources = chart()
    open_chart(page, console)
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save the report").click()
    assert Path(saving.value.path()).read_bytes() == REPORT
    assert saving.value.suggested_filename == "laporan.pdf"
    address = page.get_by_role("link", name="Save the report").get_attribute("href")
    console.reader.resources = [one for one in chart() if one["resourceType"] == "Patient"]
    gone = page.request.get(f"{console.origin}{address}", headers={"Accept": "text/html"})
    assert gone.status == 404


def test_an_empty_chart_says_so_and_a_refusal_what_to_do(page: Page, console: Any) -> None:
    console.reader.resources = chart()[:1]
    open_chart(page, console)
    expect(page.locator(".state")).to_contain_text("Nothing is here yet")
    console.broker.refusal = BudgetExhausted("Used up.", retry_after_s=600)
    page.reload()
    expect(page.locator("main")).to_contain_text("Patient budget used up")
    console.broker.refusal = None
    page.goto(f"{page.url[:-4]}AAAA")
    expect(page.locator("main")).to_contain_text("link", ignore_case=True)


def test_what_is_missing_in_a_resource_leaves_its_place_empty() -> None:
    bare = [{"resourceType": kind, "id": "1"} for kind in (
        "Patient", "ImagingStudy", "DiagnosticReport", "Observation", "Encounter",
        "ServiceRequest", "Immunization", "DocumentReference", "Provenance")]  # fmt: skip
    facts = chart_facts(bare, "t" * 40)
    assert (facts.name, facts.photo, len(facts.entries)) == ("", "", 7)
    assert {entry.day for entry in facts.entries} == {""}
    told = chart_facts([{"resourceType": "Observation", "id": "1", "valueString": "x",
                         "code": {"coding": [{"code": "94500-6"}]}}], "t" * 40)  # fmt: skip
    assert told.entries[0].label == "rna"

"""A radiologist's work in a running Segel: dictate beside the pictures, sign, amend, be read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from segel.access import open_handle, seal_handle
from support.running import Running
from support.screens import PHONE, chromium

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "e2e"
HTML = {"Accept": "text/html"}
FRAGMENT = {**HTML, "X-Fragment": "report"}
ROLES = (
    "clinician", "radiographer", "records-officer", "data-protection-officer", "administrator",
    "patient",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def study_uid(running: Running, description: str, hospital: int) -> str:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        found = web.get(
            "/dicomweb/studies",
            params={"StudyDescription": description} if description else {},
            headers=running.headers("radiologist", hospital),
        ).json()
    return str(found[0]["0020000D"]["Value"][0])


class Person:
    """Somebody of the demo at a study's report, by HTTP."""

    def __init__(self, running: Running, role: str, uid: str, hospital: int = 0) -> None:
        token = running.token(role, hospital)
        self.path = f"/studies/{seal_handle(token, 'study', uid)}"
        self.web = httpx.Client(
            base_url=running.http, timeout=60, headers={"Origin": running.http},
            cookies={"segel_session": token},
        )  # fmt: skip

    def get(self, part: str = "/report") -> httpx.Response:
        return self.web.get(f"{self.path}{part}", headers=HTML)

    def post(self, part: str, headers: Any = HTML, **fields: str) -> httpx.Response:
        return self.web.post(f"{self.path}{part}", data=fields, headers=headers)

    def report(self, running: Running, uid: str) -> dict[str, Any]:
        """The newest DiagnosticReport of the study, as FHIR has it."""
        headers = {"Authorization": f"Bearer {self.web.cookies['segel_session']}"}
        shown = self.web.get(f"/fhir/ImagingStudy/{uid}", headers=headers).json()
        patient = shown["subject"]["reference"]
        found = self.web.get(f"/fhir/DiagnosticReport?patient={patient}", headers=headers).json()
        (one,) = [
            entry["resource"] for entry in found["entry"]
            if {"reference": f"ImagingStudy/{uid}"} in entry["resource"].get("imagingStudy", [])
        ]  # fmt: skip
        return dict(one)


def at_the_list(
    browser: Browser, running: Running, role: str, hospital: int, **how: Any
) -> tuple[BrowserContext, Page]:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **how})
    context.set_default_timeout(30_000)
    context.add_cookies(
        [{"name": "segel_session", "value": running.token(role, hospital), "url": running.http}]
    )
    page = context.new_page()
    page.goto(running.http)
    return context, page


def test_a_report_is_dictated_signed_amended_and_read_beside_its_study(
    browser: Browser, running: Running
) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    context, page = at_the_list(browser, running, "radiologist", 0, locale="id-ID")
    page.get_by_label("Belum dilaporkan", exact=True).check()
    page.wait_for_url("**/list/*")
    row = page.locator("tr", has_text="FOTO THORAX PA").first
    expect(row.locator(".to-report")).to_be_visible()
    name = row.locator("a.open").inner_text()
    row.locator("a.open").click()
    page.wait_for_selector("[data-shown]")  # the picture is there
    expect(page.locator("[name=chosen]")).to_have_value("chest-xray")

    page.keyboard.press("F8")
    page.keyboard.type("Batuk dua minggu, fir")  # letters that are the viewer's keys elsewhere
    expect(page.locator("#field-clinical")).to_have_value("Batuk dua minggu, fir")
    expect(page.locator("#invert")).to_have_attribute("aria-pressed", "false")
    page.locator("#field-findings").focus()
    page.keyboard.press("Home")
    page.keyboard.press("F4")
    page.keyboard.type("tidak membesar")
    expect(page.locator("#field-findings")).to_have_value(
        re.compile("^Jantung dan mediastinum: tidak membesar\n")
    )
    expect(page.locator("#report-state")).to_have_text("Ada yang belum tersimpan.")
    page.keyboard.press("Control+s")
    expect(page.locator("#report-state")).to_have_text("Tersimpan.")
    page.get_by_role("button", name="Periksa dan tanda tangani").click()
    expect(page.locator("#field-impression")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Kesan belum diisi")
    page.locator("#field-impression").fill("Tidak tampak kelainan aktif.")
    page.screenshot(path=ARTIFACTS / "reporting.png")
    page.get_by_role("button", name="Periksa dan tanda tangani").click()
    page.wait_for_url("**/report/review")
    page.get_by_role("button", name="Tanda tangani", exact=True).click()
    page.wait_for_url("**/report")
    page.get_by_role("link", name="Perbaiki atau tambahi").click()
    page.locator("#field-addendum").fill("Foto lama: stabil.")
    page.locator("#field-reason").fill("Foto lama baru ada")
    page.get_by_role("button", name="Periksa dan tanda tangani").click()
    page.get_by_role("button", name="Tanda tangani", exact=True).click()
    page.locator(".struck summary").click()
    expect(page.locator(".struck del")).to_contain_text("Tidak tampak kelainan aktif.")
    assert all(name not in one and "siti" not in one.lower() for one in (page.url,))
    stored = "Object.keys(localStorage).length + Object.keys(sessionStorage)"
    assert page.evaluate(stored) == "0segel-list"
    context.close()

    context, page = at_the_list(
        browser, running, "clinician", 0, locale="en-GB", viewport=PHONE, accept_downloads=True
    )
    page.fill("#terms", name)
    page.press("#terms", "Enter")
    row = page.locator("tr", has_text="FOTO THORAX PA").first
    expect(row.locator(".reported")).to_be_visible()
    row.locator("a.open").click()
    shown = page.locator(".study-report")
    for said in ("Tidak tampak kelainan aktif.", "Foto lama: stabil.", "Foto lama baru ada"):
        expect(shown).to_contain_text(said)
    expect(page.get_by_role("link", name="Write the report")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save the report").first.click()
    text = pypdf.PdfReader(saving.value.path()).pages[0].extract_text()
    assert "Tidak tampak kelainan aktif." in text
    page.get_by_role("link", name="Light viewer").click()
    page.wait_for_selector("[data-shown]")
    expect(page.locator(".viewer-report")).to_contain_text("Foto lama: stabil.")
    context.close()


def test_nothing_that_was_typed_is_lost_and_nothing_signed_is_edited(running: Running) -> None:
    uid = study_uid(running, "", 1)
    made = Person(running, "radiologist", uid, 1)
    assert "field-impression" in made.get().text
    first = {"language": "id", "template": "general", "version": "0"}
    saved = made.post("/report", FRAGMENT, **first, findings="Hati: normal")
    assert (saved.status_code, saved.headers["X-Report-Version"], saved.text) == (200, "1", "")
    draft = made.report(running, uid)
    assert draft["status"] == "preliminary"
    assert "conclusion" not in draft
    assert "Hati: normal" not in Person(running, "clinician", uid, 1).get("").text

    # Somebody at the same report, who began from what was there before.
    late = made.post("/report", FRAGMENT, **first, findings="Hati: membesar")
    assert late.status_code == 409
    assert "Hati: membesar</textarea>" in late.text
    assert "Hati: normal" in late.text
    assert 'name="version" value="1"' in late.text
    long = made.post("/report", **{**first, "version": "1"}, findings="x" * 20_001)
    assert (long.status_code, "x" * 20_001 in long.text) == (422, True)
    other = made.post("/report/template", **{**first, "version": "1"}, findings="Hati: sirosis",
                      technique="Teknik:", chosen="ct-thorax")  # fmt: skip
    assert "Hati: sirosis</textarea>" in other.text
    assert "CT toraks, kontras" in other.text

    # Sign: what is incomplete is refused, what was not reviewed is shown first.
    assert "Kesan belum diisi" in made.get("/report/review").text
    full = {**first, "findings": "Hati: normal", "impression": "Normal.", "assessment": "N"}
    reviewed = made.post("/report/review", **{**full, "version": "1"})
    assert reviewed.headers["Location"].endswith("/report/review")
    assert "Tanda tangani" in made.get("/report/review").text
    assert made.post("/report/sign", version="1").status_code == 409
    assert made.post("/report/sign", version="2").status_code == 303
    signed = made.report(running, uid)
    assert (signed["status"], signed["conclusion"]) == ("final", "Normal.")
    assert signed["conclusionCode"][0]["coding"][0]["code"] == "N"
    bearer = running.headers("radiologist", 1)
    patient = signed["subject"]["reference"]
    told = made.web.get(f"/fhir/Provenance?patient={patient}", headers=bearer).json()
    targets = {one["reference"] for entry in told["entry"] for one in entry["resource"]["target"]}
    assert f"DiagnosticReport/{signed['id']}/_history/3" in targets
    binary = made.web.get(f"/fhir/{signed['presentedForm'][0]['url']}",
                          headers=bearer | {"Accept": "application/pdf"})  # fmt: skip
    assert binary.content.startswith(b"%PDF-") or "data" in binary.json()

    # No system writes over what was signed, nor over its PDF and who signed it.
    (provenance,) = (
        one["resource"] for one in told["entry"]
        if any(signed["id"] in target["reference"] for target in one["resource"]["target"])
    )  # fmt: skip
    for place, sent in (
        (f"DiagnosticReport/{signed['id']}", {**signed, "conclusion": "Sirosis."}),
        (signed["presentedForm"][0]["url"], {}),
        (f"Provenance/{provenance['id']}", provenance),
    ):
        for method in ("PUT", "DELETE"):
            if not sent and method == "PUT":
                sent = made.web.get(
                    f"/fhir/{place}", headers=bearer | {"Accept": "application/fhir+json"}
                ).json()
            refused = made.web.request(
                method, f"/fhir/{place}", headers=bearer, json=sent if method == "PUT" else None
            )
            assert refused.status_code in (403, 409), (place, method, refused.text)
            if method == "PUT":
                (issue,) = refused.json()["issue"]
                assert (refused.status_code, issue["code"]) == (409, "business-rule")
                assert "Amend the report" in issue["diagnostics"]
    assert made.report(running, uid) == signed

    # Signed: not edited, whatever version is named; the text comes back as an amendment.
    for version in ("2", "3"):
        again = made.post("/report", FRAGMENT, **{**full, "version": version, "findings": "Lain"})
        assert again.status_code == 409
        assert 'data-mode="amend"' in again.text
        assert "Lain</textarea>" in again.text
    assert made.report(running, uid)["meta"]["versionId"] == "3"
    amended = {**full, "version": "3", "impression": "Lesi hati."}
    for missing, at in (({}, "reason"), ({"reason": "x", "impression": ""}, "impression")):
        refused = made.post("/report/amend", **{**amended, **missing})
        assert (refused.status_code, f'id="field-{at}"' in refused.text) == (422, True)
        assert 'id="fault"' in refused.text
    unchanged = made.post("/report/amend", **full | {"version": "3", "reason": "x"})
    assert unchanged.status_code == 422
    shown = made.post("/report/amend", **amended, reason="Salah dikte")
    assert (shown.status_code, 'name="confirmed"' in shown.text) == (200, True)
    assert made.report(running, uid)["status"] == "final"
    done = made.post("/report/amend", **amended, reason="Salah dikte", confirmed="yes")
    assert done.status_code == 303
    corrected = made.report(running, uid)
    assert (corrected["status"], corrected["conclusion"]) == ("corrected", "Lesi hati.")
    page = made.get().text
    assert "<del>" in page
    assert "Salah dikte" in page

    # A session that is over: the text comes back, and nothing is written.
    made.web.cookies.clear()
    kept = made.post("/report/amend", **amended | {"version": "4"}, reason="y")
    assert (kept.status_code, "Lesi hati.</textarea>" in kept.text) == (401, True)
    assert made.post("/report", FRAGMENT, **full).status_code == 401


def test_a_report_is_written_by_radiologists_of_the_own_hospital_alone(running: Running) -> None:
    uid = study_uid(running, "USG*", 0)
    fields = {"language": "id", "template": "general", "version": "0", "impression": "x"}
    posts = ("/report", "/report/review", "/report/template", "/report/sign", "/report/amend")
    readers = {"clinician", "radiographer"}
    for role in ROLES:
        person = Person(running, role, uid)
        for part in ("/report", "/report/review", "/report/amend"):
            expected = 200 if role in readers and part == "/report" else 403
            assert person.get(part).status_code == expected, (role, part)
        for part in posts:
            assert person.post(part, **fields).status_code == 403, (role, part)
    for role in ("radiologist", "clinician"):
        stranger = Person(running, role, uid, 1)
        assert stranger.get().status_code == 404
        refused = 404 if role == "radiologist" else 403
        assert all(stranger.post(part, **fields).status_code == refused for part in posts)
    mine = Person(running, "radiologist", uid)
    assert 'name="version" value="0"' in mine.get().text  # nothing came of any of it
    foreign = mine.web.post(
        f"{mine.path}/report", data=fields, headers={**HTML, "Origin": "https://x.example"}
    )
    assert foreign.status_code == 403
    for part in ("/report/sign", "/report/template"):
        assert mine.get(part).headers["Location"].endswith("/report")
    mine.web.cookies.clear()
    assert mine.get().headers["Location"] == "/sign-in"
    assert open_handle(running.token("radiologist"), "study", mine.path.rpartition("/")[2]) == uid

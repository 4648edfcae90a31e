"""A traveller's declaration on a phone, and the officer's pages, in Chromium over a real broker."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from segel.broker import BrokerClient
from segel.console.declaration_form import form_of, read_form
from segel.console.texts import text
from segel.domain.declarations import RECEIPT_QR, Conveyance, Declaration, Fault, Symptom
from segel.domain.roles import Role
from support.screens import PHONE

if TYPE_CHECKING:
    from console.conftest import RealConsole

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "console"
PORT = "Balai Karantina Contoh"
OFFICER = "Ni Kadek Sulastri"
ARRIVAL = (datetime.now(UTC) + timedelta(hours=7)).date()
SENT = Declaration(
    "PORT", Conveyance.SHIP, "KM CONTOH", f"{ARRIVAL}", "Sari Contoh", "628120000000",
    seat="B12", email="sari@contoh.example", address="Jalan Contoh 7",
    symptoms=(Symptom.COUGH, Symptom.RASH), other_symptoms="pusing", met_sick=True,
    countries=("SG", "MY"),
)  # fmt: skip
NOW_S = datetime.now(UTC).timestamp()


async def _enrolled(operator: Path) -> None:
    client = await BrokerClient.connect(operator)
    await client.enrol_hospital("PORT", PORT)
    await client.enrol_account(OFFICER, Role.PORT_HEALTH_OFFICER, "PORT", demo=True)
    await client.declarations.open_port("PORT")
    await client.close()


def _shot(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"declare-{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


@pytest.fixture
def phone(browser: Browser) -> Any:
    """A phone of somebody who reads Indonesian."""
    context = browser.new_context(locale="id-ID", viewport=PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_a_form_that_was_sent_comes_back_as_it_was() -> None:
    again = read_form(form_of(SENT).typed, NOW_S)
    assert again.faults == {}
    assert again.declaration == SENT


@pytest.mark.parametrize(
    ("typed", "means"),
    [("SG", "SG"), ("sg", "SG"), ("Singapura (SG)", "SG"), ("Cote d'Ivoire (Ivory) (CI)", "CI")],
)
def test_a_country_is_read_by_code_or_name(typed: str, means: str) -> None:
    form = {**form_of(SENT).typed, "country-0": typed, "country-1": ""}
    assert read_form(form, NOW_S).declaration.countries == (means,)


def test_what_is_left_out_or_is_no_country_is_marked_where_it_is() -> None:
    faults = read_form({"country-0": "Atlantis", "arrival": "soon"}, NOW_S).faults
    assert faults == {
        "port": Fault.MISSING, "vessel": Fault.MISSING, "arrival": Fault.MALFORMED,
        "name": Fault.MISSING, "phone": Fault.MISSING, "countries": Fault.MALFORMED,
        "conveyance": Fault.MISSING, "symptoms": Fault.MISSING, "met_sick": Fault.MISSING,
    }  # fmt: skip


def _filled(page: Page, language: str) -> None:
    def said(key: str, **values: object) -> str:
        return text(language, key, **values)

    page.get_by_label(said("declare.by.flight"), exact=True).check()
    page.fill("[name=vessel]", "ga 881")
    page.fill("[name=arrival]", f"{ARRIVAL}")
    page.fill("[name=seat]", "12a")
    page.fill("[name=name]", "Sari Contoh")
    page.fill("[name=phone]", "0812 0000 000")
    page.get_by_label(said("declare.symptom.fever")).check()
    page.locator("[name=met_sick][value=no]").check()
    page.fill("[name=country-0]", "singapura" if language == "id" else "singapore")


def test_a_traveller_declares_on_a_phone_and_the_officer_reads_it(
    real_console: "RealConsole", phone: Page, page: Page
) -> None:
    origin, _ = real_console(_enrolled)
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(f"{origin}/declare")
    expect(phone.locator("h1")).to_have_text(text("id", "declare.title"))
    _shot(phone, "form-id")
    phone.click("form#declare button.primary")
    expect(phone.locator(".problem-line")).to_have_count(7)
    _shot(phone, "faults-id")
    phone.goto(f"{origin}/declare")
    _filled(phone, "id")
    code = phone.locator("#declare [name=code]").input_value()
    # The browser is closed by mistake: the draft is there, with its code.
    phone.goto("about:blank")
    phone.goto(f"{origin}/declare")
    expect(phone.locator("[data-restored]")).to_be_visible()
    expect(phone.locator("[name=vessel]")).to_have_value("ga 881")
    assert phone.locator("#declare [name=code]").input_value() == code
    expect(phone.locator("[name=symptom-fever]")).to_be_checked()
    phone.locator("[name=country-0]").fill("Singapura")
    phone.locator("[name=country-0]").blur()
    expect(phone.locator("[name=country-0]")).to_have_value("Singapura (SG)")
    phone.click("form#declare button.primary")
    expect(phone.locator("h1")).to_have_text(text("id", "declared.title"))
    receipt = phone.locator(".receipt").first.inner_text()
    drawn = Image.open(io.BytesIO(phone.locator("svg.qr").screenshot()))
    (seen,) = zxingcpp.read_barcodes(drawn)
    assert seen.text == RECEIPT_QR + receipt.replace("-", "")
    assert phone.evaluate("localStorage.length") == 0
    _shot(phone, "declared-id")

    phone.click("a[href^='/declare/mine']")
    expect(phone.locator("#declare [name=seat]")).to_have_value("12A")
    assert phone.url == f"{origin}/declare/mine"
    _shot(phone, "mine-id")
    phone.fill("[name=seat]", "14C")
    phone.click("form#declare button.primary")
    expect(phone.locator("h1")).to_have_text(text("id", "declared.corrected"))
    assert phone.locator(".receipt").first.inner_text() == receipt
    assert not [one for one in asked if code in one], "the code is in no address"

    page.goto(origin)
    page.locator("button.person", has=page.get_by_text(OFFICER, exact=True)).click()
    expect(page.locator("h1")).to_have_text("Arrivals")
    _shot(page, "arrivals-en")
    page.click("a.open")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "Sari" not in page.content()
    _shot(page, "vessel-en")
    page.goto(f"{origin}/port-health")
    page.fill("[name=receipt]", RECEIPT_QR + receipt)
    page.press("[name=receipt]", "Enter")
    expect(page.locator("h1")).to_have_text("Sari Contoh")
    for said in ("GA881", "14C", "Fever", "Singapore (SG)", "+628120000000"):
        expect(page.locator("main")).to_contain_text(said)
    _shot(page, "opened-en")
    page.goto(f"{origin}/port-health/ended")
    expect(page.locator("tbody tr")).to_have_count(1)
    _shot(page, "ended-en")

    phone.goto(f"{origin}/declare/mine#{code}")
    phone.click("form[action='/declare/withdraw'] button")
    expect(phone.locator("h1")).to_have_text(text("id", "declare.withdrawn.title"))
    page.goto(f"{origin}/port-health")
    expect(page.locator("a.open")).to_have_count(0)


def test_strangers_are_kept_to_what_a_flight_needs_and_foreign_forms_out(
    real_console: "RealConsole", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segel.console.http.router.STRANGERS_BURST", 2)
    monkeypatch.setattr("segel.console.http.router.STRANGERS_RATE_PER_S", 0.001)
    origin, _ = real_console(_enrolled)
    with httpx.Client(base_url=origin) as web:
        form = {"code": "A" * 26}
        foreign = web.post("/declare/mine", data=form, headers={"Origin": "http://other.example"})
        assert foreign.status_code == 403
        own = {"Origin": origin}
        answers = [web.post("/declare/mine", data=form, headers=own) for _ in range(3)]
        assert [one.status_code for one in answers] == [404, 404, 429]
        assert "A" * 26 not in answers[0].text
        huge = web.post("/declare", data={"name": "x" * 300_000}, headers=own)
        assert huge.status_code == 413
        assert web.get("/sign-in").status_code == 200

"""The console in Chromium: keys, touch, passkeys, the light viewer, both languages, any width."""

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from segel.broker.errors import BudgetExhausted
from support.screens import PHONE

if TYPE_CHECKING:
    from console.conftest import Running

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "console"
TARGET_PX = 44
"""The smallest side of what a finger has to hit."""


def sign_in(page: Page, console: "Running", at: int = 0) -> None:
    page.goto(console.origin)
    name = console.broker.people[at].display_name
    page.locator("button.person", has=page.get_by_text(name, exact=True)).click()
    page.wait_for_url(f"{console.origin}/")


def search(page: Page, text: str) -> None:
    page.fill("#terms", text)
    page.press("#terms", "Enter")


def open_viewer(page: Page, console: "Running", text: str) -> None:
    sign_in(page, console)
    search(page, text)
    page.click("a.open")
    page.click(".open-with a")
    page.wait_for_selector("[data-shown]")


def pixels(place: Locator) -> Any:
    shot = Image.open(io.BytesIO(place.screenshot())).convert("L")
    return np.asarray(shot, dtype=np.float32)


def test_a_study_is_found_and_opened_by_keys_alone(page: Page, console: "Running") -> None:
    sign_in(page, console)
    page.locator("body").press("Tab")
    page.get_by_role("link", name="Studies").focus()
    page.keyboard.press("/")
    expect(page.locator("#terms")).to_be_focused()
    page.keyboard.type("maret 2024")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No study matches")).to_be_visible()
    search(page, "oktober 2026")
    expect(page.locator("a.open")).to_have_count(20)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("a.open").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#terms")).to_be_focused()
    page.keyboard.press("ArrowDown")
    name = page.locator("a.open").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


@pytest.mark.parametrize("text", ["siti aminah", "9701015203840001", "00-12-34", "ACC0001"])
def test_whatever_a_clerk_has_finds_the_patient(page: Page, console: "Running", text: str) -> None:
    sign_in(page, console)
    search(page, text)
    expect(page.locator("a.open")).to_have_text(["SITI AMINAH"])
    assert page.url.startswith(f"{console.origin}/list/")
    assert all(text not in path and "AMINAH" not in path for path in console.paths)


def test_back_and_reload_show_the_same_result(page: Page, console: "Running") -> None:
    sign_in(page, console)
    search(page, "budi")
    page.click("a.open")
    page.wait_for_selector(".patient")
    page.go_back()
    expect(page.locator("a.open")).to_have_text(["BUDI SANTOSO"])
    expect(page.locator("#terms")).to_have_value("budi")
    page.reload()
    expect(page.locator("a.open")).to_have_text(["BUDI SANTOSO"])
    page.click("a.open")
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("a.open")).to_have_text(["BUDI SANTOSO"])


def test_filters_search_at_once_and_turn_pages(page: Page, console: "Running") -> None:
    sign_in(page, console)
    page.get_by_role("button", name="Show the latest studies").click()
    expect(page.locator("a.open")).to_have_count(20)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("a.open")).to_have_count(5)
    page.select_option("select[name=modality]", "MR")
    expect(page.locator("a.open")).to_have_text(["NI LUH PUTU ARIYANI"])
    page.get_by_label("Yesterday", exact=True).check()
    expect(page.get_by_role("heading", name="No study matches")).to_be_visible()


def test_a_range_of_days_is_chosen_and_cleared(page: Page, console: "Running") -> None:
    sign_in(page, console)
    first = page.get_by_label("From", exact=True)
    expect(first).to_be_hidden()
    page.get_by_label("Range …", exact=True).check()
    expect(first).to_be_focused()
    first.fill("2026-11-18")
    page.get_by_label("to", exact=True).fill("2026-11-21")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("a.open")).to_have_text(["BUDI SANTOSO", "NI LUH PUTU ARIYANI", "SOEKARNO"])
    page.get_by_role("link", name="Patient", exact=True).click()
    page.get_by_role("link", name="Study date").click()
    expect(page.get_by_role("columnheader", name="Study date")).to_have_attribute(
        "aria-sort", "descending"
    )
    page.reload()
    expect(first).to_have_value("2026-11-18")
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_label("Any day", exact=True)).to_be_checked()


def test_waiting_is_shown_and_a_refusal_read_out(page: Page, console: "Running") -> None:
    sign_in(page, console)
    console.broker.delay_s = 0.5
    console.broker.refusal = BudgetExhausted("x", retry_after_s=5_000)
    search(page, "siti")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("alert")).to_contain_text("about 2 h")
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")


def test_a_session_that_ended_meanwhile_leads_to_the_sign_in(
    page: Page, console: "Running"
) -> None:
    sign_in(page, console)
    console.broker.sessions.clear()
    search(page, "siti")
    page.wait_for_url(f"{console.origin}/sign-in")


def test_everything_works_without_scripts(browser: Browser, console: "Running") -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    sign_in(page, console)
    search(page, "siti aminah")
    page.click("a.open")
    assert page.locator("h1").inner_text() == "SITI AMINAH"
    page.get_by_role("button", name="Sign out").click()
    assert page.url == f"{console.origin}/sign-in"
    context.close()


def test_a_passkey_is_registered_and_signs_in(page: Page, console: "Running") -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    sign_in(page, console, at=3)
    page.goto(f"{console.origin}/account")
    with page.expect_navigation():  # the page comes anew, with the passkey among the ways in
        page.get_by_role("button", name="Register a passkey").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{console.origin}/")
    expect(page.locator(".who")).to_contain_text("Lina Marpaung")


def test_a_passkey_that_nobody_registered_signs_nobody_in(page: Page, console: "Running") -> None:
    page.goto(console.origin)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("status")).not_to_be_empty()
    assert page.url == f"{console.origin}/sign-in"
    assert not console.broker.sessions


def test_on_a_bare_ip_address_passkeys_are_explained(page: Page, console: "Running") -> None:
    page.goto(console.origin.replace("localhost", "127.0.0.1"))
    expect(page.get_by_role("status")).to_contain_text("cannot use passkeys")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_disabled()


def test_language_and_appearance_are_kept(page: Page, console: "Running") -> None:
    sign_in(page, console)
    page.get_by_role("button", name="Bahasa Indonesia").click()
    expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page.get_by_role("button", name="Cari")).to_be_visible()
    page.get_by_role("button", name="Tampilan: Gelap").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(f"{console.origin}/account")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("heading", name="Akun saya")).to_be_visible()


# --- the light viewer ---------------------------------------------------------------------------


def test_the_light_viewer_scrolls_a_series(page: Page, console: "Running") -> None:
    open_viewer(page, console, "tiurma")
    stage, place = page.locator("#stage"), page.locator("#place")
    expect(place).to_have_text("61 / 120")
    before = pixels(stage)
    page.keyboard.press("ArrowDown")
    expect(place).to_have_text("62 / 120")
    stage.hover()
    page.mouse.wheel(0, 100)
    expect(place).to_have_text("63 / 120")
    page.keyboard.press("Home")
    expect(place).to_have_text("1 / 120")
    page.locator("#slider").fill("30")
    expect(stage).to_have_attribute("data-shown", "0/29")
    assert np.abs(pixels(stage) - before).mean() > 1


def test_the_light_viewer_windows_zooms_and_inverts(page: Page, console: "Running") -> None:
    open_viewer(page, console, "siti aminah")
    stage = page.locator("#stage")
    before = pixels(stage)
    assert before.std() > 20
    box = stage.bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    window = page.locator("#window").inner_text()
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 120, middle[1] + 40, steps=6)
    previewed = pixels(stage)
    asked = len(console.paths)
    with page.expect_response(lambda answer: "centre=" in answer.url):
        page.mouse.up()
    page.wait_for_timeout(300)
    rendered = pixels(stage)
    assert page.locator("#window").inner_text() != window
    assert np.abs(previewed - before).mean() > 4
    assert np.abs(previewed - rendered).mean() < 4  # the preview foretold what the server made
    assert len(console.paths) == asked + 1
    page.get_by_role("button", name="Invert").click()
    inside = (slice(100, -100), slice(450, 800))
    assert np.abs(255 - pixels(stage)[inside] - rendered[inside]).mean() < 4
    page.get_by_role("button", name="Invert").click()
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    assert np.abs(pixels(stage) - rendered).mean() > 4
    page.get_by_role("button", name="Fit").click()
    assert np.abs(pixels(stage) - rendered).mean() < 0.5


def test_presets_for_ct_are_offered_for_ct_only(page: Page, console: "Running") -> None:
    open_viewer(page, console, "siti aminah")
    assert page.locator("#preset option:not([hidden])").count() == 3
    page.goto(console.origin)
    search(page, "budi")
    page.click("a.open")
    page.click(".open-with a")
    page.wait_for_selector("[data-shown]")
    assert page.locator("#preset option:not([hidden])").count() == 7
    with page.expect_response(lambda answer: "centre=-600" in answer.url):
        page.select_option("#preset", "lung")
    expect(page.locator("#window")).to_have_text("C -600 · W 1500")


def test_presets_are_offered_for_a_ct_that_states_no_window(page: Page, console: "Running") -> None:
    console.reader.told = {"window": None}
    open_viewer(page, console, "budi")
    assert page.locator("#preset option:not([hidden])").count() == 5  # none relative to its own
    with page.expect_response(lambda answer: "centre=400.0&width=1800.0" in answer.url):
        page.select_option("#preset", "bone")
    expect(page.locator("#window")).to_have_text("C 400 · W 1800")
    page.get_by_role("button", name="Contrast").click()
    with page.expect_response(lambda answer: "centre=" in answer.url):
        drag(page, 60, 0)
    expect(page.locator("#window")).to_have_text("C 400 · W 2191")
    expect(page.locator("#preset")).to_have_value("own")
    page.select_option("#preset", "default")
    expect(page.locator("#window")).to_have_text("")


def test_a_finger_scrolls_and_two_fingers_zoom(browser: Browser, console: "Running") -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, locale="en")  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    open_viewer(page, console, "tiurma")
    devtools = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    place = page.locator("#place")
    expect(place).to_have_text("61 / 120")
    touch("touchStart", (195, 300))
    for y in range(310, 420, 10):
        touch("touchMove", (195, y))
    touch("touchEnd")
    scrolled = place.inner_text()
    assert int(scrolled.split()[0]) > 61
    page.wait_for_timeout(400)
    before = pixels(page.locator("#stage"))
    touch("touchStart", (180, 400), (210, 400))
    for step in range(1, 8):
        touch("touchMove", (180 - 10 * step, 400), (210 + 10 * step, 400))
    touch("touchEnd")
    assert place.inner_text() == scrolled
    assert np.abs(pixels(page.locator("#stage")) - before).mean() > 4
    context.close()


def stage_middle(page: Page) -> tuple[float, float]:
    box = page.locator("#stage").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, dx: int, dy: int) -> None:
    x, y = stage_middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=6)
    page.mouse.up()


def test_contrast_can_be_set_where_the_image_states_none(page: Page, console: "Running") -> None:
    open_viewer(page, console, "tiurma")  # in colour: it has no window
    stage = page.locator("#stage")
    expect(page.locator("#preset")).to_be_hidden()
    expect(page.locator("#window")).to_have_text("")
    before = pixels(stage)
    page.get_by_role("button", name="Contrast").click()
    asked = len(console.paths)
    drag(page, -20, -100)  # brighter: what was black becomes grey
    assert pixels(stage).mean() > before.mean() + 20
    expect(page.locator("#window")).to_contain_text("%")
    assert len(console.paths) == asked  # nothing that the server would know better
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#window")).to_have_text("")
    assert np.abs(pixels(stage) - before).mean() < 0.5


def test_a_picture_is_turned_and_flipped_and_put_back(page: Page, console: "Running") -> None:
    open_viewer(page, console, "budi")
    stage = page.locator("#picture")
    upright = pixels(stage)
    half = (slice(100, -100), slice(400, 800))
    page.keyboard.press("f")
    assert np.abs(pixels(stage)[half] - upright[:, ::-1][half]).mean() < 2
    page.keyboard.press("r")
    turned = pixels(stage)
    page.keyboard.press("r")
    page.keyboard.press("r")
    page.keyboard.press("r")
    assert np.abs(pixels(stage) - turned).mean() > 4
    page.keyboard.press("f")
    assert np.abs(pixels(stage) - upright).mean() < 0.5
    page.keyboard.press("r")
    page.keyboard.press("+")
    page.keyboard.press("0")
    assert np.abs(pixels(stage) - upright).mean() < 0.5


def test_a_film_plays_until_it_is_stopped(page: Page, console: "Running") -> None:
    open_viewer(page, console, "tiurma")
    place = page.locator("#place")
    play = page.get_by_role("button", name="Play")
    page.keyboard.press("End")
    expect(place).to_have_text("120 / 120")
    page.keyboard.press(" ")
    expect(play).to_have_attribute("aria-pressed", "true")
    expect(place).to_have_text(re.compile(r"^\d\d? / 120$"))  # round to the beginning
    page.keyboard.press("ArrowDown")  # who scrolls, looks at one image
    expect(play).to_have_attribute("aria-pressed", "false")
    at = place.inner_text()
    page.wait_for_timeout(300)
    expect(place).to_have_text(at)


def test_a_film_that_is_stopped_and_started_at_once_runs_once(
    page: Page, console: "Running"
) -> None:
    open_viewer(page, console, "tiurma")
    page.keyboard.press("Home")
    page.select_option("#speed", "5")
    page.evaluate("for (let times = 0; times < 9; times++) document.getElementById('play').click()")
    page.wait_for_timeout(2_000)
    page.get_by_role("button", name="Play").click()
    shown = int(page.locator("#place").inner_text().split()[0])
    assert 1 < shown < 30  # five a second, and one for each start


def test_keys_do_the_same_after_the_slider_was_used(page: Page, console: "Running") -> None:
    open_viewer(page, console, "tiurma")
    page.locator("#slider").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#place")).to_have_text("62 / 120")
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="Invert")).to_have_attribute("aria-pressed", "true")


def test_a_film_is_offered_for_more_than_one_image(page: Page, console: "Running") -> None:
    open_viewer(page, console, "siti aminah")
    for name in ("Play", "Scroll"):
        expect(page.get_by_role("button", name=name)).to_be_hidden()


def test_series_stand_beside_the_picture(page: Page, console: "Running") -> None:
    open_viewer(page, console, "budi")
    beside = page.get_by_role("group", name="Choose a series").get_by_role("button")
    expect(beside).to_have_count(2)  # the report holds no picture
    expect(beside.first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#stage")).to_have_attribute("data-shown", "1/0")
    beside.first.click()
    expect(page.locator("#stage")).to_have_attribute("data-shown", "0/0")


def test_a_ruler_has_its_length_in_the_patient(page: Page, console: "Running") -> None:
    open_viewer(page, console, "budi")
    columns, spacing_mm = 512, 0.478516  # of 693_UNCR.dcm
    stage = page.locator("#stage").bounding_box()
    assert stage
    px_per_mm = min(stage["width"], stage["height"]) / (columns * spacing_mm)
    assert ruler_px_per_mm(page) == pytest.approx(px_per_mm, rel=0.02)
    page.keyboard.press("+")
    assert ruler_px_per_mm(page) == pytest.approx(px_per_mm * 1.25, rel=0.02)


def ruler_px_per_mm(page: Page) -> float:
    length, unit = page.locator("#ruler-length").inner_text().split()
    line = page.locator("#ruler-line").bounding_box()
    assert line
    return line["width"] / (float(length) * {"mm": 1, "cm": 10}[unit])


def test_a_length_at_the_detector_is_not_taken_for_one_in_the_patient(
    page: Page, console: "Running"
) -> None:
    console.reader.told = {"width_mm": 350.0, "at_detector": True}
    open_viewer(page, console, "siti aminah")
    expect(page.locator("#ruler-length")).to_have_text("10 cm at the detector")


def test_pixels_that_are_no_squares_are_shown_in_their_shape(
    page: Page, console: "Running"
) -> None:
    open_viewer(page, console, "siti aminah")  # as many rows as columns, on a stage that is wide
    beside = (slice(100, -100), slice(50, 250))
    assert pixels(page.locator("#picture"))[beside].max() == 0
    console.reader.told = {"aspect": 0.5}  # half as high as wide
    page.reload()
    page.wait_for_selector("[data-shown]")
    assert pixels(page.locator("#picture"))[beside].mean() > 20


def test_where_nobody_said_how_large_a_pixel_is_there_is_no_ruler(
    page: Page, console: "Running"
) -> None:
    open_viewer(page, console, "tiurma")
    expect(page.locator("#ruler")).to_be_hidden()


def test_no_more_pixels_are_asked_for_than_there_are(page: Page, console: "Running") -> None:
    open_viewer(page, console, "budi")
    sizes = [
        int(part.split("=")[1])
        for path in console.paths
        for part in path.partition("?")[2].split("&")
        if path.startswith("/pictures/") and part.startswith("size=")
    ]
    assert sizes
    assert max(sizes) == 512


def test_large_images_come_sharper_when_looked_at_closely(page: Page, console: "Running") -> None:
    open_viewer(page, console, "siti aminah")
    assert not any("size=1760" in path for path in console.paths)  # all that RG3_UNCR.dcm has
    with page.expect_response(lambda answer: "size=1760" in answer.url):
        for _ in range(3):
            page.keyboard.press("+")


def test_keys_are_explained_and_do_nothing_meanwhile(page: Page, console: "Running") -> None:
    open_viewer(page, console, "tiurma")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#place")).to_have_text("61 / 120")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Help")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#place")).to_have_text("62 / 120")


def test_what_cannot_be_decoded_is_said_on_the_page_and_in_the_viewer(
    page: Page, console: "Running"
) -> None:
    console.reader.undecodable = True
    sign_in(page, console)
    search(page, "siti aminah")
    page.click("a.open")
    expect(page.locator(".thumb").first).to_have_text("No preview")
    page.click(".open-with a")
    expect(page.locator("#state")).to_contain_text("cannot be shown here")
    console.reader.undecodable = False
    page.get_by_role("button", name="Reset").click()  # what failed is asked for again
    expect(page.locator("#state")).to_have_text("")
    expect(page.locator("#stage")).to_have_attribute("data-shown", "0/0")


def test_a_picture_that_cannot_be_shown_says_so(page: Page, console: "Running") -> None:
    open_viewer(page, console, "tiurma")
    console.broker.sessions.clear()
    page.keyboard.press("End")
    expect(page.locator("#state")).to_contain_text("session has ended")


# --- how it looks -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(390, "id", "light"), (390, "en", "dark"), (1280, "id", "dark"), (1280, "en", "light")],
)
def test_every_page_fits_and_can_be_read_and_hit(
    browser: Browser, console: "Running", width: int, language: str, theme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.set_default_timeout(10_000)
    context.add_cookies(
        [
            {"name": "segel_language", "value": language, "url": console.origin},
            {"name": "segel_theme", "value": theme, "url": console.origin},
        ]
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    ARTIFACTS.mkdir(parents=True, exist_ok=True)

    def look(name: str) -> None:
        page.wait_for_timeout(150)
        page.screenshot(
            path=ARTIFACTS / f"{name}-{width}-{language}-{theme}.png", full_page=name != "viewer"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(LOW_CONTRAST) == [], name
        if width == PHONE["width"]:
            assert page.evaluate(SMALL_TARGETS, TARGET_PX) == [], name

    page.goto(console.origin)
    look("sign-in")
    sign_in(page, console)
    look("welcome")
    page.click(".state button")
    page.wait_for_selector("a.open")
    look("list")
    search(page, "siti aminah 12/3/1984")
    expect(page.locator("a.open")).to_have_count(1)
    look("result")
    search(page, "31-13-99")
    page.wait_for_selector(".state")
    look("empty")
    console.broker.complete = False
    search(page, "budi")
    page.wait_for_selector(".note")
    look("incomplete")
    page.click("a.open")
    page.wait_for_selector(".patient")
    page.wait_for_load_state("networkidle")
    look("study")
    page.click(".open-with a")
    page.wait_for_selector("[data-shown]")
    look("viewer")
    page.goto(f"{console.origin}/account")
    look("account")
    assert said == []
    console.broker.refusal = BudgetExhausted("x", retry_after_s=2_000)
    page.goto(console.origin)
    search(page, "siti")
    page.wait_for_selector(".problem")
    look("budget")
    page.goto(f"{console.origin}/studies/x")
    look("broken-link")
    context.close()


SMALL_TARGETS = """(smallest) => [...document.querySelectorAll("a, button, select, summary")]
  .filter((one) => one.offsetParent && getComputedStyle(one).visibility === "visible")
  .filter((one) => !one.matches(".skip"))
  .map((one) => [one, one.matches(".open") ? one.closest("tr") : one])
  .filter(([, target]) => target.getBoundingClientRect().height < smallest - 0.5)
  .map(([one]) => one.outerHTML.slice(0, 90))"""

LOW_CONTRAST = """() => {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((one) => one / 255)
      .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const one = text.parentElement;
    if (!text.data.trim() || !one.offsetParent) continue;
    if (one.closest("script, .overlay, .visually-hidden, :disabled")) continue;
    const [a, b] = [light(rgba(getComputedStyle(one).color)), light(ground(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${text.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return low;
}"""

"""The verifier in Chromium, with a pretended camera that films a real code."""

import contextlib
import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from cards.test_passes import holder
from segel.cards import base64url, content_of, decode, marks_of
from segel.cards.issuing import pass_ends_at
from segel.cards.passes import gate_text, new_nonce, paper_text
from segel.cards.verifier.texts import TEXTS
from support.cards import TEST, Maker, with_entry
from support.filming import film
from support.screens import CHROMIUM, CHROMIUM_ARGS, PHONE
from support.verifier_node import packages
from support.verifier_site import Lists, Site, list_key, verifier_site

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
MAKER = Maker(not_before=NOW - DAY, not_after=NOW + 90 * DAY)
FAMILY = "Wulandari-Kusumaningtyas"
SOUNDS = """
  window.sounds = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...given) {
    window.sounds.push(this.frequency.value);
    return start.apply(this, given);
  };
  navigator.vibrate = () => true;
"""


def card(*, identifier: str = "URN:UVCI:01:ID:97A1#0", **changes: Any) -> str:
    """A card of a negative test, taken five hours ago; it ends three days after."""
    entry: dict[str, Any] = {**TEST["t"][0], "ci": identifier, **changes}  # type: ignore[index]
    sampled = NOW - 5 * HOUR
    entry.setdefault("sc", "")
    entry["sc"] = sampled.strftime("%Y-%m-%dT%H:%M:%SZ")
    named = with_entry(
        "t", entry, nam={"fn": FAMILY, "fnt": "WULANDARI<KUSUMANINGTYAS", "gn": "Sri"}
    )
    times = {4: int((sampled + 3 * DAY).timestamp()), 6: int((NOW - 4 * HOUR).timestamp())}
    return MAKER.text(named, changes=times)


CARD = card()
REVOKED = card(identifier="URN:UVCI:01:ID:97D4#0")


def marks(text: str) -> tuple[bytes, ...]:
    opened = decode(text)
    return marks_of(opened, content_of(opened)[0])


@dataclass
class Desk:
    """A verifier's browser on a site; ``troubles`` are errors of the page's scripts."""

    site: Site
    context: BrowserContext
    page: Page
    profile: Path
    troubles: list[str]

    def open(self) -> None:
        self.page.goto(f"{self.site.origin}/verify/")
        expect(self.page.locator("body.ready")).to_be_attached(timeout=20_000)

    def judge(self, text: str) -> str:
        """The verdict of a pasted text, and all that is said beside it."""
        self.page.evaluate("document.querySelector('.other-ways details').open = true")
        self.page.fill("#text", text)
        self.page.click("#paste button")
        return self.verdict()

    def verdict(self) -> str:
        result = self.page.locator("#result")
        expect(result).to_be_visible(timeout=20_000)
        said = f"{result.get_attribute('data-verdict')}: {result.inner_text()}"
        self.page.click("#result .next")
        expect(result).to_be_hidden()
        assert self.page.inner_html("#result") == ""
        return said


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    packages()
    if shutil.which(CHROMIUM) is None:
        pytest.skip("Chromium is not installed at /usr/bin/chromium")
    folder = tmp_path_factory.mktemp("verifier")
    filmed = film(folder / "card.y4m", CARD)
    lists = Lists()
    lists.publish([MAKER])
    troubles: list[str] = []
    with verifier_site(lists) as site, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=CHROMIUM,
            args=[
                *CHROMIUM_ARGS,
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={filmed}",
            ],
            viewport=PHONE,  # type: ignore[arg-type]
            locale="en-GB",
            permissions=["camera"],
        )
        context.add_init_script(SOUNDS)
        page = context.pages[0]
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console", lambda said: troubles.extend([said.text] if said.type == "error" else [])
        )
        found = Desk(site, context, page, folder / "profile", troubles)
        found.open()
        yield found
        with contextlib.suppress(Exception):
            context.close()


def test_a_card_before_the_camera_is_shown_fit_in_colour_words_and_sound(desk: Desk) -> None:
    desk.page.click("#start")
    result = desk.page.locator("#result")
    expect(result).to_be_visible(timeout=20_000)
    said = result.inner_text()
    assert all(one in said for one in ("FIT", f"Sri {FAMILY}", "born 11 April 1987"))
    colour = result.evaluate("it => getComputedStyle(it).backgroundColor")
    assert colour == "rgb(11, 106, 51)"
    assert desk.page.evaluate("sounds.slice(-2)") == [660, 990]
    desk.page.click("#result .next")
    assert FAMILY not in desk.page.content()
    assert desk.page.inner_text("#count-fit") == "1"
    desk.page.click("#start")
    assert desk.page.evaluate("document.getElementById('video').srcObject") is None
    assert desk.troubles == []


def test_a_result_goes_by_itself(desk: Desk) -> None:
    desk.page.clock.install()
    desk.page.evaluate("document.querySelector('.other-ways details').open = true")
    desk.page.fill("#text", CARD)
    desk.page.click("#paste button")
    expect(desk.page.locator("#result")).to_be_visible()
    assert desk.page.input_value("#text") == ""
    desk.page.clock.fast_forward(15_500)
    expect(desk.page.locator("#result")).to_be_hidden()
    assert FAMILY not in desk.page.content()


def test_what_does_not_fit_says_which_rule_or_reason_and_names_nobody(desk: Desk) -> None:
    positive = desk.judge(card(tr="260373001"))
    assert positive.startswith("not: ")
    assert "Not met: " in positive
    assert "The test found the virus." in positive
    broken = desk.judge(CARD[:300] + CARD[301:])
    assert broken.startswith("cannot: ")
    changed = desk.judge(Maker().text(with_entry("t", TEST["t"][0])))  # type: ignore[index]
    assert changed.startswith("not: ")
    assert "key-unknown" in changed
    nothing = desk.judge("https://example.org/")
    assert nothing.startswith("cannot: ")
    assert "prefix-missing" in nothing
    assert FAMILY not in positive + broken + changed + nothing
    assert desk.page.evaluate("new Set(sounds).size") >= 3


def test_the_other_language_says_the_same(desk: Desk) -> None:
    desk.page.click("#language")
    assert desk.page.get_attribute("html", "lang") == "id"
    assert "LAYAK" in desk.judge(CARD)
    assert "Tidak terpenuhi: " in desk.judge(card(tr="260373001"))
    desk.page.click("#language")


def test_a_picture_of_a_card_is_read(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    code = zxingcpp.create_barcode(CARD, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    Image.fromarray(code.to_image(scale=3)).save(path)
    desk.page.set_input_files("#picture", path)
    assert desk.verdict().startswith("fit: ")
    Image.new("L", (200, 200), "white").save(path)
    desk.page.set_input_files("#picture", path)
    assert "picture-without-qr" in desk.verdict()
    path.write_bytes(b"\x89PNG\r\n\x1a\nnone")
    desk.page.set_input_files("#picture", path)
    assert "picture-unreadable" in desk.verdict()


def test_a_revoked_card_is_refused_and_an_older_list_does_not_bring_it_back(desk: Desk) -> None:
    assert desk.judge(REVOKED).startswith("fit: ")
    desk.site.lists.publish([MAKER], serial=2, revoked=marks(REVOKED)[:1])
    desk.page.evaluate("document.getElementById('lists').open = true")
    desk.page.click("#refresh")
    expect(desk.page.locator("#lists")).to_contain_text("No. 2")
    assert "revoked" in desk.judge(REVOKED)
    assert desk.judge(CARD).startswith("fit: ")
    newest = dict(desk.site.lists.files)
    desk.site.lists.publish([MAKER], serial=1)
    desk.open()
    assert "older than one that this verifier had" in desk.page.text_content("#lists")  # type: ignore[operator]
    assert "revoked" in desk.judge(REVOKED)
    stranger = Lists(list_key())
    stranger.publish([MAKER], serial=9)
    desk.site.lists.files = stranger.files
    desk.open()
    assert "not set up with" in desk.page.text_content("#lists")  # type: ignore[operator]
    assert "revoked" in desk.judge(REVOKED)
    desk.site.lists.files = newest


def test_in_aeroplane_mode_it_starts_and_judges_by_the_camera(desk: Desk) -> None:
    desk.open()
    desk.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    desk.context.set_offline(True)
    try:
        desk.open()
        assert desk.page.evaluate("fetch('/cards/trust.jws').then(() => 1, () => 0)") == 0
        desk.page.click("#start")
        assert desk.verdict().startswith("fit: ")
        desk.page.click("#start")
        assert "revoked" in desk.judge(REVOKED)
        assert desk.troubles == [] or all("ERR_INTERNET" in one for one in desk.troubles)
    finally:
        desk.context.set_offline(False)
    desk.troubles.clear()


def test_an_expired_card_and_expired_lists_are_told_apart(desk: Desk) -> None:
    desk.page.clock.set_fixed_time(NOW + 3 * DAY)
    expired = desk.judge(CARD)
    assert expired.startswith("not: ")
    assert "The card has expired." in expired
    desk.page.clock.set_fixed_time(NOW + 4 * DAY)
    desk.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(desk.page.locator("#lists[data-state=ageing]")).to_be_attached()
    desk.page.clock.set_fixed_time(NOW + 8 * DAY)
    no_lists = desk.judge(CARD)
    assert no_lists.startswith("cannot: ")
    assert "lists-expired" in no_lists
    assert desk.page.get_attribute("#lists", "data-state") == "unusable"
    desk.page.clock.set_fixed_time(NOW - DAY)
    assert "lists-not-yet-valid" in desk.judge(CARD)
    desk.page.clock.set_fixed_time(datetime.now(UTC))


def test_a_gate_lets_in_who_answers_its_own_code_once(desk: Desk) -> None:
    guest = holder(3, pass_ends_at(NOW, NOW + 60 * HOUR), MAKER)
    typed = desk.page.locator("#gate-typed")
    desk.page.click("#mode-gate")
    expect(typed).not_to_be_empty()
    nonce = base64url.decode(typed.inner_text())
    shown = zxingcpp.read_barcodes(Image.open(io.BytesIO(desk.page.screenshot(full_page=True))))
    assert [one.text for one in shown] == [gate_text(nonce)]
    answer = guest.answer(0, nonce)
    assert desk.judge(guest.answer(1, new_nonce())).startswith("not: ")
    assert desk.judge(answer).startswith("fit: ")
    assert typed.inner_text() != base64url.encode(nonce)
    assert "answer-wrong" in desk.judge(answer)
    assert "answer-missing" in desk.judge(paper_text(guest.passes[2]))
    desk.page.check("#paper")
    assert desk.judge(paper_text(guest.passes[2])).startswith("fit: ")
    assert "pass-missing" in desk.judge(CARD)
    desk.page.click("#mode-card")
    assert desk.judge(CARD).startswith("fit: ")


def test_a_newer_edition_is_offered_and_taken_when_the_person_says_so(desk: Desk) -> None:
    pins = "fetch('config.json').then(it => it.json()).then(it => it.pins.length)"
    desk.open()
    assert desk.page.evaluate(pins) == 1
    desk.site.edit([list_key().pin])
    desk.open()
    expect(desk.page.locator("#update")).to_be_visible(timeout=20_000)
    assert desk.page.evaluate(pins) == 1
    with desk.page.expect_navigation():
        desk.page.click("#update button")
    expect(desk.page.locator("body.ready")).to_be_attached(timeout=20_000)
    assert desk.page.evaluate(pins) == 2


def test_the_profile_has_counts_and_nothing_of_a_card(desk: Desk) -> None:
    """The last: it closes the browser. What must be there is looked for in the same way."""
    assert desk.troubles == []
    desk.context.close()
    content = b"\n".join(one.read_bytes() for one in desk.profile.rglob("*") if one.is_file())
    everything = content + content.replace(b"\0", b"")  # also what is written in UTF-16
    assert b"segel-verifier-counts" in everything
    assert b"segel-revoked+jws" in everything or b"c2VnZWwtcmV2b2tlZCtqd3M" in everything
    traces = [
        FAMILY,
        "KUSUMANINGTYAS",
        "1987-04-11",
        "11 April 1987",
        "97A1#0",
        CARD[4:40],
    ]
    assert [one for one in traces if one.encode() in everything] == []


def test_the_page_has_no_words_of_its_own_and_leaves_none_unused() -> None:
    folder = Path(__file__).parents[2] / "src" / "segel" / "cards" / "verifier"
    page = (folder / "index.html").read_text()
    bare = re.sub(r"<title>.*?</title>|<[^>]*>|\s", "", page)
    assert bare.replace("0", "") == ""
    scripts = "".join(one.read_text() for one in folder.rglob("*.js"))
    named = set(re.findall(r'data-(?:text|label)="([^"]+)"', page))
    named |= set(re.findall(r'"([a-z]+\.[a-z-]+)"', scripts)) & TEXTS.keys()
    prefixes = ("verdict.", "lists.", "result.")  # completed by verdict, list, and kind of rule
    assert named <= TEXTS.keys()
    assert [key for key in TEXTS if key not in named and not key.startswith(prefixes)] == []
    assert all(one and one == one.strip() for pair in TEXTS.values() for one in pair)

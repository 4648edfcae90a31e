"""The holder's app in Chromium: keys that cannot be taken, answers without a network, a camera."""

import io
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import pytest
import uvicorn
import zxingcpp
from litestar import Litestar, Request, Response, post
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from segel.app import card_wallet
from segel.cards import Reason, base64url, wallet
from segel.cards.issuing import make_passes, pass_ends_at
from segel.cards.passes import gate_text, judge_pass, new_nonce
from segel.cards.signatures import sign_with
from segel.cards.wallet.texts import TEXTS
from support.cards import Maker
from support.filming import film
from support.screens import CHROMIUM, CHROMIUM_ARGS, PHONE
from support.verifier_node import packages

NOW = datetime.now(UTC)
MAKER = Maker(not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=90))
FILMED = b"a gate's nonce 1"
BATCH = 8


@dataclass
class Archive:
    """What the app asks: passes of a signer of the test's, or a refusal."""

    status: int = 200
    keys: list[bytes] = field(default_factory=list)

    def made(self, body: bytes) -> Response[bytes]:
        if self.status != 200:
            return Response(b"", status_code=self.status)
        points = [base64url.decode(one) for one in json.loads(body)["keys"]]
        self.keys += points
        ends_at = pass_ends_at(NOW, NOW + timedelta(hours=48))
        made = make_passes(
            points, "ID", key_id=MAKER.signer.key_id, ends_at=ends_at, sign=sign_with(MAKER.key)
        )
        said = {"passes": [base64url.encode(one) for one in made], "ends_s": ends_at}
        return Response(json.dumps(said).encode(), status_code=200, media_type="application/json")


@dataclass
class Phone:
    """The app in a holder's browser."""

    origin: str
    archive: Archive
    context: BrowserContext
    page: Page

    def open(self) -> None:
        self.page.goto(f"{self.origin}/passes/")
        expect(self.page.locator("body.ready")).to_be_attached(timeout=20_000)

    def get(self) -> None:
        self.page.click("#get")
        expect(self.page.locator("#get")).to_be_enabled(timeout=20_000)

    def type(self, text: str) -> None:
        self.page.evaluate("document.getElementById('typing').open = true")
        self.page.fill("#nonce", text)
        self.page.click("#type button")

    def seen(self) -> Any:
        """The code that is shown, as a gate's camera reads it."""
        shown = self.page.locator("#shown")
        expect(shown).to_be_visible(timeout=20_000)
        picture = Image.open(io.BytesIO(shown.locator(".code").screenshot()))
        (code,) = zxingcpp.read_barcodes(picture)
        self.page.click("#shown .done")
        expect(shown).to_be_hidden()
        return code

    def left(self) -> str:
        return self.page.inner_text("#left")


def test_the_apps_words_are_there_in_both_languages_with_the_same_gaps() -> None:
    sources = "".join(
        resources.files(wallet).joinpath(name).read_text()
        for name in ("index.html", "page/wallet.js")
    )
    for key, pair in TEXTS.items():
        assert all(one.strip() for one in pair), key
        gaps = [set(re.findall(r"{(\w+)}", one)) for one in pair]
        assert gaps[0] == gaps[1], key
        assert f'"{key}"' in sources, key


def said(key: str, **gaps: object) -> str:
    return TEXTS[key][0].format(**gaps)


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    folder = packages()
    if shutil.which(CHROMIUM) is None:
        pytest.skip("Chromium is not installed at /usr/bin/chromium")
    place = tmp_path_factory.mktemp("wallet")
    filmed = film(place / "gate.y4m", gate_text(FILMED))
    archive = Archive()

    @post("/my/passes")
    async def issued(request: Request[Any, Any, Any]) -> Response[bytes]:
        return archive.made(await request.body())

    site = Litestar([card_wallet.handler(folder), issued], openapi_config=None)
    with socket.create_server(("127.0.0.1", 0)) as listening, sync_playwright() as playwright:
        server = uvicorn.Server(uvicorn.Config(site, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        context = playwright.chromium.launch_persistent_context(
            place / "profile",
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
        origin = f"http://localhost:{listening.getsockname()[1]}"
        found = Phone(origin, archive, context, context.pages[0])
        found.open()
        yield found
        context.close()
        server.should_exit = True
        thread.join()


def test_passes_are_fetched_for_keys_that_cannot_leave_the_browser(phone: Phone) -> None:
    phone.page.click("#drop")
    assert phone.left() == said("left.none")
    expect(phone.page.locator("#start")).to_be_disabled()
    phone.get()
    expect(phone.page.locator("#left")).to_contain_text(f"Passes left: {BATCH}")
    assert len(set(phone.archive.keys)) == len(phone.archive.keys) >= BATCH
    exported = phone.page.evaluate(
        """async () => {
          const database = await new Promise((done) => {
            const asked = indexedDB.open("segel-passes");
            asked.onsuccess = () => done(asked.result);
          });
          const all = await new Promise((done) => {
            const asked = database.transaction("passes").objectStore("passes").getAll();
            asked.onsuccess = () => done(asked.result);
          });
          const taken = (key) => ["jwk", "pkcs8"].map((it) => crypto.subtle.exportKey(it, key));
          const tried = await Promise.allSettled(all.flatMap(({ key }) => taken(key)));
          return tried.map(({ status }) => status);
        }"""
    )
    assert exported == ["rejected"] * 2 * BATCH


def test_a_gate_is_answered_without_a_network_and_each_pass_answers_once(phone: Phone) -> None:
    phone.page.click("#drop")
    phone.get()
    phone.context.set_offline(True)
    try:
        phone.page.reload()
        expect(phone.page.locator("body.ready")).to_be_attached(timeout=20_000)
        shown = []
        for count in (7, 6):
            nonce = new_nonce()
            phone.type(gate_text(nonce))
            code = phone.seen()
            judged = judge_pass(code.text, MAKER.trust, NOW, nonce)
            assert judged.reason is Reason.VALID
            assert (
                judge_pass(code.text, MAKER.trust, NOW, new_nonce()).reason is Reason.ANSWER_WRONG
            )
            assert (int(code.extra["Version"]), code.ec_level) == (13, "Q")
            shown.append(code.text)
            expect(phone.page.locator("#left")).to_contain_text(f"Passes left: {count}")
        assert shown[0] != shown[1]
        phone.type("hello")
        expect(phone.page.locator("#told")).to_have_text(said("type.wrong"))
    finally:
        phone.context.set_offline(False)


def test_a_gates_code_is_read_by_the_camera(phone: Phone) -> None:
    phone.page.click("#drop")
    phone.get()
    expect(phone.page.locator("#start")).to_be_enabled()
    phone.page.click("#start")
    assert judge_pass(phone.seen().text, MAKER.trust, NOW, FILMED).valid


def test_a_pass_on_paper_says_that_it_can_be_copied_and_linked(phone: Phone) -> None:
    phone.page.click("#drop")
    phone.get()
    phone.page.evaluate("window.print = () => {}")
    phone.page.evaluate("document.getElementById('paper').open = true")
    assert said("paper.what") in phone.page.inner_text("main")
    phone.page.click("#print")
    expect(phone.page.locator("#shown")).to_contain_text(said("paper.linked"))
    code = phone.seen()
    assert judge_pass(code.text, MAKER.trust, NOW).reason is Reason.ANSWER_MISSING
    assert judge_pass(code.text, MAKER.trust, NOW, paper=True).valid
    assert int(code.extra["Version"]) <= 13


@pytest.mark.parametrize(
    ("status", "key"),
    [(401, "get.sign-in"), (422, "get.not-fit"), (429, "get.many"), (503, "get.away")],
)
def test_why_there_are_no_passes_is_said(phone: Phone, status: int, key: str) -> None:
    phone.archive.status = status
    try:
        phone.get()
        expect(phone.page.locator("#got")).to_have_text(said(key))
        assert phone.page.locator("#sign-in").is_visible() == (status == 401)
    finally:
        phone.archive.status = 200

"""The verifier in a browser: from the camera's frame to the verdict, on a phone's processor.

Chromium films the code of a card. Its page runs with the processor slowed down four times, which is
a cheap phone beside this machine. The browser slows the page's thread and not the worker that finds
the code, so that the worker's time is counted four times here.
"""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.archives import SEGEL, BenchFailed
from bench.keeping import Alone
from bench.releasing import percentile
from bench.results import P50, P99, Against, Line, Target
from bench.rounds import Figures
from support.cards import TEST, Maker, with_entry
from support.filming import film
from support.screens import CHROMIUM, CHROMIUM_ARGS, PHONE
from support.verifier_node import PACKAGES
from support.verifier_site import Lists, verifier_site

SLOWER: Final = 4
READINGS: Final = 3
QUICK_READINGS: Final = 1
SHOWN: Final = (Target(Against.MILLISECONDS, 300.0),)
_TIMEOUT_MS: Final = 30_000
_TAKE: Final = """async () => {
  let one;
  while (!([one] = performance.getEntriesByName("frame-to-result"), one)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  performance.clearMeasures();
  return [one.duration, one.detail.readerMs];
}"""


def scan(alone: Alone) -> Line:
    """Milliseconds from the first frame with a code to the verdict on the screen."""
    if not (shutil.which(CHROMIUM) and PACKAGES.is_dir()):
        raise BenchFailed("The verifier's browser is not installed: make peers web-peers")
    readings = QUICK_READINGS if alone.quick else READINGS
    now = datetime.now(UTC)
    maker = Maker(not_before=now - timedelta(days=1), not_after=now + timedelta(days=30))
    lists = Lists()
    lists.publish([maker])
    with tempfile.TemporaryDirectory() as folder, verifier_site(lists) as site:
        filmed = film(Path(folder) / "card.y4m", _card(maker, now))
        flags = [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={filmed}",
        ]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=[*CHROMIUM_ARGS, *flags]
            )
            context = browser.new_context(
                viewport=PHONE,  # type: ignore[arg-type]
                permissions=["camera"],
            )
            address = f"{site.origin}/verify/"
            rounds = [
                [_opened(context, address) for _ in range(readings)]
                for _ in range(alone.rounds + 1)
            ][1:]
            browser.close()
    first = sorted(one for some in rounds for one, _ in some)
    second = sorted(other for some in rounds for _, other in some)
    return Line(
        "scan",
        f"verifier in Chromium, frame to first verdict, processor ÷ {SLOWER}",
        "ms",
        {SEGEL: Figures([max(one for one, _ in some) for some in rounds])},
        SHOWN,
        notes=f"{len(first)} pages opened, the first card of each; the second card of a page takes"
        f" {percentile(second, 50):.0f} ms (median); the worker's part is counted {SLOWER} times,"
        " because the browser does not slow it",
        extra={P50: percentile(first, 50), P99: percentile(first, 99)},
    )


def _opened(context: BrowserContext, address: str) -> tuple[float, float]:
    """Of a page that was just opened: its first and its second card."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body.ready", timeout=_TIMEOUT_MS)
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    taken = _reading(page), _reading(page)
    page.close()
    return taken


def _reading(page: Page) -> float:
    page.click("#start")
    page.wait_for_selector("#result .next", timeout=_TIMEOUT_MS)
    whole, reader = page.evaluate(_TAKE)
    page.click("#result .next")
    page.click("#start")  # the same code is not read again as long as it is held up
    return float(whole - reader + SLOWER * reader)


def _card(maker: Maker, now: datetime) -> str:
    entry: dict[str, Any] = TEST["t"][0]  # type: ignore[index]
    sampled = now - timedelta(hours=5)
    named = with_entry("t", {**entry, "sc": sampled.strftime("%Y-%m-%dT%H:%M:%SZ")})
    ends = sampled + timedelta(days=3)
    return maker.text(named, changes={4: int(ends.timestamp()), 6: int(sampled.timestamp())})

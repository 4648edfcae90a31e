"""Chromium for tests, and whether what it shows is the picture that it should."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from pydicom.pixels.processing import apply_modality_lut, apply_windowing

CHROMIUM: Final = "/usr/bin/chromium"
CHROMIUM_ARGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: Final = {"width": 390, "height": 844}

LIKE: Final = 0.97
"""Correlation of the screen with pydicom's own rendering; a viewer's overlays cover a little.
Another image of the same size stays under 0.8."""

_STEP_PX: Final = 2
_MARGIN: Final = 0.06
"""Of the picture's sides: left out, because overlays stand there."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless; skips the test where there is none.

    For fixtures of one module: while Playwright's loop is there, no other loop can run.
    """
    if shutil.which(CHROMIUM) is None:
        pytest.skip("Chromium is not installed at /usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


def shot(page: Page, folder: Path, name: str) -> None:
    """Keep a picture of a page that is to be looked at; nothing of it is beyond the screen."""
    folder.mkdir(parents=True, exist_ok=True)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.evaluate("innerWidth"), name
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def expected_picture(dataset: pydicom.Dataset) -> Image.Image:
    """pydicom's own rendering of a grey image, in 8 bits."""
    values = apply_windowing(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    low, high = float(values.min()), float(values.max())
    grey = (np.asarray(values, dtype=np.float32) - low) / (high - low) * 255
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = 255 - grey
    return Image.fromarray(grey.astype(np.uint8))


def likeness(page: Page, place: str, expected: Image.Image) -> float:
    """How well ``expected``, fitted into the element ``place``, is what the screen shows there.

    A correlation from -1 to 1, the best over a few pixels' difference in place and size.
    """
    shot = Image.open(io.BytesIO(page.locator(place).first.screenshot())).convert("L")
    screen = np.asarray(shot, dtype=np.float32)
    height, width = screen.shape
    scale = min(width / expected.width, height / expected.height)
    best = -1.0
    for shrink in range(0, 12, _STEP_PX):
        wide = round(expected.width * scale) - shrink
        high = round(expected.height * scale) - shrink
        fitted = np.asarray(expected.resize((wide, high)), dtype=np.float32)
        rows, columns = _inner(high), _inner(wide)
        for top in _around((height - high) // 2):
            for left in _around((width - wide) // 2):
                part = screen[max(0, top) :, max(0, left) :][:high, :wide]
                if part.shape == fitted.shape:
                    best = max(best, _correlation(part[rows, columns], fitted[rows, columns]))
    return best


def wait_for_picture(page: Page, place: str, expected: Image.Image, *, attempts: int = 40) -> float:
    """The likeness once it is high enough, or the last one after ``attempts`` half-seconds."""
    found = -1.0
    for _ in range(attempts):
        found = likeness(page, place, expected)
        if found > LIKE:
            break
        page.wait_for_timeout(500)
    return found


def _around(middle: int) -> range:
    return range(middle - 6, middle + 7, _STEP_PX)


def _inner(side: int) -> slice:
    margin = int(side * _MARGIN)
    return slice(margin, side - margin, 5)


def _correlation(one: Any, other: Any) -> float:
    if one.std() == 0 or other.std() == 0:
        return -1.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def device(page: Page) -> None:
    """Give the page's browser a passkey authenticator of its own."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
               "hasUserVerification": True, "isUserVerified": True}  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

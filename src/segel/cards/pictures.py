"""QR codes out of pictures, by zxing-cpp."""

import io
import warnings
from dataclasses import dataclass
from typing import Final

import zxingcpp
from PIL import Image

from segel.cards.errors import CardRefused
from segel.cards.numeric import PREFIX
from segel.cards.reasons import Reason

PICTURE_BYTES_MAX: Final = 32 * 1024 * 1024
PIXELS_MAX: Final = 64_000_000
"""A telephone's largest pictures; 64 MB as the one channel that is read."""
FORMATS: Final = ("PNG", "JPEG")
HEALTH_CARD_VERSION_MAX: Final = 22
"""SMART Health Cards, Health Cards as QR Codes."""
SCALE: Final = 3
"""Small pictures are read again, larger: modules of about a pixel are not found otherwise."""
SMALL_PIXELS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code: its text, and its version (1 to 40; 0 where the reader does not say)."""

    text: str
    version: int


def codes_in(picture: bytes) -> list[Code]:
    """The QR codes in a PNG or JPEG, each once, from top to bottom. Raises CardRefused."""
    if len(picture) > PICTURE_BYTES_MAX:
        raise CardRefused(Reason.PICTURE_TOO_LARGE)
    grey = _opened(picture)
    found = _read(grey)
    if not found and grey.width * grey.height <= SMALL_PIXELS:
        size = grey.width * SCALE, grey.height * SCALE
        found = _read(grey.resize(size, Image.Resampling.NEAREST))
    if not found:
        raise CardRefused(Reason.PICTURE_WITHOUT_QR)
    return found


def demand_card_sized(code: Code) -> None:
    """Raises CardRefused where a SMART Health Card's code is larger than theirs may be."""
    if code.text.startswith(PREFIX) and code.version > HEALTH_CARD_VERSION_MAX:
        raise CardRefused(Reason.QR_VERSION)


def _opened(picture: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(picture), formats=FORMATS)
            if opened.width * opened.height > PIXELS_MAX:
                raise CardRefused(Reason.PICTURE_TOO_LARGE)
            if "A" in opened.getbands() or "transparency" in opened.info:
                on_white = Image.new("RGBA", opened.size, "white")
                on_white.alpha_composite(opened.convert("RGBA"))
                return on_white.convert("L")
            return opened.convert("L")
    except CardRefused:
        raise
    except Image.DecompressionBombError:
        raise CardRefused(Reason.PICTURE_TOO_LARGE) from None
    except Exception:  # Pillow's readers raise what they meet: OSError, ValueError, SyntaxError, …
        raise CardRefused(Reason.PICTURE_UNREADABLE) from None


def _read(grey: Image.Image) -> list[Code]:
    found = zxingcpp.read_barcodes(
        grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    ordered = sorted(found, key=lambda one: (one.position.top_left.y, one.position.top_left.x))
    codes = [Code(one.text, _version(one)) for one in ordered if one.valid]
    return list(dict.fromkeys(codes))


def _version(found: zxingcpp.Barcode) -> int:
    said = found.extra.get("Version", "") if isinstance(found.extra, dict) else ""
    return int(said) if str(said).isdigit() else 0

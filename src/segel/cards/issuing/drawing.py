"""QR codes of cards, by segno: at most version 20, which a phone reads from a hand's length.

A certificate is drawn with level Q (a quarter of it may be dirty). A SMART Health Card needs more
room for the same; it gets the best level that version 20 has room for.
"""

import io
from dataclasses import dataclass, field
from typing import Any, Final

import segno

from segel.cards import hcert, numeric

VERSION_MAX: Final = 20
HCERT_CHARACTERS_MAX: Final = 702
"""Alphanumeric characters of version 20-Q (ISO/IEC 18004, table 7)."""
DIGITS_MAX: Final = {"q": 1141, "m": 1582, "l": 2043}
"""Digits of version 20 behind ``shc:/``, by level: its codewords (table 7) less both headers."""
HEALTH_CARD_CHARACTERS_MAX: Final = DIGITS_MAX["l"] // 2
"""Of a JWS: two digits each."""
BORDER: Final = 4
"""The quiet zone (ISO/IEC 18004 § 6.3.8)."""
PNG_SCALE: Final = 8


@dataclass(frozen=True, slots=True)
class Drawing:
    """A QR code: its version, its level (L, M, Q), and the pictures of it."""

    version: int
    level: str
    svg: bytes = field(repr=False)
    png: bytes = field(repr=False)


def draw(text: str) -> Drawing:
    """The QR code of a card's text, which was made here."""
    if text.startswith(hcert.PREFIX):
        code = segno.make(text, error="q", mode="alphanumeric", micro=False, boost_error=False)
    else:
        digits = text.removeprefix(numeric.PREFIX)
        assert len(digits) <= DIGITS_MAX["l"], "what is made is measured before it is signed"
        # Two parts, so that the digits take three and a third bits each, not eight.
        parts: Any = [numeric.PREFIX, digits]
        code = segno.make_qr(parts, error=_level_of(digits), boost_error=False)
    assert isinstance(code.version, int)
    assert code.version <= VERSION_MAX, "what is made is measured before it is signed"
    return Drawing(code.version, str(code.error), _saved(code, "svg"), _saved(code, "png"))


def draw_link(text: str) -> bytes:
    """The QR code of a SMART Health Link as SVG, at level M: it is scanned once, from a screen."""
    return _saved(segno.make_qr(text, error="m"), "svg")


def _level_of(digits: str) -> str:
    """The best level at which so many digits, behind ``shc:/``, fit into ``VERSION_MAX``."""
    return next(level for level, most in DIGITS_MAX.items() if len(digits) <= most)


def _saved(code: segno.QRCode, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "svg":
        code.save(out, kind="svg", border=BORDER, omitsize=True, xmldecl=False, light="#fff")
    else:
        code.save(out, kind="png", border=BORDER, scale=PNG_SCALE)
    return out.getvalue()

"""From a text to an opened card: which kind it is stands in how it begins."""

import re
from collections.abc import Sequence
from typing import Final

from segel.cards import hcert, numeric, shc
from segel.cards.errors import CardRefused
from segel.cards.model import Card
from segel.cards.reasons import Reason

TEXT_CHARACTERS_MAX: Final = 128 * 1024
"""A QR code holds 7,089; a health card in a file may be larger."""
HCERT_CHARACTERS_MAX: Final = 8 * 1024
"""A QR code holds 4,296 of Base45's characters."""
LINK: Final = "shlink:/"
_OTHER_CONTEXT: Final = re.compile(r"HC\d:")
_COMPACT_JWS: Final = re.compile(r"eyJ[^\s]*\.[^\s]*\.[^\s]*")


def decode(text: str) -> Card:
    """The card that a QR code's text, or a compact JWS, is. Raises CardRefused."""
    return decode_all([text])


def decode_all(texts: Sequence[str]) -> Card:
    """The card that the texts of its QR codes are together. Raises CardRefused."""
    for text in texts:
        _demand_a_card(text)
    first = texts[0]
    if len(texts) > 1 or first.startswith(numeric.PREFIX):
        return shc.open_qr(texts)
    if first.startswith(hcert.PREFIX):
        return hcert.open_certificate(first)
    return shc.open_jws(first)


def _demand_a_card(text: str) -> None:
    if not text.strip():
        raise CardRefused(Reason.TEXT_EMPTY)
    if len(text) > TEXT_CHARACTERS_MAX:
        raise CardRefused(Reason.TEXT_TOO_LONG)
    if text.startswith(hcert.PREFIX):
        if len(text) > HCERT_CHARACTERS_MAX:
            raise CardRefused(Reason.TEXT_TOO_LONG)
        return
    known = text.startswith(numeric.PREFIX) or _COMPACT_JWS.match(text)
    if text != text.strip():
        stripped = text.strip()
        known = stripped.startswith((hcert.PREFIX, numeric.PREFIX)) or _COMPACT_JWS.match(stripped)
        raise CardRefused(Reason.TEXT_SURROUNDED if known else Reason.PREFIX_MISSING)
    if LINK in text[:512]:
        raise CardRefused(Reason.IS_A_LINK)
    if _OTHER_CONTEXT.match(text):
        raise CardRefused(Reason.PREFIX_UNKNOWN)
    if not known:
        raise CardRefused(Reason.PREFIX_MISSING)

"""The letters of what is printed: one font in two weights that goes with the paper."""

import io
import threading
from functools import lru_cache
from importlib.resources import files
from typing import Final

from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

PLAIN: Final = "Segel"
BOLD: Final = "Segel-Bold"
UNPRINTABLE: Final = "□"
_FILES: Final = {PLAIN: "DejaVuSans.ttf", BOLD: "DejaVuSans-Bold.ttf"}

drawing: Final = threading.Lock()
"""The library's fonts remember which document they are being put into: one is drawn at a time."""


@lru_cache
def fonts() -> frozenset[int]:
    """Make the fonts known; what can be printed with them."""
    folder = files("segel.records.reports") / "fonts"
    printable: frozenset[int] | None = None
    for name, file in _FILES.items():
        font = TTFont(name, io.BytesIO((folder / file).read_bytes()))
        registerFont(font)
        known = frozenset(font.face.charToGlyph)
        printable = known if printable is None else printable & known
    assert printable, "both fonts have letters"
    return printable


def in_letters(text: str, printable: frozenset[int]) -> str:
    """A text as it is printed: what has no letter is a box."""
    return "".join(
        sign if ord(sign) in printable else " " if sign.isspace() else UNPRINTABLE for sign in text
    )

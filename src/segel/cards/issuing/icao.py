"""Names as a passport's machine-readable zone has them (ICAO Doc 9303-3, § 4.6 and § 6).

``fnt`` and ``gnt`` of a certificate are written so (eHN DCC schema 1.3): A to Z, and ``<`` between
the parts. Where Doc 9303 leaves a choice, its recommended one is taken.
"""

import unicodedata
from typing import Final

from segel.cards.issuing.errors import CardFault, CardNotMade

LENGTH_MAX: Final = 80
"""Of the schema. Longer ones are cut, as Doc 9303 has it."""
FILLER: Final = "<"

_LETTERS: Final = {
    "Ä": "AE", "Å": "AA", "Æ": "AE", "Ð": "D", "Đ": "D", "Ħ": "H", "I": "I", "İ": "I", "ı": "I",
    "Ĳ": "IJ", "ĸ": "Q", "Ŀ": "L", "Ł": "L", "Ŋ": "N", "Ö": "OE", "Ø": "OE", "Œ": "OE", "ẞ": "SS",
    "Ŧ": "T", "Þ": "TH", "Ü": "UE",
}  # fmt: skip
"""§ 6, table A: Latin letters that are no plain letter with a mark."""
_PARTED_BY: Final = frozenset(" -<\N{NO-BREAK SPACE}\N{HYPHEN}\N{EN DASH}\t")
_LEFT_OUT: Final = frozenset("'`.,\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}"
                             "\N{MODIFIER LETTER APOSTROPHE}\N{ACUTE ACCENT}\"()/")  # fmt: skip
"""§ 4.6: apostrophes and other punctuation are omitted."""


def icao_name(name: str) -> str:
    """``name`` in A to Z and ``<``; '' where nothing is in it.

    Raises CardNotMade for a letter that has no such form (another script: its passport says how).
    """
    written = "".join(_written(letter) for letter in unicodedata.normalize("NFC", name).upper())
    parts = [part for part in written.split(FILLER) if part]
    return FILLER.join(parts)[:LENGTH_MAX].rstrip(FILLER)


def _written(letter: str) -> str:
    if letter in _PARTED_BY:
        return FILLER
    if letter in _LEFT_OUT:
        return ""
    if letter in _LETTERS:
        return _LETTERS[letter]
    plain = "".join(
        one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one)
    )
    if not plain or not all("A" <= one <= "Z" for one in plain):
        raise no_such_letters()
    return plain


def no_such_letters() -> CardNotMade:
    """Of a name in another script, or of punctuation alone."""
    return CardNotMade(
        CardFault.NAME_SCRIPT,
        "The name has characters that no passport's machine-readable line has.",
        remedy="Register the name in Latin letters, as the passport has it.",
        field="name",
    )

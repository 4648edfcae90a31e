"""Names of people as Indonesian hospitals write them, made comparable.

Single names are common, order and component boundaries are not kept, titles and ``bin``/``binti``
come and go, and the spelling of before 1972 lives on (oe/u, dj/j, tj/c, j/y; Soewandi and EYD).
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_TITLES: Final = frozenset(
    (
        "AN BIN BINTI BPK BU DR DRA DRG DRS H HAJI HAJJAH HJ IBU IR KH MR MRS NN NY PAK PROF RD"
        " SDR TN SE SH SKED SPD SKEP SKM ST SSI SKOM MKES MSI"
    ).split()
)
_NOT_LETTERS = re.compile(r"[^\w]+|_+")
_SPELLINGS: Final = (
    ("OE", "U"), ("DJ", "J"), ("TJ", "C"), ("NJ", "NY"), ("SJ", "SY"), ("CH", "H"), ("KH", "H"),
    ("J", "Y"), ("Q", "K"), ("X", "KS"), ("PH", "F"), ("V", "F"), ("Z", "S"), ("TH", "T"),
    ("DH", "D"), ("BH", "B"), ("IE", "I"),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")


def name_tokens(name: str) -> tuple[str, ...]:
    """The words of a name or DICOM PN: upper case, without accents, punctuation and titles.

    A name that consists of nothing but titles keeps them: somebody may be called so.
    """
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", _without_degrees(name.split("=", 1)[0]))
        if not unicodedata.combining(letter)
    )
    words = tuple(word for word in _NOT_LETTERS.split(plain.upper()) if word)
    return tuple(word for word in words if word not in _TITLES) or words


def _without_degrees(name: str) -> str:
    """What stands before the first comma: behind it come academic degrees, not a given name."""
    return name.split(",", 1)[0] if name.split(",", 1)[0].strip() else name


def sound(word: str) -> str:
    """A key that the spellings of one sound share; a word that has none keeps its letters."""
    key = word
    for old, new in _SPELLINGS:
        key = key.replace(old, new)
    key = _DOUBLED.sub(r"\1", key)
    head, tail = key[:1], key[1:].replace("H", "")
    return head + tail or word


def phonetic_name(name: str) -> str:
    """The whole name as sounds, in an order that does not depend on how it was written."""
    return in_any_order(sound(word) for word in name_tokens(name))


def in_any_order(sounds: Iterable[str]) -> str:
    """Sounds as one text, in an order that does not depend on theirs."""
    return " ".join(sorted(sounds))

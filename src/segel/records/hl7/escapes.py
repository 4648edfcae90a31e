r"""Escape sequences in text (HL7 v2.5.1 § 2.7), and text as it is written into an answer.

What the sequences of layout mean in plain text is kept (``\.br\`` is a line's end), highlighting
is left out. Sequences that change the character set or mean something to one site only are refused:
guessing at them would lose what they say.
"""

import re
from functools import lru_cache
from typing import Final

from segel.records.hl7.errors import Location, MessageRefused, wrong_type
from segel.records.hl7.segments import Delimiters

_LAYOUT: Final = {"br": "\n", "ce": "\n", "sp": "\n", "sk": " "}
"""§ 2.7.6. What only moves margins or wraps lines has no words: fi, nf, in, ti."""

_MARGINS: Final = re.compile(r"\.(?:fi|nf|in[+-]?\d{1,3}|ti[+-]?\d{1,3})\Z")
_REPEATED: Final = re.compile(r"\.(br|ce|sp|sk)\+?(\d{0,2})\Z")
_HEX: Final = re.compile(r"X((?:[0-9A-Fa-f]{2})+)\Z")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def unescape(text: str, delimiters: Delimiters, charset: str, where: Location) -> str:
    """``text`` as it is meant. Raises MessageRefused (102) for a sequence that cannot be read."""
    if delimiters.escape not in text:
        return text
    pieces = text.split(delimiters.escape)
    if len(pieces) % 2 == 0:
        raise _unreadable(where, "An escape sequence is not closed.")
    for number in range(1, len(pieces), 2):
        pieces[number] = _meaning(pieces[number], delimiters, charset, where)
    return re.sub(r"\r\n?", "\n", "".join(pieces))


def escape(text: str, delimiters: Delimiters) -> str:
    """``text`` as it is written between delimiters."""
    return text.translate(_escapes(delimiters))


def unprintable(text: str) -> int:
    """Where ``text`` has a control character that no text has, or -1. C1 ones count: in what is
    said to be ISO 8859-1 they are the letters of another character set."""
    found = _UNPRINTABLE.search(text)
    return found.start() if found else -1


def _meaning(sequence: str, delimiters: Delimiters, charset: str, where: Location) -> str:
    plain = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "H": "",
        "N": "",
    }
    if sequence in plain:
        return plain[sequence]
    if found := _REPEATED.match(sequence):
        return _LAYOUT[found[1]] * max(1, int(found[2] or 1))
    if _MARGINS.match(sequence):
        return ""
    if found := _HEX.match(sequence):
        return _from_hex(found[1], charset, where)
    raise _unreadable(where, "An escape sequence is not one of HL7's that are read here.")


def _from_hex(digits: str, charset: str, where: Location) -> str:
    try:
        text = bytes.fromhex(digits).decode(charset)
    except UnicodeDecodeError:
        raise _unreadable(
            where, "A hexadecimal escape is no text in the message's character set."
        ) from None
    if unprintable(text) >= 0:
        raise _unreadable(where, "A hexadecimal escape stands for a control character.")
    return text


def _unreadable(where: Location, what: str) -> MessageRefused:
    return wrong_type(where, what, "Write the escape character itself as an escape (E).")


@lru_cache(maxsize=16)
def _escapes(delimiters: Delimiters) -> dict[int, str]:
    letters = {
        delimiters.field: "F",
        delimiters.component: "S",
        delimiters.subcomponent: "T",
        delimiters.repetition: "R",
        delimiters.escape: "E",
    }
    made = {
        ord(sign): f"{delimiters.escape}{name}{delimiters.escape}" for sign, name in letters.items()
    }
    return made | {ord("\r"): " ", ord("\n"): " "}

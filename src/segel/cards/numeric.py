"""The digits in a SMART Health Card's QR code, one code or, as it was until 2022, several.

``shc:/`` and two digits a character (its code less 45), or ``shc:/C/N/`` before the C-th of N parts
(SMART Health Cards, Encoding QRs).
"""

import re
from collections.abc import Sequence
from typing import Final

from segel.cards.errors import CardRefused
from segel.cards.reasons import Reason

PREFIX: Final = "shc:/"
WHOLE_CHARACTERS_MAX: Final = 1195
CHUNK_CHARACTERS_MAX: Final = 1191
CHUNKS_MAX: Final = 32
"""A bound for scanning; a card of two is rare."""
_OFFSET: Final = 45
_VALUE_MAX: Final = ord("z") - _OFFSET
_CHUNK: Final = re.compile(r"shc:/([0-9]{1,3})/([0-9]{1,3})/(.*)", re.DOTALL)


def is_chunk(text: str) -> bool:
    """Whether ``text`` is one of several parts, or says so."""
    return bool(_CHUNK.fullmatch(text))


def count_of(text: str) -> int:
    """How many parts the part ``text`` says there are."""
    match = _CHUNK.fullmatch(text)
    return int(match[2]) if match else 1


def jws_of(texts: Sequence[str]) -> str:
    """The JWS in the texts of a card's QR codes, in any order. Raises CardRefused."""
    if len(texts) == 1 and not is_chunk(texts[0]):
        return _characters(texts[0].removeprefix(PREFIX), WHOLE_CHARACTERS_MAX)
    parts: dict[int, str] = {}
    counts = set()
    for text in texts:
        match = _CHUNK.fullmatch(text)
        if match is None:
            raise CardRefused(Reason.CHUNK_CONFLICT)
        number, count = int(match[1]), int(match[2])
        if not 1 <= number <= count <= CHUNKS_MAX:
            raise CardRefused(Reason.CHUNK_NUMBER)
        if count == 1:
            raise CardRefused(Reason.CHUNK_ALONE)
        if number in parts:
            raise CardRefused(Reason.CHUNK_CONFLICT)
        parts[number] = _characters(match[3], CHUNK_CHARACTERS_MAX)
        counts.add(count)
    if len(counts) != 1:
        raise CardRefused(Reason.CHUNK_CONFLICT)
    if len(parts) != counts.pop():
        raise CardRefused(Reason.CHUNK_MISSING)
    jws = "".join(parts[number] for number in sorted(parts))
    if len(jws) <= WHOLE_CHARACTERS_MAX:
        raise CardRefused(Reason.CHUNK_UNBALANCED)
    return jws


def texts_of(jws: str) -> list[str]:
    """The texts of the QR codes that ``jws`` needs: one, or parts of about the same length."""
    if len(jws) <= WHOLE_CHARACTERS_MAX:
        return [PREFIX + _digits(jws)]
    count = -(-len(jws) // CHUNK_CHARACTERS_MAX)
    length = -(-len(jws) // count)
    parts = [jws[at : at + length] for at in range(0, len(jws), length)]
    return [f"{PREFIX}{i}/{len(parts)}/{_digits(part)}" for i, part in enumerate(parts, 1)]


def _digits(text: str) -> str:
    return "".join(f"{ord(character) - _OFFSET:02}" for character in text)


def _characters(digits: str, characters_max: int) -> str:
    if not digits:
        raise CardRefused(Reason.TEXT_EMPTY)
    if not (digits.isascii() and digits.isdigit()):
        raise CardRefused(Reason.DIGITS_CHARACTER)
    if len(digits) % 2:
        raise CardRefused(Reason.DIGITS_ODD)
    if len(digits) > 2 * characters_max:
        raise CardRefused(Reason.CHUNK_TOO_LONG)
    values = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    if max(values) > _VALUE_MAX:
        raise CardRefused(Reason.DIGITS_VALUE)
    return "".join(chr(value + _OFFSET) for value in values)

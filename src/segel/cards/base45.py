"""Base45, strictly (RFC 9285): three characters are two bytes, two characters one."""

from typing import Final

import numpy as np

from segel.cards.errors import CardRefused
from segel.cards.reasons import Reason

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_WEIGHTS: Final = np.array([1, 45, 45 * 45], dtype=np.int32)
_OUTSIDE: Final = 255
_DIGIT_OF: Final = bytes(
    ALPHABET.index(chr(code)) if chr(code) in ALPHABET else _OUTSIDE for code in range(256)
)
_OUTSIDE_BYTE: Final = bytes([_OUTSIDE])


def decode(text: str) -> bytes:
    """The bytes of ``text``. Raises CardRefused: a foreign character, a length of 3n+1, or a value
    above what two bytes (or one) hold."""
    try:
        digits = text.encode("ascii").translate(_DIGIT_OF)
    except UnicodeEncodeError:
        raise CardRefused(Reason.BASE45_CHARACTER) from None
    if _OUTSIDE_BYTE in digits:
        raise CardRefused(Reason.BASE45_CHARACTER)
    left = len(digits) % 3
    if left == 1:
        raise CardRefused(Reason.BASE45_LENGTH)
    whole = np.frombuffer(digits, dtype=np.uint8, count=len(digits) - left)
    values = whole.reshape(-1, 3) @ _WEIGHTS
    if values.size and values.max() > 0xFFFF:
        raise CardRefused(Reason.BASE45_VALUE)
    decoded = values.astype(">u2").tobytes()
    if not left:
        return decoded
    last = digits[-2] + 45 * digits[-1]
    if last > 0xFF:
        raise CardRefused(Reason.BASE45_VALUE)
    return decoded + bytes([last])


def encode(data: bytes) -> str:
    """``data`` as Base45."""
    text = []
    for at in range(0, len(data) - 1, 2):
        value = data[at] << 8 | data[at + 1]
        text += [ALPHABET[value % 45], ALPHABET[value // 45 % 45], ALPHABET[value // 2025]]
    if len(data) % 2:
        text += [ALPHABET[data[-1] % 45], ALPHABET[data[-1] // 45]]
    return "".join(text)

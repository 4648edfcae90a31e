"""base64url without padding, strictly (RFC 7515 § 2)."""

import base64
import binascii
import re
from typing import Final

_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


def decode(text: str) -> bytes:
    """The bytes of ``text``. Raises ValueError: a foreign character, a length that no bytes have,
    or bits behind the last byte."""
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise ValueError("not base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if encode(data) != text:
        raise ValueError("not base64url")
    return data


def encode(data: bytes) -> str:
    """``data`` as base64url."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

"""Handles: what stands in links where a UID or a search would.

A handle is AES-SIV (RFC 5297) under a key derived from the session's own token, so that any
gateway worker can open it, nobody without the session can, and it dies with the session. The same
value gives the same handle within a session, which lets a browser's tab keep its pictures.
"""

import base64
import binascii
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from segel.domain.errors import SegelError

HANDLE_LENGTH_MAX: Final = 8_192
"""What servers and browsers still carry in an address. A search of 200 letters in four-byte
scripts, sealed and in base64, is about 1,200; a FHIR search may list a hundred identifiers."""

_KEY_BYTES: Final = 64  # AES-256-SIV takes two keys


class HandleBroken(SegelError):
    """A link of another session, or one that was altered."""

    code = "handle-broken"


def seal_handle(token: str, kind: str, value: str) -> str:
    """``value`` as text for a URL, readable again only with the session's ``token``."""
    sealed = _cipher(token).encrypt(value.encode(), [kind.encode()])
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def open_handle(token: str, kind: str, handle: str) -> str:
    """What ``seal_handle`` sealed. Raises HandleBroken, always with the same words."""
    try:
        if len(handle) > HANDLE_LENGTH_MAX:
            raise ValueError
        sealed = base64.b64decode(handle + "=" * (-len(handle) % 4), b"-_", validate=True)
        return _cipher(token).decrypt(sealed, [kind.encode()]).decode()
    except (InvalidTag, ValueError, binascii.Error):
        raise HandleBroken(
            "This link belongs to a session that has ended.", remedy="Search again."
        ) from None


@lru_cache(maxsize=1_024)
def _cipher(token: str) -> AESSIV:
    key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"segel console handle").derive(token.encode())
    return AESSIV(key)

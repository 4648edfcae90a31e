"""The addresses of pages: what was asked, sealed, so that no address says whom it is about.

Only whoever was given a page's address can use it: it opens with the token that it was made for,
and with no other.
"""

import base64
import binascii
import hashlib
from typing import Final
from uuid import UUID

import msgspec

from segel.records.errors import PageUnknown
from segel.sealing import ObjectContext, SealBroken, seal, unseal

LENGTH_MAX: Final = 8_192
"""Characters of an address that servers and browsers still carry."""

_LABEL: Final = b"segel fhir page\0"
_CONTEXT: Final = ObjectContext(UUID(int=0), UUID(int=0), 1)


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A search as it was asked (names and values), and where the page begins."""

    resource_type: str
    pairs: tuple[tuple[str, str], ...]
    offset: int = 0


def sealed_cursor(token: str, cursor: Cursor) -> str:
    """A cursor as a word of letters, digits, - and _."""
    sealed = bytes(seal(_key(token), _CONTEXT, msgspec.msgpack.encode(cursor)))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def opened_cursor(token: str, text: str) -> Cursor:
    """What ``sealed_cursor`` made for this token. Raises PageUnknown."""
    try:
        if len(text) > LENGTH_MAX:
            raise ValueError
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(unseal(_key(token), _CONTEXT, sealed), type=Cursor)
    except (ValueError, binascii.Error, SealBroken, msgspec.MsgspecError):
        raise PageUnknown(
            "This page's address is not one that this session was given.",
            remedy="Search again.",
        ) from None


def _key(token: str) -> bytes:
    """A token is as secret as a key, and lives as long as the pages of its session."""
    return hashlib.sha256(_LABEL + token.encode()).digest()

"""The addresses of pages: what was asked, sealed, so that no address says whom it is about.

Only whoever was given a page's address can use it: it opens with the token that it was made for,
and with no other.
"""

import msgspec

from segel.access import HandleBroken, open_handle, seal_handle
from segel.records.errors import PageUnknown

_KIND = "fhir page"


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A search as it was asked (names and values), and where the page begins. ``until``: the size
    that the log had, for pages of the log."""

    resource_type: str
    pairs: tuple[tuple[str, str], ...]
    offset: int = 0
    until: int = 0


def sealed_cursor(token: str, cursor: Cursor) -> str:
    """A cursor as a word of letters, digits, - and _."""
    return seal_handle(token, _KIND, msgspec.json.encode(cursor).decode())


def opened_cursor(token: str, word: str) -> Cursor:
    """What ``sealed_cursor`` made for this token. Raises PageUnknown."""
    try:
        return msgspec.json.decode(open_handle(token, _KIND, word), type=Cursor)
    except (HandleBroken, msgspec.MsgspecError):
        raise PageUnknown(
            "This page's address is not one that this session was given.",
            remedy="Search again.",
        ) from None

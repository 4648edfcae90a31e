"""CBOR from strangers (RFC 8949), read by cbor2 within limits.

Refused are duplicate keys, nesting past ``DEPTH_MAX``, trailing bytes, and every tag that would
make something else than what stands there: big numbers, shared and string references, dates, sets,
regular expressions. Indefinite lengths are accepted: issuers use them, and what is signed is the
bytes as they came, so that they cannot make two readings of one signature.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import cbor2

from segel.cards.errors import CardRefused
from segel.cards.reasons import Reason

DEPTH_MAX: Final = 16
"""A certificate nests to seven."""
SIGN1_TAG: Final = 18
CWT_TAG: Final = 61
TEXT_TIME_TAG: Final = 0
NUMBER_TIME_TAG: Final = 1
_KNOWN_TO_CBOR2: Final = (
    2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799,
)  # fmt: skip


class _TagRefused(Exception):
    pass


def _refused(*_: object) -> Any:
    raise _TagRefused


def _as_it_stands(value: object, _: bool) -> object:
    """Issuers mark times by tag; the text or number under it is what the schema speaks of."""
    return value


_DECODERS: Final[dict[int, Callable[[Any, bool], Any]]] = {
    **dict.fromkeys(_KNOWN_TO_CBOR2, _refused),
    TEXT_TIME_TAG: _as_it_stands,
    NUMBER_TIME_TAG: _as_it_stands,
}


def _envelope_tags_only(tag: cbor2.CBORTag, _: bool) -> object:
    if tag.tag not in (SIGN1_TAG, CWT_TAG):
        raise _TagRefused
    return tag


def read(data: bytes) -> Any:
    """The one item that ``data`` is. Raises CardRefused."""
    stream = BytesIO(data)
    try:
        item = cbor2.CBORDecoder(
            stream,
            tag_hook=_envelope_tags_only,
            semantic_decoders=_DECODERS,
            max_depth=DEPTH_MAX,
            allow_duplicate_keys=False,
        ).decode()
    except cbor2.CBORDecodeEOF:
        raise CardRefused(Reason.CBOR_TRUNCATED) from None
    except (cbor2.CBORDecodeError, _TagRefused, ValueError, TypeError, OverflowError) as error:
        raise CardRefused(_reason(error)) from None
    if stream.tell() != len(data):
        raise CardRefused(Reason.CBOR_TRAILING)
    return item


def _reason(error: BaseException) -> Reason:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _TagRefused):
            return Reason.CBOR_TAG
        cause = cause.__cause__ or cause.__context__
    words = str(error)
    if "nesting depth" in words:
        return Reason.CBOR_TOO_DEEP
    if "Duplicate map key" in words:
        return Reason.CBOR_DUPLICATE_KEY
    return Reason.CBOR_BROKEN

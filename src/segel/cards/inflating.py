"""Inflating what a stranger compressed: one stream, whole, and no more than 64 KiB of it."""

import zlib
from typing import Final

from segel.cards.errors import CardRefused
from segel.cards.reasons import Reason

INFLATED_BYTES_MAX: Final = 64 * 1024
"""A card fits in a QR code of 3 KiB; 64 KiB is more than any of them says, and little memory."""
_ZLIB_METHOD: Final = 8
_ZLIB_DICTIONARY_BIT: Final = 0x20


def inflate_zlib(data: bytes) -> bytes:
    """A zlib stream (RFC 1950) inflated. Raises CardRefused."""
    if len(data) < 2 or data[0] & 0x0F != _ZLIB_METHOD or (data[0] << 8 | data[1]) % 31:
        raise CardRefused(Reason.COMPRESSION_MISSING)
    if data[1] & _ZLIB_DICTIONARY_BIT:
        raise CardRefused(Reason.COMPRESSION_DICTIONARY)
    return _inflate(data, zlib.MAX_WBITS)


def inflate_raw(data: bytes) -> bytes:
    """A raw DEFLATE stream (RFC 1951) inflated. Raises CardRefused."""
    return _inflate(data, -zlib.MAX_WBITS)


def _inflate(data: bytes, window_bits: int) -> bytes:
    stream = zlib.decompressobj(window_bits)
    try:
        inflated = stream.decompress(data, INFLATED_BYTES_MAX + 1)
    except zlib.error:
        raise CardRefused(Reason.COMPRESSION_BROKEN) from None
    if len(inflated) > INFLATED_BYTES_MAX:
        raise CardRefused(Reason.COMPRESSION_TOO_LARGE)
    if not stream.eof:
        raise CardRefused(Reason.COMPRESSION_TRUNCATED)
    if stream.unused_data:
        raise CardRefused(Reason.COMPRESSION_TRAILING)
    return inflated


def deflate_raw(data: bytes) -> bytes:
    """``data`` as a raw DEFLATE stream (RFC 1951), as small as it gets."""
    stream = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()

"""Where what lies in a sealed object. Arithmetic only: no keys, no bytes.

::

    0     4              36                60                     100
    ┌─────┬──────────────┬─────────────────┬──────────────────────┬─────────┬─────────┬── ──┬──────┐
    │magic│ key          │ true length     │ Tink header          │segment 0│segment 1│  …  │ last │
    │  4  │ commitment 32│ sealed 8 + 16   │ 40 │ salt 32│prefix 7│         │         │     │      │
    └─────┴──────────────┴─────────────────┴──────────────────────┴─────────┴─────────┴── ──┴──────┘
    ├──────────────── head, 100 bytes ────────────────────────────┤
                                           ├──────────── Tink's AES-GCM-HKDF stream ────────────────

Cut at 60, the rest is exactly what Tink's StreamingAead reads and writes (AES256-GCM-HKDF, SHA-256,
64 KiB ciphertext segments; the stream's header counts as part of the first segment), and its
plaintext is the content followed by zeros up to the padded length. The true length is sealed in the
head rather than in the first segment, so that the head alone (100 bytes, kept in a database row)
and one ranged read open any part of an object, and a truncated object is known before it is read.
"""

import functools
from typing import NamedTuple

from segel.sealing.errors import ObjectTooLarge, RangeOutside, SealBroken
from segel.sealing.padding import PADDED_BYTES_MIN, padded_length

MAGIC = b"SGL\x01"  # the last byte is the format's version
COMMITMENT_BYTES = 32
TAG_BYTES = 16
LENGTH_BOX_BYTES = 8 + TAG_BYTES
SALT_BYTES = 32
NONCE_PREFIX_BYTES = 7
STREAM_HEADER_BYTES = 1 + SALT_BYTES + NONCE_PREFIX_BYTES

COMMITMENT_AT = len(MAGIC)
LENGTH_BOX_AT = COMMITMENT_AT + COMMITMENT_BYTES
STREAM_AT = LENGTH_BOX_AT + LENGTH_BOX_BYTES
HEAD_BYTES = STREAM_AT + STREAM_HEADER_BYTES

SEGMENT_BYTES = 64 * 1024
"""A sealed segment. A frame of 512 KiB wastes 6 % at its ends, a tag costs 0.02 %."""

PLAINTEXT_BYTES_MAX = 2**40
"""1 TiB, 2²⁴ segments: far inside Tink's 32-bit counter and more than any DICOM object."""

_LAYOUTS_KEPT = 1024
"""Most objects are rows of a few sizes, and working a layout out takes as long as a cipher call."""

_FIRST_SEGMENT_BYTES = SEGMENT_BYTES - STREAM_HEADER_BYTES
_FIRST_CONTENT_BYTES = _FIRST_SEGMENT_BYTES - TAG_BYTES
_CONTENT_BYTES = SEGMENT_BYTES - TAG_BYTES


class SealedRange(NamedTuple):
    """``length`` bytes of the sealed object from ``start``: what to fetch."""

    start: int
    length: int


class Layout(NamedTuple):
    """The ``segments`` (at least one) that hold ``padded_bytes`` of plaintext."""

    padded_bytes: int
    segments: int

    @property
    def sealed_bytes(self) -> int:
        return HEAD_BYTES + self.padded_bytes + TAG_BYTES * self.segments

    def content_at(self, segment: int) -> int:
        """Where in the plaintext that segment begins; the end of the plaintext after the last."""
        if segment == 0:
            return 0
        at = _FIRST_CONTENT_BYTES + (segment - 1) * _CONTENT_BYTES
        return min(at, self.padded_bytes)

    def sealed_at(self, segment: int) -> int:
        """Where in the sealed object that segment begins; the object's end after the last."""
        return HEAD_BYTES + self.content_at(segment) + TAG_BYTES * segment

    def content_sizes(self, first: int, after: int) -> list[int]:
        """How many bytes of plaintext each of the segments ``first``…``after`` holds."""
        sizes = [_CONTENT_BYTES] * (after - first)
        if first == 0:
            sizes[0] = _FIRST_CONTENT_BYTES
        if after == self.segments:
            sizes[-1] = self.padded_bytes - self.content_at(after - 1)
        return sizes

    def segment_of(self, offset: int) -> int:
        """The segment that holds the plaintext's byte at ``offset``."""
        return 1 + (offset - _FIRST_CONTENT_BYTES) // _CONTENT_BYTES


@functools.lru_cache(maxsize=_LAYOUTS_KEPT)
def layout_of(plaintext_bytes: int) -> Layout:
    """The layout of an object with that many bytes of content."""
    if not 0 <= plaintext_bytes <= PLAINTEXT_BYTES_MAX:
        raise ObjectTooLarge
    padded = padded_length(plaintext_bytes)
    rest = max(padded - _FIRST_CONTENT_BYTES, 0)
    return Layout(padded, segments=1 + _ceil_div(rest, _CONTENT_BYTES))


@functools.lru_cache(maxsize=_LAYOUTS_KEPT)
def layout_from_sealed(sealed_bytes: int) -> Layout:
    """The layout of an object of that sealed size; SealBroken if no object has that size."""
    body = sealed_bytes - STREAM_AT
    padded = body - STREAM_HEADER_BYTES - TAG_BYTES * _ceil_div(body, SEGMENT_BYTES)
    if not PADDED_BYTES_MIN <= padded <= PLAINTEXT_BYTES_MAX:
        raise SealBroken
    layout = layout_of(padded)
    if layout.sealed_bytes != sealed_bytes:
        raise SealBroken
    return layout


def sealed_length(plaintext_bytes: int) -> int:
    """The size in bytes of the sealed object that holds that many bytes of content."""
    return layout_of(plaintext_bytes).sealed_bytes


def segments_for(sealed_length_bytes: int, offset: int, length: int) -> SealedRange:
    """Which bytes of an object of ``sealed_length_bytes`` hold its content from ``offset`` on.

    Like a slice, a range is clipped at the end; one that holds nothing gives a length of 0. The
    plan knows only the padded length, so it may ask for a segment that holds nothing but padding.
    """
    if offset < 0 or length < 0:
        raise RangeOutside
    layout = layout_from_sealed(sealed_length_bytes)
    end = min(offset + length, layout.padded_bytes)
    if end <= offset:
        return SealedRange(HEAD_BYTES, 0)
    start = layout.sealed_at(layout.segment_of(offset))
    return SealedRange(start, layout.sealed_at(layout.segment_of(end - 1) + 1) - start)


def _ceil_div(a: int, b: int) -> int:
    return -(-a // b)

"""Values that PostgreSQL (16 to 18) has compressed or cut into pieces.

No schema is needed, nor a whole page: both are known by their own bytes, at any offset, so rows
that were deleted or pruned, and rows in the write-ahead log, count as well.

- A compressed value within a row is a varlena (varatt.h): a word of its size with low bits 10, a
  word of the size it had, with the method in the two high bits (0 pglz, 1 lz4), then the data.
- A value too long for its row is cut into rows of a TOAST table: (value id, sequence, chunk).
  In a page and in the log alike, such a row begins with two words of flags, of which the first
  counts three attributes, the offset of its data (24) and a zero byte.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np

from segel.accountability.scan_copy.blocks import lz4_block, pglz

VALUE_BYTES_MAX: Final = 64 * 1024
"""A compressed value within a row is at most a page (8 KiB, 32 KiB where built so)."""

PLAUSIBLE_SIZE: Final = np.uint32(0xFFFFFFFF ^ (VALUE_BYTES_MAX * 4 - 1) | 3)
"""Of a varlena's first word: the bits that are 10 for a compressed one of up to that size."""

RATIO_MAX: Final = {0: 100, 1: 256}
"""What one byte can unfold to: pglz 273 bytes from 3 and an eighth, lz4 255 from one."""

METHODS: Final = {0: "pglz", 1: "lz4"}
SIZE_MASK: Final = 0x3FFFFFFF
TOAST_ROW: Final = re.compile(rb"\x03[\x00\x20\x40\x60\x80\xa0\xc0\xe0]..\x18\x00", re.DOTALL)
TOAST_ROW_BYTES: Final = 6
TOAST_CHUNK_BYTES_MAX: Final = 8192
TOAST_SEQUENCE_MAX: Final = 1 << 20  # 1 GB in chunks of a kilobyte


class CompressedValue(NamedTuple):
    """A value within a row, decompressed."""

    offset: int
    method: str
    data: bytes


def compressed_values(data: bytes, end: int) -> Iterator[CompressedValue]:
    """The compressed varlenas that begin in ``data`` before ``end``, at any alignment."""
    for phase in range(4):
        count = (len(data) - phase) // 4
        if count <= 2:
            continue
        words = np.frombuffer(data, "<u4", count, phase)
        found = np.flatnonzero((words[:-1] & PLAUSIBLE_SIZE) == 2)
        packed = (words[found] >> 2).astype(np.int64) - 8
        size = (words[found + 1] & SIZE_MASK).astype(np.int64)
        plausible = (packed >= 4) & (packed < size) & (size <= packed * max(RATIO_MAX.values()))
        for offset in (found[plausible] * 4 + phase).tolist():
            if offset >= end:
                break
            length = int.from_bytes(data[offset : offset + 4], "little") >> 2
            value = decompressed(data[offset + 4 : offset + length])
            if value is not None:
                yield CompressedValue(offset, *value)


def compression(head: bytes, size_bytes: int) -> tuple[int, int] | None:
    """Method and true size that the first four bytes of a value of ``size_bytes`` tell, if any."""
    info = int.from_bytes(head[:4], "little")
    method, size = info >> 30, info & SIZE_MASK
    packed = size_bytes - 4
    if method not in METHODS or packed < 4 or not packed < size <= packed * RATIO_MAX[method]:
        return None
    return method, size


def decompressed(data: bytes, size_max: int = SIZE_MASK) -> tuple[str, bytes] | None:
    """Method and content of compressed ``data`` with its word of size; None where it's neither."""
    known = compression(data, len(data))
    if known is None:
        return None
    method, size = known
    decode = pglz if method == 0 else lz4_block
    content = decode(data[4:], min(size, size_max))
    return (METHODS[method], content) if len(content) >= 4 else None


class ToastChunk(NamedTuple):
    """A piece of a value: where its bytes are."""

    value: int
    sequence: int
    offset: int
    size: int


def toast_chunks(data: bytes, end: int) -> Iterator[ToastChunk]:
    """The rows of TOAST tables that begin in ``data`` before ``end``; never two over each other."""
    at = 0
    while (found := TOAST_ROW.search(data, at)) is not None and found.start() < end:
        at = found.start() + 1
        row = found.end()
        value = int.from_bytes(data[row : row + 4], "little")
        sequence = int.from_bytes(data[row + 4 : row + 8], "little")
        header = int.from_bytes(data[row + 8 : row + 12], "little")
        if header & 1:
            first, size = row + 9, ((header & 0xFF) >> 1) - 1
        else:
            first, size = row + 12, (header >> 2) - 4
        short = not header & 1 and header & 2
        fits = 0 < size <= TOAST_CHUNK_BYTES_MAX and first + size <= len(data)
        if value and not short and fits and sequence < TOAST_SEQUENCE_MAX:
            yield ToastChunk(value, sequence, first, size)
            at = first + size


def toast_values(chunks: Iterable[ToastChunk]) -> Iterator[list[ToastChunk]]:
    """Chunks put together to values of more than one chunk, or of one compressed one.

    A sequence that stands twice under one id (an id used again, a row in two log records) makes
    a second value; a missing one is passed over.
    """
    by_value: dict[int, dict[int, list[ToastChunk]]] = defaultdict(lambda: defaultdict(list))
    for chunk in chunks:
        by_value[chunk.value][chunk.sequence].append(chunk)
    for sequences in by_value.values():
        ordered = [sequences[sequence] for sequence in sorted(sequences)]
        for version in range(max(len(same) for same in ordered)):
            yield [same[min(version, len(same) - 1)] for same in ordered]

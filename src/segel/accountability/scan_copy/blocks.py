"""Decoders of the two block formats that PostgreSQL compresses values and pages with.

Both are LZ77 without entropy coding, and neither has a checksum: what was decoded up to a mistake
or the end of the input is returned, for a thief reads that too. Output is bounded by the caller.
Sources: pg_lzcompress.c's description of its format; the LZ4 block format description.
"""

from typing import Final

PGLZ_MATCH_MIN: Final = 3
PGLZ_MATCH_EXTENDS: Final = 18
LZ4_MATCH_MIN: Final = 4
LZ4_EXTENDS: Final = 15
LZ4_CONTINUES: Final = 255


def pglz(data: bytes, size_max: int) -> bytes:
    """Decode ``data``: a control byte before each eight items, its low bit first. A 0 is a literal
    byte; a 1 a match of 4 bits length, 12 bits distance, and one byte more where it is longest.
    """
    out = bytearray()
    at, end = 0, len(data)
    while at < end and len(out) < size_max:
        control = data[at]
        at += 1
        for _ in range(8):
            if at >= end or len(out) >= size_max:
                break
            if control & 1:
                if at + 1 >= end:
                    return bytes(out)
                length = (data[at] & 0x0F) + PGLZ_MATCH_MIN
                distance = (data[at] & 0xF0) << 4 | data[at + 1]
                at += 2
                if length == PGLZ_MATCH_EXTENDS and at < end:
                    length += data[at]
                    at += 1
                if not _copy(out, distance, length):
                    return bytes(out)
            else:
                out.append(data[at])
                at += 1
            control >>= 1
    return bytes(out[:size_max])


def lz4_block(data: bytes, size_max: int) -> bytes:
    """Decode ``data``: a token (literals, match length), literals, a distance of two bytes."""
    out = bytearray()
    at, end = 0, len(data)
    while at < end and len(out) < size_max:
        token = data[at]
        literals, at = _lz4_length(data, at + 1, token >> 4)
        out += data[at : at + literals]
        at += literals
        if at + 2 > end:
            break
        distance = int.from_bytes(data[at : at + 2], "little")
        length, at = _lz4_length(data, at + 2, token & 15)
        if not _copy(out, distance, min(length + LZ4_MATCH_MIN, size_max)):
            break
    return bytes(out[:size_max])


def _lz4_length(data: bytes, at: int, length: int) -> tuple[int, int]:
    if length == LZ4_EXTENDS:
        while at < len(data):
            more = data[at]
            at += 1
            length += more
            if more != LZ4_CONTINUES:
                break
    return length, at


def _copy(out: bytearray, distance: int, length: int) -> bool:
    """Append ``length`` bytes from ``distance`` back; the two may overlap, which repeats."""
    start = len(out) - distance
    if distance == 0 or start < 0:
        return False
    seen = bytes(out[start : start + length])
    out += (seen * (length // len(seen) + 1))[:length]
    return True

"""Compressed streams, wherever they begin: found by their first bytes, unfolded within bounds.

gzip, zlib (any window size), zstd, bzip2, xz, and deflate without a header where something says
that it is there: a zip member, a DICOM file in the deflated transfer syntax (PS3.5 § A.5), a file
that is nothing else. What can be had of a broken or cut stream is had: a thief reads that too.
"""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import zstandard

from segel.accountability.scan_copy.limits import Limits
from segel.accountability.scan_copy.windows import Window
from segel.accountability.scan_copy.zstd_frames import may_hide_text

OUTPUT_BYTES: Final = 256 * 1024
"""How much a decoder may give in one call."""

PROBE_BYTES: Final = 320
"""A zlib header is two bytes, met by chance every 2 KB: what gives nothing within these isn't one.
A block's tables (RFC 1951 § 3.2.7) take up to 286 bytes; chance fails much earlier.
"""

ZSTD_FEED_BYTES: Final = 512
"""A zstd decoder gives all that its input unfolds to: of these at most 128 blocks, 16 MiB.
A broken block takes what the same call gave before it along, so little is better here too.
"""

MEMORY_BYTES_MAX: Final = 128 * 1024 * 1024
"""What a zstd window or an xz dictionary may take."""

MAGICS: Final = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
}
BZIP2_BLOCK: Final = b"1AY&SY"
ZIP_MEMBER: Final = b"PK\x03\x04"
ZIP_HEADER_BYTES: Final = 30
ZIP_DEFLATED: Final = 8
ZIP_ENCRYPTED: Final = 1
DICOM_META: Final = b"DICM\x02\x00\x00\x00UL\x04\x00"
DICOM_META_BYTES_MAX: Final = 64 * 1024
DEFLATED_DICOM: Final = b"1.2.840.10008.1.2.1.99"
WINDOW_BITS: Final = {"gzip": 31, "zlib": 15, "deflate": -15}


class StreamStart(NamedTuple):
    """Something that looks like a stream: its kind, and the offset of its first byte."""

    kind: str
    offset: int


def stream_starts(window: Window) -> Iterator[StreamStart]:
    """Where streams may begin in the window's own part."""
    data, end = window.data, window.core_end
    for magic, kind in MAGICS.items():
        at = data.find(magic)
        while 0 <= at < end:
            if kind != "bzip2" or data[at + 4 : at + 10] == BZIP2_BLOCK:
                yield StreamStart(kind, at)
            at = data.find(magic, at + 1)
    yield from _zlib_starts(data, end)
    yield from _bare_starts(data, end)
    if window.begins_file and _inflates(data[:PROBE_BYTES], WINDOW_BITS["deflate"]):
        yield StreamStart("deflate", 0)


def _zlib_starts(data: bytes, end: int) -> Iterator[StreamStart]:
    """RFC 1950 § 2.2: method 8, a header divisible by 31, no preset dictionary."""
    view = np.frombuffer(data, np.uint8)
    firsts = np.flatnonzero((view[: min(end, max(0, len(view) - 1))] & 0x8F) == 0x08)
    flags = view[firsts + 1]
    valid = ((view[firsts].astype(np.uint32) * 256 + flags) % 31 == 0) & (flags & 0x20 == 0)
    for at in firsts[valid].tolist():
        if _inflates(data[at : at + PROBE_BYTES], WINDOW_BITS["zlib"]):
            yield StreamStart("zlib", at)


def _inflates(probe: bytes, window_bits: int) -> bool:
    try:
        return bool(zlib.decompressobj(window_bits).decompress(probe))
    except zlib.error:
        return False


def _bare_starts(data: bytes, end: int) -> Iterator[StreamStart]:
    at = data.find(ZIP_MEMBER)
    while 0 <= at < end:
        header = data[at : at + ZIP_HEADER_BYTES]
        if len(header) == ZIP_HEADER_BYTES and header[8] == ZIP_DEFLATED:
            lengths = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:], "little")
            kind = "encrypted zip member" if header[6] & ZIP_ENCRYPTED else "deflate"
            yield StreamStart(kind, at + ZIP_HEADER_BYTES + sum(lengths))
        at = data.find(ZIP_MEMBER, at + 1)
    at = data.find(DICOM_META)
    while 0 <= at < end:
        first = at + len(DICOM_META) + 4
        size = int.from_bytes(data[first - 4 : first], "little")
        if size <= DICOM_META_BYTES_MAX and DEFLATED_DICOM in data[first : first + size]:
            yield StreamStart("deflate", first + size)
        at = data.find(DICOM_META, at + 1)


@dataclass(slots=True)
class Allowance:
    """What all streams of one part of a file may still unfold to, in bytes."""

    limits: Limits
    part_bytes: int
    produced: int = 0

    def why_not(self, produced: int, consumed: int) -> str:
        """Why a stream that gave ``produced`` of ``consumed`` bytes is given up, if it is."""
        limits = self.limits
        if produced > max(limits.stream_bytes_max, consumed * limits.stream_ratio_max):
            return "a stream unfolds to too much; its rest was left unread"
        if self.produced > max(limits.file_bytes_max, self.part_bytes * limits.file_ratio_max):
            return "its streams unfold to too much together; the rest was left unread"
        return ""


class Unfolding:
    """One stream on its way: iterate over its bytes, then see ``why_cut``."""

    def __init__(self, start: StreamStart, window: Window, allowance: Allowance) -> None:
        self._kind = start.kind
        self._feed = window.feed(start.offset)
        self._allowance = allowance
        self._consumed = 0
        self.produced = 0
        self.why_cut = ""

    def __iter__(self) -> Iterator[bytes]:
        for part in self._decoded():
            self.produced += len(part)
            self._allowance.produced += len(part)
            yield part
            self.why_cut = self._allowance.why_not(self.produced, self._consumed)
            if self.why_cut:
                return

    def _fed(self) -> Iterator[bytes]:
        for part in self._feed:
            self._consumed += len(part)
            yield part

    def _decoded(self) -> Iterator[bytes]:
        if self._kind == "encrypted zip member":
            self.why_cut = "a zip member is encrypted"
            return iter(())
        if self._kind == "zstd":
            return self._zstd()
        if self._kind in WINDOW_BITS:
            return self._inflated(WINDOW_BITS[self._kind])
        return self._in_blocks(
            bz2.BZ2Decompressor()
            if self._kind == "bzip2"
            else lzma.LZMADecompressor(memlimit=MEMORY_BYTES_MAX)
        )

    def _inflated(self, window_bits: int) -> Iterator[bytes]:
        decoder = zlib.decompressobj(window_bits)
        for part in self._fed():
            while part and not decoder.eof:
                before = decoder.copy()
                try:
                    out = decoder.decompress(part, OUTPUT_BYTES)
                except zlib.error:
                    yield _salvaged(before, part)
                    return
                part = decoder.unconsumed_tail
                yield out
            if decoder.eof:
                return

    def _in_blocks(self, decoder: Any) -> Iterator[bytes]:
        try:
            for part in self._fed():
                yield decoder.decompress(part, OUTPUT_BYTES)
                while not decoder.needs_input and not decoder.eof:
                    yield decoder.decompress(b"", OUTPUT_BYTES)
                if decoder.eof:
                    return
        except lzma.LZMAError as error:
            if "limit" in str(error).lower():
                self.why_cut = "a stream needs too much memory"
        except (OSError, EOFError, ValueError):
            return

    def _zstd(self) -> Iterator[bytes]:
        decoder = zstandard.ZstdDecompressor(max_window_size=MEMORY_BYTES_MAX).decompressobj()
        head = b""
        try:
            for part in self._fed():
                head = head or part
                for at in range(0, len(part), ZSTD_FEED_BYTES):
                    yield decoder.decompress(part[at : at + ZSTD_FEED_BYTES])
                    if decoder.eof:
                        return
        except zstandard.ZstdError as error:
            refused = "memory" in str(error) or "ictionary" in str(error)
            if refused and may_hide_text(head):
                self.why_cut = "a stream needs too much memory, or a dictionary"


def _salvaged(decoder: Any, part: bytes) -> bytes:
    """What comes out before the mistake: a failing call gives nothing, so byte by byte."""
    out = bytearray()
    try:
        for at in range(len(part)):
            out += decoder.decompress(part[at : at + 1], OUTPUT_BYTES)
            if len(out) > OUTPUT_BYTES:
                break
    except zlib.error:
        pass
    return bytes(out)

"""PostgreSQL's write-ahead log, put back in order.

The log is written in segments of pages, and a record runs on behind the next page's header, so a
term may be cut in two by it. The pages of all segments of a cluster are ordered by the address in
their headers (a recycled segment holds older pages under a newer name) and joined without the
headers. Page images that the log compressed are decompressed: they have no mark of their own, so
records are read for them. Sources: xlog_internal.h, xlogrecord.h of PostgreSQL 16 to 18.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

import zstandard

from segel.accountability.scan_copy.blocks import lz4_block, pglz
from segel.accountability.scan_copy.windows import Piece, PiecedSource, Source

PAGE_BYTES: Final = 8192
PAGE_HEADER: Final = struct.Struct("<HHIQI4x")  # magic, flags, timeline, address, rest of a record
LONG_HEADER: Final = struct.Struct("<QII")  # system, segment bytes, page bytes
MAGIC_HIGH_BYTES: Final = (0xD0, 0xD1)
HAS_LONG_HEADER: Final = 2
RECORD: Final = struct.Struct("<IIQBB2xI")  # length, transaction, previous, info, manager, CRC
RECORD_BYTES_MAX: Final = 1 << 30
BLOCK_ID_MAX: Final = 32
HAS_IMAGE, HAS_DATA, SAME_RELATION = 0x10, 0x20, 0x80
HAS_HOLE, IS_PGLZ, IS_LZ4, IS_ZSTD = 0x01, 0x04, 0x08, 0x10
LONG_DATA, SHORT_DATA, ORIGIN, TOP_TRANSACTION = 254, 255, 253, 252


def is_log(first_page: bytes) -> bool:
    """Whether a file that begins so is a segment of a log."""
    if len(first_page) < PAGE_HEADER.size + LONG_HEADER.size:
        return False
    magic, flags, *_ = PAGE_HEADER.unpack_from(first_page)
    _, segment_bytes, page_bytes = LONG_HEADER.unpack_from(first_page, PAGE_HEADER.size)
    known = magic >> 8 in MAGIC_HIGH_BYTES and flags & HAS_LONG_HEADER
    return bool(known and page_bytes == PAGE_BYTES and segment_bytes % PAGE_BYTES == 0)


class Stretch(NamedTuple):
    """Pages that follow each other in the log: its first address, what they hold without headers,
    and where in that the first record begins.
    """

    address: int
    source: PiecedSource
    first_record: int


class _Page(NamedTuple):
    timeline: int
    address: int
    piece: Piece
    rest_of_record: int


def stretches(segments: list[Source]) -> Iterator[Stretch]:
    """The log that ``segments`` hold, in order, a stretch for each gap in it."""
    pages = sorted(
        (page for source in segments for page in _pages(source)), key=lambda page: page[:2]
    )
    group: list[_Page] = []
    for page in pages:
        if group and page[:2] != (group[-1].timeline, group[-1].address + PAGE_BYTES):
            if page[:2] == group[-1][:2]:
                continue  # a copy of the same page
            yield _stretch(group)
            group = []
        group.append(page)
    if group:
        yield _stretch(group)


def _pages(source: Source) -> Iterator[_Page]:
    for offset in range(0, source.size - PAGE_BYTES + 1, PAGE_BYTES):
        header = source.read(offset, PAGE_HEADER.size)
        magic, flags, timeline, address, rest = PAGE_HEADER.unpack(header)
        if magic >> 8 not in MAGIC_HIGH_BYTES or address % PAGE_BYTES:
            continue
        size = PAGE_HEADER.size + (LONG_HEADER.size if flags & HAS_LONG_HEADER else 0)
        yield _Page(timeline, address, Piece(source, offset + size, PAGE_BYTES - size), rest)


def _stretch(pages: list[_Page]) -> Stretch:
    source = PiecedSource(page.piece for page in pages)
    first = 0
    for page in pages:  # a record that began before the stretch may fill its first pages
        if page.rest_of_record < page.piece.size:
            first += -(-page.rest_of_record // 8) * 8
            break
        first += page.piece.size
    return Stretch(pages[0].address, source, first)


def page_images(stretch: Stretch) -> Iterator[tuple[int, bytes]]:
    """Offset and content of each compressed page image. Reading stops at what is no record."""
    source, at = stretch.source, stretch.first_record
    while at + RECORD.size <= source.size:
        length, *_ = RECORD.unpack(source.read(at, RECORD.size))
        if length == 0:  # the rest of a page after a switch
            page = source.read(at, PAGE_BYTES)
            at += max(8, (len(page) - len(page.lstrip(b"\0"))) // 8 * 8)
            continue
        if not RECORD.size <= length <= RECORD_BYTES_MAX:
            return
        yield from ((at, image) for image in _images(source.read(at, length)))
        at += -(-length // 8) * 8


def _images(record: bytes) -> Iterator[bytes]:
    """The compressed images in one record: all headers come first, then the data in order."""
    blocks: list[tuple[int, int, int, int]] = []  # image bytes, image flags, page bytes, data bytes
    at = RECORD.size
    try:
        while at < len(record):
            kind = record[at]
            if kind in (LONG_DATA, SHORT_DATA):
                at += 5 if kind == LONG_DATA else 2
                break
            if kind in (ORIGIN, TOP_TRANSACTION):
                at += 3 if kind == ORIGIN else 5
                continue
            if kind > BLOCK_ID_MAX:
                return
            flags, data_bytes = struct.unpack_from("<BH", record, at + 1)
            at += 4
            image_bytes = image_flags = hole_bytes = 0
            if flags & HAS_IMAGE:
                image_bytes, _, image_flags = struct.unpack_from("<HHB", record, at)
                at += 5
                if image_flags & HAS_HOLE and image_flags & (IS_PGLZ | IS_LZ4 | IS_ZSTD):
                    hole_bytes = struct.unpack_from("<H", record, at)[0]
                    at += 2
            at += (0 if flags & SAME_RELATION else 12) + 4
            blocks.append((image_bytes, image_flags, PAGE_BYTES - hole_bytes, data_bytes))
            if sum(block[0] + block[3] for block in blocks) >= len(record) - at:
                break  # a record without data of its own
    except (struct.error, IndexError):
        return
    for image_bytes, image_flags, page_bytes, data_bytes in blocks:
        image = record[at : at + image_bytes]
        if image_flags & IS_PGLZ:
            yield pglz(image, page_bytes)
        elif image_flags & IS_LZ4:
            yield lz4_block(image, page_bytes)
        elif image_flags & IS_ZSTD:
            with suppress(zstandard.ZstdError):
                yield zstandard.ZstdDecompressor().decompress(image, max_output_size=page_bytes)
        at += image_bytes + data_bytes

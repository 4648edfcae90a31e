"""Where segments meet: what is cut, fetched, gathered and opened around the seams."""

import random

import pytest

from segel.sealing import (
    HEAD_BYTES,
    SealedRange,
    SealedReader,
    open_range,
    seal,
    sealed_length,
    segments_for,
)
from segel.sealing.buffers import slices
from segel.sealing.head import make_head, open_head
from segel.sealing.layout import (
    SEGMENT_BYTES,
    TAG_BYTES,
    layout_of,
)
from support.sealed import CONTEXT, KEY

SEAMS = [65_480, 65_480 + 65_520, 65_480 + 2 * 65_520]
"""In the content. The first segment is shorter by Tink's header, each by its tag."""


def test_the_segments_of_an_object_are_those_of_a_stream_cut_every_64_kib() -> None:
    """Tink's definition: the stream, from its header on, in pieces of 64 KiB with a tag each."""
    for size in (1, 256, 65_480, 65_481, 66_000, 131_000, 196_000, 1_000_000):
        layout = layout_of(size)
        ends = [
            *range(HEAD_BYTES - 40 + SEGMENT_BYTES, layout.sealed_bytes, SEGMENT_BYTES),
            layout.sealed_bytes,
        ]
        starts = [HEAD_BYTES, *ends[:-1]]
        contents = [end - start - TAG_BYTES for start, end in zip(starts, ends, strict=True)]
        assert layout.segments == len(ends)
        assert layout.content_sizes(0, layout.segments) == contents
        assert [layout.sealed_at(n) for n in range(layout.segments + 1)] == [*starts, ends[-1]]
        assert [layout.content_at(n) for n in range(layout.segments + 1)] == [
            sum(contents[:n]) for n in range(layout.segments + 1)
        ]
        for segment in range(layout.segments):
            first = sum(contents[:segment])
            assert layout.segment_of(first) == segment
            assert layout.segment_of(first + contents[segment] - 1) == segment
            assert layout.content_sizes(segment, segment + 1) == [contents[segment]]


def test_pieces_within_a_part_are_not_copied_and_others_share_one_buffer() -> None:
    parts = [memoryview(bytes([n]) * 10) for n in range(4)]
    kept = [(piece.obj, bytes(piece)) for piece in slices(parts, [4, 6, 3, 10, 10, 10, 10])]
    assert [content for _, content in kept] == [
        bytes(4),
        bytes(6),
        b"\1" * 3,
        b"\1" * 7 + b"\2" * 3,
        b"\2" * 7 + b"\3" * 3,
        b"\3" * 7 + bytes(3),
        bytes(10),
    ]
    assert kept[0][0] is kept[1][0] is parts[0].obj
    assert kept[2][0] is parts[1].obj
    assert len({id(memory) for memory, _ in kept[3:]}) == 1


def test_the_shortest_piece_across_a_seam_is_gathered() -> None:
    (piece,) = slices([memoryview(b"a"), memoryview(b"b")], [3])
    assert bytes(piece) == b"ab\0"


def test_a_new_head_knows_its_length() -> None:
    head, opened = make_head(KEY, CONTEXT, 7, bytes)
    assert opened.length == 7
    assert open_head(KEY, CONTEXT, head, sealed_length(7)).length == 7


@pytest.fixture(scope="module")
def of_four_segments() -> tuple[bytes, bytes]:
    content = random.Random(4).randbytes(250_000)
    return content, seal(KEY, CONTEXT, content)


@pytest.mark.parametrize("around", [-2, -1, 0, 1, 2])
def test_a_read_that_ends_at_a_seam_fetches_no_further(
    of_four_segments: tuple[bytes, bytes], around: int
) -> None:
    content, sealed = of_four_segments
    fetched: list[tuple[int, int]] = []

    def fetch(start: int, count: int) -> bytes:
        fetched.append((start, count))
        return sealed[start : start + count]

    reader = SealedReader(KEY, CONTEXT, len(sealed), fetch, head=sealed[:HEAD_BYTES])
    for number, seam in enumerate(SEAMS, 1):
        offset, end = seam - 10, seam + around
        planned = segments_for(len(sealed), offset, end - offset)
        assert reader.segments_for(offset, end - offset) == planned
        segments = number if around <= 0 else number + 1
        ends_at = min(HEAD_BYTES - 40 + segments * SEGMENT_BYTES, len(sealed))
        assert planned.start + planned.length == ends_at
        assert reader.read(offset, end - offset) == content[offset:end]
        assert reader.read(seam, max(around, 0)) == content[seam:end]
    assert all(start >= HEAD_BYTES for start, _ in fetched), "the head was given"


@pytest.mark.parametrize(("offset", "length"), [(0, 0), (5, 0), (300, 1), (256, 9), (10**9, 1)])
def test_a_range_that_holds_nothing_is_nothing_to_fetch(offset: int, length: int) -> None:
    sealed = seal(KEY, CONTEXT, bytes(256))
    assert segments_for(len(sealed), offset, length) == SealedRange(HEAD_BYTES, 0)
    assert open_range(KEY, CONTEXT, sealed, len(sealed), offset, length, b"") == b""


def test_a_segment_of_padding_only_is_planned_but_not_opened() -> None:
    """The plan knows the padded length alone; here 65,000 bytes are padded into a second one."""
    content = random.Random(5).randbytes(65_000)
    sealed = seal(KEY, CONTEXT, content)
    planned = segments_for(len(sealed), 60_000, 65_536)
    assert planned == SealedRange(HEAD_BYTES, len(sealed) - HEAD_BYTES)
    for offset in (0, 60_000, 64_999):
        opened = open_range(KEY, CONTEXT, sealed, len(sealed), offset, 65_536, sealed[HEAD_BYTES:])
        assert opened == content[offset:]
    nothing = segments_for(len(sealed), 65_000, 10)
    assert (
        open_range(
            KEY, CONTEXT, sealed, len(sealed), 65_000, 10, sealed[nothing.start :][: nothing.length]
        )
        == b""
    )

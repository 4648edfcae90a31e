"""MLLP frames are read whole however they arrive, and nothing is lost unnoticed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.hl7.framing import (
    Broken,
    Event,
    Frame,
    FrameReader,
    FramingFault,
    framed,
)

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
LIMIT = 32

STREAMS = st.lists(
    st.sampled_from((VT, FS, CR, b"\n", b"x", FS + CR, VT + b"MSH", b"y" * 20)), max_size=30
).map(b"".join)


def read(stream: bytes, *cuts: int) -> list[Event]:
    reader = FrameReader(LIMIT)
    events: list[Event] = []
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for start, end in itertools.pairwise(edges):
        events += reader.feed(stream[start:end])
    return [*events, *reader.close()]


@given(st.lists(st.binary(max_size=LIMIT).map(lambda b: b.replace(VT, b"").replace(FS, b""))))
def test_what_was_framed_is_read(contents: list[bytes]) -> None:
    assert read(b"".join(map(framed, contents))) == [Frame(content) for content in contents]


@given(STREAMS, st.lists(st.integers(0, 200), max_size=20))
def test_cuts_make_no_difference(stream: bytes, cuts: list[int]) -> None:
    assert read(stream, *cuts) == read(stream) == read(stream, *range(len(stream)))


@given(STREAMS)
def test_a_stream_without_faults_is_its_frames(stream: bytes) -> None:
    events = read(stream)
    frames = [event.content for event in events if isinstance(event, Frame)]
    is_sound = len(frames) == len(events)
    assert is_sound == (b"".join(map(framed, frames)) == stream)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"junk" + framed(b"a"), [FramingFault(Broken.JUNK, 4), Frame(b"a")]),
        (framed(b"a") + b"\n" + framed(b"b"),
         [Frame(b"a"), FramingFault(Broken.BLANK, 1), Frame(b"b")]),
        (VT + b"abc" + framed(b"d"), [FramingFault(Broken.NESTED, 3), Frame(b"d")]),
        (VT + b"abc" + FS + framed(b"d"), [FramingFault(Broken.NO_CR, 3), Frame(b"d")]),
        (VT + b"abc" + FS + b"xy" + framed(b"d"),
         [FramingFault(Broken.NO_CR, 3), FramingFault(Broken.JUNK, 2), Frame(b"d")]),
        (framed(b"a" * 33) + framed(b"b"), [FramingFault(Broken.OVERSIZE, LIMIT), Frame(b"b")]),
        (VT + b"a" * 40 + framed(b"b"), [FramingFault(Broken.OVERSIZE, LIMIT), Frame(b"b")]),
        (VT + b"abc", [FramingFault(Broken.CUT, 3)]),
        (VT + b"abc" + FS, [FramingFault(Broken.CUT, 3)]),
        (b"junk", [FramingFault(Broken.JUNK, 4)]),
        (FS + CR, [FramingFault(Broken.JUNK, 2)]),
        (framed(b"a" * LIMIT), [Frame(b"a" * LIMIT)]),
        (framed(b""), [Frame(b"")]),
    ],
)  # fmt: skip
def test_each_fault_is_told_and_the_next_frame_read(stream: bytes, events: list[Event]) -> None:
    assert read(stream) == events


def test_the_reader_holds_no_more_than_its_limit() -> None:
    reader = FrameReader(LIMIT)
    list(reader.feed(VT))
    told = [event for _ in range(1000) for event in reader.feed(b"a" * 1000)]
    assert told == [FramingFault(Broken.OVERSIZE, LIMIT)]

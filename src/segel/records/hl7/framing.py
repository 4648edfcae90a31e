"""MLLP's framing (HL7 Transport Specification MLLP, Release 1), read from chunks as they come.

::

    VT (0B)   message   FS (1C)   CR (0D)

A frame is given whole or not at all. Whatever else comes is told as a fault, with its size, so that
nothing is lost unnoticed; the reader finds its way back at the next VT. Where the chunks were cut
makes no difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

START: Final = 0x0B
END: Final = 0x1C
CR: Final = 0x0D
_BLANK: Final = b"\r\n"


class Broken(StrEnum):
    """How a stream can leave the framing."""

    JUNK = "junk-before-start"
    """Bytes outside a frame."""
    BLANK = "blank-before-start"
    """Line ends outside a frame: some senders end a frame with CR LF. Nothing is lost."""
    NO_CR = "end-without-cr"
    NESTED = "start-within-frame"
    OVERSIZE = "frame-too-large"
    CUT = "frame-cut-off"
    """The connection ended within a frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one message."""

    content: bytes


@dataclass(frozen=True, slots=True)
class FramingFault:
    """What was left out, and how many bytes of it."""

    kind: Broken
    size_bytes: int


Event = Frame | FramingFault


class FrameReader:
    """``feed`` chunks, ``close`` at the end of the stream; both give frames and faults in order."""

    def __init__(self, frame_bytes_max: int) -> None:
        self._frame_bytes_max = frame_bytes_max
        self._frame: bytearray | None = None
        self._oversize = False
        self._size = 0  # of what is being left out, or of the frame that got too large
        self._is_blank = True
        self._ended = False  # an FS was seen, and its CR is due

    @property
    def is_within_frame(self) -> bool:
        """A frame has begun and not ended."""
        return self._frame is not None

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that ``chunk`` completes. Exhaust it before the next chunk."""
        at = 0
        while at < len(chunk):
            if self._frame is None:
                at, events = self._outside(chunk, at)
            elif self._ended:
                at, events = self._after_end(chunk, at)
            else:
                at, events = self._inside(chunk, at)
            yield from events

    def close(self) -> Iterator[Event]:
        """What the end of the stream leaves behind."""
        yield from self._junk()
        if self._frame is not None and not self._oversize:
            yield FramingFault(Broken.CUT, len(self._frame))
        self._frame = None
        self._ended = self._oversize = False

    # How each state reads on.

    def _outside(self, chunk: bytes, at: int) -> tuple[int, list[Event]]:
        start = chunk.find(START, at)
        stretch = chunk[at:] if start < 0 else chunk[at:start]
        self._size += len(stretch)
        self._is_blank = self._is_blank and not stretch.strip(_BLANK)
        if start < 0:
            return len(chunk), []
        events = self._junk()
        self._begin()
        return start + 1, events

    def _inside(self, chunk: bytes, at: int) -> tuple[int, list[Event]]:
        assert self._frame is not None
        ends = [found for found in (chunk.find(START, at), chunk.find(END, at)) if found >= 0]
        end = min(ends, default=len(chunk))
        events = self._take(chunk[at:end])
        if end == len(chunk):
            return end, events
        if chunk[end] == END:
            self._ended = True
        else:
            events += self._leave_out(Broken.NESTED)
            self._begin()
        return end + 1, events

    def _after_end(self, chunk: bytes, at: int) -> tuple[int, list[Event]]:
        assert self._frame is not None
        if chunk[at] != CR:  # read it again, as what lies outside
            events = self._leave_out(Broken.NO_CR)
            return at, events
        frame = bytes(self._frame)
        events = [] if self._oversize else [Frame(frame)]
        self._end()
        return at + 1, events

    def _take(self, stretch: bytes) -> list[Event]:
        assert self._frame is not None
        if self._oversize:
            return []
        if len(self._frame) + len(stretch) > self._frame_bytes_max:
            self._oversize = True
            self._frame.clear()
            # The cap and not what came: a fault must not depend on how the stream was cut.
            return [FramingFault(Broken.OVERSIZE, self._frame_bytes_max)]
        self._frame += stretch
        return []

    def _leave_out(self, kind: Broken) -> list[Event]:
        assert self._frame is not None
        events: list[Event] = [] if self._oversize else [FramingFault(kind, len(self._frame))]
        self._end()
        return events

    def _begin(self) -> None:
        self._frame = bytearray()
        self._ended = self._oversize = False

    def _end(self) -> None:
        self._frame = None
        self._ended = self._oversize = False

    def _junk(self) -> list[Event]:
        size, is_blank = self._size, self._is_blank
        self._size, self._is_blank = 0, True
        if not size:
            return []
        return [FramingFault(Broken.BLANK if is_blank else Broken.JUNK, size)]


def framed(message: bytes) -> bytes:
    """``message`` in its frame. It must not hold VT or FS, which HL7 has no use for."""
    assert START not in message
    assert END not in message
    return bytes((START,)) + message + bytes((END, CR))

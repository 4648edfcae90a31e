"""Where bytes come from: files, pieces put in order, streams; looked at through windows.

A window overlaps the next one. What begins before ``core`` is this window's to report; what
begins behind it is the next one's, so nothing is lost at a border or told twice.
"""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

FEED_BYTES: Final = 64 * 1024
"""How much of a stream is decompressed at a time."""


class Source(Protocol):
    """Bytes at offsets."""

    @property
    def size(self) -> int:
        """How many."""

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset``, fewer at the end."""


class FileSource:
    """An open file. It is read, never mapped: a file that shrinks meanwhile just ends earlier."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read(self, offset: int, size: int) -> bytes:
        """As many bytes as there are."""
        parts = []
        while size > 0:
            part = os.pread(self._descriptor, size, offset)
            if not part:
                break
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class Piece(NamedTuple):
    """``size`` bytes of ``source`` from ``offset``."""

    source: Source
    offset: int
    size: int


class PiecedSource:
    """Pieces of other sources, one after the other."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = list(pieces)
        self._starts = [0]
        for piece in self._pieces:
            self._starts.append(self._starts[-1] + piece.size)
        self.size = self._starts[-1]

    def read(self, offset: int, size: int) -> bytes:
        """What the pieces hold there."""
        end = min(offset + size, self.size)
        parts = []
        index = bisect_right(self._starts, offset) - 1
        while offset < end:
            piece, start = self._pieces[index], self._starts[index]
            count = min(end, self._starts[index + 1]) - offset
            part = piece.source.read(piece.offset + offset - start, count)
            parts.append(part.ljust(count, b"\0"))  # a file that shrank leaves a hole
            offset += count
            index += 1
        return b"".join(parts)


def _nothing() -> Iterator[bytes]:
    return iter(())


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Bytes to look at, and where they are from.

    ``describe`` gives the kind of container they came out of and where it begins in ``parent``,
    for an offset within ``data``. ``base`` is the offset of ``data`` in what the container holds.
    ``rest`` reads on behind ``data``, for what is too long for one window; it may give the last
    ``unfed`` bytes again.
    """

    data: bytes
    base: int = 0
    core: int = -1
    parent: "Window | None" = None
    describe: Callable[[int], tuple[str, int]] | None = None
    rest: Callable[[], Iterator[bytes]] = field(default=_nothing)
    begins_file: bool = False
    unfed: int = 0

    @property
    def core_end(self) -> int:
        """Where the next window's part begins."""
        return len(self.data) if self.core < 0 else self.core

    def feed(self, start: int) -> Iterator[bytes]:
        """Everything from ``start``, to the end of the source."""
        end = len(self.data) - self.unfed
        for offset in range(start, end, FEED_BYTES):
            yield self.data[offset : min(offset + FEED_BYTES, end)]
        yield from self.rest()


def source_windows(
    source: Source, start: int, end: int, window_bytes: int, overlap_bytes: int
) -> Iterator[Window]:
    """Windows over ``source``; those that begin from ``start`` up to ``end``."""

    def reader(offset: int) -> Callable[[], Iterator[bytes]]:
        def rest() -> Iterator[bytes]:
            at = offset
            while part := source.read(at, FEED_BYTES):
                yield part
                at += len(part)

        return rest

    for base in range(start, end, window_bytes):
        core = min(window_bytes, end - base)
        data = source.read(base, core + overlap_bytes)
        if not data:
            return
        yield Window(data, base, core, rest=reader(base + len(data)), begins_file=base == 0)


def stream_windows(
    parts: Iterable[bytes],
    parent: Window,
    describe: Callable[[int], tuple[str, int]],
    window_bytes: int,
    overlap_bytes: int,
) -> Iterator[Window]:
    """Windows over what a stream gives. Nothing can be read again, so ``rest`` is empty."""
    held = bytearray()
    base = 0
    for part in parts:
        held += part
        if len(held) >= window_bytes + overlap_bytes:
            yield Window(bytes(held), base, window_bytes, parent, describe)
            del held[:window_bytes]
            base += window_bytes
    if held:
        yield Window(bytes(held), base, -1, parent, describe)

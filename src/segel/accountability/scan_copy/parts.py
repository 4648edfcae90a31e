"""The pieces of work that a scan is cut into, each for one worker and by itself.

A part of a file; the TOAST values of a relation (its chunks were seen in parts); a cluster's log.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from segel.accountability.scan_copy.digging import Digger
from segel.accountability.scan_copy.findings import Findings
from segel.accountability.scan_copy.limits import Limits
from segel.accountability.scan_copy.matching import Matcher
from segel.accountability.scan_copy.postgres import (
    ToastChunk,
    compression,
    decompressed,
    toast_values,
)
from segel.accountability.scan_copy.wal import PAGE_BYTES, Stretch, is_log, page_images, stretches
from segel.accountability.scan_copy.windows import (
    FileSource,
    Piece,
    PiecedSource,
    Window,
    source_windows,
)

READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
WITHOUT_TRACE: Final = getattr(os, "O_NOATIME", 0)
"""A read that leaves no access time behind; granted to a file's owner and to root only."""


def open_unchanged(path: Path) -> int:
    """A descriptor of ``path`` that can only read. Raises OSError."""
    try:
        return os.open(path, READ_FLAGS | WITHOUT_TRACE)
    except PermissionError:
        return os.open(path, READ_FLAGS)


@dataclass(frozen=True, slots=True)
class FilePart:
    """Bytes ``start`` up to ``end`` of a file."""

    home: Path
    path: str
    start: int
    end: int

    def search(self, matcher: Matcher, limits: Limits) -> Findings:
        """What can be read in it."""
        findings = Findings(self.path)
        with _Opened(self.home / self.path) as source:
            if self.start == 0:
                findings.is_log = is_log(source.read(0, PAGE_BYTES))
            digger = Digger(matcher, limits, findings, self.end - self.start)
            windows = source_windows(
                source, self.start, self.end, limits.window_bytes, limits.overlap_bytes
            )
            for window in windows:
                findings.bytes += min(window.core_end, len(window.data))
                digger.dig(window)
            if self.start + findings.bytes < min(self.end, source.size):
                findings.skip("it could not be read to its end")
        return findings


@dataclass(frozen=True, slots=True)
class ToastValues:
    """The values whose ``chunks`` stand in the files of one relation, with each file's number."""

    home: Path
    paths: tuple[str, ...]
    chunks: tuple[tuple[int, ToastChunk], ...]

    def search(self, matcher: Matcher, limits: Limits) -> Findings:
        """What can be read in them, put together and decompressed."""
        findings = Findings(self.paths[0])
        starts = [0]
        opened = [_Opened(self.home / path) for path in self.paths]
        try:
            for one in opened:
                starts.append(starts[-1] + one.source.size)
            relation = PiecedSource(Piece(one.source, 0, one.source.size) for one in opened)
            moved = (chunk._replace(offset=chunk.offset + starts[n]) for n, chunk in self.chunks)
            digger = Digger(matcher, limits, findings, sum(one.size for _, one in self.chunks))
            for value in toast_values(moved):
                pieced = PiecedSource(Piece(relation, one.offset, one.size) for one in value)
                _dig_toasted(pieced, value[0].offset, digger, limits)
        finally:
            for one in opened:
                one.close()
        return findings


def _dig_toasted(value: PiecedSource, offset: int, digger: Digger, limits: Limits) -> None:
    around = Window(b"", offset)
    for window in source_windows(value, 0, value.size, limits.window_bytes, limits.overlap_bytes):
        digger.dig(_within(window, around, "TOAST value"), 1)
    if compression(value.read(0, 4), value.size) is not None:
        content = decompressed(value.read(0, value.size), limits.stream_bytes_max)
        if content is not None:
            kind = f"PostgreSQL {content[0]}"
            whole = Window(b"", 0, parent=around, describe=lambda _: ("TOAST value", 0))
            digger.dig(Window(content[1], parent=whole, describe=lambda _: (kind, 0)), 2)


@dataclass(frozen=True, slots=True)
class WriteAheadLog:
    """The log's segments. Offsets of hits are addresses in the log (LSN), not in a file."""

    home: Path
    paths: tuple[str, ...]

    def search(self, matcher: Matcher, limits: Limits) -> Findings:
        """What can be read in the log, joined behind its page headers."""
        findings = Findings(str(Path(self.paths[0]).parent), "write-ahead log")
        opened = []
        size = 0
        try:
            for path in self.paths:
                opened.append(_Opened(self.home / path))
                size += opened[-1].source.size
                if size > limits.wal_bytes_max:
                    findings.skip("the write-ahead log is too long to put in order")
                    break
            for stretch in stretches([one.source for one in opened]):
                digger = Digger(matcher, limits, findings, stretch.source.size)
                _dig_stretch(stretch, digger, limits, findings)
                for at, image in page_images(stretch):
                    around = Window(b"", stretch.address + at)
                    digger.dig(Window(image, 0, -1, around, lambda _: ("page image", 0)), 1)
        finally:
            for one in opened:
                one.close()
        return findings


def _dig_stretch(stretch: Stretch, digger: Digger, limits: Limits, findings: Findings) -> None:
    log = stretch.source
    for window in source_windows(log, 0, log.size, limits.window_bytes, limits.overlap_bytes):
        base = stretch.address + window.base
        digger.dig(Window(window.data, base, window.core, rest=window.rest))
    chunks = [one._replace(offset=one.offset - stretch.address) for one in findings.toast]
    findings.toast.clear()
    for value in toast_values(chunks):
        pieced = PiecedSource(Piece(log, one.offset, one.size) for one in value)
        _dig_toasted(pieced, stretch.address + value[0].offset, digger, limits)


Part = FilePart | ToastValues | WriteAheadLog


def _within(window: Window, around: Window, kind: str) -> Window:
    """``window`` as one of a container of that ``kind`` that begins at ``around``."""
    return Window(window.data, window.base, window.core, around, lambda _: (kind, 0), window.rest)


class _Opened:
    """A regular file, open for reading; a context, or closed by ``close``."""

    def __init__(self, path: Path) -> None:
        self._descriptor = open_unchanged(path)
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            os.close(self._descriptor)
            raise FileNotFoundError(path)
        self.source = FileSource(self._descriptor)

    def __enter__(self) -> FileSource:
        return self.source

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._descriptor)

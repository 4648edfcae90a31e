"""One compressed stream: gzip, bzip2, xz, zstd. Each gives out no more at a time than is asked."""

import bz2
import lzma
import zlib
from typing import TYPE_CHECKING, Any, Final, Protocol

import zstandard

from segel.leaks.intake.model import MIB
from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import PIECE_BYTES, Flow, Readable
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_ENDINGS: Final = (".gz", ".bz2", ".xz", ".zst", ".zstd", ".tgz", ".tbz2", ".txz", ".lzma")
_LZMA_BYTES_MAX: Final = 256 * MIB
"""What an xz stream may have its decoder allocate; xz -9 needs 65 MiB."""
_ZSTD_WINDOW_MAX: Final = 128 * MIB
"""The largest window that zstd's own tool opens without being told to."""


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """What is compressed, as one file within this one."""
    head = flow.head(6)
    source: Readable
    if head[:4] == b"\x28\xb5\x2f\xfd" or head[1:4] == b"\x2a\x4d\x18":
        plain = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_MAX)
        source = plain.stream_reader(
            flow.buffered(), read_across_frames=True, read_size=PIECE_BYTES
        )
    elif head[:2] == b"\x1f\x8b":
        source = Unpacked(flow, _Gzip, notes)
    elif head[:3] == b"BZh":
        source = Unpacked(flow, bz2.BZ2Decompressor, notes)
    else:
        source = Unpacked(flow, _xz, notes)
    inner = Flow(_Careful(source, notes), case.budget)
    case.member(inner, notes, depth, _inner_name(notes.path[-1]))


def _inner_name(name: str) -> str:
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)] + (".tar" if ending.startswith(".t") else "")
    return f"{name}~"


class _Careful:
    """A stream that says of its own end that it came too early or is broken, and ends."""

    def __init__(self, source: Readable, notes: FileNotes) -> None:
        self._source = source
        self._notes = notes

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._source.read(size)
        except EOFError:
            self._notes.cut(Reason.TRUNCATED)
        except (zlib.error, lzma.LZMAError, OSError, ValueError, zstandard.ZstdError) as error:
            is_memory = "limit" in str(error) or "memory" in str(error)
            self._notes.cut(Reason.CLAIMS if is_memory else Reason.BROKEN)
        return b""


class _Decompressor(Protocol):
    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class _Gzip:
    """zlib, with the face of the other two."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_LZMA_BYTES_MAX)


class Unpacked:
    """What a file of one or more compressed streams holds. What follows them is noted."""

    def __init__(self, source: Readable, make: Any, notes: FileNotes) -> None:
        self._source = source
        self._make = make
        self._notes = notes
        self._now: _Decompressor = make()
        self._is_first = True

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes. Raises EOFError where the stream ends too early."""
        size = size if size > 0 else PIECE_BYTES
        data = b""
        while True:
            if self._now.eof:
                data = self._now.unused_data.lstrip(b"\x00") or self._source.read(PIECE_BYTES)
                if not data:
                    return b""
                self._now = self._make()
                self._is_first = False
            elif self._now.needs_input and not data:
                data = self._source.read(PIECE_BYTES)
                if not data:
                    raise EOFError
            try:
                made = self._now.decompress(data, size)
            except (zlib.error, lzma.LZMAError, OSError):
                if self._is_first:
                    raise
                self._notes.note(Reason.POLYGLOT)  # something else stands behind the stream
                return b""
            data = b""
            if made:
                return made

"""A study as a ZIP, made while it is sent: its files as they are, one in memory at a time.

Images are stored, not deflated: most are compressed already, and the length of the whole is then
known before the first byte, for a progress bar. Names are numbers: they tell of nobody.
"""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib.resources import files as package_files
from typing import Final

from segel.console.ports import StudyCopy
from segel.sealing import Buffer

README_NAME: Final = "README.txt"
PIECE_BYTES: Final = 4 * 1024 * 1024
"""What is handed to the network at once."""

INLINE_BYTES_MAX: Final = 1024 * 1024
"""The checksum of so much takes less than a thread's hop."""

ENTRY_MODE: Final = 0o100600
"""An ordinary file for its owner alone."""

# PKWARE APPNOTE 6.3: the fixed parts of local header (4.3.7), central header (4.3.12), end
# (4.3.16), their ZIP64 extras (4.5.3) and ends (4.3.14, 4.3.15), in bytes.
_LOCAL, _CENTRAL, _END = 30, 46, 22
_EXTRA, _EXTRA_FIELD, _LOCAL_EXTRA, _END_64 = 4, 8, 20, 56 + 20
_LOCAL_SLACK: Final = 1.05
"""zipfile makes room for 64 bits where a file might grow beyond 32 while it is packed."""


@lru_cache
def readme() -> bytes:
    """What lies beside the images: how to look at them, and that they are to be kept safe."""
    text = package_files("segel.console").joinpath("static", "copy-readme.txt").read_text("utf-8")
    return text.replace("\n", "\r\n").encode()


def names_of(copy: StudyCopy) -> list[str]:
    """Of each file of a study, in order: in the form of DICOM media, by series."""
    names, counts = [], dict[int, int]()
    for series, _ in copy.places:
        counts[series] = counts.get(series, 0) + 1
        names.append(f"DICOM/S{series:05}/I{counts[series]:05}.dcm")
    return names


def zip_length(copy: StudyCopy) -> int:
    """The bytes of the whole ZIP."""
    offset = directory = 0
    sizes = [len(readme()), *(size for _, size in copy.places)]
    limit = zipfile.ZIP64_LIMIT
    for name, size in zip([README_NAME, *names_of(copy)], sizes, strict=True):
        large = 2 * (size > limit) + (offset > limit)
        directory += _CENTRAL + len(name) + (_EXTRA + _EXTRA_FIELD * large if large else 0)
        offset += _LOCAL + len(name) + size + _LOCAL_EXTRA * (size * _LOCAL_SLACK > limit)
    many = len(sizes) > zipfile.ZIP_FILECOUNT_LIMIT
    return offset + directory + _END + _END_64 * (many or max(offset, directory) > limit)


async def zip_pieces(copy: StudyCopy, at: datetime) -> AsyncIterator[Buffer]:
    """The ZIP, in pieces. ``at``: the time that its files get."""
    sink = _Sink()
    archive = zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED)  # type: ignore[call-overload]
    try:
        archive.writestr(_entry(README_NAME, at), readme())
        for name in names_of(copy):
            file = await anext(copy.files)
            if len(file) <= INLINE_BYTES_MAX:
                archive.writestr(_entry(name, at), file)
            else:
                await asyncio.to_thread(archive.writestr, _entry(name, at), file)
            del file
            for piece in sink.taken():
                yield piece
    finally:
        archive.close()
    for piece in sink.taken():
        yield piece


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.external_attr = ENTRY_MODE << 16
    return entry


@dataclass(slots=True)
class _Sink:
    """Where zipfile writes to: what is not taken yet may still be written anew, as it does with a
    header once it knows the checksum."""

    _start: int = 0
    _at: int = 0
    _pieces: list[Buffer] = field(default_factory=list)

    def write(self, data: Buffer) -> int:
        """Write at the place that was sought: at the end, or over a piece of the same length."""
        if not data:
            return 0
        place = self._start
        for number, piece in enumerate(self._pieces):
            if place == self._at:
                assert len(piece) == len(data), "a header is written anew as a whole"
                self._pieces[number] = data
                break
            place += len(piece)
        else:
            assert place == self._at, "there are no gaps"
            self._pieces.append(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        """The place that is written to next, in bytes of the whole."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; what was taken is gone."""
        assert whence == io.SEEK_SET, "zipfile seeks from the start"
        assert offset >= self._start, "what was taken is not written anew"
        self._at = offset
        return offset

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> Sequence[Buffer]:
        """What was written since, in pieces; it is forgotten here."""
        pieces, self._pieces = self._pieces, []
        self._start = self._at
        return [
            memoryview(piece)[at : at + PIECE_BYTES]
            for piece in pieces
            for at in range(0, len(piece), PIECE_BYTES)
        ]

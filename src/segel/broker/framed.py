"""Files of length-framed lines, private to one user and replaced whole."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

_LENGTH_BYTES: Final = 4
_LINE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Far above a head with every hospital of a country in it."""


class CutOff(Exception):
    """The file ends inside a line, or names a length that no line has."""


class Digest(Protocol):
    """What a file is authenticated by."""

    def update(self, content: bytes, /) -> None: ...


def private_file(path: Path) -> BinaryIO:
    """A new file that its owner alone can read."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def put(file: BinaryIO, mac: Digest | None, line: bytes) -> None:
    """Write one line, which ``mac`` takes in."""
    if mac is not None:
        mac.update(framed(line))
    file.write(framed(line))


def framed(line: bytes) -> bytes:
    """A line as it stands in the file."""
    return len(line).to_bytes(_LENGTH_BYTES, "big") + line


def sync(file: BinaryIO) -> None:
    """Have everything written on the disk."""
    file.flush()
    os.fsync(file.fileno())


def put_in_place(beside: Path, path: Path) -> None:
    """Replace ``path`` by a file that is synced; once this returns a power cut cannot undo it."""
    beside.rename(path)
    held = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines from here on. Raises CutOff."""
    while head := file.read(_LENGTH_BYTES):
        size = int.from_bytes(head, "big")
        if len(head) < _LENGTH_BYTES or size > _LINE_BYTES_MAX:
            raise CutOff
        line = file.read(size)
        if len(line) < size:
            raise CutOff
        yield line

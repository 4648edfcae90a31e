"""Bytes in and out without copies.

A copy of a 512 KiB image costs as much as sealing it, and fresh memory more than either: its
pages are faulted in one by one. Hence one allocation per result, filled in place.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview
"""What the callers hold; anything else with a contiguous buffer (mmap, array) works as well."""


class Filling:
    """Bytes that are written once through ``view`` and then taken as an immutable result."""

    def __init__(self, size_bytes: int) -> None:
        # BytesIO is the one documented way to write into what becomes `bytes` without a copy:
        # getbuffer() exposes its storage, getvalue() hands that same storage over.
        self._file = io.BytesIO(bytes(size_bytes))

    @contextmanager
    def view(self) -> Iterator[memoryview]:
        with self._file.getbuffer() as view:
            yield view

    def take(self, length_bytes: int) -> bytes:
        """The first ``length_bytes`` bytes; the rest is dropped in place."""
        self._file.truncate(length_bytes)
        return self._file.getvalue()


def as_views(parts: Sequence[Buffer] | Buffer) -> list[memoryview]:
    """One buffer, or several that follow each other, as flat byte views of the caller's memory."""
    if isinstance(parts, list | tuple):
        return [memoryview(part).cast("B") for part in parts]
    return [memoryview(parts).cast("B")]  # type: ignore[arg-type]


def slices(parts: Sequence[memoryview], sizes: Sequence[int]) -> Iterator[memoryview]:
    """The concatenation of ``parts``, zero-extended for ever, cut into pieces of ``sizes`` bytes.

    A piece that lies within one part is a view of it; only a piece across a seam, or one that
    reaches into the zeros, is gathered into a scratch buffer, which the next such piece reuses:
    use each piece before asking for the next.
    """
    scratch = memoryview(b"")
    index, at = 0, 0
    for size in sizes:
        while index < len(parts) and at == len(parts[index]):
            index, at = index + 1, 0
        if index < len(parts) and len(parts[index]) - at >= size:
            yield parts[index][at : at + size]
            at += size
            continue
        if len(scratch) < size:
            scratch = memoryview(bytearray(size))
        filled = 0
        while filled < size and index < len(parts):
            taken = min(size - filled, len(parts[index]) - at)
            scratch[filled : filled + taken] = parts[index][at : at + taken]
            filled, at = filled + taken, at + taken
            if at == len(parts[index]):
                index, at = index + 1, 0
        scratch[filled:size] = bytes(size - filled)
        yield scratch[:size]

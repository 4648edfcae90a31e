"""The bytes of a file as they are read: counted, hashed, and stopped at the limits."""

import hashlib
import io
import time
from typing import IO, Any, Final, Protocol, cast

from segel.leaks.intake.model import MIB, Limits
from segel.leaks.intake.reasons import Reason

PIECE_BYTES: Final = 256 * 1024
BEAT_BYTES: Final = 4 * MIB
BEAT_S: Final = 1.0


class Stopped(Exception):
    """A limit was reached, or a file is not what it seems: this file is not read any further.

    ``for_all``: nor is any other that was handed in with it.
    """

    def __init__(self, reason: Reason, *, for_all: bool = False) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.for_all = for_all


class Readable(Protocol):
    """What has bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


class Beats(Protocol):
    """Who is told that something happens."""

    def beat(self, bytes_read: int) -> None:
        """So many bytes were read."""


class Budget:
    """What a file that was handed in may still cost, with all that is within it."""

    def __init__(self, limits: Limits, length: int, beats: Beats) -> None:
        self.limits = limits
        self.length = length
        self.read = 0
        self.inflated = 0
        self.held = 0
        self._beats = beats
        self._beaten = 0
        self._beaten_at = 0.0

    def count(self, count: int, *, inflated: bool) -> None:
        """So many bytes were read. Raises Stopped."""
        self.read += count
        if inflated:
            self.inflated += count
            if self.inflated > self.limits.inflated_bytes:
                raise Stopped(Reason.INFLATED, for_all=True)
            free = self.limits.ratio_free_bytes
            if self.inflated > free and self.inflated > self.limits.ratio * max(self.length, 1):
                raise Stopped(Reason.RATIO, for_all=True)
        if self.read - self._beaten >= BEAT_BYTES:
            self.beat()

    def beat(self) -> None:
        """Tell that something happens, though not too often."""
        now = time.monotonic()
        if now - self._beaten_at >= BEAT_S:
            self._beaten, self._beaten_at = self.read, now
            self._beats.beat(self.read)

    def hold(self, count: int) -> None:
        """So many bytes are about to be in memory until ``release``. Raises Stopped."""
        if self.held + count > self.limits.held_bytes:
            raise Stopped(Reason.HELD)
        self.held += count

    def release(self, count: int) -> None:
        """They are not any more."""
        self.held -= count


class Flow(io.RawIOBase):
    """A file from its beginning to its end, once. ``length``: -1 where nobody says.

    ``inflated``: it comes out of a container. ``seekable_file``: the same bytes in a file where
    one can go to and fro, if there is such a one: the file that was handed in, whose hash the
    parent has.
    """

    def __init__(
        self,
        source: Readable,
        budget: Budget,
        *,
        length: int = -1,
        inflated: bool = True,
        seekable_file: IO[bytes] | None = None,
    ) -> None:
        super().__init__()
        self.budget = budget
        self.length = length
        self.count = 0
        self.is_whole = False
        self._source = source
        self._inflated = inflated
        self._hash = hashlib.sha256()
        self._head = b""
        self._file = seekable_file
        self._held = 0

    def readable(self) -> bool:
        return True

    def head(self, size: int = 64 * 1024) -> bytes:
        """The first bytes, without reading past them."""
        while len(self._head) < size:
            piece = self._fetch(size - len(self._head))
            if not piece:
                break
            self._head += piece
        return self._head

    def readinto(self, room: object, /) -> int:
        into = memoryview(room).cast("B")  # type: ignore[arg-type]  # io passes a buffer
        if self._head:
            piece, self._head = self._head[: len(into)], self._head[len(into) :]
        else:
            piece = self._fetch(len(into))
        into[: len(piece)] = piece
        return len(piece)

    def _fetch(self, size: int) -> bytes:
        piece = self._source.read(min(size, MIB))
        if piece:
            self.count += len(piece)
            self._hash.update(piece)
            self.budget.count(len(piece), inflated=self._inflated)
        else:
            self.is_whole = True
        return piece

    def whole(self) -> bytes:
        """All of it, in memory twice for that moment. Raises Stopped."""
        file = self.random_access()
        if self.length > self.budget.limits.held_bytes:
            raise Stopped(Reason.HELD)
        return file.read()

    def random_access(self) -> IO[bytes]:
        """A file of all of it where one can go to and fro; it is in memory if it must be.

        Raises Stopped where that is too much.
        """
        if self._file is not None:
            self._file.seek(0)
            return self._file
        kept = io.BytesIO()
        while piece := self.read(PIECE_BYTES):
            self.budget.hold(len(piece))
            self._held += len(piece)
            kept.write(piece)
        kept.seek(0)
        self._file = kept
        return kept

    def held_file(self) -> IO[bytes] | None:
        """What ``random_access`` gave or would give at once."""
        return self._file

    def buffered(self) -> io.BufferedReader:
        """What is not read yet, for those who read in small pieces."""
        return io.BufferedReader(cast(Any, self), PIECE_BYTES)

    def drain(self) -> None:
        """Read the rest, so that all of it is hashed. Raises Stopped."""
        while self._file is None and self.read(PIECE_BYTES):
            pass

    def sha256(self) -> bytes:
        """Of all of it; empty where not all was read."""
        return self._hash.digest() if self.is_whole else b""

    def free(self) -> None:
        """Give back what is held in memory."""
        self.budget.release(self._held)
        self._held = 0
        self._file = None

"""The right edge of a growing tree: all that is needed to append to it and to know its root.

A tree of ``size`` leaves is a row of complete subtrees, one for each 1 in the size's binary digits,
the largest first. Their roots are the frontier (also called a compact range): at most 63 hashes,
whatever the size.

    size 7 = 0b111        [0..3]      [4..5]   [6]
                          level 2     level 1  level 0
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from typing import Final

from segel.tlog.errors import FrontierMalformed, HashMalformed, TreeTooLarge
from segel.tlog.hashing import (
    EMPTY_ROOT,
    HASH_BYTES,
    SIZE_MAX,
    node_hash,
    pair_up,
    split_hashes,
)

SIZE_BYTES: Final = 8

BATCH_LEAVES: Final = 65_536
"""Leaves hashed at a time by ``extend``: 2 MiB of hashes, enough to make the overhead vanish."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """The compact range of the first ``size`` leaves; ``hashes`` from the largest subtree down.

    Raises FrontierMalformed where the two do not fit together.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX:
            raise TreeTooLarge("size")
        if len(self.hashes) != self.size.bit_count():
            raise FrontierMalformed("hashes")
        if any(len(each) != HASH_BYTES for each in self.hashes):
            raise FrontierMalformed("hashes")

    def append(self, leaf_hash: bytes) -> "Frontier":
        """The frontier with one more leaf."""
        return self.append_subtree(0, leaf_hash)

    def append_subtree(self, level: int, root: bytes) -> "Frontier":
        """The frontier with a complete subtree of 2**level leaves more.

        Raises FrontierMalformed unless such a subtree begins where this tree ends.
        """
        if level < 0 or self.size % (1 << level):
            raise FrontierMalformed("level", f"No subtree of level {level} begins here.")
        return self._grown([root], level)

    def extend(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """The frontier with these leaves more: level by level, a batch at a time."""
        grown = self
        rest: Iterator[bytes] = iter(leaf_hashes)
        while batch := list(islice(rest, BATCH_LEAVES)):
            grown = grown._grown(batch, 0)
        return grown

    def root(self) -> bytes:
        """The tree's root hash (RFC 9162 § 2.1.1); EMPTY_ROOT without leaves."""
        if not self.hashes:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(self.hashes))

    def to_bytes(self) -> bytes:
        """The size as 8 bytes, big-endian, then the hashes."""
        return self.size.to_bytes(SIZE_BYTES, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, encoded: bytes) -> "Frontier":
        """What ``to_bytes`` made. Raises FrontierMalformed or TreeTooLarge."""
        hashes = encoded[SIZE_BYTES:]
        if len(encoded) < SIZE_BYTES or len(hashes) % HASH_BYTES:
            raise FrontierMalformed("length")
        return cls(int.from_bytes(encoded[:SIZE_BYTES], "big"), tuple(split_hashes(hashes)))

    def _grown(self, nodes: list[bytes], level: int) -> "Frontier":
        if set(map(len, nodes)) != {HASH_BYTES}:
            raise HashMalformed("leaf hash")
        size = self.size + (len(nodes) << level)
        if size > SIZE_MAX:
            raise TreeTooLarge("size")
        levels = [bit for bit in range(self.size.bit_length()) if self.size >> bit & 1]
        peaks = dict(zip(reversed(levels), self.hashes, strict=True))
        while nodes:
            if level in peaks:
                nodes.insert(0, peaks.pop(level))
            if len(nodes) % 2:
                peaks[level] = nodes.pop()
            nodes = pair_up(nodes)
            level += 1
        return Frontier(size, tuple(peaks[bit] for bit in sorted(peaks, reverse=True)))

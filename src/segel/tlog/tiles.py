"""The tree as files: tiles of 256 hashes, bundles of 256 entries (C2SP tlog-tiles).

A tile at level 0 holds leaf hashes; a hash of a tile at level n is the root of a whole tile at
level n - 1. Whole tiles never change. The rightmost tile of a level may be partial; its width is
then part of its name.

    tile/0/000  tile/0/001  tile/0/002.p/7        tile/entries/002.p/7
    tile/1/000.p/2
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from segel.tlog.errors import (
    EntriesMalformed,
    EntryTooLong,
    FileMissing,
    IndexOutside,
    TileMalformed,
    TilePathMalformed,
)
from segel.tlog.hashing import HASH_BYTES, SIZE_MAX, split_hashes, subtree_root

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT

TILE_LEVELS: Final = 8
"""Levels 0 to 7: a tree of 2^63 - 1 leaves has no hash at level 8 * 8."""

ENTRY_BYTES_MAX: Final = 65_535
"""An entry's length is written as a uint16."""

_LENGTH_BYTES: Final = 2
_PATH_GROUP: Final = 1000

ReadFile = Callable[[str], bytes]
"""Path inside the log → content; raises FileNotFoundError."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile, or the entry bundle that belongs to one of level 0. Raises IndexOutside."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not (
            0 <= self.level < TILE_LEVELS
            and 1 <= self.width <= TILE_WIDTH
            and 0 <= self.index <= SIZE_MAX // TILE_WIDTH
        ):
            raise IndexOutside(f"tile {self.level}/{self.index}, width {self.width}")

    def path(self) -> str:
        """Where the hashes are."""
        return self._path(str(self.level))

    def entries_path(self) -> str:
        """Where the entries are whose hashes a tile of level 0 holds."""
        assert self.level == 0, "only leaves have entries"
        return self._path("entries")

    def hashes(self, content: bytes) -> list[bytes]:
        """The hashes in the tile's file. Raises TileMalformed."""
        if len(content) != self.width * HASH_BYTES:
            raise TileMalformed(
                self.path(),
                f"It has {len(content)} bytes, its {self.width} hashes {self.width * HASH_BYTES}.",
            )
        return split_hashes(content)

    def entries(self, content: bytes) -> list[bytes]:
        """The entries in the bundle's file. Raises EntriesMalformed."""
        try:
            entries = decode_entries(content)
        except EntriesMalformed as malformed:
            raise EntriesMalformed(self.entries_path(), malformed.detail) from None
        if len(entries) != self.width:
            raise EntriesMalformed(
                self.entries_path(), f"It has {len(entries)} entries, not {self.width}."
            )
        return entries

    def _path(self, kind: str) -> str:
        rest, last = divmod(self.index, _PATH_GROUP)
        groups = [f"{last:03d}"]
        while rest:
            rest, group = divmod(rest, _PATH_GROUP)
            groups.append(f"x{group:03d}")
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{'/'.join(reversed(groups))}{partial}"


def parse_tile_path(path: str) -> tuple[Tile, bool]:
    """The tile of a path, and whether it is its entry bundle. Raises TilePathMalformed.

    A tile has one path only: what would not be written just so is refused.
    """
    malformed = TilePathMalformed("path")
    if len(path) > 64 or not path.isascii():
        raise malformed
    whole, partial, width = path.partition(".p/")
    parts = whole.split("/")
    digits = [*parts[1:2], *(group.removeprefix("x") for group in parts[2:]), width or "1"]
    if len(parts) < 3 or (partial and not width):
        raise malformed
    is_entries = digits[0] == "entries"
    if is_entries:
        digits[0] = "0"
    if not all(each.isdigit() for each in digits):
        raise malformed
    try:
        tile = Tile(
            int(digits[0]), int("".join(digits[1:-1])), int(width) if partial else TILE_WIDTH
        )
    except IndexOutside:
        raise malformed from None
    if path != (tile.entries_path() if is_entries else tile.path()):
        raise malformed
    return tile, is_entries


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile that a log of ``size`` leaves publishes, lowest level first."""
    return _tiles_between(0, size)


def tiles_to_publish(old: int, new: int) -> list[Tile]:
    """The tiles to write when a log grows from ``old`` to ``new`` leaves, lowest level first.

    For each of level 0 its entry bundle is due as well. Raises IndexOutside where it shrinks.
    """
    if not 0 <= old <= new <= SIZE_MAX:
        raise IndexOutside(f"size {new}", f"The log has {old} leaves already.")
    return list(_tiles_between(old, new))


def _tiles_between(old: int, new: int) -> Iterator[Tile]:
    for level in range(TILE_LEVELS):
        before, after = old >> (TILE_HEIGHT * level), new >> (TILE_HEIGHT * level)
        if before < after:
            for index in range(before // TILE_WIDTH, -(-after // TILE_WIDTH)):
                yield Tile(level, index, min(TILE_WIDTH, after - index * TILE_WIDTH))


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """An entry bundle: each entry behind its length as a big-endian uint16. Raises EntryTooLong."""
    parts: list[bytes] = []
    for number, entry in enumerate(entries):
        if len(entry) > ENTRY_BYTES_MAX or number >= TILE_WIDTH:
            raise EntryTooLong(f"entry {number}")
        parts += (len(entry).to_bytes(_LENGTH_BYTES, "big"), entry)
    return b"".join(parts)


def decode_entries(bundle: bytes) -> list[bytes]:
    """The entries of a bundle. Raises EntriesMalformed."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(bundle[at:start], "big")
        if start > len(bundle) or at > len(bundle):
            raise EntriesMalformed("bundle", f"Entry {len(entries)} is cut off.")
        if len(entries) == TILE_WIDTH:
            raise EntriesMalformed("bundle", f"It has more than {TILE_WIDTH} entries.")
        entries.append(bundle[start:at])
    return entries


class TileHashes:
    """``read_hash`` for making proofs, out of the tiles of a log of ``size`` leaves.

    Tiles once read are kept; a proof needs a few of each level.
    """

    def __init__(self, size: int, read: ReadFile) -> None:
        self._size = size
        self._read = read
        self._tiles: dict[Tile, list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree. Raises IndexOutside, FileMissing, TileMalformed."""
        if level < 0 or index < 0 or (index + 1) << level > self._size:
            raise IndexOutside(f"subtree {index} of level {level}", f"{self._size} leaves.")
        tile_level, inside = divmod(level, TILE_HEIGHT)
        first = index << inside
        hashes = self._hashes(tile_level, first // TILE_WIDTH)
        start = first % TILE_WIDTH
        return subtree_root(hashes[start : start + (1 << inside)])

    def _hashes(self, level: int, index: int) -> list[bytes]:
        available = (self._size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH
        tile = Tile(level, index, min(TILE_WIDTH, available))
        if tile not in self._tiles:
            try:
                content = self._read(tile.path())
            except FileNotFoundError:
                raise FileMissing(tile.path()) from None
            self._tiles[tile] = tile.hashes(content)
        return self._tiles[tile]

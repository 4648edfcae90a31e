"""Tiles: the tree as static files (C2SP tlog-tiles).

A tile is 256 neighbouring hashes of the tree. Level 0 holds leaf hashes; each hash of a tile at
level n + 1 is the root of one *full* tile at level n. The rightmost tile of a level is partial
until it is full, and is then a file of its own under another name: no file is ever changed.

    tile/0/000            leaves 0 to 255
    tile/0/x001/234.p/5   the first 5 hashes of leaf tile 1,234
    tile/entries/000      the entries that tile/0/000 holds the leaf hashes of
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from segel.tlog.errors import HashMalformed, IndexOutside, TileMalformed, TilePathMalformed
from segel.tlog.hashing import HASH_BYTES, SIZE_MAX, split_hashes, subtree_root

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT

LEVEL_MAX: Final = 63
"""What the path format allows; a tree of 2^63 - 1 leaves needs level 7."""

PATH_CHARACTERS_MAX: Final = 64
"""The longest path (level, 17 digits in groups of three, width) is shorter."""

_PATH: Final = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile by its place: the first ``width`` hashes of the ``index``-th tile of ``level``.

    Raises IndexOutside where no tree has such a tile.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= LEVEL_MAX or not 1 <= self.width <= TILE_WIDTH:
            raise IndexOutside("tile")
        if not 0 <= self.index <= SIZE_MAX >> TILE_HEIGHT:
            raise IndexOutside("tile")

    @property
    def is_full(self) -> bool:
        """256 hashes wide: it will not grow any more."""
        return self.width == TILE_WIDTH

    @property
    def size_bytes(self) -> int:
        """The length of the tile's file."""
        return self.width * HASH_BYTES

    def path(self) -> str:
        """Where the tile is published, relative to the log's prefix."""
        return f"tile/{self.level}/{self._place()}"

    def entries_path(self) -> str:
        """Where the entries of this leaf tile are published. Raises IndexOutside above level 0."""
        if self.level:
            raise IndexOutside(self.path(), "Only level 0 has entries.")
        return f"tile/entries/{self._place()}"

    def full(self) -> "Tile":
        """The tile that this one becomes once it is full."""
        return Tile(self.level, self.index)

    def _place(self) -> str:
        digits = f"{self.index:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        place = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        return place if self.is_full else f"{place}.p/{self.width}"


@dataclass(frozen=True, slots=True)
class TilePath:
    """A parsed path: which tile, and whether it names the tile's entries or its hashes."""

    tile: Tile
    holds_entries: bool


def parse_tile_path(path: str) -> TilePath:
    """The tile that a path names. Each tile has one path only. Raises TilePathMalformed."""
    parts = _PATH.fullmatch(path) if len(path) <= PATH_CHARACTERS_MAX else None
    if parts is None:
        raise TilePathMalformed("path")
    holds_entries = parts["level"] == "entries"
    try:
        tile = Tile(
            0 if holds_entries else int(parts["level"]),
            int(parts["index"].replace("x", "").replace("/", "")),
            int(parts["width"] or TILE_WIDTH),
        )
    except IndexOutside:
        raise TilePathMalformed("path") from None
    if path != (tile.entries_path() if holds_entries else tile.path()):
        raise TilePathMalformed("path", "It is not written the canonical way.")
    return TilePath(tile, holds_entries)


def tiles_to_publish(old_size: int, new_size: int) -> list[Tile]:
    """The tiles that a log writes when it grows, lower levels first, each level from the left.

    Raises IndexOutside unless 0 <= old_size <= new_size.
    """
    return list(tiles_between(old_size, new_size))


def tiles_between(old_size: int, new_size: int) -> Iterator[Tile]:
    """``tiles_to_publish`` one by one, for sizes that need not be believed."""
    if not 0 <= old_size <= new_size <= SIZE_MAX:
        raise IndexOutside(f"size {old_size}", f"The new size is {new_size}.")
    old, new, level = old_size, new_size, 0
    while new > old:
        for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
            yield Tile(level, index, min(TILE_WIDTH, new - index * TILE_WIDTH))
        old, new, level = old // TILE_WIDTH, new // TILE_WIDTH, level + 1


def grow_tiles(
    old_size: int, leaf_hashes: Sequence[bytes], read_tile: Callable[[Tile], bytes]
) -> Iterator[tuple[Tile, bytes]]:
    """The tiles of ``tiles_to_publish`` with their bytes, made from the new leaves alone.

    ``read_tile`` is asked for at most one tile of each level: the partial one that the old tree
    ended with. Raises TileMalformed where that has another length, HashMalformed.
    """
    if any(len(each) != HASH_BYTES for each in leaf_hashes):
        raise HashMalformed("leaf hash")
    hashes, at, level = list(leaf_hashes), old_size, 0
    while hashes:
        index, width = divmod(at, TILE_WIDTH)
        if width:
            hashes = [*_read_hashes(Tile(level, index, width), read_tile), *hashes]
        roots: list[bytes] = []
        for start in range(0, len(hashes), TILE_WIDTH):
            inside = hashes[start : start + TILE_WIDTH]
            yield Tile(level, index, len(inside)), b"".join(inside)
            if len(inside) == TILE_WIDTH:
                roots.append(subtree_root(inside))
            index += 1
        hashes, at, level = roots, at // TILE_WIDTH, level + 1


def _read_hashes(tile: Tile, read_tile: Callable[[Tile], bytes]) -> list[bytes]:
    joined = read_tile(tile)
    if len(joined) != tile.size_bytes:
        raise TileMalformed(tile.path())
    return split_hashes(joined)

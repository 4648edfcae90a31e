"""The tree as files: tiles of 256 hashes, and where bundles of entries lie (C2SP tlog-tiles).

A tile at level 0 holds leaf hashes; a hash in a tile at level n is the root of a full tile at level
n - 1. Full tiles never change. The rightmost tile of a level may be partial; its width is then part
of its name.

    tile/0/000  tile/0/001  tile/0/002.p/7        tile/entries/002.p/7
    tile/1/000.p/2
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from segel.tlog.errors import HashMalformed, IndexOutside, TileMalformed, TilePathMalformed
from segel.tlog.hashing import HASH_BYTES, SIZE_MAX, split_hashes, subtree_root

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT

TILE_LEVELS: Final = 8
"""Levels 0 to 7: a tree of 2^63 - 1 leaves has no hash at level 8 * 8."""

PATH_LENGTH_MAX: Final = 64
"""Longer than any tile's path; what is longer is refused unread."""

_GROUP: Final = 1000


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile, or the entry bundle that belongs to one of level 0. Raises IndexOutside."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not (
            0 <= self.level < TILE_LEVELS
            and 0 <= self.index <= SIZE_MAX // TILE_WIDTH
            and 1 <= self.width <= TILE_WIDTH
        ):
            raise IndexOutside(f"tile {self.level}/{self.index}, width {self.width}")

    @property
    def is_full(self) -> bool:
        """All its hashes are there, and it never changes again."""
        return self.width == TILE_WIDTH

    @property
    def size_bytes(self) -> int:
        """The length of its file."""
        return self.width * HASH_BYTES

    def full(self) -> "Tile":
        """The full tile that this one grows into."""
        return Tile(self.level, self.index)

    def path(self) -> str:
        """Where its hashes lie."""
        return self._path(str(self.level))

    def entries_path(self) -> str:
        """Where the entries lie whose hashes a tile of level 0 holds."""
        assert self.level == 0, "only leaves have entries"
        return self._path("entries")

    def _path(self, kind: str) -> str:
        rest, last = divmod(self.index, _GROUP)
        groups = [f"{last:03d}"]
        while rest:
            rest, group = divmod(rest, _GROUP)
            groups.append(f"x{group:03d}")
        partial = "" if self.is_full else f".p/{self.width}"
        return f"tile/{kind}/{'/'.join(reversed(groups))}{partial}"


@dataclass(frozen=True, slots=True)
class TilePath:
    """What a path names: a tile's hashes, or its entries."""

    tile: Tile
    is_entries: bool


def parse_tile_path(path: str) -> TilePath:
    """What lies at a path. Raises TilePathMalformed unless it is written in its one way."""
    if len(path) > PATH_LENGTH_MAX or not path.isascii():
        raise TilePathMalformed("path")
    whole, _, width = path.partition(".p/")
    _, _, rest = whole.partition("/")
    kind, _, groups = rest.partition("/")
    numbers = ("0" if kind == "entries" else kind, groups.replace("/x", "").removeprefix("x"))
    if not all(each.isdigit() for each in (*numbers, width or "0")):
        raise TilePathMalformed("path")
    try:
        tile = Tile(int(numbers[0]), int(numbers[1]), int(width) if width else TILE_WIDTH)
    except IndexOutside:
        raise TilePathMalformed("path") from None
    if path != (tile.entries_path() if kind == "entries" else tile.path()):
        raise TilePathMalformed("path")
    return TilePath(tile, kind == "entries")


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """The tiles in which trees of ``old`` and ``new`` leaves differ, as the newer one has them.

    Lowest level first, from left to right. Raises IndexOutside unless 0 <= old <= new.
    """
    if not 0 <= old <= new <= SIZE_MAX:
        raise IndexOutside(f"size {old}", f"The newer tree has {new} leaves.")
    for level in range(TILE_LEVELS):
        before, after = old >> (TILE_HEIGHT * level), new >> (TILE_HEIGHT * level)
        if before < after:
            for index in range(before // TILE_WIDTH, -(-after // TILE_WIDTH)):
                yield Tile(level, index, min(TILE_WIDTH, after - index * TILE_WIDTH))


def tiles_to_publish(old: int, new: int) -> list[Tile]:
    """``tiles_between`` as a list. With each of level 0 its entry bundle is due as well."""
    return list(tiles_between(old, new))


def grow_tiles(
    size: int, leaf_hashes: Sequence[bytes], read_tile: Callable[[Tile], bytes]
) -> dict[Tile, bytes]:
    """The tiles to write when these leaves are appended to a tree of ``size``, lowest level first.

    ``read_tile`` gives the partial tiles of the old tree that grow on.
    Raises HashMalformed, IndexOutside, TileMalformed.
    """
    if any(len(each) != HASH_BYTES for each in leaf_hashes):
        raise HashMalformed("leaf hash")
    written: dict[Tile, bytes] = {}
    level = -1
    row: list[bytes] = list(leaf_hashes)
    above: list[bytes] = []  # roots of the tiles that have become full: the next level's new hashes
    for tile in tiles_between(size, size + len(leaf_hashes)):
        if tile.level > level:
            row, above, level = (row if level < 0 else above), [], tile.level
        held = max(0, (size >> TILE_HEIGHT * level) - tile.index * TILE_WIDTH)
        taken, row = row[: tile.width - held], row[tile.width - held :]
        joined = (_held(Tile(level, tile.index, held), read_tile) if held else b"") + b"".join(
            taken
        )
        assert len(joined) == tile.size_bytes
        written[tile] = joined
        if tile.is_full:
            above.append(subtree_root(split_hashes(joined)))
    return written


def _held(tile: Tile, read_tile: Callable[[Tile], bytes]) -> bytes:
    joined = read_tile(tile)
    if len(joined) != tile.size_bytes:
        raise TileMalformed(tile.path())
    return joined

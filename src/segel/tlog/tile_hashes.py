"""Reading any hash of the tree out of its tiles."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from segel.tlog.errors import IndexOutside, TileMalformed
from segel.tlog.hashing import pair_up, split_hashes
from segel.tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Tile

TILES_CACHED_MAX: Final = 256
"""Tiles kept, each with its inner nodes: about 10 MiB, and a proof needs no more than 8 of them."""


class TileHashes:
    """A ``ReadHash`` over the tiles of a tree of ``size`` leaves, for making proofs and roots.

    ``read_tile`` gives a tile's bytes; it is asked once for each while the cache holds it. What is
    read is *not* authenticated here: check the proof against a signed root.
    Raises IndexOutside for a subtree that is not complete at this size, TileMalformed.
    """

    def __init__(self, read_tile: Callable[[Tile], bytes], size: int) -> None:
        self._read_tile = read_tile
        self._size = size
        self._cached: OrderedDict[Tile, list[list[bytes]]] = OrderedDict()

    def __call__(self, level: int, index: int) -> bytes:
        """The root of the complete subtree of 2**level leaves, the index-th such from 0."""
        if level < 0 or index < 0 or (index + 1) << level > self._size:
            raise IndexOutside(f"subtree ({level}, {index})", f"The tree has {self._size} leaves.")
        tile_level, inner_level = divmod(level, TILE_HEIGHT)
        tile_index, place = divmod(index, TILE_WIDTH >> inner_level)
        in_level = self._size >> tile_level * TILE_HEIGHT
        width = min(TILE_WIDTH, in_level - tile_index * TILE_WIDTH)
        return self._rows(Tile(tile_level, tile_index, width))[inner_level][place]

    def _rows(self, tile: Tile) -> list[list[bytes]]:
        """The tile's hashes, and above them the complete nodes inside the tile, row by row."""
        if tile in self._cached:
            self._cached.move_to_end(tile)
            return self._cached[tile]
        joined = self._read_tile(tile)
        if len(joined) != tile.size_bytes:
            raise TileMalformed(tile.path())
        rows = [split_hashes(joined)]
        while len(rows) < TILE_HEIGHT:
            row = rows[-1]
            rows.append(pair_up(row[: len(row) // 2 * 2]))
        self._cached[tile] = rows
        if len(self._cached) > TILES_CACHED_MAX:
            self._cached.popitem(last=False)
        return rows

"""The whole log's tree, its hashes read from the database: proofs from any size, of any entry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.tlog import (
    HASH_BYTES,
    TILE_WIDTH,
    Frontier,
    ReadHash,
    Tile,
    TileHashes,
    consistency_proof,
    inclusion_proof,
)

TILES_MAX: Final = 64
"""Tiles that one proof reads at most: two a level at the borders of the largest tree's 8 levels,
with room to spare."""

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Head:
    """The log as it is committed."""

    size: int
    root: bytes


class _Wanted(Exception):
    def __init__(self, tile: Tile) -> None:
        self.tile = tile


class LogTree:
    """Reads the log's tables. What it makes is checked by whoever gets it."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def head(self) -> Head:
        """Size and root now. Raises psycopg.Error, PoolTimeout."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute("SELECT frontier FROM log_head WHERE head_id = 1")
            ).fetchone()
        assert row is not None, "the head is made when the broker starts"
        frontier = Frontier.from_bytes(row[0])
        return Head(frontier.size, frontier.root())

    async def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """That the tree of ``new`` leaves continues the one of ``old``; nothing to prove from 0."""
        if old == 0:
            return ()
        return await self._proved(new, lambda read: consistency_proof(old, new, read))

    async def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """That the leaf is in the tree of ``size`` leaves. Raises IndexOutside."""
        return await self._proved(size, lambda read: inclusion_proof(index, size, read))

    async def _proved(self, size: int, make: Callable[[ReadHash], P]) -> P:
        """The proof, begun again for each tile that turns out to be wanted."""
        tiles: dict[Tile, bytes] = {}

        def read_tile(tile: Tile) -> bytes:
            if tile not in tiles:
                raise _Wanted(tile)
            return tiles[tile]

        hashes = TileHashes(read_tile, size)
        async with self._pool.connection() as connection:
            for _ in range(TILES_MAX):
                try:
                    return make(hashes)
                except _Wanted as wanted:
                    tiles[wanted.tile] = await _read(connection, wanted.tile)
        raise AssertionError("a proof reads a few tiles a level")


async def _read(connection: psycopg.AsyncConnection, tile: Tile) -> bytes:
    if tile.level == 0:
        first = tile.index * TILE_WIDTH
        rows = await connection.execute(
            "SELECT leaf_hash FROM audit_entries WHERE leaf_index >= %s AND leaf_index < %s"
            " ORDER BY leaf_index",
            (first, first + tile.width),
        )
    else:
        rows = await connection.execute(
            "SELECT hashes FROM log_tiles WHERE level = %s AND tile_index = %s",
            (tile.level, tile.index),
        )
    return b"".join([row[0] for row in await rows.fetchall()])[: tile.width * HASH_BYTES]

"""The whole log's tree, its hashes read from the database: proofs from any size, of any entry."""

from collections.abc import Callable, Sequence
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

LEAVES_MAX: Final = 2_000
"""Proofs made in one go: each may lead through a leaf tile of its own, 8 KiB."""

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Head:
    """The log as it is committed."""

    size: int
    root: bytes


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

    async def inclusion(self, leaves: Sequence[int], size: int) -> list[tuple[bytes, ...]]:
        """That each leaf is in the tree of ``size`` leaves, in their order. Raises IndexOutside."""
        assert len(leaves) <= LEAVES_MAX
        return await self._proved(
            size, lambda read: [inclusion_proof(leaf, size, read) for leaf in leaves]
        )

    async def _proved(self, size: int, make: Callable[[ReadHash], P]) -> P:
        """What ``make`` makes of the hashes, of which only those that it asks for are read."""
        wanted: set[Tile] = set()

        def note(tile: Tile) -> bytes:
            wanted.add(tile)
            return bytes(tile.size_bytes)

        make(TileHashes(note, size))  # of zeros: it shows which tiles the proofs lead through
        async with self._pool.connection() as connection:
            tiles = {tile: await _read(connection, tile) for tile in sorted(wanted, key=_place)}
        return make(TileHashes(tiles.__getitem__, size))


def _place(tile: Tile) -> tuple[int, int]:
    return tile.level, tile.index


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
            _place(tile),
        )
    # The rightmost tile may have grown since.
    return b"".join([row[0] for row in await rows.fetchall()])[: tile.width * HASH_BYTES]

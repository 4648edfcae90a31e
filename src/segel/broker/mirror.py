"""The audit log's tree in memory: enough of its tiles to grow it and to prove its newest leaves.

The database is the truth. The mirror is caught up from it under the lock of ``log_head`` and
dropped whole after any failed transaction.
"""

from typing import Final

import psycopg

from segel.tlog import (
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Frontier,
    inclusion_proof,
    node_hash,
)

LEAF_TILES_KEPT: Final = 4
"""Level-0 tiles in memory: proofs are made for leaves that were just written."""


class LogMirror:
    """A Merkle tree that grows; ``filled`` collects the upper tiles that changed since asked."""

    def __init__(self) -> None:
        self.frontier = Frontier.from_bytes(Frontier().to_bytes())
        self._tiles: dict[tuple[int, int], bytearray] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._changed: set[tuple[int, int]] = set()

    @property
    def size(self) -> int:
        """Leaves in the tree."""
        return self.frontier.size

    async def catch_up(self, cursor: psycopg.AsyncCursor, size: int, frontier: bytes) -> None:
        """Read what other brokers, or an earlier life, appended. ``frontier`` is log_head's."""
        if self.size == size:
            return
        await cursor.execute("SELECT level, tile_index, hashes FROM log_tiles")
        for level, tile_index, hashes in await cursor.fetchall():
            self._tiles[level, tile_index] = bytearray(hashes)
        first = size // TILE_WIDTH * TILE_WIDTH
        await cursor.execute(
            "SELECT leaf_hash FROM audit_entries WHERE leaf_index >= %s ORDER BY leaf_index",
            (first,),
        )
        leaves = b"".join(row[0] for row in await cursor.fetchall())
        self._tiles[0, first // TILE_WIDTH] = bytearray(leaves)
        self._nodes.clear()
        self.frontier = Frontier.from_bytes(frontier)
        assert self.size == size
        assert len(leaves) == (size - first) * HASH_BYTES, "the entries and the head disagree"

    def extend(self, leaf_hashes: list[bytes]) -> None:
        """Append leaves."""
        at = self.size
        for leaf in leaf_hashes:
            self._append(0, at, leaf)
            at += 1
        self.frontier = self.frontier.extend(leaf_hashes)
        self._forget_old()

    def take_changed_tiles(self) -> list[tuple[int, int, bytes]]:
        """The upper tiles (level, index, hashes) that have to be written with this transaction."""
        changed = [(*key, bytes(self._tiles[key])) for key in sorted(self._changed)]
        self._changed.clear()
        return changed

    def proof(self, leaf_index: int) -> tuple[bytes, ...]:
        """The inclusion proof of a recent leaf in the tree as it is now."""
        return tuple(inclusion_proof(leaf_index, self.size, self.read_hash))

    def read_hash(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree of 2**level leaves. Raises KeyError where not held."""
        tile_level, inside = divmod(level, TILE_HEIGHT)
        if inside == 0:
            tile = self._tiles[tile_level, index // TILE_WIDTH]
            start = index % TILE_WIDTH * HASH_BYTES
            value = bytes(tile[start : start + HASH_BYTES])
            if len(value) != HASH_BYTES:
                raise KeyError((level, index))
            return value
        known = self._nodes.get((level, index))
        if known is None:
            known = node_hash(
                self.read_hash(level - 1, 2 * index), self.read_hash(level - 1, 2 * index + 1)
            )
            self._nodes[level, index] = known
        return known

    def _append(self, tile_level: int, at: int, value: bytes) -> None:
        key = (tile_level, at // TILE_WIDTH)
        tile = self._tiles.setdefault(key, bytearray())
        assert len(tile) == at % TILE_WIDTH * HASH_BYTES
        tile += value
        if tile_level > 0:
            self._changed.add(key)
        if len(tile) == TILE_WIDTH * HASH_BYTES:
            parent = self.read_hash((tile_level + 1) * TILE_HEIGHT - 1, 2 * (at // TILE_WIDTH))
            right = self.read_hash((tile_level + 1) * TILE_HEIGHT - 1, 2 * (at // TILE_WIDTH) + 1)
            self._append(tile_level + 1, at // TILE_WIDTH, node_hash(parent, right))

    def _forget_old(self) -> None:
        oldest = self.size // TILE_WIDTH - LEAF_TILES_KEPT
        for key in [key for key in self._tiles if key[0] == 0 and key[1] < oldest]:
            del self._tiles[key]
        if len(self._nodes) > LEAF_TILES_KEPT * TILE_WIDTH:
            self._nodes.clear()

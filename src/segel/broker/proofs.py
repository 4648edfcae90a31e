"""Proofs for any entry of the log, however old: made from the database's hashes.

The ledger proves what it just wrote from memory (``mirror``). This reads whichever tiles the ways
up from some leaves lead through, and no others.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.errors import BrokerUnavailable
from segel.broker.publisher import CHECKPOINT_KEY, Receipts
from segel.store.objects import ObjectMissing, ObjectStore
from segel.tlog import (
    HASH_BYTES,
    TILE_WIDTH,
    Checkpoint,
    Frontier,
    Tile,
    TileHashes,
    inclusion_proof,
    open_note,
)

LEAVES_MAX: Final = 2_000
"""Proofs made in one go: each may lead through a leaf tile of its own, 8 KiB."""

ATTEMPTS_MAX: Final = 20
ATTEMPT_PAUSE_S: Final = 0.25
"""A witnessed checkpoint follows an entry within a second or two; after five it is an outage."""


class LogProofs:
    """Makes inclusion proofs, and finds the checkpoint that they lead to."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        receipts: Receipts,
        objects: ObjectStore,
        *,
        witnesses: tuple[str, ...] = (),
        quorum: int = 0,
    ) -> None:
        self._pool = pool
        self._receipts = receipts
        self._objects = objects
        self.witnesses = witnesses
        """Their verifier keys, for documents that are checked elsewhere."""
        self.quorum = quorum

    @property
    def vkey(self) -> str:
        """The log's public key."""
        return self._receipts.verifier.vkey()

    def sign(self, text: str) -> str:
        """A note over a text, by the log's key."""
        return self._receipts.note(text)

    async def checkpoint(self, size_min: int) -> tuple[Checkpoint, str]:
        """A state of the log of at least ``size_min`` entries, and its signed note.

        The published one, with whatever witnesses added to it. Where nobody has to witness it and
        it does not reach so far yet, a newer one. Raises BrokerUnavailable.
        """
        for _ in range(ATTEMPTS_MAX):
            published = await self._published()
            if published is not None and published[0].size >= size_min:
                return published
            if not self.quorum:
                return await self._newest()
            await asyncio.sleep(ATTEMPT_PAUSE_S)
        raise BrokerUnavailable(
            "The newest entries are not witnessed yet; nothing can be proved of them.",
            remedy="Try again in a moment.",
        )

    async def _published(self) -> tuple[Checkpoint, str] | None:
        try:
            note = bytes(await self._objects.get(CHECKPOINT_KEY)).decode()
        except ObjectMissing:
            return None
        return Checkpoint.parse(open_note(note, [self._receipts.verifier]).text), note

    async def _newest(self) -> tuple[Checkpoint, str]:
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute("SELECT size, frontier FROM log_head WHERE head_id = 1")
            ).fetchone()
        assert row is not None, "the head is made when the broker starts"
        note = self._receipts.checkpoint(row[0], Frontier.from_bytes(row[1]).root())
        return Checkpoint.parse(open_note(note, [self._receipts.verifier]).text), note

    async def of(self, leaves: Sequence[int], size: int) -> list[tuple[bytes, ...]]:
        """The inclusion proofs of ``leaves`` in the tree of ``size`` entries, in their order."""
        assert len(leaves) <= LEAVES_MAX
        wanted: set[Tile] = set()

        def note(tile: Tile) -> bytes:
            wanted.add(tile)
            return bytes(tile.size_bytes)

        _prove(leaves, size, note)  # of zeros: it shows which tiles the proofs lead through
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            tiles = {tile: await _read(cursor, tile) for tile in sorted(wanted, key=_place)}
        return _prove(leaves, size, tiles.__getitem__)


def _prove(
    leaves: Sequence[int], size: int, read_tile: Callable[[Tile], bytes]
) -> list[tuple[bytes, ...]]:
    hashes = TileHashes(read_tile, size)
    return [inclusion_proof(leaf, size, hashes) for leaf in leaves]


def _place(tile: Tile) -> tuple[int, int]:
    return tile.level, tile.index


async def _read(cursor: psycopg.AsyncCursor, tile: Tile) -> bytes:
    if tile.level:
        await cursor.execute(
            "SELECT hashes FROM log_tiles WHERE level = %s AND tile_index = %s", _place(tile)
        )
        row = await cursor.fetchone()
        hashes = bytes(row[0]) if row else b""
    else:
        first = tile.index * TILE_WIDTH
        await cursor.execute(
            "SELECT leaf_hash FROM audit_entries WHERE leaf_index >= %s AND leaf_index < %s"
            " ORDER BY leaf_index",
            (first, first + tile.width),
        )
        hashes = b"".join(row[0] for row in await cursor.fetchall())
    # The rightmost tile may have grown since the checkpoint.
    return hashes[: tile.width * HASH_BYTES]

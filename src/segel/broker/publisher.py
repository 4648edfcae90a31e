"""The log as others see it: tiles, entry bundles and a signed checkpoint in the object store.

The database holds the entries first; what is published is made from it and can be made again, so
a crash between the two loses nothing: the next start goes on from the published checkpoint.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.ledger import Ledger, Logged
from segel.broker.log_tree import LogTree
from segel.broker.secrets import BrokerSecrets
from segel.broker.witnessing import Witnessed, Witnessing
from segel.store.objects import ObjectMissing, ObjectStore, StoreError
from segel.tlog import (
    HASH_BYTES,
    TILE_WIDTH,
    Checkpoint,
    Frontier,
    NoteSigner,
    NoteVerifier,
    Receipt,
    RolledBack,
    Tile,
    TlogError,
    encode_entries,
    open_note,
    sign_note,
    tiles_to_publish,
)

AUDIT_PREFIX: Final = "audit"
CHECKPOINT_KEY: Final = f"{AUDIT_PREFIX}/checkpoint"

PAUSE_S: Final = 0.5
"""Between two publications: a reader is never further behind, and a busy log writes few tiles."""

BROKEN_PAUSE_S: Final = 30.0
"""Before what was published is looked at again, once it contradicts the database."""

RENEWAL_S: Final = 10.0
"""A checkpoint of the same size is published again for newer cosignatures, not more often."""

ENTRIES_MAX: Final = 16_384
"""Entries published in one go: after a long outage memory stays bounded."""

log = structlog.get_logger()


class Receipts:
    """Signs what a release is handed out with."""

    def __init__(self, secrets: BrokerSecrets, origin: str) -> None:
        self._origin = origin
        self._signer = NoteSigner(origin, secrets.log_signing)
        self._newest: tuple[int, str] = (-1, "")
        self.cosigned: Callable[[], Witnessed | None] = lambda: None
        """The newest checkpoint that a quorum cosigned; receipts carry it where it is theirs."""

    @property
    def verifier(self) -> NoteVerifier:
        """The log's public key."""
        return self._signer.verifier()

    def checkpoint(self, size: int, root: bytes) -> str:
        """The signed checkpoint of a tree."""
        if self._newest[0] != size:
            text = Checkpoint(self._origin, size, root).text()
            self._newest = (size, sign_note(text, self._signer))
        return self._newest[1]

    def note(self, text: str) -> str:
        """A note over another text than a checkpoint. Raises NoteMalformed.

        What is signed must not be readable as a checkpoint: its second line is no number.
        """
        assert not text.split("\n")[1].isdigit()
        return sign_note(text, self._signer)

    def receipt(self, logged: Logged) -> bytes:
        """The JSON of the proof that an entry is in the log."""
        newest = self.cosigned()
        return Receipt(
            leaf_index=logged.leaf_index,
            tree_size=logged.size,
            proof=logged.proof,
            checkpoint=newest.note
            if newest is not None and newest.size == logged.size
            else self.checkpoint(logged.size, logged.root),
        ).to_json()


class Publisher:
    """Writes out what the ledger appended. One task; start with ``run``."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        ledger: Ledger,
        receipts: Receipts,
        objects: ObjectStore,
        tree: LogTree,
        witnessing: Witnessing,
    ) -> None:
        self._pool = pool
        self._receipts = receipts
        self._objects = objects
        self._tree = tree
        self._witnessing = witnessing
        self._news = witnessing.news if witnessing.required else ledger.watch()
        self._published = (0, 0, 0.0)

    @property
    def vkey(self) -> str:
        """The log's public key in the form of signed notes."""
        return self._receipts.verifier.vkey()

    async def log_size(self) -> int:
        """Entries in the log, published or not."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute("SELECT size FROM log_head")).fetchone()
        return int(row[0]) if row else 0

    async def receipt_of(self, leaf_index: int) -> bytes:
        """The JSON of a receipt for any entry, in the newest checkpoint that others can see.

        Cosigned where there are witnesses. Raises IndexOutside where the entry is newer.
        """
        newest = self._witnessing.newest
        if newest is not None:
            size, note = newest.size, newest.note
        else:
            head = await self._tree.head()
            size, note = head.size, self._receipts.checkpoint(head.size, head.root)
        [proof] = await self._tree.inclusion([leaf_index], size)
        return Receipt(
            leaf_index=leaf_index, tree_size=size, proof=proof, checkpoint=note
        ).to_json()

    async def run(self) -> None:
        """Publish whenever there is something new to show, until cancelled."""
        while True:
            self._news.clear()
            try:
                await self.publish()
            except (psycopg.Error, PoolTimeout, StoreError, OSError) as failure:
                log.warning("log not published", kind=type(failure).__name__)
                self._news.set()
            except TlogError as broken:
                # Nothing is overwritten: what is published is the evidence.
                log.error("log not published", kind=type(broken).__name__)
                await asyncio.sleep(BROKEN_PAUSE_S)
                self._news.set()
            await asyncio.sleep(PAUSE_S)
            await self._news.wait()

    async def publish(self) -> int:
        """Bring the published log up to the newest checkpoint; its size.

        With witnesses that is the newest one that a quorum cosigned: a reader who demands the
        quorum is never shown less. Raises RolledBack where the database was restored to an older
        state, other TlogErrors where the published checkpoint is not of this log.
        """
        published = await self._published_size()
        newest = self._witnessing.newest
        if self._witnessing.required and newest is None:
            return published
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            await cursor.execute("SELECT size, frontier FROM log_head WHERE head_id = 1")
            row = await cursor.fetchone()
            assert row is not None
            size, frontier = int(row[0]), Frontier.from_bytes(row[1])
            if size < published:
                raise RolledBack(
                    "log_head", "The database is older than the log that was published."
                )
            if newest is not None:
                size = newest.size
            if size < published:  # another broker published a newer one
                return published
            if size == published > 0 and not self._worth_showing(newest):
                return size
            for start in range(published, size, ENTRIES_MAX):
                await self._publish_tiles(cursor, start, min(start + ENTRIES_MAX, size))
        note = newest.note if newest else self._receipts.checkpoint(size, frontier.root())
        await self._objects.put(CHECKPOINT_KEY, [note.encode()])
        if newest is not None:
            self._published = (size, newest.cosigners, newest.began_s)
        return size

    def _worth_showing(self, newest: Witnessed | None) -> bool:
        """Whether a checkpoint of the published size has more cosigners, or much newer ones."""
        if newest is None:
            return False
        size, cosigners, began_s = self._published
        return (
            size != newest.size
            or newest.cosigners > cosigners
            or newest.began_s - began_s > RENEWAL_S
        )

    async def _published_size(self) -> int:
        try:
            note = await self._objects.get(CHECKPOINT_KEY)
        except ObjectMissing:
            return 0
        verified = open_note(bytes(note).decode(), [self._receipts.verifier])
        return Checkpoint.parse(verified.text).size

    async def _publish_tiles(self, cursor: psycopg.AsyncCursor, old: int, new: int) -> None:
        first = old // TILE_WIDTH * TILE_WIDTH
        await cursor.execute(
            "SELECT leaf_hash, commitment FROM audit_entries"
            " WHERE leaf_index >= %s AND leaf_index < %s ORDER BY leaf_index",
            (first, new),
        )
        rows = await cursor.fetchall()
        assert len(rows) == new - first
        for tile in tiles_to_publish(old, new):
            if tile.level == 0:
                at = tile.index * TILE_WIDTH - first
                inside = rows[at : at + tile.width]
                await self._put(tile.path(), b"".join(row[0] for row in inside))
                await self._put(tile.entries_path(), encode_entries([row[1] for row in inside]))
            else:
                await self._put(tile.path(), await _upper_tile(cursor, tile))

    async def _put(self, path: str, content: bytes) -> None:
        await self._objects.put(f"{AUDIT_PREFIX}/{path}", [content])


async def _upper_tile(cursor: psycopg.AsyncCursor, tile: Tile) -> bytes:
    await cursor.execute(
        "SELECT hashes FROM log_tiles WHERE level = %s AND tile_index = %s",
        (tile.level, tile.index),
    )
    row = await cursor.fetchone()
    assert row is not None
    return bytes(row[0])[: tile.width * HASH_BYTES]

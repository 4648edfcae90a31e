"""Proofs for any entry of the log, however old, that lead to a checkpoint which others have too.

The ledger proves what it just wrote from memory (``mirror``); these are made from the tables.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from segel.broker.errors import BrokerUnavailable
from segel.broker.log_tree import LogTree
from segel.broker.publisher import CHECKPOINT_KEY, Receipts
from segel.store.objects import ObjectMissing, ObjectStore
from segel.tlog import Checkpoint, open_note

ATTEMPTS_MAX: Final = 20
ATTEMPT_PAUSE_S: Final = 0.25
"""A witnessed checkpoint follows an entry within a second or two; after five it is an outage."""


class LogProofs:
    """Makes inclusion proofs, and finds the checkpoint that they lead to."""

    def __init__(
        self,
        tree: LogTree,
        receipts: Receipts,
        objects: ObjectStore,
        *,
        witnesses: tuple[str, ...] = (),
        quorum: int = 0,
    ) -> None:
        self._tree = tree
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
        head = await self._tree.head()
        note = self._receipts.checkpoint(head.size, head.root)
        return Checkpoint.parse(open_note(note, [self._receipts.verifier]).text), note

    async def of(self, leaves: Sequence[int], size: int) -> list[tuple[bytes, ...]]:
        """The inclusion proofs of ``leaves`` in the tree of ``size`` entries, in their order."""
        return await self._tree.inclusion(leaves, size)

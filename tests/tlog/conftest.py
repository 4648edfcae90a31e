"""A small published log, made the way a log makes it: grown in steps, signed after each."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import (
    CHECKPOINT_PATH,
    Checkpoint,
    Frontier,
    NoteSigner,
    encode_entries,
    grow_tiles,
    leaf_hash,
    sign_note,
)

ORIGIN = "hospital.example/audit"


@dataclass
class Log:
    """Entries and the files they are published as; ``notes`` has the checkpoint of each size."""

    signer: NoteSigner = field(
        default_factory=lambda: NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    )
    entries: list[bytes] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)
    notes: dict[int, str] = field(default_factory=dict)

    def append(self, entries: list[bytes]) -> None:
        """Grow and publish."""
        leaves = [leaf_hash(entry) for entry in entries]
        old = len(self.entries)
        self.entries += entries
        grown = list(grow_tiles(old, leaves, lambda tile: self.files[tile.path()]))
        for tile, content in grown:
            self.files[tile.path()] = content
            if tile.level == 0:
                start = tile.index * 256
                inside = self.entries[start : start + tile.width]
                self.files[tile.entries_path()] = encode_entries(inside)
        self.frontier = self.frontier.extend(leaves)
        self.sign()

    def sign(self) -> None:
        """Publish the checkpoint of what is there."""
        checkpoint = self.checkpoint()
        self.notes[checkpoint.size] = sign_note(checkpoint.text(), self.signer)
        self.files[CHECKPOINT_PATH] = self.notes[checkpoint.size].encode()

    def checkpoint(self) -> Checkpoint:
        """The log's state, unsigned."""
        return Checkpoint(self.signer.name, self.frontier.size, self.frontier.root())


@pytest.fixture(scope="session")
def publish() -> Callable[..., Log]:
    """Makes a log of these entries, published in steps that end at the given sizes."""

    def make(entries: list[bytes], *sizes: int) -> Log:
        log = Log()
        for old, new in zip((0, *sizes), (*sizes, len(entries)), strict=True):
            log.append(entries[old:new])
        return log

    return make

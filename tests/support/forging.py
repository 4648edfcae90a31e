"""What the operator of a log can make who has its key and every file of it, and means ill."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from segel.tlog import (
    CHECKPOINT_PATH,
    Checkpoint,
    Frontier,
    NoteSigner,
    Submission,
    consistency_proof,
    encode_entries,
    grow_tiles,
    inclusion_proof,
    leaf_hash,
    node_hash,
    sign_note,
)

Files = dict[str, bytes]


@dataclass
class Forge:
    """A log of these entries, whole and consistent in itself, signed with the log's own key."""

    signer: NoteSigner
    entries: Sequence[bytes]
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.leaves = [leaf_hash(entry) for entry in self.entries]
        self._nodes: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        """Entries."""
        return len(self.entries)

    def checkpoint(self, size: int | None = None, *, origin: str = "") -> Checkpoint:
        """The state at a size."""
        frontier = Frontier().extend(self.leaves[: self.size if size is None else size])
        return Checkpoint(origin or self.signer.name, frontier.size, frontier.root())

    def note(self, size: int | None = None) -> str:
        """The signed checkpoint of a size."""
        return sign_note(self.checkpoint(size).text(), self.signer)

    def files(self, note: str = "") -> Files:
        """Everything that is published, with ``note`` as its checkpoint."""
        files = {CHECKPOINT_PATH: (note or self.note()).encode()}
        for tile, content in grow_tiles(0, self.leaves, _never):
            files[tile.path()] = content
            if tile.level == 0:
                start = tile.index * 256
                files[tile.entries_path()] = encode_entries(
                    self.entries[start : start + tile.width]
                )
        return files

    def submission(self, old: int, size: int | None = None) -> bytes:
        """What is sent to a witness that knows ``old`` entries, with the best proof there is."""
        new = self.size if size is None else size
        proof = consistency_proof(old, new, self.read_hash) if 0 < old <= new else ()
        return Submission(old, proof, self.note(new)).encode()

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """That an entry is in the tree of a size."""
        return inclusion_proof(index, size, self.read_hash)

    def read_hash(self, level: int, index: int) -> bytes:
        """The root of a complete subtree."""
        if level == 0:
            return self.leaves[index]
        if (level, index) not in self._nodes:
            self._nodes[level, index] = node_hash(
                self.read_hash(level - 1, 2 * index), self.read_hash(level - 1, 2 * index + 1)
            )
        return self._nodes[level, index]


def _never(tile: object) -> bytes:
    raise AssertionError("a log made from nothing reads no tile")

"""Verifying a published log from its files alone, without its database, keys or operator.

What holds afterwards: the log's key (and a quorum of witnesses) signed this size and root; every
entry, every leaf tile and every tile above are there and follow from each other; together they are
the signed root; and the log still begins with everything that it held when last seen.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Final

from segel.tlog.checkpoints import Checkpoint
from segel.tlog.cosignatures import TIMESTAMP_S_MAX, CosignVerifier, require_quorum
from segel.tlog.entries import decode_entries
from segel.tlog.errors import (
    EntriesMalformed,
    EntryMismatch,
    FileMissing,
    Forked,
    NoteMalformed,
    OriginMismatch,
    RolledBack,
    RootMismatch,
    TileMalformed,
    TileMismatch,
)
from segel.tlog.frontier import Frontier
from segel.tlog.hashing import HASH_BYTES, leaf_hashes, split_hashes, subtree_root
from segel.tlog.keys import NoteVerifier
from segel.tlog.notes import Note
from segel.tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, tiles_between

CHECKPOINT_PATH: Final = "checkpoint"

ReadFile = Callable[[str], bytes]
"""Path under the log's prefix → content; raises FileNotFoundError or KeyError where absent."""

Progress = Callable[[int, int], None]
"""(entries done, entries in all)."""


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """A log that held. Keep ``checkpoint`` and give it as ``previous`` the next time.

    ``shown`` is the signed note as it was published: evidence, should a later one contradict it.
    """

    checkpoint: Checkpoint
    note: Note
    frontier: Frontier
    shown: str


def verify_log(
    read: ReadFile,
    log_verifier: NoteVerifier,
    *,
    previous: Checkpoint | None = None,
    witnesses: Sequence[CosignVerifier] = (),
    threshold: int = 0,
    since_s: int = 0,
    until_s: int = TIMESTAMP_S_MAX,
    against: Sequence[Checkpoint] = (),
    progress: Progress | None = None,
) -> VerifiedLog:
    """Verify a log whole; ``previous`` is the checkpoint of the last time, if there was one.

    ``against``: checkpoints that the log showed to others. The log's origin is the name of its
    key. Forked is raised only where the log's own signatures contradict each other, not for a
    damaged copy. Raises NoteMalformed, Signature…, QuorumMissing, CosignatureFuture,
    CheckpointMalformed, OriginMismatch, and the subtree of LogBroken for what is wrong with files.
    Other errors of ``read`` pass through: a disk that fails says nothing about the log.
    """
    shown = _read_checkpoint(read)
    note = require_quorum(
        shown, log_verifier, witnesses, threshold, since_s=since_s, until_s=until_s
    )
    checkpoint = Checkpoint.parse(note.text)
    earlier = [*filter(None, [previous]), *against]
    for known in [checkpoint, *earlier]:
        if known.origin != log_verifier.name:
            raise OriginMismatch(CHECKPOINT_PATH)
    for known in earlier:
        if checkpoint.size < known.size:
            raise RolledBack(
                CHECKPOINT_PATH, f"It had {known.size} entries, now {checkpoint.size}."
            )
        if checkpoint.size == known.size:
            _require_same(checkpoint.root, known)
    frontier, roots = _verify_tiles(
        read, checkpoint.size, {known.size for known in earlier}, progress
    )
    if frontier.root() != checkpoint.root:
        raise RootMismatch(CHECKPOINT_PATH)
    for known in earlier:
        _require_same(roots[known.size], known)
    return VerifiedLog(checkpoint, note, frontier, shown)


def _verify_tiles(
    read: ReadFile, size: int, seen_sizes: Set[int], progress: Progress | None
) -> tuple[Frontier, dict[int, bytes]]:
    """Every file of a log of this size; its frontier, and the roots that it had at sizes seen."""
    frontier = Frontier()
    roots = {0: frontier.root()}
    below: list[bytes] = []  # roots of the full tiles of the level below, which this level holds
    level = 0
    above: list[bytes] = []
    for tile in tiles_between(0, size):
        if tile.level > level:
            level, below, above = tile.level, above, []
        if tile.level == 0:
            hashes = _verify_leaves(read, tile)
            for seen in seen_sizes:
                if frontier.size < seen <= frontier.size + tile.width:
                    roots[seen] = frontier.extend(hashes[: seen - frontier.size]).root()
        else:
            hashes = _verify_upper(read, tile, below)
        root = subtree_root(hashes) if tile.is_full else None
        if root is not None:
            above.append(root)
        if tile.level == 0:
            if root is not None:
                frontier = frontier.append_subtree(TILE_HEIGHT, root)
            else:
                frontier = frontier.extend(hashes)
            if progress is not None:
                progress(frontier.size, size)
    return frontier, roots


def _verify_leaves(read: ReadFile, tile: Tile) -> list[bytes]:
    """The leaf hashes of a tile at level 0, each of which its entry hashes to."""
    joined = _read_tile(read, tile)
    path, bundle = _read_grown(read, tile.entries_path(), tile.full().entries_path())
    entries = decode_entries(bundle, where=path)
    if len(entries) != (tile.width if path == tile.entries_path() else TILE_WIDTH):
        raise EntriesMalformed(path)
    hashes = leaf_hashes(entries[: tile.width])
    if b"".join(hashes) != joined:
        place = _first_difference(hashes, joined)
        raise EntryMismatch(path, f"It is entry {tile.index * TILE_WIDTH + place}.")
    return hashes


def _verify_upper(read: ReadFile, tile: Tile, below: Sequence[bytes]) -> list[bytes]:
    """The hashes of a tile above level 0, which are the roots of the tiles under it."""
    joined = _read_tile(read, tile)
    start = tile.index * TILE_WIDTH
    hashes = list(below[start : start + tile.width])
    if b"".join(hashes) != joined:
        place = _first_difference(hashes, joined)
        raise TileMismatch(tile.path(), f"It is hash {place}.")
    return hashes


def _require_same(root: bytes, previous: Checkpoint) -> None:
    if root != previous.root:
        raise Forked(CHECKPOINT_PATH, f"It was seen with {previous.size} entries.")


def _read_checkpoint(read: ReadFile) -> str:
    try:
        return _read(read, CHECKPOINT_PATH).decode()
    except UnicodeDecodeError:
        raise NoteMalformed(CHECKPOINT_PATH) from None


def _read_tile(read: ReadFile, tile: Tile) -> bytes:
    path, joined = _read_grown(read, tile.path(), tile.full().path())
    if len(joined) != (tile.size_bytes if path == tile.path() else TILE_WIDTH * HASH_BYTES):
        raise TileMalformed(path)
    return joined[: tile.size_bytes]


def _read_grown(read: ReadFile, path: str, full_path: str) -> tuple[str, bytes]:
    """A file, or the full one that it grew into: a log may then drop the partial one."""
    try:
        return path, _read(read, path)
    except FileMissing:
        if path == full_path:
            raise
    try:
        return full_path, _read(read, full_path)
    except FileMissing:
        raise FileMissing(path) from None


def _read(read: ReadFile, path: str) -> bytes:
    try:
        return read(path)
    except (FileNotFoundError, KeyError):
        raise FileMissing(path) from None


def _first_difference(hashes: Sequence[bytes], joined: bytes) -> int:
    pairs = zip(hashes, split_hashes(joined), strict=True)
    return next(place for place, (ours, theirs) in enumerate(pairs) if ours != theirs)

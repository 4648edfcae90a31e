"""A catalogue of what a thief, a careless copy or the log's own operator can do to its files.

The auditor holds the log's public key and the checkpoint of their last visit, nothing else. The
operator, who has the signing key, can sign anything again; what was seen before still binds them.
"""

from collections.abc import Callable, Iterator
from itertools import combinations

import pytest

from segel.tlog import (
    CHECKPOINT_PATH,
    Checkpoint,
    EntriesMalformed,
    EntryMismatch,
    FileMissing,
    Forked,
    NoteSigner,
    RolledBack,
    RootMismatch,
    SignatureBroken,
    SignatureMissing,
    TileMalformed,
    TileMismatch,
    TlogError,
    decode_entries,
    encode_entries,
    leaf_hash,
    sign_note,
    tiles_to_publish,
    verify_log,
)

SIZE, SEEN = 1300, 600
STEPS = (1, 100, 256, 300, 599, SEEN, 601, 1024)
ENTRIES = [number.to_bytes(32, "big") for number in range(SIZE)]
TAMPERINGS_MIN = 200

Files = dict[str, bytes]
Tampering = tuple[str, Files, type[TlogError] | tuple[type[TlogError], ...]]

TILES = [tile.path() for tile in tiles_to_publish(0, SIZE)]
LEAF_TILES = [tile.path() for tile in tiles_to_publish(0, SIZE) if tile.level == 0]
BUNDLES = [tile.entries_path() for tile in tiles_to_publish(0, SIZE) if tile.level == 0]

REWRITTEN = (EntriesMalformed, EntryMismatch, TileMalformed, TileMismatch)


@pytest.fixture(scope="module")
def log(publish: Callable[..., object]):
    return publish(ENTRIES, *STEPS)


def _flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _one_file(files: Files) -> Iterator[Tampering]:
    """Every file deleted, cut, padded, emptied, exchanged for an older one of its own."""
    for path in [*TILES, *BUNDLES, CHECKPOINT_PATH]:
        without = {other: content for other, content in files.items() if other != path}
        yield f"delete {path}", without, FileMissing
    for path in [*TILES, *BUNDLES]:
        content = files[path]
        for name, changed in {
            "empty": b"",
            "cut a byte": content[:-1],
            "cut a hash": content[:-32],
            "cut an entry": content[:-34],
            "drop the first hash": content[32:],
            "drop the first entry": content[34:],
            "halve": content[: len(content) // 2],
            "add a byte": content + b"\0",
            "add a hash": content + bytes(32),
            "add an entry": content + encode_entries([bytes(32)]),
            "zero": bytes(len(content)),
            "reverse": content[::-1],
            "flip the first byte": _flip(content, 0),
            "flip a byte inside": _flip(content, len(content) // 2),
            "flip the last byte": _flip(content, len(content) - 1),
        }.items():
            yield f"{name} of {path}", files | {path: changed}, REWRITTEN


def _swaps(files: Files) -> Iterator[Tampering]:
    """Files of one kind, and leaf tiles together with their bundles, in each other's place."""
    for kind in (TILES, BUNDLES):
        for one, other in combinations(kind, 2):
            swapped = files | {one: files[other], other: files[one]}
            yield f"swap {one} and {other}", swapped, REWRITTEN
    full = list(zip(LEAF_TILES[:-1], BUNDLES[:-1], strict=True))
    for pair in combinations(full, 2):
        swapped = dict(files)
        for ours, theirs in zip(*pair, strict=True):
            swapped |= {ours: files[theirs], theirs: files[ours]}
        yield f"swap {pair[0]} and {pair[1]} with their entries", swapped, TileMismatch
    for path in BUNDLES:
        entries = decode_entries(files[path])
        moved = encode_entries([*entries[1:], entries[0]])
        yield f"move an entry of {path}", files | {path: moved}, EntryMismatch


def _rewritten_entries(files: Files) -> Iterator[Tampering]:
    """One entry replaced: alone, with its leaf tile, and by somebody without the signing key."""
    for index in (0, 1, 255, 256, 599, 600, 1023, 1279, 1280, 1299):
        tile, bundle = LEAF_TILES[index // 256], BUNDLES[index // 256]
        entries = decode_entries(files[bundle])
        entries[index % 256] = b"another".ljust(32)
        hashes = b"".join(leaf_hash(entry) for entry in entries)
        alone = files | {bundle: encode_entries(entries)}
        yield f"rewrite entry {index}", alone, EntryMismatch
        yield f"rewrite leaf {index}", files | {tile: hashes}, EntryMismatch
        expected = TileMismatch if len(entries) == 256 else RootMismatch
        yield f"rewrite entry and leaf {index}", alone | {tile: hashes}, expected


def _rebuilt(publish, log) -> Iterator[Tampering]:
    """The whole log made again: consistent in itself, signed or not, but not what was seen."""
    for index in (0, 1, 5, 255, 256, 257, 511, 512, 598, 599):
        changed = list(ENTRIES)
        changed[index] = b"another".ljust(32)
        fork = publish(changed)
        yield f"fork at {index}, signed again", fork.files, Forked
        unsigned = fork.files | {CHECKPOINT_PATH: log.files[CHECKPOINT_PATH]}
        yield f"fork at {index}, old signature", unsigned, RootMismatch
        shorter = publish(changed[:SEEN])
        yield f"fork at {index} of the size seen", shorter.files, Forked
        dropped = publish(ENTRIES[:index] + ENTRIES[index + 1 :])
        yield f"entry {index} dropped, signed again", dropped.files, Forked
    for size in (*STEPS[:5], 0, 2, 255, 257, 512):
        rolled_back = publish(ENTRIES[:size])
        rolled_back.sign()
        yield f"rolled back to {size}", rolled_back.files, RolledBack
        only = log.files | {CHECKPOINT_PATH: rolled_back.files[CHECKPOINT_PATH]}
        yield f"old checkpoint of {size} over newer files", only, RolledBack
    for index in (600, 700, 1023, 1280, 1299):
        changed = list(ENTRIES)
        changed[index] = b"another".ljust(32)
        files = publish(changed).files | {CHECKPOINT_PATH: log.files[CHECKPOINT_PATH]}
        yield f"rewritten from {index}, old signature", files, RootMismatch


def _signed_anew(log) -> Iterator[Tampering]:
    """Checkpoints that say something else about the same files."""
    origin, root = log.signer.name, log.checkpoint().root
    expected = {SEEN: Forked, SEEN + 1: RootMismatch, 1024: RootMismatch, SIZE - 1: FileMissing}
    for size, error in expected.items():
        note = sign_note(Checkpoint(origin, size, root).text(), log.signer)
        files = log.files | {CHECKPOINT_PATH: note.encode()}
        yield f"size {size} with the root of {SIZE}", files, error
    for size in (SIZE + 1, SIZE + 256, 2**62):
        note = sign_note(Checkpoint(origin, size, root).text(), log.signer)
        yield f"size {size}", log.files | {CHECKPOINT_PATH: note.encode()}, FileMissing
    note = sign_note(Checkpoint(origin, SIZE, bytes(32)).text(), log.signer)
    yield "another root", log.files | {CHECKPOINT_PATH: note.encode()}, RootMismatch
    stranger = NoteSigner("stranger.example", log.signer.private_key)
    note = sign_note(log.checkpoint().text(), stranger)
    yield "another signer", log.files | {CHECKPOINT_PATH: note.encode()}, SignatureMissing


def _changed_notes(log) -> Iterator[Tampering]:
    """Every byte of the signed checkpoint."""
    note = log.files[CHECKPOINT_PATH]
    for at in range(len(note)):
        files = log.files | {CHECKPOINT_PATH: _flip(note, at)}
        yield f"flip byte {at} of the checkpoint", files, TlogError
    text = log.checkpoint().text().encode()
    for at in range(0, len(text) - 1):
        if text[at : at + 1].isalnum():
            changed = _flip(note, at)
            files = log.files | {CHECKPOINT_PATH: changed}
            yield f"flip byte {at} of what is signed", files, SignatureBroken


def test_the_untouched_log_verifies_and_continues_what_was_seen(log) -> None:
    verify_log(log.files.__getitem__, log.signer.verifier(), previous=_seen(log))


def test_every_tampering_of_the_catalogue_is_found(publish, log) -> None:
    catalogue = {
        "one file": list(_one_file(log.files)),
        "swaps": list(_swaps(log.files)),
        "rewritten entries": list(_rewritten_entries(log.files)),
        "rebuilt": list(_rebuilt(publish, log)),
        "signed anew": list(_signed_anew(log)),
        "changed notes": list(_changed_notes(log)),
    }
    accepted: list[str] = []
    misnamed: list[str] = []
    for name, files, expected in (each for kind in catalogue.values() for each in kind):
        assert files != log.files, f"{name}: nothing was changed"
        try:
            verify_log(files.__getitem__, log.signer.verifier(), previous=_seen(log))
        except TlogError as error:
            if not isinstance(error, expected):
                misnamed.append(f"{name}: {error!r}")
        else:
            accepted.append(name)
    assert accepted == []
    assert misnamed == []
    counts = {kind: len(each) for kind, each in catalogue.items()}
    assert sum(counts.values()) - counts["changed notes"] >= TAMPERINGS_MIN, counts


def _seen(log) -> Checkpoint:
    return Checkpoint.parse(log.notes[SEEN].split("\n\n")[0] + "\n")

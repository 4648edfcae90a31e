"""Files deleted, cut, added to, rewritten, exchanged."""

from collections.abc import Iterator
from functools import partial
from itertools import combinations

from segel.tlog import (
    CHECKPOINT_PATH,
    EntriesMalformed,
    EntryMismatch,
    FileMissing,
    TileMalformed,
    TileMismatch,
    decode_entries,
    encode_entries,
)
from support.tampering.case import Case, flipped
from support.tampering.estate import Estate

CHANGED = (EntriesMalformed, EntryMismatch, TileMalformed, TileMismatch)


def files_changed(estate: Estate) -> Iterator[Case]:
    """Single files deleted, cut, added to, rewritten."""
    for path in estate.files:
        without = {name: content for name, content in estate.files.items() if name != path}
        yield Case("deletion", path, partial(estate.read, without), FileMissing)
    ranges = [
        [name for name in estate.files if name.startswith("tile/entries/")],
        [name for name in estate.files if name.startswith("tile/0/")],
        [name for name in estate.files if name.startswith("tile/1/")],
        [name for name in estate.files if name != CHECKPOINT_PATH],
    ]
    for paths in ranges:
        without = {name: each for name, each in estate.files.items() if name not in paths}
        yield Case(
            "deletion",
            f"{paths[0]} and its like, {len(paths)} files",
            partial(estate.read, without),
            FileMissing,
        )
    for path, content in estate.files.items():
        if path == CHECKPOINT_PATH:
            continue
        unit = 34 if "entries" in path else 32
        kinds = {
            "truncation": [content[:-1], content[:-unit], content[: len(content) // 2], b""],
            "addition": [content + b"\0", content + content[-unit:], content * 2],
            "rewriting": [
                *(flipped(content, at * (len(content) - 1) // 6) for at in range(7)),
                bytes(len(content)),
            ],
            "reordering": [content[unit:] + content[:unit], content[-unit:] + content[:-unit]],
            "duplication": [content[:unit] + content[:-unit], content[:-unit] + content[:unit]],
        }
        for kind, changes in kinds.items():
            for number, changed in enumerate(changes):
                files = estate.files | {path: changed}
                if files != estate.files:
                    yield Case(kind, f"{path} {number}", partial(estate.read, files), CHANGED)


def files_exchanged(estate: Estate) -> Iterator[Case]:
    """Files in each other's place, and of an earlier state."""
    leaf = [name for name in estate.files if name.startswith("tile/0/")]
    bundles = [name for name in estate.files if name.startswith("tile/entries/")]
    for kind in (leaf, bundles, [leaf[0], "tile/1/000.p/2"]):
        for one, other in combinations(kind, 2):
            files = estate.files | {one: estate.files[other], other: estate.files[one]}
            yield Case("reordering", f"{one} and {other}", partial(estate.read, files), CHANGED)
    pairs = list(zip(leaf, bundles, strict=True))
    for (one, ones), (other, others) in combinations(pairs[:2], 2):
        files = estate.files | {
            one: estate.files[other],
            other: estate.files[one],
            ones: estate.files[others],
            others: estate.files[ones],
        }
        yield Case(
            "reordering", f"{one} and {other}, whole", partial(estate.read, files), TileMismatch
        )
    for path in bundles:
        entries = decode_entries(estate.files[path])
        for at in (0, len(entries) // 2, len(entries) - 2):
            swapped = [*entries]
            swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
            files = estate.files | {path: encode_entries(swapped)}
            yield Case("reordering", f"{path} at {at}", partial(estate.read, files), EntryMismatch)

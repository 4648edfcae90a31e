"""Entry bundles: up to 256 entries, each after its length as 16 bits (C2SP tlog-tiles)."""

from collections.abc import Sequence
from typing import Final

from segel.tlog.errors import EntriesMalformed, EntryTooLong
from segel.tlog.tiles import TILE_WIDTH

LENGTH_BYTES: Final = 2
ENTRY_BYTES_MAX: Final = 2 ** (8 * LENGTH_BYTES) - 1


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """The bundle of these entries. Raises EntryTooLong for too long an entry or too many."""
    if len(entries) > TILE_WIDTH:
        raise EntryTooLong("bundle")
    for place, entry in enumerate(entries):
        if len(entry) > ENTRY_BYTES_MAX:
            raise EntryTooLong(f"entry {place}")
    return b"".join(len(entry).to_bytes(LENGTH_BYTES, "big") + entry for entry in entries)


def decode_entries(bundle: bytes, *, where: str = "bundle") -> list[bytes]:
    """The entries of a bundle; ``where`` names it in errors. Raises EntriesMalformed."""
    entries: list[bytes] = []
    at, end = 0, len(bundle)
    while at < end:
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(bundle[at:start], "big")
        if at > end:
            raise EntriesMalformed(where, "It ends inside an entry.")
        entries.append(bundle[start:at])
    if len(entries) > TILE_WIDTH:
        raise EntriesMalformed(where, "It holds more than 256 entries.")
    return entries

"""What of a stored picture is kept to know it again, and how it is laid out. Pure.

Two seals of one length each. The *place*: whose series and instance it is, tokens of its pixels and
its UID, and its entries in an index of visual words; a warrant's matcher holds those of everybody.
The *look*: what proves that a picture is the same; it is opened for the few that could be. What
fills them is ``segel.leaks.images``'.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

import msgspec

ID_BYTES: Final = 16
TOKEN_BYTES: Final = 16
NO_TOKEN: Final = bytes(TOKEN_BYTES)
"""Of a picture whose pixels say nothing (all black, say), or that has no UID."""

INDEXED_MAX: Final = 64
"""Features of one picture in the index: what one costs among millions is 8 bytes for each."""
ENTRY: Final = struct.Struct("<IQ")
"""Word, and what it says of where the feature is."""
ENTRIES_BYTES: Final = 1 + INDEXED_MAX * ENTRY.size

LOOK_BYTES: Final = 6_464
"""Of the largest: 200 features and 128 × 128 bits. Shorter ones are filled up: of how many features
a picture has nothing is told by its seal."""

_HEAD: Final = struct.Struct(f"<{ID_BYTES}s{ID_BYTES}s{TOKEN_BYTES}s{TOKEN_BYTES}s")
PLACE_BYTES: Final = _HEAD.size + ENTRIES_BYTES

DIGEST_BYTES: Final = 32
ASKED_BYTES_MAX: Final = 640 * 640 + 16
"""A picture that is asked for, as the quarantine hands it on: gray, its longer side 640 pixels."""


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """The first of the two. ``entries``: ``ENTRIES_BYTES``, how many before them."""

    series: bytes
    instance: bytes
    pixels_token: bytes = field(repr=False)
    uid_token: bytes = field(repr=False)
    entries: bytes = field(repr=False)

    def packed(self) -> bytes:
        """``PLACE_BYTES``."""
        head = _HEAD.pack(self.series, self.instance, self.pixels_token, self.uid_token)
        made = head + self.entries
        assert len(made) == PLACE_BYTES, "every picture's place is of one length"
        return made


def heads(packed: bytes) -> list[tuple[bytes, bytes, bytes, bytes]]:
    """Series, instance, and the two tokens of places that lie one after the other."""
    assert len(packed) % PLACE_BYTES == 0, "whole places"
    return [_HEAD.unpack_from(packed, at) for at in range(0, len(packed), PLACE_BYTES)]


HEAD_BYTES: Final = _HEAD.size


class AskedPicture(msgspec.Struct, frozen=True):
    """A picture of a sample that is compared. ``pixel_sha256``: of its pixels as they were;
    ``instance_uid``: '' where it is not of DICOM; ``shown``: see ``leaks.images.asked``, b'' where
    there is too little to compare."""

    pixel_sha256: bytes
    instance_uid: str = ""
    shown: bytes = b""

    def __repr__(self) -> str:
        return "AskedPicture(...)"


HOW: Final = ("", "pixel-hash", "uid", "local-features")
"""By what a picture was known again, by its number in an answer; 0: it was not."""

"""Packs: sealed objects back to back in one immutable object, with an index at the end.

::

    "SEGELPK1"  object  object  ...  index  count:u32  sha256(index, count)[:16]  "SEGELPKX"

An index entry is the object's id (16 bytes), offset and length (u64 each, big endian). The
database knows every place; the index lets a pack be read, and checked, without it.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from segel.domain.errors import SegelError
from segel.sealing import Buffer

HEAD: Final = b"SEGELPK1"
END: Final = b"SEGELPKX"
CHECK_BYTES: Final = 16
_ENTRY = struct.Struct(">16sQQ")
_COUNT = struct.Struct(">I")
FOOT_BYTES: Final = _COUNT.size + CHECK_BYTES + len(END)


class PackBroken(SegelError):
    """A pack whose index does not hold."""

    code = "pack-broken"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed object lies in its pack; in bytes."""

    object_id: UUID
    offset: int
    length: int


class PackBuilder:
    """Collects sealed objects; copies none of them."""

    def __init__(self) -> None:
        self._parts: list[Buffer] = [HEAD]
        self._places: list[Place] = []
        self.size = len(HEAD)

    def add(self, object_id: UUID, parts: Sequence[Buffer]) -> Place:
        """Append one object; where it lies."""
        length = sum(len(part) for part in parts)
        place = Place(object_id, self.size, length)
        self._parts += parts
        self._places.append(place)
        self.size += length
        return place

    def parts(self) -> list[Buffer]:
        """The whole pack, as buffers to be written one after another."""
        assert self._places, "a pack holds something"
        return [*self._parts, _foot(self._places)]


def pack_key(pack_id: UUID) -> str:
    """The pack's key in the object store; spread over 256 folders."""
    return f"packs/{pack_id.hex[:2]}/{pack_id.hex}"


def read_index(pack: Buffer) -> list[Place]:
    """The places in a pack, in order. Raises PackBroken."""
    view = memoryview(pack).cast("B")
    size = len(view)
    if size < len(HEAD) + FOOT_BYTES or bytes(view[: len(HEAD)]) != HEAD:
        raise _broken()
    (count,) = _COUNT.unpack(view[size - FOOT_BYTES : size - FOOT_BYTES + _COUNT.size])
    start = size - FOOT_BYTES - count * _ENTRY.size
    if start < len(HEAD):
        raise _broken()
    places = [
        Place(UUID(bytes=object_id), offset, length)
        for object_id, offset, length in _ENTRY.iter_unpack(view[start : size - FOOT_BYTES])
    ]
    if bytes(view[start:]) != _foot(places):
        raise _broken()
    at = len(HEAD)
    for place in places:
        if place.offset != at:
            raise _broken()
        at += place.length
    if at != start:
        raise _broken()
    return places


def _foot(places: Sequence[Place]) -> bytes:
    index = b"".join(
        _ENTRY.pack(place.object_id.bytes, place.offset, place.length) for place in places
    )
    counted = index + _COUNT.pack(len(places))
    return counted + hashlib.sha256(counted).digest()[:CHECK_BYTES] + END


def _broken() -> PackBroken:
    return PackBroken("The pack's index is damaged.", remedy="Restore the pack from a copy.")

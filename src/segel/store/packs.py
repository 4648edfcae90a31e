"""Packs: sealed objects back to back in one immutable object, with an index at the end.

::

    "SEGELPK1"  object  object  ...  zeroes  index  count:u32  sha256(index, count)[:16]  "SEGELPKX"

An index entry is the object's id (16 bytes), offset and length (u64 each, big endian). The zeroes
make the whole a multiple of 4 KiB, so that it can be written past the page cache. The database
knows every place; the index lets a pack be read, and checked, without it.
"""

import hashlib
import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from segel.domain.errors import SegelError
from segel.sealing import Buffer

HEAD: Final = b"SEGELPK1"
END: Final = b"SEGELPKX"
BLOCK_BYTES: Final = 4096
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
        return [*self._parts, bytes(_gap(self.size, len(self._places))), _foot(self._places)]


class PackMemory:
    """Page-aligned memory for one pack at a time, used again and again.

    Fresh pages for every pack would cost several times what the ciphers do, and only memory that
    is aligned can be written past the page cache.
    """

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, BLOCK_BYTES)
        self._places: list[Place] = []
        self._size = 0

    def begin(self, lengths: Sequence[int]) -> None:
        """Forget the pack before, and make room for objects of these lengths."""
        size = len(HEAD) + sum(lengths)
        needed = size + _gap(size, len(lengths)) + _foot_bytes(len(lengths))
        if needed > len(self._map):
            self._map = mmap.mmap(-1, needed)
        self._map[: len(HEAD)] = HEAD
        self._places = []
        self._size = len(HEAD)

    def slot(self, object_id: UUID, length: int) -> memoryview:
        """Where the next object is to be written, whole."""
        self._places.append(Place(object_id, self._size, length))
        start, self._size = self._size, self._size + length
        return memoryview(self._map)[start : self._size]

    @property
    def places(self) -> list[Place]:
        """Where the objects lie so far."""
        return self._places

    def finish(self) -> memoryview:
        """The whole pack; good until the next ``begin``."""
        assert self._places, "a pack holds something"
        foot = _foot(self._places)
        start = self._size + _gap(self._size, len(self._places))
        self._map[self._size : start] = bytes(start - self._size)
        self._map[start : start + len(foot)] = foot
        return memoryview(self._map)[: start + len(foot)]


def pack_folders() -> list[str]:
    """The folders of all packs that there can be."""
    return [f"packs/{first:02x}" for first in range(256)]


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
    if at > start or start - at >= BLOCK_BYTES or any(view[at:start]):
        raise _broken()
    return places


def _foot_bytes(count: int) -> int:
    return count * _ENTRY.size + FOOT_BYTES


def _gap(size: int, count: int) -> int:
    """Zeroes before the index of a pack of ``size`` bytes so far."""
    return -(size + _foot_bytes(count)) % BLOCK_BYTES


def _foot(places: Sequence[Place]) -> bytes:
    index = b"".join(
        _ENTRY.pack(place.object_id.bytes, place.offset, place.length) for place in places
    )
    counted = index + _COUNT.pack(len(places))
    return counted + hashlib.sha256(counted).digest()[:CHECK_BYTES] + END


def _broken() -> PackBroken:
    return PackBroken("The pack's index is damaged.", remedy="Restore the pack from a copy.")

"""Open parts of a sealed object without fetching the rest.

What a read proves. The head verifies under the key and the context, so that it was made by a
holder of the scope key, for this patient, object and version; it carries the true length, and the
object's sealed size must be the one that follows from it: a truncated or extended object is refused
before anything is read. Every returned byte was verified at its own place in the very object that
the head belongs to, so nothing is moved, swapped or taken from another object or another seal.

What it does not prove. Nothing is known of the segments that were not read: they may be damaged or
gone (the stated size is then a lie that shows when they are read). And of two genuine seals of the
same context, the older can be put in the newer's place, head and all: so new content needs a new
version.
"""

from collections.abc import Callable
from typing import TypeAlias

from segel.sealing.buffers import Buffer
from segel.sealing.context import ObjectContext
from segel.sealing.derivation import derive_object_key
from segel.sealing.errors import RangeOutside, SealBroken
from segel.sealing.head import OpenHead, open_head
from segel.sealing.layout import HEAD_BYTES, SealedRange, segments_for
from segel.sealing.whole import unseal_segments

Fetch: TypeAlias = Callable[[int, int], Buffer]
"""fetch(start, length) → that many bytes of the sealed object."""


class SealedReader:
    """Random access to one sealed object of ``sealed_length_bytes``.

    Fetches and verifies the head at once, unless the caller has its 100 bytes already. Nothing is
    cached but the head's secrets: reading the same segment twice fetches and unseals it twice.
    """

    def __init__(
        self,
        scope_key: bytes,
        context: ObjectContext,
        sealed_length_bytes: int,
        fetch: Fetch,
        *,
        head: Buffer | None = None,
    ) -> None:
        object_key = derive_object_key(scope_key, context.object_id, context.version)
        given = fetch(0, HEAD_BYTES) if head is None else head
        self._head = open_head(object_key, context, given, sealed_length_bytes)
        self._fetch = fetch

    @property
    def length(self) -> int:
        """The true length of the content in bytes, verified."""
        return self._head.length

    def segments_for(self, offset: int, length: int) -> SealedRange:
        """Which sealed bytes to fetch for ``open_range``; clipped to the true length."""
        return _plan(self._head, offset, length)

    def read(self, offset: int, length: int) -> bytes:
        """content[offset : offset + length], clipped at the end like a slice; SealBroken."""
        start, sealed_bytes = self.segments_for(offset, length)
        if sealed_bytes == 0:
            return b""
        return self.open_range(offset, length, self._fetch(start, sealed_bytes))

    def open_range(self, offset: int, length: int, fetched: Buffer) -> bytes:
        """As ``read``, for whoever fetched ``segments_for(offset, length)`` by themselves."""
        return _open(self._head, offset, length, self.segments_for(offset, length), fetched)


def open_range(
    scope_key: bytes,
    context: ObjectContext,
    head: Buffer,
    sealed_length_bytes: int,
    offset: int,
    length: int,
    fetched: Buffer,
) -> bytes:
    """content[offset : offset + length] out of the bytes that ``segments_for`` said to fetch.

    For one ranged read with the head at hand (a database row): plan, fetch in one go, open.
    """
    object_key = derive_object_key(scope_key, context.object_id, context.version)
    opened = open_head(object_key, context, head, sealed_length_bytes)
    return _open(opened, offset, length, segments_for(sealed_length_bytes, offset, length), fetched)


def _plan(head: OpenHead, offset: int, length: int) -> SealedRange:
    if offset < 0 or length < 0:
        raise RangeOutside
    end = min(offset + length, head.length)
    return segments_for(head.layout.sealed_bytes, offset, max(end - offset, 0))


def _open(head: OpenHead, offset: int, length: int, planned: SealedRange, fetched: Buffer) -> bytes:
    view = memoryview(fetched).cast("B")
    if len(view) != planned.length:
        raise SealBroken
    end = min(offset + length, head.length)
    if end <= offset:
        return b""
    layout = head.layout
    first = layout.segment_of(offset)
    after = layout.segment_of(end - 1) + 1
    wanted = view[: layout.sealed_at(after) - layout.sealed_at(first)]
    return unseal_segments(head, first, after, wanted, offset, end)

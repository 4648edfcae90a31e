"""Files of a case in the object store: sealed in pieces, so that their length need not be known.

::

    cases/<case>/<object>/00000000   piece 0: PIECE_BYTES of the file, sealed
    cases/<case>/<object>/00000001   ...

Each piece is an object sealed under the file's own key and bound to case, file and its place, so
that none can be moved, repeated or left out unseen: how many bytes there are stands, with their
SHA-256, in the case's row and in the log. A piece in memory is all that a file takes there. Who has
a copy of the store learns how many files a case has, and their sizes to within a piece.

A file is in the case once the broker has said so; until then it is nothing, and its pieces are
swept.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Final, Protocol, Self
from uuid import UUID

from segel.broker.messages import LeftObject, ObjectGrant, Requester
from segel.domain.cases import ObjectKind
from segel.domain.errors import SegelError
from segel.sealing import Buffer, ObjectContext, seal, unseal
from segel.store.objects import ObjectStore

PIECE_BYTES: Final = 8 * 1024 * 1024
"""A write and its sync cost little beside so many bytes, and one more piece is in memory than is
being written. A power of two, so that padding adds nothing to it."""

PREFIX: Final = "cases"


class EvidenceBroken(SegelError):
    """A file of a case is not what was kept: pieces are missing, or their digest differs."""

    code = "evidence-broken"


class Finisher(Protocol):
    """What ends the writing of a file."""

    async def finish_object(
        self,
        requester: Requester,
        case_id: UUID,
        object_id: UUID,
        length: int,
        sha256: bytes,
        media: str = "",
    ) -> None:
        """It is durable."""

    async def abandon_object(self, requester: Requester, case_id: UUID, object_id: UUID) -> None:
        """It was broken off."""


class CaseBroker(Finisher, Protocol):
    """What is needed of ``BrokerClient.cases``."""

    async def begin_object(
        self,
        requester: Requester,
        case_id: UUID,
        kind: ObjectKind,
        name: str,
        *,
        source: str = "",
        media: str = "",
        of: UUID | None = None,
    ) -> ObjectGrant:
        """The key of a new file."""

    async def open_object(
        self, requester: Requester, case_id: UUID, object_id: UUID, why: str = ""
    ) -> ObjectGrant:
        """A file's key, to read it."""

    async def left_objects(self) -> list[LeftObject]:
        """Whose pieces are to be swept."""

    async def swept_objects(self, object_ids: list[UUID]) -> None:
        """Their pieces are gone."""


class ObjectWriter:
    """A file that is being written; ``async with`` finishes it, or gives it up where it fails."""

    def __init__(
        self, broker: Finisher, objects: ObjectStore, requester: Requester, grant: ObjectGrant
    ) -> None:
        self._broker = broker
        self._objects = objects
        self._requester = requester
        self._grant = grant
        self._filling = bytearray()
        self._pieces = 0
        self._digest = hashlib.sha256()
        self.length = 0
        """Bytes so far."""
        self.media = ""
        """What it is, where that is known by the end only."""

    @property
    def object_id(self) -> UUID:
        """Which file of the case it is."""
        return self._grant.object_id

    async def write(self, part: Buffer) -> None:
        """More of it. Raises StoreFull, StoreUnavailable."""
        view = memoryview(part).cast("B")
        self._digest.update(view)
        self.length += len(view)
        while len(view):
            room = PIECE_BYTES - len(self._filling)
            self._filling += view[:room]
            view = view[room:]
            if len(self._filling) == PIECE_BYTES:
                await self._store()

    async def _store(self) -> None:
        grant, number, content = self._grant, self._pieces, self._filling
        self._filling, self._pieces = bytearray(), number + 1
        context = ObjectContext(grant.case_id, grant.object_id, number)
        await self._objects.put_made(
            key_of(grant.case_id, grant.object_id, number),
            lambda: seal(grant.key, context, content),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if failure is None:
            if self._filling:
                await self._store()
            await self._broker.finish_object(
                self._requester,
                self._grant.case_id,
                self.object_id,
                self.length,
                self._digest.digest(),
                self.media,
            )
            return
        # What cannot be said or swept now is swept by whoever looks in a day.
        with contextlib.suppress(SegelError, asyncio.CancelledError):
            await self._broker.abandon_object(self._requester, self._grant.case_id, self.object_id)


class OpenedObject:
    """A file of a case, to be read."""

    def __init__(self, objects: ObjectStore, grant: ObjectGrant) -> None:
        self._objects = objects
        self._grant = grant

    @property
    def length(self) -> int:
        """Bytes in all."""
        return self._grant.length

    @property
    def name(self) -> str:
        """What it was called where it came from: a stranger's words."""
        return self._grant.name

    async def read(self, offset: int, length: int) -> bytes:
        """content[offset : offset + length], clipped at the end. Raises SealBroken,
        ObjectMissing."""
        end = min(offset + length, self.length)
        parts = []
        while offset < end:
            number, at = divmod(offset, PIECE_BYTES)
            piece = await self._piece(number)
            part = piece[at : at + end - offset]
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    async def parts(self) -> AsyncIterator[bytes]:
        """All of it, piece by piece; what differs from what was kept raises EvidenceBroken."""
        digest = hashlib.sha256()
        for number in range(-(-self.length // PIECE_BYTES)):
            piece = await self._piece(number)
            digest.update(piece)
            yield piece
        if digest.digest() != self._grant.sha256:
            raise EvidenceBroken(
                "The file is not what was kept.", remedy="Restore the object store's copy."
            )

    async def _piece(self, number: int) -> bytes:
        grant = self._grant
        sealed = await self._objects.get(key_of(grant.case_id, grant.object_id, number))
        context = ObjectContext(grant.case_id, grant.object_id, number)
        piece = await asyncio.to_thread(unseal, grant.key, context, sealed)
        if len(piece) != min(PIECE_BYTES, self.length - number * PIECE_BYTES):
            raise EvidenceBroken(
                "A piece of the file has another length.",
                remedy="Restore the object store's copy.",
            )
        return piece


class CaseStore:
    """Writes and reads the files of cases, by keys that the broker releases one by one."""

    def __init__(self, broker: CaseBroker, objects: ObjectStore) -> None:
        self._broker = broker
        self._objects = objects

    async def writing(
        self,
        requester: Requester,
        case_id: UUID,
        kind: ObjectKind,
        name: str,
        *,
        source: str = "",
        media: str = "",
        of: UUID | None = None,
    ) -> ObjectWriter:
        """Begin a file. Raises Forbidden, CaseUnknown, CaseOver, CaseUnclear."""
        grant = await self._broker.begin_object(
            requester, case_id, kind, name, source=source, media=media, of=of
        )
        return ObjectWriter(self._broker, self._objects, requester, grant)

    async def put(
        self,
        requester: Requester,
        case_id: UUID,
        kind: ObjectKind,
        name: str,
        stream: AsyncIterator[bytes],
        *,
        source: str = "",
        media: str = "",
        of: UUID | None = None,
    ) -> UUID:
        """Keep a stream as a file of the case; its id. Raises as ``writing``, StoreFull."""
        writer = await self.writing(
            requester, case_id, kind, name, source=source, media=media, of=of
        )
        async with writer:
            async for part in stream:
                await writer.write(part)
        return writer.object_id

    async def open(
        self, requester: Requester, case_id: UUID, object_id: UUID, why: str = ""
    ) -> OpenedObject:
        """A file, to be read; logged. Raises Forbidden, CaseUnknown, GuestUsedUp."""
        grant = await self._broker.open_object(requester, case_id, object_id, why)
        return OpenedObject(self._objects, grant)

    async def sweep(self) -> int:
        """Take away the pieces of what was broken off or destroyed; of how many files."""
        left = await self._broker.left_objects()
        for one in left:
            for key in await self._objects.keys(f"{PREFIX}/{one.case_id}/{one.object_id}"):
                await self._objects.delete(key)
        if left:
            await self._broker.swept_objects([one.object_id for one in left])
        return len(left)


def key_of(case_id: UUID, object_id: UUID, number: int) -> str:
    """Where a piece lies."""
    return f"{PREFIX}/{case_id}/{object_id}/{number:08d}"

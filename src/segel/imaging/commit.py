"""Group commit: what arrives in the same instant becomes one pack and one transaction.

While a pack is written and synced the next arrivals gather; while its rows are committed the next
pack may already be written. An instance is acknowledged when both are durable, never before.

::

    arrivals ──▶ [gather] ──▶ seal + write + fsync (thread) ──▶ rows (transaction) ──▶ acknowledge
                     ▲ the next batch gathers here      ▲ and is written while this one commits
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

import msgspec

from segel.broker import EventMark
from segel.domain.errors import SegelError
from segel.imaging.errors import OutOfRoom
from segel.imaging.model import InstanceRecord, content_context, record_context
from segel.imaging.repo import NewInstance, NewSeries, Repo
from segel.sealing import HEAD_BYTES, Buffer, seal, seal_into, sealed_length
from segel.store.database import DatabaseAway
from segel.store.objects import ObjectStore, StoreError
from segel.store.packs import PackMemory, Place, pack_key

BATCH_BYTES_MAX: Final = 32 * 1024 * 1024
"""One pack: large enough that a sync is shared by many, small enough to be moved at once."""

BATCH_COUNT_MAX: Final = 512

WAITING_BYTES_MAX: Final = 512 * 1024 * 1024
"""Arrivals in memory; beyond it senders wait, which is what TCP is for."""


@dataclass(slots=True)
class Arrival:
    """One instance on its way to disk. ``content_token`` is set for one that is kept aside;
    ``events``: what subscribers are to be told of by it."""

    patient_id: UUID
    study_id: UUID
    scope_key: bytes = field(repr=False)
    instance_token: bytes
    series: NewSeries
    series_is_new: bool
    file: Buffer = field(repr=False)
    record: InstanceRecord = field(repr=False)
    content_token: bytes = b""
    events: tuple[EventMark, ...] = ()
    object_id: UUID = field(default_factory=uuid4)
    done: "asyncio.Future[bool] | None" = None


@dataclass(slots=True)
class _Batch:
    arrivals: list[Arrival]
    pack_id: UUID
    pack_bytes: int = 0
    rows: list[NewInstance] = field(default_factory=list)


class Committer:
    """Makes arrivals durable. One task; start with ``run``."""

    def __init__(self, repo: Repo, objects: ObjectStore) -> None:
        self._repo = repo
        self._objects = objects
        self._waiting: list[Arrival] = []
        self._waiting_bytes = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Condition()
        self._recording: asyncio.Task[None] | None = None
        self._memory = PackMemory()

    async def commit(self, arrival: Arrival) -> bool:
        """Return when the arrival is durable: True where it is new, False where its place was
        taken meanwhile. Raises OutOfRoom."""
        arrival.done = asyncio.get_running_loop().create_future()
        if self._waiting_bytes > WAITING_BYTES_MAX:
            async with self._room:
                await self._room.wait_for(lambda: self._waiting_bytes <= WAITING_BYTES_MAX)
        self._waiting.append(arrival)
        self._waiting_bytes += len(arrival.file)
        self._arrived.set()
        return await arrival.done

    async def run(self) -> None:
        """Commit batches until cancelled; what was gathered by then is still committed."""
        try:
            while True:
                await self._arrived.wait()
                await self._write_next()
        except asyncio.CancelledError:
            while self._waiting:
                await self._write_next()
            if self._recording is not None:
                await self._recording
            raise

    async def _write_next(self) -> None:
        arrivals = await self._take()
        try:
            batch = await self._write(arrivals)
        except SegelError as failure:
            _settle(arrivals, failure)
        except Exception as defect:
            _settle(arrivals, defect)
            raise
        else:
            if self._recording is not None:
                await self._recording
            self._recording = asyncio.create_task(self._record(batch))

    async def _take(self) -> list[Arrival]:
        size, count = 0, 0
        for arrival in self._waiting:
            if count >= BATCH_COUNT_MAX or (count and size + len(arrival.file) > BATCH_BYTES_MAX):
                break
            size += len(arrival.file)
            count += 1
        arrivals, self._waiting = self._waiting[:count], self._waiting[count:]
        if not self._waiting:
            self._arrived.clear()
        self._waiting_bytes -= size
        async with self._room:
            self._room.notify_all()
        return arrivals

    async def _write(self, arrivals: list[Arrival]) -> _Batch:
        batch = _Batch(arrivals, uuid4())

        def sealed() -> memoryview:
            pack, batch.rows = _seal_all(batch.pack_id, arrivals, self._memory)
            batch.pack_bytes = len(pack)
            return pack

        try:
            await self._objects.put_made(pack_key(batch.pack_id), sealed)
        except StoreError as failure:
            raise _out_of_room(failure) from failure
        return batch

    async def _record(self, batch: _Batch) -> None:
        series = {
            (one.series.study_id, one.series.series_token): one.series
            for one in batch.arrivals
            if one.series_is_new
        }
        try:
            new = await self._repo.record(
                batch.pack_id,
                batch.pack_bytes,
                list(series.values()),
                [row for row in batch.rows if not row.content_token],
                [row for row in batch.rows if row.content_token],
                [event for one in batch.arrivals for event in one.events],
            )
        except DatabaseAway as failure:
            _settle(batch.arrivals, _out_of_room(failure))
            return
        except Exception as defect:
            _settle(batch.arrivals, defect)
            return
        for arrival in batch.arrivals:
            assert arrival.done is not None
            if not arrival.done.done():  # a sender that hung up is not waiting any more
                arrival.done.set_result(bool(arrival.content_token) or arrival.object_id in new)


def _seal_all(
    pack_id: UUID, arrivals: list[Arrival], memory: PackMemory
) -> tuple[memoryview, list[NewInstance]]:
    """The pack, good until the next one is made in ``memory``, and its rows."""
    lengths = [sealed_length(len(arrival.file)) for arrival in arrivals]
    memory.begin(lengths)
    rows = []
    for arrival, length in zip(arrivals, lengths, strict=True):
        slot = memory.slot(arrival.object_id, length)
        context = content_context(arrival.patient_id, arrival.object_id)
        size = seal_into(arrival.scope_key, context, arrival.file, slot)
        assert size == length
        rows.append(_row(pack_id, arrival, memory.places[-1], bytes(slot[:HEAD_BYTES])))
    return memory.finish(), rows


def _row(pack_id: UUID, arrival: Arrival, place: Place, head: bytes) -> NewInstance:
    record = msgspec.structs.replace(arrival.record, head=head)
    sealed_record = seal(
        arrival.scope_key,
        record_context(arrival.patient_id, arrival.object_id),
        msgspec.msgpack.encode(record),
    )
    return NewInstance(
        patient_id=arrival.patient_id,
        study_id=arrival.study_id,
        instance_token=arrival.instance_token,
        series_id=arrival.series.series_id,
        object_id=arrival.object_id,
        pack_id=pack_id,
        pack_offset=place.offset,
        sealed_bytes=place.length,
        sealed_record=bytes(sealed_record),
        content_token=arrival.content_token,
    )


def _settle(arrivals: list[Arrival], failure: Exception) -> None:
    for arrival in arrivals:
        assert arrival.done is not None
        with contextlib.suppress(asyncio.InvalidStateError):
            arrival.done.set_exception(failure)


def _out_of_room(failure: SegelError) -> OutOfRoom:
    return OutOfRoom(
        f"The instance could not be kept: {failure.what}",
        remedy=failure.remedy or "Send it again later.",
    )

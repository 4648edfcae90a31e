"""A study open for reading: its instances, their files, frames, metadata."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, ParamSpec, TypeVar
from uuid import UUID, uuid4

import msgspec
import zstandard

from segel.broker import StudyGrant
from segel.domain.dicom import JsonDataset, first_value
from segel.imaging.dicom import (
    FrameTable,
    PixelsAbsent,
    bulk,
    frame_media_type,
    metadata,
    read_frame,
    read_header,
    whole_file,
)
from segel.imaging.dicom.syntaxes import is_deflated
from segel.imaging.errors import InstanceUnknown, ObjectDamaged
from segel.imaging.model import InstanceEntry, InstanceRecord, content_context, record_context
from segel.imaging.repo import InstanceRow, Repo
from segel.imaging.storing import series_id_of
from segel.sealing import (
    ObjectContext,
    SealBroken,
    derive_token_key,
    open_range,
    seal,
    segments_for,
    token,
    unseal,
)
from segel.store.objects import ObjectMissing, ObjectStore
from segel.store.packs import pack_key

BULK_BASE: Final = "segel:bulk"
"""Stands for the service's address in kept metadata; the door puts its own in its place."""

METADATA_VERSION: Final = 1
SERIES_VERSION: Final = 1
PIXEL_DATA: Final = "7FE00010"
INSTANCE_NUMBER: Final = "00200013"
INLINE_BYTES_MAX: Final = 1024 * 1024
"""Opening the seal of so much takes less than a thread's hop."""

SINGLES_MAX: Final = 4
"""Instances that are looked up one by one, before all of their study are."""

METADATA_LEVEL: Final = 3
"""zstd's own default: metadata shrinks to a tenth in less time than it takes to read it."""


P = ParamSpec("P")
T = TypeVar("T")


async def _always() -> None:
    """Of a study that somebody else keeps open."""


@dataclass(slots=True)
class OpenStudy:
    """Reads what one grant opens. Made by ``Archive.open_study``; keep it no longer than that.

    ``require_open`` raises BrokerError once its session ended or something was frozen; every read
    asks it, and so does whoever sends for long what was read.
    """

    study_uid: str = field(repr=False)
    grant: StudyGrant = field(repr=False)
    repo: Repo = field(repr=False)
    objects: ObjectStore = field(repr=False)
    token_key: bytes = field(default=b"", repr=False)
    require_open: Callable[[], Awaitable[None]] = field(default=_always, repr=False)
    _entries: dict[str, InstanceEntry] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.token_key = derive_token_key(self.grant.scope_key)

    @property
    def attributes(self) -> JsonDataset:
        """The attributes of the patient and study level."""
        return self.grant.attributes

    # --- what there is ------------------------------------------------------------------------

    async def series(self) -> list[JsonDataset]:
        """The series' attributes, by number."""
        rows = await self.repo.series(self.grant.patient_id, self.grant.study_id)
        found = [self._open_series(series_id, sealed) for series_id, sealed in rows]
        return sorted(found, key=lambda one: _number(one, "00200011"))

    async def instances(self, series_uid: str | None = None) -> list[InstanceEntry]:
        """The instances of a series, or all, in order of series and number.

        Raises InstanceUnknown for a series that is not there.
        """
        count = await self.repo.instance_count(self.grant.patient_id, self.grant.study_id)
        if count != len(self._entries):
            rows = await self.repo.instances(self.grant.patient_id, self.grant.study_id)
            opened = await asyncio.to_thread(lambda: [self._open_row(row) for row in rows])
            self._entries = {entry.sop_instance_uid: entry for entry in opened}
        entries = [
            entry
            for entry in self._entries.values()
            if series_uid is None or entry.series_uid == series_uid
        ]
        if not entries:
            raise _unknown()
        return sorted(
            entries,
            key=lambda one: (
                one.series_uid,
                _number(one.attributes, INSTANCE_NUMBER),
                one.sop_instance_uid,
            ),
        )

    async def instance(self, sop_instance_uid: str, series_uid: str | None = None) -> InstanceEntry:
        """One instance. Raises InstanceUnknown."""
        entry = self._entries.get(sop_instance_uid)
        if entry is None and len(self._entries) == SINGLES_MAX:
            await self.instances()  # whoever reads a few one by one goes on to read them all
            entry = self._entries.get(sop_instance_uid)
        if entry is None:
            entry = await self._reload(sop_instance_uid)
        if series_uid is not None and entry.series_uid != series_uid:
            raise _unknown()
        return entry

    # --- what is in it ------------------------------------------------------------------------

    async def read(self, entry: InstanceEntry) -> bytes:
        """The file, bit for bit as it was sent. Raises ObjectDamaged."""

        async def whole(at: InstanceEntry) -> bytes:
            sealed = await self.objects.get_range(
                pack_key(at.pack_id), at.pack_offset, at.sealed_bytes
            )
            return await _beside(
                at.sealed_bytes, unseal, self.grant.scope_key, self._context(at), sealed
            )

        return await self._retrying(entry, whole)

    async def read_range(self, entry: InstanceEntry, offset: int, length: int) -> bytes:
        """Bytes of the file; fetches and unseals only the segments that hold them."""

        async def part(at: InstanceEntry) -> bytes:
            wanted = segments_for(at.sealed_bytes, offset, length)
            fetched = await self.objects.get_range(
                pack_key(at.pack_id), at.pack_offset + wanted.start, wanted.length
            )
            return await _beside(
                wanted.length,
                open_range,
                self.grant.scope_key,
                self._context(at),
                at.record.head,
                at.sealed_bytes,
                offset,
                length,
                fetched,
            )

        return await self._retrying(entry, part)

    async def frames(self, entry: InstanceEntry, numbers: Sequence[int]) -> list[bytes]:
        """Frames by number, from 1, as they are stored. Raises FrameUnknown, PixelsAbsent."""
        table = self.frame_table(entry)
        if table.inflate:
            file = await self.read(entry)
            whole = whole_file(read_header(file), file)
            return [read_frame(table, number, _slices(whole)) for number in numbers]
        return [await self._frame(entry, table, number) for number in numbers]

    def frame_table(self, entry: InstanceEntry) -> FrameTable:
        """Where the frames lie. Raises PixelsAbsent."""
        if not entry.record.frames:
            raise PixelsAbsent(
                "The instance has no frames that can be told apart.",
                remedy="Fetch the instance itself.",
            )
        return FrameTable.unpack(entry.record.frames)

    async def bulk(self, entry: InstanceEntry, path: str) -> tuple[str, list[bytes]]:
        """Media type and bytes of bulk data; compressed pixel data by frame. Raises BulkUnknown."""
        if path == PIXEL_DATA and entry.record.frames:
            table = self.frame_table(entry)
            if not table.native:
                frames = await self.frames(entry, range(1, table.count + 1))
                return frame_media_type(entry.transfer_syntax_uid), frames
        file = await self.read(entry)
        media_type, value = await asyncio.to_thread(bulk, file, path)
        return media_type, [value]

    # --- metadata -----------------------------------------------------------------------------

    async def metadata(self, series_uid: str | None = None) -> bytes:
        """The metadata of all instances as a JSON array, with ``BULK_BASE`` for the address.

        Each series' document is made once and kept, sealed; it is made anew where instances came.
        """
        entries = await self.instances(series_uid)
        kept = await self.repo.metadata(self.grant.patient_id, self.grant.study_id)
        by_series: dict[UUID, list[InstanceEntry]] = {}
        for entry in entries:
            by_series.setdefault(entry.series_id, []).append(entry)
        documents = []
        for series_id, members in by_series.items():
            known = kept.get(series_id)
            if known is not None and known[0] == len(members):
                documents.append(await asyncio.to_thread(self._open_document, known[1], known[2]))
            else:
                documents.append(await self.make_metadata(series_id, members))
        inside = [document[1:-1] for document in documents if len(document) > 2]
        return b"[" + b",".join(inside) + b"]"

    async def instance_metadata(self, entry: InstanceEntry) -> JsonDataset:
        """One instance's metadata."""
        prefix = await self._header_bytes(entry)
        return await asyncio.to_thread(self._describe, entry, prefix)

    async def make_metadata(self, series_id: UUID, entries: Sequence[InstanceEntry]) -> bytes:
        """Make a series' document from its instances' headers, and keep it."""
        prefixes = [await self._header_bytes(entry) for entry in entries]
        object_id = uuid4()

        def make() -> tuple[bytes, bytes]:
            document = msgspec.json.encode(
                [
                    self._describe(entry, prefix)
                    for entry, prefix in zip(entries, prefixes, strict=True)
                ]
            )
            packed = zstandard.ZstdCompressor(METADATA_LEVEL).compress(document)
            context = ObjectContext(self.grant.patient_id, object_id, METADATA_VERSION)
            return document, bytes(seal(self.grant.scope_key, context, packed))

        document, sealed = await asyncio.to_thread(make)
        await self.repo.keep_metadata(
            self.grant.patient_id, self.grant.study_id, series_id, len(entries), object_id, sealed
        )
        return document

    # --- how ----------------------------------------------------------------------------------

    def _describe(self, entry: InstanceEntry, prefix: bytes) -> JsonDataset:
        base = (
            f"{BULK_BASE}/studies/{self.study_uid}/series/{entry.series_uid}"
            f"/instances/{entry.sop_instance_uid}/bulkdata/"
        )
        return metadata(read_header(prefix), lambda path: base + path)

    async def _header_bytes(self, entry: InstanceEntry) -> bytes:
        # A deflated data set has no readable prefix: its header counts inflated bytes.
        if entry.record.header_bytes >= entry.record.file_bytes or not _has_prefix(entry):
            return await self.read(entry)
        return await self.read_range(entry, 0, entry.record.header_bytes)

    async def _frame(self, entry: InstanceEntry, table: FrameTable, number: int) -> bytes:
        pieces = {
            (at, size): await self.read_range(entry, at, size) for at, size in table.ranges(number)
        }
        return read_frame(table, number, lambda at, size: pieces[at, size])

    async def _retrying(self, entry: InstanceEntry, read: Callable[[InstanceEntry], Any]) -> bytes:
        await self.require_open()
        try:
            try:
                return bytes(await read(entry))
            except (ObjectMissing, SealBroken):
                # The pack may have been compacted since its place was read.
                moved = await self._reload(entry.sop_instance_uid)
                return bytes(await read(moved))
        except (ObjectMissing, SealBroken) as damage:
            raise ObjectDamaged(
                "The stored instance does not open: its sealed bytes were altered or are gone.",
                remedy="Tell the operator; the instance has to be restored from a copy.",
            ) from damage

    async def _reload(self, sop_instance_uid: str) -> InstanceEntry:
        row = await self.repo.instance(
            self.grant.patient_id,
            self.grant.study_id,
            token(self.token_key, "instance", sop_instance_uid),
        )
        if row is None:
            raise _unknown()
        entry = self._open_row(row)
        self._entries[sop_instance_uid] = entry
        return entry

    def _open_row(self, row: InstanceRow) -> InstanceEntry:
        _, series_id, object_id, pack_id, pack_offset, sealed_bytes, sealed = row
        context = record_context(self.grant.patient_id, object_id)
        record = msgspec.msgpack.decode(
            unseal(self.grant.scope_key, context, sealed), type=InstanceRecord
        )
        return InstanceEntry(record, series_id, object_id, pack_id, pack_offset, sealed_bytes)

    def _open_series(self, series_id: UUID, sealed: bytes) -> JsonDataset:
        context = ObjectContext(self.grant.patient_id, series_id, SERIES_VERSION)
        return msgspec.json.decode(unseal(self.grant.scope_key, context, sealed), type=JsonDataset)

    def _open_document(self, object_id: UUID, sealed: bytes) -> bytes:
        context = ObjectContext(self.grant.patient_id, object_id, METADATA_VERSION)
        packed = unseal(self.grant.scope_key, context, sealed)
        return zstandard.ZstdDecompressor().decompress(packed)

    def _context(self, entry: InstanceEntry) -> ObjectContext:
        return content_context(self.grant.patient_id, entry.object_id)

    def series_id(self, series_uid: str) -> UUID:
        """The row id of a series."""
        return series_id_of(self.token_key, series_uid)


async def _beside(size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Open a seal of ``size`` bytes; in a thread where others would notice the time it takes."""
    if size <= INLINE_BYTES_MAX:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)


def _has_prefix(entry: InstanceEntry) -> bool:
    return not is_deflated(entry.transfer_syntax_uid)


def _slices(whole: Any) -> Callable[[int, int], bytes]:
    return lambda offset, length: bytes(whole[offset : offset + length])


def _number(attributes: JsonDataset, tag: str) -> tuple[int, float]:
    value = first_value(attributes, tag)
    try:
        return (0, float(value))
    except (TypeError, ValueError):
        return (1, 0.0)


def _unknown() -> InstanceUnknown:
    return InstanceUnknown("There is no such series or instance in the study.")

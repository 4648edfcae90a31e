"""Storing one instance: parse the header once, open its study, seal, commit, acknowledge."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec

from segel.broker import BrokerClient, Ear, EventMark, Requester, StudyArrival, StudyGrant
from segel.broker.errors import RecordsErased
from segel.domain.dicom import JsonDataset, text_value
from segel.imaging.commit import Arrival, Committer
from segel.imaging.dicom import (
    DicomError,
    Header,
    frame_table,
    instance_attributes,
    patient_identity,
    read_header,
    series_attributes,
    study_attributes,
)
from segel.imaging.errors import DuplicateInstance, StudyMismatch
from segel.imaging.grants import Grants
from segel.imaging.model import InstanceRecord, Outcome, Stored, content_context, record_context
from segel.imaging.repo import InstanceRow, NewSeries, Repo
from segel.sealing import Buffer, ObjectContext, derive_token_key, seal, token, unseal
from segel.store.objects import ObjectStore
from segel.store.packs import pack_key

ACCESSION: Final = "00080050"
ROW_VERSION: Final = 1


Noting = Callable[
    [Requester, StudyGrant, JsonDataset, JsonDataset], Awaitable[tuple[EventMark, ...]]
]
"""What a study and a series that arrives for it, by their attributes, is to be told to whom."""


@dataclass(slots=True)
class StoreStudy:
    """A study that instances are arriving for, in this process. ``known``: instance tokens."""

    grant: StudyGrant = field(repr=False)
    token_key: bytes = field(repr=False)
    known: set[bytes]
    series: dict[str, NewSeries] = field(default_factory=dict, repr=False)
    written_series: set[str] = field(default_factory=set, repr=False)
    under_way: dict[bytes, "asyncio.Future[bool]"] = field(default_factory=dict)
    events: dict[str, tuple[EventMark, ...]] = field(default_factory=dict, repr=False)
    """By series: what subscribers are told of whenever an instance of it arrives."""

    def instance_token(self, sop_instance_uid: str) -> bytes:
        return token(self.token_key, "instance", sop_instance_uid)

    def series_of(self, header: Header) -> NewSeries:
        """The row of the instance's series, made from the first instance that names it."""
        row = self.series.get(header.series_uid)
        if row is None:
            row = series_row(
                self.grant.patient_id,
                self.grant.study_id,
                self.grant.scope_key,
                self.token_key,
                header.series_uid,
                series_attributes(header),
            )
            self.series[header.series_uid] = row
        return row


def series_row(
    patient_id: UUID,
    study_id: UUID,
    scope_key: bytes,
    token_key: bytes,
    series_uid: str,
    attributes: JsonDataset,
) -> NewSeries:
    """The row of a series, under its study's keys."""
    series_id = series_id_of(token_key, series_uid)
    context = ObjectContext(patient_id, series_id, ROW_VERSION)
    sealed = bytes(seal(scope_key, context, msgspec.json.encode(attributes)))
    return NewSeries(
        patient_id, study_id, token(token_key, "series", series_uid), series_id, sealed
    )


def series_id_of(token_key: bytes, series_uid: str) -> UUID:
    """The row id of a series: the same in every process, and telling nothing."""
    return UUID(bytes=token(token_key, "series id", series_uid)[:16], version=4)


class Storing:
    """The store path of one process."""

    def __init__(
        self, broker: BrokerClient, ear: Ear, repo: Repo, objects: ObjectStore, committer: Committer
    ) -> None:
        self._broker = broker
        self._repo = repo
        self._objects = objects
        self._committer = committer
        self._studies: Grants[StoreStudy] = Grants(broker, ear, shows=False)
        self.noting: Noting | None = None
        self.on_stored: Callable[[Requester, str, StoreStudy], None] | None = None

    async def store(
        self, requester: Requester, file: Buffer, *, expected_study_uid: str | None = None
    ) -> Stored:
        """Store one DICOM file; return when it is durable.

        Raises DicomError (not an instance), StoreRefused, BrokerError.
        """
        header = read_header(file, accept_no_meta=False)
        if expected_study_uid is not None and header.study_uid != expected_study_uid:
            raise StudyMismatch(
                "The instance's StudyInstanceUID is not the one that it was sent to.",
                field="StudyInstanceUID",
                remedy="Send it to its own study, or to /studies.",
            )
        study = await self._open(requester, header)
        instance_token = study.instance_token(header.sop_instance_uid)
        before = study.under_way.get(instance_token)
        if before is not None:  # the same instance twice in one instant: one of them goes first
            await asyncio.wait([before])
        try:
            if instance_token in study.known:
                outcome = await self._again(requester, study, instance_token, header, file)
            else:
                outcome = await self._first(requester, study, instance_token, header, file)
        except RecordsErased:
            self._studies.forget(requester.token)
            raise
        if self.on_stored is not None:
            self.on_stored(requester, header.study_uid, study)
        return Stored(
            header.sop_class_uid,
            header.sop_instance_uid,
            header.study_uid,
            header.series_uid,
            outcome,
        )

    async def _open(self, requester: Requester, header: Header) -> StoreStudy:
        async def release() -> StudyGrant:
            attributes = study_attributes(header)
            return await self._broker.open_for_store(
                requester,
                StudyArrival(
                    study_uid=header.study_uid,
                    accession=text_value(attributes, ACCESSION),
                    patient=patient_identity(header),
                    attributes=attributes,
                ),
            )

        async def make(grant: StudyGrant) -> StoreStudy:
            known = (
                set()
                if grant.created
                else await self._repo.instance_tokens(grant.patient_id, grant.study_id)
            )
            return StoreStudy(grant, derive_token_key(grant.scope_key), known)

        return await self._studies.get(requester, header.study_uid, release, make)

    async def _first(
        self,
        requester: Requester,
        study: StoreStudy,
        instance_token: bytes,
        header: Header,
        file: Buffer,
    ) -> Outcome:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        study.under_way[instance_token] = done
        try:
            events = await self._events_of(requester, study, header)
            if await self._commit(study, instance_token, header, file, events=events):
                study.known.add(instance_token)
                return Outcome.STORED
        finally:
            study.under_way.pop(instance_token, None)
            done.set_result(True)
        # Another process was quicker, or there is nothing to be stored in any more.
        if not await self._repo.instance(
            study.grant.patient_id, study.grant.study_id, instance_token
        ):
            raise RecordsErased.of("patient or study")
        study.known.add(instance_token)
        return await self._again(requester, study, instance_token, header, file)

    async def _events_of(
        self, requester: Requester, study: StoreStudy, header: Header
    ) -> tuple[EventMark, ...]:
        """What is told of an instance: asked for once for each of its study's series."""
        if self.noting is None or not study.grant.subscribers:
            return ()
        known = study.events.get(header.series_uid)
        if known is None:
            known = await self.noting(
                requester, study.grant, study_attributes(header), series_attributes(header)
            )
            study.events[header.series_uid] = known
        return known

    async def _again(
        self,
        requester: Requester,
        study: StoreStudy,
        instance_token: bytes,
        header: Header,
        file: Buffer,
    ) -> Outcome:
        """An instance whose UID is taken: the same again, or something else to be kept aside."""
        row = await self._repo.instance(
            study.grant.patient_id, study.grant.study_id, instance_token
        )
        if row is None:  # it was known and is gone: erased, or moved by an operator
            study.known.discard(instance_token)
            return await self._first(requester, study, instance_token, header, file)
        if await self._same(study.grant, row, header, file):
            return Outcome.ALREADY_STORED
        digest = hashlib.sha256(memoryview(file)[header.dataset_offset :]).digest()
        content_token = token(study.token_key, "content", digest)
        await self._commit(study, instance_token, header, file, content_token=content_token)
        raise DuplicateInstance(
            "Another instance is stored under this SOP instance UID; this one was kept aside.",
            field="SOPInstanceUID",
            remedy="Give the changed instance a UID of its own, or ask the operator to compare.",
        )

    async def _same(
        self, grant: StudyGrant, row: InstanceRow, header: Header, file: Buffer
    ) -> bool:
        """Whether the stored data set is this one, whatever file meta group went with it."""
        _, _, object_id, pack_id, offset, sealed_bytes, sealed_record = row
        plain = unseal(grant.scope_key, record_context(grant.patient_id, object_id), sealed_record)
        record = msgspec.msgpack.decode(plain, type=InstanceRecord)
        here = len(file) - header.dataset_offset
        if (
            record.file_bytes - record.dataset_offset != here
            or record.transfer_syntax_uid != header.transfer_syntax_uid
        ):
            return False
        sealed = await self._objects.get_range(pack_key(pack_id), offset, sealed_bytes)
        stored = await asyncio.to_thread(
            unseal, grant.scope_key, content_context(grant.patient_id, object_id), sealed
        )
        return bytes(stored[record.dataset_offset :]) == bytes(
            memoryview(file)[header.dataset_offset :]
        )

    async def _commit(
        self,
        study: StoreStudy,
        instance_token: bytes,
        header: Header,
        file: Buffer,
        *,
        content_token: bytes = b"",
        events: tuple[EventMark, ...] = (),
    ) -> bool:
        series = study.series_of(header)
        arrival = Arrival(
            patient_id=study.grant.patient_id,
            study_id=study.grant.study_id,
            scope_key=study.grant.scope_key,
            instance_token=instance_token,
            series=series,
            series_is_new=header.series_uid not in study.written_series,
            file=file,
            record=record_of(header, file),
            content_token=content_token,
            events=events,
        )
        new = await self._committer.commit(arrival)
        study.written_series.add(header.series_uid)
        return new


def record_of(header: Header, file: Buffer) -> InstanceRecord:
    """The record that is sealed beside the file; its ``head`` comes with the seal."""
    try:
        frames = frame_table(header, file).pack()
    except DicomError:  # no pixels, or not as they should be: kept all the same, bit for bit
        frames = b""
    return InstanceRecord(
        sop_class_uid=header.sop_class_uid,
        sop_instance_uid=header.sop_instance_uid,
        series_uid=header.series_uid,
        transfer_syntax_uid=header.transfer_syntax_uid,
        file_bytes=len(file),
        dataset_offset=header.dataset_offset,
        header_bytes=len(header.data),
        head=b"",
        frames=frames,
        attributes=instance_attributes(header),
    )

"""What the archive holds and what can be asked of it."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final
from uuid import UUID

import msgspec

from segel.domain.dicom import JsonDataset
from segel.sealing import ObjectContext

CONTENT_VERSION: Final = 1
RECORD_VERSION: Final = 2
"""The sealed file and the sealed record beside it share an object id: versions tell them apart."""


class Level(Enum):
    """The levels of a query (PS3.4 § C.6); PATIENT answers from studies."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"


@dataclass(frozen=True, slots=True)
class Query:
    """A query at one level: matching keys by tag (eight hex digits), and what to answer with.

    ``include``: tags wanted beyond those of the level, or ``("all",)``.
    """

    level: str
    filters: dict[str, str] = field(default_factory=dict, repr=False)
    include: tuple[str, ...] = ()
    limit: int = 100
    offset: int = 0
    fuzzy: bool = False


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """A query of a modality worklist (PS3.4 § K.4.1): matching keys by tag, those of an item and
    those of its one step together. ``station``: the AE title that asks."""

    filters: dict[str, str] = field(default_factory=dict, repr=False)
    station: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """The answers to a query; ``note`` says what was left out where ``complete`` is False."""

    datasets: list[JsonDataset] = field(repr=False)
    complete: bool
    note: str = ""


class Outcome(Enum):
    """What storing an instance came to."""

    STORED = "stored"
    ALREADY_STORED = "already stored"


@dataclass(frozen=True, slots=True)
class Stored:
    """An instance that is durable."""

    sop_class_uid: str
    sop_instance_uid: str = field(repr=False)
    study_uid: str = field(repr=False)
    series_uid: str = field(repr=False)
    outcome: Outcome = Outcome.STORED


class InstanceRecord(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed beside an instance, so that it can be found and cut without being opened.

    ``header_bytes``: the file's length up to its pixel data. ``head``: the first bytes of the
    sealed object, with which a part of it opens. ``frames``: a packed FrameTable, empty where the
    instance has none.
    """

    sop_class_uid: str
    sop_instance_uid: str
    series_uid: str
    transfer_syntax_uid: str
    file_bytes: int
    dataset_offset: int
    header_bytes: int
    head: bytes
    frames: bytes
    attributes: JsonDataset

    def __repr__(self) -> str:
        return f"InstanceRecord({self.file_bytes} bytes)"


@dataclass(frozen=True, slots=True)
class InstanceEntry:
    """A stored instance of an opened study, and where its sealed object lies."""

    record: InstanceRecord = field(repr=False)
    series_id: UUID
    object_id: UUID
    pack_id: UUID
    pack_offset: int
    sealed_bytes: int

    @property
    def sop_class_uid(self) -> str:
        return self.record.sop_class_uid

    @property
    def sop_instance_uid(self) -> str:
        return self.record.sop_instance_uid

    @property
    def series_uid(self) -> str:
        return self.record.series_uid

    @property
    def transfer_syntax_uid(self) -> str:
        return self.record.transfer_syntax_uid

    @property
    def attributes(self) -> JsonDataset:
        """The attributes of the instance level."""
        return self.record.attributes


def content_context(patient_id: UUID, object_id: UUID) -> ObjectContext:
    """What an instance's file is sealed for."""
    return ObjectContext(patient_id, object_id, CONTENT_VERSION)


def record_context(patient_id: UUID, object_id: UUID) -> ObjectContext:
    """What an instance's record is sealed for."""
    return ObjectContext(patient_id, object_id, RECORD_VERSION)

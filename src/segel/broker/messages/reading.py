"""Studies: opened for storing or reading, searched for, sent on."""

from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester
from segel.broker.messages.marks import PictureMark
from segel.broker.messages.subscriptions import Subscriber
from segel.domain.dicom import JsonDataset
from segel.domain.patient import PatientIdentity


class StudyArrival(msgspec.Struct, frozen=True):
    """A study as its first instance describes it. ``attributes``: patient and study level."""

    study_uid: str
    accession: str
    patient: PatientIdentity
    attributes: JsonDataset


class StudyGrant(Message, frozen=True):
    """A released study key. Drop it at ``expires_s`` (Unix time) or when the session ends.

    ``attributes`` are those of the study and patient level. ``receipt`` is the JSON of a
    ``segel.tlog.Receipt``: the proof that the release was logged. ``report_mark``: what is kept
    in ``report_marks`` once the study has been reported; only where it was opened for reading.
    ``subscribers``: where it was opened to be stored in, who is to be told of what matches.
    ``mark``: what every picture has to bear that is drawn of it; only where it was opened for that.
    """

    study_id: UUID
    patient_id: UUID
    hospital_id: UUID
    scope_key: bytes
    created: bool
    receipt: bytes
    expires_s: float
    attributes: JsonDataset = msgspec.field(default_factory=dict)
    consents: str = ""
    """Of the moment before the patient's consents were read. Where a session has another one, some
    patient decided meanwhile, and nothing that was opened to be shown is shown again."""
    report_mark: bytes = b""
    subscribers: tuple[Subscriber, ...] = ()
    mark: PictureMark | None = None

    def __repr__(self) -> str:
        return f"StudyGrant(study_id={self.study_id})"


class StudyQuery(msgspec.Struct, frozen=True):
    """Matching keys of the patient, study and series level; tag in hex to DICOM matching value.

    ``patient_id``: only of this one, by Segel's own id. ``unreported``: only studies that nobody
    has answered for a report of.
    """

    filters: dict[str, str] = {}
    fuzzy: bool = False
    limit: int = 100
    offset: int = 0
    patient_id: UUID | None = None
    unreported: bool = False


class StudyMatch(msgspec.Struct, frozen=True):
    """A study that matched, with the attributes of its series. No key comes with it."""

    study_id: UUID
    patient_id: UUID
    attributes: JsonDataset
    series: list[JsonDataset]
    instance_count: int
    reported: bool = False


class SearchResult(Message, frozen=True):
    """Matches in order of study date, newest first.

    ``complete`` is False where only part of the estate was looked through; ``note`` then says
    which part and what to add to the query.
    """

    matches: list[StudyMatch]
    complete: bool
    note: str = ""


class OpenForStore(Message, frozen=True):
    requester: Requester
    arrival: StudyArrival


class OpenStudy(Message, frozen=True):
    """``copy``: the patient's own, to be taken along; ``pictures``: to have pictures drawn of it
    that leave. The log says so."""

    requester: Requester
    study_uid: str
    copy: bool = False
    pictures: bool = False


class Search(Message, frozen=True):
    requester: Requester
    query: StudyQuery


class PeerAddress(Message, frozen=True):
    """Where the peer of this AE title listens; asked for by C-MOVE."""

    requester: Requester
    ae_title: str


class Address(Message, frozen=True):
    """``keys``: of the certificates that it may show; none where it speaks no TLS."""

    host: str
    port: int
    keys: tuple[str, ...] = ()


Request = OpenForStore | OpenStudy | Search | PeerAddress
Reply = StudyGrant | SearchResult | Address

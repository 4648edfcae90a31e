"""What the parts of a case hand one another. Pure values, no I/O.

::

    files ─intake─▶ tables, images, texts ─matching─▶ row matches ─┬─ verdict
                                                                   ├─ extent ─▶ telling
    log, exports, decoys ──────────────────────────────────────────┴─ origin ─▶ containing

Patients are pseudonyms here: 16 bytes that mean somebody within one warrant, and nobody outside it.
"""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

import msgspec

PSEUDONYM_BYTES = 16


class ColumnKind(StrEnum):
    """What a column of a sample holds, as its content says."""

    NIK = "nik"
    FAMILY_CARD = "family-card"
    PASSPORT = "passport"
    HEALTH_NUMBER = "health-number"
    MEDICAL_RECORD = "medical-record"
    NAME = "name"
    BIRTH_DATE = "birth-date"
    SEX = "sex"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    HOSPITAL = "hospital"
    """A hospital's name or code."""
    ACCESSION = "accession"
    STUDY_UID = "study-uid"
    SERIES_UID = "series-uid"
    INSTANCE_UID = "instance-uid"
    MODALITY = "modality"
    EVENT_TIME = "event-time"
    """When something was examined, tested or written."""
    TEST = "test"
    RESULT = "result"
    FREE_TEXT = "free-text"
    OTHER = "other"


class Column(msgspec.Struct, frozen=True):
    """A column: its name in the sample ('' where it has none), what it holds, how sure (0 to 1)."""

    name: str
    kind: ColumnKind
    confidence: float


class Handling(StrEnum):
    """What became of a file."""

    READ = "read"
    PARTLY = "partly"
    SKIPPED = "skipped"


class SampleFile(msgspec.Struct, frozen=True):
    """A file of the sample, or one within another. ``path``: steps from the file that was handed
    in, outermost first. ``length``: bytes. ``reason``: why it was not (wholly) read, a code or ''.
    """

    path: tuple[str, ...]
    length: int
    sha256: bytes
    format: str
    handling: Handling
    reason: str = ""


class SampleTable(msgspec.Struct, frozen=True):
    """A table that was found. ``file``: its place among the files; ``rows``: how many."""

    table: int
    file: int
    name: str
    columns: tuple[Column, ...]
    rows: int


class PersonRow(msgspec.Struct, frozen=True):
    """What a row says of a person, in one form; '' where it says nothing.

    ``table``, ``row``: where it stands, from 0. ``birth_date``: YYYYMMDD. ``sex``: M, F or ''.
    ``phone``: digits with the country's code. ``event_time``: ISO 8601. ``others``: what else it
    says that an archive may hold, by kind.
    """

    table: int
    row: int
    nik: str = ""
    medical_record: str = ""
    passport: str = ""
    health_number: str = ""
    family_card: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    phone: str = ""
    hospital: str = ""
    accession: str = ""
    study_uid: str = ""
    event_time: str = ""
    others: Mapping[str, str] = msgspec.field(default_factory=dict)


class MatchLevel(StrEnum):
    """The rung of the ladder on which a row was recognised."""

    IDENTIFIER = "identifier"
    """A number that we hold, and nothing speaks against it."""
    FIELDS = "fields"
    """No number, or a wrong one; the other fields are one patient's."""
    MISSPELT = "misspelt"
    NONE = "none"


class RowMatch(msgspec.Struct, frozen=True):
    """A row compared with the archive. ``pseudonym``: empty where nobody was recognised.

    ``bits``: evidence for being the same person (log2 of the odds by which it was seen more often
    of one person than of two). ``agreeing``, ``contradicting``: kinds of columns. ``ours_alone``:
    of the agreeing, those that nobody but this archive holds.
    """

    table: int
    row: int
    pseudonym: bytes
    level: MatchLevel
    bits: float
    agreeing: tuple[ColumnKind, ...] = ()
    contradicting: tuple[ColumnKind, ...] = ()
    ours_alone: tuple[ColumnKind, ...] = ()
    decoy: bool = False


class ImageMatch(msgspec.Struct, frozen=True):
    """An image compared with the archive. ``series`` is claimed where ``instance`` is not certain.

    ``how``: pixel-hash, uid, local-features or global-hash. ``file``: its place among the files.
    """

    file: int
    pseudonym: bytes
    series: bytes
    instance: bytes
    how: str
    inliers: int = 0
    bits: float = 0.0


class Verdict(StrEnum):
    """What is answered."""

    OURS = "ours"
    MIXED = "mixed"
    NOT_OURS = "not-ours"
    UNDETERMINED = "undetermined"


class Step(StrEnum):
    """The rungs of the ladder, in their order."""

    STRUCTURE = "structure"
    IDENTIFIERS = "identifiers"
    FIELDS = "fields"
    MISSPELT = "misspelt"
    IMAGES = "images"
    FOREIGN = "foreign"


class StepResult(msgspec.Struct, frozen=True):
    """What one rung says. ``figures``: counts and rates by name. ``evidence``: ids of the case's
    evidence and entries of the log that it rests on. ``error``: the odds that it misleads, 0 to 1.
    """

    step: Step
    says: Verdict
    figures: Mapping[str, float]
    evidence: tuple[str, ...] = ()
    error: float = 0.0


class Judgement(msgspec.Struct, frozen=True):
    """The answer, and what it rests on."""

    verdict: Verdict
    error: float
    steps: tuple[StepResult, ...]


class Way(StrEnum):
    """How data left, where it did: the hypotheses that are compared."""

    ACCOUNT = "account"
    EXPORT = "export"
    HOSPITAL = "hospital"
    PARTNER = "partner"
    BACKUP = "backup"
    OUTSIDE_COPY = "outside-copy"
    ELSEWHERE = "elsewhere"
    """Another source than this archive: always a candidate."""


class Touch(msgspec.Struct, frozen=True):
    """That somebody was shown patients at one time, as the log has it.

    ``way`` and ``who`` name the candidate: an account, an export, a hospital. ``session`` is nil
    where there was none. ``patients``: pseudonyms. ``kinds``: kinds of columns that it showed.
    """

    at_s: float
    way: Way
    who: UUID
    session: UUID
    patients: tuple[bytes, ...]
    kinds: tuple[ColumnKind, ...] = ()


class VersionSpan(msgspec.Struct, frozen=True):
    """That what a row shows of one kind was in the archive from ``from_s`` on (when that version,
    or that record, arrived), and was the newest until ``until_s`` (infinite where it still is).
    ``kind`` is *other* for that the patient was in it at all."""

    table: int
    row: int
    kind: ColumnKind
    from_s: float
    until_s: float


class Patient(msgspec.Struct, frozen=True):
    """Where somebody who was recognised was first registered, and when: ``rank`` of all arrivals,
    0 to 1. ``hospital``: its code."""

    hospital: str
    arrived_s: float
    rank: float


class Shown(msgspec.Struct, frozen=True):
    """How many distinct patients a candidate was shown in all, and in each period that the history
    is cut into (``periods``: as many as its edges less one): an account in it, everything else by
    its end. ``kinds``: of what, as in ``Touch``; whoever was shown more kinds of a patient is
    counted there only."""

    way: Way
    who: UUID
    patients: int
    periods: tuple[int, ...]
    kinds: tuple[ColumnKind, ...] = ()


class History(msgspec.Struct, frozen=True):
    """What a case may ask of the log: who was shown whom of the sample's patients.

    ``edges_s``: of the periods, ascending. ``archive``: patients in it at the end. ``gaps``: from
    and until when the log says nothing.
    """

    touches: tuple[Touch, ...]
    shown: tuple[Shown, ...]
    edges_s: tuple[float, ...]
    archive: int
    gaps: tuple[tuple[float, float], ...] = ()

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

from segel.domain.leak_rows import PSEUDONYM_BYTES as PSEUDONYM_BYTES
from segel.domain.leak_rows import ColumnKind as ColumnKind
from segel.domain.leak_rows import MatchLevel as MatchLevel
from segel.domain.leak_rows import PersonRow as PersonRow
from segel.domain.leak_rows import RowMatch as RowMatch


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


class ImageMatch(msgspec.Struct, frozen=True):
    """An image compared with the archive; ``pseudonym``: empty where it is nobody's. ``series`` is
    claimed where ``instance`` is not certain, and is empty where two of the patient's are as like.

    ``how``: pixel-hash, uid or local-features. ``file``: its place among the files.
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

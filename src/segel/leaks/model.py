"""What the parts of a case hand one another. Pure values, no I/O.

::

    files ─intake─▶ tables, images, texts ─matching─▶ row matches ─┬─ verdict
                                                                   ├─ extent ─▶ telling
    log, exports, decoys ──────────────────────────────────────────┴─ origin ─▶ containing

Patients are pseudonyms here: 16 bytes that mean somebody within one warrant, and nobody outside it.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from segel.domain.leak_history import History as History
from segel.domain.leak_history import Patient as Patient
from segel.domain.leak_history import Shown as Shown
from segel.domain.leak_history import Touch as Touch
from segel.domain.leak_history import VersionSpan as VersionSpan
from segel.domain.leak_history import Way as Way
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

"""A row of a leaked sample that says something of a person, and what comparing it gives. Pure.

The broker and the capability ``leaks`` hand these to one another.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

PSEUDONYM_BYTES: Final = 16
"""Means somebody within one warrant, and nobody outside it."""


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


AGREEING: Final = (
    ("nik", ColumnKind.NIK),
    ("record", ColumnKind.MEDICAL_RECORD),
    ("passport", ColumnKind.PASSPORT),
    ("health", ColumnKind.HEALTH_NUMBER),
    ("family", ColumnKind.FAMILY_CARD),
    ("phone", ColumnKind.PHONE),
    ("name", ColumnKind.NAME),
    ("birth", ColumnKind.BIRTH_DATE),
    ("sex", ColumnKind.SEX),
    ("hospital", ColumnKind.HOSPITAL),
)
"""What may agree, by the place of its bit in a mask."""

CONTRADICTING: Final = (
    ("name_differs", ColumnKind.NAME),
    ("birth_differs", ColumnKind.BIRTH_DATE),
    ("sex_differs", ColumnKind.SEX),
    ("number_differs", ColumnKind.NIK),
)

OURS_ALONE: Final = frozenset({ColumnKind.MEDICAL_RECORD})
"""Nobody but a hospital of this archive gives these numbers; the others people have elsewhere."""

LEVELS: Final = (
    MatchLevel.NONE, MatchLevel.MISSPELT, MatchLevel.FIELDS, MatchLevel.IDENTIFIER,
)  # fmt: skip
"""By their numbers in an answer."""


@lru_cache(4_096)  # of a million rows there are some hundred
def kinds_of(mask: int, kinds: tuple[tuple[str, ColumnKind], ...]) -> tuple[ColumnKind, ...]:
    """The kinds whose bits are set."""
    return tuple(kind for place, (_, kind) in enumerate(kinds) if mask >> place & 1)

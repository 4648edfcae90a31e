"""What a case may ask of the archive's history: who was shown whom, and what was held when. Pure.

The broker and the capability ``leaks`` hand these to one another. Patients are pseudonyms of one
warrant, 16 bytes; times are Unix times.
"""

from enum import StrEnum
from uuid import UUID

import msgspec

from segel.domain.leak_rows import ColumnKind


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

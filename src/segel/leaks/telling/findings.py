"""What is known of a leak when it is told of: counts and words, nobody's data."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from segel.leaks.model import ColumnKind, Verdict


class Language(StrEnum):
    """A document's language."""

    INDONESIAN = "id"
    ENGLISH = "en"


class Tlp(StrEnum):
    """How far something may be passed on (FIRST, Traffic Light Protocol 2.0)."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    CLEAR = "clear"


Words = Mapping[Language, str]
"""A sentence or more in both languages."""


class Happening(msgspec.Struct, frozen=True):
    """A line of the chronology. ``at_s``: Unix time."""

    at_s: float
    says: Words


class Figure(msgspec.Struct, frozen=True):
    """A number of the report, and what it rests on. ``leaf``: its entry of the audit log;
    ``proof``: where the inclusion proof lies (a name in the case, or '')."""

    name: Words
    value: str
    evidence: tuple[str, ...]
    leaf: int
    proof: str = ""


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """A leak, as documents tell of it. Times are Unix times, 0 for not known; counts -1.

    ``authority``: who receives notices of UU 27/2022 Pasal 46 (a setting: it is in flux).
    ``csirt``: the sector's team. ``how``, ``handling``, ``recovery``, ``impact``: in words.
    """

    case: str
    organisation: str
    contact: str
    authority: str
    csirt: str
    reporter: str
    tlp: Tlp = Tlp.AMBER
    noticed_s: float = 0.0
    verdict: Verdict = Verdict.UNDETERMINED
    verdict_error: float = 1.0
    kinds: tuple[ColumnKind, ...] = ()
    earliest_s: float = 0.0
    latest_s: float = 0.0
    disclosed_s: float = 0.0
    how: Words = msgspec.field(default_factory=dict)
    patients: int = -1
    hospitals: int = -1
    rows: int = -1
    handling: Words = msgspec.field(default_factory=dict)
    recovery: Words = msgspec.field(default_factory=dict)
    impact: Words = msgspec.field(default_factory=dict)
    chronology: tuple[Happening, ...] = ()
    figures: tuple[Figure, ...] = ()
    file_hashes: tuple[str, ...] = ()
    """SHA-256 of the sample's files, in hex: what others can look for."""

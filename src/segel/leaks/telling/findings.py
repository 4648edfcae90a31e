"""What is known of a leak when it is told of: counts and words, nobody's data.

An incident officer writes it by hand, or the analysis of the sample does; either way it is the
case's finding of the kind ``findings``, sealed, and each version stays.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from segel.domain.cases import LINE_MAX, TEXT_MAX, Language
from segel.leaks.model import ColumnKind, Verdict, Way
from segel.leaks.telling.errors import FindingsBroken

KIND: Final = "findings"
"""Of the case's finding that holds it."""
LINES_MAX: Final = 200
"""Lines of the chronology, figures, hypotheses: what a reader reads."""
COUNT_MAX: Final = 10**15
TIME_MAX_S: Final = 253_402_300_799.0
"""The end of the year 9999."""

Words = Mapping[Language, str]
"""A sentence or more in both languages."""


class Measure(StrEnum):
    """What is counted."""

    FILES = "files"
    ROWS = "rows"
    UNIQUE_ROWS = "unique-rows"
    PEOPLE = "people"
    """Unique people in the sample, ours or not."""
    PATIENTS = "patients"
    """Of them, ours: who is affected."""
    HOSPITALS = "hospitals"
    STUDIES = "studies"
    PICTURES = "pictures"
    """Distinct pictures in the sample that were known again."""


class Basis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a statement rests on. ``evidence``: files of the case; ``leaves``: entries of the log,
    as of the answers under a warrant. With neither, it rests on the entry of the findings."""

    evidence: tuple[UUID, ...] = ()
    leaves: tuple[int, ...] = ()


NOTHING: Final = Basis()


class Figure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number. ``low``, ``high``: of an estimate, its interval; -1 where it was counted."""

    measure: Measure
    value: int
    low: int = -1
    high: int = -1
    basis: Basis = NOTHING


class Occurrence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the chronology. ``at_s``: Unix time."""

    at_s: float
    says: Words


class Hypothesis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way by which data may have left, without the names of people. ``likelihood``: 0 to 1."""

    way: Way
    likelihood: float
    for_it: Words = msgspec.field(default_factory=dict)
    against_it: Words = msgspec.field(default_factory=dict)
    basis: Basis = NOTHING


class Findings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A leak, as documents tell of it. Times are Unix times, 0 for not known.

    ``authority``: who receives notices of UU 27/2022 Pasal 46 (a field: it is in flux). ``csirt``:
    the sector's team. ``reporter``: who reports to it. ``earliest_s``, ``latest_s``: between which
    states of the archive the sample was taken. ``disclosed_s``: when it was disclosed.
    ``verdict_error``: the odds that the verdict is wrong, at most.
    """

    organisation: str = ""
    address: str = ""
    contact: str = ""
    reporter: str = ""
    authority: str = ""
    csirt: str = ""
    verdict: Verdict = Verdict.UNDETERMINED
    verdict_error: float = 1.0
    verdict_basis: Basis = NOTHING
    kinds: tuple[ColumnKind, ...] = ()
    earliest_s: float = 0.0
    latest_s: float = 0.0
    window_basis: Basis = NOTHING
    disclosed_s: float = 0.0
    how: Words = msgspec.field(default_factory=dict)
    handling: Words = msgspec.field(default_factory=dict)
    recovery: Words = msgspec.field(default_factory=dict)
    impact: Words = msgspec.field(default_factory=dict)
    chronology: tuple[Occurrence, ...] = ()
    figures: tuple[Figure, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()

    def __repr__(self) -> str:
        return "Findings(...)"

    def count(self, measure: Measure) -> Figure | None:
        """The number of something, None where it is not known."""
        return next((one for one in self.figures if one.measure is measure), None)


LINES: Final = ("organisation", "address", "contact", "reporter", "authority", "csirt")
SENTENCES: Final = ("how", "handling", "recovery", "impact")
TIMES: Final = ("disclosed_s", "earliest_s", "latest_s")


def packed(findings: Findings) -> bytes:
    """As the case keeps it. Raises FindingsBroken, with the field's name."""
    for field, fault in _faults(findings):
        raise FindingsBroken(f"This is {fault}.", field=field, remedy="Mend it, and write again.")
    return msgspec.json.encode(findings)


def unpacked(body: bytes) -> Findings:
    """What ``packed`` made, or an officer has written as JSON. Raises FindingsBroken."""
    try:
        findings = msgspec.json.decode(body, type=Findings)
    except msgspec.MsgspecError as broken:
        where = str(broken).partition("`$")[2].rstrip("`").lstrip(".")
        raise FindingsBroken(
            "The findings cannot be read.",
            field=where or "findings",
            remedy="`segel leak finding` prints them as they have to be.",
        ) from None
    packed(findings)
    return findings


def _faults(findings: Findings) -> list[tuple[str, str]]:
    """What is wrong, by field, in the order of the fields."""
    faults: list[tuple[str, str]] = []

    def hold(field: str, holds: bool, fault: str) -> None:
        if not holds:
            faults.append((field, fault))

    for name in LINES:
        line: str = getattr(findings, name)
        hold(name, len(line) <= LINE_MAX, f"longer than {LINE_MAX} characters")
    hold("verdict_error", 0 <= findings.verdict_error <= 1, "no odds from 0 to 1")
    for name in TIMES:
        hold(name, 0 <= getattr(findings, name) <= TIME_MAX_S, "no possible time")
    hold(
        "latest_s",
        not findings.latest_s or findings.earliest_s <= findings.latest_s,
        "before the earliest",
    )
    sentences: list[tuple[str, Words]] = [(name, getattr(findings, name)) for name in SENTENCES]
    sentences += [("chronology", one.says) for one in findings.chronology]
    sentences += [("hypotheses", one.for_it) for one in findings.hypotheses]
    sentences += [("hypotheses", one.against_it) for one in findings.hypotheses]
    for name, words in sentences:
        fits = all(len(one) <= TEXT_MAX for one in words.values())
        hold(name, fits, f"longer than {TEXT_MAX} characters")
    for one in findings.chronology:
        hold("chronology", 0 <= one.at_s <= TIME_MAX_S, "no possible time")
    for guess in findings.hypotheses:
        hold("hypotheses", 0 <= guess.likelihood <= 1, "no likelihood from 0 to 1")
    for figure in findings.figures:
        counted = 0 <= figure.value <= COUNT_MAX
        bounded = figure.low == figure.high == -1 or 0 <= figure.low <= figure.high <= COUNT_MAX
        hold(f"figures.{figure.measure}", counted and bounded, "no possible number")
    measures = [one.measure for one in findings.figures]
    hold("figures", len(set(measures)) == len(measures), "one number twice")
    for name in ("chronology", "figures", "hypotheses"):
        hold(name, len(getattr(findings, name)) <= LINES_MAX, f"more than {LINES_MAX} lines")
    return faults

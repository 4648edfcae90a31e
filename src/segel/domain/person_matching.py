"""Are two registrations of one person? A score over what both say, and what to do about it. Pure.

Fellegi and Sunter's model (A Theory for Record Linkage, JASA 64, 1969): each field that both
registrations have agrees to some degree, and each degree weighs log2(m/u), where m is how often it
is seen of one person's registrations and u of two people's. Weights add up to evidence in bits.

Nobody is linked by name and birth date alone: of a million people thousands share both. A link that
nobody looks at needs the same personal number, and nothing that speaks against it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler

from segel.domain.names import name_tokens, sound

AUTOMATIC_BITS: Final = 24.0
"""From here a person whose number is the same is linked without being asked about."""

REVIEW_BITS: Final = 12.0
"""From here, or with the same number, somebody looks."""

ALIKE: Final = 0.88
"""Jaro-Winkler similarity of two words' sounds from which one is a slip of the other."""


class Verdict(StrEnum):
    """What follows from a comparison."""

    SAME = "same"
    REVIEW = "review"
    DIFFERENT = "different"


class Degree(StrEnum):
    """How far a field agrees."""

    EQUAL = "equal"
    SPELLING = "spelling"
    SLIP = "slip"
    PARTLY = "partly"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a registration says of a person; '' or empty where it says nothing.

    ``numbers``: personal numbers by kind (``nik``, ``passport``, ``health``, and ``mrn`` with its
    issuer). ``mother``: her NIK. ``birth_date``: YYYYMMDD. ``area``: the code of the village or
    district they live in. ``sex``: M, F or ''. ``birth_order``: of children born together, else 0.
    """

    name: str = ""
    birth_date: str = ""
    sex: str = ""
    numbers: Mapping[str, str] = field(default_factory=dict)
    mother: str = ""
    phone: str = ""
    area: str = ""
    birth_order: int = 0


WEIGHTS: Final[Mapping[str, Mapping[Degree, float]]] = {
    "nik": {Degree.EQUAL: 20.0, Degree.SLIP: 8.0, Degree.DIFFERENT: -9.0},
    "passport": {Degree.EQUAL: 18.0, Degree.SLIP: 6.0, Degree.DIFFERENT: -3.0},
    "health": {Degree.EQUAL: 20.0, Degree.SLIP: 6.0, Degree.DIFFERENT: -6.0},
    "mrn": {Degree.EQUAL: 18.0, Degree.DIFFERENT: -1.0},
    "name": {
        Degree.EQUAL: 10.0,
        Degree.SPELLING: 9.0,
        Degree.SLIP: 7.0,
        Degree.PARTLY: 3.0,
        Degree.DIFFERENT: -7.0,
    },
    "birth_date": {
        Degree.EQUAL: 8.0,
        Degree.SLIP: 3.5,
        Degree.PARTLY: 1.0,
        Degree.DIFFERENT: -6.0,
    },
    "sex": {Degree.EQUAL: 0.9, Degree.DIFFERENT: -5.0},
    "mother": {Degree.EQUAL: 9.0, Degree.DIFFERENT: -4.0},
    "phone": {Degree.EQUAL: 8.0, Degree.DIFFERENT: -0.7},
    "birth_order": {Degree.EQUAL: 0.0, Degree.DIFFERENT: -12.0},
    "area": {Degree.EQUAL: 4.0, Degree.DIFFERENT: -0.8},
}
"""Bits by field and degree: near what ``python -m bench.linking --weights`` measures, and less
where fields go together: a family shares phone, address and mother, twins have neighbouring
numbers, and whoever does not know their birthday was born on the first of January."""

PERSONAL_NUMBERS: Final = ("nik", "passport", "health", "mrn")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The evidence in bits, field by field, and what to do."""

    bits: float
    degrees: Mapping[str, Degree]
    verdict: Verdict


def compare(one: Traits, other: Traits) -> Comparison:
    """Compare two registrations."""
    degrees = dict(_degrees(one, other))
    bits = sum(WEIGHTS[name][degree] for name, degree in degrees.items())
    return Comparison(bits, degrees, _verdict(bits, degrees))


def _verdict(bits: float, degrees: Mapping[str, Degree]) -> Verdict:
    same_number = any(degrees.get(kind) is Degree.EQUAL for kind in PERSONAL_NUMBERS)
    if degrees.get("birth_order") is Degree.DIFFERENT and not same_number:
        return Verdict.DIFFERENT  # twins share a name, a day, a mother and a phone
    if same_number and bits >= AUTOMATIC_BITS and not _speaks_against(degrees):
        return Verdict.SAME
    return Verdict.REVIEW if same_number or bits >= REVIEW_BITS else Verdict.DIFFERENT


def _speaks_against(degrees: Mapping[str, Degree]) -> bool:
    """Whether somebody should look in spite of the same number: a parent's number is written for a
    child, a neighbour's card is borrowed."""
    doubts = (
        degrees.get("name") in (Degree.PARTLY, Degree.DIFFERENT),
        degrees.get("birth_date") in (Degree.PARTLY, Degree.DIFFERENT),
        degrees.get("sex") is Degree.DIFFERENT,
        degrees.get("birth_order") is Degree.DIFFERENT,
        any(degrees.get(kind) in (Degree.SLIP, Degree.DIFFERENT) for kind in ("nik", "health")),
    )
    return any(doubts)


def _degrees(one: Traits, other: Traits) -> Iterable[tuple[str, Degree]]:
    for kind in PERSONAL_NUMBERS:
        mine, theirs = one.numbers.get(kind, ""), other.numbers.get(kind, "")
        if mine and theirs:
            yield kind, _number_degree(mine, theirs, may_slip=kind != "mrn")
    if one.name and other.name:
        yield "name", name_degree(one.name, other.name)
    if one.birth_date and other.birth_date:
        yield "birth_date", birth_degree(one.birth_date, other.birth_date)
    for name in ("sex", "mother", "phone", "area", "birth_order"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine and theirs:
            yield name, Degree.EQUAL if mine == theirs else Degree.DIFFERENT


def _number_degree(one: str, other: str, *, may_slip: bool) -> Degree:
    if one == other:
        return Degree.EQUAL
    # One wrong digit, one missing, or two neighbours exchanged.
    if may_slip and OSA.distance(one, other, score_cutoff=1) <= 1:
        return Degree.SLIP
    return Degree.DIFFERENT


def name_degree(one: str, other: str) -> Degree:
    """How far two names agree, in any order of their words."""
    mine, theirs = name_tokens(one), name_tokens(other)
    if sorted(mine) == sorted(theirs):
        return Degree.EQUAL
    mine, theirs = tuple(map(sound, mine)), tuple(map(sound, theirs))
    if sorted(mine) == sorted(theirs) or "".join(sorted(mine)) == "".join(sorted(theirs)):
        return Degree.SPELLING
    fewer, more = sorted((mine, theirs), key=len)
    found = _paired(fewer, more)
    if not found:
        # Words written as one, or one as two: SRI WAHYUNI and SRIWAHYUNI.
        joined = JaroWinkler.similarity("".join(fewer), "".join(more))
        return Degree.SLIP if joined >= 0.94 else Degree.DIFFERENT
    if found < len(fewer):
        return Degree.PARTLY
    return Degree.SLIP if len(fewer) == len(more) or len(fewer) > 1 else Degree.PARTLY


def _paired(fewer: tuple[str, ...], more: tuple[str, ...]) -> int:
    """How many words have one like them on the other side, each used once."""
    left = list(more)
    found = 0
    for word in fewer:
        best = max(left, key=lambda one: JaroWinkler.similarity(word, one), default="")
        if best and JaroWinkler.similarity(word, best) >= ALIKE:
            left.remove(best)
            found += 1
    return found


def birth_degree(one: str, other: str) -> Degree:
    """How far two dates of birth agree; YYYYMMDD."""
    if one == other:
        return Degree.EQUAL
    if one[:4] == other[:4] and one[4:6] == other[6:] and one[6:] == other[4:6]:
        return Degree.SLIP  # day and month exchanged
    if OSA.distance(one, other, score_cutoff=1) <= 1:
        return Degree.SLIP
    if one[:4] == other[:4]:
        return Degree.PARTLY
    return Degree.DIFFERENT

"""Rows by what was found of them: ten million rows are a few hundred signatures."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from segel.leaks.model import ColumnKind, MatchLevel, PersonRow, RowMatch
from segel.leaks.verdict.held import AGREED_ELSEWHERE


class Signature(msgspec.Struct, frozen=True):
    """What is the same of rows that count as one. ``agreeing``, ``contradicting``: kinds that
    others hardly hold, sorted. ``findable``: whether the row says enough for a patient of ours to
    be recognised by it."""

    level: MatchLevel
    agreeing: tuple[ColumnKind, ...] = ()
    contradicting: tuple[ColumnKind, ...] = ()
    decoy: bool = False
    findable: bool = True


def signature(row: PersonRow, match: RowMatch) -> Signature:
    """A row's signature."""
    if match.level is MatchLevel.NONE:
        return Signature(match.level, findable=is_findable(row))
    telling = AGREED_ELSEWHERE.keys() | set(match.ours_alone)
    return Signature(
        match.level,
        tuple(sorted(set(match.agreeing) & telling)),
        tuple(sorted(set(match.contradicting) & telling)),
        match.decoy,
    )


def tally(rows: Iterable[tuple[PersonRow, RowMatch]]) -> Mapping[Signature, int]:
    """How many unique rows have each signature."""
    return Counter(signature(row, match) for row, match in rows)


def is_findable(row: PersonRow) -> bool:
    """Whether a patient of ours would be recognised by what the row says: by a number of their own,
    a hospital's number and who it is, or what a household shares and who of it (``matching``)."""
    if row.nik or row.passport or row.health_number:
        return True
    if not row.name:
        return False
    if row.medical_record and (row.birth_date or row.hospital):
        return True
    return bool(row.birth_date and (row.phone or row.family_card))

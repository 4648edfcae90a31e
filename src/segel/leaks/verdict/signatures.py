"""Rows by what was found of them: ten million rows are a few hundred signatures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from segel.leaks.model import ColumnKind, MatchLevel, PersonRow, RowMatch
from segel.leaks.verdict.held import AGREED_ELSEWHERE, is_telling, shows_telling

TELLING_MIN: Final = 0.1
"""Of a table's recognised rows, how many have to show a telling kind for its lack to say something
of the others."""


class Signature(msgspec.Struct, frozen=True):
    """What is the same of rows that count as one. ``agreeing``, ``contradicting``: kinds that
    others hold less well than we, sorted. ``lacks``: it shows nothing that hardly anybody else
    holds, in a table where others do. ``findable``: whether the row says enough for a patient of
    ours to be recognised by it; ``hides``: it does not, and shows what hardly anybody else holds.
    """

    level: MatchLevel
    agreeing: tuple[ColumnKind, ...] = ()
    contradicting: tuple[ColumnKind, ...] = ()
    decoy: bool = False
    lacks: bool = False
    findable: bool = True
    hides: bool = False

    @property
    def tells(self) -> bool:
        """Whether it shows what hardly anybody else holds, right or wrong."""
        return any(is_telling(kind) for kind in (*self.agreeing, *self.contradicting))


def signatures(rows: Sequence[tuple[PersonRow, RowMatch]]) -> list[Signature]:
    """Each row's."""
    made = [_signature(row, match) for row, match in rows]
    recognised: Counter[int] = Counter()
    telling: Counter[int] = Counter()
    for (row, match), one in zip(rows, made, strict=True):
        if match.level is not MatchLevel.NONE:
            recognised[row.table] += 1
            telling[row.table] += one.tells
    tables = {at for at, count in recognised.items() if telling[at] >= TELLING_MIN * count}
    return [
        msgspec.structs.replace(one, lacks=True)
        if row.table in tables and one.level is not MatchLevel.NONE and not one.tells
        else one
        for (row, _), one in zip(rows, made, strict=True)
    ]


def tally(rows: Sequence[tuple[PersonRow, RowMatch]]) -> Mapping[Signature, int]:
    """How many unique rows have each signature."""
    return Counter(signatures(rows))


def _signature(row: PersonRow, match: RowMatch) -> Signature:
    if match.level is MatchLevel.NONE:
        if is_findable(row):
            return Signature(match.level)
        return Signature(match.level, findable=False, hides=shows_telling(row))
    known = AGREED_ELSEWHERE.keys() | set(match.ours_alone)
    return Signature(
        match.level,
        tuple(sorted(set(match.agreeing) & known)),
        tuple(sorted(set(match.contradicting) & known)),
        match.decoy,
    )


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

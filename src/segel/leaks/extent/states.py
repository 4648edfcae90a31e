"""From when to when each row can have been copied: what it shows was there, and not replaced."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from segel.leaks.model import ColumnKind, PersonRow, RowMatch, VersionSpan

FOREVER: Final = float("inf")

_FIELDS: Final = {
    "nik": ColumnKind.NIK,
    "medical_record": ColumnKind.MEDICAL_RECORD,
    "passport": ColumnKind.PASSPORT,
    "health_number": ColumnKind.HEALTH_NUMBER,
    "family_card": ColumnKind.FAMILY_CARD,
    "name": ColumnKind.NAME,
    "birth_date": ColumnKind.BIRTH_DATE,
    "sex": ColumnKind.SEX,
    "phone": ColumnKind.PHONE,
    "hospital": ColumnKind.HOSPITAL,
    "accession": ColumnKind.ACCESSION,
    "study_uid": ColumnKind.STUDY_UID,
    "event_time": ColumnKind.EVENT_TIME,
}


class State(msgspec.Struct, frozen=True):
    """One row of ours. ``table``: where it stands. ``kinds``: what it shows. The copy was made from
    ``from_s`` on, and before ``until_s``."""

    table: int
    pseudonym: bytes
    kinds: frozenset[ColumnKind]
    from_s: float
    until_s: float


def states(rows: Sequence[tuple[PersonRow, RowMatch]], spans: Iterable[VersionSpan]) -> list[State]:
    """One for each row. A row whose spans exclude each other (a slip of the comparison, or of the
    seller) keeps none of them."""
    by_row: dict[tuple[int, int], list[VersionSpan]] = {}
    for span in spans:
        by_row.setdefault((span.table, span.row), []).append(span)
    return [
        _state(row, match, by_row.get((row.table, row.row), ()))
        for row, match in rows
        if match.pseudonym
    ]


def kinds_of(row: PersonRow) -> frozenset[ColumnKind]:
    """What a row says something of."""
    said = {kind for name, kind in _FIELDS.items() if getattr(row, name)}
    known = set(ColumnKind)
    return frozenset(said | {ColumnKind(one) for one in row.others if one in known})


def _state(row: PersonRow, match: RowMatch, spans: Sequence[VersionSpan]) -> State:
    start = max((one.from_s for one in spans), default=-FOREVER)
    end = min((one.until_s for one in spans), default=FOREVER)
    if start >= end:
        start, end = -FOREVER, FOREVER
    return State(row.table, match.pseudonym, kinds_of(row), start, end)


def by_kind(found: Iterable[State]) -> Mapping[ColumnKind, int]:
    """How many rows show each kind."""
    counts: dict[ColumnKind, int] = {}
    for one in found:
        for kind in one.kinds:
            counts[kind] = counts.get(kind, 0) + 1
    return counts

"""Counts before claims: a seller's million once held 100,002 people."""

from collections.abc import Iterable

import msgspec

from segel.leaks.model import PersonRow, RowMatch, SampleFile
from segel.leaks.verdict.held import shows_telling


class Counts(msgspec.Struct, frozen=True):
    """What was handed in. ``people``: distinct, by pseudonym, else by number, else by name and
    birth; ``ours``: of them recognised. ``empty``: rows that say nothing of anybody."""

    files: int
    rows: int
    empty: int
    unique_rows: int
    people: int
    ours: int


def counted(files: Iterable[SampleFile], rows: Iterable[tuple[PersonRow, RowMatch]]) -> Counts:
    """Count once, by hashes: rows are not kept."""
    seen: set[int] = set()
    people: set[object] = set()
    ours: set[bytes] = set()
    total = empty = 0
    for row, match in rows:
        total += 1
        person = person_of(row, match)
        if person is None:
            empty += 1
            continue
        seen.add(fingerprint(row))
        people.add(person)
        if match.pseudonym:
            ours.add(match.pseudonym)
    return Counts(sum(1 for _ in files), total, empty, len(seen), len(people), len(ours))


def unique(rows: Iterable[tuple[PersonRow, RowMatch]]) -> list[tuple[PersonRow, RowMatch]]:
    """Each row once that says something of somebody, or shows what only an archive holds."""
    seen: set[int] = set()
    kept = []
    for row, match in rows:
        if person_of(row, match) is None and not shows_telling(row):
            continue
        number = fingerprint(row)
        if number not in seen:
            seen.add(number)
            kept.append((row, match))
    return kept


def fingerprint(row: PersonRow) -> int:
    """The same for rows that say the same, wherever they stand. Within this process only."""
    _, _, *said, others = msgspec.structs.astuple(row)
    return hash((*said, *sorted(others.items())))


def person_of(row: PersonRow, match: RowMatch) -> object | None:
    """What is the same of rows of one person; None where a row says nothing of anybody."""
    if match.pseudonym:
        return match.pseudonym
    for name in ("nik", "passport", "health_number"):
        number: str = getattr(row, name)
        if number:
            return name, number
    if row.medical_record:
        return row.hospital, row.medical_record
    return (row.name, row.birth_date, row.phone) if row.name else None

"""What our own evidence of a field is worth: how often another body's row about the same person
would say the same.

A list of citizens holds our patients' NIKs and names, and an insurer the days on which they were
treated. A row is ours only where it says what others do not know.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from segel.leaks.extent.states import kinds_of
from segel.leaks.model import ColumnKind, PersonRow, RowMatch, VersionSpan

AGREED_ELSEWHERE: Final[Mapping[ColumnKind, float]] = {
    ColumnKind.STUDY_UID: 0.0001,
    ColumnKind.SERIES_UID: 0.0001,
    ColumnKind.INSTANCE_UID: 0.0001,
    ColumnKind.ACCESSION: 0.002,
    ColumnKind.MEDICAL_RECORD: 0.02,
    ColumnKind.EVENT_TIME: 0.35,
    ColumnKind.MODALITY: 0.45,
    ColumnKind.TEST: 0.5,
    ColumnKind.RESULT: 0.5,
    ColumnKind.FREE_TEXT: 0.05,
    ColumnKind.PHONE: 0.65,
    ColumnKind.ADDRESS: 0.65,
}
"""By kind, the chance that a row which another body wrote of the same person agrees with ours. That
a visit was on that day an insurer knows, too; a medical record number it has now and then."""

AGREED_HERE: Final = 0.95
"""The same of a row that was copied from us: sellers and readers make mistakes."""

STRONG: Final = 0.05
"""Up to here a field's agreement can make a row ours; above it only adds to what others say."""


def shows_telling(row: PersonRow) -> bool:
    """Whether a row shows something that hardly anybody else holds."""
    return any(kind in AGREED_ELSEWHERE and is_telling(kind) for kind in kinds_of(row))


def is_telling(kind: ColumnKind) -> bool:
    """Whether hardly anybody else holds it."""
    return AGREED_ELSEWHERE.get(kind, STRONG) <= STRONG


def with_versions(
    row: PersonRow,
    match: RowMatch,
    spans: Sequence[VersionSpan],
    compared: frozenset[ColumnKind],
) -> RowMatch:
    """A match with what the patient's versions say besides. ``spans``: of this row. ``compared``:
    kinds that were looked for; what a row shows of them, and no version ever held, contradicts."""
    if not match.pseudonym:
        return match
    held = {span.kind for span in spans}
    denied = (kinds_of(row) & compared) - held
    return msgspec.structs.replace(
        match,
        agreeing=tuple(sorted((set(match.agreeing) | held) - denied)),
        contradicting=tuple(sorted((set(match.contradicting) - held) | denied)),
    )

"""What an examination found, put into the findings that documents are made of."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from segel.leaks.examining.results import Examined
from segel.leaks.model import ColumnKind, Verdict
from segel.leaks.telling.findings import Basis, Figure, Findings, Measure

COUNTED: Final = (
    (Measure.FILES, "files"),
    (Measure.ROWS, "rows"),
    (Measure.UNIQUE_ROWS, "unique_rows"),
    (Measure.PEOPLE, "people"),
)


def found_in(examined: Examined, before: Findings, evidence: Sequence[UUID]) -> Findings:
    """The findings with the answer and the counts. What people wrote stays as it is; who is
    affected is counted only where the answer is that the sample is ours, wholly or in part."""
    basis, counts = Basis(evidence=tuple(evidence)), examined.examination.counts
    judgement = examined.judgement
    figures = {
        measure: Figure(measure=measure, value=getattr(counts, name), basis=basis)
        for measure, name in COUNTED
    }
    if judgement.verdict in (Verdict.OURS, Verdict.MIXED):
        figures[Measure.PATIENTS] = Figure(measure=Measure.PATIENTS, value=counts.ours, basis=basis)
    if known := examined.examination.pictures_known:
        figures[Measure.PICTURES] = Figure(measure=Measure.PICTURES, value=known, basis=basis)
    counted = {*figures, Measure.PATIENTS, Measure.PICTURES}
    others = [one for one in before.figures if one.measure not in counted]
    return msgspec.structs.replace(
        before,
        verdict=judgement.verdict,
        verdict_error=judgement.error,
        verdict_basis=basis,
        kinds=kinds_in(examined) or before.kinds,
        figures=(*figures.values(), *others),
    )


def kinds_in(examined: Examined) -> tuple[ColumnKind, ...]:
    """The kinds of data that its tables have, in the order of their list."""
    found = {
        column.kind
        for table in examined.examination.tables
        if table.rows
        for column in table.columns
    }
    return tuple(kind for kind in ColumnKind if kind in found - {ColumnKind.OTHER})

"""What an examination found, put into the findings that documents are made of."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from segel.leaks.examining.results import Examined, Extent, Traced
from segel.leaks.model import ColumnKind, Verdict, Way
from segel.leaks.telling.findings import Basis, Figure, Findings, Hypothesis, Measure

OF_OURS: Final = frozenset({Measure.PATIENTS, Measure.HOSPITALS, Measure.PICTURES})
"""Counted only where the sample is ours."""

LIKELY_MIN: Final = 0.01
"""Ways that are less likely are not told of."""

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
    judgement, extent = examined.judgement, examined.extent
    figures = {
        measure: Figure(measure=measure, value=getattr(counts, name), basis=basis)
        for measure, name in COUNTED
    }
    is_ours = judgement.verdict in (Verdict.OURS, Verdict.MIXED)
    if is_ours:
        figures[Measure.PATIENTS] = _patients(counts.ours, extent, basis)
        figures[Measure.HOSPITALS] = Figure(
            measure=Measure.HOSPITALS, value=len(extent.hospitals), basis=basis
        )
    if known := examined.examination.pictures_known:
        figures[Measure.PICTURES] = Figure(measure=Measure.PICTURES, value=known, basis=basis)
    others = [one for one in before.figures if one.measure not in {*figures, *OF_OURS}]
    return msgspec.structs.replace(
        before,
        verdict=judgement.verdict,
        verdict_error=judgement.error,
        verdict_basis=basis,
        kinds=kinds_in(examined) or before.kinds,
        figures=(*figures.values(), *others),
        earliest_s=(extent.start_s or 0.0) if is_ours else 0.0,
        latest_s=(extent.end_s or 0.0) if is_ours else 0.0,
        window_basis=basis if is_ours else before.window_basis,
        hypotheses=_hypotheses(examined.origin, before, basis) if is_ours else (),
    )


def _patients(found: int, extent: Extent, basis: Basis) -> Figure:
    """Who is affected: those in the sample, and where there is an estimate of the whole, it."""
    if not extent.estimate:
        return Figure(measure=Measure.PATIENTS, value=found, basis=basis)
    return Figure(
        measure=Measure.PATIENTS,
        value=round(extent.estimate),
        low=min(round(extent.low), round(extent.estimate)),
        high=max(round(extent.high), round(extent.estimate)),
        basis=basis,
    )


def _hypotheses(origin: Traced, before: Findings, basis: Basis) -> tuple[Hypothesis, ...]:
    """The ways, the likeliest first, without the names of people. Words that somebody wrote for or
    against a way stay."""
    likelihood: dict[Way, float] = {}
    for one in origin.leads:
        likelihood[one.way] = likelihood.get(one.way, 0.0) + one.likelihood
    said = {one.way: one for one in before.hypotheses}
    ranked = sorted(likelihood.items(), key=lambda one: -one[1])
    return tuple(
        msgspec.structs.replace(
            said.get(way, Hypothesis(way=way, likelihood=0.0)),
            likelihood=min(1.0, likely),
            basis=basis,
        )
        for way, likely in ranked
        if likely >= LIKELY_MIN
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

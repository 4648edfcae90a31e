"""The findings of a leak as a form's fields, and back. Pure.

What a form does not show (entries of the log, the rest of a figure's evidence) stays as it was for
what nobody changed; a figure that an officer has changed rests on what the form says.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from segel.domain.cases import Language
from segel.leaks.telling import (
    LINES,
    SENTENCES,
    TIMES,
    Basis,
    ColumnKind,
    Figure,
    Findings,
    FindingsBroken,
    Hypothesis,
    Measure,
    Occurrence,
    Verdict,
    Way,
)

WIB: Final = timezone(timedelta(hours=7))
"""In which times are typed, as documents say them."""
BLANK_LINES: Final = 3
"""Lines of the chronology that wait to be filled in."""
BLANK_HYPOTHESES: Final = 1
PERCENT: Final = 100
KEPT: Final = "kept"
"""Of a figure that rests on several files: they stay."""

E = TypeVar("E", Verdict, Way)


def fields_of(findings: Findings) -> dict[str, str]:
    """A form's fields, by name."""
    fields = {name: getattr(findings, name) for name in LINES}
    fields |= {name: _moment(getattr(findings, name)) for name in TIMES}
    for name in SENTENCES:
        fields |= _both(name, getattr(findings, name))
    fields["verdict"] = findings.verdict.value
    fields["verdict_error"] = (
        "" if findings.verdict_error == 1 else _percent(findings.verdict_error)
    )
    fields["verdict_evidence"] = _evidence(findings.verdict_basis)
    fields["window_evidence"] = _evidence(findings.window_basis)
    for kind in findings.kinds:
        fields[f"kind.{kind.value}"] = "1"
    for figure in findings.figures:
        at = f"figure.{figure.measure.value}"
        fields[at] = str(figure.value)
        fields[f"{at}.low"] = str(figure.low) if figure.low >= 0 else ""
        fields[f"{at}.high"] = str(figure.high) if figure.low >= 0 else ""
        fields[f"{at}.evidence"] = _evidence(figure.basis)
    for place, line in enumerate(findings.chronology):
        fields[f"line.{place}.at"] = _moment(line.at_s)
        fields |= _both(f"line.{place}", line.says)
    for place, guess in enumerate(findings.hypotheses):
        at = f"way.{place}"
        fields[at] = guess.way.value
        fields[f"{at}.likelihood"] = _percent(guess.likelihood)
        fields |= _both(f"{at}.for", guess.for_it) | _both(f"{at}.against", guess.against_it)
    return fields


def places_of(findings: Findings) -> tuple[int, int]:
    """How many lines of the chronology, and how many hypotheses, the form has room for."""
    return len(findings.chronology) + BLANK_LINES, len(findings.hypotheses) + BLANK_HYPOTHESES


def findings_of(form: Mapping[str, str], before: Findings) -> Findings:
    """What a form says. Raises FindingsBroken, with the field's name."""
    lines, hypotheses = places_of(before)
    return Findings(
        **_lines(form),
        verdict=_chosen(form, "verdict", Verdict),
        verdict_error=_odds(form, "verdict_error") if form.get("verdict_error") else 1.0,
        verdict_basis=_basis(form, "verdict_evidence", before.verdict_basis),
        kinds=tuple(one for one in ColumnKind if form.get(f"kind.{one.value}")),
        window_basis=_basis(form, "window_evidence", before.window_basis),
        figures=tuple(
            figure
            for measure in Measure
            if (figure := _figure(form, measure, before.count(measure))) is not None
        ),
        chronology=tuple(
            line for place in range(lines) if (line := _occurrence(form, place)) is not None
        ),
        hypotheses=tuple(
            guess
            for place in range(hypotheses)
            if (guess := _hypothesis(form, place, before.hypotheses[place : place + 1])) is not None
        ),
    )


# --- from a form --------------------------------------------------------------------------------


def _lines(form: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {name: " ".join(form.get(name, "").split()) for name in LINES}
    said |= {name: _time(form, name) for name in TIMES}
    return said | {name: _words(form, name) for name in SENTENCES}


def _figure(form: Mapping[str, str], measure: Measure, before: Figure | None) -> Figure | None:
    at = f"figure.{measure.value}"
    if not form.get(at, "").strip():
        return None
    low, high = (_count(form, f"{at}.{end}", empty=-1) for end in ("low", "high"))
    made = Figure(
        measure=measure,
        value=_count(form, at),
        low=low,
        high=high,
        basis=_basis(form, f"{at}.evidence", before.basis if before else Basis()),
    )
    if before is not None and (made.value, low, high) != (before.value, before.low, before.high):
        return msgspec.structs.replace(made, basis=Basis(made.basis.evidence))
    return made


def _occurrence(form: Mapping[str, str], place: int) -> Occurrence | None:
    words, at_s = _words(form, f"line.{place}"), _time(form, f"line.{place}.at")
    if not words and not at_s:
        return None
    if not words or not at_s:
        raise _broken(f"line.{place}", "A line of the chronology has a time and words.")
    return Occurrence(at_s, words)


def _hypothesis(
    form: Mapping[str, str], place: int, before: Sequence[Hypothesis]
) -> Hypothesis | None:
    at = f"way.{place}"
    if not form.get(at):
        return None
    way = _chosen(form, at, Way)
    kept = before[0].basis if before and before[0].way is way else Basis()
    return Hypothesis(
        way=way,
        likelihood=_odds(form, f"{at}.likelihood"),
        for_it=_words(form, f"{at}.for"),
        against_it=_words(form, f"{at}.against"),
        basis=kept,
    )


def _words(form: Mapping[str, str], name: str) -> dict[Language, str]:
    said = {one: form.get(f"{name}.{one.value}", "").replace("\r\n", "\n").strip()
            for one in Language}  # fmt: skip
    return {language: words for language, words in said.items() if words}


def _time(form: Mapping[str, str], name: str) -> float:
    said = form.get(name, "").strip()
    if not said:
        return 0.0
    try:
        return datetime.fromisoformat(said).replace(tzinfo=WIB).timestamp()
    except ValueError:
        raise _broken(name, "This is no time.") from None


def _count(form: Mapping[str, str], name: str, *, empty: int | None = None) -> int:
    said = form.get(name, "").strip()
    if not said and empty is not None:
        return empty
    if not said.isascii() or not said.isdigit():
        raise _broken(name, "This is no number.")
    return int(said[:20])


def _odds(form: Mapping[str, str], name: str) -> float:
    try:
        odds = float(form.get(name, "").strip().replace(",", ".")) / PERCENT
    except ValueError:
        raise _broken(name, "This is no percentage.") from None
    if not 0 <= odds <= 1:
        raise _broken(name, "This is no percentage from 0 to 100.")
    return odds


def _chosen(form: Mapping[str, str], name: str, kind: type[E]) -> E:
    try:
        return kind(form.get(name, ""))
    except ValueError:
        raise _broken(name, "A choice is missing.") from None


def _basis(form: Mapping[str, str], name: str, before: Basis) -> Basis:
    said = form.get(name, "")
    if said in (KEPT, _evidence(before)):
        return before
    if not said:
        return Basis()
    try:
        return Basis((UUID(said),))
    except ValueError:
        raise _broken(name, "This is no file of the case.") from None


def _broken(field: str, fault: str) -> FindingsBroken:
    return FindingsBroken(fault, field=field, remedy="Mend it, and send again.")


# --- to a form ----------------------------------------------------------------------------------


def _both(name: str, words: Mapping[Language, str]) -> dict[str, str]:
    return {f"{name}.{one.value}": words.get(one, "") for one in Language}


def _moment(at_s: float) -> str:
    """As a browser's field for a time wants it, to the minute."""
    return f"{datetime.fromtimestamp(at_s, UTC).astimezone(WIB):%Y-%m-%dT%H:%M}" if at_s else ""


def _percent(odds: float) -> str:
    return f"{odds * PERCENT:.6g}"


def _evidence(basis: Basis) -> str:
    return KEPT if len(basis.evidence) > 1 else str(basis.evidence[0]) if basis.evidence else ""

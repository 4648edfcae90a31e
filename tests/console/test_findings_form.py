"""Findings as a form, and back: nothing is lost that nobody changed."""

import msgspec
import pytest

from leaks.telling.whole import FINDINGS, SAMPLE, SECOND
from segel.console.findings_form import fields_of, findings_of
from segel.leaks.telling import Basis, Findings, FindingsBroken, Measure


def to_the_minute(findings: Findings) -> Findings:
    """Browsers' fields for times have no seconds."""

    def cut(at_s: float) -> float:
        return at_s // 60 * 60

    return msgspec.structs.replace(
        findings,
        disclosed_s=cut(findings.disclosed_s),
        earliest_s=cut(findings.earliest_s),
        latest_s=cut(findings.latest_s),
        chronology=tuple(
            msgspec.structs.replace(one, at_s=cut(one.at_s)) for one in findings.chronology
        ),
        figures=tuple(sorted(findings.figures, key=lambda one: list(Measure).index(one.measure))),
    )


WHOLE = to_the_minute(FINDINGS)


@pytest.mark.parametrize("findings", [WHOLE, Findings()], ids=["whole", "empty"])
def test_a_form_that_nobody_changed_says_what_was_there(findings: Findings) -> None:
    made = findings_of(fields_of(findings), findings)
    assert made.verdict_error == pytest.approx(findings.verdict_error)
    assert msgspec.structs.replace(made, verdict_error=findings.verdict_error) == findings


def test_a_number_that_an_officer_changed_rests_no_more_on_what_was_logged_for_the_old() -> None:
    fields = fields_of(WHOLE) | {"figure.patients": "7", "figure.files.evidence": str(SECOND)}
    made = findings_of(fields, WHOLE)
    patients, files, rows = (
        made.count(one) for one in (Measure.PATIENTS, Measure.FILES, Measure.ROWS)
    )
    assert patients is not None
    assert files is not None
    assert (patients.value, patients.basis) == (7, Basis((SAMPLE,)))
    assert files.basis == Basis((SECOND,))
    assert rows == WHOLE.count(Measure.ROWS)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("verdict", "perhaps"),
        ("verdict_error", "-1"),
        ("disclosed_s", "kemarin"),
        ("figure.patients", "1.000"),
        ("figure.people.low", "٣"),
        ("figure.rows.evidence", "B-1"),
        ("window_evidence", "x"),
        ("line.0.at", ""),
        ("way.0", "nobody"),
        ("way.0.likelihood", "nan"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(field: str, said: str) -> None:
    with pytest.raises(FindingsBroken) as refused:
        findings_of(fields_of(WHOLE) | {field: said}, WHOLE)
    assert refused.value.field == field.removesuffix(".at")

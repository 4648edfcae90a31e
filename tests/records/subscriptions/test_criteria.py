"""What a subscription is to: a kind of thing, told from one resource alone."""

import string
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.domain.records import SUBSCRIBABLE
from segel.records.r4 import ResourceInvalid
from segel.records.search import matches, parameters_of, parse
from segel.records.subscriptions.criteria import criteria_of, meets
from support.fhir import BASE, GLUCOSE, NOTE, ORDER, PRESSURE

RECORD: list[dict[str, Any]] = [PRESSURE, GLUCOSE, NOTE, ORDER]


@pytest.mark.parametrize(
    ("criteria", "met"),
    [
        ("Observation", ["pressure", "glucose", "note"]),
        ("Observation?status=final", ["pressure", "note"]),
        ("Observation?status=final,preliminary&code=http://loinc.org|2339-0", ["glucose"]),
        ("Observation?component-code-value-quantity=8480-6$gt120", ["pressure"]),
        ("Observation?value-quantity=gt5", ["glucose"]),
        ("Observation?performer=Practitioner/dr-ayu", ["pressure"]),
        ("Observation?code:not=http://loinc.org|2339-0", ["pressure", "note"]),
        ("Observation?date=ge2024-02-01", ["glucose"]),
        ("ServiceRequest?status=active", ["order"]),
        ("ServiceRequest?status=completed", []),
    ],
)
def test_a_resource_is_matched_as_a_search_would_find_it(criteria: str, met: list[str]) -> None:
    kind, parameters = criteria_of(criteria, BASE)
    found = [one["id"] for one in RECORD if meets(one, kind, parameters, BASE)]
    assert found == met


@pytest.mark.parametrize(
    "criteria",
    [
        "",
        "Patient",
        "Consent?status=active",
        "Observation?nothing=1",
        "Observation?subject=Patient/0b1f",
        "Observation?patient=0b1f",
        "Observation?patient:identifier=x|1",
        "Observation?subject:Patient.name=sri",
        "Observation?identifier=x|1",
        "Observation?_id=0b1f",
        "Observation?based-on=ServiceRequest/1",
        "Observation?performer=dr-ayu",
        "Observation?_count=5",
        "Observation?_include=Observation:subject",
        "Observation?_has:Provenance:target:agent=x",
        "Observation?date=ap2024-01-01",
        "Observation?date=kemarin",
        "ImagingStudy?instance=1.2.3",
        "Specimen?accession=CR.1",
        "Observation?code=" + "x" * 2_000,
    ],
)
def test_what_cannot_be_matched_or_names_somebody_is_refused(criteria: str) -> None:
    with pytest.raises(ResourceInvalid) as refused:
        criteria_of(criteria, BASE)
    (issue,) = refused.value.issues
    assert issue.expression == "Subscription.criteria"
    assert issue.reason
    for secret in ("sri", "0b1f", "CR.1", "kemarin", "1.2.3"):
        assert secret not in issue.reason


NAMES = st.sampled_from(sorted({*parameters_of("Observation"), "_count", "_sort", "x"}))
VALUES = st.text(string.ascii_letters + string.digits + "|/:.,$-%\\ ", max_size=20)
CRITERIA = st.builds(
    lambda kind, pairs: f"{kind}?" + "&".join(f"{name}={value}" for name, value in pairs),
    st.sampled_from([*SUBSCRIBABLE, "Patient", "Nothing"]),
    st.lists(st.tuples(NAMES, VALUES), max_size=3),
)


@given(CRITERIA | st.text(max_size=60))
def test_any_text_is_refused_or_matches_as_a_search_does_and_names_nobody(text: str) -> None:
    try:
        kind, parameters = criteria_of(text, BASE)
    except ResourceInvalid:
        return
    assert kind in SUBSCRIBABLE
    for one in RECORD:
        meets(one, kind, parameters, BASE)
    if parameters:
        query = parse(kind, parse_qsl(parameters, keep_blank_values=True), base=BASE)
        assert not {c.parameter.code for c in query.criteria} & {"patient", "subject", "_id"}
        assert [meets(one, kind, parameters, BASE) for one in RECORD] == [
            matches(one, query) for one in RECORD
        ]

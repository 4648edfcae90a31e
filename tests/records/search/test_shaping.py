"""How an answer is ordered and shortened, and what comes along with it."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.search import (
    Query,
    Reference,
    in_order,
    included,
    matches,
    parse,
    resource_types,
    revincluded,
    shaped,
)
from segel.records.search.paths import Resource
from segel.records.search.shaping import SUBSETTED
from support.fhir import BASE, DOCUMENT, GLUCOSE, NOTE, ORDER, PRESSURE, RECORD, SITI


def shortened(resource: Resource, *pairs: tuple[str, str]) -> Resource:
    return shaped(resource, parse(resource["resourceType"], pairs).results)


def ordered(
    key: str, resources: list[dict[str, Any]], resource_type: str = "Observation"
) -> list[Any]:
    query = parse(resource_type, [("_sort", key)])
    return [item["id"] for item in in_order(resources, query)]


# Shorter


def test_nothing_is_left_out_where_nothing_is_asked():
    assert shortened(SITI) is SITI
    assert shortened(SITI, ("_summary", "false")) is SITI


def test_a_summary_has_the_summary_elements_alone():
    short = shortened(SITI, ("_summary", "true"))
    assert set(short) == {
        "resourceType", "id", "meta", "identifier", "active", "name", "telecom", "gender",
        "birthDate", "_birthDate", "address",
    }  # fmt: skip
    assert short["meta"]["tag"] == [*SITI["meta"]["tag"], SUBSETTED]


def test_a_summary_reaches_into_elements_and_leaves_their_data_away():
    short = shortened(DOCUMENT, ("_summary", "true"))
    assert short["content"] == [
        {"attachment": {"contentType": "application/pdf", "title": "Surat"}}
    ]
    consent = {"resourceType": "Consent", "sourceAttachment": {"title": "x", "data": "AAAA"}}
    assert shortened(consent, ("_summary", "true"))["sourceAttachment"] == {"title": "x"}
    assert shortened(PRESSURE, ("_summary", "true"))["component"] == PRESSURE["component"]


def test_text_is_with_what_is_mandatory_and_data_without_text():
    assert set(shortened({**PRESSURE, "text": {}}, ("_summary", "text"))) == {
        "resourceType", "id", "meta", "text", "status", "code"
    }  # fmt: skip
    assert set(shortened(SITI, ("_summary", "data"))) == set(SITI) - {"text"}


def test_elements_are_those_asked_for_and_those_that_cannot_be_missing():
    short = shortened(PRESSURE, ("_elements", "subject,effective,component"))
    assert set(short) == {
        "resourceType", "id", "meta", "status", "code", "subject", "component"
    }  # fmt: skip
    assert short["meta"] == {"tag": [SUBSETTED]}
    assert "_birthDate" in shortened(SITI, ("_elements", "birthDate"))


def test_modifiers_stay_so_that_nothing_is_misread():
    dead = {**SITI, "active": False, "deceasedBoolean": True, "modifierExtension": [{"url": "x"}]}
    short = shortened(dead, ("_elements", "name"))
    assert {"active", "deceasedBoolean", "modifierExtension"} <= set(short)
    assert "modifierExtension" in shortened(dead, ("_summary", "true"))


@pytest.mark.parametrize("pair", [("_summary", "true"), ("_summary", "text"), ("_summary", "data"),
                                  ("_elements", "subject,name")])  # fmt: skip
def test_shortening_takes_away_only_is_repeatable_and_changes_nothing_given(pair):
    for resource in RECORD:
        before = copy.deepcopy(resource)
        short = shortened(resource, pair)
        assert resource == before
        assert shortened(short, pair) == short
        assert set(short) - {"meta"} <= set(resource)
        assert len(json.dumps({**short, "meta": 0})) <= len(json.dumps({**resource, "meta": 0}))


def test_a_type_without_a_known_shape_is_left_whole():
    sandwich = {"resourceType": "Sandwich", "id": "1", "text": {}}
    assert shaped(sandwich, parse("Patient", [("_summary", "true")]).results) is sandwich


@pytest.mark.parametrize("resource_type", sorted(resource_types()))
def test_every_type_can_be_shortened(resource_type):
    for value in ("true", "text", "data"):
        short = shortened({"resourceType": resource_type, "id": "1"}, ("_summary", value))
        assert short == {"resourceType": resource_type, "id": "1", "meta": {"tag": [SUBSETTED]}}


# In order


def test_dates_tokens_and_strings_sort_and_what_has_none_comes_last():
    observations = [NOTE, GLUCOSE, PRESSURE]
    assert ordered("date", observations) == ["pressure", "glucose", "note"]
    assert ordered("-date", observations) == ["glucose", "pressure", "note"]
    assert ordered("status", observations) == ["note", "pressure", "glucose"]
    assert ordered("-value-string", observations) == ["note", "glucose", "pressure"]


def test_further_keys_decide_between_equal_ones():
    assert ordered("-status,date", [NOTE, GLUCOSE, PRESSURE]) == ["glucose", "pressure", "note"]


def test_names_sort_without_accents_and_case_by_family_first():
    people = [
        {"resourceType": "Patient", "id": name, "name": [{"family": family, "given": [given]}]}
        for name, family, given in [
            ("c", "ötang", "Ani"),
            ("a", "Nasution", "Zul"),
            ("b", "OTANG", "Budi"),
        ]
    ]
    assert ordered("name", people, "Patient") == ["a", "c", "b"]


def test_of_several_values_the_least_or_the_greatest_decides():
    people = [
        {"resourceType": "Patient", "id": name, "name": [{"family": a}, {"family": b}]}
        for name, a, b in [("outer", "Ana", "Zul"), ("inner", "Mina", "Nur")]
    ]
    assert ordered("family", people, "Patient") == ["outer", "inner"]
    assert ordered("-family", people, "Patient") == ["outer", "inner"]


@given(
    st.lists(st.sampled_from(["2024", "2024-01", "2024-01-05", "2023-12-31", None])), st.booleans()
)
def test_equal_ones_stay_as_they_came(dates, descending):
    resources = [
        {"resourceType": "Observation", "id": str(n), **({"effectiveDateTime": d} if d else {})}
        for n, d in enumerate(dates)
    ]
    ids = ordered("-date" if descending else "date", resources)
    for value in set(dates):
        same = [int(n) for n in ids if dates[int(n)] == value]
        assert same == sorted(same)


# Along


def query_with(*pairs: tuple[str, str], resource_type: str = "Observation") -> Query:
    return parse(resource_type, pairs, base=BASE)


def test_includes_lead_to_each_reference_once():
    query = query_with(("_include", "Observation:subject"), ("_include", "Observation:performer"))
    assert included(query, [PRESSURE, GLUCOSE, NOTE]) == (
        Reference("Patient", "siti"),
        Reference("Practitioner", "dr-ayu"),
    )


def test_an_include_may_be_narrowed_to_a_type_or_widened_to_all():
    narrow = query_with(("_include", "Observation:performer:Organization"))
    assert included(narrow, [PRESSURE]) == ()
    wide = query_with(("_include", "Observation:*"))
    assert set(included(wide, [PRESSURE])) == {
        Reference("Patient", "siti"), Reference("Practitioner", "dr-ayu")
    }  # fmt: skip


def test_what_was_found_is_not_included_again():
    member = {**NOTE, "hasMember": [{"reference": "Observation/glucose"}]}
    query = query_with(("_include", "Observation:has-member"))
    assert included(query, [member]) == (Reference("Observation", "glucose"),)
    assert included(query, [member, GLUCOSE]) == ()


def test_addresses_elsewhere_are_not_followed():
    away = {**PRESSURE, "subject": {"reference": "https://else.example/Patient/siti"}}
    assert included(query_with(("_include", "Observation:subject")), [away]) == ()


def test_reverse_includes_bring_what_refers_to_the_found():
    query = query_with(
        ("_revinclude", "Observation:patient"),
        ("_revinclude", "ServiceRequest:subject:Patient"),
        resource_type="Patient",
    )
    found = [item for item in RECORD if matches(item, query)]
    assert found == [SITI]
    assert revincluded(query, found, RECORD) == [PRESSURE, GLUCOSE, ORDER]
    assert revincluded(query, [], RECORD) == []


def test_what_was_found_is_not_brought_again():
    member = {**NOTE, "hasMember": [{"reference": "Observation/glucose"}]}
    query = query_with(("_revinclude", "Observation:has-member"))
    assert revincluded(query, [GLUCOSE], [member, GLUCOSE]) == [member]
    assert revincluded(query, [GLUCOSE, member], [member, GLUCOSE]) == []


def test_without_includes_nothing_comes_along():
    query = query_with()
    assert included(query, [PRESSURE]) == ()
    assert revincluded(query, [PRESSURE], RECORD) == []

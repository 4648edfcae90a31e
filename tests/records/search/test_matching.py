"""Which resources a query finds: the tables of types, prefixes and modifiers, cell by cell."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.search import QueryInvalid, among, matches, parameters_of, parse
from segel.records.search.amounts import Number
from segel.records.search.parameters import Parameter
from segel.records.search.paths import Element, compiled
from segel.records.search.query import Criterion, Query
from segel.records.search.wanted import MODIFIERS, PREFIXES, QuantityWanted
from support.fhir import (
    AYU,
    BASE,
    DOCUMENT,
    GLUCOSE,
    LOINC,
    MRN,
    NIK,
    NOTE,
    ORDER,
    PRESSURE,
    RECORD,
    SITI,
    UCUM,
)  # fmt: skip

PROFILE = "https://fhir.kemkes.go.id/r4/StructureDefinition/Patient"
SPECIAL = "http://terminology.hl7.org/CodeSystem/special-values"
FULL = f"5.4|{UCUM}|mmol/L"

# type, modifier: resource, name, value, found
MODIFIER_TABLE = [
    ("token", "", SITI, "identifier", f"{NIK}|9871234503850001", True),
    ("token", "", SITI, "identifier", "9871234503850001", True),
    ("token", "", SITI, "identifier", f"{MRN}|9871234503850001", False),
    ("token", "", SITI, "identifier", f"{NIK}|", True),
    ("token", "", SITI, "identifier", "https://example.org/x|", False),
    ("token", "", SITI, "identifier", "|tanpa-sistem", True),
    ("token", "", SITI, "identifier", "|9871234503850001", False),
    ("token", "", SITI, "identifier", "rM-00042", True),
    ("token", "", SITI, "identifier", "987", False),
    ("token", "", SITI, "identifier", "x,tanpa-sistem", True),
    ("token", "", SITI, "gender", "female", True),
    ("token", "", SITI, "gender", "http://hl7.org/fhir/administrative-gender|female", True),
    ("token", "", SITI, "gender", "http://loinc.org|female", False),
    ("token", "", SITI, "active", "true", True),
    ("token", "", SITI, "active", f"{SPECIAL}|true", True),
    ("token", "", SITI, "active", "false", False),
    ("token", "", SITI, "deceased", "false", True),
    ("token", "", SITI, "phone", "+62 811 0000 001", True),
    ("token", "", SITI, "phone", "siti@contoh.example", False),
    ("token", "", SITI, "telecom", "phone|+62 811 0000 001", False),
    ("token", "", SITI, "_id", "siti", True),
    ("token", "", SITI, "_id", "SITI", False),
    ("token", "", SITI, "_tag", "https://segel.example/tags|demo", True),
    ("token", "", SITI, "_security", "demo", False),
    ("token", "", PRESSURE, "code", f"{LOINC}|85354-9", True),
    ("token", "", PRESSURE, "combo-code", f"{LOINC}|8480-6", True),
    ("token", "", NOTE, "code", "Catatan", False),
    ("token", "not", SITI, "gender", "male", True),
    ("token", "not", SITI, "gender", "female", False),
    ("token", "not", SITI, "gender", "male,female", False),
    ("token", "not", PRESSURE, "category", "laboratory", True),
    ("token", "not", GLUCOSE, "category", "laboratory", True),  # it has none
    ("token", "not", PRESSURE, "component-code", "8480-6", False),
    ("token", "text", PRESSURE, "code", "tekanan", True),
    ("token", "text", PRESSURE, "code", "BLOOD press", True),
    ("token", "text", PRESSURE, "code", "darah", False),
    ("token", "text", PRESSURE, "code", "85354-9", False),
    ("token", "text", SITI, "identifier", "nomor", True),
    ("token", "text", SITI, "gender", "female", False),
    ("token", "missing", GLUCOSE, "category", "true", True),
    ("token", "missing", GLUCOSE, "category", "false", False),
    ("token", "missing", PRESSURE, "category", "true", False),
    ("token", "missing", PRESSURE, "category", "false", True),
    ("reference", "", PRESSURE, "subject", "siti", True),
    ("reference", "", PRESSURE, "subject", "Patient/siti", True),
    ("reference", "", PRESSURE, "subject", f"{BASE}/Patient/siti/_history/9", True),
    ("reference", "", PRESSURE, "subject", "https://else.example/fhir/Patient/siti", False),
    ("reference", "", PRESSURE, "subject", "Group/siti", False),
    ("reference", "", PRESSURE, "subject", "Patient/Siti", False),
    ("reference", "", PRESSURE, "performer", "Practitioner/dr-ayu", True),
    ("reference", "", NOTE, "subject", "p", False),  # contained: it is nobody elsewhere
    ("reference", "", ORDER, "instantiates-canonical",
     "https://example.org/PlanDefinition/thorax", True),
    ("reference", "", ORDER, "instantiates-canonical",
     r"https://example.org/PlanDefinition/thorax\|2.0", True),
    ("reference", "", ORDER, "instantiates-canonical",
     r"https://example.org/PlanDefinition/thorax\|1.0", False),
    ("reference", "Patient", PRESSURE, "subject", "siti", True),
    ("reference", "Patient", PRESSURE, "performer", "dr-ayu", False),
    ("reference", "Practitioner", PRESSURE, "performer", "dr-ayu", True),
    ("reference", "identifier", SITI, "general-practitioner", "https://example.org/sip|SIP-7",
     True),
    ("reference", "identifier", SITI, "general-practitioner", "SIP-8", False),
    ("reference", "identifier", SITI, "general-practitioner", "dr-ayu", False),
    ("reference", "missing", PRESSURE, "encounter", "true", True),
    ("reference", "missing", PRESSURE, "subject", "true", False),
    ("reference", "missing", PRESSURE, "subject", "false", True),
    ("string", "", SITI, "name", "siti", True),
    ("string", "", SITI, "name", "SITI  nur", True),
    ("string", "", SITI, "name", "rahma", True),  # a further word of the whole name
    ("string", "", SITI, "name", "ahma", False),
    ("string", "", SITI, "family", "soekarno", True),
    ("string", "", SITI, "family", "SOEKARNÓ", True),
    ("string", "", SITI, "given", "nur", True),
    ("string", "", SITI, "given", "Soe", False),
    ("string", "", SITI, "address", "kota", True),
    ("string", "", SITI, "address", r"jalan merpati\, 7", True),
    ("string", "", SITI, "address-city", "Kota Rek", True),
    ("string", "", SITI, "address-city", "Rekaan", False),
    ("string", "", NOTE, "value-string", "tidak", True),
    ("string", "exact", SITI, "family", "Soekarnó", True),
    ("string", "exact", SITI, "family", "Soekarno", False),
    ("string", "exact", SITI, "family", "Soe", False),
    ("string", "exact", SITI, "name", "Siti Nur Rahmawati", True),
    ("string", "exact", SITI, "name", "Rahmawati", False),
    ("string", "contains", SITI, "name", "AHMA", True),
    ("string", "contains", SITI, "family", "karno", True),
    ("string", "contains", SITI, "family", "hatta", False),
    ("string", "missing", SITI, "address-state", "true", True),
    ("string", "missing", SITI, "family", "true", False),
    ("date", "", SITI, "birthdate", "1985-03-05", True),
    ("date", "", SITI, "birthdate", "1985", True),
    ("date", "", SITI, "birthdate", "1985-03-06", False),
    ("date", "missing", SITI, "death-date", "true", True),
    ("date", "missing", SITI, "birthdate", "true", False),
    ("date", "missing", SITI, "birthdate", "false", True),
    ("quantity", "", GLUCOSE, "value-quantity", "5.4", True),
    ("quantity", "", GLUCOSE, "value-quantity", "5", True),
    ("quantity", "", GLUCOSE, "value-quantity", "5.40", True),
    ("quantity", "", GLUCOSE, "value-quantity", "5.3", False),
    ("quantity", "", GLUCOSE, "value-quantity", FULL, True),
    ("quantity", "", GLUCOSE, "value-quantity", f"5.4|{UCUM}|mg/dL", False),
    ("quantity", "", GLUCOSE, "value-quantity", "5.4|https://example.org|mmol/L", False),
    ("quantity", "", GLUCOSE, "value-quantity", "5.4||mmol/L", True),
    ("quantity", "", GLUCOSE, "value-quantity", "5.4||", True),
    ("quantity", "", PRESSURE, "component-value-quantity", "80||mmHg", True),
    ("quantity", "", PRESSURE, "component-value-quantity", "80||mm[Hg]", True),
    ("quantity", "", PRESSURE, "component-value-quantity", "80||kPa", False),
    ("quantity", "", PRESSURE, "value-quantity", "80", False),
    ("quantity", "missing", PRESSURE, "value-quantity", "true", True),
    ("quantity", "missing", GLUCOSE, "value-quantity", "true", False),
    ("uri", "", ORDER, "instantiates-uri", "https://example.org/protocols/thorax", True),
    ("uri", "", ORDER, "instantiates-uri", "https://example.org/protocols/Thorax", False),
    ("uri", "", ORDER, "instantiates-uri", "https://example.org/protocols", False),
    ("uri", "", SITI, "_profile", PROFILE, True),
    ("uri", "missing", ORDER, "_profile", "true", True),
    ("uri", "missing", ORDER, "instantiates-uri", "true", False),
    ("composite", "", PRESSURE, "component-code-value-quantity", "8480-6$121", True),
    ("composite", "", PRESSURE, "component-code-value-quantity", "8480-6$gt100", True),
    ("composite", "", PRESSURE, "component-code-value-quantity", "8480-6$80", False),
    ("composite", "", PRESSURE, "combo-code-value-quantity", f"{LOINC}|8462-4$lt90", True),
    ("composite", "", PRESSURE, "code-value-quantity", "85354-9$121", False),
    ("composite", "", GLUCOSE, "code-value-quantity", f"2339-0${FULL}", True),
    ("composite", "", GLUCOSE, "combo-code-value-quantity", "x$1,2339-0$ge5", True),
    ("composite", "", NOTE, "code-value-string", "x$tidak", False),
    ("composite", "", DOCUMENT, "relationship", "DocumentReference/older$replaces", True),
    ("composite", "", DOCUMENT, "relationship", "DocumentReference/older$signs", False),
]  # fmt: skip

# prefix: value, found; PRESSURE is of 2024-01-31T09:30:00+07:00
MOMENT_TABLE = {
    "": [("2024-01-31", True), ("2024-01", True), ("2024-01-30", False),
         ("2024-01-31T09:30:00+07:00", True), ("2024-01-31T02:30Z", True),
         ("2024-01-31T09:30:00Z", False)],
    "eq": [("2024-01-31", True), ("2024-02", False), ("2024-01-31T09:30:00.0+07:00", False)],
    "ne": [("2024-01-31", False), ("2024-02", True)],
    "gt": [("2024-01-30", True), ("2024-01-31", False), ("2024-01-31T09:29", True)],
    "ge": [("2024-01-31", True), ("2024-02-01", False), ("2024-01-31T09:31", False)],
    "lt": [("2024-02-01", True), ("2024-01-31", False), ("2024-01-31T09:31", True)],
    "le": [("2024-01-31", True), ("2024-01-30", False), ("2023", False)],
    "sa": [("2024-01-30", True), ("2024-01-31", False)],
    "eb": [("2024-02-01", True), ("2024-01-31", False)],
    "ap": [("2024-01-31", True), ("2024-02-05", True), ("2024-03-31", False)],
}  # fmt: skip

# GLUCOSE is of the period from 2024-02-01 to 2024-02-10
PERIOD_TABLE = {
    "": [("2024-02", True), ("2024-02-01", False)],
    "eq": [("2024", True), ("2024-02-05", False)],
    "ne": [("2024-02", False), ("2024-02-05", True)],
    "gt": [("2024-02-05", True), ("2024-02-10", False), ("2024-01", True)],
    "ge": [("2024-02-09", True), ("2024-02", True), ("2024-02-11", False)],
    "lt": [("2024-02-05", True), ("2024-02-01", False), ("2024-03", True)],
    "le": [("2024-02-02", True), ("2024-02", True), ("2024-01-31", False)],
    "sa": [("2024-01-31", True), ("2024-02-01", False)],
    "eb": [("2024-02-11", True), ("2024-02-10", False)],
    "ap": [("2024-02-05", True), ("2023-01-01", False)],
}

# GLUCOSE has 5.4 mmol/L
QUANTITY_TABLE = {
    "": [("5.4", True), ("5.35", False)],
    "eq": [("5", True), ("6", False)],
    "ne": [("5.4", False), ("5.35", True)],
    "gt": [("5.39", True), ("5.4", False), ("5", True)],
    "ge": [("5.4", True), ("5.41", False)],
    "lt": [("5.41", True), ("5.4", False)],
    "le": [("5.4", True), ("5.39", False)],
    "sa": [("5.3", True), ("5.4", False)],
    "eb": [("5.5", True), ("5.4", False)],
    "ap": [("5.9", True), ("6.1", False)],
}


def found(resource: dict[str, Any], name: str, value: str, **how: Any) -> bool:
    query = parse(resource["resourceType"], [(name, value)], base=BASE, **how)
    return matches(resource, query)


@pytest.mark.parametrize(("kind", "modifier", "resource", "code", "value", "finds"), MODIFIER_TABLE)
def test_a_value_finds_what_its_type_and_modifier_say(kind, modifier, resource, code, value, finds):
    assert parameters_of(resource["resourceType"])[code].type == kind
    assert found(resource, f"{code}:{modifier}" if modifier else code, value) is finds


def test_the_table_has_every_modifier_of_every_type_found_and_not_found():
    cells = {
        (kind, modifier): {row[5] for row in MODIFIER_TABLE if row[:2] == (kind, modifier)}
        for kind, modifier, *_ in MODIFIER_TABLE
    }
    for kind, modifiers in MODIFIERS.items():
        if kind != "number":  # no parameter of our types is one; see below
            for modifier in ("", *modifiers):
                assert cells[kind, modifier] == {True, False}, (kind, modifier)


@pytest.mark.parametrize(
    ("resource", "code", "table"),
    [
        (PRESSURE, "date", MOMENT_TABLE),
        (GLUCOSE, "date", PERIOD_TABLE),
        (GLUCOSE, "value-quantity", QUANTITY_TABLE),
    ],
    ids=["moment", "period", "quantity"],
)
def test_a_value_finds_what_its_prefix_says(resource, code, table):
    assert set(table) == {"", *PREFIXES}
    for prefix, cells in table.items():
        assert {finds for _, finds in cells} == {True, False}
        for value, finds in cells:
            now = datetime(2024, 4, 20, tzinfo=UTC)
            assert found(resource, code, prefix + value, now=now) is finds, prefix + value


@pytest.mark.parametrize(("prefix", "finds"), [("eq", True), ("ne", False), ("gt", True)])
def test_a_number_parameter_is_compared_as_a_quantity_without_unit(prefix, finds):
    elements = {"Observation.score": Element(("decimal",))}
    path = compiled("Observation.score", elements)
    parameter = Parameter("score", "number", "Observation.score", path=path)
    wanted = QuantityWanted(prefix, Number(Decimal(1), Decimal("0.5")))
    query = Query("Observation", (Criterion("score", parameter, "", "1", (wanted,)),))
    assert matches({"resourceType": "Observation", "score": 1.2}, query) is finds


def test_all_criteria_hold_and_the_type_too():
    query = parse("Observation", [("status", "final"), ("code", "85354-9")])
    assert [item["id"] for item in RECORD if matches(item, query)] == ["pressure"]
    assert matches(SITI, parse("Patient", []))
    assert not matches(SITI, parse("Observation", []))


def test_two_dates_bound_a_stretch_of_time():
    query = parse("Observation", [("date", "ge2024-01-01"), ("date", "lt2024-02-01")])
    assert [item["id"] for item in RECORD if matches(item, query)] == ["pressure"]


def test_a_timing_is_found_within_its_outer_limits():
    assert found(ORDER, "occurrence", "2024-05")
    assert not found(ORDER, "occurrence", "2024-05-01")
    assert found(ORDER, "occurrence", "gt2024-05-10")


@pytest.mark.parametrize(
    ("name", "value", "finds"),
    [
        ("patient.identifier", f"{NIK}|9871234503850001", True),
        ("patient.identifier", "1", False),
        ("subject:Patient.name", "siti", True),
        ("subject.name", "budi", False),
        ("patient.birthdate", "lt1990", True),
        ("patient.gender:not", "male", True),
        ("performer.name", "lestari", True),
        ("performer:Practitioner.name:exact", "Lestari", True),
        ("performer:Organization.name", "lestari", False),
        ("encounter.status", "finished", False),
    ],
)
def test_a_chain_is_followed_to_resources_at_hand(name, value, finds):
    query = parse("Observation", [(name, value)], base=BASE)
    assert matches(PRESSURE, query, among([*RECORD, AYU])) is finds
    assert not matches(PRESSURE, query)


def test_dates_without_a_zone_are_in_the_zone_of_the_server():
    undated = {**PRESSURE, "effectiveDateTime": "2024-01-31"}
    assert found(undated, "date", "ge2024-01-30T16:59:59Z")
    assert found(undated, "date", "sa2024-01-30T16:59:59Z")
    assert not found(undated, "date", "sa2024-01-30T17:00:00Z")
    assert found(undated, "date", "sa2024-01-30T17:00:00Z", zone=timezone(timedelta(0)))


def test_a_chain_leads_into_contained_resources():
    inside = {"resourceType": "Patient", "id": "p", "name": [{"text": "Budi Hartono"}]}
    resource = {**NOTE, "contained": [inside]}
    assert matches(resource, parse("Observation", [("patient.name", "hartono")]))
    assert not matches(resource, parse("Observation", [("patient.name", "siti")]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "code coding system value text reference identifier type start end event repeat "
                "subject name given effectivePeriod effectiveTiming valueQuantity component meta "
                "status display".split()
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
QUESTIONS = [
    ("code", "x"), ("code:text", "x"), ("code:not", "x"), ("subject", "x"), ("date", "ge2024"),
    ("subject:identifier", "x"), ("value-quantity", "gt5"), ("combo-code-value-quantity", "x$5"),
    ("_lastUpdated", "2024"), ("value-string:contains", "x"), ("patient", "x"),
    ("_profile", "x:y"), ("category:missing", "true"), ("patient.name", "x"), ("_tag", "x"),
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(
    "code subject effectivePeriod effectiveTiming effectiveDateTime valueQuantity component meta "
    "category valueString".split()), JSON))  # fmt: skip
def test_a_malformed_resource_is_not_found_and_breaks_nothing(fields):
    for pair in QUESTIONS:
        resource = {**fields, "resourceType": "Observation"}
        assert matches(resource, parse("Observation", [pair]), among(RECORD)) in (True, False)


@given(st.sampled_from(RECORD), st.data())
def test_not_is_the_reverse_and_missing_is_true_or_false(resource, data):
    known = parameters_of(resource["resourceType"])
    code = data.draw(st.sampled_from(sorted(known)))
    if known[code].type == "token":
        value = data.draw(st.sampled_from(["final", "85354-9", "female", f"{NIK}|", "x"]))
        assert found(resource, code, value) is not found(resource, f"{code}:not", value)
    try:
        missing = found(resource, f"{code}:missing", "true")
    except QueryInvalid:
        assert known[code].type == "composite"
    else:
        assert missing is not found(resource, f"{code}:missing", "false")

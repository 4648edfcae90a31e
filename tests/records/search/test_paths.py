"""FHIR's own expressions, compiled."""

import json
from importlib.resources import files
from typing import Any

import pytest

from segel.records.search.parameters import (
    catalogue,
    compartment_parameters,
    parameters_of,
    resource_types,
)
from segel.records.search.paths import (
    Element,
    ExpressionUnknown,
    Resource,
    compiled,
    referred_type,
)
from support.fhir import GLUCOSE, NOTE, ORDER, PRESSURE, SITI

RAW = json.loads(files("segel.records.search").joinpath("parameters.json").read_bytes())
ELEMENTS = {
    item["path"]: Element(tuple(item["types"]), tuple(item.get("systems", ())))
    for item in RAW["elements"]
}


def values(code: str, resource: Resource) -> list[Any]:
    return [found.value for found in parameters_of(resource["resourceType"])[code].values(resource)]


@pytest.mark.parametrize("item", RAW["parameters"], ids=lambda item: f"{item['on']}-{item['code']}")
def test_every_expression_compiles_and_bears_any_json(item):
    path = compiled(item["path"], ELEMENTS)
    for strange in ({}, {"code": 7}, {"subject": [None, "x", {"reference": 3}]}, SITI, PRESSURE):
        assert isinstance(path(strange), list)


def test_every_type_has_the_parameters_that_all_resources_have():
    for resource_type in resource_types():
        assert {"_id", "_lastUpdated", "_profile", "_security", "_tag"} <= set(
            parameters_of(resource_type)
        )


def test_all_seventeen_types_are_there_with_known_kinds_of_parameters():
    assert len(resource_types()) == 17
    kinds = {p.type for name in resource_types() for p in parameters_of(name).values()}
    assert kinds == set("token date reference string quantity uri composite".split())
    assert parameters_of("Sandwich") == {}


def test_the_data_name_their_source_and_hold_no_descriptions():
    assert "CC0" in catalogue().source
    assert {key for item in RAW["parameters"] for key in item} == {
        "on", "code", "type", "path", "to", "parts"
    }  # fmt: skip


def test_parameters_that_r4_does_not_have_or_that_compare_by_sound_are_absent():
    assert "order-detail" not in parameters_of("ServiceRequest")
    assert "phonetic" not in parameters_of("Patient")


def test_the_patient_compartment_is_the_standards():
    assert compartment_parameters("Observation") == ("subject", "performer")
    assert compartment_parameters("ImagingStudy") == ("patient",)
    assert compartment_parameters("Practitioner") == ()
    for resource_type in resource_types():
        for code in compartment_parameters(resource_type):
            assert "Patient" in parameters_of(resource_type)[code].targets


def test_lists_are_flattened_and_nulls_left_out():
    assert values("given", SITI) == ["Siti", "Nur"]
    assert values("given", {**SITI, "name": [{"given": [None, "Siti"]}]}) == ["Siti"]


def test_a_choice_is_found_whatever_its_type_and_with_it():
    date = parameters_of("Observation")["date"]
    assert [found.datatype for found in date.values(PRESSURE)] == ["dateTime"]
    assert [found.datatype for found in date.values(GLUCOSE)] == ["Period"]


def test_a_choice_is_not_mistaken_for_an_element_that_begins_alike():
    assert values("performer", ORDER) == []  # performerType stands there


def test_one_type_of_a_choice_is_found_alone():
    assert values("value-string", NOTE) == ["Tidak ada keluhan"]
    assert values("value-string", GLUCOSE) == []
    concept = {"resourceType": "Observation", "valueCodeableConcept": {"text": "Positif"}}
    assert values("value-string", concept) == ["Positif"]


def test_only_telecoms_of_the_asked_system_are_found():
    assert [item["value"] for item in values("email", SITI)] == ["siti@contoh.example"]
    assert [item["value"] for item in values("phone", SITI)] == ["+62 811 0000 001"]


@pytest.mark.parametrize(
    ("reference", "is_patient"),
    [
        ({"reference": "Patient/siti"}, True),
        ({"reference": "Patient/siti/_history/2"}, True),
        ({"reference": "https://elsewhere.example/fhir/Patient/9"}, True),
        ({"reference": "urn:uuid:0", "type": "Patient"}, True),
        ({"identifier": {"value": "1"}, "type": "Patient"}, True),
        ({"reference": "#p"}, True),
        ({"reference": "#q"}, False),
        ({"reference": "Group/1"}, False),
        ({"reference": "urn:uuid:0"}, False),
        ({"display": "Siti"}, False),
        ("Patient/siti", False),
    ],
)
def test_a_reference_is_to_a_patient_if_it_says_so(reference, is_patient):
    resource = {**NOTE, "subject": reference}
    assert bool(values("patient", resource)) is is_patient
    assert (referred_type(reference, resource) == "Patient") is is_patient


@pytest.mark.parametrize(
    ("fields", "deceased"),
    [
        ({}, False),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedDateTime": "2024-01-01"}, True),
    ],
)
def test_deceased_is_true_or_false_for_everybody(fields, deceased):
    assert values("deceased", {**SITI, **fields}) == [deceased]


@pytest.mark.parametrize(
    "expression",
    [
        "Patient.name.first()",
        "Patient.sandwich",
        "Patient.name.where(use.exists())",
        "(Patient.deceased as Money)",
        "Patient.name[0]",
        "Patient.name.",
    ],
)
def test_other_fhirpath_is_refused_and_not_guessed(expression):
    with pytest.raises(ExpressionUnknown):
        compiled(expression, ELEMENTS)

"""What is valid passes; what is not is told where, why and by which rule."""

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from segel.records.r4 import Issue, ResourceInvalid, decode, encode, validate
from segel.records.r4.parsing import DEPTH_MAX, NODES_MAX
from segel.records.r4.validation import ISSUES_MAX
from support.fhir_people import ALL, GLUCOSE, ORDERS, PATIENT

Node = dict[str, Any]
Change = Callable[[Node], object]


def issues_of(resource: Any) -> tuple[Issue, ...]:
    with pytest.raises(ResourceInvalid) as caught:
        validate(resource)
    return caught.value.issues


def changed(resource: Node, change: Change) -> Node:
    made = copy.deepcopy(resource)
    change(made)
    return made


@pytest.mark.parametrize("what", ALL)
def test_what_a_hospital_sends_is_valid(what: str) -> None:
    validate(ALL[what])
    validate(decode(encode(ALL[what])))


BROKEN: dict[str, tuple[Node, Change, str, str]] = {
    "unknown element": (PATIENT, lambda r: r.update(umur=38), "structure", "Patient"),
    "unknown element within": (
        PATIENT, lambda r: r["name"][0].update(nama="a"), "structure", "Patient.name[0]",
    ),
    "element of another type": (
        PATIENT, lambda r: r.update(valueString="a"), "structure", "Patient",
    ),
    "type of a resource inside": (
        PATIENT, lambda r: r["name"][0].update(resourceType="HumanName"), "structure",
        "Patient.name[0]",
    ),
    "required left out": (GLUCOSE, lambda r: r.pop("code"), "required", "Observation"),
    "required left out within": (
        GLUCOSE, lambda r: r["component"][0].pop("code"), "required", "Observation.component[0]",
    ),
    "list for one": (
        PATIENT, lambda r: r.update(gender=["female"]), "structure", "Patient.gender",
    ),
    "one for a list": (
        PATIENT, lambda r: r.update(name={"text": "a"}), "structure", "Patient.name",
    ),
    "text for an object": (
        PATIENT, lambda r: r.update(name=["Siti"]), "structure", "Patient.name[0]",
    ),
    "empty list": (PATIENT, lambda r: r.update(name=[]), "structure", "Patient.name"),
    "empty object": (PATIENT, lambda r: r.update(name=[{}]), "invariant", "Patient.name[0]"),
    "an id and nothing else": (
        PATIENT, lambda r: r.update(name=[{"id": "a"}]), "invariant", "Patient.name[0]",
    ),
    "null": (PATIENT, lambda r: r.update(gender=None), "value", "Patient.gender"),
    "null in a list of objects": (
        PATIENT, lambda r: r["name"].append(None), "structure", "Patient.name[1]",
    ),
    "null with nothing beside it": (
        PATIENT, lambda r: r["name"][0]["given"].append(None), "value", "Patient.name[0].given[2]",
    ),
    "code of no value set": (
        PATIENT, lambda r: r.update(gender="perempuan"), "code-invalid", "Patient.gender",
    ),
    "two types of a choice": (
        PATIENT, lambda r: r.update(deceasedDateTime="2026"), "structure", "Patient",
    ),
    "two types of a choice, one an extension": (
        PATIENT, lambda r: r.update(_deceasedDateTime={"id": "a"}), "structure", "Patient",
    ),
    "type that a choice has not": (
        PATIENT, lambda r: r.update(deceasedString="ya"), "structure", "Patient",
    ),
    "day that is not": (
        PATIENT, lambda r: r.update(birthDate="1987-02-29"), "value", "Patient.birthDate",
    ),
    "decimal in quotes": (
        GLUCOSE, lambda r: r["valueQuantity"].update(value="6.0"), "value",
        "Observation.valueQuantity.value",
    ),
    "binary float": (
        GLUCOSE, lambda r: r["valueQuantity"].update(value=6.5), "value",
        "Observation.valueQuantity.value",
    ),
    "comparator in a range": (
        GLUCOSE, lambda r: r["referenceRange"][0]["low"].update(comparator="<"), "structure",
        "Observation.referenceRange[0].low.comparator",
    ),
    "siblings longer": (
        PATIENT, lambda r: r["name"][0].update(_given=[None, None, {"id": "a"}]), "structure",
        "Patient.name[0].given",
    ),
    "siblings of nothing": (
        PATIENT, lambda r: r["name"][0].update(_given=[None, None]), "structure",
        "Patient.name[0].given",
    ),
    "sibling that is a list": (
        PATIENT, lambda r: r.update(_gender=[{"id": "a"}]), "structure", "Patient.gender",
    ),
    "sibling of an object": (
        PATIENT, lambda r: r.update(_name=[{"id": "a"}]), "structure", "Patient",
    ),
    "sibling of an id": (PATIENT, lambda r: r.update(_id={"id": "a"}), "structure", "Patient"),
    "extension of nothing": (
        PATIENT, lambda r: r["extension"][0].pop("valueCode"), "invariant", "Patient.extension[0]",
    ),
    "extension with both": (
        PATIENT, lambda r: r["extension"][0].update(extension=[{"url": "a", "valueCode": "b"}]),
        "invariant", "Patient.extension[0]",
    ),
    "extension without url": (
        PATIENT, lambda r: r["extension"][0].pop("url"), "required", "Patient.extension[0]",
    ),
    "contained that nobody refers to": (
        PATIENT, lambda r: r.pop("generalPractitioner"), "invariant", "Patient",
    ),
    "contained with contained": (
        PATIENT,
        lambda r: r["contained"][0].update(contained=[{**GLUCOSE, "subject": {"reference": "#"}}]),
        "invariant", "Patient",
    ),
    "contained with a version": (
        PATIENT, lambda r: r["contained"][0].update(meta={"versionId": "1"}), "invariant",
        "Patient",
    ),
    "contained of a type that is not kept": (
        PATIENT, lambda r: r["contained"].append({"resourceType": "Group", "id": "a"}),
        "not-supported", "Patient.contained[1]",
    ),
    "contained of no type": (
        PATIENT, lambda r: r["contained"].append({"id": "a"}), "structure", "Patient.contained[1]",
    ),
    "reference to nothing contained": (
        PATIENT, lambda r: r.update(managingOrganization={"reference": "#rs"}), "invariant",
        "Patient.managingOrganization",
    ),
    "reference to something else contained": (
        PATIENT, lambda r: r.update(managingOrganization={"reference": "#dokter"}), "value",
        "Patient.managingOrganization",
    ),
    "reference to itself from outside": (
        PATIENT, lambda r: r.update(managingOrganization={"reference": "#"}), "invariant",
        "Patient.managingOrganization",
    ),
    "reference to another type": (
        GLUCOSE, lambda r: r.update(subject={"reference": "Organization/1"}), "value",
        "Observation.subject",
    ),
    "absolute reference to another type": (
        GLUCOSE, lambda r: r.update(subject={"reference": "https://a.example/Organization/1"}),
        "value", "Observation.subject",
    ),
    "reference that says another type": (
        GLUCOSE, lambda r: r.update(subject={"type": "Organization", "display": "a"}), "value",
        "Observation.subject",
    ),
    "reference to no type of R4": (
        GLUCOSE, lambda r: r.update(focus=[{"reference": "Pasien/1"}]), "value",
        "Observation.focus[0]",
    ),
    "reference by a query outside a transaction": (
        GLUCOSE, lambda r: r.update(subject={"reference": "Patient?name=a"}), "value",
        "Observation.subject",
    ),
    "reference by a script": (
        GLUCOSE, lambda r: r.update(subject={"reference": "javascript:a"}), "value",
        "Observation.subject",
    ),
    "resource in a bundle": (
        ORDERS, lambda r: r["entry"][0]["resource"].update(gender="x"), "code-invalid",
        "Bundle.entry[0].resource.gender",
    ),
    "resource in a bundle that is not kept": (
        ORDERS, lambda r: r["entry"][0].update(resource={"resourceType": "Slot"}), "not-supported",
        "Bundle.entry[0].resource",
    ),
    "invariant of an element of a datatype": (
        {"resourceType": "Organization", "name": "RS", "address": [{"city": "a"}]},
        lambda r: r["address"][0].update(use="home"), "invariant", "Organization.address[0]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_one_thing_broken_is_told_by_its_kind_at_its_place(what: str) -> None:
    resource, change, code, expression = BROKEN[what]
    found = issues_of(changed(resource, change))
    assert (code, expression) in [(issue.code, issue.expression) for issue in found]
    assert all(issue.severity == "error" and issue.reason for issue in found)


@pytest.mark.parametrize("resource", [{}, {"resourceType": 1}, {"resourceType": "Pasien"}])
def test_what_has_no_type_is_no_resource(resource: Node) -> None:
    (issue,) = issues_of(resource)
    assert (issue.code, issue.expression) == ("structure", "Resource")


def test_a_type_of_r4_that_is_not_kept_is_said_to_be_so() -> None:
    assert issues_of({"resourceType": "Slot"})[0].code == "not-supported"


def test_a_required_element_may_be_an_extension_that_says_why_it_is_absent() -> None:
    absent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    resource = changed(GLUCOSE, lambda r: r.pop("status"))
    resource["_status"] = {"extension": [{"url": absent, "valueCode": "unknown"}]}
    validate(resource)


def test_a_list_may_have_an_extension_in_place_of_a_value() -> None:
    resource = copy.deepcopy(PATIENT)
    beside = {"extension": [{"url": "urn:x", "valueCode": "masked"}]}
    resource["name"][0] |= {"given": ["Siti", None], "_given": [None, beside]}
    validate(resource)
    resource["name"][0] |= {"given": [None, None]}
    assert issues_of(resource)[0].expression == "Patient.name[0].given[0]"


def test_a_contained_resource_may_refer_to_the_one_that_contains_it() -> None:
    inner = {**GLUCOSE, "subject": {"reference": "#"}}
    validate({"resourceType": "Patient", "contained": [inner]})


def test_a_choice_of_codes_is_listed_and_a_slip_in_a_name_is_named() -> None:
    assert "female, male, other" in issues_of({"resourceType": "Patient", "gender": "F"})[0].reason
    slip = {"resourceType": "Patient", "brithDate": "1987-07-01"}
    assert "brithDate" in issues_of(slip)[0].reason


def test_issues_come_in_the_order_of_the_resource_and_end_at_a_number() -> None:
    names = [{"use": "salah"} for _ in range(ISSUES_MAX * 2)]
    found = issues_of({"resourceType": "Patient", "name": names})
    assert [issue.expression for issue in found] == [
        f"Patient.name[{index}].use" for index in range(ISSUES_MAX)
    ]


def test_depth_and_number_of_values_end_somewhere() -> None:
    nested: Node = {"url": "urn:x", "valueCode": "a"}
    for _ in range(DEPTH_MAX):
        nested = {"url": "urn:x", "extension": [nested]}
    assert issues_of({"resourceType": "Patient", "extension": [nested]})[-1].code == "too-costly"
    names = [{"text": "a"}] * NODES_MAX
    assert issues_of({"resourceType": "Patient", "name": names})[-1].code == "too-costly"


def test_a_resource_is_left_as_it_was() -> None:
    before = copy.deepcopy(PATIENT)
    validate(PATIENT)
    assert before == PATIENT


def test_the_precision_of_a_result_survives() -> None:
    resource = changed(GLUCOSE, lambda r: r["valueQuantity"].update(value=Decimal("6.00")))
    validate(resource)
    assert b'"value":6.00' in encode(decode(encode(resource)))


def test_the_message_of_the_error_is_the_first_issue() -> None:
    with pytest.raises(ResourceInvalid, match=r"Patient\.gender: R4 requires one of") as caught:
        validate({"resourceType": "Patient", "gender": "x"})
    assert caught.value.code == "resource-invalid"


def test_a_contained_resource_may_be_referred_to_by_another_contained_one() -> None:
    inner = {**GLUCOSE, "subject": {"reference": "#"}, "performer": [{"reference": "#dokter"}]}
    doctor = {"resourceType": "Practitioner", "id": "dokter"}
    validate({"resourceType": "Patient", "contained": [inner, doctor]})


def test_an_invariant_is_told_once() -> None:
    (issue,) = issues_of({"resourceType": "Patient", "contact": [{"gender": "female"}]})
    assert (issue.code, issue.expression) == ("invariant", "Patient.contact[0]")


@pytest.mark.parametrize("name", ["Siti Rahayu", "9771014107870001", "a" * 41, "é", ""])
def test_a_name_that_may_be_personal_is_not_repeated(name: str) -> None:
    (issue,) = issues_of({"resourceType": "Patient", name: "x"})
    assert issue.reason.startswith("There is an element that R4 does not know.")
    assert issue.expression == "Patient"

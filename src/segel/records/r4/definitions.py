"""What R4 says of its types: ``definitions.json``, read once into values that cannot change.

A ``Shape`` is what an object in JSON may hold: a resource, a datatype, or an element with elements
of its own such as ``Observation.component``. Its ``slots`` are the property names of JSON, so that
``value[x]`` has one for each of its types (R4 § 2.6.2).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

TYPES: Final = tuple(
    "AuditEvent Binary Bundle Consent DiagnosticReport DocumentReference Encounter ImagingStudy"
    " Immunization Observation OperationOutcome Organization Parameters Patient Practitioner"
    " PractitionerRole Provenance ServiceRequest Specimen Subscription".split()
)
"""The types of resource that are kept: what is exchanged about images and around them."""

NESTED: Final = frozenset({"BackboneElement", "Element"})
"""Types whose elements stand below the element's own path."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type. ``max`` is None where it may repeat without end.

    ``name`` is its own, ``value[x]`` for a choice.
    """

    path: str
    name: str
    min: int
    max: int | None
    types: tuple[str, ...]
    targets: frozenset[str]
    codes: frozenset[str] | None
    invariants: tuple[str, ...]

    @property
    def is_list(self) -> bool:
        """Whether JSON has an array for it, which it has even for a single one."""
        return self.max is None or self.max > 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A property of JSON: its element, and the type or the ``shape`` that its value has."""

    element: Element
    type: str
    shape: "Shape | None"


@dataclass(slots=True)
class Shape:
    """What an object may hold. Filled while the table is read, as shapes are recursive."""

    path: str
    invariants: tuple[str, ...]
    slots: Mapping[str, Slot] = field(default_factory=dict, repr=False)
    elements: tuple[Element, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Definitions:
    """All of it: shapes of types by name, FHIRPath of invariants by key.

    ``extended`` is the shape of ``_name`` beside a primitive ``name``: its id and its extensions.
    """

    source: str
    resource_types: frozenset[str]
    shapes: Mapping[str, Shape]
    extended: Shape
    invariants: Mapping[str, str]


@cache
def definitions() -> Definitions:
    """The definitions that are packaged with Segel."""
    packaged = files("segel.records.r4").joinpath("definitions.json")
    table: dict[str, Any] = json.loads(packaged.read_text(encoding="utf-8"))
    shapes = _shapes(table)
    slots = {name: shapes["Extension"].slots[name] for name in ("id", "extension")}
    return Definitions(
        source=table["source"],
        resource_types=frozenset(table["resourceTypes"]),
        shapes=MappingProxyType(shapes),
        extended=Shape("Element", (), MappingProxyType(slots)),
        invariants=MappingProxyType(table["invariants"]),
    )


def _shapes(table: dict[str, Any]) -> dict[str, Shape]:
    codes = {name: frozenset(listed) for name, listed in table["codes"].items()}
    made: dict[str, Shape] = {}
    elements: dict[str, Element] = {}
    same: dict[str, str] = {}
    for lines in table["types"].values():
        for path, line in lines.items():
            elements[path] = _element(path, line, codes)
            same |= {path: line["same"]} if "same" in line else {}
            if "." not in path or NESTED & set(line.get("types", ())):
                made[path] = Shape(path, elements[path].invariants)
    for path, shape in made.items():
        own = tuple(e for e in elements.values() if e.path.rpartition(".")[0] == path)
        shape.elements = own
        shape.slots = MappingProxyType(
            {
                key: Slot(element, name, made.get(_shape_path(element, name, same)))
                for element in own
                for key, name in _keys(element)
            }
        )
    return made


def _shape_path(element: Element, name: str, same: Mapping[str, str]) -> str:
    if element.path in same:
        return same[element.path]
    return element.path if name in NESTED else name


def _keys(element: Element) -> list[tuple[str, str]]:
    if not element.name.endswith("[x]"):
        return [(element.name, element.types[0] if element.types else "BackboneElement")]
    stem = element.name.removesuffix("[x]")
    # A profile on a type, such as SimpleQuantity, is still called by the type in JSON.
    plain = {name: name.replace("SimpleQuantity", "Quantity") for name in element.types}
    return [(stem + of[0].upper() + of[1:], name) for name, of in plain.items()]


def _element(path: str, line: dict[str, Any], codes: Mapping[str, frozenset[str]]) -> Element:
    most = line.get("max", "1")
    return Element(
        path=path,
        name=path.rpartition(".")[2],
        min=line.get("min", 0),
        max=None if most == "*" else int(most),
        types=tuple(line.get("types", ())),
        targets=frozenset(line.get("targets", ())),
        codes=codes[line["codes"]] if "codes" in line else None,
        invariants=tuple(line.get("invariants", ())),
    )

"""The expressions of FHIR's search parameters, compiled into functions over resources.

They are written in a small closed part of FHIRPath, and nothing else is accepted here:

    Patient.name.family                       a path; lists are flattened
    Observation.value                         a choice: whatever type is there
    (Observation.value as Quantity)           one type of a choice, also value.as(Quantity)
    (Observation.value as CodeableConcept).text
    Patient.telecom.where(system='phone')     those with a value
    Observation.subject.where(resolve() is Patient)
    Patient.deceased.exists() and Patient.deceased != false
    A | B                                     all of both

What a path finds is found with its data type, which JSON does not say: whether a string is a code
or an id, and whether an object is a Coding or an Identifier, is the definition's.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

Resource = Mapping[str, Any]
"""A resource or a part of one, as JSON objects."""


class Element(NamedTuple):
    """What the definition says of an element: its types; of a code, which systems it is from."""

    types: tuple[str, ...]
    systems: tuple[str, ...] = ()


Elements = Mapping[str, Element]
"""Definitions by path. A choice ends in ``[x]``; a data type's begin with its name."""


class Found(NamedTuple):
    """A value that a path came to. ``systems``: the implicit ones of a code."""

    datatype: str
    value: Any
    systems: tuple[str, ...] = ()


Path = Callable[[Resource], list[Found]]
"""A compiled expression: the values in a resource, in their order."""

Step = Callable[[list[Found], Resource], list[Found]]


class ExpressionUnknown(ValueError):
    """The expression is beyond the part of FHIRPath that is compiled here."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path has come to in the definitions."""

    path: str
    types: tuple[str, ...]


_FIELD: Final = re.compile(r"\.?([A-Za-z][A-Za-z0-9]*)(?=\.|$)")
_AS: Final = re.compile(r"\.as\(([A-Za-z0-9]+)\)")
_IS: Final = re.compile(r"\.where\(resolve\(\) is ([A-Za-z]+)\)")
_EQUALS: Final = re.compile(r"\.where\(([a-z][A-Za-z]*)='([^']*)'\)")
_CAST: Final = re.compile(r"\(([A-Za-z.]+) as ([A-Za-z0-9]+)\)")
_TRUE: Final = re.compile(r"([A-Za-z.]+)\.exists\(\) and \1 != false")


def terms(expression: str) -> list[str]:
    """The members of a union."""
    return [term.strip() for term in expression.split("|")]


def compiled(expression: str, elements: Elements, base: str = "") -> Path:
    """The function of an expression. ``base``: the element to which its paths are relative.

    Raises ExpressionUnknown.
    """
    paths = [_term(term, elements, base, set()) for term in terms(expression)]
    if len(paths) == 1:
        return paths[0]
    return lambda resource: [found for path in paths for found in path(resource)]


def walked(expression: str, elements: Elements, base: str = "") -> set[str]:
    """The paths of the definitions that ``compiled`` looks up. Raises ExpressionUnknown."""
    seen: set[str] = set()
    for term in terms(expression):
        _term(term, elements, base, seen)
    return seen


def _term(term: str, elements: Elements, base: str, seen: set[str]) -> Path:
    if match := _TRUE.fullmatch(term):
        inner = _term(match[1], elements, base, seen)
        return lambda resource: [
            Found("boolean", any(found.value is not False for found in inner(resource)))
        ]
    text = _CAST.sub(r"\1.as(\2)", term)  # `(a as T)` is `a.as(T)`, which is read from the left
    root, _, rest = text.partition(".")
    if base:
        place, rest = Place(base, ()), text
    else:
        place = Place(root, ())
    steps: list[Step] = []
    while rest:
        place, step, rest = _step(place, rest, elements, seen)
        steps.append(step)

    def path(resource: Resource) -> list[Found]:
        found = [Found("", resource)]
        for step in steps:
            found = step(found, resource)
        return found

    return path


def _step(place: Place, text: str, elements: Elements, seen: set[str]) -> tuple[Place, Step, str]:
    if match := _AS.match(text):
        datatype = _decapitalized(match[1], place.types)
        return Place("", (datatype,)), _of_type(datatype), text[match.end() :]
    if match := _IS.match(text):
        return place, _refers_to(match[1]), text[match.end() :]
    if match := _EQUALS.match(text):
        return place, _with_value(match[1], match[2]), text[match.end() :]
    if match := _FIELD.match(text):
        name = match[1]
        for owner in (place.path, *place.types):
            for path in (f"{owner}.{name}", f"{owner}.{name}[x]"):
                if path in elements:
                    seen.add(path)
                    step = _choice if path.endswith("[x]") else _field
                    reached = Place(path, elements[path].types)
                    return reached, step(name, elements[path]), text[match.end() :]
    raise ExpressionUnknown(f"after {place.path or place.types}: {text}")


def _decapitalized(datatype: str, types: tuple[str, ...]) -> str:
    """A type as the element writes it: some expressions say DateTime for dateTime."""
    for known in types:
        if known.lower() == datatype.lower():
            return known
    raise ExpressionUnknown(f"{datatype} is none of {types}")


def _field(name: str, element: Element) -> Step:
    datatype = element.types[0]

    def step(found: list[Found], resource: Resource) -> list[Found]:
        return [
            Found(datatype, value, element.systems)
            for owner in found
            if isinstance(owner.value, Mapping)
            for value in _each(owner.value.get(name))
        ]

    return step


def _choice(name: str, element: Element) -> Step:
    keys = [(f"{name}{datatype[0].upper()}{datatype[1:]}", datatype) for datatype in element.types]

    def step(found: list[Found], resource: Resource) -> list[Found]:
        return [
            Found(datatype, value, element.systems)
            for owner in found
            if isinstance(owner.value, Mapping)
            for key, datatype in keys
            if key in owner.value
            for value in _each(owner.value[key])
        ]

    return step


def _each(value: Any) -> Iterator[Any]:
    """A value's members. A null stands in JSON for an element with an extension but no value."""
    if isinstance(value, list):
        yield from (item for item in value if item is not None)
    elif value is not None:
        yield value


def _of_type(datatype: str) -> Step:
    return lambda found, resource: [item for item in found if item.datatype == datatype]


def _with_value(name: str, value: str) -> Step:
    return lambda found, resource: [
        item for item in found if isinstance(item.value, Mapping) and item.value.get(name) == value
    ]


def _refers_to(resource_type: str) -> Step:
    def step(found: list[Found], resource: Resource) -> list[Found]:
        return [item for item in found if referred_type(item.value, resource) == resource_type]

    return step


def referred_type(reference: Any, resource: Resource) -> str | None:
    """Which type of resource a Reference is to, as far as it says so; None if it does not.

    ``resource`` is where it stands: a reference that begins with # is to one that it contains.
    """
    if not isinstance(reference, Mapping):
        return None
    inner = contained(resource, reference)
    if inner is not None:
        return str(inner.get("resourceType"))
    text = reference.get("reference")
    if isinstance(text, str):
        parts = text.split("/_history/")[0].rsplit("/", 2)
        if len(parts) >= 2 and re.fullmatch(r"[A-Z][A-Za-z]+", parts[-2]):
            return parts[-2]
    named = reference.get("type")
    return named if isinstance(named, str) else None


def contained(resource: Resource, reference: Any) -> Resource | None:
    """The resource within this one to which a Reference is that begins with #; None if to none."""
    text = reference.get("reference") if isinstance(reference, Mapping) else None
    if isinstance(text, str) and text.startswith("#"):
        for inner in _each(resource.get("contained")):
            if isinstance(inner, Mapping) and inner.get("id") == text[1:]:
                return inner
    return None

"""How found resources are put in order, shortened, and which others come along (R4 § 3.1.1.5)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from segel.records.search.moments import span_of
from segel.records.search.parameters import catalogue
from segel.records.search.paths import Found, Resource
from segel.records.search.query import Query
from segel.records.search.results import Include, Results, SortKey, Summary
from segel.records.search.values import Reference, folded, reference, strings, tokens

SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
"""The tag of a resource that is not whole, so that nobody writes it back."""

ALWAYS: Final = frozenset(("resourceType", "id", "meta"))

Tree = Mapping[str, Any]
"""Names to trees of names; an empty one keeps all that is below."""


def shaped(resource: Resource, results: Results) -> Resource:
    """The resource as ``_summary`` or ``_elements`` ask for it; itself where they do not.

    Of a type without a known shape nothing is left out. ``_summary=count`` has no resources.
    """
    shape = catalogue().shapes.get(str(resource.get("resourceType")))
    if shape is None:
        return resource
    if results.elements:
        return _subset(resource, ALWAYS | shape.mandatory | set(results.elements))
    if results.summary is Summary.TEXT:
        return _subset(resource, ALWAYS | shape.mandatory | {"text"})
    if results.summary is Summary.DATA:
        return _subset(resource, {_plain(name) for name in resource} - {"text"})
    if results.summary is Summary.TRUE:
        return _tagged(_pruned(resource, _summary_tree(str(resource["resourceType"]))))
    return resource


def _subset(resource: Resource, names: Iterable[str]) -> Resource:
    kept = frozenset(names)
    return _tagged({key: value for key, value in resource.items() if _plain(key) in kept})


def _plain(key: str) -> str:
    """The element's name. ``_birthDate`` holds the extensions of ``birthDate``."""
    return key.removeprefix("_")


def _tagged(resource: dict[str, Any]) -> Resource:
    meta = resource.get("meta")
    meta = dict(meta) if isinstance(meta, Mapping) else {}
    tags = [tag for tag in meta.get("tag") or () if tag != SUBSETTED]
    return {**resource, "meta": {**meta, "tag": [*tags, SUBSETTED]}}


@cache
def _summary_tree(resource_type: str) -> Tree:
    """The summary elements, and whole those mandatory ones of which it names no part."""
    shape = catalogue().shapes[resource_type]
    tree: dict[str, Any] = {name: {} for name in ALWAYS | shape.mandatory}
    for path in shape.summary:
        branch = tree
        for name in path.split("."):
            branch = branch.setdefault(name, {})
    return tree


def _pruned(owner: Mapping[str, Any], tree: Tree) -> dict[str, Any]:
    kept = {}
    for key, value in owner.items():
        branch = tree.get(_plain(key))
        if branch is not None:
            short = _below(value, branch) if branch else value
            if short not in ({}, []):
                kept[key] = short
    return kept


def _below(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [short for item in value if (short := _below(item, tree)) != {}]
    return _pruned(value, tree) if isinstance(value, Mapping) else value


def in_order(resources: Iterable[Resource], query: Query) -> list[Resource]:
    """Sorted by ``_sort``; equal ones stay as they came, and those without a value come last.

    Of several values an ascending key takes the least, a descending one the greatest.
    """
    ordered = list(resources)
    for key in reversed(query.results.sort):
        valued = [(_sort_value(item, key, query), item) for item in ordered]
        present = [(value, item) for value, item in valued if value is not None]
        present.sort(key=lambda pair: pair[0], reverse=key.descending)
        ordered = [item for _, item in present] + [item for value, item in valued if value is None]
    return ordered


def _sort_value(resource: Resource, key: SortKey, query: Query) -> Any:
    values = [
        value
        for found in key.parameter.values(resource)
        for value in _sort_values(found, key.parameter.type, query)
    ]
    if not values:
        return None
    return max(values) if key.descending else min(values)


def _sort_values(found: Found, kind: str, query: Query) -> Iterator[Any]:
    if kind == "date":
        span = span_of(found.datatype, found.value, query.zone)
        if span is not None:
            yield span
    elif kind == "token":
        for token in tokens(found):
            yield token.plain or "", token.systems[-1] or ""
    else:  # a whole name or address in the order of its parts: the family name first
        text = folded(" ".join(strings(found)))
        if text:
            yield text


def included(query: Query, resources: Sequence[Resource]) -> tuple[Reference, ...]:
    """To which further resources ``_include`` leads from those that were found: fetch them.

    Each once, in the order of their mention, and none of the found ones.
    """
    reached = {
        target: None
        for include in query.results.includes
        for resource in resources
        for target in _targets(include, resource, query.base)
    }
    found = set(map(_place, resources))
    return tuple(target for target in reached if (target.type, target.id) not in found)


def revincluded(
    query: Query, resources: Sequence[Resource], candidates: Iterable[Resource]
) -> list[Resource]:
    """Which of ``candidates`` refer by ``_revinclude`` to one of those that were found.

    ``candidates`` are for example all of the patient's resources; the found ones are left out.
    """
    found = set(map(_place, resources))
    return [
        candidate
        for candidate in candidates
        if _place(candidate) not in found
        and any(
            (target.type, target.id) in found
            for include in query.results.revincludes
            for target in _targets(include, candidate, query.base)
        )
    ]


def _place(resource: Resource) -> tuple[Any, Any]:
    return resource.get("resourceType"), resource.get("id")


def _targets(include: Include, resource: Resource, base: str) -> Iterator[Reference]:
    if resource.get("resourceType") != include.source:
        return
    for parameter in include.parameters():
        for found in parameter.values(resource):
            target = reference(found, base)
            if (
                target is not None
                and target.type in parameter.targets
                and include.target in ("", target.type)
            ):
                yield target

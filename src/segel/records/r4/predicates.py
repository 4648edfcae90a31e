"""What R4's invariants say of an element, as predicates over its JSON.

They run on an element only after its form was found right, so they need not ask what it is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from segel.records.r4.moments import surely_after

Node = dict[str, Any]

UCUM: Final = "http://unitsofmeasure.org"


@dataclass(slots=True)
class Scope:
    """The resource that an element stands in, with what was seen while it was walked.

    ``fragments`` are the ``#id`` that it refers to; ``bound`` the places in ``contained`` of those
    that refer back to it with ``#``.
    """

    resource: Node
    fragments: set[str] = field(default_factory=set)
    bound: set[int] = field(default_factory=set)


Holds = Callable[[Node, Scope], bool]


def has(node: Node, *names: str) -> bool:
    """Whether one of these is there, be it as an extension in place of a value only."""
    return any(name in node or f"_{name}" in node for name in names)


def has_choice(node: Node, stem: str) -> bool:
    """Whether one of a choice's types is there, such as ``valueString`` of ``value[x]``."""
    start = len(stem)
    return any(
        key.startswith(stem) and key[start : start + 1].isupper()
        for key in (name.removeprefix("_") for name in node)
    )


def items(node: Node, name: str) -> Iterator[Node]:
    yield from (item for item in node.get(name, ()) if isinstance(item, dict))


def needs(name: str, *others: str) -> Holds:
    return lambda node, _: not has(node, name) or has(node, *others)


def one_of(*names: str) -> Holds:
    return lambda node, _: has(node, *names)


def not_both(one: str, other: str) -> Holds:
    return lambda node, _: not (has(node, one) and has(node, other))


def exactly_one(one: str, other: str) -> Holds:
    return lambda node, _: has(node, one) != has(node, other)


def in_ucum(node: Node) -> bool:
    return not has(node, "system") or node.get("system") == UCUM


def age(node: Node, _: Scope) -> bool:
    above_zero = "value" not in node or node["value"] > 0
    return (has(node, "code") or not has(node, "value")) and in_ucum(node) and above_zero


def count(node: Node, _: Scope) -> bool:
    return (
        (has(node, "code") or not has(node, "value"))
        and in_ucum(node)
        and (not has(node, "code") or node.get("code") == "1")
        and ("value" not in node or is_whole(node["value"]))
    )


def is_whole(number: int | Decimal) -> bool:
    """Whether it was written without decimals: 1.0 was not."""
    return isinstance(number, int) or int(number.as_tuple().exponent) >= 0


def duration(node: Node, _: Scope) -> bool:
    return not has(node, "code") or (node.get("system") == UCUM and has(node, "value"))


def document_begins_with(kind: str, first: str) -> Holds:
    def holds(node: Node, _: Scope) -> bool:
        if node.get("type") != kind:
            return True
        entry = next(items(node, "entry"), {})
        return bool(entry.get("resource", {}).get("resourceType") == first)

    return holds


def entries_have(name: str, *kinds: str) -> Holds:
    def holds(node: Node, _: Scope) -> bool:
        wanted = node.get("type") in kinds
        return all(has(entry, name) == wanted for entry in items(node, "entry"))

    return holds


def entries_differ(node: Node, _: Scope) -> bool:
    if node.get("type") == "history":
        return True
    seen = [
        entry["fullUrl"] + entry.get("resource", {}).get("meta", {}).get("versionId", "")
        for entry in items(node, "entry")
        if "fullUrl" in entry
    ]
    return len(seen) == len(set(seen))


def contained_is_used(node: Node, scope: Scope) -> bool:
    return all(
        index in scope.bound or ("id" in inner and f"#{inner['id']}" in scope.fragments)
        for index, inner in enumerate(items(node, "contained"))
    )


def no_contained_has(*names: str) -> Holds:
    return lambda node, _: (
        not any(has(inner.get("meta", {}), *names) for inner in items(node, "contained"))
    )


def codings(concept: Node) -> set[tuple[tuple[str, str], ...]]:
    return {
        tuple(sorted((key, str(value)) for key, value in coding.items()))
        for coding in items(concept, "coding")
    }


def code_not_in_components(node: Node, _: Scope) -> bool:
    if not has_choice(node, "value"):
        return True
    own = codings(node["code"])
    return not any(own & codings(part["code"]) for part in items(node, "component"))


def consent_has_patient(code: str) -> Holds:
    # R4 does say "something" for the system, so these four seldom apply.
    return lambda node, _: (
        has(node, "patient")
        or not any(
            (coding.get("system"), coding.get("code")) == ("something", code)
            for coding in items(node.get("scope", {}), "coding")
        )
    )


def not_at_home(node: Node, _: Scope) -> bool:
    return node.get("use") != "home"


def period(node: Node, _: Scope) -> bool:
    return not ("start" in node and "end" in node and surely_after(node["start"], node["end"]))


def low_to_high(node: Node, _: Scope) -> bool:
    low, high = node.get("low", {}), node.get("high", {})
    same_unit = all(low.get(name) == high.get(name) for name in ("system", "code", "unit"))
    return not (same_unit and "value" in low and "value" in high and low["value"] > high["value"])


def ratio(node: Node, _: Scope) -> bool:
    both_or_none = has(node, "numerator") == has(node, "denominator")
    return both_or_none and has(node, "numerator", "extension")


def parameter(node: Node, _: Scope) -> bool:
    value, resource = has_choice(node, "value"), has(node, "resource")
    return not (value or resource) if has(node, "part") else value != resource


def not_negative(name: str) -> Holds:
    return lambda node, _: name not in node or node[name] >= 0


def offset_of_event(node: Node, _: Scope) -> bool:
    meals = {"C", "CM", "CD", "CV"}
    return not has(node, "offset") or (has(node, "when") and not meals & set(node.get("when", ())))


def trigger(node: Node, _: Scope) -> bool:
    kind = node.get("type", "")
    return (
        (kind != "named-event" or has(node, "name"))
        and (kind != "periodic" or has_choice(node, "timing"))
        and (not kind.startswith("data-") or has(node, "data"))
    )


def bundle_total(node: Node, _: Scope) -> bool:
    return not has(node, "total") or node.get("type") in ("searchset", "history")


def bundle_search(node: Node, _: Scope) -> bool:
    return node.get("type") == "searchset" or not any(
        has(entry, "search") for entry in items(node, "entry")
    )


def bundle_identifier(node: Node, _: Scope) -> bool:
    named = node.get("identifier", {})
    return node.get("type") != "document" or (has(named, "system") and has(named, "value"))

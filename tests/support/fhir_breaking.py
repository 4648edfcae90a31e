"""Resources that were valid until one thing was broken, in each of many ways.

A way looks for places where it applies and breaks one of them. ``Broken.path`` is where it did, as
a FHIRPath; a validator says so there, or at the element that the place is in.
"""

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from segel.records.r4 import Shape, Slot, definitions
from support.fhir_generator import resources

Node = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A property of an object somewhere in a resource."""

    path: str
    node: Node
    key: str
    slot: Slot

    @property
    def value(self) -> Any:
        return self.node[self.key]

    def set(self, value: Any) -> str:
        """Put ``value`` there, or first in the list that is there; the path of it."""
        if self.slot.element.is_list:
            self.node[self.key][0] = value
            return f"{self.path}[0]"
        self.node[self.key] = value
        return self.path


@dataclass(frozen=True)
class Broken:
    way: str
    path: str
    resource: Node


def places(node: Node, shape: Shape, path: str) -> Iterator[Place]:
    for key, value in node.items():
        slot = shape.slots.get(key)
        if slot is None:
            continue
        here = f"{path}.{key}"
        yield Place(here, node, key, slot)
        values = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, item in values:
            inner = slot.shape
            if slot.type == "Resource" and isinstance(item, dict):
                inner = definitions().shapes.get(item.get("resourceType", ""))
            if inner is not None and isinstance(item, dict):
                yield from places(item, inner, here if index is None else f"{here}[{index}]")


def broken(name: str, count: int, seed: int) -> Iterator[Broken]:
    """``count`` broken resources of this type, the ways taking turns."""
    found = 0
    for number in range(count * 20):
        if found == count:
            return
        chance = random.Random(f"{name} {seed} {number}")
        resource = copy.deepcopy(next(iter(resources(name, 1, seed * 1_000_003 + number))))
        way = list(WAYS)[number % len(WAYS)]
        sites = list(places(resource, definitions().shapes[name], name))
        path = WAYS[way](resource, sites, chance)
        if path is not None:
            found += 1
            yield Broken(way, path, resource)
    assert found == count, f"{name} has too few places to break"


Way = Callable[[Node, list[Place], random.Random], str | None]


def _value(of: Callable[[Slot], bool], wrong: Any) -> Way:
    """Put a wrong value in where the slot is as ``of`` says."""

    def way(_: Node, sites: list[Place], chance: random.Random) -> str | None:
        fitting = [site for site in sites if of(site.slot)]
        if not fitting:
            return None
        site = chance.choice(fitting)
        site.node.pop(f"_{site.key}", None)
        if site.slot.element.is_list:
            site.node[site.key] = [site.value[0]]
        return site.set(copy.deepcopy(wrong))

    return way


def _typed(*types: str) -> Callable[[Slot], bool]:
    return lambda slot: slot.type in types and slot.element.path != "Extension.url"


def _coded(slot: Slot) -> bool:
    return slot.element.codes is not None


def _object(slot: Slot) -> bool:
    return slot.shape is not None


def _unknown(resource: Node, sites: list[Place], chance: random.Random) -> str:
    objects = [site for site in sites if _object(site.slot)]
    if not objects or chance.random() < 0.3:
        resource["tidakDikenal"] = "x"
        return str(resource["resourceType"])
    site = chance.choice(objects)
    node = site.value[0] if site.slot.element.is_list else site.value
    node["tidakDikenal"] = "x"
    return site.path + ("[0]" if site.slot.element.is_list else "")


def _required(_: Node, sites: list[Place], chance: random.Random) -> str | None:
    needed = [site for site in sites if site.slot.element.min]
    if not needed:
        return None
    site = chance.choice(needed)
    site.node.pop(site.key)
    site.node.pop(f"_{site.key}", None)
    return site.path.rpartition(".")[0]


def _single_as_list(_: Node, sites: list[Place], chance: random.Random) -> str | None:
    single = [site for site in sites if not site.slot.element.is_list]
    if not single:
        return None
    site = chance.choice(single)
    site.node[site.key] = [site.value]
    return site.path


def _list_as_single(_: Node, sites: list[Place], chance: random.Random) -> str | None:
    lists = [site for site in sites if site.slot.element.is_list and site.value[0] is not None]
    if not lists:
        return None
    site = chance.choice(lists)
    site.node[site.key] = site.value[0]
    return site.path


def _empty_list(_: Node, sites: list[Place], chance: random.Random) -> str | None:
    lists = [site for site in sites if site.slot.element.is_list]
    if not lists:
        return None
    site = chance.choice(lists)
    site.node.pop(f"_{site.key}", None)
    site.node[site.key] = []
    return site.path


def _two_types(_: Node, sites: list[Place], chance: random.Random) -> str | None:
    choices = [site for site in sites if site.slot.element.name.endswith("[x]")]
    if not choices:
        return None
    site = chance.choice(choices)
    stem = site.slot.element.name.removesuffix("[x]")
    shape = definitions().shapes[site.slot.element.path.rpartition(".")[0]]
    others = {f"{stem}String": "x", f"{stem}DateTime": "2026", f"{stem}Boolean": True}
    others |= {f"{stem}Period": {"start": "2026"}, f"{stem}Reference": {"display": "x"}}
    others |= {f"{stem}Range": {"low": {"value": 1}}, f"{stem}Uri": "urn:x"}
    fitting = [key for key in others if key in shape.slots and key != site.key]
    if not fitting:
        return None
    site.node[fitting[0]] = others[fitting[0]]
    return site.path.rpartition(".")[0]


def _extension_of_nothing(resource: Node, _: list[Place], __: random.Random) -> str | None:
    name = resource["resourceType"]
    if "extension" not in definitions().shapes[name].slots:
        return None
    resource["extension"] = [{"url": "https://rs.example/x"}]
    return f"{name}.extension[0]"


def _sibling_too_long(_: Node, sites: list[Place], chance: random.Random) -> str | None:
    lists = [site for site in sites if site.slot.element.is_list and site.slot.shape is None]
    lists = [site for site in lists if site.slot.type != "Resource"]
    if not lists:
        return None
    site = chance.choice(lists)
    site.node[f"_{site.key}"] = [None] * len(site.value) + [{"id": "x"}]
    return site.path


def _meta_of_no_instant(resource: Node, _: list[Place], __: random.Random) -> str:
    resource["meta"] = {"lastUpdated": "2026-03-01"}
    return f"{resource['resourceType']}.meta.lastUpdated"


def _two_periods(start: str, end: str) -> Any:
    return {"start": start, "end": end}


_LOOSE = '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</div>'

WAYS: dict[str, Way] = {
    "unknown element": _unknown,
    "required left out": _required,
    "single as list": _single_as_list,
    "list as single": _list_as_single,
    "empty list": _empty_list,
    "empty object": _value(_object, {}),
    "text for an object": _value(_object, "x"),
    "null": _value(lambda slot: slot.shape is None and slot.type != "Resource", None),
    "empty string": _value(_typed("string", "code", "uri", "date", "dateTime"), ""),
    "control character": _value(_typed("string", "markdown"), "a\x01b"),
    "number for a string": _value(_typed("string", "code", "uri", "dateTime"), 12),
    "string for a boolean": _value(_typed("boolean"), "true"),
    "string for a number": _value(_typed("decimal", "integer", "positiveInt"), "1"),
    "zero for a positive": _value(_typed("positiveInt"), 0),
    "code not required": _value(_coded, "bukan-kode"),
    "white space in a code": _value(_typed("code"), " x "),
    "month thirteen": _value(_typed("date", "dateTime"), "2026-13-01"),
    "day that is not": _value(_typed("date", "dateTime"), "2026-02-30"),
    "instant without time": _meta_of_no_instant,
    "base64 that is not": _value(_typed("base64Binary"), "a*b="),
    "id with a slash": _value(lambda slot: slot.type == "id", "a/b"),
    "two types of a choice": _two_types,
    "extension of nothing": _extension_of_nothing,
    "siblings too long": _sibling_too_long,
    "period backwards": _value(_typed("Period"), _two_periods("2026-02-02", "2026-02-01")),
    "range backwards": _value(_typed("Range"), {"low": {"value": 2}, "high": {"value": 1}}),
    "unit without system": _value(_typed("Quantity"), {"value": 1, "code": "mg"}),
    "reference of no form": _value(_typed("Reference"), {"reference": "tidak ada"}),
    "reference to another type": _value(
        lambda slot: bool(slot.element.targets), {"reference": "Slot/1"}
    ),
    "reference to nothing contained": _value(_typed("Reference"), {"reference": "#tidak-ada"}),
    "narrative not well-formed": _value(_typed("Narrative"), {"status": "empty", "div": _LOOSE}),
}
"""What can be done to a resource, by its name."""

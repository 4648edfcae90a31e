"""Whether a resource is one of R4: its form, its codes, its references and its invariants.

One walk over the resource beside the table of definitions. It goes on after a fault, so that a
sender learns of many at once; the invariants of an element are looked at when its form is right.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from segel.records.r4.definitions import TYPES, Element, Shape, Slot, definitions
from segel.records.r4.errors import Issue, ResourceInvalid
from segel.records.r4.invariants import ELSEWHERE, INVARIANTS
from segel.records.r4.parsing import DEPTH_MAX, NODES_MAX
from segel.records.r4.predicates import Node, Scope, has, has_choice
from segel.records.r4.primitives import RULES
from segel.records.r4.references import Around, reference_fault, type_fault

ISSUES_MAX: Final = 50
"""Enough to mend a resource by; the rest are mostly the same fault again."""

CODES_NAMED_MAX: Final = 12
"""A reason lists the codes to choose from where a person can still read the list."""

_PLAIN_NAME: Final = re.compile(r"[A-Za-z]{1,40}")
"""A name that nobody knows is repeated only if it looks like a slip in writing an element's."""

_LINKS: Final = frozenset({"uri", "url", "canonical"})
_UNEXTENDED: Final = frozenset({"Extension.url", "Narrative.div"})


class _Enough(Exception):
    """There is no use in looking further."""


def validate(resource: dict[str, Any]) -> None:
    """Raises ResourceInvalid unless this, as ``decode`` gives it, is a valid resource of R4."""
    walk = _Walk()
    with suppress(_Enough):
        walk.resource(resource)
    if walk.issues:
        raise ResourceInvalid(tuple(walk.issues))


class _Frame:
    """The resource that is being walked, and what its references are read by."""

    def __init__(self, resource: Node, outer: "_Frame | None", *, in_transaction: bool) -> None:
        contained = outer.around.contained if outer else _types_by_id(resource.get("contained"))
        self.around: Around = Around(contained, outer is not None, in_transaction)
        self.scope: Scope = Scope(resource)


class _Walk:
    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self._place: list[str | int] = []
        self._depth = 0
        self._nodes = 0
        self._definitions = definitions()

    def resource(
        self, value: object, outer: _Frame | None = None, *, in_transaction: bool = False
    ) -> None:
        """A resource, contained in ``outer`` if that is given."""
        name = value.get("resourceType") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(name, str):
            self._add("structure", "A resource is an object with a resourceType.")
            return
        if not self._place:
            self._place.append(name if name in TYPES else "Resource")
        if name not in TYPES:
            known = name in self._definitions.resource_types
            self._add(
                "not-supported" if known else "structure",
                "This type of resource is not kept here."
                if known
                else "The resourceType is not one of R4.",
            )
            return
        frame = _Frame(value, outer, in_transaction=in_transaction)
        self._object(value, self._definitions.shapes[name], frame)
        if outer is not None:
            outer.scope.fragments |= frame.scope.fragments
            if "#" in frame.scope.fragments:
                outer.scope.bound.add(_last_index(self._place))

    def _object(self, value: object, shape: Shape, frame: _Frame) -> None:
        if not isinstance(value, dict):
            self._add("structure", "This element is an object.")
            return
        known_faults = len(self.issues)
        with self._deeper():
            seen = self._properties(value, shape, frame)
        is_resource = value is frame.scope.resource
        if not is_resource and not value.keys() - {"id"}:
            self._add("invariant", "ele-1: Leave an element out if there is nothing in it.")
        for element in shape.elements:
            if element.min and element.path not in seen:
                self._add("required", f"R4 requires {element.name} here.")
        if len(self.issues) == known_faults:
            if shape.path == "Extension" and has(value, "extension") == has_choice(value, "value"):
                self._add("invariant", "ext-1: Give an extension either a value or extensions.")
            self._hold(shape.invariants, value, frame)

    def _properties(self, value: Node, shape: Shape, frame: _Frame) -> dict[str, str]:
        """Walk each property; the elements that are there, with the name that each goes by."""
        seen: dict[str, str] = {}
        for key, content in value.items():
            name = key.removeprefix("_") if isinstance(key, str) else ""
            slot = shape.slots.get(name)
            if slot is None or (name != key and not _can_be_extended(slot)):
                if key != "resourceType" or value is not frame.scope.resource:
                    self._unknown(key)
                continue
            element = slot.element
            if seen.setdefault(element.path, name) != name:
                self._add("structure", f"Give {element.name} in one of its types only.")
            self._place.append(name)
            if element.max == 0:
                self._add("structure", "R4 leaves this element out here.")
            elif name != key:
                self._siblings(content, value.get(name), element, frame)
            else:
                self._property(content, value.get(f"_{name}"), slot, frame)
            self._place.pop()
        return seen

    def _property(self, content: object, sibling: object, slot: Slot, frame: _Frame) -> None:
        element = slot.element
        if not element.is_list:
            if isinstance(content, list):
                self._add("structure", "This element does not repeat. Write it without an array.")
            else:
                self._value(content, slot, frame)
            return
        if not isinstance(content, list) or not content:
            self._add("structure", "This element repeats. Write an array with something in it.")
            return
        if element.max is not None and len(content) > element.max:
            self._add("structure", f"This element repeats at most {element.max} times.")
        for index, item in enumerate(content):
            if item is None and slot.shape is None and _at(sibling, index):
                continue
            self._place.append(index)
            self._value(item, slot, frame)
            self._place.pop()

    def _siblings(self, content: object, values: object, element: Element, frame: _Frame) -> None:
        """``_name`` beside a primitive ``name``: ids and extensions of its values."""
        if not element.is_list:
            self._object(content, self._definitions.extended, frame)
            return
        aligned = values is None or (
            isinstance(values, list) and isinstance(content, list) and len(values) == len(content)
        )
        if not isinstance(content, list) or not content or not aligned:
            self._add(
                "structure",
                "Write an array as long as that of the values, with null between.",
            )
            return
        if all(item is None for item in content):
            self._add("structure", "Leave out an array that has nothing but null.")
        for index, item in enumerate(content):
            if item is not None or (values is None):
                self._place.append(index)
                self._object(item, self._definitions.extended, frame)
                self._place.pop()

    def _value(self, value: object, slot: Slot, frame: _Frame) -> None:
        self._count()
        if slot.type == "Resource":
            self._inner_resource(value, slot.element, frame)
        elif slot.shape is None:
            self._primitive(value, slot, frame)
        else:
            known_faults = len(self.issues)
            self._object(value, slot.shape, frame)
            if len(self.issues) == known_faults and isinstance(value, dict):
                if slot.shape.path != slot.element.path:
                    self._hold(slot.element.invariants, value, frame)
                if slot.type == "Reference":
                    self._reference(value, slot.element, frame)

    def _inner_resource(self, value: object, element: Element, frame: _Frame) -> None:
        if element.name == "contained":
            self.resource(value, frame, in_transaction=frame.around.in_transaction)
        else:
            self.resource(value, in_transaction=frame.scope.resource.get("type") == "transaction")

    def _primitive(self, value: object, slot: Slot, frame: _Frame) -> None:
        reason = RULES[slot.type](value)
        if reason is not None:
            self._add("value", reason)
            return
        if slot.element.codes is not None and value not in slot.element.codes:
            named = ", ".join(sorted(slot.element.codes))
            few = len(slot.element.codes) <= CODES_NAMED_MAX
            self._add(
                "code-invalid",
                f"R4 requires one of: {named}." if few else "R4 requires a code of its value set.",
            )
        if slot.type in _LINKS and isinstance(value, str) and value.startswith("#"):
            frame.scope.fragments.add(value)

    def _reference(self, value: Node, element: Element, frame: _Frame) -> None:
        text, name = value.get("reference"), value.get("type")
        fault = None
        if text is not None:
            fault = reference_fault(text, element, frame.around)
            if text.startswith("#"):
                frame.scope.fragments.add(text)
        if fault is None and name is not None:
            fault = type_fault(name, element)
        if fault is not None:
            self._add(*fault)

    def _hold(self, keys: tuple[str, ...], value: Node, frame: _Frame) -> None:
        for key in keys:
            if key not in ELSEWHERE and not INVARIANTS[key].holds(value, frame.scope):
                self._add("invariant", f"{key}: {INVARIANTS[key].remedy}")

    def _unknown(self, key: object) -> None:
        plain = isinstance(key, str) and _PLAIN_NAME.fullmatch(key)
        what = f"R4 knows no {key} here." if plain else "There is an element that R4 does not know."
        self._add("structure", f"{what} Leave it out, or write it as an extension.")

    def _add(self, code: str, reason: str) -> None:
        self.issues.append(Issue("error", code, _expression(self._place), reason))
        if len(self.issues) >= ISSUES_MAX:
            raise _Enough

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            self._add("too-costly", f"A resource has at most {NODES_MAX} values.")
            raise _Enough

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._add("too-costly", f"A resource nests at most {DEPTH_MAX} levels.")
            raise _Enough
        yield
        self._depth -= 1


def _can_be_extended(slot: Slot) -> bool:
    path = slot.element.path
    is_primitive = slot.shape is None and slot.type != "Resource"
    return is_primitive and path not in _UNEXTENDED and slot.element.name != "id"


def _types_by_id(contained: object) -> dict[str, str]:
    return {
        inner["id"]: inner["resourceType"]
        for inner in (contained if isinstance(contained, list) else ())
        if isinstance(inner, dict)
        and isinstance(inner.get("id"), str)
        and isinstance(inner.get("resourceType"), str)
    }


def _at(sibling: object, index: int) -> object:
    return sibling[index] if isinstance(sibling, list) and index < len(sibling) else None


def _last_index(place: list[str | int]) -> int:
    return next(part for part in reversed(place) if isinstance(part, int))


def _expression(place: list[str | int]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".") or "Resource"

"""The form of Reference.reference and what it may lead to (R4 § 2.3.0.1, ref-1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from segel.records.r4.definitions import Element, definitions

_RELATIVE: Final = re.compile(
    r"(?P<type>[A-Z][A-Za-z]{1,63})/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#\S*)?"
)
_CONDITIONAL: Final = re.compile(r"(?P<type>[A-Z][A-Za-z]{1,63})\?\S+")
_ABSOLUTE: Final = re.compile(r"https?://[^\s/?#]+\S*|urn:oid:[0-2](?:\.[0-9]+)++")
_RESTFUL: Final = re.compile(
    r"https?://\S+?/(?P<type>[A-Z][A-Za-z]{1,63})/[A-Za-z0-9\-.]{1,64}"
    r"(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)
_UUID: Final = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_FORM: Final = (
    "A reference is Type/id with a type of R4, an absolute http or https URL, urn:uuid: with a UUID"
    " in small letters, urn:oid:, or # and the id of a contained resource."
)
_REFERENCE_LENGTH_MAX: Final = 2_048
"""What servers and proxies take as a URL."""


@dataclass(frozen=True, slots=True)
class Around:
    """Where a reference stands: what its outermost resource contains (type by id), whether it is
    itself contained there, and whether a transaction resolves it."""

    contained: Mapping[str, str]
    is_contained: bool
    in_transaction: bool


def reference_fault(text: str, element: Element, around: Around) -> tuple[str, str] | None:
    """The code and the reason of what is wrong with a reference, or nothing."""
    if len(text) > _REFERENCE_LENGTH_MAX:
        return "value", f"A reference has at most {_REFERENCE_LENGTH_MAX} characters."
    if text.startswith("#"):
        return _contained_fault(text[1:], element, around)
    match = _RELATIVE.fullmatch(text)
    if match is None and around.in_transaction:
        match = _CONDITIONAL.fullmatch(text)
    if match is not None:
        if match["type"] not in definitions().resource_types:
            return "value", _FORM
        return _target_fault(match["type"], element)
    if _UUID.fullmatch(text):
        return None
    if not _ABSOLUTE.fullmatch(text):
        return "value", _FORM
    match = _RESTFUL.fullmatch(text)
    if match is not None and match["type"] in definitions().resource_types:
        return _target_fault(match["type"], element)
    return None


def type_fault(name: str, element: Element) -> tuple[str, str] | None:
    """The same for Reference.type, which may also be the URL of a logical model."""
    return _target_fault(name, element) if name in definitions().resource_types else None


def _contained_fault(ident: str, element: Element, around: Around) -> tuple[str, str] | None:
    if not ident and around.is_contained:
        return None
    if ident not in around.contained:
        return "invariant", "ref-1: Contain the resource that # refers to, with that id."
    return _target_fault(around.contained[ident], element)


def _target_fault(name: str, element: Element) -> tuple[str, str] | None:
    if not element.targets or name in element.targets:
        return None
    allowed = ", ".join(sorted(element.targets))
    return "value", f"A reference here leads to one of: {allowed}."

"""FHIR R4 (4.0.1) resources in JSON: read, checked, written. Pure; it stores and sends nothing.

``decode`` makes a resource of bytes and ``encode`` bytes of a resource, digit for digit;
``validate`` raises unless it is one of R4, with issues that say where and why and quote nothing.
``definitions`` is the standard's own table of the types in ``TYPES`` and of what they are made of.
"""

from segel.records.r4.definitions import TYPES, Definitions, Element, Shape, Slot, definitions
from segel.records.r4.errors import Issue, ResourceInvalid, ResourceUnreadable
from segel.records.r4.parsing import decode, encode
from segel.records.r4.validation import validate

__all__ = [
    "TYPES",
    "Definitions",
    "Element",
    "Issue",
    "ResourceInvalid",
    "ResourceUnreadable",
    "Shape",
    "Slot",
    "decode",
    "definitions",
    "encode",
    "validate",
]

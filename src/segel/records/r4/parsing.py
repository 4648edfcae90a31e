"""JSON in and out, with every number as it was written (R4 § 2.6.1, RFC 8259).

FHIR's decimals carry their precision: 1.00 is not 1.0. So a number with a point or an exponent
becomes ``Decimal``, a whole number ``int``, and both are written back with the same digits.
"""

import json
import re
from decimal import Decimal
from typing import Any, Final, Never

import msgspec

from segel.records.r4.errors import ResourceUnreadable

BODY_BYTES_MAX: Final = 16 * 1024 * 1024
"""A document or a signed report inside a resource; images come by DICOM."""

DEPTH_MAX: Final = 64
"""Resources seldom go below 12; recursion here and at every reader stays far from its limit."""

NODES_MAX: Final = 200_000
"""Values in a body: a Bundle of some thousand resources, and about 50 MB of objects at most."""

NUMBER_LENGTH_MAX: Final = 40
"""R4 asks for 18 digits of precision. Longer ones cost more than they say."""

EXPONENT_MAX: Final = 100
"""Beyond any quantity in medicine, and far below where a comparison becomes expensive."""

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A string, or what is left of the body after one that never ends: so each byte is read once."""

_NOT_STRUCTURE: Final = bytes(set(range(256)) - set(b"[]{},"))
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WHOLE_DIGITS_MAX: Final = 18
"""What always fits into 64 bits; longer whole numbers are kept as Decimal."""


def decode(body: bytes) -> dict[str, Any]:
    """The resource in ``body``: UTF-8, one object, no name twice. Raises ResourceUnreadable."""
    if len(body) > BODY_BYTES_MAX:
        raise ResourceUnreadable(
            f"A resource has at most {BODY_BYTES_MAX} bytes.",
            remedy="Send attachments as resources of their own.",
        )
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ResourceUnreadable("The body is not UTF-8.", position=error.start) from None
    _bound(body)
    try:
        resource = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ResourceUnreadable("The body is not JSON.", position=error.pos) from None
    if not isinstance(resource, dict):
        raise ResourceUnreadable("A resource is a JSON object.", position=0)
    if "\\u" in text:
        _refuse_surrogates(resource)
    return resource


def encode(resource: dict[str, Any]) -> bytes:
    """The resource as JSON, its numbers with the digits that they were read with."""
    return _ENCODER.encode(resource)


def _bound(body: bytes) -> None:
    """Refuse what is too deep or too much before it is parsed, by its brackets and commas."""
    structure = _STRING.sub(b"", body).translate(None, _NOT_STRUCTURE)
    if structure.count(b",") + structure.count(b"[") + structure.count(b"{") > NODES_MAX:
        raise ResourceUnreadable(
            f"A resource has at most {NODES_MAX} values.", remedy="Split the Bundle."
        )
    depth = 0
    for mark in structure.replace(b",", b""):
        depth += 1 if mark in b"[{" else -1
        if depth > DEPTH_MAX:
            raise ResourceUnreadable(f"A resource nests at most {DEPTH_MAX} levels.")


def _refuse_surrogates(value: Any) -> None:
    """Half a character, written as an escape, is nothing that UTF-8 can carry back."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and _SURROGATE.search(value):
            raise ResourceUnreadable("An escape in a string is half of a surrogate pair.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ResourceUnreadable(
            "An object has a name twice.", remedy="Put repeating elements into one array."
        )
    return made


def _whole(text: str) -> int | Decimal:
    digits = len(text.removeprefix("-"))
    # Zero has a sign for Decimal only.
    return int(text) if digits <= _WHOLE_DIGITS_MAX and text != "-0" else _decimal(text)


def _decimal(text: str) -> Decimal:
    exponent = text.lower().partition("e")[2]
    if len(text) > NUMBER_LENGTH_MAX or (exponent and abs(int(exponent)) > EXPONENT_MAX):
        raise ResourceUnreadable(
            f"A number has at most {NUMBER_LENGTH_MAX} characters,"
            f" and an exponent of at most {EXPONENT_MAX}."
        )
    return Decimal(text)


def _refuse_constant(_: str) -> Never:
    raise ResourceUnreadable("NaN and Infinity are not numbers in JSON.")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=_decimal,
    parse_int=_whole,
    parse_constant=_refuse_constant,
)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")

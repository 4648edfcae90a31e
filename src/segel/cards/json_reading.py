"""JSON from strangers: one object, without duplicate keys, nested no deeper than is sensible."""

import json
import re
from typing import Any, Final

import msgspec

from segel.cards.errors import CardRefused
from segel.cards.reasons import Reason

DEPTH_MAX: Final = 32
"""A card's bundle nests to twelve."""
_STRINGS: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SPACE: Final = re.compile(r"\s")
_NUMBER_DIGITS_MAX: Final = 64
_LONG_NUMBER: Final = re.compile(rf"\d{{{_NUMBER_DIGITS_MAX},}}", re.ASCII)


class _Duplicate(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Duplicate
    return made


def _constant(_: str) -> Any:
    raise ValueError  # NaN and Infinity are not JSON


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def read_object(
    data: bytes, *, minified: bool = False, depth_max: int = DEPTH_MAX
) -> dict[str, Any]:
    """The object that ``data`` is; ``minified``: without any optional space. Raises CardRefused."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise CardRefused(Reason.PAYLOAD_BOM)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise CardRefused(Reason.PAYLOAD_NOT_JSON) from None
    outside = _STRINGS.sub("", text)
    if _depth(outside) > depth_max:
        raise CardRefused(Reason.PAYLOAD_TOO_DEEP)
    if _LONG_NUMBER.search(outside):
        raise CardRefused(Reason.PAYLOAD_NOT_JSON)
    try:
        found = _DECODER.decode(text)
        if "\\u" in text:
            require_whole_characters(found)
    except _Duplicate:
        raise CardRefused(Reason.PAYLOAD_DUPLICATE_KEY) from None
    except ValueError:
        raise CardRefused(Reason.PAYLOAD_NOT_JSON) from None
    if not isinstance(found, dict):
        raise CardRefused(Reason.PAYLOAD_NOT_JSON)
    if minified and _SPACE.search(outside):
        raise CardRefused(Reason.PAYLOAD_NOT_MINIFIED)
    return found


def require_whole_characters(value: Any) -> None:
    """Raise ValueError where a text of parsed JSON has half of a surrogate pair: as an escape it is
    JSON's, but nothing that UTF-8 can carry."""
    json.dumps(value, ensure_ascii=False).encode()


def _depth(outside_strings: str) -> int:
    deepest = now = 0
    for character in outside_strings:
        if character in "{[":
            now += 1
            deepest = max(deepest, now)
        elif character in "}]":
            now -= 1
    return deepest


def place_of(error: msgspec.ValidationError) -> str:
    """The path that msgspec names, without the value that may stand in its words."""
    words = str(error)
    _, found, path = words.rpartition(" - at `$")
    if found:
        return path.rstrip("`").lstrip(".")
    _, found, name = words.partition("missing required field `")
    return name.partition("`")[0] if found else ""

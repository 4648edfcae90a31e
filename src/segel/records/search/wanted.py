"""What a search value asks for, by the type of its parameter, parsed once.

    token      code, system|code, |code, system|
    reference  id, Type/id, absolute address
    string     text
    date       prefix and date
    quantity   prefix and number, number|system|code, number||code
    number     prefix and number
    uri        address
    composite  value$value

With ``:missing`` each asks true or false. See FHIR R4 § 3.1.1.4.4 (modifiers), .5 (prefixes) and
the sections of the types behind it.
"""

import re
from dataclasses import dataclass, field
from datetime import timezone
from typing import Final

from segel.records.search.amounts import Number, parse_number
from segel.records.search.escapes import split, unescaped
from segel.records.search.moments import Span, parse_span
from segel.records.search.parameters import Parameter
from segel.records.search.values import Reference, folded, parse_reference

PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

MISSING: Final = "missing"
NOT: Final = "not"
TEXT: Final = "text"
EXACT: Final = "exact"
CONTAINS: Final = "contains"
IDENTIFIER: Final = "identifier"

MODIFIERS: Final = {
    "token": frozenset((MISSING, NOT, TEXT)),
    "reference": frozenset((MISSING, IDENTIFIER)),
    "string": frozenset((MISSING, EXACT, CONTAINS)),
    "date": frozenset((MISSING,)),
    "quantity": frozenset((MISSING,)),
    "number": frozenset((MISSING,)),
    "uri": frozenset((MISSING,)),
    "composite": frozenset[str](),
}
"""Which modifiers each type of parameter has here. A reference may also have a type for one."""

FORMS: Final = {
    "token": "code, system|code, |code or system|",
    "reference": "an id, Type/id or an absolute address",
    "string": "a text",
    "date": "a date as 2024, 2024-01, 2024-01-31 or 2024-01-31T09:30:00+07:00, perhaps with a "
    "prefix as ge before it",
    "quantity": "a number, number|system|code or number||code, perhaps with a prefix before it",
    "number": "a number, perhaps with a prefix as ge before it",
    "uri": "an absolute address",
    "composite": "as many values as it has components, parted by $",
}
"""What a value of each type looks like; for remedies."""

_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_PREFIX: Final = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)


class ValueInvalid(ValueError):
    """The value is none of its type. It says nothing more, as the value is not to be quoted."""


@dataclass(frozen=True, slots=True, repr=False)
class MissingWanted:
    """Whether the element is to be absent."""

    missing: bool


@dataclass(frozen=True, slots=True, repr=False)
class TokenWanted:
    """``system`` None: any. '': none. ``code`` None: any; ``plain`` as it is compared."""

    system: str | None
    code: str | None
    plain: str | None = field(init=False)

    def __post_init__(self) -> None:
        plain = None if self.code is None else self.code.casefold()
        object.__setattr__(self, "plain", plain)


@dataclass(frozen=True, slots=True, repr=False)
class StringWanted:
    """The text as it came, and folded as strings are compared."""

    text: str
    plain: str


@dataclass(frozen=True, slots=True, repr=False)
class DateWanted:
    """A span of time and how what is found stands to it."""

    prefix: str
    span: Span


@dataclass(frozen=True, slots=True, repr=False)
class QuantityWanted:
    """A number, how what is found stands to it, and its unit. ``code`` None: in any unit."""

    prefix: str
    number: Number
    system: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class UriWanted:
    """An address, which is compared exactly."""

    uri: str


@dataclass(frozen=True, slots=True, repr=False)
class CompositeWanted:
    """One value for each component."""

    parts: "tuple[Wanted, ...]"


Wanted = (
    MissingWanted
    | TokenWanted
    | StringWanted
    | DateWanted
    | QuantityWanted
    | UriWanted
    | Reference
    | CompositeWanted
)


@dataclass(frozen=True, slots=True)
class Here:
    """Where a query is answered: the address of this server and its zone of time."""

    base: str
    zone: timezone


def parse_wanted(parameter: Parameter, modifier: str, text: str, here: Here) -> Wanted:
    """One alternative, its escapes still in it. Raises ValueError, which never quotes it."""
    if modifier == MISSING:
        if text not in ("true", "false"):
            raise ValueInvalid
        return MissingWanted(text == "true")
    if not text:
        raise ValueInvalid
    if parameter.type == "composite":
        parts = split(text, "$")
        types = [part.type for part in parameter.composed[0].parts]
        if len(parts) != len(types) or not all(parts):
            raise ValueInvalid
        return CompositeWanted(
            tuple(_simple(kind, "", part, here) for kind, part in zip(types, parts, strict=True))
        )
    return _simple(parameter.type, modifier, text, here)


def _simple(kind: str, modifier: str, text: str, here: Here) -> Wanted:
    if kind == "string" or modifier == TEXT:
        return _string(unescaped(text))
    if kind == "token" or modifier == IDENTIFIER:
        return _token(text)
    if kind == "reference":
        return _reference(modifier, unescaped(text), here)
    if kind == "date":
        prefix, rest = _prefixed(unescaped(text))
        span = parse_span(rest, here.zone)
        if span is None:
            raise ValueInvalid
        return DateWanted(prefix, span)
    if kind == "uri":
        return UriWanted(unescaped(text))
    assert kind in ("quantity", "number"), "the catalogue has these types"
    return _quantity(text, with_unit=kind == "quantity")


def _string(text: str) -> StringWanted:
    plain = folded(text)
    if not plain:  # blanks alone would begin every text
        raise ValueInvalid
    return StringWanted(text, plain)


def _token(text: str) -> TokenWanted:
    parts = [unescaped(part) for part in split(text, "|")]
    if len(parts) > 2 or not any(parts):
        raise ValueInvalid
    if len(parts) == 1:
        return TokenWanted(None, parts[0])
    return TokenWanted(parts[0], parts[1] or None)


def _reference(modifier: str, text: str, here: Here) -> Reference:
    if _ID.fullmatch(text):
        return Reference(modifier or None, text)
    parsed = parse_reference(text, here.base)
    if modifier and parsed.type != modifier:
        raise ValueInvalid
    if parsed.id is None and ":" not in text:
        raise ValueInvalid
    return parsed


def _quantity(text: str, *, with_unit: bool) -> QuantityWanted:
    parts = [unescaped(part) for part in split(text, "|")]
    prefix, rest = _prefixed(parts[0])
    number = parse_number(rest)
    if number is None or len(parts) not in ((1, 3) if with_unit else (1,)):
        raise ValueInvalid
    if len(parts) == 1 or not (parts[1] or parts[2]):
        return QuantityWanted(prefix, number)
    if not parts[2]:  # a system without a code says no unit
        raise ValueInvalid
    return QuantityWanted(prefix, number, parts[1] or None, parts[2])


def _prefixed(text: str) -> tuple[str, str]:
    match = _PREFIX.fullmatch(text)
    assert match is not None, "the pattern fits every text"
    return match[1] or "eq", match[2]

"""Numbers and quantities, and what a prefix says about two of them (FHIR R4 § 3.1.1.4.6, .11).

A number that is asked for stands for all that round to it: ``5.4`` is [5.35, 5.45). With prefixes
that compare, it is exact. A number that is found is always exact, unless its quantity has a
comparator: ``< 5`` may be anything below.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,14}(?:\.[0-9]{1,12})?(?:[eE][+-]?[0-9]{1,2})?")
_INFINITE: Final = Decimal("Infinity")
_TENTH: Final = Decimal("0.1")


class Amount(NamedTuple):
    """What was found: a number, or as far as is known of it the two between which it lies."""

    low: Decimal
    high: Decimal
    system: str | None = None
    code: str | None = None
    unit: str | None = None


class Number(NamedTuple):
    """What is asked for: an exact number and the half of its last digit's weight."""

    exact: Decimal
    half: Decimal


def parse_number(text: str) -> Number | None:
    """A number as FHIR writes it, also with an exponent; None for anything else.

    A form decodes a plus into a blank, so that one is taken for it.
    """
    text = text.replace(" ", "+", 1)
    if _NUMBER.fullmatch(text) is None:
        return None
    exact = Decimal(text)
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int)
    return Number(exact, Decimal((0, (5,), exponent - 1)))


def amount_of(datatype: str, value: Any) -> Amount | None:
    """The amount of a number or Quantity; None for what has none, as SampledData."""
    if isinstance(value, Mapping):
        if datatype == "SampledData":
            return None
        exact = _decimal(value.get("value"))
        if exact is None:
            return None
        low, high = exact, exact
        comparator = value.get("comparator")
        if comparator in ("<", "<="):
            low = -_INFINITE
        elif comparator in (">", ">="):
            high = _INFINITE
        texts = [value.get(name) for name in ("system", "code", "unit")]
        return Amount(low, high, *(text if isinstance(text, str) else None for text in texts))
    exact = _decimal(value)
    return None if exact is None else Amount(exact, exact)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None


def numbers_agree(prefix: str, wanted: Number, found: Amount) -> bool:
    """Whether ``found`` is what ``prefix`` and ``wanted`` ask for (FHIR R4 § 3.1.1.4.5)."""
    exact = wanted.exact
    equal = exact - wanted.half <= found.low and found.high < exact + wanted.half
    if prefix == "eq":
        return equal
    if prefix == "ne":
        return not equal
    if prefix == "gt":
        return found.high > exact
    if prefix == "ge":
        return found.high >= exact
    if prefix == "lt":
        return found.low < exact
    if prefix == "le":
        return found.low <= exact
    if prefix == "sa":
        return found.low > exact
    if prefix == "eb":
        return found.high < exact
    assert prefix == "ap"
    margin = max(abs(exact) * _TENTH, wanted.half)
    return exact - margin <= found.high and found.low <= exact + margin

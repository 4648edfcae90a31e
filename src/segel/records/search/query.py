"""A FHIR search, parsed: what is to match, and how the answer is to look (FHIR R4 § 3.1.1).

Names and values come percent-decoded, from the query string or from the form of ``_search``, in
their order. What comes out names only parameters that exist, with values of their types; nobody
checks again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Final

from segel.records.search.errors import QueryInvalid, looks_like_a_name
from segel.records.search.escapes import split
from segel.records.search.moments import WESTERN_INDONESIA, parse_span
from segel.records.search.parameters import Parameter, parameters_of, resource_types
from segel.records.search.results import (
    Results,
    checked,
    is_result_parameter,
    with_result_parameter,
)
from segel.records.search.wanted import FORMS, MODIFIERS, Here, Wanted, parse_wanted

PARAMETERS_MAX: Final = 64
"""In one query: names and values."""

VALUE_LENGTH_MAX: Final = 8_192
"""Characters in one value: room for a hundred identifiers with their systems."""

ALTERNATIVES_MAX: Final = 200
"""In one query, over all its values: each is compared with every value of every resource."""

NOT_SUPPORTED: Final = frozenset(("above", "below", "in", "not-in", "of-type", "iterate", "type"))
"""Modifiers that the standard has and that are not answered here."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition: one of ``wanted`` has to match. ``name`` and ``written`` are as they came.

    With ``chain``, the condition is not on this resource but on what ``parameter`` refers to: for
    each type that it may be of, the condition there.
    """

    name: str
    parameter: Parameter
    modifier: str
    written: str = field(repr=False)
    wanted: tuple[Wanted, ...] = field(repr=False)
    chain: "tuple[tuple[str, Criterion], ...]" = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for. ``ignored``: names that were dropped under lenient handling."""

    resource_type: str
    criteria: tuple[Criterion, ...] = ()
    results: Results = field(default_factory=Results)
    ignored: tuple[str, ...] = ()
    base: str = ""
    zone: timezone = WESTERN_INDONESIA
    now_us: int | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """What was used, as names and values: for the self link, which shows nothing ignored."""
        return [*((c.name, c.written) for c in self.criteria), *self.results.pairs()]

    def without(self, answered: Collection[Criterion]) -> "Query":
        """The rest of the query, when some of its criteria have been answered elsewhere."""
        rest = tuple(item for item in self.criteria if item not in answered)
        return replace(self, criteria=rest)


def parse(
    resource_type: str,
    pairs: Iterable[tuple[str, str]],
    *,
    lenient: bool = False,
    base: str = "",
    zone: timezone = WESTERN_INDONESIA,
    now: datetime | None = None,
) -> Query:
    """The query of a search for ``resource_type``. Raises QueryInvalid.

    ``lenient`` (``Prefer: handling=lenient``) drops parameters that there are not, and those
    without a value. ``base`` is our own address, under which absolute references are ours;
    ``zone`` that of dates without one; ``now`` what ``ap`` measures a date's distance from.
    """
    if resource_type not in resource_types():
        raise QueryInvalid(
            "This type of resource is not searched here.",
            remedy="See the CapabilityStatement for the types that are.",
        )
    here = Here(base, zone)
    criteria: list[Criterion] = []
    results = Results()
    ignored: list[str] = []
    alternatives = 0
    for number, (name, value) in enumerate(pairs, start=1):
        if number > PARAMETERS_MAX:
            raise QueryInvalid(
                f"The query has more than {PARAMETERS_MAX} parameters.", remedy="Ask for fewer."
            )
        _check_size(name, value)
        if _is_dropped(resource_type, name, value):
            if not lenient:
                raise _unanswered(name, value)
            if looks_like_a_name(name):
                ignored.append(name)
        elif is_result_parameter(name):
            results = with_result_parameter(results, resource_type, name, value)
        else:
            alternatives += value.count(",") + 1
            if alternatives > ALTERNATIVES_MAX:
                raise QueryInvalid(
                    f"The query has more than {ALTERNATIVES_MAX} alternatives.",
                    remedy="Ask for fewer at once.",
                    name=name,
                )
            criteria.append(_criterion(resource_type, name, value, here))
    now_span = parse_span(now.isoformat(), zone) if now is not None else None
    return Query(
        resource_type,
        tuple(criteria),
        checked(results),
        tuple(ignored),
        base,
        zone,
        now_span.low if now_span else None,
    )


def _check_size(name: str, value: str) -> None:
    if len(value) > VALUE_LENGTH_MAX:
        raise QueryInvalid(
            f"The value is longer than {VALUE_LENGTH_MAX} characters.",
            remedy="Ask for less at once.",
            name=name,
        )
    if name.startswith("_has"):
        raise QueryInvalid(
            "Searching by what refers to a resource is not supported.",
            remedy="Search for the referring resources, with _include for those they refer to.",
            name=name,
        )


def _is_dropped(resource_type: str, name: str, value: str) -> bool:
    """Whether there is no such parameter, or nothing is asked of it."""
    if not value:
        return True
    if is_result_parameter(name):
        return False
    first, _, inner = name.partition(".")
    parameter = parameters_of(resource_type).get(first.partition(":")[0])
    if parameter is None:
        return True
    if not inner or parameter.type != "reference" or "." in inner:
        return False
    code = inner.partition(":")[0]
    return not any(code in parameters_of(target) for target in parameter.targets)


def _unanswered(name: str, value: str) -> QueryInvalid:
    if not value:
        return QueryInvalid(
            "The parameter has no value.",
            remedy="Give it one, leave it away, or send Prefer: handling=lenient.",
            name=name,
        )
    return QueryInvalid(
        "There is no such search parameter here.",
        remedy="See the CapabilityStatement for those there are, or send Prefer: handling=lenient.",
        name=name,
    )


def _criterion(resource_type: str, name: str, value: str, here: Here) -> Criterion:
    first, _, inner = name.partition(".")
    code, _, modifier = first.partition(":")
    parameter = parameters_of(resource_type)[code]
    if inner:
        chain = _chain(name, parameter, modifier, inner, value, here)
        return Criterion(name, parameter, modifier, value, (), chain)
    _check_modifier(name, parameter, modifier)
    try:
        wanted = tuple(parse_wanted(parameter, modifier, text, here) for text in split(value, ","))
    except ValueError:
        form = "true or false" if modifier == "missing" else FORMS[parameter.type]
        raise QueryInvalid(
            f"A value is malformed for a {parameter.type} parameter.",
            remedy=f"Write {form}; put a backslash before , | $ and \\ that are meant literally.",
            name=name,
        ) from None  # what raised it has seen the value
    return Criterion(name, parameter, modifier, value, wanted)


def _check_modifier(name: str, parameter: Parameter, modifier: str) -> None:
    known = MODIFIERS[parameter.type]
    if not modifier:
        if ":" not in name:
            return
    elif modifier in known or (parameter.type == "reference" and modifier in resource_types()):
        return
    raise QueryInvalid(
        "This modifier is not supported."
        if modifier in NOT_SUPPORTED
        else f"A {parameter.type} parameter has no such modifier.",
        remedy=f"Leave it away, or use one of: {', '.join(sorted(known)) or 'none'}.",
        name=name,
    )


def _chain(
    name: str, parameter: Parameter, target: str, inner: str, value: str, here: Here
) -> tuple[tuple[str, Criterion], ...]:
    if parameter.type != "reference" or "." in inner:
        raise QueryInvalid(
            "Only a reference parameter can be followed, and by one step.",
            remedy="Write reference.parameter or reference:Type.parameter.",
            name=name,
        )
    if target and target not in parameter.targets:
        raise QueryInvalid(
            "The parameter does not refer to this type of resource here.",
            remedy=f"Write one of {', '.join(parameter.targets) or 'none'} after the colon.",
            name=name,
        )
    code = inner.partition(":")[0]
    chain = []
    for kind in (target,) if target else parameter.targets:
        if code in parameters_of(kind):
            try:
                chain.append((kind, _criterion(kind, inner, value, here)))
            except QueryInvalid as error:
                raise QueryInvalid(error.what, remedy=error.remedy, name=name) from None
    if not chain:
        raise _unanswered(name, value)
    return tuple(chain)

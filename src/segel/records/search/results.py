"""The parameters that say how the answer is to look, not what is to match (FHIR R4 § 3.1.1.5)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from segel.records.search.errors import QueryInvalid
from segel.records.search.parameters import Parameter, parameters_of, resource_types

COUNT_MAX: Final = 1_000
"""Resources on one page. More may be asked for; a server may give fewer (R4 § 3.1.1.5.2)."""

SORT_KEYS_MAX: Final = 8
"""More keys than parameters that tell two resources of one patient apart."""

INCLUDES_MAX: Final = 16
"""Of each kind: about what a type has reference parameters."""

ELEMENTS_MAX: Final = 64
"""More than any type has elements at its top."""

SORTABLE: Final = frozenset(("date", "string", "token"))

JSON_FORMATS: Final = frozenset(("json", "application/json", "application/fhir+json"))

_ELEMENT: Final = re.compile(r"[A-Za-z]{1,64}")


class Summary(StrEnum):
    """How much of each resource: ``_summary``."""

    TRUE = "true"
    TEXT = "text"
    DATA = "data"
    COUNT = "count"
    FALSE = "false"


class Total(StrEnum):
    """How exactly the answer says how many match: ``_total``."""

    NONE = "none"
    ESTIMATE = "estimate"
    ACCURATE = "accurate"


@dataclass(frozen=True, slots=True)
class SortKey:
    """A parameter to sort by."""

    parameter: Parameter
    descending: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.parameter.code}"


@dataclass(frozen=True, slots=True)
class Include:
    """References of ``source`` to follow, forwards or, for ``_revinclude``, backwards.

    ``code`` may be ``*``, all of them. ``target``: only to this type, or '' for any.
    """

    source: str
    code: str
    target: str = ""

    def __str__(self) -> str:
        return ":".join(part for part in (self.source, self.code, self.target) if part)

    def parameters(self) -> tuple[Parameter, ...]:
        """The reference parameters that are meant."""
        return tuple(
            parameter
            for parameter in parameters_of(self.source).values()
            if parameter.type == "reference" and self.code in ("*", parameter.code)
        )


@dataclass(frozen=True, slots=True)
class Results:
    """How the answer is to look. Each field is one parameter; None and () where it is not given."""

    sort: tuple[SortKey, ...] = ()
    count: int | None = None
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    summary: Summary | None = None
    elements: tuple[str, ...] = ()
    total: Total | None = None
    format: str | None = None
    pretty: bool | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """As names and values, which parse to the same."""
        single: list[tuple[str, str]] = [
            ("_sort", ",".join(map(str, self.sort))),
            ("_count", "" if self.count is None else str(self.count)),
            ("_summary", self.summary or ""),
            ("_elements", ",".join(self.elements)),
            ("_total", self.total or ""),
            ("_format", self.format or ""),
            ("_pretty", "" if self.pretty is None else str(self.pretty).lower()),
        ]
        return [
            *((name, value) for name, value in single if value),
            *(("_include", str(include)) for include in self.includes),
            *(("_revinclude", str(include)) for include in self.revincludes),
        ]


def is_result_parameter(name: str) -> bool:
    """Whether a name, its modifier included, is one of these."""
    return name.partition(":")[0] in _READERS


def with_result_parameter(results: Results, resource_type: str, name: str, value: str) -> Results:
    """One more of them taken in. Raises QueryInvalid."""
    code, _, modifier = name.partition(":")
    if modifier:
        raise QueryInvalid(
            "This modifier is not supported." if modifier in ("iterate", "recurse")
            else "There is no such modifier.",
            remedy="Leave it away, and ask again for what the included resources refer to.",
            name=name,
        )  # fmt: skip
    field, read = _READERS[code]
    before = getattr(results, field)
    parsed = read(resource_type, name, value)
    if field in ("includes", "revincludes"):
        if len(before) >= INCLUDES_MAX:
            raise QueryInvalid(
                f"It is given more than {INCLUDES_MAX} times.", remedy="Ask for fewer.", name=name
            )
        parsed = (*before, parsed)
    elif before not in (None, ()):
        raise QueryInvalid("It is given twice.", remedy="Give it once.", name=name)
    return replace(results, **{field: parsed})


def checked(results: Results) -> Results:
    """The same, if its members go together. Raises QueryInvalid."""
    if results.elements and results.summary not in (None, Summary.FALSE, Summary.COUNT):
        raise QueryInvalid(
            "It does not go together with _summary.",
            remedy="Ask for a summary or for single elements.",
            name="_elements",
        )
    return results


def _sort(resource_type: str, name: str, value: str) -> tuple[SortKey, ...]:
    known = parameters_of(resource_type)
    keys = []
    words = value.split(",")
    if len(words) > SORT_KEYS_MAX:
        raise QueryInvalid(
            f"It has more than {SORT_KEYS_MAX} keys.", remedy="Sort by fewer.", name=name
        )
    for word in words:
        parameter = known.get(word.removeprefix("-"))
        if parameter is None or parameter.type not in SORTABLE:
            raise QueryInvalid(
                "A key is no date, string or token parameter of this type of resource.",
                remedy="Name such parameters, parted by commas, each with - before it to descend.",
                name=name,
            )
        keys.append(SortKey(parameter, word.startswith("-")))
    return tuple(keys)


def _count(resource_type: str, name: str, value: str) -> int:
    if re.fullmatch(r"[0-9]{1,9}", value, re.ASCII) is None:
        raise QueryInvalid("It is no whole number.", remedy="Write for example 50.", name=name)
    return min(int(value), COUNT_MAX)


def _elements(resource_type: str, name: str, value: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(value.split(",")))
    if len(words) > ELEMENTS_MAX or not all(map(_ELEMENT.fullmatch, words)):
        raise QueryInvalid(
            f"It is no list of up to {ELEMENTS_MAX} elements.",
            remedy="Name elements at the top of the resource, parted by commas.",
            name=name,
        )
    return words


def _include(resource_type: str, name: str, value: str) -> Include:
    include = _any_include(name, value)
    if include.source != resource_type:
        raise QueryInvalid(
            "It begins with another type than the one that is searched.",
            remedy="Begin with the type that is searched; further steps are not supported.",
            name=name,
        )
    return include


def _revinclude(resource_type: str, name: str, value: str) -> Include:
    include = _any_include(name, value)
    if include.target not in ("", resource_type) or not any(
        resource_type in parameter.targets for parameter in include.parameters()
    ):
        raise QueryInvalid(
            "It does not refer to the type that is searched.",
            remedy="Name a reference parameter that may refer to the type that is searched.",
            name=name,
        )
    return include


def _any_include(name: str, value: str) -> Include:
    source, _, rest = value.partition(":")
    code, _, target = rest.partition(":")
    include = Include(source, code, target)
    if (
        source not in resource_types()
        or not include.parameters()
        or (target and target not in resource_types())
    ):
        raise QueryInvalid(
            "It names no reference parameter that there is here.",
            remedy="Write Source:parameter or Source:parameter:Target, for example "
            "Observation:subject:Patient.",
            name=name,
        )
    return include


def _one_of(choices: Mapping[str, Any]) -> Callable[[str, str, str], Any]:
    def read(resource_type: str, name: str, value: str) -> Any:
        if value not in choices:
            raise QueryInvalid(
                "It has none of its values.",
                remedy=f"Write one of {', '.join(choices)}.",
                name=name,
            )
        return choices[value]

    return read


def _format(resource_type: str, name: str, value: str) -> str:
    text = value.replace(" ", "+").partition(";")[0]  # a form decodes the plus into a blank
    if text not in JSON_FORMATS:
        raise QueryInvalid("Answers are in JSON only.", remedy="Write json.", name=name)
    return text


_READERS: Final[Mapping[str, tuple[str, Callable[[str, str, str], Any]]]] = {
    "_sort": ("sort", _sort),
    "_count": ("count", _count),
    "_include": ("includes", _include),
    "_revinclude": ("revincludes", _revinclude),
    "_summary": ("summary", _one_of({item.value: item for item in Summary})),
    "_elements": ("elements", _elements),
    "_total": ("total", _one_of({item.value: item for item in Total})),
    "_format": ("format", _format),
    "_pretty": ("pretty", _one_of({"true": True, "false": False})),
}

"""What a subscription is to: a type, and parameters that one resource meets by itself. Pure.

A subscription is to a kind of thing, and not to a person: its text lies under no patient's key, and
so could not be erased with them.
"""

from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from segel.domain.records import ORGANIZATION, STAFF_TYPES, SUBSCRIBABLE
from segel.records.r4 import ResourceInvalid
from segel.records.search import (
    Criterion,
    DateWanted,
    MissingWanted,
    Query,
    QueryInvalid,
    Reference,
    Results,
    matches,
    parse,
)

Json = dict[str, Any]

PLACE: Final = "Subscription.criteria"
LENGTH_MAX: Final = 1_024
QUERIES_KEPT: Final = 1_024
"""Parsed criteria in memory: those of a few hundred subscriptions."""

NUMBERS: Final = frozenset({"_id", "accession", "container-id", "identifier", "instance", "series"})
"""Parameters by which one thing of one person is found."""

PEOPLE: Final = frozenset({ORGANIZATION, *STAFF_TYPES})
"""Whom a criterion may name: who works in the hospital, and where."""


def criteria_of(text: str, base: str) -> tuple[str, str]:
    """The type and the parameters of what a subscription is to. Raises ResourceInvalid, with the
    place and never with what stands there."""
    resource_type, _, parameters = text.partition("?")
    if resource_type not in SUBSCRIBABLE:
        raise _refused(
            "not-supported",
            f"Write a type, and parameters after ?: the type is one of {', '.join(SUBSCRIBABLE)}.",
        )
    if len(text) > LENGTH_MAX:
        raise _refused("too-long", f"Criteria have at most {LENGTH_MAX} characters.")
    try:
        query = _parsed(resource_type, parameters, base)
    except QueryInvalid as invalid:
        where = f" ({invalid.field})" if invalid.field else ""
        raise _refused("invalid", f"{invalid.what}{where} {invalid.remedy}") from None
    except ValueError:
        raise _refused("invalid", "The parameters cannot be read.") from None
    if query.results != Results():
        raise _refused(
            "not-supported", "How an answer looks is said when it is asked for: _count and its kin."
        )
    for criterion in query.criteria:
        _require_matchable(criterion)
    return resource_type, parameters


def meets(resource: Json, resource_type: str, parameters: str, base: str) -> bool:
    """Whether a resource is what a subscription is to. ``parameters``: of ``criteria_of``."""
    return matches(resource, _parsed(resource_type, parameters, base))


@lru_cache(QUERIES_KEPT)
def _parsed(resource_type: str, parameters: str, base: str) -> Query:
    pairs = parse_qsl(parameters, keep_blank_values=True, strict_parsing=bool(parameters))
    return parse(resource_type, pairs, base=base)


def _require_matchable(criterion: Criterion) -> None:
    """Return for what can be told from one resource. Raises ResourceInvalid."""
    name = criterion.parameter.code  # one of the definitions': nothing of the sender's
    if criterion.chain:
        raise _refused(
            "not-supported",
            f"{name}: what a resource refers to is not at hand when it is written. Name an element"
            " of the resource itself.",
        )
    if name in NUMBERS or criterion.modifier == "identifier":
        raise _refused(
            "not-supported",
            f"{name}: a subscription is to a kind of thing, and not to one thing of one person."
            " Leave it away.",
        )
    for wanted in criterion.wanted:
        if isinstance(wanted, Reference) and (wanted.type not in PEOPLE or not wanted.id):
            raise _refused(
                "not-supported",
                f"{name}: a subscription names no patient, nor a record of one. Write"
                " Practitioner/ID, PractitionerRole/ID or Organization/ID, or leave it away.",
            )
        if isinstance(wanted, DateWanted) and wanted.prefix == "ap":
            raise _refused("not-supported", f"{name}: write bounds, with ge and le.")
    if criterion.parameter.type == "composite" and any(
        isinstance(one, MissingWanted) for one in criterion.wanted
    ):
        raise _refused("not-supported", f"{name}: this cannot be asked of it.")


def _refused(code: str, reason: str) -> ResourceInvalid:
    return ResourceInvalid.of(PLACE, code, reason)

"""Whether a resource is what a query asks for (FHIR R4 § 3.1.1.4).

Criteria are all to hold; of a criterion's alternatives one. One of a resource's values has to
match one alternative, but for ``:not``, where none may, and ``:missing``, where there is none.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from segel.records.search.amounts import Amount, amount_of, numbers_agree
from segel.records.search.moments import span_of, spans_agree
from segel.records.search.parameters import Parameter
from segel.records.search.paths import Found, Resource, contained
from segel.records.search.query import Criterion, Query
from segel.records.search.values import (
    Reference,
    Token,
    beginnings,
    folded,
    reference,
    reference_identifiers,
    strings,
    token_texts,
    tokens,
    uris,
)
from segel.records.search.wanted import (
    CONTAINS,
    EXACT,
    IDENTIFIER,
    NOT,
    TEXT,
    CompositeWanted,
    DateWanted,
    MissingWanted,
    QuantityWanted,
    StringWanted,
    TokenWanted,
    UriWanted,
    Wanted,
)

OneKind = TypeVar("OneKind")

Resolve = Callable[[Reference], Resource | None]
"""How a chained criterion comes to the resource that is referred to; None: it is not at hand."""


def nothing_resolved(reference: Reference) -> Resource | None:
    """For queries without chains: with one, nothing matches."""
    return None


def among(resources: Iterable[Resource]) -> Resolve:
    """Resolving within resources that are open already, such as all of one patient's."""
    known = {(item.get("resourceType"), item.get("id")): item for item in resources}
    return lambda reference: known.get((reference.type, reference.id))


def matches(resource: Resource, query: Query, resolve: Resolve = nothing_resolved) -> bool:
    """Whether ``resource`` is of the query's type and meets all its criteria.

    Those that have been answered elsewhere are to be taken out before (``Query.without``).
    """
    return resource.get("resourceType") == query.resource_type and all(
        _meets(resource, criterion, query, resolve) for criterion in query.criteria
    )


def _meets(resource: Resource, criterion: Criterion, query: Query, resolve: Resolve) -> bool:
    parameter = criterion.parameter
    if criterion.chain:
        return _chain_meets(resource, criterion, query, resolve)
    if parameter.composed:
        return any(_composite_meets(resource, parameter, one, query) for one in criterion.wanted)
    met = _agree(criterion.wanted, parameter.values(resource), criterion.modifier, parameter, query)
    return not met if criterion.modifier == NOT else met


def _chain_meets(resource: Resource, criterion: Criterion, query: Query, resolve: Resolve) -> bool:
    inner = dict(criterion.chain)
    for value in criterion.parameter.values(resource):
        reached = contained(resource, value.value)
        if reached is None:
            target = reference(value, query.base)
            reached = resolve(target) if target is not None else None
        if reached is not None:
            condition = inner.get(str(reached.get("resourceType")))
            if condition is not None and _meets(reached, condition, query, resolve):
                return True
    return False


def _composite_meets(
    resource: Resource, parameter: Parameter, wanted: Wanted, query: Query
) -> bool:
    """Whether within one and the same element each component matches its value."""
    assert isinstance(wanted, CompositeWanted)
    return any(
        all(
            _agree((one,), part.path(element.value), "", parameter, query)
            for part, one in zip(composed.parts, wanted.parts, strict=True)
        )
        for composed in parameter.composed
        for element in composed.elements(resource)
    )


def _agree(
    wanted: tuple[Wanted, ...],
    values: list[Found],
    modifier: str,
    parameter: Parameter,
    query: Query,
) -> bool:
    """Whether one of ``wanted`` agrees with one of ``values``.

    What is wanted by one criterion is all of one kind. The values are read for it once, however
    many alternatives there are: reading costs more than comparing.
    """
    match wanted[0]:
        case MissingWanted():
            return any(one.missing == (not values) for one in _all(MissingWanted, wanted))
        case TokenWanted():
            read = reference_identifiers if modifier == IDENTIFIER else tokens
            found_tokens = [token for value in values for token in read(value)]
            as_it_is = parameter.code == "_id"  # ids differ in their case (R4 Datatypes, id)
            return any(
                _token_agrees(one, token, as_it_is)
                for one in _all(TokenWanted, wanted)
                for token in found_tokens
            )
        case StringWanted():
            return _strings_agree(_all(StringWanted, wanted), values, modifier)
        case DateWanted():
            spans = [span_of(value.datatype, value.value, query.zone) for value in values]
            return any(
                span is not None and spans_agree(one.prefix, one.span, span, query.now_us)
                for one in _all(DateWanted, wanted)
                for span in spans
            )
        case QuantityWanted():
            amounts = [amount_of(value.datatype, value.value) for value in values]
            return any(
                amount is not None
                and _unit_agrees(one, amount)
                and numbers_agree(one.prefix, one.number, amount)
                for one in _all(QuantityWanted, wanted)
                for amount in amounts
            )
        case Reference():
            targets = [reference(value, query.base) for value in values]
            return any(
                target is not None and _reference_agrees(one, target)
                for one in _all(Reference, wanted)
                for target in targets
            )
        case UriWanted():
            found_uris = {uri for value in values for uri in uris(value)}
            return any(one.uri in found_uris for one in _all(UriWanted, wanted))
        case _:
            raise AssertionError("composites are matched element by element")


def _all(kind: type[OneKind], wanted: tuple[Wanted, ...]) -> list[OneKind]:
    same: list[OneKind] = [one for one in wanted if isinstance(one, kind)]
    assert len(same) == len(wanted), "the alternatives of one criterion are of one kind"
    return same


def _token_agrees(wanted: TokenWanted, token: Token, as_it_is: bool) -> bool:
    """System exactly, code in any case: rather too much is found than too little (§ .10)."""
    if wanted.system is not None and (wanted.system or None) not in token.systems:
        return False
    if wanted.code is None or token.code is None:
        return wanted.code is None
    return wanted.code == token.code if as_it_is else wanted.plain == token.plain


def _strings_agree(wanted: list[StringWanted], values: list[Found], modifier: str) -> bool:
    if modifier == EXACT:
        written = {text for value in values for text in strings(value)}
        return any(one.text in written for one in wanted)
    read = {CONTAINS: strings, TEXT: token_texts}.get(modifier, beginnings)
    texts = [folded(text) for value in values for text in read(value)]
    if modifier == CONTAINS:
        return any(one.plain in text for one in wanted for text in texts)
    return any(text.startswith(one.plain) for one in wanted for text in texts)


def _reference_agrees(wanted: Reference, target: Reference) -> bool:
    if wanted.url is not None:
        # A canonical address may end in a version, which is compared if it is asked for.
        return target.url is not None and wanted.url in (target.url, target.url.split("|")[0])
    return wanted.id == target.id and wanted.type in (None, target.type)


def _unit_agrees(wanted: QuantityWanted, amount: Amount) -> bool:
    """With a system the code in it; without one the code or the unit as it is written."""
    if wanted.code is None:
        return True
    if wanted.system is not None:
        return (wanted.system, wanted.code) == (amount.system, amount.code)
    return wanted.code in (amount.code, amount.unit)

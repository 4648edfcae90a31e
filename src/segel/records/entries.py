"""Entries of batches and transactions, wherever they come from, as writes that may be done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from segel.domain.records import PATIENT, SUBSCRIPTION
from segel.records.errors import TypeUnsupported
from segel.records.model import version_of
from segel.records.offering import require_type, valid
from segel.records.r4 import Issue, ResourceInvalid
from segel.records.transactions import Transactions, Write, references_by_number, renamed

_ADDRESS: Final = re.compile(
    r"/?(?P<type>[A-Za-z]{1,64})(?:/(?P<id>[A-Za-z0-9.-]{1,64}))?(?:\?(?P<query>.*))?", re.ASCII
)
_LETTERS: Final = {"POST": "c", "PUT": "u", "DELETE": "d"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that can be understood. ``place``: where it stands in its Bundle."""

    place: str
    method: str
    resource_type: str
    resource_id: str
    pairs: list[tuple[str, str]] = field(repr=False)
    resource: Json | None = field(repr=False)
    full_url: str = field(repr=False)
    once: str = field(repr=False)
    expected: int | None


def entry_of(at: int, stated: Any, base: str) -> Entry:
    """An entry that can be understood. Raises ResourceInvalid, TypeUnsupported."""
    place = f"Bundle.entry[{at}]"
    request = stated.get("request") if isinstance(stated, dict) else None
    if not isinstance(request, dict):
        raise ResourceInvalid.of(
            f"{place}.request", "required", "An entry says what is to be done with it."
        )
    method, url = request.get("method"), request.get("url")
    match = _ADDRESS.fullmatch(url.removeprefix(f"{base}/")) if isinstance(url, str) else None
    if match is None:
        raise ResourceInvalid.of(
            f"{place}.request.url", "value", "The address is not Type, Type/id or Type?query."
        )
    if method not in ("GET", *_LETTERS):
        raise ResourceInvalid.of(
            f"{place}.request.method", "not-supported", "The method is GET, POST, PUT or DELETE."
        )
    if method != "GET":
        require_type(match["type"], _LETTERS[method])
        if match["type"] == SUBSCRIPTION:
            raise TypeUnsupported(
                "A Subscription is no part of a chart, and is written by itself.",
                field=f"{place}.request.url",
                remedy="Send it to its own address.",
            )
    is_named = bool(match["id"] or (method == "PUT" and match["query"]))
    if method != "GET" and (method == "POST") == is_named:
        raise TypeUnsupported(
            "A POST has the address of a type, a DELETE that of a resource, and a PUT that of a"
            " resource or of a type with a condition.",
            field=f"{place}.request.url",
        )
    resource = stated.get("resource")
    if method in ("POST", "PUT") and not isinstance(resource, dict):
        raise ResourceInvalid.of(
            f"{place}.resource", "required", "There is no resource to be written."
        )
    tag = request.get("ifMatch")
    known = version_of(tag) if isinstance(tag, str) else None
    if tag is not None and known is None:
        raise ResourceInvalid.of(
            f"{place}.request.ifMatch", "value", "The version is not an entity tag of this service."
        )
    full_url, once = stated.get("fullUrl"), request.get("ifNoneExist")
    return Entry(
        place,
        method,
        match["type"],
        match["id"] or "",
        parse_qsl(match["query"] or "", keep_blank_values=True),
        resource if method in ("POST", "PUT") else None,
        full_url if isinstance(full_url, str) else "",
        once if isinstance(once, str) else "",
        known,
    )


def writes_of(transactions: Transactions, entries: Sequence[Entry]) -> dict[int, Write]:
    """The writes among entries, by their places, all of which may be done.

    Raises ResourceInvalid with what is wrong with any of them, QueryInvalid.
    """
    issues: list[Issue] = []
    writes: dict[int, Write] = {}
    for at, entry in enumerate(entries):
        if entry.method == "GET":
            continue
        try:
            writes[at] = write_of(transactions, entry)
        except ResourceInvalid as invalid:
            issues += placed(invalid, entry.place)
    if issues:
        raise ResourceInvalid(tuple(issues))
    return writes


def write_of(transactions: Transactions, entry: Entry) -> Write:
    """A write that may be done. Raises ResourceInvalid, QueryInvalid."""
    resource = entry.resource
    if resource is not None:
        resource = _checked(entry, resource)
    condition = None
    if entry.once:
        condition = transactions.condition(entry.resource_type, entry.once)
    elif entry.method == "PUT" and not entry.resource_id:
        condition = transactions.where(entry.resource_type, entry.pairs)
    return Write(
        entry.method,
        entry.resource_type,
        entry.resource_id,
        resource,
        entry.full_url,
        condition,
        entry.expected,
    )


def _checked(entry: Entry, resource: Json) -> Json:
    """A resource that is one of R4, once its references by numbers lead to patients."""
    led = dict.fromkeys(references_by_number(resource), f"{PATIENT}/0")
    valid(renamed(resource, led), entry.resource_type, entry.resource_id or None)
    return {name: value for name, value in resource.items() if name != "id"}


def placed(invalid: ResourceInvalid, place: str) -> list[Issue]:
    """The issues of a resource, with its place in the Bundle before theirs."""
    return [
        Issue(one.severity, one.code, f"{place}.resource.{one.expression}", one.reason)
        for one in invalid.issues
    ]

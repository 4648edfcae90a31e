"""Searches over HTTP: parsed, answered, cut into pages whose addresses tell nothing."""

import time
from typing import Any, Final

from litestar import Response

from segel.access import AnyRequest
from segel.broker import Requester
from segel.domain.records import AUDIT_EVENT
from segel.records.cursors import Cursor, opened_cursor, sealed_cursor
from segel.records.errors import TypeUnsupported
from segel.records.events import Page, Place
from segel.records.finding import Found
from segel.records.http.answers import fhir_answer, is_lenient
from segel.records.model import instant
from segel.records.search import Query, Summary, Total, parse, shaped
from segel.records.service import Records

PAGE: Final = "_page"
COUNT_DEFAULT: Final = 50
COUNT_MAX: Final = 500
"""Resources on one page."""

Json = dict[str, Any]


async def search(
    records: Records,
    asked: Requester,
    request: AnyRequest,
    base: str,
    resource_type: str,
    pairs: list[tuple[str, str]],
) -> Response[bytes]:
    """A searchset. Raises QueryInvalid, PageUnknown and what ``Finding`` raises."""
    offset = until = 0
    words = [value for name, value in pairs if name == PAGE]
    if words:
        cursor = opened_cursor(asked.token, words[0])
        if cursor.resource_type != resource_type:
            raise TypeUnsupported("This is a page of another search.", remedy="Search again.")
        pairs, offset, until = list(cursor.pairs), cursor.offset, cursor.until
    query = parse(resource_type, pairs, lenient=is_lenient(request), base=base)
    return fhir_answer(request, await searchset(records, asked, base, query, pairs, offset, until))


async def searchset(
    records: Records,
    asked: Requester,
    base: str,
    query: Query,
    pairs: list[tuple[str, str]],
    offset: int = 0,
    until: int = 0,
) -> Json:
    """A page of what a query finds, as a Bundle. ``pairs``: the query as it was asked."""
    if query.resource_type == AUDIT_EVENT:
        page = await records.events.search(asked, query, Place(offset, until), _count(query))
        return _page_of_events(page, query, asked, base, pairs, Place(offset, until))
    found = await records.finding.search(asked, query)
    return _bundle(found, query, asked, base, pairs, offset)


def _page_of_events(
    page: Page, query: Query, asked: Requester, base: str, pairs: list[tuple[str, str]], here: Place
) -> Json:
    """A page of the log, whose whole nobody has counted."""

    def link(relation: str, place: Place) -> Json:
        cursor = Cursor(query.resource_type, tuple(pairs), place.leaf, place.until)
        word = sealed_cursor(asked.token, cursor)
        return {"relation": relation, "url": f"{base}/{query.resource_type}?{PAGE}={word}"}

    links = [link("self", here)]
    if page.following is not None:
        links.append(link("next", page.following))
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "searchset",
        "meta": {"lastUpdated": instant(time.time())},
        "link": links,
    }
    entries = [entry(base, shaped(one, query.results), "match") for one in page.matches]
    if query.ignored:
        entries.append({"resource": _ignored(query), "search": {"mode": "outcome"}})
    return bundle | ({"entry": entries} if entries else {})


def _count(query: Query) -> int:
    return min(COUNT_DEFAULT if query.results.count is None else query.results.count, COUNT_MAX)


def _bundle(
    found: Found,
    query: Query,
    asked: Requester,
    base: str,
    pairs: list[tuple[str, str]],
    offset: int,
) -> Json:
    count = _count(query)
    page = found.matches[offset : offset + count]
    is_counted = query.results.summary is Summary.COUNT or count == 0

    def link(relation: str, start: int) -> Json:
        cursor = Cursor(query.resource_type, tuple(pairs), start)
        word = sealed_cursor(asked.token, cursor)
        return {"relation": relation, "url": f"{base}/{query.resource_type}?{PAGE}={word}"}

    links = [link("self", offset)]
    if not is_counted and offset + count < len(found.matches):
        links.append(link("next", offset + count))
    if offset and not is_counted:
        links.append(link("previous", max(0, offset - count)))
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "searchset",
        "meta": {"lastUpdated": instant(time.time())},
    }
    if found.total is not None and query.results.total is not Total.NONE:
        bundle["total"] = found.total
    bundle["link"] = links
    if not is_counted:
        entries = [entry(base, shaped(one, query.results), "match") for one in page]
        entries += [entry(base, one, "include") for one in found.included]
        if query.ignored:
            entries.append({"resource": _ignored(query), "search": {"mode": "outcome"}})
        if entries:
            bundle["entry"] = entries
    return bundle


def entry(base: str, resource: Any, mode: str) -> Json:
    """A resource in a searchset."""
    return {
        "fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}",
        "resource": resource,
        "search": {"mode": mode},
    }


def _ignored(query: Query) -> Json:
    issues = [
        {
            "severity": "warning",
            "code": "not-supported",
            "diagnostics": f"The parameter {name} is not known here and was left out.",
        }
        for name in query.ignored
    ]
    return {"resourceType": "OperationOutcome", "issue": issues}

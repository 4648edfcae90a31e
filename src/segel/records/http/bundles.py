"""Batches and transactions: entries as they come, answers in the same order."""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from segel.access import status_of
from segel.broker import Requester
from segel.domain.errors import SegelError
from segel.domain.records import PATIENT
from segel.records.errors import TypeUnsupported
from segel.records.http.asking import require_type, valid
from segel.records.http.capability import OFFERED
from segel.records.http.outcomes import STATUS, outcome
from segel.records.http.searching import searchset
from segel.records.model import Version, instant
from segel.records.r4 import Issue, ResourceInvalid
from segel.records.search import parse
from segel.records.service import Records
from segel.records.studies import IMAGING_STUDY
from segel.records.transactions import Write, Written, references_by_number, renamed

ENTRIES_MAX: Final = 500
"""In one Bundle: what a laboratory's day fits into, and what is written within a second or two."""

_ADDRESS: Final = re.compile(
    r"/?(?P<type>[A-Za-z]{1,64})(?:/(?P<id>[A-Za-z0-9.-]{1,64}))?(?:\?(?P<query>.*))?", re.ASCII
)
_TAG: Final = re.compile(r'(?:W/)?"?([0-9]{1,18})"?')
_LETTERS: Final = {"POST": "c", "PUT": "u", "DELETE": "d"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Entry:
    place: str
    method: str
    resource_type: str
    resource_id: str
    pairs: list[tuple[str, str]]
    resource: Json | None
    full_url: str
    once: str
    expected: int | None


async def answered(records: Records, base: str, asked: Requester, bundle: Json) -> Json:
    """The response Bundle. Raises ResourceInvalid, and for a transaction what refuses it."""
    kind = bundle.get("type")
    if bundle.get("resourceType") != "Bundle" or kind not in ("batch", "transaction"):
        raise _wrong("Bundle.type", "value", "A Bundle that is posted here is a batch or a"
                     " transaction.")  # fmt: skip
    stated = bundle.get("entry", [])
    if not isinstance(stated, list) or len(stated) > ENTRIES_MAX:
        raise _wrong("Bundle.entry", "too-long", f"A Bundle has at most {ENTRIES_MAX} entries.")
    if kind == "batch":
        answers = [await _one(records, base, asked, at, one) for at, one in enumerate(stated)]
    else:
        entries = [_entry(at, one, base) for at, one in enumerate(stated)]
        answers = await _all(records, base, asked, entries)
    return {"resourceType": "Bundle", "type": f"{kind}-response", "entry": answers}


async def _all(records: Records, base: str, asked: Requester, entries: list[_Entry]) -> list[Json]:
    """A transaction: everything is checked before anything is written, and read after."""
    issues: list[Issue] = []
    writes: dict[int, Write] = {}
    for at, entry in enumerate(entries):
        if entry.method == "GET":
            continue
        try:
            writes[at] = _write(records, entry)
        except ResourceInvalid as invalid:
            issues += _placed(invalid, entry.place)
    if issues:
        raise ResourceInvalid(tuple(issues))
    written = await records.transactions.transact(asked, list(writes.values()))
    answers = {at: _written(base, one) for at, one in zip(writes, written, strict=True)}
    for at, entry in enumerate(entries):
        if at not in answers:
            answers[at] = await _got(records, base, asked, entry)
    return [answers[at] for at in range(len(entries))]


async def _one(records: Records, base: str, asked: Requester, at: int, stated: Any) -> Json:
    """An entry of a batch: it stands and falls for itself."""
    try:
        entry = _entry(at, stated, base)
        if entry.method == "GET":
            return await _got(records, base, asked, entry)
        try:
            (written,) = await records.transactions.transact(asked, [_write(records, entry)])
        except ResourceInvalid as invalid:
            raise ResourceInvalid(tuple(_placed(invalid, entry.place))) from None
        return _written(base, written)
    except SegelError as error:
        status = status_of(error, STATUS)
        return {"response": {"status": str(status), "outcome": outcome(error, status)}}


def _entry(at: int, stated: Any, base: str) -> _Entry:
    """An entry that can be understood. Raises ResourceInvalid, TypeUnsupported."""
    place = f"Bundle.entry[{at}]"
    request = stated.get("request") if isinstance(stated, dict) else None
    if not isinstance(request, dict):
        raise _wrong(f"{place}.request", "required", "An entry says what is to be done with it.")
    method, url = request.get("method"), request.get("url")
    match = _ADDRESS.fullmatch(url.removeprefix(f"{base}/")) if isinstance(url, str) else None
    if match is None:
        raise _wrong(f"{place}.request.url", "value", "The address is not Type, Type/id or"
                     " Type?query.")  # fmt: skip
    if method not in ("GET", *_LETTERS):
        raise _wrong(f"{place}.request.method", "not-supported", "The method is GET, POST, PUT or"
                     " DELETE.")  # fmt: skip
    if method != "GET":
        require_type(match["type"], OFFERED, _LETTERS[method])
    is_named = bool(match["id"] or (method == "PUT" and match["query"]))
    if method != "GET" and (method == "POST") == is_named:
        raise TypeUnsupported(
            "A POST has the address of a type, a DELETE that of a resource, and a PUT that of a"
            " resource or of a type with a condition.",
            field=f"{place}.request.url",
        )
    resource = stated.get("resource")
    if method in ("POST", "PUT") and not isinstance(resource, dict):
        raise _wrong(f"{place}.resource", "required", "There is no resource to be written.")
    tag = request.get("ifMatch")
    known = _TAG.fullmatch(tag) if isinstance(tag, str) else None
    if tag is not None and known is None:
        raise _wrong(f"{place}.request.ifMatch", "value", "The version is not an entity tag of"
                     " this service.")  # fmt: skip
    full_url, once = stated.get("fullUrl"), request.get("ifNoneExist")
    return _Entry(
        place,
        method,
        match["type"],
        match["id"] or "",
        parse_qsl(match["query"] or "", keep_blank_values=True),
        resource if method in ("POST", "PUT") else None,
        full_url if isinstance(full_url, str) else "",
        once if isinstance(once, str) else "",
        int(known[1]) if known else None,
    )


def _write(records: Records, entry: _Entry) -> Write:
    """A write that may be done. Raises ResourceInvalid, QueryInvalid."""
    resource = entry.resource
    if resource is not None:
        resource = _checked(entry, resource)
    condition = None
    if entry.once:
        condition = records.transactions.condition(entry.resource_type, entry.once)
    elif entry.method == "PUT" and not entry.resource_id:
        condition = records.transactions.where(entry.resource_type, entry.pairs)
    return Write(
        entry.method,
        entry.resource_type,
        entry.resource_id,
        resource,
        entry.full_url,
        condition,
        entry.expected,
    )


def _checked(entry: _Entry, resource: Json) -> Json:
    """A resource that is one of R4, once its references by numbers lead to patients."""
    led = dict.fromkeys(references_by_number(resource), f"{PATIENT}/0")
    valid(renamed(resource, led), entry.resource_type, entry.resource_id or None)
    return {name: value for name, value in resource.items() if name != "id"}


async def _got(records: Records, base: str, asked: Requester, entry: _Entry) -> Json:
    """What a GET among the entries finds."""
    if not entry.resource_id:
        require_type(entry.resource_type, OFFERED, "s")
        found = await searchset(
            records.finding, asked, base, parse(entry.resource_type, entry.pairs, base=base),
            entry.pairs,
        )  # fmt: skip
        return {"resource": found, "response": {"status": "200"}}
    require_type(entry.resource_type, OFFERED, "r")
    if entry.resource_type == IMAGING_STUDY:
        version = await records.studies.read(asked, entry.resource_id)
    else:
        version = await records.charts.read(asked, entry.resource_type, entry.resource_id)
    return {"resource": version.told(), "response": _response(base, version, "200")}


def _written(base: str, written: Written) -> Json:
    version = written.version
    if version.method == "DELETE":
        return {"response": _response(base, version, "204")}
    response = _response(base, version, "201" if written.made else "200")
    if version.resource is None or (not written.made and version.method == "POST"):
        return {"response": response}  # it was there: whoever may write may not always read
    return {
        "fullUrl": f"{base}/{version.place}",
        "resource": version.told(),
        "response": response,
    }


def _response(base: str, version: Version, status: str) -> Json:
    location = f"{base}/{version.place}"
    if version.number:
        location += f"/_history/{version.number}"
    response = {"status": status, "location": location, "etag": version.tag}
    if version.at_s:
        response["lastModified"] = instant(version.at_s)
    return response


def _placed(invalid: ResourceInvalid, place: str) -> list[Issue]:
    """The issues of a resource, with its place in the Bundle before theirs."""
    return [
        Issue(one.severity, one.code, f"{place}.resource.{one.expression}", one.reason)
        for one in invalid.issues
    ]


def _wrong(expression: str, code: str, reason: str) -> ResourceInvalid:
    return ResourceInvalid((Issue("error", code, expression, reason),))

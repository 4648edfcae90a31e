"""Batches and transactions: entries as they come, answers in the same order."""

from typing import Any, Final

from segel.access import status_of
from segel.broker import Requester
from segel.domain.errors import SegelError
from segel.records.entries import Entry, entry_of, placed, write_of, writes_of
from segel.records.http.outcomes import STATUS, outcome
from segel.records.http.searching import searchset
from segel.records.model import Version, instant
from segel.records.offering import require_type
from segel.records.r4 import ResourceInvalid
from segel.records.search import parse
from segel.records.service import Records
from segel.records.transactions import Written

ENTRIES_MAX: Final = 500
"""In one Bundle: what a laboratory's day fits into, and what is written within a second or two."""

Json = dict[str, Any]


async def answered(records: Records, base: str, asked: Requester, bundle: Json) -> Json:
    """The response Bundle. Raises ResourceInvalid, and for a transaction what refuses it."""
    kind = bundle.get("type")
    if bundle.get("resourceType") != "Bundle" or kind not in ("batch", "transaction"):
        raise ResourceInvalid.of(
            "Bundle.type", "value", "A Bundle that is posted here is a batch or a transaction."
        )
    stated = bundle.get("entry", [])
    if not isinstance(stated, list) or len(stated) > ENTRIES_MAX:
        raise ResourceInvalid.of(
            "Bundle.entry", "too-long", f"A Bundle has at most {ENTRIES_MAX} entries."
        )
    if kind == "batch":
        answers = [await _one(records, base, asked, at, one) for at, one in enumerate(stated)]
    else:
        entries = [entry_of(at, one, base) for at, one in enumerate(stated)]
        answers = await _all(records, base, asked, entries)
    return {"resourceType": "Bundle", "type": f"{kind}-response", "entry": answers}


async def _all(records: Records, base: str, asked: Requester, entries: list[Entry]) -> list[Json]:
    """A transaction: everything is checked before anything is written, and read after."""
    writes = writes_of(records.transactions, entries)
    written = await records.transactions.transact(asked, list(writes.values()))
    answers = {at: _written(base, one) for at, one in zip(writes, written, strict=True)}
    for at, entry in enumerate(entries):
        if at not in answers:
            answers[at] = await _got(records, base, asked, entry)
    return [answers[at] for at in range(len(entries))]


async def _one(records: Records, base: str, asked: Requester, at: int, stated: Any) -> Json:
    """An entry of a batch: it stands and falls for itself."""
    try:
        entry = entry_of(at, stated, base)
        if entry.method == "GET":
            return await _got(records, base, asked, entry)
        try:
            (written,) = await records.transactions.transact(
                asked, [write_of(records.transactions, entry)]
            )
        except ResourceInvalid as invalid:
            raise ResourceInvalid(tuple(placed(invalid, entry.place))) from None
        return _written(base, written)
    except SegelError as error:
        status = status_of(error, STATUS)
        return {"response": {"status": str(status), "outcome": outcome(error, status)}}


async def _got(records: Records, base: str, asked: Requester, entry: Entry) -> Json:
    """What a GET among the entries finds."""
    if not entry.resource_id:
        require_type(entry.resource_type, "s")
        found = await searchset(
            records, asked, base, parse(entry.resource_type, entry.pairs, base=base),
            entry.pairs,
        )  # fmt: skip
        return {"resource": found, "response": {"status": "200"}}
    require_type(entry.resource_type, "r")
    version = await records.read(asked, entry.resource_type, entry.resource_id)
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

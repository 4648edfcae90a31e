"""FHIR R4 at ``/fhir``: the addresses, and which function answers each.

A type or an interaction that is not offered is refused here; everything else is asked of the
broker by whoever answers.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from litestar import Response, Router, route
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.types import Method

from segel.access import SMART, AnyRequest, RequestBroken, smart_configuration
from segel.domain.errors import SegelError
from segel.domain.records import BINARY, CHART_TYPES, PATIENT, SUBSCRIPTION
from segel.records.charts import Charts
from segel.records.errors import TypeUnsupported, no_such_resource
from segel.records.finding import Finding
from segel.records.http import binaries, bundles, capability, exports, searching, sheets
from segel.records.http.answers import NO_STORE, fhir_answer, resource_answer
from segel.records.http.asking import (
    asker,
    body_of,
    expected_version,
    form_of,
    pairs_of,
    require_no_condition,
)
from segel.records.http.formats import require_json
from segel.records.http.outcomes import FHIR_JSON, http_response, outcome_response
from segel.records.model import Version, instant
from segel.records.offering import require_type, valid
from segel.records.r4 import encode
from segel.records.r4.parsing import BODY_BYTES_MAX
from segel.records.search import parse
from segel.records.service import BASE, Records
from segel.records.similar import wanted_of
from segel.records.studies import IMAGING_STUDY
from segel.records.subscriptions.events import events_bundle, numbers_asked

TYPE: Final = BASE + "/{resource_type:str}"
ONE: Final = TYPE + "/{resource_id:str}"

Answer = Response[bytes]


def router(records: Records, origin: str) -> Router:
    """The routes. ``origin``: how clients name this server."""
    door = Door(records, origin, time.time)
    return Router(
        path="/",
        route_handlers=[
            _route(f"{BASE}/metadata", {"GET": door.metadata}),
            _route(BASE + SMART, {"GET": door.smart}, raw="GET"),
            _route(BASE, {"POST": door.bundle}),
            _route(TYPE, {"GET": door.search, "POST": door.create, "PUT": door.update_where}),
            _route(TYPE + "/_search", {"POST": door.search_form}),
            _route(TYPE + "/$validate", {"POST": door.validate}),
            _route(f"{BASE}/{PATIENT}/$match", {"POST": door.match}),
            _route(exports.KICK_OFF, {"GET": door.export, "POST": door.export}),
            _route(f"{BASE}/$export", {"GET": door.export_of_all, "POST": door.export_of_all}),
            _route(ONE + "/$export", {"GET": door.export_of_some, "POST": door.export_of_some}),
            _route(exports.STATUS_PATH, {"GET": door.export_status, "DELETE": door.export_end}),
            _route(exports.FILE_PATH, {"GET": door.export_file}, raw="GET"),
            _route(ONE, {"GET": door.read, "PUT": door.update, "DELETE": door.take_out}, raw="GET"),
            _route(ONE + "/_history", {"GET": door.history}),
            _route(ONE + "/_history/{version:str}", {"GET": door.version}),
            _route(ONE + "/$everything", {"GET": door.everything}),
            _route(ONE + "/$events", {"GET": door.events}),
            _route(
                sheets.PATH + "/{import_id:str}",
                {"GET": door.sheet, "POST": door.sheet, "DELETE": door.sheet},
            ),
        ],
        exception_handlers={SegelError: outcome_response, HTTPException: http_response},
        include_in_schema=False,
        request_max_body_size=BODY_BYTES_MAX,
    )


Interaction = Callable[[AnyRequest], Awaitable[Answer | Stream]]

METHODS: Final[list[Method]] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _route(path: str, offered: Mapping[str, Interaction], raw: str = "") -> HTTPRouteHandler:
    """One handler for every method, so that what is not offered is refused in FHIR's form, too.

    HEAD is answered as GET; the web server leaves the body away. ``raw``: the method that looks at
    the accepted formats itself, or that has only one.
    """

    async def answer(request: AnyRequest) -> Answer | Stream:
        if request.method == "OPTIONS":
            return Response(b"", status_code=204, headers={"Allow": allow})
        method = "GET" if request.method == "HEAD" else request.method
        interaction = offered.get(method)
        if interaction is None:
            return http_response(request, MethodNotAllowedException(headers={"Allow": allow}))
        if method != raw:
            require_json(request)
        return await interaction(request)

    also = {"OPTIONS", *(["HEAD"] if "GET" in offered else [])}
    allow = ", ".join(sorted({*offered, *also}))
    return route(path, http_method=METHODS, status_code=200)(answer)


@dataclass(frozen=True, slots=True)
class Door:
    """Answers FHIR's interactions. ``origin``: how clients name this server."""

    records: Records
    origin: str
    clock: Callable[[], float]

    @property
    def base(self) -> str:
        """The service's address as clients know it."""
        return f"{self.origin}{BASE}"

    @property
    def charts(self) -> Charts:
        """Resources by id."""
        return self.records.charts

    @property
    def finding(self) -> Finding:
        """Resources by what is in them."""
        return self.records.finding

    async def metadata(self, request: AnyRequest) -> Answer:
        """The CapabilityStatement; it tells nothing of anybody."""
        return fhir_answer(request, capability.statement(self.base))

    async def smart(self, request: AnyRequest) -> Answer:
        """Where tokens are had. Clients look for it below the address that they were given, not
        below the server's (SMART App Launch 2.2, § Conformance)."""
        return Response(encode(smart_configuration(self.origin)), media_type="application/json")

    async def read(self, request: AnyRequest) -> Answer:
        """One resource (R4 § 3.1.0.2)."""
        resource_type, resource_id = _named(request, "r")
        if resource_type != BINARY:
            require_json(request)
        results = parse(resource_type, pairs_of(request), base=self.base).results
        version = await self._read(request, resource_type, resource_id)
        if resource_type == BINARY:
            return binaries.answer(request, version, self.base, results=results)
        return resource_answer(request, version, self.base, results=results)

    async def _read(self, request: AnyRequest, resource_type: str, resource_id: str) -> Version:
        return await self.records.read(asker(request), resource_type, resource_id)

    async def history(self, request: AnyRequest) -> Answer:
        """Every version of a resource, the newest first (R4 § 3.1.0.12)."""
        resource_type, resource_id = _named(request, "r")
        if resource_type not in CHART_TYPES:
            found = [await self._read(request, resource_type, resource_id)]
        else:
            found = await self.charts.history(asker(request), resource_type, resource_id)
        entries = [_history_entry(self.base, one) for one in found]
        bundle = {
            "resourceType": "Bundle",
            "type": "history",
            "total": len(entries),
            "meta": {"lastUpdated": instant(self.clock())},
            "entry": entries,
        }
        return fhir_answer(request, bundle)

    async def version(self, request: AnyRequest) -> Answer:
        """One version (R4 § 3.1.0.3)."""
        resource_type, resource_id = _named(request, "r")
        number = request.path_params["version"]
        if resource_type not in CHART_TYPES:
            found = await self._read(request, resource_type, resource_id)
            if str(found.number) != number:
                raise no_such_resource()
        else:
            found = await self.charts.version(asker(request), resource_type, resource_id, number)
        return resource_answer(request, found, self.base)

    async def search(self, request: AnyRequest) -> Answer:
        """A searchset (R4 § 3.1.1)."""
        return await self._search(request, pairs_of(request))

    async def search_form(self, request: AnyRequest) -> Answer:
        """The same by POST, so that no address carries a name or a number."""
        return await self._search(request, await form_of(request))

    async def _search(self, request: AnyRequest, pairs: list[tuple[str, str]]) -> Answer:
        resource_type = request.path_params["resource_type"]
        require_type(resource_type, "s")
        return await searching.search(
            self.records, asker(request), request, self.base, resource_type, pairs
        )

    async def everything(self, request: AnyRequest) -> Answer:
        """A patient's whole record (R4 Patient operation ``everything``)."""
        resource_type, resource_id = _named(request, "s")
        if resource_type != PATIENT:
            raise no_such_resource()
        types = _types_asked(pairs_of(request))
        try:
            patient_id = UUID(resource_id)
        except ValueError:
            raise no_such_resource() from None
        found = await self.finding.everything(asker(request), patient_id, types)
        bundle = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "meta": {"lastUpdated": instant(self.clock())},
            "entry": [searching.entry(self.base, one, "match") for one in found],
        }
        return fhir_answer(request, bundle)

    async def events(self, request: AnyRequest) -> Answer:
        """What a subscription was told of (Subscriptions R5 Backport, operation ``events``)."""
        resource_type, resource_id = _named(request, "r")
        if resource_type != SUBSCRIPTION:
            raise no_such_resource()
        since, until = numbers_asked(pairs_of(request))
        found = await self.records.subscriptions.events(asker(request), resource_id, since, until)
        return fhir_answer(request, events_bundle(found, self.base, self.clock()))

    async def validate(self, request: AnyRequest) -> Answer:
        """Whether a resource could be written (R4 operation ``validate``); nothing is."""
        resource_type = request.path_params["resource_type"]
        require_type(resource_type, "v")
        await self.records.require_session(asker(request))
        resource = await body_of(request)
        valid(resource, resource_type)
        issue = {
            "severity": "information",
            "code": "informational",
            "diagnostics": "The resource is valid.",
        }
        return fhir_answer(request, {"resourceType": "OperationOutcome", "issue": [issue]})

    async def match(self, request: AnyRequest) -> Answer:
        """Who may be somebody (R4 Patient operation ``match``)."""
        require_type(PATIENT, "s")
        asked = asker(request)
        wanted = wanted_of(await body_of(request), pairs_of(request))
        found = await self.records.match(asked, wanted)
        for one in found:
            one["fullUrl"] = f"{self.base}/{PATIENT}/{one['resource']['id']}"
        bundle = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "meta": {"lastUpdated": instant(self.clock())},
        } | ({"entry": found} if found else {})
        return fhir_answer(request, bundle)

    async def create(self, request: AnyRequest) -> Answer:
        """A new resource, or none where one meets ``If-None-Exist`` (R4 § 3.1.0.8)."""
        resource_type = request.path_params["resource_type"]
        require_type(resource_type, "c")
        asked = asker(request)
        require_no_condition(pairs_of(request))
        is_raw = binaries.is_raw(request, resource_type)
        body = await (binaries.sent(request, self.base) if is_raw else body_of(request))
        resource = valid(body, resource_type)
        condition = request.headers.get("if-none-exist", "")
        if resource_type == SUBSCRIPTION:
            _require_plain(condition)
            version = await self.records.subscriptions.create(asked, resource)
            return resource_answer(request, version, self.base, status=201)
        if not condition:
            version = await self.charts.create(asked, resource)
            if is_raw:
                return binaries.written(request, version, self.base, status=201)
            return resource_answer(request, version, self.base, status=201)
        written = await self.records.transactions.create_once(asked, resource, condition)
        if written.made:
            return resource_answer(request, written.version, self.base, status=201)
        # What is there already is not shown: whoever may write may not always read.
        place = f"{self.base}/{written.version.place}"
        return Response(
            b"", status_code=200, media_type=FHIR_JSON, headers={**NO_STORE, "Location": place}
        )

    async def update(self, request: AnyRequest) -> Answer:
        """The next version of a resource (R4 § 3.1.0.4)."""
        resource_type, resource_id = _named(request, "u")
        asked = asker(request)
        expected = expected_version(request)
        is_raw = binaries.is_raw(request, resource_type)
        body = await (binaries.sent(request, self.base) if is_raw else body_of(request))
        resource = valid(
            {"id": resource_id, **body} if is_raw else body, resource_type, resource_id
        )
        if resource_type == SUBSCRIPTION:
            writing = self.records.subscriptions.update
        else:
            writing = self.charts.update
        version = await writing(asked, resource, resource_id, expected)
        if is_raw:
            return binaries.written(request, version, self.base, status=200)
        return resource_answer(request, version, self.base)

    async def update_where(self, request: AnyRequest) -> Answer:
        """What meets a condition, changed; or made where nothing does (R4 § 3.1.0.4.3)."""
        resource_type = request.path_params["resource_type"]
        require_type(resource_type, "u")
        asked = asker(request)
        if resource_type == SUBSCRIPTION:
            _require_plain("?")
        condition = self.records.transactions.where(resource_type, pairs_of(request))
        resource = valid(await body_of(request), resource_type)
        written = await self.records.transactions.update_where(asked, resource, condition)
        status = 201 if written.made else 200
        return resource_answer(request, written.version, self.base, status=status)

    async def take_out(self, request: AnyRequest) -> Answer:
        """Take a resource out; its versions stay (R4 § 3.1.0.7)."""
        resource_type, resource_id = _named(request, "d")
        expected = expected_version(request)
        asked = asker(request)
        if resource_type == SUBSCRIPTION:
            await self.records.subscriptions.take_out(asked, resource_id, expected)
            return Response(b"", status_code=204, headers=NO_STORE)
        version = await self.charts.take_out(asked, resource_type, resource_id, expected)
        return Response(b"", status_code=204, headers={**NO_STORE, "ETag": version.tag})

    async def sheet(self, request: AnyRequest) -> Answer:
        """Rows of a laboratory's table."""
        return await sheets.answer(self.records.sheets, request)

    async def export(self, request: AnyRequest) -> Answer:
        """The records of all patients of a hospital, asked for (Bulk Data Access)."""
        return await exports.kick_off(self.records.exports, request, self.base)

    async def export_status(self, request: AnyRequest) -> Answer:
        """How an export stands."""
        return await exports.status(self.records.exports, request, self.base)

    async def export_end(self, request: AnyRequest) -> Answer:
        """End an export."""
        return await exports.end(self.records.exports, request)

    async def export_file(self, request: AnyRequest) -> Answer | Stream:
        """One file of an export."""
        return await exports.file(self.records.exports, request)

    async def export_of_all(self, request: AnyRequest) -> Answer:
        """The whole system's export, which there is none of."""
        asker(request)
        raise exports.refused("everything")

    async def export_of_some(self, request: AnyRequest) -> Answer:
        """A group's export, which there is none of."""
        asker(request)
        raise exports.refused("some patients")

    async def bundle(self, request: AnyRequest) -> Answer:
        """A batch or a transaction (R4 § 3.1.0.11)."""
        asked = asker(request)
        return fhir_answer(
            request, await bundles.answered(self.records, self.base, asked, await body_of(request))
        )


def _require_plain(condition: str) -> None:
    """Return where nothing else is to be looked for. Raises TypeUnsupported."""
    if condition:
        raise TypeUnsupported(
            "A Subscription is not written by a condition.",
            remedy="Search your own, and change the one that you find by its id.",
        )


def _named(request: AnyRequest, letter: str) -> tuple[str, str]:
    """Type and id of the address, where the interaction is offered. Raises TypeUnsupported."""
    resource_type = request.path_params["resource_type"]
    require_type(resource_type, letter)
    return resource_type, request.path_params["resource_id"]


def _types_asked(pairs: list[tuple[str, str]]) -> list[str]:
    known = [*CHART_TYPES, IMAGING_STUDY]
    asked = [one for name, value in pairs if name == "_type" for one in value.split(",")]
    if not asked:
        return known
    if not set(asked) <= set(known):
        raise RequestBroken(
            "A chart has no resources of one of these types.",
            field="_type",
            remedy=f"Use some of {', '.join(known)}.",
        )
    return [PATIENT, *(one for one in known if one in asked and one != PATIENT)]


def _history_entry(base: str, one: Version) -> dict[str, Any]:
    entry: dict[str, Any] = {"fullUrl": f"{base}/{one.place}"}
    if one.resource is not None:
        entry["resource"] = one.told()
    url = one.resource_type if one.method == "POST" else one.place
    status = {"POST": "201", "PUT": "200", "DELETE": "204"}[one.method]
    entry["request"] = {"method": one.method, "url": url}
    entry["response"] = {"status": status, "etag": one.tag}
    if one.at_s:
        entry["response"]["lastModified"] = instant(one.at_s)
    return entry

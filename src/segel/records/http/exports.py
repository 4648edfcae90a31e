"""Bulk Data Access over HTTP (HL7 IG STU 2, § Bulk Data Export): kick-off, status, files.

The one export that there is, is of all patients of the asker's hospital. Beside what the guide has,
a kick-off names purpose, recipient and reason; status says how many have approved. The files are
made while they are read.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response
from litestar.response import Stream

from segel.access import AnyRequest, RequestBroken
from segel.broker import ExportReport, Requester
from segel.broker.errors import TokenInvalid, no_such_export
from segel.broker.messages import ApprovalState
from segel.domain.purpose import Purpose
from segel.records.errors import TypeUnsupported
from segel.records.exporting import Exports
from segel.records.http.answers import NO_STORE, fhir_answer, is_lenient
from segel.records.http.asking import asker, body_of, pairs_of
from segel.records.model import instant
from segel.records.service import BASE

KICK_OFF: Final = f"{BASE}/Patient/$export"
STATUS_PATH: Final = f"{BASE}/$export/{{export_id:str}}"
FILE_PATH: Final = f"{STATUS_PATH}/{{name:str}}"

NDJSON: Final = "application/fhir+ndjson"
NDJSON_NAMES: Final = frozenset({NDJSON, "application/ndjson", "ndjson"})
RECIPIENT_HEADER: Final = "X-Recipient"
REASON_HEADER: Final = "X-Reason"
PURPOSE_HEADER: Final = "X-Purpose-Of-Use"
PURPOSES: Final = (
    Purpose.OPERATIONS,
    Purpose.COORDINATION,
    Purpose.PUBLIC_HEALTH,
    Purpose.RESEARCH,
)

ASK_AGAIN_S: Final = 60
"""People approve: nothing changes from one second to the next."""

PARAMETERS_MAX: Final = 64
_FORM: Final = frozenset({"_format", "_pretty"})
_NARROWING: Final = {
    "_typeFilter": "Narrow by _type and _since, and sift the files.",
    "_elements": "Leave away from the files what is not needed.",
    "patient": "An export is of all patients of the hospital; read single ones by $everything.",
    "includeAssociatedData": "Name every type that is wanted in _type.",
    "organizeOutputBy": "Files are by type.",
}
"""What would be given too much of if it were passed over, however lenient the client is."""

_FILE: Final = re.compile(r"([A-Za-z]{1,64})\.(0|[1-9][0-9]{0,4})\.ndjson", re.ASCII)

Answer = Response[bytes]
Json = dict[str, Any]


async def kick_off(exports: Exports, request: AnyRequest, base: str) -> Answer:
    """Ask for an export; 202, and where to look how it stands. Raises RequestBroken, ..."""
    if not request.headers.get("authorization"):
        # A browser's cookie comes along unasked: nothing is begun by it.
        raise TokenInvalid("A token is needed.", remedy="Send Authorization: Bearer <token>.")
    asked = asker(request)
    if "respond-async" not in re.split(r"[,;\s]+", request.headers.get("prefer", "").lower()):
        raise RequestBroken(
            "An export is answered later, and nobody waits for it.",
            field="Prefer",
            remedy="Send Prefer: respond-async.",
        )
    if PURPOSE_HEADER.lower() not in request.headers:
        raise RequestBroken(
            "It is not said what the export is for.",
            field=PURPOSE_HEADER,
            remedy=f"Send one of {', '.join(PURPOSES)}.",
        )
    pairs = [*pairs_of(request), *(await _parameters(request))]
    types, since_s = _asked(pairs, lenient=is_lenient(request))
    query = f"?{request.url.query}" if request.url.query else ""
    report = await exports.ask(
        asked,
        _header(request, RECIPIENT_HEADER),
        _header(request, REASON_HEADER),
        types=types,
        since_s=since_s,
        address=f"{base}/Patient/$export{query}"[:_ADDRESS_LENGTH_MAX],
    )
    place = f"{base}/$export/{report.export_id}"
    return Response(b"", status_code=202, headers={**NO_STORE, "Content-Location": place})


async def status(exports: Exports, request: AnyRequest, base: str) -> Answer:
    """202 while it waits for people, 200 with the manifest once they approved. Raises
    ExportUnknown, ExportRefused."""
    export_id = _export_of(request)
    report = await exports.show(asker(request), export_id)
    if report.state is not ApprovalState.USED:
        progress = f"waiting for approval: {report.approved} of {report.needed}"
        headers = {**NO_STORE, "X-Progress": progress, "Retry-After": str(ASK_AGAIN_S)}
        return Response(b"", status_code=202, headers=headers)
    until = datetime.fromtimestamp(report.expires_s, UTC)
    headers = {"Expires": format_datetime(until, usegmt=True)}
    answer = fhir_answer(request, _manifest(report, base), headers=headers)
    answer.media_type = "application/json"
    return answer


async def end(exports: Exports, request: AnyRequest) -> Answer:
    """Take it back, or end it (202, as the guide has it). Raises ExportUnknown."""
    await exports.end(asker(request), _export_of(request))
    return Response(b"", status_code=202, headers=NO_STORE)


async def file(exports: Exports, request: AnyRequest) -> Answer | Stream:
    """One file, made as it is read. Raises ExportUnknown, ExportWaiting, ExportRefused."""
    asked, export_id = asker(request), _export_of(request)
    named = _FILE.fullmatch(request.path_params["name"])
    if named is None:
        raise no_such_export()
    if request.method == "HEAD":  # nobody's record is opened for it
        await _require_listed(exports, asked, export_id, named[1], int(named[2]))
        return Response(b"", media_type=NDJSON, headers=NO_STORE)
    pieces = await exports.file(asked, export_id, int(named[2]), named[1])
    return Stream(pieces, media_type=NDJSON, headers=NO_STORE)


def refused(what: str) -> TypeUnsupported:
    """The exports of the guide that there are none of here. ``what``: of what."""
    return TypeUnsupported(
        f"An export of {what} is not offered: records are exported of all patients of a hospital.",
        remedy="GET /fhir/Patient/$export",
    )


async def _require_listed(
    exports: Exports, asked: Requester, export_id: UUID, resource_type: str, part: int
) -> None:
    report = await exports.show(asked, export_id)
    if report.state is not ApprovalState.USED or not (
        resource_type in report.types and part < report.parts
    ):
        raise no_such_export()


def _manifest(report: ExportReport, base: str) -> Json:
    place = f"{base}/$export/{report.export_id}"
    return {
        "transactionTime": instant(report.at_s),
        "request": report.address,
        "requiresAccessToken": True,
        "output": [
            {"type": one, "url": f"{place}/{one}.{part}.ndjson"}
            for one in report.types
            for part in range(report.parts)
        ],
        "error": [],
    }


async def _parameters(request: AnyRequest) -> list[tuple[str, str]]:
    """The parameters of a POST: a Parameters resource, or nothing. Raises RequestBroken,
    ResourceUnreadable, MediaTypeUnsupported."""
    if request.method != "POST" or not await request.body():
        return []
    body = await body_of(request)
    stated = body.get("parameter", [])
    if (
        body.get("resourceType") != "Parameters"
        or not isinstance(stated, list)
        or len(stated) > PARAMETERS_MAX
    ):
        raise _broken("parameter", "Send a Parameters resource, or no body.")
    return [_parameter(one) for one in stated]


def _parameter(stated: Any) -> tuple[str, str]:
    if isinstance(stated, dict) and isinstance(stated.get("name"), str):
        values = [value for name, value in stated.items() if name.startswith("value")]
        if len(values) == 1 and isinstance(values[0], str):
            return stated["name"], values[0]
        if stated["name"] in _NARROWING:  # refused by its name, whatever it is
            return stated["name"], ""
    raise _broken("parameter", "Each parameter has a name and one value that is a text.")


def _asked(pairs: Iterable[tuple[str, str]], *, lenient: bool) -> tuple[tuple[str, ...], float]:
    """Types and moment that are asked for. Raises RequestBroken."""
    types: list[str] = []
    since_s = 0.0
    for name, value in pairs:
        match name:
            case "_type":
                types += [one.strip() for one in value.split(",") if one.strip()]
            case "_since":
                since_s = _moment(value)
            case "_outputFormat":
                if value.replace(" ", "+") not in NDJSON_NAMES:
                    raise _broken(name, f"Files are {NDJSON}.")
            case _ if name in _NARROWING:
                raise _broken(name, _NARROWING[name])
            case _ if name not in _FORM and not lenient:
                raise _broken("parameter", "Use _type, _since and _outputFormat.")
    return tuple(types), since_s


def _moment(text: str) -> float:
    try:
        # An address has a space where somebody wrote the + of an offset as it is.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        if moment.tzinfo is None:
            raise ValueError
        return max(moment.timestamp(), 0.0)
    except (ValueError, OverflowError):
        raise _broken("_since", "Write an instant, for example 2026-11-01T00:00:00Z.") from None


def _header(request: AnyRequest, name: str) -> str:
    """A header's text: UTF-8, which the web framework takes for Latin-1. Raises RequestBroken."""
    try:
        return request.headers.get(name, "").encode("latin-1").decode()
    except UnicodeError:
        raise RequestBroken("The header is not UTF-8.", field=name) from None


def _export_of(request: AnyRequest) -> UUID:
    try:
        return UUID(request.path_params["export_id"])
    except ValueError:
        raise no_such_export() from None


def _broken(field: str, remedy: str) -> RequestBroken:
    return RequestBroken("This parameter of an export cannot be used.", field=field, remedy=remedy)


_ADDRESS_LENGTH_MAX: Final = 2_000

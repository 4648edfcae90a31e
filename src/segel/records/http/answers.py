"""Resources and Bundles as HTTP answers."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

import msgspec
from litestar import Response

from segel.access import AnyRequest
from segel.records.http.outcomes import FHIR_JSON
from segel.records.model import Version
from segel.records.r4 import encode
from segel.records.search import Results, shaped

NO_STORE: Final = {"Cache-Control": "private, no-store"}
RETURN: Final = "return="
WHOLE: Final = Results()


def resource_answer(
    request: AnyRequest,
    version: Version,
    base: str,
    *,
    status: int = 200,
    results: Results = WHOLE,
) -> Response[bytes]:
    """A version as an answer, with what identifies it in the headers (R4 § 3.1.0)."""
    headers = version_headers(version, base, written=status == 201)
    if status == 200 and request.method in ("GET", "HEAD") and _is_known(request, version):
        return Response(b"", status_code=304, headers={**NO_STORE, **headers})
    if request.method in ("POST", "PUT") and preferred(request) == "minimal":
        return Response(b"", status_code=status, headers={**NO_STORE, **headers})
    return fhir_answer(request, shaped(version.told(), results), status=status, headers=headers)


def fhir_answer(
    request: AnyRequest,
    resource: Any,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """Any resource as an answer."""
    body = encode(dict(resource))
    if request.query_params.get("_pretty") == "true":
        body = msgspec.json.format(body, indent=2)
    return Response(
        body, status_code=status, media_type=FHIR_JSON, headers={**NO_STORE, **(headers or {})}
    )


def preferred(request: AnyRequest, otherwise: str = "representation") -> str:
    """What a client prefers to be returned of what it wrote (RFC 7240): minimal or
    representation."""
    for part in request.headers.get("prefer", "").replace(";", ",").split(","):
        name = part.strip()
        if name.startswith(RETURN):
            return name.removeprefix(RETURN).strip('"')
    return otherwise


def is_lenient(request: AnyRequest) -> bool:
    """Whether unknown search parameters are left out (R4 § 3.1.1.3.1)."""
    return "handling=lenient" in request.headers.get("prefer", "").replace(" ", "")


def version_headers(version: Version, base: str, *, written: bool) -> dict[str, str]:
    """What identifies a version (R4 § 3.1.0); ``written``: with where it is."""
    headers = {"ETag": version.tag}
    if version.at_s:
        moment = datetime.fromtimestamp(version.at_s, UTC)
        headers["Last-Modified"] = format_datetime(moment, usegmt=True)
    if written:
        headers["Location"] = f"{base}/{version.place}/_history/{version.number}"
    return headers


def _is_known(request: AnyRequest, version: Version) -> bool:
    tags = [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
    return version.tag in tags

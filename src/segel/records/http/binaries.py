"""Binary as what it is: a document taken and given without base64 (R4 Binary, § REST).

Its patient is named by ``X-Security-Context``, as the guide of R4 has it. A document lies in one
sealed row and is opened in memory, never on a disk; it is sent in pieces, whole or a range of it.
"""

import re
from base64 import b64encode
from typing import Any, Final

from litestar import Response

from segel.access import AnyRequest, MediaTypeUnsupported, Pieces, RequestBroken
from segel.domain.records import BINARY
from segel.records.errors import SubjectMissing
from segel.records.http.answers import (
    NO_STORE,
    fhir_answer,
    preferred,
    resource_answer,
    version_headers,
)
from segel.records.http.formats import JSON_TYPES, require_json, takes_as_it_is
from segel.records.model import Version
from segel.records.r4.parsing import BODY_BYTES_MAX
from segel.records.search import Results
from segel.sealing import Buffer

CONTEXT_HEADER: Final = "X-Security-Context"
XML: Final = "application/fhir+xml"
PIECE_BYTES: Final = 256 * 1024
CONTENT_BYTES_MAX: Final = BODY_BYTES_MAX
"""Of a document, as of any body: a scanned letter of a hundred pages."""

_AS_A_FILE: Final = {
    # Whatever it is, no browser may take it for a page of this origin.
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)

Json = dict[str, Any]


def is_raw(request: AnyRequest, resource_type: str) -> bool:
    """Whether a body is a Binary's content, and no resource."""
    kind = _kind(request)
    return resource_type == BINARY and bool(kind) and kind not in JSON_TYPES


async def sent(request: AnyRequest, base: str) -> Json:
    """The Binary of a body that is its content. Raises SubjectMissing, RequestBroken,
    MediaTypeUnsupported."""
    if _kind(request) == XML:
        raise MediaTypeUnsupported(
            "Resources are taken as JSON.", remedy="Send Content-Type: application/fhir+json."
        )
    patient = request.headers.get(CONTEXT_HEADER, "").strip().removeprefix(f"{base}/")
    if not patient:
        raise SubjectMissing(
            "It is not said whose record this document belongs to.",
            field=CONTEXT_HEADER,
            remedy="Name the patient in it: Patient/ and the id under which they are found.",
        )
    content = await request.body()
    if not content:
        raise RequestBroken("The document is empty.", field="body", remedy="Send its content.")
    return {
        "resourceType": BINARY,
        "contentType": request.headers["content-type"].strip(),
        "securityContext": {"reference": patient},
        "data": b64encode(content).decode(),
    }


def written(request: AnyRequest, version: Version, base: str, *, status: int) -> Response[bytes]:
    """What became of content: where it is, and the resource only for who asks for it."""
    headers = {**NO_STORE, **version_headers(version, base, written=status == 201)}
    if preferred(request, "minimal") == "minimal":
        return Response(b"", status_code=status, headers=headers)
    return fhir_answer(request, version.told(), status=status, headers=headers)


def answer(
    request: AnyRequest, version: Version, base: str, *, results: Results
) -> Response[bytes]:
    """A Binary as its content where that is what the client takes, else as a resource. Raises
    NotAcceptable."""
    assert version.resource is not None, "whoever shows it has looked"
    content_type = str(version.resource.get("contentType", ""))
    if not takes_as_it_is(request, content_type):
        require_json(request)
        return resource_answer(request, version, base, results=results)
    content = memoryview(version.content)
    whose = version.resource.get("securityContext", {}).get("reference", "")
    headers = {
        **NO_STORE,
        **version_headers(version, base, written=False),
        **_AS_A_FILE,
        "Accept-Ranges": "bytes",
        CONTEXT_HEADER: whose,
    }
    first, end, status = _range(request, len(content))
    if status == 416:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return Response(b"", status_code=status, media_type=content_type, headers=headers)
    if status == 206:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(content)}"
    pieces: list[Buffer] = [
        content[at : min(at + PIECE_BYTES, end)] for at in range(first, end, PIECE_BYTES)
    ]
    return Pieces(pieces, end - first, content_type, headers, status_code=status)


def _range(request: AnyRequest, length: int) -> tuple[int, int, int]:
    """First byte and end of what is asked for, and the status (RFC 9110 § 14): 200 for all of it.

    One range is given; a header with several, or bound to a state by ``If-Range``, which takes a
    strong tag, is passed over, as the RFC lets a server.
    """
    named = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if named is None or "if-range" in request.headers or named[0] == "bytes=-":
        return 0, length, 200
    if not named[1]:
        first, end = max(0, length - int(named[2])), length
    else:
        first = int(named[1])
        end = min(int(named[2]) + 1, length) if named[2] else length
        if named[2] and int(named[2]) < first:
            return 0, length, 200
    return (first, end, 206) if first < end else (0, 0, 416)


def _kind(request: AnyRequest) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()

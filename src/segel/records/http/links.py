"""SMART Health Links over HTTP, for whoever has one: the manifest, and single files.

A link is opened by POST with a passcode and a name; what comes back is encrypted with a key that
only the link has. There is no token here: the broker looks at the link itself. (SMART Health Links,
§ Manifest Request.)
"""

import re
from typing import Final

import msgspec
from litestar import Response, Router, route
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from segel.access import (
    AnyRequest,
    Attempts,
    RequestBroken,
    TooManyAttempts,
    headers_of,
    json_of,
    problem_of,
    status_of,
)
from segel.broker import errors as broker
from segel.domain.errors import SegelError
from segel.records.linking import BASE, Links, OpenedLink

MANIFEST: Final = BASE + "/{secret}"
FILE: Final = BASE + "/files/{ticket}/{number}"
_NUMBER: Final = re.compile(r"[0-9]{1,3}", re.ASCII)
BODY_BYTES_MAX: Final = 8 * 1024
EMBEDDED_MAX: Final = 16 * 1024 * 1024

CORS: Final = {"Access-Control-Allow-Origin": "*"}
"""Viewers of links run in pages of other origins, and bring no cookie of ours."""

STATUS: Final = {
    broker.HealthLinkUnknown: 404,
    broker.HealthLinkUnclear: 400,
    broker.PasscodeWrong: 401,
    broker.Frozen: 404,
    TooManyAttempts: 429,
}
"""What is frozen looks as what is over: a stranger is told no more."""

JOSE: Final = "application/jose"


class ManifestRequest(msgspec.Struct, frozen=True, rename="camel"):
    """What a link's holder sends. ``embedded_length_max``: characters."""

    recipient: str
    passcode: str = ""
    embedded_length_max: int = EMBEDDED_MAX

    def __repr__(self) -> str:
        return "ManifestRequest(...)"


def router(links: Links, origin: str, attempts: Attempts) -> Router:
    """The routes. ``attempts``: bounds how often strangers may try."""

    @route(_typed(MANIFEST), http_method=["POST", "OPTIONS"], status_code=200)
    async def manifest(request: AnyRequest, secret: FromPath[str]) -> Response[bytes]:
        """The files of a link."""
        if request.method == "OPTIONS":
            return _preflight("POST")
        attempts.require(request.scope)
        asked = await _asked(request)
        opened = await links.open(secret, asked.passcode, asked.recipient)
        return _answer({"files": _files(opened, origin, asked.embedded_length_max)})

    @route(_typed(FILE), http_method=["GET", "OPTIONS"], status_code=200)
    async def file(
        request: AnyRequest, ticket: FromPath[str], number: FromPath[str]
    ) -> Response[bytes]:
        """One file of a link that was opened just now."""
        if request.method == "OPTIONS":
            return _preflight("GET")
        attempts.require(request.scope)
        found = await links.fetch(ticket, int(number) if _NUMBER.fullmatch(number) else -1)
        return Response(found.jwe.encode(), media_type=JOSE, headers=_headers())

    return Router(
        path="/",
        route_handlers=[manifest, file],
        exception_handlers={SegelError: problem, HTTPException: http_problem},
        include_in_schema=False,
        request_max_body_size=BODY_BYTES_MAX,
    )


def _typed(path: str) -> str:
    """A path as the web framework has it."""
    return path.replace("}", ":str}")


def _preflight(method: str) -> Response[bytes]:
    """What a browser asks before a page of another origin may."""
    allowed = f"{method}, OPTIONS"
    headers = CORS | {
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "86400",
        "Allow": allowed,
    }
    return Response(b"", status_code=204, headers=headers)


async def _asked(request: AnyRequest) -> ManifestRequest:
    """What somebody sent. Raises RequestBroken."""
    try:
        asked = json_of(await request.body(), ManifestRequest)
    except msgspec.DecodeError:
        raise RequestBroken(
            "The body is not a manifest request.",
            field="body",
            remedy='Send {"recipient": "who you are", "passcode": "..."} as JSON.',
        ) from None
    if asked.embedded_length_max < 0:
        raise RequestBroken("A length is not negative.", field="embeddedLengthMax")
    return asked


def _files(opened: OpenedLink, origin: str, embedded_max: int) -> list[dict[str, str]]:
    files = []
    for number, one in enumerate(opened.files):
        told = {"contentType": one.content_type}
        if len(one.jwe) <= embedded_max:
            told["embedded"] = one.jwe
        else:
            told["location"] = f"{origin}{BASE}/files/{opened.ticket}/{number}"
        files.append(told)
    return files


def problem(_: AnyRequest, error: SegelError) -> Response[bytes]:
    """A refusal (RFC 9457); after a wrong passcode with ``remainingAttempts``."""
    status = status_of(error, STATUS)
    told = problem_of(error, status)
    if isinstance(error, broker.PasscodeWrong):
        told["remainingAttempts"] = error.tries_left
    headers = headers_of(error, status) | CORS
    headers.pop("WWW-Authenticate", None)  # there is no token to bring
    return _answer(told, status, "application/problem+json", headers)


def http_problem(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What the web framework refuses, in the same form."""
    told = {"type": "about:blank", "title": "Refused.", "status": error.status_code}
    headers = _headers() | dict(error.headers or {})
    return _answer(told, error.status_code, "application/problem+json", headers)


def _answer(
    told: object,
    status: int = 200,
    media_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    return Response(
        msgspec.json.encode(told),
        status_code=status,
        media_type=media_type,
        headers=_headers() if headers is None else headers,
    )


def _headers() -> dict[str, str]:
    return CORS | {"Cache-Control": "no-store"}

"""Break-glass for programs: begun by a call, then requests carry ``X-Purpose-Of-Use: ETREAT``.

``GET`` says how the account stands, ``POST`` begins (a code and a reason), ``DELETE`` ends. A
browser's cookie may only look; beginning takes a bearer token.
"""

from typing import Any, Final

import msgspec
from litestar import Response

from segel.access import AnyRequest, RequestBroken, json_of, requester_of
from segel.broker.messages import GlassState
from segel.domain.break_glass import Emergency
from segel.imaging.archive import Archive
from segel.imaging.dicomweb.answers import DOOR

PATH: Final = "/api/break-glass"
BODY_BYTES_MAX: Final = 16 * 1024
"""A reason of 1,000 characters, however it is encoded."""


class Beginning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a program sends to begin."""

    code: Emergency
    reason: str


async def answer(archive: Archive, request: AnyRequest) -> Response[bytes]:
    """One of the three methods. Raises RequestBroken, BrokerError."""
    requester = requester_of(request, DOOR)
    calls = archive.broker.break_glass
    match request.method:
        case "POST":
            asked = await _beginning(request)
            return _told(await calls.begin(requester, asked.code, asked.reason), 201)
        case "DELETE":
            return _told(await calls.end(requester), 200)
        case _:
            return _told(await calls.state(requester), 200)


async def _beginning(request: AnyRequest) -> Beginning:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            break
    try:
        if len(body) > BODY_BYTES_MAX:
            raise ValueError
        return json_of(bytes(body), Beginning)
    except (ValueError, msgspec.DecodeError):
        raise RequestBroken(
            "The body is not a beginning of a break-glass.",
            field="body",
            remedy="Send JSON with a code, one of"
            f" {', '.join(code.value for code in Emergency)}, and a reason.",
        ) from None


def _told(state: GlassState, status: int) -> Response[bytes]:
    body: dict[str, Any] = {
        "open": msgspec.to_builtins(state.open),
        "hindrance": state.hindrance or None,
        "left_today": state.left_today,
        "rules": {
            "patients": state.patients,
            "seconds": state.window_s,
            "times_a_day": state.per_day,
            "review_seconds": state.review_s,
        },
    }
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )

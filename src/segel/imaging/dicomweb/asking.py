"""Who asks, and for what purpose, from an HTTP request."""

from typing import Any, Final

from litestar import Request

from segel.broker import Requester
from segel.broker.errors import TokenInvalid
from segel.domain.purpose import Purpose
from segel.imaging.dicomweb.problem import RequestBroken

SESSION_COOKIE: Final = "segel_session"
PURPOSE_HEADER: Final = "x-purpose-of-use"

AnyRequest = Request[Any, Any, Any]


def requester_of(request: AnyRequest) -> Requester:
    """The requester, not yet verified: that is the broker's. Raises TokenInvalid, RequestBroken.

    A bearer token may do everything; the console's cookie is sent by browsers unasked and
    therefore reads only.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        token = request.cookies.get(SESSION_COOKIE, "") if request.method == "GET" else ""
    if not token.strip():
        raise TokenInvalid("A token is needed.", remedy="Send Authorization: Bearer <token>.")
    return Requester(token.strip(), _purpose(request), "dicomweb")


def _purpose(request: AnyRequest) -> Purpose:
    code = request.headers.get(PURPOSE_HEADER, Purpose.TREATMENT.value).strip().upper()
    try:
        return Purpose(code)
    except ValueError:
        raise RequestBroken(
            "The purpose of use is not known.",
            field="X-Purpose-Of-Use",
            remedy=f"Use one of {', '.join(purpose.value for purpose in Purpose)}.",
        ) from None

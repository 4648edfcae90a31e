"""Who asks, and for what purpose, from an HTTP request."""

from typing import Any, Final, TypeVar
from uuid import uuid4

import msgspec
from litestar import Request

from segel.access.errors import RequestBroken
from segel.broker import Proof, Requester
from segel.broker.errors import ProofInvalid, TokenInvalid
from segel.domain.purpose import Purpose

SESSION_COOKIE: Final = "segel_session"
PURPOSE_HEADER: Final = "x-purpose-of-use"

T = TypeVar("T")

AnyRequest = Request[Any, Any, Any]


def requester_of(request: AnyRequest, route: str) -> Requester:
    """The requester, not yet verified: that is the broker's. Raises TokenInvalid, RequestBroken.

    ``route``: the door's name in the log.

    A token in the header may do everything that its session may; the console's cookie is sent by
    browsers unasked and therefore reads only.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    proof = None
    if scheme.lower() == "dpop" and token:
        proof = _proof(request)
    elif scheme.lower() != "bearer" or not token:
        token = request.cookies.get(SESSION_COOKIE, "") if request.method == "GET" else ""
    if not token.strip():
        raise TokenInvalid("A token is needed.", remedy="Send Authorization: Bearer <token>.")
    return Requester(token.strip(), _purpose(request), route, proof)


def json_of(body: bytes, kind: type[T]) -> T:
    """A body of JSON. Raises msgspec.DecodeError for whatever is wrong with it; the library has an
    error of another kind for what is not UTF-8."""
    try:
        return msgspec.json.decode(body, type=kind)
    except UnicodeDecodeError:
        raise msgspec.DecodeError("not UTF-8") from None


def _proof(request: AnyRequest) -> Proof:
    """The proof of a bound token, not yet verified (RFC 9449 § 7). Raises ProofInvalid."""
    sent = request.headers.getall("dpop", [])
    if len(sent) != 1:
        raise ProofInvalid(
            "A bound token comes with exactly one proof.",
            field="DPoP",
            remedy="Send one header DPoP.",
        )
    path = request.scope["raw_path"].decode("ascii", "replace")
    return Proof(sent[0], request.method, path, uuid4().hex)


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

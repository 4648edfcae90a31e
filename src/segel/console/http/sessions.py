"""Who is at the page: the session cookie, and the check that a POST came from our own page.

The cookie is HttpOnly and SameSite=Strict. Another port of the same host is the same site to a
browser, and OHIF runs on one, so every POST must also carry our own Origin.
"""

import time
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie

from segel.broker import BrokerClient, Requester, Session, Token
from segel.broker.errors import TokenInvalid
from segel.domain.errors import SegelError
from segel.domain.purpose import Purpose

SESSION_COOKIE: Final = "segel_session"
FRAGMENT_HEADER: Final = "x-fragment"
"""Sent by our own script where it wants a part of a page."""
SESSION_STATE: Final = "console_session"
TO_DECIDE_STATE: Final = "console_to_decide"
"""How many requests wait for whoever is at the page; the navigation shows it."""
TOKEN_LENGTH_MAX: Final = 2_048

AnyRequest = Request[Any, Any, Any]


class ForeignForm(SegelError):
    """A POST that did not come from a page of this console."""

    code = "foreign-form"


def token_of(request: AnyRequest) -> str:
    """The session's token. Raises TokenInvalid where there is none."""
    token = request.cookies.get(SESSION_COOKIE, "")
    if not token or len(token) > TOKEN_LENGTH_MAX:
        raise TokenInvalid("Nobody is signed in.", remedy="Sign in.")
    return token


def requester_of(request: AnyRequest) -> Requester:
    """Who asks, for the broker. Raises TokenInvalid."""
    return Requester(token=token_of(request), purpose=Purpose.TREATMENT, route="console")


async def session_of(request: AnyRequest, broker: BrokerClient) -> Session:
    """The live session. Raises TokenInvalid, Frozen."""
    session = await broker.session(token_of(request))
    request.state[SESSION_STATE] = session  # so that an error's page still knows who is there
    if "approval:decide" in session.permissions:
        request.state[TO_DECIDE_STATE] = await broker.approvals.to_decide(requester_of(request))
    return session


async def form_of(request: AnyRequest, own: str) -> dict[str, str]:
    """The fields of a form of ours; ``own`` as in ``refuse_foreign``. Raises ForeignForm."""
    refuse_foreign(request, own)
    fields = await request.form()
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def refuse_foreign(request: AnyRequest, own: str) -> None:
    """Return where a POST came from this very origin. Raises ForeignForm.

    ``own`` is the configured origin: behind a proxy the Host may be another one.
    """
    origin = request.headers.get("origin", "")
    fetch_site = request.headers.get("sec-fetch-site", "same-origin")
    host = request.headers.get("host", "")
    is_own = bool(origin) and (origin == own or urlsplit(origin).netloc == host)
    if fetch_site != "same-origin" or not is_own:
        raise ForeignForm(
            "This form was sent from another site.", remedy="Open the page again and repeat it."
        )


def session_cookie(token: Token, *, secure: bool) -> Cookie:
    """The cookie of a new session; it ends when the session does."""
    return Cookie(
        key=SESSION_COOKIE,
        value=token.token,
        path="/",
        max_age=max(0, token.expires_s - int(time.time())),
        httponly=True,
        samesite="strict",
        secure=secure,
    )


def no_session_cookie(*, secure: bool) -> Cookie:
    """Makes the browser forget the session."""
    return Cookie(
        key=SESSION_COOKIE, value="", path="/", max_age=0, httponly=True, samesite="strict",
        secure=secure,
    )  # fmt: skip

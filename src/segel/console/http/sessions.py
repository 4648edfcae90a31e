"""Who is at the page: the session cookie, and the check that a POST came from our own page.

The cookie is HttpOnly and SameSite=Strict. Another port of the same host is the same site to a
browser, and OHIF runs on one, so every POST must also carry our own Origin.
"""

import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie

from segel.access import SESSION_COOKIE
from segel.broker import BrokerClient, Requester, Session, Token
from segel.broker.errors import TokenInvalid
from segel.console.errors import FormBroken
from segel.domain.errors import SegelError
from segel.domain.purpose import Purpose

EMERGENCY_COOKIE: Final = "segel_emergency"
"""Says to ask for emergency treatment. It opens nothing: that takes a break-glass at the broker."""
ENDED_COOKIE: Final = "segel_ended"
ENDED_S: Final = 60
"""How long the sign-in page may take to be asked for, after a session was found to have ended."""
FRAGMENT_HEADER: Final = "x-fragment"
"""Sent by our own script where it wants a part of a page."""
SESSION_STATE: Final = "console_session"
TO_DECIDE_STATE: Final = "console_to_decide"
"""How many requests wait for whoever is at the page; the navigation shows it."""
TOKEN_LENGTH_MAX: Final = 2_048

AnyRequest = Request[Any, Any, Any]
E = TypeVar("E", bound=StrEnum)


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
    """Who asks, for the broker, and why: while the browser knows of an open break-glass, for
    emergency treatment. Whether it is open, the broker decides. Raises TokenInvalid."""
    in_emergency = request.cookies.get(EMERGENCY_COOKIE) == "1"
    purpose = Purpose.EMERGENCY_TREATMENT if in_emergency else Purpose.TREATMENT
    return Requester(token=token_of(request), purpose=purpose, route="console")


def treating(request: AnyRequest) -> Requester:
    """Who asks, for the ordinary purpose of treatment. Raises TokenInvalid."""
    return Requester(token=token_of(request), purpose=Purpose.TREATMENT, route="console")


def overseeing(request: AnyRequest) -> Requester:
    """Who asks, as an officer who watches over the hospital. Raises TokenInvalid."""
    return Requester(token=token_of(request), purpose=Purpose.OPERATIONS, route="console")


async def session_of(request: AnyRequest, broker: BrokerClient) -> Session:
    """The live session. Raises TokenInvalid, Frozen."""
    session = await broker.session(token_of(request))
    request.state[SESSION_STATE] = session  # so that an error's page still knows who is there
    if "approval:decide" in session.permissions:
        request.state[TO_DECIDE_STATE] = await broker.approvals.to_decide(requester_of(request))
    return session


async def counted(request: AnyRequest, broker: BrokerClient, session: Session) -> Session:
    """The session after something was opened: of an open break-glass less is left."""
    return session if session.break_glass is None else await session_of(request, broker)


async def form_of(request: AnyRequest, own: str) -> dict[str, str]:
    """The fields of a form of ours; ``own`` as in ``refuse_foreign``. Raises ForeignForm."""
    refuse_foreign(request, own)
    fields = await request.form()
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def chosen(form: Mapping[str, str], field: str, kind: type[E]) -> E:
    """What was chosen of a form's fixed answers. Raises FormBroken."""
    try:
        return kind(form.get(field, ""))
    except ValueError:
        raise FormBroken("A choice is missing.", field=field, remedy="Choose one.") from None


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


def emergency_cookie(session: Session | None, *, secure: bool) -> Cookie:
    """Makes the browser ask for what the session may: emergency treatment while a break-glass is
    open, and else not."""
    glass = session.break_glass if session is not None else None
    return Cookie(
        key=EMERGENCY_COOKIE,
        value="1" if glass is not None else "",
        path="/",
        max_age=max(0, int(glass.until_s - time.time())) if glass is not None else 0,
        httponly=True,
        samesite="strict",
        secure=secure,
    )


def ended_cookie(seconds: int, *, secure: bool) -> Cookie:
    """Makes the sign-in page say that a session has just ended; of 0 seconds, not any more."""
    return Cookie(
        key=ENDED_COOKIE, value="1", path="/sign-in", max_age=seconds, httponly=True,
        samesite="strict", secure=secure,
    )  # fmt: skip


def own_path(path: str) -> str:
    """``path`` where it is one of this site, else the front page."""
    own = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if own and path.isascii() and path.isprintable() else "/"


def no_session_cookie(*, secure: bool) -> Cookie:
    """Makes the browser forget the session."""
    return Cookie(
        key=SESSION_COOKIE, value="", path="/", max_age=0, httponly=True, samesite="strict",
        secure=secure,
    )  # fmt: skip

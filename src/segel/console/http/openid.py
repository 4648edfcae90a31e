"""Signing in through an OpenID provider: to it and back. What it says is the broker's to verify."""

from typing import Final

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from segel.broker.errors import BrokerUnavailable, SignInFailed
from segel.console.http.sessions import (
    AnyRequest,
    form_of,
    session_cookie,
    session_of,
    treating,
)
from segel.console.http.wiring import Here

HANDLE_COOKIE: Final = "segel_openid"
HANDLE_S: Final = 600
HANDLE_PATH: Final = "/sign-in/openid"
PARAMETERS: Final = ("state", "code", "iss", "error")


@get("/sign-in/openid/{provider:str}")
async def leave_for(request: AnyRequest, console: Here, provider: FromPath[str]) -> Response[str]:
    """To the provider, with everything that its answer will be held against in a sealed cookie."""
    console.attempts.require(request.scope)
    try:
        begun = await console.broker.oauth.begin(provider)
    except BrokerUnavailable:
        return _failed(request, console, "away", [])
    return console.pages.onward(begun.address, cookies=[_handle_cookie(console, begun.handle)])


@post("/account/identities/link")
async def link(request: AnyRequest, console: Here) -> Response[str]:
    """To the provider, to come back as somebody linked to this account."""
    form = await form_of(request, console.settings.origin)
    session = await session_of(request, console.broker)
    begun = await console.broker.oauth.begin(form.get("provider", ""), treating(request))
    # A page that leads on: a form may not lead away from here, by its Content-Security-Policy.
    return console.pages.answer(
        request,
        "onward.html",
        session=session,
        address=begun.address,
        cookies=[_handle_cookie(console, begun.handle)],
    )


@get("/sign-in/openid/{provider:str}/callback")
async def come_back(
    request: AnyRequest,
    console: Here,
    provider: FromPath[str],
) -> Response[str]:
    """The provider's answer becomes a session, or a link of the account that asked for it."""
    console.attempts.require(request.scope)
    handle = request.cookies.get(HANDLE_COOKIE, "")
    over = [_handle_cookie(console, "")]
    said = {name: request.query_params.getall(name, []) for name in PARAMETERS}
    if said["error"] or not said["code"]:
        return _failed(request, console, "cancelled", over)
    if any(len(values) > 1 for values in said.values()):  # RFC 6749 § 3.1
        return _failed(request, console, "failed", over)
    state, code, issuer = (next(iter(said[name]), "") for name in ("state", "code", "iss"))
    try:
        token = await console.broker.oauth.finish(provider, handle, state, code, issuer)
    except SignInFailed as refusal:
        why = "unlinked" if refusal.field == "unlinked" else "failed"
        return _failed(request, console, why, over)
    except BrokerUnavailable:
        return _failed(request, console, "away", over)
    if token is None:
        return console.pages.answer(
            request, "onward.html", session=None, address="/account", cookies=over
        )
    # The browser comes from another site: only a page of ours may lead on with the strict cookie.
    cookies = [*over, session_cookie(token, secure=console.settings.secure)]
    return console.pages.answer(request, "onward.html", session=None, address="/", cookies=cookies)


def _failed(request: AnyRequest, console: Here, why: str, cookies: list[Cookie]) -> Response[str]:
    return console.pages.answer(
        request,
        "openid_failed.html",
        session=None,
        status=503 if why == "away" else 401,
        why=why,
        cookies=cookies,
    )


def _handle_cookie(console: Here, handle: str) -> Cookie:
    """Lax, not strict: it has to come back with a browser that another site sends."""
    return Cookie(
        key=HANDLE_COOKIE, value=handle, path=HANDLE_PATH, max_age=HANDLE_S if handle else 0,
        httponly=True, samesite="lax", secure=console.settings.secure,
    )  # fmt: skip


HANDLERS = [leave_for, link, come_back]

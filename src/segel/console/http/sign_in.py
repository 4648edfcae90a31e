"""In and out: passkeys, demo people, and the end of a session."""

import json
from contextlib import suppress
from itertools import groupby
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.enums import MediaType

from segel.access import json_of
from segel.broker.errors import BrokerError, TokenInvalid
from segel.console.errors import FormBroken
from segel.console.headers import picture_headers
from segel.console.http.sessions import (
    ENDED_COOKIE,
    AnyRequest,
    ended_cookie,
    form_of,
    no_session_cookie,
    refuse_foreign,
    session_cookie,
    session_of,
    token_of,
    treating,
)
from segel.console.http.wiring import Here
from segel.domain.roles import Role

OPENID: Final = "openid "
"""Before the provider's name, in how a session's holder was recognised."""

_READERS: Final = (Role.RADIOLOGIST, Role.CLINICIAN, Role.RADIOGRAPHER)
_FIRST: Final = (*_READERS, *(role for role in Role if role not in _READERS))
"""The order of demo people: first those who look at images."""


class Finished(msgspec.Struct, frozen=True):
    """What the browser sends when its part of a ceremony is done."""

    handle: str
    credential: msgspec.Raw
    name: str = ""


@get("/sign-in")
async def sign_in_page(request: AnyRequest, console: Here) -> Response[str]:
    """The passkey button, and in demo mode the people one can be."""
    ended = ENDED_COOKIE in request.cookies
    people = await console.broker.demo_accounts() if console.settings.demo else []
    people = sorted(people, key=lambda one: (one.hospital_name, _FIRST.index(one.role)))
    by_hospital = [
        (hospital, list(members))
        for hospital, members in groupby(people, key=lambda person: person.hospital_name)
    ]
    providers = await console.broker.oauth.providers()
    return console.pages.answer(
        request,
        "sign_in.html",
        session=None,
        people=by_hospital,
        providers=providers,
        ended=ended,
        cookies=[ended_cookie(0, secure=console.settings.secure)] if ended else None,
    )


@post("/sign-in/demo")
async def sign_in_demo(request: AnyRequest, console: Here) -> Response[str]:
    """Become a demo person; the broker refuses outside demo mode."""
    form = await form_of(request, console.settings.origin)
    console.attempts.require(request.scope)
    try:
        account_id = UUID(form.get("account", ""))
    except ValueError:
        raise FormBroken("No such person.", field="account", remedy="Choose one.") from None
    token = await console.broker.demo_sign_in(account_id)
    return console.pages.onward(
        "/", cookies=[session_cookie(token, secure=console.settings.secure)]
    )


@post("/sign-out")
async def sign_out(request: AnyRequest, console: Here) -> Response[str]:
    """End the session at the broker: its token and every link of it are dead."""
    refuse_foreign(request, console.settings.origin)
    method = ""
    with suppress(TokenInvalid):  # it had ended already, which is what was asked for
        method = (await session_of(request, console.broker)).method
        await console.broker.end_session(token_of(request))
    cookies = [no_session_cookie(secure=console.settings.secure)]
    if method.startswith(OPENID):
        with suppress(BrokerError):  # signed out here all the same
            there = await console.broker.oauth.leave(method.removeprefix(OPENID))
            if there.address:
                return console.pages.answer(
                    request, "signed_out.html", session=None, there=there, cookies=cookies
                )
    return console.pages.onward("/sign-in", cookies=cookies)


@post("/passkey/sign-in/begin")
async def passkey_sign_in_begin(request: AnyRequest, console: Here) -> Response[bytes]:
    """Options for ``navigator.credentials.get``."""
    refuse_foreign(request, console.settings.origin)
    console.attempts.require(request.scope)
    settings = console.settings
    ceremony = await console.broker.passkey_sign_in_begin(settings.relying_party, settings.origin)
    return options_of(ceremony.options, ceremony.handle)


@post("/passkey/sign-in/finish")
async def passkey_sign_in_finish(request: AnyRequest, console: Here) -> Response[bytes]:
    """The signed challenge becomes a session."""
    refuse_foreign(request, console.settings.origin)
    console.attempts.require(request.scope)
    finished = finished_of(await request.body())
    token = await console.broker.passkey_sign_in_finish(finished.handle, text_of(finished))
    return Response(
        b"",
        status_code=204,
        headers=picture_headers(),
        cookies=[session_cookie(token, secure=console.settings.secure)],
    )


@post("/passkey/register/begin")
async def passkey_register_begin(request: AnyRequest, console: Here) -> Response[bytes]:
    """Options for ``navigator.credentials.create``."""
    refuse_foreign(request, console.settings.origin)
    await session_of(request, console.broker)
    settings = console.settings
    ceremony = await console.broker.passkey_register_begin(
        treating(request), settings.relying_party, settings.origin
    )
    return options_of(ceremony.options, ceremony.handle)


@post("/passkey/register/finish")
async def passkey_register_finish(request: AnyRequest, console: Here) -> Response[bytes]:
    """The new passkey belongs to this account from now on."""
    refuse_foreign(request, console.settings.origin)
    finished = finished_of(await request.body())
    await console.broker.passkey_register_finish(
        treating(request), finished.handle, text_of(finished), finished.name
    )
    return Response(b"", status_code=204, headers=picture_headers())


def options_of(options: str, handle: str) -> Response[bytes]:
    """A ceremony under way, for the browser."""
    content = json.dumps({"options": json.loads(options), "handle": handle}).encode()
    return Response(content, media_type=MediaType.JSON, status_code=200, headers=picture_headers())


def finished_of(body: bytes) -> Finished:
    """What the browser sent when it was done. Raises FormBroken."""
    try:
        return json_of(body, Finished)
    except msgspec.DecodeError:
        raise FormBroken("This is not a finished ceremony.", remedy="Begin again.") from None


def text_of(finished: Finished) -> str:
    """The credential as the broker verifies it."""
    return bytes(finished.credential).decode()


HANDLERS = [
    sign_in_page,
    sign_in_demo,
    sign_out,
    passkey_sign_in_begin,
    passkey_sign_in_finish,
    passkey_register_begin,
    passkey_register_finish,
]

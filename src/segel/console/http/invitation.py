"""The page behind an invitation: register a passkey, and be signed in.

The link's secret stands after the #, so that no server, proxy or log sees it; the page's script
takes it from the address bar and sends it in a body.
"""

from typing import Final, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.enums import MediaType

from segel.access import json_of
from segel.broker.errors import SignInFailed
from segel.console.errors import FormBroken
from segel.console.headers import picture_headers
from segel.console.http.sessions import AnyRequest, refuse_foreign, session_cookie
from segel.console.http.sign_in import options_of
from segel.console.http.wiring import Here
from segel.domain.roles import Role

R = TypeVar("R")

_REASONS: Final = frozenset({"used", "expired"})


class Opened(msgspec.Struct, frozen=True):
    """What the page's script sends first."""

    secret: str


class Accepted(msgspec.Struct, frozen=True):
    """What it sends when the browser's part is done."""

    secret: str
    handle: str
    credential: msgspec.Raw
    name: str = ""


class Shown(msgspec.Struct, frozen=True):
    """Whose invitation it is; or, in ``state``, why it is none."""

    state: str
    name: str = ""
    role: str = ""
    hospital: str = ""


@get("/invitation", sync_to_thread=False)
def invitation_page(request: AnyRequest, console: Here) -> Response[str]:
    """The page; it knows nothing before its script has sent the secret."""
    return console.pages.answer(request, "invitation.html", session=None, roles=list(Role))


@post("/invitation/look")
async def look(request: AnyRequest, console: Here) -> Response[bytes]:
    """Whose it is, or whether it ran out, was used, or is none."""
    opened = _decoded(request, console, await request.body(), Opened)
    try:
        invited = await console.broker.access.look_invitation(opened.secret)
    except SignInFailed as refusal:
        shown = Shown(refusal.field if refusal.field in _REASONS else "unknown")
    else:
        shown = Shown("open", invited.name, invited.role.value, invited.hospital_name)
    return Response(
        msgspec.json.encode(shown),
        media_type=MediaType.JSON,
        status_code=200,
        headers=picture_headers(),
    )


@post("/invitation/begin")
async def begin(request: AnyRequest, console: Here) -> Response[bytes]:
    """Options for ``navigator.credentials.create``."""
    opened = _decoded(request, console, await request.body(), Opened)
    settings = console.settings
    ceremony = await console.broker.access.begin_invitation(
        opened.secret, settings.relying_party, settings.origin
    )
    return options_of(ceremony.options, ceremony.handle)


@post("/invitation/finish")
async def finish(request: AnyRequest, console: Here) -> Response[bytes]:
    """The passkey is the account's, and its owner signed in."""
    accepted = _decoded(request, console, await request.body(), Accepted)
    token = await console.broker.access.finish_invitation(
        accepted.secret, accepted.handle, bytes(accepted.credential).decode(), accepted.name
    )
    return Response(
        b"",
        status_code=204,
        headers=picture_headers(),
        cookies=[session_cookie(token, secure=console.settings.secure)],
    )


def _decoded(request: AnyRequest, console: Here, body: bytes, kind: type[R]) -> R:
    refuse_foreign(request, console.settings.origin)
    console.attempts.require(request.scope)
    try:
        return json_of(body, kind)
    except msgspec.DecodeError:
        raise FormBroken("This is no invitation.", remedy="Open the link again.") from None


HANDLERS = [invitation_page, look, begin, finish]

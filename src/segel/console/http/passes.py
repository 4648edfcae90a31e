"""``/my/passes``: venue passes, made for the keys that the holder's app sends and kept by nobody.

The app itself is at ``/passes/``: it works without a network, and so knows nobody's name.
"""

import base64
import binascii
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.enums import MediaType

from segel.access import json_of
from segel.console.errors import FormBroken, PageMissing
from segel.console.headers import picture_headers
from segel.console.http.portal import owner_of
from segel.console.http.sessions import AnyRequest, refuse_foreign
from segel.console.http.wiring import Here

KEY_CHARACTERS: Final = 44
"""A compressed point in base64url: 33 bytes, without padding."""
KEYS_MAX: Final = 64
"""More than the broker makes at once; it says so itself."""


class Wanted(msgspec.Struct, frozen=True):
    """What the app sends."""

    keys: list[str]


class Made(msgspec.Struct, frozen=True):
    """What it gets: a pass for each key, in base64url, and until when they hold (Unix time)."""

    passes: list[str]
    ends_s: int


@get("/my/passes")
async def passes_page(request: AnyRequest, console: Here) -> Response[str]:
    """What passes are, and where the app is."""
    _demand(console.settings.passes)
    owner = await owner_of(request, console)
    return console.pages.answer(request, "passes.html", session=owner.session, section="passes")


@post("/my/passes")
async def make_passes(request: AnyRequest, console: Here) -> Response[bytes]:
    """A pass for each key of the patient who is signed in."""
    _demand(console.settings.cards)
    refuse_foreign(request, console.settings.origin)
    owner = await owner_of(request, console)
    points = _points_of(await request.body())
    issued = await console.broker.passes.issue(owner.requester, points)
    passes = [base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in issued.passes]
    made = Made(passes, issued.ends_s)
    return Response(
        msgspec.json.encode(made),
        media_type=MediaType.JSON,
        status_code=200,
        headers=picture_headers(),
    )


def _points_of(body: bytes) -> list[bytes]:
    try:
        wanted = json_of(body, Wanted)
        if len(wanted.keys) > KEYS_MAX or any(len(one) != KEY_CHARACTERS for one in wanted.keys):
            raise ValueError
        return [base64.b64decode(one, b"-_", validate=True) for one in wanted.keys]
    except (msgspec.DecodeError, ValueError, binascii.Error):
        raise FormBroken(
            "These are no keys.", field="keys", remedy="Open the app for passes again."
        ) from None


def _demand(is_on: bool) -> None:
    if not is_on:
        raise PageMissing("There is no such page.", remedy="Check the address.")


HANDLERS = [passes_page, make_passes]

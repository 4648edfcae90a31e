"""Rendered frames, under addresses that say nothing."""

from math import isfinite
from typing import Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from segel.broker import Requester
from segel.console.errors import FormBroken
from segel.console.headers import picture_headers
from segel.console.http.sessions import AnyRequest, requester_of
from segel.console.http.wiring import Console, Here
from segel.console.ports import Picture, Rendering
from segel.console.study_page import open_picture_handle

SIZE_PX_MAX: Final = 4_096
"""The longest side of the largest detectors; a mammogram has 4,096 rows."""


@get("/pictures/{handle:str}/{frame:int}")
async def picture(
    request: AnyRequest,
    console: Here,
    handle: FromPath[str],
    frame: FromPath[int],
    size: FromQuery[int] = 0,
    centre: FromQuery[float | None] = None,
    width: FromQuery[float | None] = None,
) -> Response[bytes]:
    """One frame. ``size``: longest side in pixels; ``centre`` and ``width``: window."""
    return await drawn(console, requester_of(request), handle, frame, size, centre, width)


async def drawn(
    console: Console,
    requester: Requester,
    handle: str,
    frame: int,
    size: int,
    centre: float | None,
    width: float | None,
) -> Response[bytes]:
    """The frame behind a picture's handle. Raises HandleBroken, PictureMissing, BrokerError."""
    study_uid, instance_uid = open_picture_handle(requester.token, handle)
    rendering = Rendering(_window(centre, width), min(max(size, 0), SIZE_PX_MAX))
    rendered = await console.reader.picture(requester, study_uid, instance_uid, frame, rendering)
    return picture_answer(rendered)


def picture_answer(rendered: Picture) -> Response[bytes]:
    """A rendered frame, kept nowhere."""
    return Response(rendered.data, media_type=rendered.media_type, headers=picture_headers())


def _window(centre: float | None, width: float | None) -> tuple[float, float] | None:
    if centre is None or width is None:
        return None
    if not (isfinite(centre) and isfinite(width) and width >= 1):
        raise FormBroken("This is no window.", field="width", remedy="Use a width of 1 or more.")
    return centre, width


HANDLERS = [picture]

"""Rendered frames, under addresses that say nothing."""

from math import isfinite
from typing import Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from segel.console.errors import FormBroken
from segel.console.headers import picture_headers
from segel.console.http.sessions import AnyRequest, requester_of, token_of
from segel.console.http.wiring import Here
from segel.console.ports import Rendering
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
    study_uid, instance_uid = open_picture_handle(token_of(request), handle)
    rendering = Rendering(_window(centre, width), min(max(size, 0), SIZE_PX_MAX))
    rendered = await console.reader.picture(
        requester_of(request), study_uid, instance_uid, frame, rendering
    )
    return Response(rendered.data, media_type=rendered.media_type, headers=picture_headers())


def _window(centre: float | None, width: float | None) -> tuple[float, float] | None:
    if centre is None or width is None:
        return None
    if not (isfinite(centre) and isfinite(width) and width >= 1):
        raise FormBroken("This is no window.", field="width", remedy="Use a width of 1 or more.")
    return centre, width


HANDLERS = [picture]

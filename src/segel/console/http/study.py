"""A study's page, the light viewer, and the way to OHIF."""

from urllib.parse import quote, urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from segel.broker import Requester
from segel.console.http.report_desk import around, open_desk
from segel.console.http.sessions import AnyRequest, form_of, requester_of, token_of
from segel.console.http.wiring import Console, Here
from segel.console.worklist import open_study_handle


@get("/studies/{handle:str}")
async def study_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Patient banner, facts, report, series with thumbnails, and what to look at them with."""
    desk = await open_desk(request, console, handle)
    return console.pages.answer(
        request,
        "study.html",
        session=desk.session,
        **around(request, console, desk),
    )


@get("/view/{handle:str}")
async def light_viewer(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Our own viewer, with the report beside it. Which series it begins with stands behind the #
    and never reaches us."""
    desk = await open_desk(request, console, handle)
    return console.pages.answer(
        request, "viewer.html", session=desk.session, **around(request, console, desk)
    )


@post("/studies/{handle:str}/ohif")
async def open_ohif(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Lead to OHIF's origin with a one-time code.

    Code and UID stand behind the #: a browser keeps that part to itself.
    """
    await form_of(request, console.settings.origin)
    study_uid = open_study_handle(token_of(request), handle)
    return await led_to_ohif(console, requester_of(request), study_uid)


async def led_to_ohif(console: Console, requester: Requester, study_uid: str) -> Response[str]:
    """On to OHIF's origin, to be let in for one study."""
    code = await console.broker.viewer_code(requester, study_uid)
    fragment = urlencode({"code": code, "study": study_uid})
    return console.pages.onward(f"{console.settings.viewer_origin}/enter#{fragment}")


@get("/studies/{handle:str}/ohif")
async def ohif_again(console: Here, handle: FromPath[str]) -> Response[str]:
    """A tab that did not get to OHIF and is reloaded: the study's page has the button."""
    return console.pages.onward(f"/studies/{quote(handle, safe='')}")


HANDLERS = [study_page, light_viewer, open_ohif, ohif_again]

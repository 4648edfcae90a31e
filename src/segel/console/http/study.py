"""A study's page, the light viewer, and the way to OHIF."""

from urllib.parse import quote, urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from segel.broker import Requester
from segel.console.http.chart import chart_address
from segel.console.http.sessions import (
    AnyRequest,
    counted,
    form_of,
    requester_of,
    session_of,
    token_of,
)
from segel.console.http.wiring import Console, Here
from segel.console.study_page import study_facts, viewer_content
from segel.console.worklist import open_study_handle


@get("/studies/{handle:str}")
async def study_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Patient banner, facts, series with thumbnails, and what to look at them with."""
    session = await session_of(request, console.broker)
    token = token_of(request)
    study = await console.reader.study(requester_of(request), open_study_handle(token, handle))
    session = await counted(request, console.broker, session)
    return console.pages.answer(
        request,
        "study.html",
        session=session,
        section="worklist",
        handle=handle,
        study=study_facts(study, token),
        chart=chart_address(token, study.patient_id) if study.patient_id else "",
        ohif=bool(console.settings.viewer_origin),
    )


@get("/view/{handle:str}")
async def light_viewer(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Our own viewer. Which series it begins with stands behind the # and never reaches us."""
    session = await session_of(request, console.broker)
    token = token_of(request)
    study = await console.reader.study(requester_of(request), open_study_handle(token, handle))
    session = await counted(request, console.broker, session)
    return console.pages.answer(
        request,
        "viewer.html",
        session=session,
        closes_to=f"/studies/{handle}",
        study=study_facts(study, token),
        content=viewer_content(study, token),
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

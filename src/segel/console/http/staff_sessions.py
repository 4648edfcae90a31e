"""The open sessions of a hospital, for who answers for its data and its accounts."""

from typing import Final

from litestar import Response, get, post

from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of
from segel.console.http.ways_in import id_of
from segel.console.http.wiring import Here

OVERSEE: Final = "access:sessions:oversee"


@get("/sessions")
async def staff_sessions(request: AnyRequest, console: Here) -> Response[str]:
    """Who is signed in, by which way and since when."""
    session = await session_of(request, console.broker)
    lines = await console.broker.access.hospital_sessions(overseeing(request))
    return console.pages.answer(
        request, "staff_sessions.html", session=session, section="sessions", lines=lines
    )


@post("/sessions")
async def end_staff_session(request: AnyRequest, console: Here) -> Response[str]:
    """End a session of the hospital."""
    form = await form_of(request, console.settings.origin)
    chosen = [id_of(form, "session")]
    await console.broker.access.end_hospital_sessions(overseeing(request), chosen)
    return console.pages.onward("/sessions")


HANDLERS = [staff_sessions, end_staff_session]

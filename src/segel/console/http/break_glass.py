"""Emergency access: what it means, the form, and the end of it."""

from typing import Any

from litestar import Response, get, post

from segel.broker.errors import BreakGlassUsedUp, ReasonUnclear
from segel.broker.messages import GlassState
from segel.console.http.sessions import (
    FRAGMENT_HEADER,
    AnyRequest,
    chosen,
    emergency_cookie,
    form_of,
    own_path,
    session_of,
    treating,
)
from segel.console.http.wiring import Here
from segel.domain.break_glass import Emergency


@get("/break-glass")
async def break_glass_page(request: AnyRequest, console: Here) -> Response[str]:
    """How the account stands, and the form where it may. As a part: the form alone."""
    session = await session_of(request, console.broker)
    state = await console.broker.break_glass.state(treating(request))
    fragment = request.headers.get(FRAGMENT_HEADER) == "dialog"
    template = "_break_glass_form.html" if fragment else "break_glass.html"
    shown = _shown(state, request.query_params.get("next", "/"), {})
    return console.pages.answer(request, template, session=session, **shown)


@post("/break-glass")
async def begin(request: AnyRequest, console: Here) -> Response[str]:
    """Begin, and go back to what could not wait."""
    form = await form_of(request, console.settings.origin)
    session = await session_of(request, console.broker)
    code = chosen(form, "code", Emergency)
    try:
        await console.broker.break_glass.begin(treating(request), code, form.get("reason", ""))
    except (ReasonUnclear, BreakGlassUsedUp) as refused:  # the form stays, with what was written
        state = await console.broker.break_glass.state(treating(request))
        return console.pages.answer(
            request,
            "break_glass.html",
            session=session,
            status=422,
            **_shown(state, form.get("next", "/"), form, refused=refused.code),
        )
    session = await session_of(request, console.broker)
    return console.pages.onward(
        own_path(form.get("next", "/")),
        cookies=[emergency_cookie(session, secure=console.settings.secure)],
    )


@post("/break-glass/end")
async def end(request: AnyRequest, console: Here) -> Response[str]:
    """End it now, and go back to the page."""
    form = await form_of(request, console.settings.origin)
    await console.broker.break_glass.end(treating(request))
    return console.pages.onward(
        own_path(form.get("next", "/")),
        cookies=[emergency_cookie(None, secure=console.settings.secure)],
    )


@get("/break-glass/end", sync_to_thread=False)
def end_again(console: Here) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward("/break-glass")


def _shown(
    state: GlassState, onward: str, form: dict[str, str], *, refused: str = ""
) -> dict[str, Any]:
    return {
        "section": "break-glass",
        "state": state,
        "codes": list(Emergency),
        "next": own_path(onward),
        "form": form,
        "refused": refused,
    }


HANDLERS = [break_glass_page, begin, end, end_again]

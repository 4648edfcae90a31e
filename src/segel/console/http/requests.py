"""``/requests``: what people ask the hospital about their own data, and who answers it."""

import time
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from segel.broker.errors import ErasureRefused, HeldBack, PatientUnknown, RequestUnclear
from segel.console.errors import FormBroken
from segel.console.http.own_requests import add_or_withdraw, asking, nonce_of, request_text
from segel.console.http.sessions import AnyRequest, chosen, form_of, overseeing, session_of
from segel.console.http.wiring import Console, Here
from segel.domain.subject_requests import OPEN, RETENTION_ARTICLE, Reply, RequestKind

HOUR_S: Final = 3_600
HOURS_MAX: Final = 30 * 24
"""How long ago a form can have come."""


@get("/requests")
async def requests_page(request: AnyRequest, console: Here) -> Response[str]:
    """What waits, by its clock; then what is over."""
    session = await session_of(request, console.broker)
    found = await console.broker.requests.listed(overseeing(request))
    return console.pages.answer(
        request,
        "requests.html",
        session=session,
        section="requests",
        waiting=[line for line in found.lines if line.state in OPEN],
        over=[line for line in found.lines if line.state not in OPEN],
        overdue=found.overdue,
    )


@get("/requests/new")
async def new_page(request: AnyRequest, console: Here, ask: FromQuery[str] = "") -> Response[str]:
    """The form for a request that came on paper, once it is said of which kind."""
    return await _new(request, console, ask, {}, "")


@post("/requests/new")
async def file_request(request: AnyRequest, console: Here) -> Response[str]:
    """Enter a paper form."""
    form = await form_of(request, console.settings.origin)
    text, nonce = request_text(form), nonce_of(form)
    try:
        request_id = await console.broker.requests.file(
            overseeing(request),
            nonce,
            form.get("number", ""),
            time.time() - _hours(form) * HOUR_S,
            text,
            form.get("paper", ""),
        )
    except PatientUnknown:
        return await _new(request, console, text.kind, form, "number")
    except RequestUnclear as unclear:
        return await _new(request, console, text.kind, form, unclear.field or "other")
    return console.pages.onward(f"/requests/{request_id}")


@get("/requests/{request_id:uuid}")
async def request_page(
    request: AnyRequest, console: Here, request_id: FromPath[UUID]
) -> Response[str]:
    """One request with its words. That it was read is logged, and its asker sees that."""
    return await _request(request, console, request_id, {}, "")


@post("/requests/{request_id:uuid}")
async def answer_request(
    request: AnyRequest, console: Here, request_id: FromPath[UUID]
) -> Response[str]:
    """Answer it; what cannot be granted says why."""
    form = await form_of(request, console.settings.origin)
    reply = chosen(form, "reply", Reply)
    try:
        await console.broker.requests.answer(
            overseeing(request),
            request_id,
            reply,
            form.get("text", ""),
            form.get("article", ""),
            form.get("changed", ""),
        )
    except RequestUnclear as unclear:
        return await _request(request, console, request_id, form, unclear.field or "other")
    except ErasureRefused:
        return await _request(request, console, request_id, form, "kept")
    except HeldBack:
        return await _request(request, console, request_id, form, "held")
    return console.pages.onward(f"/requests/{request_id}")


@post("/requests/{request_id:uuid}/asker")
async def enter_for_asker(
    request: AnyRequest, console: Here, request_id: FromPath[UUID]
) -> Response[str]:
    """What somebody who asked on paper adds, or that they take it back."""
    form = await form_of(request, console.settings.origin)
    await add_or_withdraw(console, overseeing(request), request_id, form)
    return console.pages.onward(f"/requests/{request_id}")


@get("/requests/{request_id:uuid}/asker", sync_to_thread=False)
def enter_again(console: Here, request_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(f"/requests/{request_id}")


async def _new(
    request: AnyRequest, console: Console, ask: str, form: Mapping[str, str], unclear: str
) -> Response[str]:
    session = await session_of(request, console.broker)
    await console.broker.requests.listed(overseeing(request))  # refuses whoever may not
    return console.pages.answer(
        request,
        "request_new.html",
        session=session,
        status=422 if unclear else 200,
        section="requests",
        kind=ask if ask in set(RequestKind) else "",
        form=form,
        unclear=unclear,
        hours_max=HOURS_MAX,
        **asking(form),
    )


async def _request(
    request: AnyRequest, console: Console, request_id: UUID, form: Mapping[str, str], unclear: str
) -> Response[str]:
    session = await session_of(request, console.broker)
    view = await console.broker.requests.read(overseeing(request), request_id)
    may_erase = "records:erase" in session.permissions
    is_erasure = view.line.kind is RequestKind.ERASURE
    may_grant = not is_erasure or (may_erase and not view.kept_until)
    return console.pages.answer(
        request,
        "request.html",
        session=session,
        status=422 if unclear else 200,
        section="requests",
        view=view,
        is_open=view.line.state in OPEN,
        replies=[one for one in Reply if may_grant or one is not Reply.DONE],
        form=form,
        unclear=unclear,
        retention_article=RETENTION_ARTICLE,
    )


def _hours(form: Mapping[str, str]) -> int:
    text = form.get("hours", "0").strip() or "0"
    if not (text.isascii() and text.isdigit() and int(text) <= HOURS_MAX):
        raise FormBroken(
            "This is no number of hours.", field="hours", remedy=f"Give 0 to {HOURS_MAX}."
        )
    return int(text)


HANDLERS = [
    requests_page,
    new_page,
    file_request,
    request_page,
    answer_request,
    enter_for_asker,
    enter_again,
]

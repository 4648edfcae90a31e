"""``/record/requests``: what a patient asks the hospital about their own data, and its answers."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from segel.broker import Requester
from segel.broker.errors import RequestUnclear
from segel.broker.messages import RequestText
from segel.console.errors import FormBroken
from segel.console.http.sessions import AnyRequest, chosen, form_of, session_of, token_of
from segel.console.http.wiring import Console, Here
from segel.domain.purpose import Purpose
from segel.domain.subject_requests import LAWS, OPEN, Part, RequestKind, Use

PAGE: Final = "/record/requests"


@get(PAGE)
async def own_requests_page(
    request: AnyRequest, console: Here, ask: FromQuery[str] = ""
) -> Response[str]:
    """What was asked, and, where a kind is chosen, the form for it."""
    return await _page(request, console, ask, {}, "")


@post(PAGE)
async def ask_about_self(request: AnyRequest, console: Here) -> Response[str]:
    """Ask. What the broker finds unclear is shown beside what was typed."""
    form = await form_of(request, console.settings.origin)
    text = request_text(form)
    try:
        await console.broker.requests.ask(_asker(request), nonce_of(form), text)
    except RequestUnclear as unclear:
        return await _page(request, console, text.kind, form, unclear.field or "other")
    return console.pages.onward(PAGE)


@post("/record/requests/{request_id:uuid}")
async def add_to_own(
    request: AnyRequest, console: Here, request_id: FromPath[UUID]
) -> Response[str]:
    """Add what the hospital asked for, or take the request back."""
    form = await form_of(request, console.settings.origin)
    await add_or_withdraw(console, _asker(request), request_id, form)
    return console.pages.onward(f"{PAGE}#request-{request_id}")


@get("/record/requests/{request_id:uuid}", sync_to_thread=False)
def add_again(console: Here, request_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(f"{PAGE}#request-{request_id}")


async def _page(
    request: AnyRequest, console: Console, ask: str, form: Mapping[str, str], unclear: str
) -> Response[str]:
    session = await session_of(request, console.broker)
    found = await console.broker.requests.own(_asker(request))
    return console.pages.answer(
        request,
        "own_requests.html",
        session=session,
        status=422 if unclear else 200,
        section="own-requests",
        found=found,
        open_states=OPEN,
        kind=ask if ask in set(RequestKind) else "",
        form=form,
        unclear=unclear,
        **asking(form),
    )


def asking(form: Mapping[str, str]) -> dict[str, Any]:
    """What a form for a request is made of; a second one of the same nonce is the same request."""
    return {
        "kinds": list(RequestKind),
        "parts": list(Part),
        "uses": list(Use),
        "laws": LAWS,
        "nonce": form.get("nonce") or str(uuid4()),
    }


def request_text(form: Mapping[str, str]) -> RequestText:
    """What a form asks. Raises FormBroken."""
    part = form.get("part", "")
    return RequestText(
        chosen(form, "kind", RequestKind),
        Part(part) if part in set(Part) else None,
        form.get("wrong", ""),
        form.get("right", ""),
        form.get("text", ""),
        tuple(use for use in Use if form.get(f"use-{use}")),
    )


async def add_or_withdraw(
    console: Console, asker: Requester, request_id: UUID, form: Mapping[str, str]
) -> None:
    """What the form of a request that is under way says of it. Raises BrokerError."""
    if form.get("deed") == "withdraw":
        await console.broker.requests.withdraw(asker, request_id)
    else:
        await console.broker.requests.add(asker, request_id, form.get("text", ""))


def nonce_of(form: Mapping[str, str]) -> UUID:
    """The form's own number. Raises FormBroken."""
    try:
        return UUID(form.get("nonce", ""))
    except ValueError:
        raise FormBroken(
            "The form is not one of ours.", field="nonce", remedy="Open the page again."
        ) from None


def _asker(request: AnyRequest) -> Requester:
    return Requester(token_of(request), Purpose.PATIENT_REQUEST, "console")


HANDLERS = [own_requests_page, ask_about_self, add_to_own, add_again]

"""The officers' page: who uses how much, who is frozen, and the buttons for it."""

import time
from typing import Final

from litestar import Response, get, post
from litestar.params import FromQuery

from segel.broker.messages import ApprovalKind, TargetKind
from segel.console.errors import FormBroken
from segel.console.http.sessions import AnyRequest, form_of, requester_of, session_of
from segel.console.http.wiring import Here
from segel.console.oversight import SORTS, fullest, level, sorted_accounts

HOUR_S: Final = 3_600
HOURS: Final = ("", "24", "168")
"""The ends of a freeze that the form offers; "" is until it is lifted."""


@get("/oversight")
async def oversight_page(
    request: AnyRequest, console: Here, sort: FromQuery[str] = "use"
) -> Response[str]:
    """Every account of the own hospital, by how full its budget is."""
    session = await session_of(request, console.broker)
    requester = requester_of(request)
    report = await console.broker.oversight.use(requester)
    by = sort if sort in SORTS else SORTS[0]
    return console.pages.answer(
        request,
        "oversight.html",
        session=session,
        section="oversight",
        report=report,
        accounts=sorted_accounts(report.accounts, by),
        freezes=await console.broker.freezes.listed(requester),
        sort=by,
        fullest=fullest,
        level=level,
        may_freeze="oversight:freeze" in session.permissions,
        own=session.account_id,
    )


@post("/oversight/freeze")
async def freeze(request: AnyRequest, console: Here) -> Response[str]:
    """Freeze an account, or the own hospital."""
    form = await form_of(request, console.settings.origin)
    session = await session_of(request, console.broker)
    hours = form.get("hours", "")
    if hours not in HOURS:
        raise FormBroken("This end is not offered.", field="hours", remedy="Choose one.")
    until_s = time.time() + int(hours) * HOUR_S if hours else 0.0
    account = form.get("account", "")
    kind = TargetKind.ACCOUNT if account else TargetKind.HOSPITAL
    await console.broker.freezes.freeze(
        requester_of(request),
        kind,
        account or str(session.hospital_id),
        form.get("reason", ""),
        until_s,
    )
    return console.pages.onward("/oversight#freezes")


@post("/oversight/unfreeze")
async def unfreeze(request: AnyRequest, console: Here) -> Response[str]:
    """Ask for a freeze to be lifted."""
    form = await form_of(request, console.settings.origin)
    await console.broker.approvals.request(
        requester_of(request),
        ApprovalKind.UNFREEZE,
        {"freeze": form.get("freeze", "")},
        form.get("reason", ""),
    )
    return console.pages.onward("/approvals")


@post("/oversight/more")
async def ask_for_hospital(request: AnyRequest, console: Here) -> Response[str]:
    """Ask for more patients for the whole hospital."""
    form = await form_of(request, console.settings.origin)
    session = await session_of(request, console.broker)
    await console.broker.approvals.request(
        requester_of(request),
        ApprovalKind.BUDGET_RAISE,
        {
            "hospital": str(session.hospital_id),
            "more": form.get("more", ""),
            "hours": form.get("hours", ""),
        },
        form.get("reason", ""),
    )
    return console.pages.onward("/approvals")


@get(["/oversight/freeze", "/oversight/unfreeze", "/oversight/more"])
async def oversight_again(console: Here) -> Response[str]:
    """Where forms are sent: an address that a reload after an error may ask for."""
    return console.pages.onward("/oversight")


HANDLERS = [oversight_page, freeze, unfreeze, ask_for_hospital, oversight_again]

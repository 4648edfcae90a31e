"""Requests for the approval of others: the inbox, decisions, and an account's own."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from segel.broker.messages import ApprovalKind
from segel.console.errors import FormBroken
from segel.console.http.sessions import AnyRequest, form_of, requester_of, session_of
from segel.console.http.wiring import Here
from segel.console.oversight import grouped


@get("/approvals")
async def approvals_page(request: AnyRequest, console: Here) -> Response[str]:
    """What waits for a decision, what is under way, and what was decided."""
    session = await session_of(request, console.broker)
    listed = await console.broker.approvals.listed(requester_of(request))
    return console.pages.answer(
        request,
        "approvals.html",
        session=session,
        section="approvals",
        requests=grouped(listed.approvals),
    )


@post("/approvals/{approval_id:uuid}")
async def decide(request: AnyRequest, console: Here, approval_id: FromPath[UUID]) -> Response[str]:
    """Approve, reject or withdraw."""
    form = await form_of(request, console.settings.origin)
    requester, decision = requester_of(request), form.get("decision", "")
    if decision == "withdraw":
        await console.broker.approvals.withdraw(requester, approval_id)
    elif decision in ("approve", "reject"):
        await console.broker.approvals.decide(
            requester, approval_id, form.get("reason", ""), approve=decision == "approve"
        )
    else:
        raise FormBroken("Neither approved nor rejected.", field="decision", remedy="Choose one.")
    return console.pages.onward("/approvals")


@get("/approvals/{approval_id:uuid}")
async def approvals_again(console: Here, approval_id: FromPath[UUID]) -> Response[str]:
    """Where decisions are sent: an address that a reload after an error may ask for."""
    return console.pages.onward(f"/approvals#request-{approval_id}")


@post("/account/more")
async def ask_for_more(request: AnyRequest, console: Here) -> Response[str]:
    """Ask for more patients for the own account."""
    form = await form_of(request, console.settings.origin)
    session = await session_of(request, console.broker)
    await console.broker.approvals.request(
        requester_of(request),
        ApprovalKind.BUDGET_RAISE,
        {
            "account": str(session.account_id),
            "more": form.get("more", ""),
            "hours": form.get("hours", ""),
        },
        form.get("reason", ""),
    )
    return console.pages.onward("/account#budget")


@get("/account/more")
async def more_again(console: Here) -> Response[str]:
    """As above."""
    return console.pages.onward("/account")


HANDLERS = [approvals_page, decide, approvals_again, ask_for_more, more_again]

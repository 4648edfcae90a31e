"""``/onboarding``: a hospital is described step by step, looked over, and taken in.

Who has the operator's link may do it, without an account: there is none yet. The ticket stands
after the # of the link and then in the forms' bodies, in no address; so does the draft. Nothing is
made before the last button.
"""

from typing import Final

import msgspec
from litestar import Response, get, post

from segel.access import (
    FILE_BYTES_MAX,
    TEMPLATE,
    Outcome,
    Plan,
    PlanBroken,
    State,
    Step,
    missing,
    parse_plan,
    steps,
    written_plan,
)
from segel.broker.messages import TicketShown
from segel.console.http.sessions import AnyRequest, form_of
from segel.console.http.wiring import Console, Here
from segel.console.onboarding_form import (
    FIELDS,
    ROLES,
    ROWS_MAX,
    STEPS,
    SYSTEM_SCOPE,
    PlanFault,
    faults_of,
    filled_in,
    next_step,
    rows_of,
)

BODY_BYTES_MAX: Final = 4 * FILE_BYTES_MAX
"""A draft, and what is pasted besides, with a form's escapes."""


@get("/onboarding", sync_to_thread=False)
def onboarding_page(request: AnyRequest, console: Here) -> Response[str]:
    """The page behind the link; it knows nothing before the ticket was sent."""
    return console.pages.answer(request, "onboarding_begin.html", session=None)


@post("/onboarding", request_max_body_size=BODY_BYTES_MAX)
async def onboarding_step(request: AnyRequest, console: Here) -> Response[str]:
    """One step is filled in, and another is shown."""
    form = await form_of(request, console.settings.origin)
    ticket = await _ticket(request, console, form)
    draft = _draft(form, ticket)
    step = form.get("step", "")
    action = form.get("action", "")
    if step not in STEPS:
        return _shown(request, console, form, ticket, draft, STEPS[0])
    if action == "upload":
        try:
            found = parse_plan(form.get("upload", "").encode())
        except PlanBroken as broken:
            return _shown(request, console, form, ticket, draft, step, broken=broken, status=422)
        draft = msgspec.structs.replace(found, code=ticket.hospital_code)
        return _shown(request, console, form, ticket, draft, "review", other=found.code)
    draft = filled_in(draft, step, form)
    here = [one for one in faults_of(draft, console.read_key) if one.step == step]
    if action == "back":
        return _shown(request, console, form, ticket, draft, next_step(step, -1))
    if action in STEPS:
        return _shown(request, console, form, ticket, draft, action)
    if action == "more" or here:
        status = 422 if here else 200
        return _shown(request, console, form, ticket, draft, step, status=status)
    return _shown(request, console, form, ticket, draft, next_step(step))


@post("/onboarding/file", request_max_body_size=BODY_BYTES_MAX)
async def onboarding_file(request: AnyRequest, console: Here) -> Response[bytes]:
    """The draft as a file, to go on later or to give to `segel hospital onboard`."""
    form = await form_of(request, console.settings.origin)
    ticket = await _ticket(request, console, form)
    draft = filled_in(_draft(form, ticket), form.get("step", ""), form)
    return Response(
        written_plan(draft),
        media_type="application/toml",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="hospital.toml"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@post("/onboarding/confirm", request_max_body_size=BODY_BYTES_MAX)
async def onboarding_confirm(request: AnyRequest, console: Here) -> Response[str]:
    """Take the hospital in, and say what was made and what remains."""
    form = await form_of(request, console.settings.origin)
    ticket = await _ticket(request, console, form)
    draft = _draft(form, ticket)
    if faults_of(draft, console.read_key):
        return _shown(request, console, form, ticket, draft, "review", status=422)
    by = console.broker.onboarding.by(form["ticket"])
    done: list[tuple[Step, Outcome]] = []
    for step in steps(draft, {}, console.read_key, frozenset(ticket.people)):
        done.append((step, await step.done(by)))
        if step.kind == "hospital" and done[-1][1].state is State.REFUSED:
            break  # nothing else has a place to be
    return console.pages.answer(
        request,
        "onboarding_done.html",
        session=None,
        plan=draft,
        done=done,
        refused=sum(outcome.state is State.REFUSED for _, outcome in done),
        origin=console.settings.origin,
        ticket=form["ticket"],
        draft=written_plan(draft).decode(),
    )


@get(["/onboarding/file", "/onboarding/confirm"], sync_to_thread=False)
def onboarding_again(console: Here) -> Response[str]:
    """A reload: what was sent stands in no address."""
    return console.pages.onward("/onboarding")


async def _ticket(request: AnyRequest, console: Console, form: dict[str, str]) -> TicketShown:
    """What the form's ticket is for. Raises SignInFailed, TooManyAttempts."""
    console.attempts.require(request.scope)
    # Pasted whole, as a link, or the part behind the #.
    form["ticket"] = form.get("ticket", "").strip().rpartition("#")[2]
    return await console.broker.onboarding.look(form["ticket"])


def _draft(form: dict[str, str], ticket: TicketShown) -> Plan:
    """The draft that came with the form; its code is the ticket's. Raises PlanBroken."""
    text = form.get("draft", "")
    plan = parse_plan(text.encode()) if text else Plan(code=ticket.hospital_code, name="")
    return msgspec.structs.replace(plan, code=ticket.hospital_code)


def _shown(
    request: AnyRequest,
    console: Console,
    form: dict[str, str],
    ticket: TicketShown,
    draft: Plan,
    step: str,
    *,
    status: int = 200,
    broken: PlanBroken | None = None,
    other: str = "",
) -> Response[str]:
    faults = faults_of(draft, console.read_key)
    shown: dict[tuple[int, str], PlanFault] = {
        (one.row, one.field): one for one in faults if one.step == step
    }
    return console.pages.answer(
        request,
        "onboarding.html",
        session=None,
        status=status,
        ticket=ticket,
        secret=form["ticket"],
        plan=draft,
        draft=written_plan(draft).decode(),
        step=step,
        steps=STEPS,
        at=STEPS.index(step),
        fields=FIELDS.get(step, ()),
        rows=rows_of(draft, step) if step in FIELDS else (),
        rows_max=ROWS_MAX,
        faults=shown if status == 422 else {},
        hindering=sorted({one.step for one in faults}, key=STEPS.index),
        missing=missing(draft),
        roles=ROLES,
        scope=SYSTEM_SCOPE,
        broken=broken,
        other=other if other not in ("", ticket.hospital_code) else "",
        example=TEMPLATE,
    )


HANDLERS = [
    onboarding_page, onboarding_step, onboarding_file, onboarding_confirm, onboarding_again,
]  # fmt: skip

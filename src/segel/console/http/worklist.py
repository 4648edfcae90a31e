"""``/``, ``/search`` and ``/list/<handle>``: post a search, be sent to its sealed address."""

from datetime import date, datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from segel.broker import Session
from segel.broker.errors import BudgetExhausted, TokenInvalid
from segel.console.budget import BudgetLeft, tightest
from segel.console.http.faults import fault_of
from segel.console.http.sessions import (
    FRAGMENT_HEADER,
    AnyRequest,
    counted,
    form_of,
    requester_of,
    session_of,
    token_of,
    treating,
)
from segel.console.http.wiring import Here
from segel.console.report_page import WRITES_REPORTS
from segel.console.worklist import (
    DAYS,
    MODALITIES,
    PAGE_SIZE,
    READS_RECORDS,
    ListState,
    find,
    first_state,
    open_state,
    seal_state,
    sorted_by,
    state_of_form,
    turned,
    widened,
)
from segel.domain.errors import SegelError
from segel.domain.roles import Role

OWN_FRONT: Final = {
    Role.PATIENT: "/my",
    Role.RECORDS_OFFICER: "/people",
    Role.LABORATORY: "/laboratory",
    Role.PORT_HEALTH_OFFICER: "/port-health",
    Role.INCIDENT_OFFICER: "/leaks",
    Role.CASE_GUEST: "/leaks",
}
"""Whose first page is another than the worklist."""


@get("/")
async def worklist_page(request: AnyRequest, console: Here) -> Response[str]:
    """The form; below it the latest studies for those who work from a list."""
    session = await session_of(request, console.broker)
    if session.role in OWN_FRONT:
        return console.pages.onward(OWN_FRONT[session.role])
    return await _listed(request, console, session, first_state(session.role))


@post("/search")
async def search(request: AnyRequest, console: Here) -> Response[str]:
    """Seal the search and lead to its result."""
    state = state_of_form(await form_of(request, console.settings.origin))
    return console.pages.onward(f"/list/{seal_state(token_of(request), state)}")


@get("/list/{handle:str}")
async def result_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """The result of a sealed search."""
    session = await session_of(request, console.broker)
    return await _listed(request, console, session, open_state(token_of(request), handle))


async def _listed(
    request: AnyRequest,
    console: Here,
    session: Session,
    state: ListState | None,
) -> Response[str]:
    shown: dict[str, Any] = dict(_NOTHING_YET)
    status = 200
    if state is not None:
        try:
            shown |= await _searched(request, console, state, session)
            session = await counted(request, console.broker, session)
        except TokenInvalid:
            raise
        except SegelError as refused:  # the form stays, with the reason where results would be
            shown["error"] = fault_of(refused)
            status = shown["error"].status
    fragment = request.headers.get(FRAGMENT_HEADER) == "results"
    return console.pages.answer(
        request,
        "_results.html" if fragment else "worklist.html",
        session=session,
        status=status,
        section="worklist",
        reads_records=session.role in READS_RECORDS,
        state=state or ListState(),
        days=DAYS,
        modalities=MODALITIES,
        today=today(),
        writes_reports=session.role in WRITES_REPORTS,
        left=await _left(request, console) if shown["outcome"] else None,
        **shown,
    )


async def _searched(
    request: AnyRequest, console: Here, state: ListState, session: Session
) -> dict[str, Any]:
    """The result. Of an emergency's allowance only a search that names somebody takes: the latest
    studies would use it up unasked."""
    token = token_of(request)
    try:
        outcome = await find(console.broker, treating(request), state, today())
    except BudgetExhausted:
        if session.break_glass is None or not state.text.strip():
            raise
        outcome = await find(console.broker, requester_of(request), state, today())
    pages = {
        "next_page": turned(state, outcome, 1),
        "previous_page": turned(state, outcome, -1),
        "wider": widened(state),
    }
    return {
        "outcome": outcome,
        "sorts": {sort: seal_state(token, to) for sort, to in sorted_by(state, outcome).items()},
        "page_number": state.offset // PAGE_SIZE + 1,
        **{name: seal_state(token, to) if to else "" for name, to in pages.items()},
    }


async def _left(request: AnyRequest, console: Here) -> BudgetLeft | None:
    """What is left of the budget after this search; nothing where the broker cannot say."""
    try:
        report = await console.broker.budget(treating(request))
    except SegelError:
        return None
    return tightest(report)


def today() -> date:
    """The day it is where the server stands: what a clerk calls today."""
    return datetime.now().astimezone().date()


_NOTHING_YET: Final[dict[str, Any]] = {
    "error": None,
    "outcome": None,
    "sorts": {},
    "page_number": 1,
    "next_page": "",
    "previous_page": "",
    "wider": "",
}

HANDLERS = [worklist_page, search, result_page]

"""``/people``: patients found by what a desk knows of them, registered, and mended."""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from segel.access import open_handle, seal_handle
from segel.broker import PatientLine, Requester, Session
from segel.broker.errors import AlreadyExists, Forbidden, TokenInvalid
from segel.console.http.chart import PATIENT, chart_address
from segel.console.http.faults import fault_of
from segel.console.http.sessions import (
    AnyRequest,
    form_of,
    overseeing,
    requester_of,
    session_of,
    token_of,
)
from segel.console.http.wiring import Console, Here
from segel.console.http.worklist import today
from segel.console.people_terms import PAGE_SIZE, read_people, why_found
from segel.console.registration_form import (
    RegistrationForm,
    form_of_registration,
    read_registration,
)
from segel.console.worklist import READS_RECORDS
from segel.domain.errors import SegelError
from segel.domain.registration import Registered, Registration
from segel.domain.roles import Role

OFFSET_MAX: Final = 1_000


class PeopleState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A search as it stands in its address."""

    text: str = ""
    offset: int = 0


@get("/people")
async def people_page(request: AnyRequest, console: Here) -> Response[str]:
    """The form."""
    session = await session_of(request, console.broker)
    return await _listed(request, console, session, PeopleState())


@post("/people")
async def find_people(request: AnyRequest, console: Here) -> Response[str]:
    """Seal the search and lead to its result: what was typed stands in no address."""
    form = await form_of(request, console.settings.origin)
    return console.pages.onward(_address(token_of(request), PeopleState(form.get("text", ""))))


@get("/people/found/{handle:str}")
async def people_found(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """The result of a sealed search."""
    session = await session_of(request, console.broker)
    plain = open_handle(token_of(request), "people", handle)
    return await _listed(request, console, session, msgspec.json.decode(plain, type=PeopleState))


async def _listed(
    request: AnyRequest, console: Console, session: Session, state: PeopleState
) -> Response[str]:
    requester, is_officer = _asking(request, session)
    shown: dict[str, Any] = {"error": None, "lines": None, "said": (), "next_page": ""}
    status = 200
    token = token_of(request)
    try:
        terms = read_people(state.text, today(), min(state.offset, OFFSET_MAX))
        if terms is not None:
            found = await console.broker.charts.find(requester, terms.query)
            later = PeopleState(state.text, state.offset + PAGE_SIZE)
            shown |= {
                "said": terms.said,
                "lines": [
                    _line(one, token, is_officer, why_found(one.identity, terms.query.numbers))
                    for one in found.lines
                ],
                "next_page": _address(token, later) if found.more else "",
            }
    except TokenInvalid:
        raise
    except SegelError as refused:  # the form stays, with the reason where results would be
        shown["error"] = fault_of(refused)
        status = shown["error"].status
    return console.pages.answer(
        request,
        "people.html",
        session=session,
        status=status,
        section="people",
        state=state,
        registers=is_officer,
        **shown,
    )


def _asking(request: AnyRequest, session: Session) -> tuple[Requester, bool]:
    """Who looks for patients, and whether to register them. Raises Forbidden."""
    if session.role is Role.RECORDS_OFFICER:
        return overseeing(request), True
    if session.role in READS_RECORDS:
        return requester_of(request), False
    raise Forbidden(
        "This account does not look for patients.",
        remedy="It is for who treats, and for the medical records officer.",
    )


def _line(line: PatientLine, token: str, is_officer: bool, why: str) -> dict[str, Any]:
    page = registration_address if is_officer else chart_address
    return {"identity": line.identity, "address": page(token, line.patient_id), "why": why}


def _address(token: str, state: PeopleState) -> str:
    return f"/people/found/{seal_handle(token, 'people', msgspec.json.encode(state).decode())}"


def registration_address(token: str, patient_id: UUID) -> str:
    """Where a patient's registration is had, without saying of whom it is."""
    return f"{chart_address(token, patient_id)}/registration"


# --- the desk ----------------------------------------------------------------------------------


@get("/people/new")
async def new_page(request: AnyRequest, console: Here) -> Response[str]:
    """An empty form."""
    session = await session_of(request, console.broker)
    require_desk(session)
    return _form(request, console, session, form_of_registration(Registration()))


@post("/people/new")
async def register(request: AnyRequest, console: Here) -> Response[str]:
    """Register somebody; the form again, filled in, where something hinders."""
    session = await session_of(request, console.broker)
    require_desk(session)
    sent = await form_of(request, console.settings.origin)
    form = read_registration(sent, today())
    if form.faults or (form.doubts and not sent.get("anyway")):
        return _form(request, console, session, form, status=422)
    try:
        patient_id = await console.keeper.register(overseeing(request), form.about)
    except AlreadyExists:
        return _form(request, console, session, form, status=409, taken=True)
    return console.pages.onward(f"{registration_address(token_of(request), patient_id)}?done=1")


@get("/patients/{handle:str}/registration")
async def registration_page(
    request: AnyRequest,
    console: Here,
    handle: FromPath[str],
    done: str = "",
    joined: str = "",
) -> Response[str]:
    """What is registered of somebody, to be mended."""
    session = await session_of(request, console.broker)
    require_desk(session)
    patient_id = UUID(open_handle(token_of(request), PATIENT, handle))
    known = await console.keeper.registered(overseeing(request), patient_id)
    form = form_of_registration(known.about)
    return _form(request, console, session, form, known=known, handle=handle, done=bool(done),
                 joined=bool(joined))  # fmt: skip


@post("/patients/{handle:str}/registration")
async def amend(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Write a registration anew."""
    session = await session_of(request, console.broker)
    require_desk(session)
    token = token_of(request)
    patient_id = UUID(open_handle(token, PATIENT, handle))
    sent = await form_of(request, console.settings.origin)
    form = read_registration(sent, today())
    version = int(open_handle(token, "version", sent.get("version", "")))
    known = Registered(patient_id, version, form.about)
    if form.faults or (form.doubts and not sent.get("anyway")):
        return _form(request, console, session, form, known=known, handle=handle, status=422)
    try:
        await console.keeper.amend(overseeing(request), known)
    except AlreadyExists:
        return _form(
            request, console, session, form, known=known, handle=handle, status=409, taken=True
        )
    return console.pages.onward(f"/patients/{handle}/registration?done=1")


def _form(
    request: AnyRequest,
    console: Console,
    session: Session,
    form: RegistrationForm,
    *,
    known: Registered | None = None,
    handle: str = "",
    status: int = 200,
    taken: bool = False,
    done: bool = False,
    joined: bool = False,
) -> Response[str]:
    token = token_of(request)
    return console.pages.answer(
        request,
        "registration.html",
        session=session,
        status=status,
        section="people",
        form=form,
        handle=handle,
        version=seal_handle(token, "version", str(known.version)) if known else "",
        taken=taken,
        done=done,
        joined=joined,
    )


def require_desk(session: Session) -> None:
    """Return for who registers. The broker refuses everybody else again."""
    if session.role is not Role.RECORDS_OFFICER:
        raise Forbidden(
            "This account does not register patients.",
            remedy="It is for the hospital's medical records officer.",
        )


HANDLERS = [
    people_page, find_people, people_found, new_page, register, registration_page, amend,
]  # fmt: skip

"""``/people``: who is registered before they have a name, and who they turn out to be."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from segel.access import HandleBroken, open_handle, seal_handle
from segel.broker.errors import AlreadyExists
from segel.console.http.chart import PATIENT
from segel.console.http.faults import fault_of
from segel.console.http.people import registration_address, require_desk
from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of, token_of
from segel.console.http.wiring import Console, Here
from segel.console.http.worklist import today
from segel.console.people_terms import PeopleUnclear, read_people, why_found
from segel.console.registration_form import ORDERS, RegistrationForm, form_of_registration
from segel.console.temporary import newborn_of, read_newborn, read_unknown
from segel.console.terms import TermsUnclear
from segel.domain.registration import Registration

OTHER = "other-patient"
"""The handle of somebody whom a page offers to join with: not to be had from another page."""


@get("/people/newborn")
async def newborn_page(request: AnyRequest, console: Here) -> Response[str]:
    """A newborn's form, of a mother who is not registered here."""
    return await _newborn(request, console, newborn_of(Registration(), today()))


@get("/patients/{handle:str}/newborn")
async def newborn_of_page(
    request: AnyRequest, console: Here, handle: FromPath[str]
) -> Response[str]:
    """A newborn's form, of a mother or beside a twin."""
    token = token_of(request)
    patient_id = UUID(open_handle(token, PATIENT, handle))
    known = (await console.keeper.registered(overseeing(request), patient_id)).about
    if not known.birth_order and not known.mothers_nik and not known.mother:
        return await _newborn(request, console, newborn_of(known, today()))
    order = str(int(known.birth_order or "1") + 1)
    mother = Registration(name=known.mother, nik=known.mothers_nik, phone=known.phone,
                          address=known.address, family_card=known.family_card)  # fmt: skip
    twin = newborn_of(mother, today())
    twin = replace(twin, birth_order=order if order in ORDERS else "", birth_date=known.birth_date)
    return await _newborn(request, console, twin)


@post("/people/newborn")
async def register_newborn(request: AnyRequest, console: Here) -> Response[str]:
    """Register a newborn."""
    session = await session_of(request, console.broker)
    require_desk(session)
    sent = await form_of(request, console.settings.origin)
    form = read_newborn(sent, today())
    return await _registered(
        request, console, form, "newborn.html", own_name=sent.get("own_name", "")
    )


@get("/people/unknown")
async def unknown_page(request: AnyRequest, console: Here) -> Response[str]:
    """The form of an unknown patient in an emergency."""
    form = RegistrationForm({**form_of_registration(Registration()).typed, "age": ""},
                            Registration())  # fmt: skip
    return await _answer(request, console, "unknown.html", form)


@post("/people/unknown")
async def register_unknown(request: AnyRequest, console: Here) -> Response[str]:
    """Register somebody of whom nobody knows who they are."""
    session = await session_of(request, console.broker)
    require_desk(session)
    sent = await form_of(request, console.settings.origin)
    form = read_unknown(sent, datetime.now().astimezone())
    return await _registered(request, console, form, "unknown.html")


@post("/patients/{handle:str}/known")
async def known_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Whom somebody may turn out to be: found as on the page of patients, and offered."""
    session = await session_of(request, console.broker)
    require_desk(session)
    token, requester = token_of(request), overseeing(request)
    patient_id = UUID(open_handle(token, PATIENT, handle))
    sent = await form_of(request, console.settings.origin)
    shown: dict[str, Any] = {"lines": [], "error": None}
    try:
        terms = read_people(sent.get("text", ""), today())
    except (PeopleUnclear, TermsUnclear) as unclear:
        shown["error"], terms = fault_of(unclear), None
    if terms is not None:
        found = await console.broker.charts.find(requester, terms.query)
        shown["lines"] = [
            {
                "identity": one.identity,
                "why": why_found(one.identity, terms.query.numbers),
                "other": seal_handle(token, OTHER, f"{patient_id} {one.patient_id}"),
            }
            for one in found.lines
            if one.patient_id != patient_id
        ]
    return console.pages.answer(
        request, "known.html", session=session, section="people", handle=handle,
        text=sent.get("text", ""), **shown,
    )  # fmt: skip


@get("/patients/{handle:str}/known", sync_to_thread=False)
def known_again(handle: FromPath[str], console: Here) -> Response[str]:
    """A reload: what was typed stands in no address."""
    return console.pages.onward(f"/patients/{handle}/registration")


@post("/patients/{handle:str}/join")
async def join(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Say that somebody is a patient who is registered already. Nothing is moved; it is taken back
    like any pair."""
    token = token_of(request)
    patient_id = UUID(open_handle(token, PATIENT, handle))
    sent = await form_of(request, console.settings.origin)
    one, _, other = open_handle(token, OTHER, sent.get("other", "")).partition(" ")
    if UUID(one) != patient_id:
        raise HandleBroken("This page was made for somebody else.", remedy="Search again.")
    await console.broker.pairs.join(overseeing(request), patient_id, UUID(other))
    return console.pages.onward(f"{registration_address(token, UUID(other))}?joined=1")


async def _newborn(request: AnyRequest, console: Console, about: Registration) -> Response[str]:
    return await _answer(request, console, "newborn.html", form_of_registration(about))


async def _registered(
    request: AnyRequest, console: Console, form: RegistrationForm, template: str, own_name: str = ""
) -> Response[str]:
    if form.faults:
        return await _answer(request, console, template, form, status=422, own_name=own_name)
    try:
        patient_id = await console.keeper.register(overseeing(request), form.about)
    except AlreadyExists:
        return await _answer(
            request, console, template, form, status=409, taken=True, own_name=own_name
        )
    return console.pages.onward(f"{registration_address(token_of(request), patient_id)}?done=1")


async def _answer(
    request: AnyRequest,
    console: Console,
    template: str,
    form: RegistrationForm,
    *,
    status: int = 200,
    taken: bool = False,
    own_name: str = "",
) -> Response[str]:
    session = await session_of(request, console.broker)
    require_desk(session)
    return console.pages.answer(
        request, template, session=session, status=status, section="people", form=form,
        taken=taken, own_name=own_name,
    )  # fmt: skip


HANDLERS = [
    newborn_page, newborn_of_page, register_newborn, unknown_page, register_unknown, known_page,
    known_again, join,
]  # fmt: skip

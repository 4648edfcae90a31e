"""What patients decide about the use of their records: their own page, and the desk's."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from segel.access import open_handle
from segel.broker import Requester, Session
from segel.console.errors import FormBroken
from segel.console.http.chart import PATIENT
from segel.console.http.portal import owner_of
from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of, token_of
from segel.console.http.wiring import Console, Here
from segel.domain.consent import DECIDABLE, Decision
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

OWN: Final = "/my/consents"


@get(OWN)
async def own_consents(request: AnyRequest, console: Here) -> Response[str]:
    """A patient's own."""
    owner = await owner_of(request, console)
    return await _page(request, console, owner.session, owner.requester, owner.patient_id, OWN)


@post(OWN)
async def decide_own(request: AnyRequest, console: Here) -> Response[str]:
    """A patient decides."""
    owner = await owner_of(request, console)
    await _decide(request, console, owner.requester, owner.patient_id)
    return console.pages.onward(OWN)


@get("/patients/{handle:str}/consents")
async def consents_page(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """What a patient decided, for the desk that takes it down."""
    session = await session_of(request, console.broker)
    patient_id = UUID(open_handle(token_of(request), PATIENT, handle))
    address = f"/patients/{handle}/consents"
    return await _page(request, console, session, overseeing(request), patient_id, address)


@post("/patients/{handle:str}/consents")
async def decide_for(request: AnyRequest, console: Here, handle: FromPath[str]) -> Response[str]:
    """Take down what a patient decided."""
    patient_id = UUID(open_handle(token_of(request), PATIENT, handle))
    await _decide(request, console, overseeing(request), patient_id)
    return console.pages.onward(f"/patients/{handle}/consents")


async def _page(
    request: AnyRequest,
    console: Console,
    session: Session,
    requester: Requester,
    patient_id: UUID,
    address: str,
) -> Response[str]:
    standings = await console.keeper.standings(requester, patient_id)
    own = session.role is Role.PATIENT
    return console.pages.answer(
        request,
        "consents.html",
        session=session,
        section="consents" if own else "people",
        standings=standings,
        address=address,
        back="" if own else address.removesuffix("consents") + "registration",
        own=own,
    )


async def _decide(
    request: AnyRequest, console: Console, requester: Requester, patient_id: UUID
) -> None:
    form = await form_of(request, console.settings.origin)
    try:
        purpose, decision = Purpose(form.get("purpose", "")), Decision(form.get("decision", ""))
    except ValueError:
        purpose, decision = Purpose.SYSTEM_ADMINISTRATION, Decision.DENY
    if purpose not in DECIDABLE:
        raise FormBroken("A choice is missing.", field="purpose", remedy="Choose one.")
    await console.keeper.decide(requester, patient_id, purpose, decision)


HANDLERS = [own_consents, decide_own, consents_page, decide_for]

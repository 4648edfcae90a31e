"""``/port-health``: what travellers declared who arrive at a port, for its health officers."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from segel.broker import Requester
from segel.broker.messages import DeclarationView
from segel.console.errors import PageMissing
from segel.console.http.sessions import AnyRequest, form_of, session_of, token_of
from segel.console.http.wiring import Console, Here
from segel.domain.declarations import grouped
from segel.domain.purpose import Purpose


@get("/port-health")
async def arrivals_page(request: AnyRequest, console: Here) -> Response[str]:
    """A field for receipts, and the vessels of the days that are seen now."""
    session = await session_of(request, console.broker)
    vessels = await console.broker.declarations.arrivals(_officer(request))
    days: dict[str, list[object]] = {}
    for one in vessels:
        days.setdefault(one.arrival, []).append(one)
    return console.pages.answer(
        request, "port_health.html", session=session, section="port-health", days=days
    )


@post("/port-health")
async def scanned(request: AnyRequest, console: Here) -> Response[str]:
    """The declaration of a receipt that was scanned or typed."""
    form = await form_of(request, console.settings.origin)
    found = await console.broker.declarations.find(_officer(request), form.get("receipt", ""))
    return await _shown(request, console, found)


@get("/port-health/vessels/{day_id:uuid}/{vessel_id:uuid}")
async def vessel_page(
    request: AnyRequest,
    console: Here,
    day_id: FromPath[UUID],
    vessel_id: FromPath[UUID],
    page: FromQuery[int] = 0,
) -> Response[str]:
    """Who declared of a vessel: by seat, and nobody by name."""
    session = await session_of(request, console.broker)
    found = await console.broker.declarations.travellers(_officer(request), day_id, vessel_id, page)
    return console.pages.answer(
        request,
        "port_vessel.html",
        session=session,
        section="port-health",
        vessel=found.vessel,
        travellers=found.travellers,
        grouped=grouped,
        page=page,
        more=found.more,
    )


@get("/port-health/declarations/{declaration_id:uuid}")
async def declaration_page(
    request: AnyRequest, console: Here, declaration_id: FromPath[UUID]
) -> Response[str]:
    """One declaration. That it was opened is logged and counted."""
    found = await console.broker.declarations.read(_officer(request), declaration_id)
    return await _shown(request, console, found)


@get("/port-health/ended")
async def ended_page(request: AnyRequest, console: Here) -> Response[str]:
    """The days of arrival, when each is destroyed, and the certificates of those that were."""
    session = await session_of(request, console.broker)
    days = await console.broker.declarations.days(_officer(request))
    return console.pages.answer(
        request, "port_ended.html", session=session, section="port-ended", days=days
    )


@get("/port-health/ended/{day_id:uuid}")
async def certificate(request: AnyRequest, console: Here, day_id: FromPath[UUID]) -> Response[str]:
    """The certificate of a day's end, as a file."""
    days = await console.broker.declarations.days(_officer(request))
    day = next((one for one in days if one.day_id == day_id and one.certificate), None)
    if day is None:
        raise PageMissing("There is no such certificate.", remedy="Open the list again.")
    return console.pages.file(day.certificate, f"declarations-{day.arrival}.segel")


async def _shown(request: AnyRequest, console: Console, found: DeclarationView) -> Response[str]:
    return console.pages.answer(
        request,
        "port_declaration.html",
        session=await session_of(request, console.broker),
        section="port-health",
        view=found,
        receipt=grouped(found.receipt),
    )


def _officer(request: AnyRequest) -> Requester:
    return Requester(token_of(request), Purpose.PUBLIC_HEALTH, "console")


HANDLERS = [
    arrivals_page,
    scanned,
    vessel_page,
    declaration_page,
    ended_page,
    certificate,
]

"""The officer's alerts: what waits, what was seen."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from segel.console.http.sessions import AnyRequest, form_of, overseeing, session_of
from segel.console.http.wiring import Here

LISTED: Final = 200
"""Alerts on the page."""


@get("/alerts")
async def alerts_page(request: AnyRequest, console: Here) -> Response[str]:
    """Those that wait, then those that were seen; newest first."""
    session = await session_of(request, console.broker)
    found = await console.broker.alerts.listed(overseeing(request), LISTED)
    return console.pages.answer(
        request,
        "alerts.html",
        session=session,
        section="alerts",
        waiting=[one for one in found.alerts if not one.acknowledged_s],
        seen=[one for one in found.alerts if one.acknowledged_s],
    )


@post("/alerts/{alert_id:uuid}/seen")
async def acknowledge(
    request: AnyRequest, console: Here, alert_id: FromPath[UUID]
) -> Response[str]:
    """Acknowledge one, with a note where there is something to say."""
    form = await form_of(request, console.settings.origin)
    await console.broker.alerts.acknowledge(overseeing(request), alert_id, form.get("note", ""))
    return console.pages.onward("/alerts")


@get("/alerts/{alert_id:uuid}/seen", sync_to_thread=False)
def acknowledge_again(console: Here, alert_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward("/alerts")


HANDLERS = [alerts_page, acknowledge, acknowledge_again]

"""All of the console's addresses, for ``app`` to mount."""

from contextlib import suppress
from typing import Final

from litestar import Response, Router, get
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from segel.access import Attempts
from segel.broker import BrokerClient
from segel.broker.errors import BrokerError
from segel.console.errors import PageMissing
from segel.console.headers import static_headers
from segel.console.http import (
    accesses,
    account,
    alerts,
    approvals,
    arrivals,
    break_glass,
    card_oversight,
    cards,
    chart,
    consents,
    containing,
    declare,
    duplicates,
    invitation,
    laboratory,
    leak_answer,
    leak_columns,
    leak_documents,
    leaks,
    links,
    onboarding,
    openid,
    oversight,
    own_requests,
    passes,
    people,
    pictures,
    port_health,
    portal,
    portal_copies,
    record,
    report,
    requests,
    retention,
    reviews,
    sign_in,
    staff_sessions,
    study,
    ways_in,
    worklist,
)
from segel.console.http.faults import error_pages
from segel.console.http.pages import ASSETS, YEAR_S, Pages, asset_digest, read_asset
from segel.console.http.sessions import AnyRequest, session_of
from segel.console.http.wiring import Console, Here
from segel.console.ports import Backing
from segel.console.settings import ConsoleSettings

FORM_BYTES_MAX: Final = 256 * 1024
"""The longest is a passkey's attestation with its certificates: some kilobytes."""

STRANGERS_BURST: Final = 200
STRANGERS_RATE_PER_S: Final = 4.0
"""Of declarations from one address: a flight's travellers behind an airport's network. Apart from
the attempts to sign in, so that neither keeps the other out."""


def router_for(
    backing: Backing, broker: BrokerClient, settings: ConsoleSettings, attempts: Attempts
) -> Router:
    """The console's routes over whatever shows, keeps, reports and imports."""
    pages = Pages(settings)
    console = Console(
        broker,
        backing.reader,
        backing.keeper,
        settings,
        pages,
        attempts,
        Attempts(burst=STRANGERS_BURST, rate_per_s=STRANGERS_RATE_PER_S),
        backing.reports,
        backing.sheets,
        backing.links,
        backing.read_key,
        backing.evidence,
        backing.telling,
    )
    return Router(
        path="/",
        route_handlers=[
            *sign_in.HANDLERS,
            *invitation.HANDLERS,
            *onboarding.HANDLERS,
            *openid.HANDLERS,
            *ways_in.HANDLERS,
            *staff_sessions.HANDLERS,
            *worklist.HANDLERS,
            *study.HANDLERS,
            *report.HANDLERS,
            *chart.HANDLERS,
            *arrivals.HANDLERS,
            *people.HANDLERS,
            *consents.HANDLERS,
            *pictures.HANDLERS,
            *accesses.HANDLERS,
            *duplicates.HANDLERS,
            *laboratory.HANDLERS,
            *account.HANDLERS,
            *record.HANDLERS,
            *portal.HANDLERS,
            *portal_copies.HANDLERS,
            *links.HANDLERS,
            *cards.HANDLERS,
            *card_oversight.HANDLERS,
            *passes.HANDLERS,
            *own_requests.HANDLERS,
            *requests.HANDLERS,
            *declare.HANDLERS,
            *port_health.HANDLERS,
            *leaks.HANDLERS,
            *containing.HANDLERS,
            *leak_answer.HANDLERS,
            *leak_columns.HANDLERS,
            *leak_documents.HANDLERS,
            *retention.HANDLERS,
            *oversight.HANDLERS,
            *approvals.HANDLERS,
            *alerts.HANDLERS,
            *break_glass.HANDLERS,
            *reviews.HANDLERS,
            asset,
            posted_to,
            missing_page,
        ],
        dependencies={"console": Provide(lambda: console, sync_to_thread=False)},
        exception_handlers={Exception: error_pages(pages, settings)},
        request_max_body_size=FORM_BYTES_MAX,
        include_in_schema=False,
    )


FORMS: Final = [
    "/search",
    "/preferences",
    "/sign-out",
    "/sign-in/demo",
    "/account/passkeys",
    "/account/identities",
    "/account/identities/link",
    "/account/sessions",
]
"""Where forms are sent."""


@get("/static/{name:str}", sync_to_thread=False)
def asset(name: FromPath[str], v: FromQuery[str] = "") -> Response[bytes]:
    """Our own style and scripts. They are public: the sign-in page needs them.

    ``v`` is the content's digest: only an address that changes with the content is kept for long.
    """
    media_type = ASSETS.get(name)
    if media_type is None:
        raise NotFoundException
    headers = static_headers(YEAR_S if v == asset_digest(name) else 0)
    return Response(read_asset(name), media_type=media_type, headers=headers)


@get(FORMS)
async def posted_to(console: Here) -> Response[str]:
    """Where forms are sent: an address that a reload after an error may ask for."""
    return console.pages.onward("/")


@get("/{address:path}")
async def missing_page(request: AnyRequest, console: Here, address: FromPath[str]) -> Response[str]:
    """What no other route answers, so that a mistyped address is told so as a page."""
    with suppress(BrokerError):  # with a session, the page keeps its navigation
        await session_of(request, console.broker)
    raise PageMissing("There is no such page.", remedy="Check the address.")

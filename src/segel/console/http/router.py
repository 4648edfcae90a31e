"""All of the console's addresses, for ``app`` to mount."""

from typing import Final

from litestar import Response, Router, get
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from segel.broker import BrokerClient
from segel.console.headers import static_headers
from segel.console.http import account, pictures, sign_in, study, worklist
from segel.console.http.faults import error_pages
from segel.console.http.pages import ASSETS, YEAR_S, Pages, read_asset
from segel.console.http.wiring import Console
from segel.console.ports import StudyReader
from segel.console.settings import ConsoleSettings
from segel.domain.errors import SegelError

FORM_BYTES_MAX: Final = 256 * 1024
"""The longest is a passkey's attestation with its certificates: some kilobytes."""


def router_for(reader: StudyReader, broker: BrokerClient, settings: ConsoleSettings) -> Router:
    """The console's routes over whatever reads studies."""
    pages = Pages(settings)
    console = Console(broker, reader, settings, pages)
    return Router(
        path="/",
        route_handlers=[
            *sign_in.HANDLERS,
            *worklist.HANDLERS,
            *study.HANDLERS,
            *pictures.HANDLERS,
            *account.HANDLERS,
            asset,
        ],
        dependencies={"console": Provide(lambda: console, sync_to_thread=False)},
        exception_handlers={SegelError: error_pages(pages, settings)},
        request_max_body_size=FORM_BYTES_MAX,
        include_in_schema=False,
    )


@get("/static/{name:str}", sync_to_thread=False)
def asset(name: FromPath[str]) -> Response[bytes]:
    """Our own style and scripts. They are public: the sign-in page needs them."""
    media_type = ASSETS.get(name)
    if media_type is None:
        raise NotFoundException
    return Response(read_asset(name), media_type=media_type, headers=static_headers(YEAR_S))

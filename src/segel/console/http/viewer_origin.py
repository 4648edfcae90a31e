"""OHIF on an origin of its own: its files, our configuration, the way in, and a door to DICOMweb.

::

    console page ──POST──▶ console ──303──▶ /enter#code=…&study=…      (nothing behind # is sent)
    /enter ──POST code──▶ broker ──▶ token of one study ──▶ cookie, Path=/dicomweb/<launch>/
    OHIF ──GET /dicomweb/<launch>/studies/…──▶ the same router, as that token

The token is in a cookie that scripts cannot read: OHIF's code and its hundreds of dependencies
never hold it. Its path is the *launch*, the study's UID sealed under the token, so that two tabs
have two tokens, and this door lets each ask for its own study only, and only read.
"""

import asyncio
import time
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar, Response, get, post
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Send

from segel.access import json_of, seal_handle
from segel.broker import BrokerClient
from segel.console.errors import FormBroken
from segel.console.headers import picture_headers, static_headers, viewer_headers
from segel.console.http.faults import fault_of
from segel.console.http.pages import YEAR_S, Pages, read_asset
from segel.console.http.sessions import AnyRequest, refuse_foreign
from segel.console.http.viewer_door import LAUNCH, VIEWER_COOKIE, dicomweb_door
from segel.console.settings import ConsoleSettings
from segel.console.viewer_files import ViewerFiles, compressed, find_viewer
from segel.domain.dicom import is_uid
from segel.domain.errors import SegelError

ENTRY_BYTES_MAX: Final = 16 * 1024

_OWN_ASSETS: Final = {
    "console.css": "text/css; charset=utf-8",
    "enter.js": "text/javascript; charset=utf-8",
    "seal.svg": "image/svg+xml",
}


class Entry(msgspec.Struct, frozen=True):
    """What the entry page sends: the one-time code and the study it is for."""

    code: str
    study: str


def viewer_app(
    dicomweb: ASGIApp,
    broker: BrokerClient,
    settings: ConsoleSettings,
    folder: Path,
    *,
    render_on_cpu: bool = False,
) -> ASGIApp:
    """The second origin. ``dicomweb``: the app that answers ``/dicomweb/…``; ``folder``: OHIF's
    ``dist``; ``render_on_cpu``: never use WebGL. Raises ViewerMissing."""
    files = find_viewer(folder)
    config = read_asset("ohif-config.js")
    if render_on_cpu:
        config = b"window.segelRenderOnCpu = true;\n" + config
    pages = Pages(settings)
    headers = viewer_headers(files.script_hashes)

    @get("/enter")
    async def enter_page(request: AnyRequest) -> Response[str]:
        html = pages.render(request, "enter.html", session=None)
        return Response(html, media_type=MediaType.HTML, headers=viewer_headers(()))

    @get(["/", "/viewer"], sync_to_thread=False)
    def index_page() -> Response[bytes]:
        return Response(files.index, media_type=MediaType.HTML, headers=headers)

    @get("/app-config.js", sync_to_thread=False)
    def app_config() -> Response[bytes]:
        return Response(config, media_type="text/javascript; charset=utf-8", headers=headers)

    site = Litestar(
        [
            enter_page,
            _enter_handler(broker, settings),
            index_page,
            app_config,
            own_asset,
            _files_handler(files),
        ],
        exception_handlers={SegelError: _refused},
        request_max_body_size=ENTRY_BYTES_MAX,
        openapi_config=None,
    )
    door = dicomweb_door(dicomweb)

    async def origin(scope: Any, receive: Receive, send: Send) -> None:
        to_archive = scope["type"] == "http" and scope["path"].startswith("/dicomweb/")
        await (door if to_archive else site)(scope, receive, send)

    return origin


def _enter_handler(broker: BrokerClient, settings: ConsoleSettings) -> Any:
    @post("/enter")
    async def enter(request: AnyRequest) -> Response[dict[str, Any]]:
        """Exchange the code for a session of one study, kept in a cookie of one path."""
        refuse_foreign(request, settings.viewer_origin)
        try:
            entry = json_of(await request.body(), Entry)
        except msgspec.DecodeError:
            raise _no_entry() from None
        if not is_uid(entry.study):
            raise _no_entry()
        token = await broker.viewer_sign_in(entry.code)
        launch = seal_handle(token.token, LAUNCH, entry.study)
        cookie = Cookie(
            key=VIEWER_COOKIE,
            value=token.token,
            path=f"/dicomweb/{launch}/",
            max_age=max(0, token.expires_s - int(time.time())),
            httponly=True,
            samesite="strict",
            secure=settings.secure,
        )
        content = {"launch": launch, "study": entry.study, "until": token.expires_s * 1000}
        return Response(content, status_code=200, headers=picture_headers(), cookies=[cookie])

    return enter


@get("/segel/{name:str}", sync_to_thread=False)
def own_asset(name: FromPath[str]) -> Response[bytes]:
    """What the entry page is made of."""
    if name not in _OWN_ASSETS:
        raise NotFoundException
    return Response(read_asset(name), media_type=_OWN_ASSETS[name], headers=static_headers(0))


def _files_handler(files: ViewerFiles) -> Any:
    @get("/{name:path}")
    async def viewer_file(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
        """One of OHIF's files, compressed where the browser takes it."""
        found = files.by_name.get(str(name).lstrip("/"))
        if found is None:
            raise NotFoundException
        headers = viewer_headers(files.script_hashes)
        headers["Cache-Control"] = (
            f"public, max-age={YEAR_S}, immutable" if found.forever else "no-cache"
        )
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            content = await asyncio.to_thread(compressed, found.path)
        else:
            content = await asyncio.to_thread(found.path.read_bytes)
        return Response(content, media_type=found.media_type, headers=headers)

    return viewer_file


def _no_entry() -> FormBroken:
    return FormBroken("This is no way in.", remedy="Open the viewer from the study's page.")


def _refused(_: AnyRequest, error: SegelError) -> Response[str]:
    return Response("", status_code=fault_of(error).status, headers=picture_headers())

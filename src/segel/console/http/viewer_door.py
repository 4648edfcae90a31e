"""The door from OHIF's origin to DICOMweb: one tab, one study, reading only.

A path is ``/dicomweb/<launch>/studies/...``. The launch is the study's UID sealed under the token
in the cookie of that path; the archive gets the path without it, and the token as a bearer's.
"""

from typing import Any, Final
from urllib.parse import urlencode

from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, Receive, Send

from segel.access import HandleBroken, open_handle
from segel.console.headers import picture_headers

VIEWER_COOKIE: Final = "segel_viewer"
LAUNCH: Final = "viewer"

_KEPT_OUT: Final = frozenset({b"cookie", b"authorization"})
_ASGI_KEYS: Final = frozenset(
    {
        "asgi", "client", "extensions", "headers", "http_version", "method", "path",
        "query_string", "raw_path", "root_path", "scheme", "server", "type",
    }
)  # fmt: skip
"""What ASGI itself defines of a scope: nothing else goes from one app into the other."""


def dicomweb_door(dicomweb: ASGIApp) -> ASGIApp:
    """An app for ``/dicomweb/<launch>/...`` in front of the one for ``/dicomweb/...``."""

    async def door(scope: Any, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        launch, _, resource = scope["path"].removeprefix("/dicomweb/").partition("/")
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        token = connection.cookies.get(VIEWER_COOKIE, "")
        try:
            study_uid = open_handle(token, LAUNCH, launch)
        except HandleBroken:
            await _refuse(send, 401)
            return
        query = inner_query(resource, study_uid, scope["query_string"])
        if scope["method"] not in ("GET", "HEAD") or query is None:
            await _refuse(send, 403)
            return
        await dicomweb(_inner(scope, resource, query, token), receive, _isolated(send))

    return door


def inner_query(resource: str, study_uid: str, query: bytes) -> bytes | None:
    """The query string to pass on, or None for what this tab may not ask for.

    A search over studies (OHIF looks for the patient's earlier ones) is narrowed to the tab's own.
    """
    parts = resource.strip("/").split("/")
    if parts == ["studies"]:
        return urlencode({"StudyInstanceUID": study_uid, "includefield": "all"}).encode()
    if len(parts) > 1 and parts[:2] == ["studies", study_uid]:
        return query
    return None


def _inner(scope: Any, resource: str, query: bytes, token: str) -> Any:
    path = f"/dicomweb/{resource}"
    kept = [pair for pair in scope["headers"] if pair[0].lower() not in _KEPT_OUT]
    return {
        **{key: value for key, value in scope.items() if key in _ASGI_KEYS},
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [*kept, (b"authorization", b"Bearer " + token.encode())],
    }


def _isolated(send: Send) -> Send:
    """Answers carry what an isolated page needs, and are kept nowhere."""
    added = [(name.lower().encode(), value.encode()) for name, value in picture_headers().items()]
    names = {name for name, _ in added}

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message["headers"] if pair[0].lower() not in names]
            message = {**message, "headers": [*kept, *added]}
        await send(message)

    return sending


async def _refuse(send: Send, status: int) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in picture_headers().items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})

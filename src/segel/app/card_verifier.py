"""The verifier for browsers, at ``/verify/``: the same files for everybody, and nobody is asked.

Everything is read once, when the gateway starts; a path only picks one of the names read then. The
service worker gets the names of all files and a digest of them, by which a browser knows that there
is a newer edition. Which keys sign the lists stands in ``config.json``, as part of the edition.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from segel.cards import verifier

PATH: Final = "/verify"
LISTS: Final = "/cards/"
CONFIG: Final = "config.json"
WORKER: Final = "sw.js"
PAGE: Final = "index.html"
_EDITION_CHARACTERS: Final = 32

_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}

HEADERS: Final = {
    # Workers and the page alike: WebAssembly is compiled, and nothing else is evaluated.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self';"
        " style-src 'self'; img-src 'self'; media-src 'self' blob:; connect-src 'self';"
        " manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # The service worker keeps the app; what it fetches must be the newest.
    "Cache-Control": "no-cache",
}


class Verifier:
    """The files, ready to be sent."""

    def __init__(self, packages: Path, pins: Collection[str], lists: str = LISTS) -> None:
        """``packages``: the npm packages; ``pins``: thumbprints of the keys that sign the lists,
        which are fetched from under ``lists``. Raises PackagesMissing."""
        files = verifier.files(packages)
        config = {"pins": list(pins), "lists": lists}
        files[CONFIG] = json.dumps(config).encode()
        self.edition = _digest(files)
        worker = files.pop(WORKER)
        names = json.dumps(["./", *sorted(files.keys() - {PAGE})])
        head = f'const EDITION = "{self.edition}";\nconst FILES = {names};\n'
        page = files.pop(PAGE)  # has one address, so that it is kept once
        self._files: Mapping[str, bytes] = {**files, WORKER: head.encode() + worker, "": page}

    def answer(self, method: str, name: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; ``name`` is what stands behind the path."""
        if method not in ("GET", "HEAD"):
            return 405, {**HEADERS, "Allow": "GET, HEAD"}, b""
        content = self._files.get(name)
        if content is None:
            return 404, {**HEADERS, "Content-Type": "text/plain"}, b"Nothing is here.\n"
        kind = _KINDS[Path(name or PAGE).suffix]
        return 200, {**HEADERS, "Content-Type": kind}, content


def handler(packages: Path, pins: Collection[str], lists: str = LISTS) -> ASGIRouteHandler:
    """What is mounted at ``/verify``. Raises PackagesMissing."""
    files = Verifier(packages, pins, lists)

    @asgi(PATH, is_mount=True, copy_scope=True)
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        method, path = str(scope.get("method")), _path_of(scope)
        if path == PATH:  # what the page names is relative to its folder
            status, headers, body = 308, {**HEADERS, "Location": f"{PATH}/"}, b""
        else:
            status, headers, body = files.answer(method, path.removeprefix(f"{PATH}/"))
        named = {**headers, "Content-Length": str(len(body))}
        pairs = [(key.lower().encode(), value.encode()) for key, value in named.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        shown = b"" if method == "HEAD" else body
        await send({"type": "http.response.body", "body": shown, "more_body": False})

    return serve


def _path_of(scope: Scope) -> str:
    """The path as it was asked for: a mount hands on another one."""
    raw = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("ascii", "replace").partition("?")[0]


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()[:_EDITION_CHARACTERS]

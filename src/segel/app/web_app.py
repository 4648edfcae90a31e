"""An app of static files under one path, which browsers keep: the same for everybody.

Everything is read once, when the gateway starts; a path only picks one of the names read then. The
service worker gets the names of all files and a digest of them, by which a browser knows that there
is a newer edition.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from segel.app.public_files import sent

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


class WebApp:
    """The files, ready to be sent."""

    def __init__(self, files: Mapping[str, bytes], headers: Mapping[str, str] = HEADERS) -> None:
        """``files`` has a page and a service worker."""
        kept = dict(files)
        self._headers = headers
        self.edition = _digest(kept)
        worker = kept.pop(WORKER)
        names = json.dumps(["./", *sorted(kept.keys() - {PAGE})])
        head = f'const EDITION = "{self.edition}";\nconst FILES = {names};\n'
        page = kept.pop(PAGE)  # has one address, so that it is kept once
        self._files: Mapping[str, bytes] = {**kept, WORKER: head.encode() + worker, "": page}

    def answer(self, method: str, name: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; ``name`` is what stands behind the path."""
        if method not in ("GET", "HEAD"):
            return 405, {**self._headers, "Allow": "GET, HEAD"}, b""
        content = self._files.get(name)
        if content is None:
            return 404, {**self._headers, "Content-Type": "text/plain"}, b"Nothing is here.\n"
        kind = _KINDS[Path(name or PAGE).suffix]
        return 200, {**self._headers, "Content-Type": kind}, content


def mounted(app: WebApp, path: str) -> ASGIRouteHandler:
    """What answers at a path."""

    @asgi(path, is_mount=True, copy_scope=True)
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        method, asked = str(scope.get("method")), _path_of(scope)
        if asked == path:  # what the page names is relative to its folder
            status, headers, body = 308, {**HEADERS, "Location": f"{path}/"}, b""
        else:
            status, headers, body = app.answer(method, asked.removeprefix(f"{path}/"))
        await sent(send, method, (status, headers, body))

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

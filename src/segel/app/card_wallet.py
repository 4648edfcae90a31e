"""The holder's app for venue passes, at ``/passes/``: the same files for everybody.

It asks the console for passes (``POST /my/passes``) with the session of whoever is signed in, and
shows them with no network at all.
"""

from pathlib import Path
from typing import Final

from litestar.handlers import ASGIRouteHandler

from segel.app.web_app import HEADERS, WebApp, mounted
from segel.cards import wallet

PATH: Final = "/passes"

_HEADERS: Final = {
    **HEADERS,
    # Forms and fetches of the app must carry their origin: the console looks at it.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "img-src 'self'", "img-src 'self' blob:"
    ),
}
"""Codes are pictures that the page itself draws."""


def handler(packages: Path) -> ASGIRouteHandler:
    """What is mounted at ``/passes``. Raises PackagesMissing."""
    return mounted(WebApp(wallet.files(packages), _HEADERS), PATH)

"""The verifier for browsers, at ``/verify/``: the same files for everybody, and nobody is asked.

Which keys sign the lists stands in ``config.json``, as part of the edition.
"""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Final

from litestar.handlers import ASGIRouteHandler

from segel.app.web_app import WebApp, mounted
from segel.cards import verifier

PATH: Final = "/verify"
LISTS: Final = "/cards/"
CONFIG: Final = "config.json"


class Verifier(WebApp):
    """The files, ready to be sent."""

    def __init__(self, packages: Path, pins: Collection[str], lists: str = LISTS) -> None:
        """``packages``: the npm packages; ``pins``: thumbprints of the keys that sign the lists,
        which are fetched from under ``lists``. Raises PackagesMissing."""
        config = {"pins": list(pins), "lists": lists}
        super().__init__({**verifier.files(packages), CONFIG: json.dumps(config).encode()})


def handler(packages: Path, pins: Collection[str], lists: str = LISTS) -> ASGIRouteHandler:
    """What is mounted at ``/verify``. Raises PackagesMissing."""
    return mounted(Verifier(packages, pins, lists), PATH)

"""The verifier of a Segel on trial that publishes lists of its own: nobody has to say their key.

The key is the one that the published trust list says to be signed by, so that whoever can write to
the object store could put another in its place. In production it is said in the settings. A new key
is a new edition of the app, which a device that has it shows to its user.
"""

import time
from pathlib import Path
from typing import Final

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from segel.app import card_verifier
from segel.broker.card_lists import CARDS_PREFIX
from segel.cards import ListRefused, ListType
from segel.cards.signed_lists import pin_of
from segel.store.objects import ObjectMissing, ObjectStore, StoreError

PUBLISHED: Final = f"{CARDS_PREFIX}/{ListType.TRUST.file}"
LOOKED_S: Final = 60.0
"""A new key of the lists is seen within this time."""


class OwnVerifier:
    """The verifier by the key of the lists that lie in the object store."""

    def __init__(self, packages: Path, objects: ObjectStore) -> None:
        """Raises PackagesMissing."""
        self._packages = packages
        self._objects = objects
        self._pins: tuple[str, ...] = ()
        self._looked_s = float("-inf")
        self._newest = card_verifier.handler(packages, ())

    async def newest(self) -> ASGIRouteHandler:
        """What answers now. Where no list can be read, the key that was seen last stays."""
        if time.monotonic() - self._looked_s >= LOOKED_S:
            pins = await self._published()
            if pins:
                self._looked_s = time.monotonic()
            if pins and pins != self._pins:
                self._newest = card_verifier.handler(self._packages, pins)
                self._pins = pins
        return self._newest

    async def _published(self) -> tuple[str, ...]:
        try:
            return (pin_of(await self._objects.get(PUBLISHED), ListType.TRUST),)
        except (ObjectMissing, StoreError, ListRefused):
            return ()


def handler(packages: Path, objects: ObjectStore) -> ASGIRouteHandler:
    """What is mounted at ``/verify``. Raises PackagesMissing."""
    own = OwnVerifier(packages, objects)

    @asgi(card_verifier.PATH, is_mount=True, copy_scope=True)
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        route = await own.newest()
        await route.fn(scope, receive, send)

    return serve

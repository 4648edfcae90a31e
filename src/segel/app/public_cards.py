"""The lists of cards for everybody, at ``/cards/``: what verifiers and other issuers fetch.

| address | what |
|---|---|
| ``trust.jws``, ``rules.jws``, ``revoked.jws`` | a verifier's lists, signed |
| ``.well-known/jwks.json`` | the keys of SMART Health Cards |
| ``.well-known/crl/KID.json`` | the revoked cards of one of them |

They are the same for everybody: no session is needed, neither broker nor database is asked, and a
verifier that fetches them says nothing of any card. The issuer's address (``card_address``) leads
here, by a proxy where it has another name or path.
"""

import asyncio
import re
import time
from typing import Any, Final

from litestar.handlers import ASGIRouteHandler

from segel.app.card_making import KEY_SET, crl_file
from segel.app.public_files import Answered, mounted, operation, problem
from segel.broker.card_lists import CARDS_PREFIX
from segel.store.objects import ObjectMissing, ObjectStore, StoreError

PATH: Final = "/cards"
JWS: Final = "application/jose"
JSON: Final = "application/json"
CACHED_S: Final = 5.0
"""A file is read from the store once in so long, however many ask."""
CACHING: Final = "public, max-age=60"
READS_MAX: Final = 2
FILES_MAX: Final = 64
"""Kept in memory: three lists, and a few keys that are not gone yet."""

_LIST: Final = re.compile(r"(?:trust|rules|revoked)\.jws")
_KEYS: Final = ".well-known/jwks.json"
_CRL: Final = re.compile(r"\.well-known/crl/([A-Za-z0-9_-]{43})\.json", re.ASCII)


class PublicCards:
    """Reads the published files; ``answer`` is all that the web sees of it."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._reads = asyncio.Semaphore(READS_MAX)
        self._cached: dict[str, tuple[float, bytes]] = {}

    async def answer(self, method: str, path: str) -> Answered:
        """Status, headers and body. ``path`` is relative to ``PATH``."""
        if method not in ("GET", "HEAD"):
            return problem(405, "The lists are read with GET.", {"Allow": "GET, HEAD"})
        crl = _CRL.fullmatch(path)
        kind = JWS if _LIST.fullmatch(path) else JSON
        name = KEY_SET if path == _KEYS else crl_file(crl[1]) if crl else path
        if kind is JSON and name == path:
            return problem(404, "There is no such list.")
        try:
            content = await self._read(name)
        except ObjectMissing:
            return problem(404, "There is no such list.")
        except StoreError:
            return problem(503, "The list cannot be read now.", {"Retry-After": "5"})
        return 200, {"Content-Type": kind, "Cache-Control": CACHING}, content

    async def _read(self, name: str) -> bytes:
        known = self._cached.get(name)
        if known is not None and time.monotonic() - known[0] < CACHED_S:
            return known[1]
        async with self._reads:
            content = await self._objects.get(f"{CARDS_PREFIX}/{name}")
        if len(self._cached) >= FILES_MAX:
            self._cached.clear()
        self._cached[name] = (time.monotonic(), content)
        return content


def handler(objects: ObjectStore) -> ASGIRouteHandler:
    """What is mounted at ``/cards``."""
    return mounted(PATH, PublicCards(objects).answer)


# --- its description ---------------------------------------------------------------------------


def paths() -> dict[str, Any]:
    """The OpenAPI paths of the lists."""
    name = {
        "name": "list",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": ["trust.jws", "rules.jws", "revoked.jws"]},
    }
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "description": "The key's id: its thumbprint (RFC 7638).",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"},
    }
    tells = "it tells who signs cards and what is revoked, not whose cards"

    def get(summary: str, kind: str, source: str, *parameters: dict[str, Any]) -> dict[str, Any]:
        return {"get": operation(summary, kind, list(parameters), source, "Cards", tells)}

    known = f"{PATH}/.well-known"
    return {
        f"{PATH}/{{list}}": get("A verifier's list, signed.", JWS, "Compact JWS", name),
        f"{known}/jwks.json": get("The keys of SMART Health Cards.", JSON, "RFC 7517"),
        f"{known}/crl/{{key}}.json": get(
            "The revoked cards of a key.", JSON, "SMART Health Cards, Revocation", key
        ),
    }

"""The verifier served for a test's browser, with lists that the test signs and changes."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from segel.app import card_verifier
from segel.cards import Edition, ListKey, ListType, snapshot_of, write_list
from segel.cards.rule_lists import rules_content, shipped_sets
from segel.cards.signatures import sign_with
from segel.cards.snapshot import snapshot_content
from support.cards import Maker
from support.verifier_node import packages, signers

WEEK = timedelta(days=7)


def list_key() -> ListKey:
    """A key that signs lists."""
    key = ec.generate_private_key(ec.SECP256R1())
    return ListKey(key.public_key(), sign_with(key))


@dataclass
class Lists:
    """The lists as they are published now."""

    key: ListKey = field(default_factory=list_key)
    files: dict[str, bytes] = field(default_factory=dict)

    def publish(
        self,
        makers: Sequence[Maker],
        *,
        serial: int = 1,
        issued: datetime | None = None,
        life: timedelta = WEEK,
        revoked: Sequence[bytes] = (),
        kinds: Sequence[ListType] = tuple(ListType),
    ) -> None:
        """Signs the lists anew: these signers, the sets that come with Segel, these marks."""
        issued = (issued or datetime.now(UTC)).replace(microsecond=0)
        contents: dict[ListType, dict[str, Any]] = {
            ListType.TRUST: signers(*((one.signer.key_id, one.der) for one in makers)),
            ListType.RULES: rules_content(shipped_sets()),
            ListType.REVOKED: snapshot_content(snapshot_of(revoked)),
        }
        edition = Edition(serial, issued, issued + life)
        for kind in kinds:
            self.files[kind.file] = write_list(kind, contents[kind], edition, self.key)


def _published(lists: Lists) -> HTTPRouteHandler:
    @get("/cards/{name:str}")
    async def published(name: FromPath[str]) -> Response[bytes]:
        found = lists.files.get(name)
        return Response(found or b"", status_code=200 if found else 404, media_type="text/plain")

    return published


@dataclass
class Site:
    """A server with the verifier at ``/verify/`` and the lists beside it."""

    lists: Lists
    origin: str = ""

    def __post_init__(self) -> None:
        self.edit([])

    def edit(self, further_pins: Sequence[str]) -> None:
        """Serves another edition from now on: one that trusts further list keys."""
        pins = [self.lists.key.pin, *further_pins]
        self._app = Litestar(
            [card_verifier.handler(packages(), pins), _published(self.lists)],
            openapi_config=None,
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)


@contextlib.contextmanager
def verifier_site(lists: Lists) -> Iterator[Site]:
    """The site, served."""
    site = Site(lists)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(site, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        # "localhost" is a secure place to browsers, and has a camera and service workers.
        site.origin = f"http://localhost:{listening.getsockname()[1]}"
        yield site
        server.should_exit = True
        thread.join()

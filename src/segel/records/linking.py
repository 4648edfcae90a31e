"""What patients share by SMART Health Links: encrypted for the link, sealed under their own key.

The key in a link is made here and told once, in the link; nothing keeps it. What is kept opens with
that key and with one that the broker releases for each opening. (Decision 053.)
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec
from psycopg_pool import AsyncConnectionPool

from segel.broker import BrokerClient, HealthLinkLine, HealthLinkOpened, Requester
from segel.broker.errors import no_such_health_link
from segel.cards import HealthLink, LinkedFile, encrypt_file, make_link, new_key
from segel.records.errors import LinkTooLarge
from segel.sealing import ObjectContext, seal, unseal
from segel.store.database import database_errors

BASE: Final = "/links"
"""Where links lead, below the archive's address; a link's secret follows."""

LINK_VIEWER: Final = "/open-link"
"""The page that opens a link for who has no program for it."""

FILES_MAX: Final = 4
BYTES_MAX: Final = 8 * 1024 * 1024
"""Of all files of a link: a report of some pages, a summary. Images are not shared so."""

_VERSION: Final = 1
_READ: Final = "SELECT sealed FROM health_link_files WHERE link_id = %s"
_WRITE: Final = (
    "INSERT INTO health_link_files (link_id, sealed) SELECT %(link)s, %(sealed)s"
    " WHERE NOT EXISTS (SELECT FROM erasures e WHERE e.patient_id = %(patient)s"
    " AND e.study_id IS NULL AND e.state > 0) ON CONFLICT DO NOTHING"
)


class EncryptedFile(msgspec.Struct, frozen=True):
    """A file as a link's holder gets it: a compact JWE."""

    content_type: str
    jwe: str

    def __repr__(self) -> str:
        return f"EncryptedFile(content_type={self.content_type!r})"


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A new link. ``text``: what is shown as a QR code, told once. ``until_s``: Unix seconds."""

    link_id: UUID
    text: str = field(repr=False)
    until_s: int


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What is behind a link; ``ticket`` fetches the files one by one for a while."""

    files: tuple[EncryptedFile, ...]
    ticket: str = field(repr=False)


class Links:
    """Links of patients whom the broker has not yet verified. ``origin``: how clients name this
    server. Everything raises BrokerError and DatabaseAway."""

    def __init__(self, broker: BrokerClient, pool: AsyncConnectionPool, origin: str) -> None:
        self._broker = broker
        self._pool = pool
        self._origin = origin

    async def make(
        self,
        asked: Requester,
        files: Sequence[LinkedFile],
        *,
        label: str,
        passcode: str,
        lifetime_s: int,
        openings: int,
    ) -> MadeLink:
        """A link to these files of the asking patient's. Raises HealthLinkUnclear, LinkTooLarge."""
        if not 1 <= len(files) <= FILES_MAX or sum(len(one.content) for one in files) > BYTES_MAX:
            raise LinkTooLarge(
                f"A link leads to at most {BYTES_MAX >> 20} MiB.", remedy="Share less by one link."
            )
        made = await self._broker.health_links.make(asked, label, passcode, lifetime_s, openings)
        link = HealthLink(
            f"{self._origin}{BASE}/{made.secret}",
            new_key(),
            float(made.until_s),
            frozenset({"P"}),
            " ".join(label.split()),
        )

        def sealed() -> bytes:
            encrypted = [EncryptedFile(one.content_type, encrypt_file(link, one)) for one in files]
            context = ObjectContext(made.patient_id, made.link_id, _VERSION)
            return bytes(seal(made.grant.key, context, msgspec.msgpack.encode(encrypted)))

        row = {
            "link": made.link_id,
            "sealed": await asyncio.to_thread(sealed),
            "patient": made.patient_id,
        }
        with database_errors():
            async with self._pool.connection() as connection:
                await connection.execute(_WRITE, row)
        return MadeLink(made.link_id, make_link(link, f"{self._origin}{LINK_VIEWER}"), made.until_s)

    async def lines(self, asked: Requester) -> list[HealthLinkLine]:
        """The asking patient's own, the newest first."""
        return await self._broker.health_links.lines(asked)

    async def end(self, asked: Requester, link_id: UUID) -> None:
        """Have nobody open it any more. Raises HealthLinkUnknown."""
        await self._broker.health_links.end(asked, link_id)

    async def open(self, secret: str, passcode: str, recipient: str) -> OpenedLink:
        """What is behind a link, for a stranger. Raises HealthLinkUnknown, PasscodeWrong."""
        return await self._files(await self._broker.health_links.open(secret, passcode, recipient))

    async def fetch(self, ticket: str, number: int) -> EncryptedFile:
        """File ``number`` (from 0) of a link that was opened. Raises HealthLinkUnknown."""
        opened = await self._files(await self._broker.health_links.fetch(ticket))
        if not 0 <= number < len(opened.files):
            raise no_such_health_link()
        return opened.files[number]

    async def _files(self, opened: HealthLinkOpened) -> OpenedLink:
        with database_errors():
            async with self._pool.connection() as connection:
                row = await (await connection.execute(_READ, (opened.link_id,))).fetchone()
        if row is None:  # it ended in this instant, or its making broke off
            raise no_such_health_link()
        context = ObjectContext(opened.patient_id, opened.link_id, _VERSION)
        plain = await asyncio.to_thread(unseal, opened.grant.key, context, row[0])
        files = msgspec.msgpack.decode(plain, type=tuple[EncryptedFile, ...])
        return OpenedLink(files, opened.ticket)

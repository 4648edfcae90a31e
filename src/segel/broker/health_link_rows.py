"""The rows of SMART Health Links.

A row has two seals: the broker's over whose it is and whether it opens, and the patient's over what
it is called and who opened it. A link is found by a keyed token of its secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.errors import no_such_health_link
from segel.broker.health_link_rules import LinkAbout, LinkRecord
from segel.broker.index import Index
from segel.broker.patient_keys import PatientKeys, folder_scope
from segel.broker.secrets import BrokerSecrets
from segel.domain.records import LINKED
from segel.sealing import ObjectContext, seal, unseal

KEPT_DAYS: Final = 30
"""Links that are over are shown for so long, with who opened them."""

LISTED_MAX: Final = 200
_ABOUT_VERSION: Final = 2
"""Of a link's id; its files are version 1, under the same key."""

_COLUMNS: Final = "link_id, sealed, about"


@dataclass(frozen=True, slots=True)
class KnownLink:
    """One row. ``sealed_about`` opens under the patient's key alone."""

    link_id: UUID
    record: LinkRecord
    sealed_about: bytes = field(repr=False)

    def about(self, keys: PatientKeys) -> LinkAbout:
        """What it says. Raises SealBroken."""
        context = ObjectContext(self.record.patient_id, self.link_id, _ABOUT_VERSION)
        plain = unseal(keys.scope(folder_scope(LINKED)), context, self.sealed_about)
        return msgspec.json.decode(plain, type=LinkAbout)


class HealthLinkRows:
    """Reads and writes of one broker's pool."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index

    async def of_patient(self, patient_id: UUID) -> list[KnownLink]:
        """A patient's links, the newest first."""
        found = await self._select(
            "WHERE whose = %s ORDER BY ends_on DESC LIMIT %s",
            (self._index.health_links(patient_id), LISTED_MAX),
        )
        return sorted(found, key=lambda one: one.record.made_s, reverse=True)

    async def by_secret(self, secret: str) -> KnownLink:
        """The link that a secret opens. Raises HealthLinkUnknown."""
        found = await self._select("WHERE token = %s", (self._index.health_link(secret),))
        if not found:
            raise no_such_health_link()
        return found[0]

    async def by_id(self, link_id: UUID) -> KnownLink:
        """A link. Raises HealthLinkUnknown."""
        found = await self._select("WHERE link_id = %s", (link_id,))
        if not found:
            raise no_such_health_link()
        return found[0]

    async def forget_old(self, now_s: float) -> int:
        """Take what was over long ago; how many."""
        today = datetime.fromtimestamp(now_s, UTC).date()
        async with self._pool.connection() as connection:
            done = await connection.execute(
                "WITH old AS (DELETE FROM health_links WHERE ends_on < %s::date - %s"
                " RETURNING link_id)"
                " DELETE FROM health_link_files f USING old WHERE f.link_id = old.link_id",
                (today, KEPT_DAYS),
            )
        return done.rowcount

    async def forget_files(self, link_id: UUID) -> None:
        """Take a link's files: nobody opens it any more."""
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM health_link_files WHERE link_id = %s", (link_id,))

    # --- in the ledger's transaction ----------------------------------------------------------

    async def lock(self, cursor: psycopg.AsyncCursor, patient_id: UUID) -> list[KnownLink]:
        """A patient's links, held until the transaction ends."""
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM health_links WHERE whose = %s FOR UPDATE",  # noqa: S608
            (self._index.health_links(patient_id),),
        )
        return [self._opened(*row) for row in await cursor.fetchall()]

    async def insert(
        self,
        cursor: psycopg.AsyncCursor,
        link_id: UUID,
        secret: str,
        record: LinkRecord,
        about: bytes,
    ) -> None:
        """A new row."""
        await cursor.execute(
            "INSERT INTO health_links (link_id, token, whose, ends_on, sealed, about)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (
                link_id,
                self._index.health_link(secret),
                self._index.health_links(record.patient_id),
                _day(record),
                self._sealed(link_id, record),
                about,
            ),
        )

    async def read(self, cursor: psycopg.AsyncCursor, link_id: UUID) -> KnownLink:
        """A row as this transaction sees it, held until it ends. Raises HealthLinkUnknown."""
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM health_links WHERE link_id = %s FOR UPDATE",  # noqa: S608
            (link_id,),
        )
        row = await cursor.fetchone()
        if row is None:
            raise no_such_health_link()
        return self._opened(*row)

    async def put(
        self, cursor: psycopg.AsyncCursor, known: KnownLink, about: bytes | None = None
    ) -> None:
        """Write a row that changed."""
        await cursor.execute(
            "UPDATE health_links SET sealed = %s, about = %s WHERE link_id = %s",
            (
                self._sealed(known.link_id, known.record),
                known.sealed_about if about is None else about,
                known.link_id,
            ),
        )

    # --- sealing ------------------------------------------------------------------------------

    async def _select(self, where: str, values: Sequence[object]) -> list[KnownLink]:
        async with self._pool.connection() as connection:
            sql = f"SELECT {_COLUMNS} FROM health_links {where}"  # noqa: S608
            rows = await (await connection.execute(sql.encode(), values)).fetchall()
        return [self._opened(*row) for row in rows]

    def _opened(self, link_id: UUID, sealed: bytes, about: bytes) -> KnownLink:
        plain = self._secrets.open_row(link_id, sealed)
        return KnownLink(link_id, msgspec.json.decode(plain, type=LinkRecord), about)

    def _sealed(self, link_id: UUID, record: LinkRecord) -> bytes:
        return self._secrets.seal_row(link_id, msgspec.json.encode(record))


def seal_about(keys: PatientKeys, patient_id: UUID, link_id: UUID, about: LinkAbout) -> bytes:
    """What a link is called and who opened it, under the patient's key."""
    context = ObjectContext(patient_id, link_id, _ABOUT_VERSION)
    return bytes(seal(keys.scope(folder_scope(LINKED)), context, msgspec.json.encode(about)))


async def forget_links(cursor: psycopg.AsyncCursor, index: Index, patients: Sequence[UUID]) -> None:
    """Take the links of patients who are erased, and what is behind them."""
    await cursor.execute(
        "WITH gone AS (DELETE FROM health_links WHERE whose = ANY(%b::bytea[]) RETURNING link_id)"
        " DELETE FROM health_link_files f USING gone WHERE f.link_id = gone.link_id",
        ([index.health_links(one) for one in patients],),
    )


def _day(record: LinkRecord) -> date:
    return datetime.fromtimestamp(record.until_s, UTC).date()

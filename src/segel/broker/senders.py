"""Senders of HL7 messages: sealed rows beside those of DIMSE peers, found by a token of MSH-3 and
MSH-4."""

from typing import Final, Literal
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.errors import AlreadyExists, SenderUnknown
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets

KIND: Final = "hl7"


class SenderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A sender as it is sealed. ``kind`` tells it from a DIMSE peer, whose row has none."""

    application: str
    facility: str
    account_id: UUID
    hospital_id: UUID
    authorities: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    kind: Literal["hl7"] = "hl7"


class _Kind(msgspec.Struct, frozen=True):
    kind: str = ""


class Senders:
    """Reads and writes the rows of senders."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index

    async def get(self, application: str, facility: str) -> SenderRecord:
        """A sender by what its messages say. Raises SenderUnknown."""
        found = await self.known(application, facility)
        if found is None:
            raise SenderUnknown(
                "No sender of this application and facility (MSH-3, MSH-4) is enrolled.",
                remedy="Ask the operator: segel hl7 add.",
            )
        return found

    async def known(self, application: str, facility: str) -> SenderRecord | None:
        """The same; None where there is none."""
        token = self._index.hl7_sender(application, facility)
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT sealed FROM peers WHERE ae_token = %s", (token,)
            )
            row = await cursor.fetchone()
        return self._open(token, row[0]) if row else None

    async def every(self) -> list[SenderRecord]:
        """All of them, by name."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute("SELECT ae_token, sealed FROM peers")
            rows = await cursor.fetchall()
        found = []
        for token, sealed in rows:
            plain = self._secrets.open_row(_row_id(token), sealed)
            if msgspec.json.decode(plain, type=_Kind).kind == KIND:
                found.append(msgspec.json.decode(plain, type=SenderRecord))
        return sorted(found, key=lambda one: (one.application, one.facility))

    async def put(self, cursor: psycopg.AsyncCursor, sender: SenderRecord) -> None:
        """Enrol a sender, or say anew what it is. Raises AlreadyExists for another hospital's."""
        token = self._index.hl7_sender(sender.application, sender.facility)
        await cursor.execute("SELECT sealed FROM peers WHERE ae_token = %s FOR UPDATE", (token,))
        row = await cursor.fetchone()
        if row is not None and self._open(token, row[0]).hospital_id != sender.hospital_id:
            raise AlreadyExists(
                "A sender of this application and facility belongs to another hospital.",
                remedy="Have it say another facility (MSH-4), or remove the other one first.",
            )
        await cursor.execute(
            "INSERT INTO peers (ae_token, sealed) VALUES (%s, %s)"
            " ON CONFLICT (ae_token) DO UPDATE SET sealed = excluded.sealed",
            (token, self._secrets.seal_row(_row_id(token), msgspec.json.encode(sender))),
        )

    async def delete(self, cursor: psycopg.AsyncCursor, sender: SenderRecord) -> None:
        """Take a sender's row."""
        token = self._index.hl7_sender(sender.application, sender.facility)
        await cursor.execute("DELETE FROM peers WHERE ae_token = %s", (token,))

    def _open(self, token: bytes, sealed: bytes) -> SenderRecord:
        plain = self._secrets.open_row(_row_id(token), sealed)
        return msgspec.json.decode(plain, type=SenderRecord)


def _row_id(token: bytes) -> UUID:
    return UUID(bytes=token[:16])

"""The rows of what people ask about their own data.

A row has two seals: the broker's over what was asked for, when and how it was answered, and the
patient's over the words. Once the patient's key is destroyed the row still tells a clock, and
nothing of a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.errors import RequestUnknown
from segel.broker.index import Index
from segel.broker.patient_keys import REQUESTS_SCOPE, PatientKeys
from segel.broker.request_rules import RequestRecord, Words
from segel.broker.secrets import BrokerSecrets
from segel.sealing import ObjectContext, seal, unseal

LISTED_MAX: Final = 500
"""Requests of a kind (those that wait, and those that are over) that are opened for one page."""

OWN_LISTED_MAX: Final = 100
_WORDS_VERSION: Final = 1
_COLUMNS: Final = "request_id, hospital_id, sealed, words"


@dataclass(frozen=True, slots=True)
class SubjectRequest:
    """One row. ``sealed_words`` open under the patient's key alone."""

    request_id: UUID
    hospital_id: UUID
    record: RequestRecord
    sealed_words: bytes = field(repr=False)

    def words(self, keys: PatientKeys) -> Words:
        """What it says. Raises SealBroken."""
        context = ObjectContext(self.record.patient_id, self.request_id, _WORDS_VERSION)
        plain = unseal(keys.scope(REQUESTS_SCOPE), context, self.sealed_words)
        return msgspec.json.decode(plain, type=Words)


class RequestRows:
    """Reads and writes of one broker's pool."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index

    async def of_hospital(self, hospital_id: UUID) -> list[SubjectRequest]:
        """A hospital's requests: what waits first, by its clock; then what is over, newest
        first."""
        both = (hospital_id, LISTED_MAX)
        # Of too many that wait, the oldest are those that are due.
        waiting = await self._select(
            "WHERE hospital_id = %s AND open ORDER BY month LIMIT %s", both
        )
        over = await self._select(
            "WHERE hospital_id = %s AND NOT open ORDER BY month DESC LIMIT %s", both
        )
        waiting.sort(key=lambda one: one.record.due_s)
        over.sort(key=lambda one: one.record.closed_s, reverse=True)
        return waiting + over

    async def of_patient(self, patient_id: UUID) -> list[SubjectRequest]:
        """What a patient asked, the newest first."""
        found = await self._select(
            "WHERE patient_token = %s ORDER BY open DESC, month DESC LIMIT %s",
            (self._index.requests(patient_id), OWN_LISTED_MAX),
        )
        return sorted(found, key=lambda one: one.record.entered_s, reverse=True)

    async def waiting(self) -> list[SubjectRequest]:
        """Every hospital's requests that wait for an answer."""
        return await self._select("WHERE open", ())

    async def waiting_in(self, hospital_id: UUID) -> int:
        """How many of a hospital's wait."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT count(*) FROM subject_requests WHERE hospital_id = %s AND open",
                    (hospital_id,),
                )
            ).fetchone()
        return int(row[0]) if row else 0

    async def one(self, hospital_id: UUID | None, request_id: UUID) -> SubjectRequest:
        """A hospital's request. Raises RequestUnknown."""
        found = await self._select(
            "WHERE request_id = %s AND hospital_id = %s", (request_id, hospital_id)
        )
        if not found:
            raise unknown()
        return found[0]

    # --- in the ledger's transaction ----------------------------------------------------------

    async def insert(
        self,
        cursor: psycopg.AsyncCursor,
        request_id: UUID,
        hospital_id: UUID,
        record: RequestRecord,
        words: bytes,
    ) -> None:
        """A new row."""
        await cursor.execute(
            "INSERT INTO subject_requests"
            " (request_id, hospital_id, patient_token, open, month, sealed, words)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (
                request_id,
                hospital_id,
                self._index.requests(record.patient_id),
                record.is_open,
                this_month(),
                self._sealed(request_id, record),
                words,
            ),
        )

    async def read(self, cursor: psycopg.AsyncCursor, request_id: UUID) -> SubjectRequest:
        """A row as this transaction sees it. Raises RequestUnknown."""
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM subject_requests WHERE request_id = %s",  # noqa: S608
            (request_id,),
        )
        row = await cursor.fetchone()
        if row is None:
            raise unknown()
        return self._opened(*row)

    async def count_open(self, cursor: psycopg.AsyncCursor, patient_id: UUID) -> int:
        """How many of a patient's wait."""
        await cursor.execute(
            "SELECT count(*) FROM subject_requests WHERE patient_token = %s AND open",
            (self._index.requests(patient_id),),
        )
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def write(
        self, cursor: psycopg.AsyncCursor, request_id: UUID, record: RequestRecord, words: bytes
    ) -> None:
        """Put record and words in the place of what was."""
        await cursor.execute(
            "UPDATE subject_requests SET open = %s, sealed = %s, words = %s WHERE request_id = %s",
            (record.is_open, self._sealed(request_id, record), words, request_id),
        )

    async def _select(self, where: str, values: Iterable[object]) -> list[SubjectRequest]:
        async with self._pool.connection() as connection:
            sql = f"SELECT {_COLUMNS} FROM subject_requests {where}"  # noqa: S608
            rows = await (await connection.execute(sql.encode(), list(values))).fetchall()
        return [self._opened(*row) for row in rows]

    def _sealed(self, request_id: UUID, record: RequestRecord) -> bytes:
        return self._secrets.seal_row(request_id, msgspec.json.encode(record))

    def _opened(
        self, request_id: UUID, hospital_id: UUID, sealed: bytes, words: bytes
    ) -> SubjectRequest:
        plain = self._secrets.open_row(request_id, sealed)
        record = msgspec.json.decode(plain, type=RequestRecord)
        return SubjectRequest(request_id, hospital_id, record, words)


def seal_words(keys: PatientKeys, patient_id: UUID, request_id: UUID, words: Words) -> bytes:
    """Words as their row holds them."""
    context = ObjectContext(patient_id, request_id, _WORDS_VERSION)
    return bytes(seal(keys.scope(REQUESTS_SCOPE), context, msgspec.json.encode(words)))


def unknown() -> RequestUnknown:
    """The same for a request that is absent and for another hospital's or person's."""
    return RequestUnknown(
        "There is no such request, or it is not one that this account may know of.",
        remedy="List the requests again.",
    )

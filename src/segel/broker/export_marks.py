"""By what a bulk export is known again: pseudonyms of its recipient, and people invented for it.

A recipient knows patients by pseudonyms under a key of their own, in each of their exports the same
ones. The people who are in one export alone, and are nobody, are kept here, sealed, when the export
itself is long over. Decision 064.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.index import Index
from segel.broker.messages import StudyMatch
from segel.broker.secrets import BrokerSecrets
from segel.domain.patient import PatientIdentity
from segel.sealing import pseudonym


class ExportDecoy(msgspec.Struct, frozen=True):
    """Somebody who was invented for an export. ``patient_id`` stands in it as it is here."""

    patient_id: UUID
    identity: PatientIdentity
    studies: tuple[StudyMatch, ...] = ()


class ExportMark(msgspec.Struct, frozen=True):
    """What one export is known by, as its row seals it."""

    hospital_id: UUID
    account_id: UUID
    recipient: str
    asked_s: float
    decoys: tuple[ExportDecoy, ...] = ()


class ExportMarks:
    """Makes pseudonyms, and keeps who was invented for whom."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._read: dict[UUID, dict[UUID, ExportDecoy]] = {}

    def pseudonym(self, hospital_id: UUID, recipient: str, patient_id: UUID) -> UUID:
        """By what a recipient knows a patient of a hospital."""
        return pseudonym(self._index.pseudonyms(hospital_id, recipient), patient_id)

    async def insert(self, cursor: psycopg.AsyncCursor, export_id: UUID, mark: ExportMark) -> None:
        """Keep what a new export is known by."""
        sealed = self._secrets.seal_row(export_id, msgspec.msgpack.encode(mark))
        await cursor.execute(
            "INSERT INTO export_marks (export_id, month, sealed) VALUES (%s, %s, %s)",
            (export_id, this_month(), sealed),
        )

    async def decoys_of(self, export_id: UUID) -> dict[UUID, ExportDecoy]:
        """Who was invented for an export, by id. They never change, and are read once."""
        found = self._read.get(export_id)
        if found is None:
            (mark,) = (await self._select("WHERE export_id = %s", (export_id,))).values() or (None,)
            found = {one.patient_id: one for one in mark.decoys} if mark else {}
            if len(self._read) >= READ_MAX:
                self._read.clear()
            self._read[export_id] = found
        return found

    async def all(self) -> dict[UUID, ExportMark]:
        """What every export is known by that was ever asked for."""
        return await self._select("", ())

    async def _select(self, where: str, values: Sequence[object]) -> dict[UUID, ExportMark]:
        async with self._pool.connection() as connection:
            sql = f"SELECT export_id, sealed FROM export_marks {where}"  # noqa: S608
            rows = await (await connection.execute(sql.encode(), values)).fetchall()
        return {
            export_id: msgspec.msgpack.decode(
                self._secrets.open_row(export_id, sealed), type=ExportMark
            )
            for export_id, sealed in rows
        }


READ_MAX = 64
"""Exports that are read at the same time."""

"""The rows of bulk exports, and of the patients whose records each may take."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.errors import no_such_export
from segel.broker.export_rules import PATIENTS_MAX, Export
from segel.broker.messages import PART_PATIENTS
from segel.broker.secrets import NOBODY, BrokerSecrets
from segel.sealing import ObjectContext, seal, unseal

_FIRST_PART: Final = 2
"""Parts are sealed for the same id as the record, which is version 1."""


class ExportRows:
    """Reads and writes of one broker's pool."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets) -> None:
        self._pool = pool
        self._secrets = secrets

    async def one(self, export_id: UUID) -> Export:
        """An export. Raises ExportUnknown."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self.read(cursor, export_id)

    async def read(self, cursor: psycopg.AsyncCursor, export_id: UUID) -> Export:
        """The same, in somebody's transaction. Raises ExportUnknown."""
        await cursor.execute("SELECT sealed FROM exports WHERE export_id = %s", (export_id,))
        row = await cursor.fetchone()
        if row is None:
            raise no_such_export()
        return self._open(export_id, row[0])

    async def going(self, hospital_id: UUID | None = None) -> dict[UUID, Export]:
        """Those that are not over, of a hospital or of all."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT export_id, sealed FROM exports WHERE NOT over"
                    " AND (%(whose)s::uuid IS NULL OR hospital_id = %(whose)s)",
                    {"whose": hospital_id},
                )
            ).fetchall()
        return {export_id: self._open(export_id, sealed) for export_id, sealed in rows}

    async def patients_of(self, hospital_id: UUID) -> list[UUID]:
        """Whoever is registered in a hospital; more than may be exported where there are more."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT patient_id FROM patients WHERE hospital_id = %s"
                    " AND wrapped_key IS NOT NULL LIMIT %s",
                    # Decoys are among them, who are not counted.
                    (hospital_id, 2 * PATIENTS_MAX),
                )
            ).fetchall()
        return [patient_id for (patient_id,) in rows]

    async def part(self, export_id: UUID, part: int) -> list[UUID]:
        """The patients of one part, in the export's order; none where there is no such part."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT sealed FROM export_parts WHERE export_id = %s AND part = %s",
                    (export_id, part),
                )
            ).fetchone()
        if row is None:
            return []
        packed = unseal(self._secrets.system, _part_context(export_id, part), row[0])
        return [UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)]

    def sealed_parts(self, export_id: UUID, patients: Sequence[UUID]) -> list[bytes]:
        """What ``insert`` writes of the patients: slow, and nothing to do under a lock."""
        parts = []
        for part, first in enumerate(range(0, len(patients), PART_PATIENTS)):
            packed = b"".join(one.bytes for one in patients[first : first + PART_PATIENTS])
            parts.append(bytes(seal(self._secrets.system, _part_context(export_id, part), packed)))
        return parts

    async def insert(
        self, cursor: psycopg.AsyncCursor, export_id: UUID, export: Export, parts: Sequence[bytes]
    ) -> None:
        """A new export."""
        await cursor.execute(
            "INSERT INTO exports (export_id, hospital_id, over, month, sealed)"
            " VALUES (%s, %s, false, %s, %s)",
            (export_id, export.hospital_id, this_month(), self._seal(export_id, export)),
        )
        await cursor.execute(
            "INSERT INTO export_parts (export_id, part, sealed)"
            " SELECT %s, n - 1, part FROM unnest(%s::bytea[]) WITH ORDINALITY AS t (part, n)",
            (export_id, list(parts)),
        )

    async def write(self, cursor: psycopg.AsyncCursor, export_id: UUID, export: Export) -> None:
        """An export as it is now."""
        await cursor.execute(
            "UPDATE exports SET sealed = %s WHERE export_id = %s",
            (self._seal(export_id, export), export_id),
        )

    async def end(self, cursor: psycopg.AsyncCursor, export_id: UUID, export: Export) -> None:
        """An export that gives nothing any more: whose records it took is forgotten."""
        await self.write(cursor, export_id, export)
        await cursor.execute("UPDATE exports SET over = true WHERE export_id = %s", (export_id,))
        await cursor.execute("DELETE FROM export_parts WHERE export_id = %s", (export_id,))

    def _seal(self, export_id: UUID, export: Export) -> bytes:
        return self._secrets.seal_row(export_id, msgspec.json.encode(export))

    def _open(self, export_id: UUID, sealed: bytes) -> Export:
        return msgspec.json.decode(self._secrets.open_row(export_id, sealed), type=Export)


def _part_context(export_id: UUID, part: int) -> ObjectContext:
    return ObjectContext(NOBODY, export_id, _FIRST_PART + part)

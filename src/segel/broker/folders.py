"""The rows of folders: whose each is, of which type, and in which month it was last written to.

A folder's id is a keyed token of patient and type; the way back is sealed in its row. The stamp is
the broker's own: it is set in the transaction that logs the release of the key.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets
from segel.domain.records import CARDS, CHART_TYPES

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class Folder(msgspec.Struct, frozen=True):
    """Whose a folder is, and what lies in it. ``written``: YYYY-MM, '' from before it was kept."""

    patient_id: UUID
    resource_type: str
    written: str = ""


class Folders:
    """Reads and writes of one broker's pool. ``now``: the ledger's time, which never goes back."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        now: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._now = now

    def id_of(self, patient_id: UUID, resource_type: str) -> UUID:
        """Where a patient's resources of one type lie."""
        return self._index.folder(patient_id, resource_type)

    async def of(self, folder_id: UUID) -> Folder | None:
        """Whose a folder is."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return (await self._read(cursor, [folder_id])).get(folder_id)

    async def holds_any(self, folder_id: UUID) -> bool:
        """Whether anything was ever put into a folder."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT EXISTS (SELECT FROM resources WHERE folder_id = %s)", (folder_id,)
            )
            row = await cursor.fetchone()
        assert row is not None, "EXISTS has an answer"
        return bool(row[0])

    def writing(self, patient_id: UUID, types: Iterable[str]) -> Apply:
        """What makes it known whose folders are, before anything lies in them, and that they are
        written to in this month."""
        wanted = {self.id_of(patient_id, one): one for one in sorted(types)}

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            month = f"{datetime.fromtimestamp(self._now(), UTC):%Y-%m}"
            known = await self._read(cursor, list(wanted))
            rows = []
            for folder_id, resource_type in wanted.items():
                before = known.get(folder_id)
                if before is not None and before.written >= month:
                    continue
                plain = msgspec.json.encode(Folder(patient_id, resource_type, month))
                rows.append((folder_id, self._secrets.seal_row(folder_id, plain)))
            await cursor.executemany(
                "INSERT INTO folders (folder_id, sealed) VALUES (%s, %s)"
                " ON CONFLICT (folder_id) DO UPDATE SET sealed = excluded.sealed",
                rows,
            )

        return apply

    async def stamps(
        self, cursor: psycopg.AsyncCursor, patients: Sequence[UUID], types: Sequence[str]
    ) -> dict[UUID, frozenset[tuple[UUID, str]]]:
        """The folders of these types that each patient has, with their stamps."""
        wanted = {self.id_of(patient, one): patient for patient in patients for one in types}
        found: dict[UUID, set[tuple[UUID, str]]] = {patient: set() for patient in patients}
        for folder_id, folder in (await self._read(cursor, list(wanted))).items():
            found[wanted[folder_id]].add((folder_id, folder.written))
        return {patient: frozenset(stamps) for patient, stamps in found.items()}

    async def _read(
        self, cursor: psycopg.AsyncCursor, folders: Sequence[UUID]
    ) -> dict[UUID, Folder]:
        await cursor.execute(
            "SELECT folder_id, sealed FROM folders WHERE folder_id = ANY(%b::uuid[])",
            (list(folders),),
        )
        return {
            folder_id: msgspec.json.decode(self._secrets.open_row(folder_id, sealed), type=Folder)
            for folder_id, sealed in await cursor.fetchall()
        }


async def forget_folders(
    cursor: psycopg.AsyncCursor, index: Index, patients: Iterable[UUID]
) -> None:
    """Take every folder of patients who are erased, and what lies in them."""
    gone = [index.folder(one, kind) for one in patients for kind in (*CHART_TYPES, CARDS)]
    for table in ("resources", "folders"):
        await cursor.execute(
            f"DELETE FROM {table} WHERE folder_id = ANY(%b::uuid[])",  # noqa: S608
            (gone,),
        )

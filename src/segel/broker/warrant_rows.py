"""The rows of warrants, and of the people whom each recognised.

A warrant's terms and counts are under the broker's seal; whom it recognised is under the case's
key, one item for each batch, and is forgotten with the case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.case_rows import CaseRows, ItemKind, OpenCaseRow
from segel.broker.errors import WarrantUnknown
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets
from segel.broker.warrant_rules import WarrantRecord
from segel.sealing import derive_scope_key
from segel.sealing.pseudonyms import ID_BYTES, Pseudonyms


class BatchItem(msgspec.Struct, frozen=True):
    """A batch that was answered. ``digest``: SHA-256 of its rows; ``patients``: ids of those who
    were recognised first in it, 16 bytes each."""

    warrant_id: UUID
    number: int
    digest: bytes
    answered: int
    patients: bytes

    def __repr__(self) -> str:
        return f"BatchItem({self.number})"


@dataclass(frozen=True, slots=True)
class WarrantRow:
    """A warrant as its row has it."""

    warrant_id: UUID
    record: WarrantRecord


class WarrantRows:
    """Reads and writes of one broker's pool."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        cases: CaseRows,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._cases = cases

    async def one(self, warrant_id: UUID, hospital_id: UUID | None) -> WarrantRow:
        """A warrant of an organisation's case. Raises WarrantUnknown."""
        found = await self._select("WHERE warrant_id = %s", warrant_id)
        if not found or found[0].record.hospital_id != hospital_id:
            raise unknown()
        return found[0]

    async def known(self, warrant_id: UUID) -> WarrantRow | None:
        """A warrant of whatever organisation, if there is one."""
        found = await self._select("WHERE warrant_id = %s", warrant_id)
        return found[0] if found else None

    async def of_case(self, case_id: UUID) -> list[WarrantRow]:
        """A case's warrants, the newest first."""
        found = await self._select("WHERE case_id = %s", case_id)
        return sorted(found, key=lambda one: -one.record.asked_s)

    async def going(self) -> list[WarrantRow]:
        """Every organisation's warrants that are not over."""
        return await self._select("WHERE NOT over AND %s", True)

    async def batches(self, opened: OpenCaseRow, warrant_id: UUID) -> list[BatchItem]:
        """What was answered under a warrant, in order."""
        items = await self._cases.items(opened.row.case_id, ItemKind.BATCH)
        found = [opened.item(one.item_id, one.version, one.sealed, BatchItem) for one in items]
        return sorted(
            (one for one in found if one.warrant_id == warrant_id), key=lambda one: one.number
        )

    async def batch(self, opened: OpenCaseRow, item_id: UUID) -> BatchItem | None:
        """One batch that was answered."""
        one = await self._cases.item_if(opened.row.case_id, item_id, ItemKind.BATCH)
        if one is None:
            return None
        return opened.item(one.item_id, one.version, one.sealed, BatchItem)

    def batch_id(self, warrant_id: UUID, batch: UUID) -> UUID:
        """The id of a batch's item: nobody else's message has it."""
        return self._index.warrant_batch(warrant_id, batch)

    # --- in the ledger's transaction ----------------------------------------------------------

    async def insert(
        self, cursor: psycopg.AsyncCursor, warrant_id: UUID, record: WarrantRecord
    ) -> None:
        """A new warrant."""
        await cursor.execute(
            "INSERT INTO leak_warrants (warrant_id, case_id, over, sealed)"
            " VALUES (%s, %s, false, %s)",
            (warrant_id, record.case_id, self._seal(warrant_id, record)),
        )

    async def held(self, cursor: psycopg.AsyncCursor, warrant_id: UUID) -> WarrantRecord:
        """A warrant as this transaction sees it, held until it ends. Raises WarrantUnknown."""
        await cursor.execute(
            "SELECT sealed FROM leak_warrants WHERE warrant_id = %s FOR UPDATE", (warrant_id,)
        )
        row = await cursor.fetchone()
        if row is None:
            raise unknown()
        return self._record(warrant_id, row[0])

    async def write(
        self, cursor: psycopg.AsyncCursor, warrant_id: UUID, record: WarrantRecord
    ) -> None:
        """A warrant as it is now."""
        await cursor.execute(
            "UPDATE leak_warrants SET over = %s, sealed = %s WHERE warrant_id = %s",
            (record.ended is not None, self._seal(warrant_id, record), warrant_id),
        )

    async def put_batch(
        self, cursor: psycopg.AsyncCursor, opened: OpenCaseRow, item_id: UUID, batch: BatchItem
    ) -> None:
        """Write a batch that is about to be answered."""
        await self._cases.put_item(cursor, opened, ItemKind.BATCH, item_id, 1, batch)

    # --- how ----------------------------------------------------------------------------------

    async def _select(self, where: str, value: object) -> list[WarrantRow]:
        async with self._pool.connection() as connection:
            sql = f"SELECT warrant_id, sealed FROM leak_warrants {where}"  # noqa: S608
            rows = await (await connection.execute(sql.encode(), (value,))).fetchall()
        return [WarrantRow(one, self._record(one, sealed)) for one, sealed in rows]

    def _record(self, warrant_id: UUID, sealed: bytes) -> WarrantRecord:
        plain = self._secrets.open_row(warrant_id, sealed)
        return msgspec.json.decode(plain, type=WarrantRecord)

    def _seal(self, warrant_id: UUID, record: WarrantRecord) -> bytes:
        return self._secrets.seal_row(warrant_id, msgspec.json.encode(record))


def pseudonyms_of(opened: OpenCaseRow, warrant_id: UUID) -> Pseudonyms:
    """Those of one warrant: under the case's key, and gone with it."""
    return Pseudonyms(derive_scope_key(opened.key, f"warrant/{warrant_id}"))


def split(ids: bytes) -> list[bytes]:
    """Ids, or pseudonyms, one by one."""
    return [ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES)]


def joined(ids: Sequence[bytes]) -> bytes:
    """What ``split`` takes apart."""
    return b"".join(ids)


def unknown() -> WarrantUnknown:
    """The same for one that is absent, and for another organisation's."""
    return WarrantUnknown(
        "There is no such warrant, or it is not one that this account may know of.",
        remedy="`segel leak warrant list` shows those of a case.",
    )

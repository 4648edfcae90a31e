"""The rows of cases of leaks, and the key of each.

::

    KMS ─▶ KEK of the case ─▶ key of the case (stored wrapped) ─┬─▶ content, timeline, findings
                                                                └─▶ a key for each file

A KEK for each case: when a closed case has been kept for its time, the KMS forgets it, and no copy
of the database or the object store opens anything of the case (decision 062).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker import guest_keys
from segel.broker.case_rules import (
    CaseContent,
    CaseRecord,
)
from segel.broker.directory import this_month
from segel.broker.errors import BrokerUnavailable, CaseOver, CaseUnknown
from segel.broker.keyring import Keyring, label_of
from segel.broker.secrets import BrokerSecrets
from segel.broker.unwrapping import Unwrapper
from segel.keys import KmsError, PlainKey, WrappedKey
from segel.sealing import ObjectContext, derive_scope_key, new_patient_key, seal, unseal

ENTRIES_SHOWN_MAX: Final = 2_000
"""Of one case's timeline; the log has them all."""
CASES_LISTED_MAX: Final = 500
WRITTEN_WITHIN_S: Final = 24 * 3_600.0
"""A file that was begun longer ago was broken off: nothing that is sent takes a day."""

_CONTENT: Final = "case"
_ITEMS: Final = "case items"
_MOVED: Final = b"UPDATE leak_cases SET wrapped_key = %s WHERE case_id = %s AND wrapped_key = %s"
_COLUMNS: Final = "case_id, hospital_id, version, wrapped_key, sealed, content"

T = TypeVar("T", bound=msgspec.Struct)


class ItemKind(IntEnum):
    """What a row of ``leak_items`` is, in the clear."""

    ENTRY = 1
    OBJECT = 2
    WRITING = 3
    """A file that is being written, or was broken off."""
    FINDING = 4
    """A version of a finding; the ones before it stay, for documents that were made of them."""
    LEFT = 5
    """A file whose pieces are to be swept."""
    BATCH = 6
    """Whom a batch of rows recognised, under a warrant."""
    NOTICE = 7
    """A signed document's signature."""
    LETTERS = 8
    """To whom letters were sent, and what became of them."""


_GONE: Final = (ItemKind.ENTRY, ItemKind.FINDING, ItemKind.BATCH, ItemKind.NOTICE, ItemKind.LETTERS)
"""What is deleted as a case is destroyed; its files are swept."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One row. ``wrapped`` None: its key was destroyed."""

    case_id: UUID
    hospital_id: UUID
    version: int
    wrapped: bytes | None = field(repr=False)
    record: CaseRecord
    content: bytes | None = field(repr=False)

    @property
    def kek_id(self) -> str:
        """The KEK of this case alone."""
        return f"case-{self.case_id}"


@dataclass(frozen=True, slots=True)
class OpenCaseRow:
    """A case with its key."""

    row: CaseRow
    key: bytes = field(repr=False)

    @property
    def content(self) -> CaseContent:
        """What it says. Raises SealBroken."""
        assert self.row.content is not None, "what has a key has content"
        context = ObjectContext(self.row.case_id, self.row.case_id, self.row.version)
        plain = unseal(derive_scope_key(self.key, _CONTENT), context, self.row.content)
        return msgspec.json.decode(plain, type=CaseContent)

    def sealed_content(self, content: CaseContent, version: int) -> bytes:
        """Content as a version of its row holds it."""
        context = ObjectContext(self.row.case_id, self.row.case_id, version)
        plain = msgspec.json.encode(content)
        return bytes(seal(derive_scope_key(self.key, _CONTENT), context, plain))

    def sealed_item(self, item_id: UUID, version: int, item: msgspec.Struct) -> bytes:
        """An item as its row holds it."""
        context = ObjectContext(self.row.case_id, item_id, version)
        plain = msgspec.msgpack.encode(item)
        return bytes(seal(derive_scope_key(self.key, _ITEMS), context, plain))

    def item(self, item_id: UUID, version: int, sealed: bytes, kind: type[T]) -> T:
        """What ``sealed_item`` made. Raises SealBroken."""
        context = ObjectContext(self.row.case_id, item_id, version)
        plain = unseal(derive_scope_key(self.key, _ITEMS), context, sealed)
        return msgspec.msgpack.decode(plain, type=kind)

    def object_key(self, object_id: UUID) -> bytes:
        """The key of one file, which opens no other."""
        return derive_scope_key(self.key, f"case object/{object_id}")


@dataclass(frozen=True, slots=True)
class Item:
    """A row of ``leak_items``, still sealed."""

    item_id: UUID
    kind: ItemKind
    version: int
    sealed: bytes = field(repr=False)


class CaseRows:
    """Finds, opens and writes cases; a guest of the keeper's when keys are moved."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        unwrapper: Unwrapper,
        keyring: Keyring,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._unwrapper = unwrapper
        self._keyring = keyring

    # --- cases --------------------------------------------------------------------------------

    async def one(self, hospital_id: UUID | None, case_id: UUID) -> CaseRow:
        """An organisation's case. Raises CaseUnknown."""
        found = await self._select(
            "WHERE case_id = %s AND hospital_id = %s", (case_id, hospital_id)
        )
        if not found:
            raise unknown()
        return found[0]

    async def of_hospital(self, hospital_id: UUID) -> list[CaseRow]:
        """An organisation's cases that still have their keys, the newest months first."""
        return await self._select(
            "WHERE hospital_id = %s AND wrapped_key IS NOT NULL"
            " ORDER BY open DESC, month DESC LIMIT %s",
            (hospital_id, CASES_LISTED_MAX),
        )

    async def open_ones(self) -> list[CaseRow]:
        """Every organisation's cases that are worked on."""
        return await self._select("WHERE open", ())

    async def closed_ones(self) -> list[CaseRow]:
        """Every organisation's cases that are closed and have their keys."""
        return await self._select("WHERE NOT open AND wrapped_key IS NOT NULL", ())

    async def unforgotten(self) -> list[CaseRow]:
        """The cases that were destroyed, and whose KEKs may be there."""
        rows = await self._select("WHERE wrapped_key IS NULL", ())
        return [one for one in rows if one.record.destroyed_s and not one.record.forgotten_s]

    async def forgotten(self, cursor: psycopg.AsyncCursor, row: CaseRow) -> None:
        """A destroyed case's KEK is gone."""
        record = msgspec.structs.replace(row.record, forgotten_s=row.record.destroyed_s)
        await cursor.execute(
            "UPDATE leak_cases SET sealed = %s WHERE case_id = %s",
            (self._seal(row.case_id, record), row.case_id),
        )

    async def told_of(self) -> list[CaseRow]:
        """The cases of which patients were told."""
        rows = await self._select("WHERE wrapped_key IS NOT NULL", ())
        return [one for one in rows if one.record.told_s]

    async def opened(self, row: CaseRow) -> OpenCaseRow:
        """A case with its key. Raises CaseOver, BrokerUnavailable."""
        if row.wrapped is None:
            raise CaseOver("This case's time is over; its key was destroyed.")
        wrapped = WrappedKey(row.kek_id, row.wrapped, row.case_id.bytes)
        return OpenCaseRow(row, await self._unwrapper.one(wrapped))

    async def opened_many(self, rows: Sequence[CaseRow]) -> list[OpenCaseRow]:
        """Those of several that open."""
        living = [(row, row.wrapped) for row in rows if row.wrapped is not None]
        keys = await self._unwrapper.many(
            [WrappedKey(row.kek_id, wrapped, row.case_id.bytes) for row, wrapped in living]
        )
        return [OpenCaseRow(row, key) for (row, _), key in zip(living, keys, strict=True) if key]

    async def made(self, case_id: UUID, hospital_id: UUID, record: CaseRecord) -> OpenCaseRow:
        """A new case with a key of its own, not yet written. Raises BrokerUnavailable."""
        row = CaseRow(case_id, hospital_id, 0, None, record, None)
        try:
            await asyncio.to_thread(self._keyring.create_kek, row.kek_id)
        except KmsError as failure:
            raise self._unwrapper.refusal(failure) from failure
        key = new_patient_key()
        wrapped = await self._unwrapper.wrap(PlainKey(row.kek_id, key, case_id.bytes))
        return OpenCaseRow(CaseRow(case_id, hospital_id, 0, wrapped, record, None), key)

    async def items(self, case_id: UUID, *kinds: ItemKind) -> list[Item]:
        """A case's items of some kinds."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self.items_in(cursor, case_id, *kinds)

    async def items_in(
        self, cursor: psycopg.AsyncCursor, case_id: UUID, *kinds: ItemKind
    ) -> list[Item]:
        """The same, in somebody's transaction: with what it, or who shares it, has written."""
        await cursor.execute(
            "SELECT item_id, kind, version, sealed FROM leak_items"
            " WHERE case_id = %s AND kind = ANY(%s)",
            (case_id, [int(kind) for kind in kinds]),
        )
        return [
            Item(item_id, ItemKind(kind), version, sealed)
            for item_id, kind, version, sealed in await cursor.fetchall()
        ]

    async def item(self, case_id: UUID, item_id: UUID, *kinds: ItemKind) -> Item:
        """One item. Raises CaseUnknown."""
        found = await self.item_if(case_id, item_id, *kinds)
        if found is None:
            raise unknown()
        return found

    async def item_if(self, case_id: UUID, item_id: UUID, *kinds: ItemKind) -> Item | None:
        """One item, if it is there: of a case that may have thousands."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT kind, version, sealed FROM leak_items"
                " WHERE item_id = %s AND case_id = %s AND kind = ANY(%s)",
                (item_id, case_id, [int(kind) for kind in kinds]),
            )
            row = await cursor.fetchone()
        return None if row is None else Item(item_id, ItemKind(row[0]), row[1], row[2])

    # --- in the ledger's transaction ----------------------------------------------------------

    async def insert(
        self, cursor: psycopg.AsyncCursor, opened: OpenCaseRow, content: CaseContent
    ) -> None:
        """A new case. Raises BrokerUnavailable where keys were moved since it got its own."""
        row = opened.row
        assert row.wrapped is not None
        await cursor.execute("SELECT max(key_floor) FROM hospitals")
        floor = await cursor.fetchone()
        if floor and floor[0] and label_of(row.wrapped)[0] < floor[0][0]:
            self._unwrapper.follow(floor[0][0])
            raise BrokerUnavailable("Keys are being moved.", remedy="Try again.")
        await cursor.execute(
            "INSERT INTO leak_cases (case_id, hospital_id, version, open, month, wrapped_key,"
            " sealed, content) VALUES (%s, %s, 1, true, %s, %s, %s, %s)",
            (
                row.case_id,
                row.hospital_id,
                this_month(),
                row.wrapped,
                self._seal(row.case_id, row.record),
                opened.sealed_content(content, 1),
            ),
        )

    async def write(
        self,
        cursor: psycopg.AsyncCursor,
        opened: OpenCaseRow,
        record: CaseRecord,
        content: CaseContent,
    ) -> bool:
        """Put what changed in the place of what was; whether it still was as it was read."""
        row, version = opened.row, opened.row.version + 1
        await cursor.execute(
            "UPDATE leak_cases SET version = %s, open = %s, sealed = %s, content = %s"
            " WHERE case_id = %s AND version = %s AND wrapped_key IS NOT NULL",
            (
                version,
                record.is_open,
                self._seal(row.case_id, record),
                opened.sealed_content(content, version),
                row.case_id,
                row.version,
            ),
        )
        return cursor.rowcount == 1

    async def put_item(
        self,
        cursor: psycopg.AsyncCursor,
        opened: OpenCaseRow,
        kind: ItemKind,
        item_id: UUID,
        version: int,
        item: msgspec.Struct,
        *,
        begun_s: float = 0.0,
    ) -> bool:
        """Write an item's version; whether nobody wrote this version before."""
        begun = self._secrets.seal_row(item_id, msgspec.json.encode(begun_s)) if begun_s else None
        await cursor.execute(
            "INSERT INTO leak_items AS i (item_id, case_id, kind, version, begun, sealed)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (item_id) DO UPDATE SET kind = excluded.kind,"
            " version = excluded.version, begun = excluded.begun, sealed = excluded.sealed"
            " WHERE i.version = excluded.version - 1 AND i.case_id = excluded.case_id",
            (
                item_id,
                opened.row.case_id,
                int(kind),
                version,
                begun,
                opened.sealed_item(item_id, version, item),
            ),
        )
        return cursor.rowcount == 1

    async def hold(self, cursor: psycopg.AsyncCursor, case_id: UUID) -> None:
        """Let nobody else who holds a case write to it until this transaction ends."""
        await cursor.execute("SELECT 1 FROM leak_cases WHERE case_id = %s FOR UPDATE", (case_id,))

    async def leave(self, cursor: psycopg.AsyncCursor, case_id: UUID, object_id: UUID) -> bool:
        """Have the pieces of what is being written swept; whether it was being written."""
        await cursor.execute(
            "UPDATE leak_items SET kind = %s, begun = NULL, sealed = ''"
            " WHERE item_id = %s AND case_id = %s AND kind = %s",
            (int(ItemKind.LEFT), object_id, case_id, int(ItemKind.WRITING)),
        )
        return cursor.rowcount == 1

    async def destroy(self, cursor: psycopg.AsyncCursor, row: CaseRow, destroyed_s: float) -> None:
        """Take a case's key and everything under it; what its clocks did stays."""
        record = msgspec.structs.replace(row.record, destroyed_s=destroyed_s, told_s=0.0)
        await cursor.execute(
            "UPDATE leak_cases SET wrapped_key = NULL, content = NULL, open = false, sealed = %s"
            " WHERE case_id = %s",
            (self._seal(row.case_id, record), row.case_id),
        )
        await cursor.execute(
            "DELETE FROM leak_items WHERE case_id = %s AND kind = ANY(%s)",
            (row.case_id, [int(one) for one in _GONE]),
        )
        await cursor.execute(
            "UPDATE leak_items SET kind = %s, begun = NULL, sealed = '' WHERE case_id = %s",
            (int(ItemKind.LEFT), row.case_id),
        )
        await cursor.execute("DELETE FROM leak_warrants WHERE case_id = %s", (row.case_id,))
        await cursor.execute("DELETE FROM leak_guests WHERE case_id = %s", (row.case_id,))
        await cursor.execute("DELETE FROM leak_affected WHERE case_id = %s", (row.case_id,))

    # --- what is left in the object store -----------------------------------------------------

    async def left_objects(self, now_s: float) -> list[tuple[UUID, UUID]]:
        """Case and id of files whose pieces are to be swept."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT case_id, item_id, kind, begun FROM leak_items WHERE kind = ANY(%s)",
                    ([int(ItemKind.LEFT), int(ItemKind.WRITING)],),
                )
            ).fetchall()
        return [
            (case_id, item_id)
            for case_id, item_id, kind, begun in rows
            if kind == ItemKind.LEFT or now_s - self._begun_s(item_id, begun) > WRITTEN_WITHIN_S
        ]

    async def swept(self, object_ids: Sequence[UUID], now_s: float) -> None:
        """Forget files whose pieces are gone."""
        left = {object_id for _, object_id in await self.left_objects(now_s)}
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM leak_items WHERE item_id = ANY(%b::uuid[])",
                ([one for one in object_ids if one in left],),
            )

    def _begun_s(self, item_id: UUID, begun: bytes | None) -> float:
        if begun is None:
            return 0.0
        return msgspec.json.decode(self._secrets.open_row(item_id, begun), type=float)

    # --- when keys are moved ------------------------------------------------------------------

    async def keks(self) -> list[str]:
        """The KEKs of cases that were not forgotten."""
        return sorted(row.kek_id for row in await self._living() + await self.unforgotten())

    async def left(self) -> int:
        """How many cases' keys are not in the newest KMS."""
        return len(guest_keys.behind(self._keyring, await self._keys()))

    async def move(self) -> None:
        """Bring cases' keys to the newest KMS. Raises KmsError."""
        await guest_keys.move(self._pool, self._keyring, await self._keys(), _MOVED)

    async def _keys(self) -> list[WrappedKey]:
        return [
            WrappedKey(row.kek_id, row.wrapped, row.case_id.bytes)
            for row in await self._living()
            if row.wrapped
        ]

    async def _living(self) -> list[CaseRow]:
        return await self._select("WHERE wrapped_key IS NOT NULL", ())

    # --- how ----------------------------------------------------------------------------------

    async def _select(self, where: str, values: Sequence[object]) -> list[CaseRow]:
        async with self._pool.connection() as connection:
            sql = f"SELECT {_COLUMNS} FROM leak_cases {where}"  # noqa: S608
            rows = await (await connection.execute(sql.encode(), values)).fetchall()
        return [
            CaseRow(case_id, hospital_id, version, wrapped, self._record(case_id, sealed), content)
            for case_id, hospital_id, version, wrapped, sealed, content in rows
        ]

    def _record(self, case_id: UUID, sealed: bytes) -> CaseRecord:
        return msgspec.json.decode(self._secrets.open_row(case_id, sealed), type=CaseRecord)

    def _seal(self, case_id: UUID, record: CaseRecord) -> bytes:
        return self._secrets.seal_row(case_id, msgspec.json.encode(record))


def unknown() -> CaseUnknown:
    """The same for a case or file that is absent, and for another organisation's."""
    return CaseUnknown(
        "There is no such case, or it is not one that this account may know of.",
        remedy="List the cases again.",
    )

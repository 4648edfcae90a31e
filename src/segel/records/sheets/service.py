"""The import of a table, step by step: kept, mapped, looked at, taken, undone.

Each step is one request and says all that the next one needs; nothing runs by itself. A step that
is broken off is done again.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from segel.broker import BrokerClient, Requester
from segel.domain.clock import Clock
from segel.records.charts import Charts
from segel.records.hl7.sender import JAKARTA
from segel.records.sheets.columns import Mapping, best_of, headers, shape_of, suggested
from segel.records.sheets.drawers import Chunk, Drawer, Drawers, Head, Outcome, Sheet
from segel.records.sheets.errors import RowFault, SheetProblem, SheetRefused
from segel.records.sheets.reading import read_tables
from segel.records.sheets.repo import SheetRows
from segel.records.sheets.rows import Understood, understand
from segel.records.sheets.tables import Table
from segel.records.sheets.taking import REFUSED, Taking
from segel.records.transactions import Transactions

ROWS_A_TURN: Final = 25
"""Of an import: what a second or two takes, so that a page shows how far it is."""
NAME_LENGTH_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Looked:
    """A sheet with what it says: ``understood`` is None where its table is gone, or where nobody
    has said yet which column is what."""

    sheet: Sheet
    names: list[str] = field(repr=False)
    understood: Understood | None = field(repr=False)

    @property
    def head(self) -> Head:
        return self.sheet.head

    @property
    def waiting(self) -> int:
        """Rows that are not taken yet."""
        done = {one.row for one in self.sheet.outcomes}
        found = self.understood.results if self.understood else ()
        return sum(one.row not in done for one in found)


class Sheets:
    """Imports tables for requesters whom the broker has not yet verified."""

    def __init__(
        self,
        broker: BrokerClient,
        rows: SheetRows,
        transactions: Transactions,
        charts: Charts,
        base: str,
        clock: Clock = time.time,
    ) -> None:
        self._drawers = Drawers(broker, rows, clock)
        self._taking = Taking(transactions, charts, base)
        self._clock = clock

    async def listed(self, asked: Requester) -> list[Head]:
        """The account's imports, the newest first. Raises BrokerError."""
        return await (await self._drawers.open(asked)).listed()

    async def keep(self, asked: Requester, name: str, data: bytes) -> Head:
        """Keep a file until it is imported; the same file again leads to the same import.

        Raises SheetRefused, BrokerError.
        """
        drawer = await self._drawers.open(asked)
        import_id = drawer.import_of(hashlib.sha256(data).digest())
        known = await drawer.find(import_id)
        if known is not None and not known.head.undone_s:
            return known.head
        table = await asyncio.to_thread(lambda: best_of(read_tables(data)))
        mapping = suggested(table)
        remembered = await drawer.shape(shape_of(table, mapping.header_row))
        head = Head(
            import_id,
            name[-NAME_LENGTH_MAX:],
            self._clock(),
            sum(row.number > mapping.header_row for row in table.rows),
            replace(remembered, header_row=mapping.header_row) if remembered else None,
            known=remembered is not None,
        )
        await drawer.drop(import_id)
        await drawer.write(head, table)
        return head

    async def look(self, asked: Requester, import_id: UUID) -> Looked:
        """A sheet, and what it says. Raises SheetUnknown, BrokerError."""
        drawer = await self._drawers.open(asked)
        return await self._looked(drawer, await drawer.read(import_id))

    async def map(self, asked: Requester, import_id: UUID, mapping: Mapping) -> None:
        """Say which column is what, for this file and the next of its shape. Raises SheetRefused,
        SheetUnknown."""
        mapping.require_whole()
        drawer = await self._drawers.open(asked)
        sheet = await drawer.read(import_id)
        if sheet.table is None or sheet.outcomes:
            return
        rows = sum(row.number > mapping.header_row for row in sheet.table.rows)
        await drawer.write(replace(sheet.head, mapping=mapping, rows=rows))
        await drawer.remember(shape_of(sheet.table, mapping.header_row), mapping)

    async def take(self, asked: Requester, import_id: UUID) -> Looked:
        """Take the next rows. Raises SheetUnknown, SheetRefused, and what keeps a row from being
        taken now: budgets, freezes, parts that are away. What was taken before it is kept."""
        drawer = await self._drawers.open(asked)
        looked = await self._looked(drawer, await drawer.read(import_id))
        sheet, understood = looked.sheet, looked.understood
        if sheet.table is None:
            return looked
        if understood is None:
            raise SheetRefused(SheetProblem.MAPPING)
        done = {one.row for one in sheet.outcomes}
        due = [one for one in understood.results if one.row not in done][:ROWS_A_TURN]
        hospital = drawer.grant.hospital_id, drawer.grant.hospital
        outcomes, failed = await self._taking.take(asked, import_id, hospital, due)
        if outcomes:
            await drawer.note(sheet, Chunk(taken=tuple(_named(outcomes, looked))))
        if failed is not None:
            raise failed
        if looked.waiting <= len(outcomes):
            sheet = await drawer.read(import_id)
            await drawer.note(sheet, Chunk(taken=tuple(map(_told, understood.faults))))
            # Nobody's data is kept for an undo: the ids of what was made are enough.
            await drawer.write(replace(sheet.head, done_s=self._clock()), without=[1])
        return await self._looked(drawer, await drawer.read(import_id))

    async def take_rows(
        self, asked: Requester, import_id: UUID, table: Table, mapping: Mapping
    ) -> list[Outcome]:
        """Take rows that a program sends, as part of an import that it has named. Raises as
        ``take``."""
        understood = await asyncio.to_thread(understand, table, mapping, self._today())
        drawer = await self._drawers.open(asked)
        sheet = await drawer.find(import_id)
        if sheet is None or sheet.head.undone_s:
            now_s = self._clock()
            await drawer.drop(import_id)
            await drawer.write(Head(import_id, "", now_s, 0, mapping, done_s=now_s))
            sheet = await drawer.read(import_id)
        hospital = drawer.grant.hospital_id, drawer.grant.hospital
        outcomes, failed = await self._taking.take(asked, import_id, hospital, understood.results)
        names = headers(table, mapping.header_row)
        told = [*_named(outcomes, Looked(sheet, names, None)), *map(_told, understood.faults)]
        if told:
            await drawer.note(sheet, Chunk(taken=tuple(told)))
        if failed is not None:
            raise failed
        return sorted(told, key=lambda one: one.row)

    async def undo(self, asked: Requester, import_id: UUID) -> Looked:
        """Take out the next rows of an import that has ended. Raises SheetUnknown, BrokerError."""
        drawer = await self._drawers.open(asked)
        sheet = await drawer.read(import_id)
        if not sheet.head.done_s or sheet.head.undone_s:
            return await self._looked(drawer, sheet)
        gone = {one.row for one in sheet.undone}
        due = [one for one in sheet.outcomes if one.places and one.row not in gone]
        undone = await self._taking.undo(asked, import_id, due[:ROWS_A_TURN])
        if undone:
            await drawer.note(sheet, Chunk(undone=tuple(undone)))
        if len(due) <= ROWS_A_TURN:
            await drawer.write(replace(sheet.head, undone_s=self._clock()))
        return await self._looked(drawer, await drawer.read(import_id))

    async def drop(self, asked: Requester, import_id: UUID) -> None:
        """Forget a table that was not imported."""
        drawer = await self._drawers.open(asked)
        sheet = await drawer.read(import_id)
        if not sheet.outcomes:
            await drawer.drop(import_id)

    async def _looked(self, drawer: Drawer, sheet: Sheet) -> Looked:
        mapping, table = sheet.head.mapping, sheet.table
        if table is None:
            return Looked(sheet, [], None)
        names = headers(table, mapping.header_row if mapping else suggested(table).header_row)
        if mapping is None:
            return Looked(sheet, names, None)
        return Looked(
            sheet, names, await asyncio.to_thread(understand, table, mapping, self._today())
        )

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), JAKARTA).date()


def _told(fault: RowFault) -> Outcome:
    return Outcome(
        fault.row,
        REFUSED,
        column=fault.column,
        field=fault.field,
        wrong=fault.wrong.word,
    )


def _named(outcomes: Sequence[Outcome], looked: Looked) -> list[Outcome]:
    """The same with the headers of the columns that were refused."""
    mapping = looked.head.mapping
    columns = mapping.columns if mapping else {}
    named = []
    for one in outcomes:
        at = next((at for field, at in columns.items() if field.value == one.field), -1)
        name = looked.names[at] if 0 <= at < len(looked.names) else ""
        named.append(replace(one, column=name))
    return named

"""Where a table lies while it is imported: sealed, in its account's drawer, and for a while.

A sheet's parts are its head, its table while rows wait, and a journal of what became of them. The
keys come from the broker with each request and go with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from segel.broker import BrokerClient, DrawerGrant, Requester
from segel.domain.clock import Clock
from segel.records.sheets.columns import Mapping
from segel.records.sheets.errors import SheetUnknown
from segel.records.sheets.repo import Part, SheetRows
from segel.records.sheets.tables import Table
from segel.sealing import ObjectContext, seal, token, unseal

WAITING_DAYS: Final = 1
"""For which a table waits that is not imported: until somebody has corrected it."""
UNDO_DAYS: Final = 7
"""For which an import can be undone; what is kept for it names no patient."""
SHAPE_DAYS: Final = 400
"""For which the columns of a file are remembered after their last use: once a year is enough."""
LISTED_MAX: Final = 200
PARTS_MAX: Final = 20_000

HEAD: Final = 0
TABLE: Final = 1
JOURNAL: Final = 2
_NOBODY: Final = UUID(int=0)


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What became of a row: ``taken``, ``there`` or ``refused``. ``places``: what the import made
    or changed, as Type/id; ``column``, ``field`` and ``wrong``: why it was refused."""

    row: int
    state: str
    places: tuple[str, ...] = ()
    registered: bool = False
    column: str = ""
    field: str = ""
    wrong: str = ""


class Undone(msgspec.Struct, frozen=True, array_like=True):
    """What became of a row when the import was undone. ``kept``: what was changed since."""

    row: int
    out: int
    back: int
    kept: tuple[str, ...] = ()


class Chunk(msgspec.Struct, frozen=True):
    """One part of a journal."""

    taken: tuple[Outcome, ...] = ()
    undone: tuple[Undone, ...] = ()


class Head(msgspec.Struct, frozen=True):
    """What a sheet is. ``mapping`` None: nobody has said yet which column is what; ``known``: it
    was said of an earlier file of this shape; ``done_s``: 0 while rows wait."""

    import_id: UUID
    name: str
    kept_s: float
    rows: int
    mapping: Mapping | None = None
    known: bool = False
    done_s: float = 0
    undone_s: float = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it lies in its drawer."""

    sheet_id: UUID
    head: Head
    table: Table | None = field(repr=False)
    outcomes: tuple[Outcome, ...]
    undone: tuple[Undone, ...]
    last_part: int


@dataclass(frozen=True, slots=True)
class Drawer:
    """The drawers of an account and of its hospital's laboratory, open for one request."""

    grant: DrawerGrant = field(repr=False)
    rows: SheetRows
    clock: Clock

    def import_of(self, digest: bytes) -> UUID:
        """The id of the import of a file: the same for the same file of the same account."""
        return UUID(bytes=token(self.grant.own_key, "file", digest)[:16], version=4)

    async def find(self, import_id: UUID) -> Sheet | None:
        """A sheet; None where there is none of this account."""
        sheet_id = self._sheet_id(import_id)
        head: Head | None = None
        table: Table | None = None
        outcomes: dict[int, Outcome] = {}
        undone: dict[int, Undone] = {}
        last = HEAD
        for _, part, sealed in await self.rows.parts(sheet_id):
            plain = self._opened(sheet_id, part, sealed)
            last = part
            if part == HEAD:
                head = msgspec.msgpack.decode(plain, type=Head)
            elif part == TABLE:
                table = msgspec.msgpack.decode(plain, type=Table)
            else:
                chunk = msgspec.msgpack.decode(plain, type=Chunk)
                outcomes |= {one.row: one for one in chunk.taken}
                undone |= {one.row: one for one in chunk.undone}
        if head is None:
            return None
        by_row = tuple(outcomes[row] for row in sorted(outcomes))
        return Sheet(sheet_id, head, table, by_row, tuple(undone.values()), last)

    async def read(self, import_id: UUID) -> Sheet:
        """A sheet. Raises SheetUnknown."""
        found = await self.find(import_id)
        if found is None:
            raise SheetUnknown(
                "There is no such import of this account, or it is over.",
                remedy="Choose the file again.",
            )
        return found

    async def listed(self) -> list[Head]:
        """The account's imports, the newest first."""
        rows = await self.rows.heads(self._own_id, LISTED_MAX)
        heads = [
            msgspec.msgpack.decode(self._opened(sheet_id, part, sealed), type=Head)
            for sheet_id, part, sealed in rows
        ]
        return sorted(heads, key=lambda head: -head.kept_s)

    async def write(
        self, head: Head, table: Table | None = None, *, without: Iterable[int] = ()
    ) -> None:
        """Write a head, and a table where one is given; take parts out."""
        parts = [self._part(head.import_id, HEAD, msgspec.msgpack.encode(head))]
        if table is not None:
            parts.append(self._part(head.import_id, TABLE, msgspec.msgpack.encode(table)))
        days = UNDO_DAYS if head.done_s else WAITING_DAYS
        await self.rows.put(self._own_id, self._in(days), parts, list(without))

    async def note(self, sheet: Sheet, chunk: Chunk) -> None:
        """Add to a journal, after whatever somebody else has added meanwhile."""
        plain = msgspec.msgpack.encode(chunk)
        days = UNDO_DAYS if sheet.table is None else WAITING_DAYS
        for part in range(max(sheet.last_part + 1, JOURNAL), PARTS_MAX):
            made = self._part(sheet.head.import_id, part, plain)
            if await self.rows.append(self._own_id, self._in(days), made):
                return
        raise AssertionError("a journal has far fewer parts")

    async def drop(self, import_id: UUID) -> None:
        """Forget a sheet."""
        await self.rows.drop(self._sheet_id(import_id))

    # --- how files of the hospital are read ------------------------------------------------------

    async def shape(self, shape: str) -> Mapping | None:
        """What was said of an earlier file with these headers."""
        shape_id = self._shape_id(shape)
        for _, part, sealed in await self.rows.parts(shape_id):
            plain = unseal(self.grant.shared_key, _context(shape_id, part), sealed)
            return msgspec.msgpack.decode(plain, type=Mapping)
        return None

    async def remember(self, shape: str, mapping: Mapping) -> None:
        """Keep what was said, for the next file with these headers."""
        shape_id = self._shape_id(shape)
        plain = msgspec.msgpack.encode(mapping)
        sealed = bytes(seal(self.grant.shared_key, _context(shape_id, HEAD), plain))
        drawer_id = UUID(bytes=token(self.grant.shared_key, "drawer")[:16], version=4)
        await self.rows.put(drawer_id, self._in(SHAPE_DAYS), [(shape_id, HEAD, sealed)])

    # --- sealing ---------------------------------------------------------------------------------

    @property
    def _own_id(self) -> UUID:
        return UUID(bytes=token(self.grant.own_key, "drawer")[:16], version=4)

    def _sheet_id(self, import_id: UUID) -> UUID:
        return UUID(bytes=token(self.grant.own_key, "sheet", import_id.bytes)[:16], version=4)

    def _shape_id(self, shape: str) -> UUID:
        return UUID(bytes=token(self.grant.shared_key, "shape", shape)[:16], version=4)

    def _part(self, import_id: UUID, part: int, plain: bytes) -> Part:
        sheet_id = self._sheet_id(import_id)
        return sheet_id, part, bytes(seal(self.grant.own_key, _context(sheet_id, part), plain))

    def _opened(self, sheet_id: UUID, part: int, sealed: bytes) -> bytes:
        return unseal(self.grant.own_key, _context(sheet_id, part), sealed)

    def _in(self, days: int) -> date:
        now = datetime.fromtimestamp(self.clock(), UTC)
        return (now + timedelta(days=days)).date()


class Drawers:
    """Opens drawers for requesters whom the broker has not yet verified."""

    def __init__(self, broker: BrokerClient, rows: SheetRows, clock: Clock) -> None:
        self._broker = broker
        self._rows = rows
        self._clock = clock

    async def open(self, asked: Requester) -> Drawer:
        """The drawers of who asks. Raises Forbidden, Frozen, BrokerUnavailable."""
        return Drawer(await self._broker.drawers.open(asked), self._rows, self._clock)


def _context(sheet_id: UUID, part: int) -> ObjectContext:
    return ObjectContext(_NOBODY, sheet_id, part)

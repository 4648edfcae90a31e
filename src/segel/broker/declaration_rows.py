"""The rows of health declarations: found by recovery code, by receipt, by vessel."""

import asyncio
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.arrival_days import ArrivalDay, ArrivalDays, OpenDay
from segel.broker.index import Index
from segel.domain.declarations import Declaration

LISTED_MAX: Final = 60_000
"""Of one port's day: the country's largest has as many travellers from abroad. Their summaries are
opened for a list in about two seconds, beside the event loop."""

_COLUMNS: Final = "d.declaration_id, d.vessel_id, d.version, d.summary, d.sealed"
_DAY: Final = "a.day_id, a.hospital_id, a.wrapped_key, a.sealed"


class Summary(msgspec.Struct, frozen=True, array_like=True):
    """What lists show of a declaration: nobody's name. ``vessel``: which all of one vessel have in
    common."""

    receipt: str
    conveyance: str
    vessel: str
    seat: str
    attention: bool
    sent_s: float


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a row holds. Times are Unix times; ``corrected_s`` 0: it is as it was sent first."""

    declaration: Declaration
    receipt: str
    sent_s: float
    corrected_s: float = 0.0

    def __repr__(self) -> str:
        return "Kept(...)"

    @property
    def summary(self) -> Summary:
        """What lists show of it."""
        one = self.declaration
        return Summary(
            self.receipt, one.conveyance, one.vessel, one.seat, one.needs_attention, self.sent_s
        )


@dataclass(frozen=True, slots=True)
class Filed:
    """One row, still sealed; of a list, without what was declared."""

    declaration_id: UUID
    vessel_id: UUID
    version: int
    summary: bytes = field(repr=False)
    sealed: bytes = field(default=b"", repr=False)

    def kept(self, day: OpenDay) -> Kept:
        """What it says. Raises SealBroken."""
        plain = day.open(self.declaration_id, self.version, self.sealed)
        return msgspec.json.decode(plain, type=Kept)

    def summed_up(self, day: OpenDay) -> Summary:
        """What lists show of it. Raises SealBroken."""
        plain = day.open_summary(self.declaration_id, self.version, self.summary)
        return msgspec.msgpack.decode(plain, type=Summary)


def filed(day: OpenDay, declaration_id: UUID, version: int, kept: Kept) -> Filed:
    """A row to be written."""
    one = kept.declaration
    summary = msgspec.msgpack.encode(kept.summary)
    return Filed(
        declaration_id,
        day.vessel_id(one.conveyance, one.vessel),
        version,
        day.seal_summary(declaration_id, version, summary),
        day.seal(declaration_id, version, msgspec.json.encode(kept)),
    )


class DeclarationRows:
    """Reads and writes of one broker's pool."""

    def __init__(self, pool: AsyncConnectionPool, index: Index, days: ArrivalDays) -> None:
        self._pool = pool
        self._index = index
        self._days = days

    async def by_code(self, code: str) -> tuple[Filed, ArrivalDay] | None:
        """The declaration of a recovery code."""
        return await self._one("d.code_token = %s", (self._index.declaration_code(code),))

    async def by_receipt(self, hospital_id: UUID, receipt: str) -> tuple[Filed, ArrivalDay] | None:
        """A port's declaration by its receipt."""
        wanted = (self._index.declaration_receipt(hospital_id, receipt),)
        return await self._one("d.receipt_token = %s", wanted)

    async def by_id(
        self, hospital_id: UUID, declaration_id: UUID
    ) -> tuple[Filed, ArrivalDay] | None:
        """A port's declaration."""
        return await self._one(
            "d.declaration_id = %s AND a.hospital_id = %s", (declaration_id, hospital_id)
        )

    async def summaries(
        self, day: OpenDay, vessel_id: UUID | None = None
    ) -> list[tuple[Filed, Summary]]:
        """What was declared for a day, or for one vessel on it."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT declaration_id, vessel_id, version, summary FROM declarations d"
                    " WHERE d.day_id = %s AND (%s::uuid IS NULL OR d.vessel_id = %s) LIMIT %s",
                    (day.day.day_id, vessel_id, vessel_id, LISTED_MAX),
                    binary=True,
                )
            ).fetchall()

        def opened() -> list[tuple[Filed, Summary]]:
            found = [Filed(*row) for row in rows]
            return [(one, one.summed_up(day)) for one in found]

        return await asyncio.to_thread(opened)

    async def count(self, day_id: UUID, vessel_id: UUID | None = None) -> int:
        """How many were declared for a day, or for one vessel on it."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT count(*) FROM declarations"
                    " WHERE day_id = %s AND (%s::uuid IS NULL OR vessel_id = %s)",
                    (day_id, vessel_id, vessel_id),
                )
            ).fetchone()
        return int(row[0]) if row else 0

    # --- in the ledger's transaction ----------------------------------------------------------

    async def is_as_before(
        self, cursor: psycopg.AsyncCursor, code: str, before: Filed | None
    ) -> bool:
        """Whether nobody has sent anything with this code since it was looked for."""
        await cursor.execute(
            "SELECT version FROM declarations WHERE code_token = %s",
            (self._index.declaration_code(code),),
        )
        row = await cursor.fetchone()
        return (row[0] if row else 0) == (before.version if before else 0)

    async def is_living(self, cursor: psycopg.AsyncCursor, day: ArrivalDay) -> bool:
        """Whether a day still has its key."""
        await cursor.execute(
            "SELECT FROM arrival_days WHERE day_id = %s AND wrapped_key IS NOT NULL", (day.day_id,)
        )
        return await cursor.fetchone() is not None

    async def take(self, cursor: psycopg.AsyncCursor, code: str) -> None:
        """Take out the declaration of a recovery code."""
        await cursor.execute(
            "DELETE FROM declarations WHERE code_token = %s",
            (self._index.declaration_code(code),),
        )

    async def put(
        self, cursor: psycopg.AsyncCursor, day: ArrivalDay, code: str, receipt: str, one: Filed
    ) -> None:
        """Write a declaration; what had its code is to be taken out before."""
        await cursor.execute(
            "INSERT INTO declarations (declaration_id, day_id, vessel_id, version, code_token,"
            " receipt_token, summary, sealed) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                one.declaration_id,
                day.day_id,
                one.vessel_id,
                one.version,
                self._index.declaration_code(code),
                self._index.declaration_receipt(day.hospital_id, receipt),
                one.summary,
                one.sealed,
            ),
        )

    async def _one(self, where: str, values: tuple[object, ...]) -> tuple[Filed, ArrivalDay] | None:
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    f"SELECT {_COLUMNS}, {_DAY} FROM declarations d"  # noqa: S608
                    f" JOIN arrival_days a USING (day_id) WHERE {where}".encode(),
                    values,
                )
            ).fetchone()
        return None if row is None else (Filed(*row[:5]), self._days.read(*row[5:]))

"""Holds: what must not be destroyed for now, whatever its retention says.

A hold is on one patient or on a whole hospital: a court case, a claim, an inquiry. It only keeps,
so one person places and ends it; each is logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.errors import HeldBack
from segel.broker.secrets import BrokerSecrets

HOLDS_MAX: Final = 5_000
"""Open holds of one hospital, all read at once: a busy legal department has dozens. None is
refused a look: it is the next one that is not placed."""


class HoldRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A hold as it is sealed in its row. ``patient_id`` None: the whole hospital.

    Times are Unix seconds, 0 for not yet. ``reference``: the number of the letter or case.
    """

    patient_id: UUID | None
    reference: str
    reason: str
    placed_by: UUID
    placed_s: float
    ended_by: UUID | None = None
    ended_s: float = 0.0
    end_reason: str = ""

    def __repr__(self) -> str:
        return f"HoldRecord({self.reference!r})"


@dataclass(frozen=True, slots=True)
class Hold:
    """One row."""

    hold_id: UUID
    hospital_id: UUID
    record: HoldRecord


@dataclass(frozen=True, slots=True)
class Held:
    """What a hospital's open holds keep."""

    everything: bool
    patients: frozenset[UUID]

    def keeps(self, patient_id: UUID) -> bool:
        """Whether a patient's record stays."""
        return self.everything or patient_id in self.patients


class Holds:
    """Reads and writes of one broker's pool."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets) -> None:
        self._pool = pool
        self._secrets = secrets

    async def of_hospital(self, hospital_id: UUID) -> list[Hold]:
        """A hospital's holds: those that stand first, each kind the newest first."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            holds = await self._select(cursor, "WHERE hospital_id = %s", (hospital_id,))
        holds.sort(key=lambda one: one.record.placed_s, reverse=True)
        return sorted(holds, key=lambda one: bool(one.record.ended_s))

    async def held(self, hospital_id: UUID, cursor: psycopg.AsyncCursor | None = None) -> Held:
        """What stands now; with a cursor, as its transaction sees it."""
        where, values = "WHERE hospital_id = %s AND NOT over", (hospital_id,)
        if cursor is not None:
            holds = await self._select(cursor, where, values)
        else:
            async with self._pool.connection() as connection, connection.cursor() as own:
                holds = await self._select(own, where, values)
        patients = [one.record.patient_id for one in holds]
        return Held(None in patients, frozenset(one for one in patients if one is not None))

    async def require_free(
        self, hospital_id: UUID, patient_id: UUID, cursor: psycopg.AsyncCursor | None = None
    ) -> None:
        """Raises HeldBack where a hold keeps the patient's record."""
        if (await self.held(hospital_id, cursor)).keeps(patient_id):
            raise HeldBack(
                "A hold keeps this record from being destroyed.",
                remedy="`segel retention holds` shows it; end it first, where its case is over.",
            )

    async def one(self, hospital_id: UUID, hold_id: UUID, cursor: psycopg.AsyncCursor) -> Hold:
        """A hospital's hold. Raises HeldBack where there is none."""
        found = await self._select(
            cursor, "WHERE hold_id = %s AND hospital_id = %s", (hold_id, hospital_id)
        )
        if not found:
            raise HeldBack("The hospital has no such hold.", remedy="segel retention holds")
        return found[0]

    async def write(self, cursor: psycopg.AsyncCursor, hold: Hold) -> None:
        """A new hold, or one that was ended. Raises HeldBack where there are too many."""
        if not hold.record.ended_s:
            await cursor.execute(
                "SELECT count(*) FROM retention_holds WHERE hospital_id = %s AND NOT over",
                (hold.hospital_id,),
            )
            row = await cursor.fetchone()
            if row is not None and row[0] >= HOLDS_MAX:
                raise HeldBack(
                    f"{HOLDS_MAX} holds stand already.",
                    remedy="Hold the whole hospital, or end those whose case is over.",
                )
        sealed = self._secrets.seal_row(hold.hold_id, msgspec.json.encode(hold.record))
        over = bool(hold.record.ended_s)
        await cursor.execute(
            "INSERT INTO retention_holds (hold_id, hospital_id, over, month, sealed)"
            " VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (hold_id) DO UPDATE SET over = excluded.over, sealed = excluded.sealed",
            (hold.hold_id, hold.hospital_id, over, this_month(), sealed),
        )

    async def _select(
        self, cursor: psycopg.AsyncCursor, where: str, values: Sequence[object]
    ) -> list[Hold]:
        sql = f"SELECT hold_id, hospital_id, sealed FROM retention_holds {where}"  # noqa: S608
        await cursor.execute(sql.encode(), values)
        return [
            Hold(
                hold_id,
                hospital_id,
                msgspec.json.decode(self._secrets.open_row(hold_id, sealed), type=HoldRecord),
            )
            for hold_id, hospital_id, sealed in await cursor.fetchall()
        ]

"""The budgets that many accounts share: each hospital's and the estate's, in the ledger's hands.

A patient belongs to one hospital, so that one touch row a patient serves both: the estate's tally
takes the same moves as the hospital's. See ``tallies`` for how they count.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.budget_store import SealedTouch, write_touches
from segel.broker.budgets import Limit, Refusal, Touch
from segel.broker.columns import columns
from segel.broker.index import Index
from segel.broker.limits import BudgetLimits
from segel.broker.raises import raised
from segel.broker.secrets import BrokerSecrets
from segel.broker.tallies import Tally, added, counts_alike

if TYPE_CHECKING:
    from segel.broker.ledger import Charge

_NAMESPACE: Final = UUID("7a0f4f3c-9e1e-4f0b-8a54-2f7c0d6f8b19")

ESTATE: Final = UUID("c2a4b9d6-51c3-4f0f-9a6b-0d8e6c7f1a20")
"""Stands where a hospital would: the budget of all."""

SIZE_S: Final = 600.0
"""Between two counts of the patients, from which limits may follow: they move slowly."""


class SealedTally(msgspec.Struct, frozen=True):
    """A tally in its row: by window, buckets and their fifths."""

    rings: dict[int, dict[int, int]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows on their way: the tallies of these hospitals, and touches."""

    hospitals: tuple[UUID, ...]
    tallies: psycopg.AsyncCursor
    touches: psycopg.AsyncCursor


class SharedBudgets:
    """Tallies of the hospitals that are charged in one transaction."""

    def __init__(self, secrets: BrokerSecrets, index: Index, limits: BudgetLimits) -> None:
        self._secrets = secrets
        self._index = index
        self._limits = limits
        self._tallies: dict[UUID, Tally] = {}
        self._touches: dict[bytes, Touch] = {}
        self._changed: dict[bytes, UUID] = {}
        self._in_force: dict[UUID, tuple[Limit, ...]] = {}
        self._tokens_of: dict[tuple[UUID, tuple[UUID, ...]], list[bytes]] = {}
        self._sizes: Mapping[UUID, int] = {}

    # --- in the ledger's transaction ----------------------------------------------------------

    async def ask(
        self, connection: psycopg.AsyncConnection, charges: Iterable["Charge"]
    ) -> "Asked | None":
        """What the charges of a batch will touch, on its way; for ``refresh``."""
        self._tokens_of.clear()
        shared = [charge for charge in charges if charge.hospital_id is not None]
        if not shared:
            return None
        hospitals = {charge.hospital_id for charge in shared if charge.hospital_id is not None}
        subjects = [hospital_subject(one) for one in hospitals]
        tokens = {token for charge in shared for token in self._tokens(charge)}
        return Asked(
            (ESTATE, *hospitals),
            await self._ask_tallies(connection, [ESTATE, *hospitals]),
            await connection.execute(
                "SELECT touch_token, sealed FROM budget_touches"
                " WHERE account_id = ANY(%b::uuid[]) AND touch_token = ANY(%b::bytea[])",
                (subjects, list(tokens)),
            ),
        )

    async def refresh(self, asked: "Asked | None", more: Mapping[UUID, int]) -> None:
        """Take what was asked for. ``more``: what raises add, by hospital. Under the ledger's
        lock."""
        self._changed.clear()
        self._tallies.clear()
        self._touches.clear()
        self._in_force.clear()
        if asked is None:
            return
        for hospital in asked.hospitals:
            self._in_force[hospital] = self.limits(hospital, more.get(hospital, 0))
        self._tallies.update(await self._tallies_in(asked.tallies, asked.hospitals))
        for token, sealed in await asked.touches.fetchall():
            self._touches[token] = SealedTouch.opened(self._secrets, token, sealed)

    def decide(self, charge: "Charge", now_s: float) -> tuple[str, Refusal] | None:
        """Whose budget refuses a charge (``hospital`` or ``estate``) and why; None for neither."""
        if charge.hospital_id is None:
            return None
        more = added([self._move(token, charge, now_s) for token in self._tokens(charge)], now_s)
        for whose, hospital in (("hospital", charge.hospital_id), ("estate", ESTATE)):
            refusal = self._tallies[hospital].decide(more, self._in_force[hospital], now_s)
            if refusal is not None:
                return whose, refusal
        return None

    def count(self, charge: "Charge", now_s: float) -> None:
        """Count a charge that was decided for; to be written with ``write``."""
        if charge.hospital_id is None:
            return
        for token in self._tokens(charge):
            before, after = self._move(token, charge, now_s)
            if counts_alike(before, after):  # the same minute's second look: nothing to write
                continue
            for hospital in (charge.hospital_id, ESTATE):
                self._tallies[hospital].move(before, after, now_s)
            self._touches[token] = after
            self._changed[token] = charge.hospital_id

    async def write(self, cursor: psycopg.AsyncCursor) -> None:
        """Write what was counted since ``refresh``."""
        if not self._changed:
            return
        await write_touches(
            cursor,
            [
                (
                    hospital_subject(hospital),
                    token,
                    SealedTouch.sealed(self._secrets, token, self._touches[token]),
                )
                for token, hospital in self._changed.items()
            ],
        )
        await cursor.execute(
            "INSERT INTO budget_tallies (hospital_id, sealed)"
            " SELECT * FROM unnest(%b::uuid[], %b::bytea[])"
            " ON CONFLICT (hospital_id) DO UPDATE SET sealed = excluded.sealed",
            columns(
                [
                    (hospital, self._seal(hospital, self._tallies[hospital]))
                    for hospital in {ESTATE, *self._changed.values()}
                ]
            ),
        )

    # --- for reports --------------------------------------------------------------------------

    def limits(self, hospital: UUID, more: int = 0) -> tuple[Limit, ...]:
        """The limits of a hospital, or of ``ESTATE``, raised by ``more`` patients."""
        if hospital == ESTATE:
            limits = self._limits.of_estate(sum(self._sizes.values()))
        else:
            limits = self._limits.of_hospital(self._sizes.get(hospital, 0))
        return raised(limits, more)

    async def tally(self, connection: psycopg.AsyncConnection, hospital: UUID) -> Tally:
        """A copy of what a hospital, or ``ESTATE``, has used."""
        rows = await self._ask_tallies(connection, [hospital])
        return (await self._tallies_in(rows, [hospital]))[hospital]

    # --- how ----------------------------------------------------------------------------------

    async def follow_sizes(self, pool: AsyncConnectionPool) -> None:
        """Count every hospital's patients now and then, until cancelled."""
        while True:
            try:
                self._sizes = await _count_patients(pool)
            except (psycopg.Error, PoolTimeout):  # the limits stay as they are
                await asyncio.sleep(1.0)
                continue
            await asyncio.sleep(SIZE_S)

    def _tokens(self, charge: "Charge") -> list[bytes]:
        assert charge.hospital_id is not None
        key = (charge.hospital_id, charge.patients)
        if key not in self._tokens_of:
            subject = hospital_subject(charge.hospital_id)
            self._tokens_of[key] = [self._index.touch(subject, one) for one in charge.patients]
        return self._tokens_of[key]

    def _move(self, token: bytes, charge: "Charge", now_s: float) -> tuple[Touch, Touch]:
        before = self._touches.get(token, Touch())
        return before, before.touched(now_s, opened=charge.opened)

    async def _ask_tallies(
        self, connection: psycopg.AsyncConnection, wanted: Sequence[UUID]
    ) -> psycopg.AsyncCursor:
        return await connection.execute(
            "SELECT hospital_id, sealed FROM budget_tallies WHERE hospital_id = ANY(%b::uuid[])",
            (list(wanted),),
        )

    async def _tallies_in(
        self, rows: psycopg.AsyncCursor, wanted: Sequence[UUID]
    ) -> dict[UUID, Tally]:
        found = {hospital: Tally() for hospital in wanted}
        for hospital, sealed in await rows.fetchall():
            opened = self._secrets.open_row(_row_id(hospital), sealed)
            found[hospital] = Tally(msgspec.msgpack.decode(opened, type=SealedTally).rings)
        return found

    def _seal(self, hospital: UUID, tally: Tally) -> bytes:
        plain = msgspec.msgpack.encode(SealedTally(tally.rings))
        return self._secrets.seal_row(_row_id(hospital), plain)


def hospital_subject(hospital_id: UUID) -> UUID:
    """The subject under which a hospital's touches are kept, apart from any account's."""
    return uuid5(_NAMESPACE, hospital_id.hex)


def _row_id(hospital_id: UUID) -> UUID:
    return uuid5(_NAMESPACE, f"tally {hospital_id.hex}")


async def _count_patients(pool: AsyncConnectionPool) -> Mapping[UUID, int]:
    async with pool.connection() as connection:
        rows = await connection.execute("SELECT hospital_id, count(*) FROM patients GROUP BY 1")
        return dict(await rows.fetchall())

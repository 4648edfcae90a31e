"""The budgets that many accounts share: each hospital's and the estate's, in the ledger's hands.

A patient belongs to one hospital, so that one touch row a patient serves both: the estate's tally
takes the same moves as the hospital's. See ``tallies`` for how they count.
"""

import asyncio
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.budget_store import SealedTouch, touches_written
from segel.broker.budgets import Limit, Refusal, Touch
from segel.broker.columns import columns
from segel.broker.index import Index
from segel.broker.limits import BudgetLimits
from segel.broker.raises import raised
from segel.broker.secrets import BrokerSecrets
from segel.broker.tallies import Tally, added, counts_alike
from segel.broker.writes import Write

if TYPE_CHECKING:
    from segel.broker.ledger import Charge

_NAMESPACE: Final = UUID("7a0f4f3c-9e1e-4f0b-8a54-2f7c0d6f8b19")

ESTATE: Final = UUID("c2a4b9d6-51c3-4f0f-9a6b-0d8e6c7f1a20")
"""Stands where a hospital would: the budget of all."""

TALLIES_MAX: Final = 1_000
"""Hospitals whose tallies are held in memory, some ten kilobytes each."""

SIZE_S: Final = 600.0
"""Between two counts of the patients, from which limits may follow: they move slowly."""


class SealedTally(msgspec.Struct, frozen=True):
    """A tally in its row: by window, buckets and their fifths."""

    rings: dict[int, dict[int, int]]


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

    def forget(self) -> None:
        """Drop the tallies: others may have written, or our own transaction failed."""
        self._tallies.clear()

    def unknown(self, hospitals: Iterable[UUID]) -> set[UUID]:
        """Those whose tallies to ``ask`` for, before anything is decided."""
        if len(self._tallies) >= TALLIES_MAX:
            self._tallies.clear()
        return {one for one in hospitals if one not in self._tallies}

    async def ask(
        self, connection: psycopg.AsyncConnection, hospitals: Iterable[UUID]
    ) -> psycopg.AsyncCursor:
        """The tallies of ``hospitals``, on their way; for ``take``."""
        return await connection.execute(
            "SELECT hospital_id, sealed FROM budget_tallies WHERE hospital_id = ANY(%b::uuid[])",
            (list(hospitals),),
        )

    async def take(self, rows: psycopg.AsyncCursor, hospitals: Iterable[UUID]) -> None:
        """Know what was asked for."""
        self._tallies.update(await self._tallies_in(rows, hospitals))

    async def ask_touches(
        self, connection: psycopg.AsyncConnection, charges: Iterable["Charge"]
    ) -> psycopg.AsyncCursor | None:
        """What the charges of a batch will touch, on its way; for ``refresh``."""
        self._tokens_of.clear()
        shared = [charge for charge in charges if charge.hospital_id is not None]
        if not shared:
            return None
        hospitals = {charge.hospital_id for charge in shared if charge.hospital_id is not None}
        return await connection.execute(
            "SELECT touch_token, sealed FROM budget_touches"
            " WHERE account_id = ANY(%b::uuid[]) AND touch_token = ANY(%b::bytea[])",
            (
                [hospital_subject(one) for one in hospitals],
                list({token for charge in shared for token in self._tokens(charge)}),
            ),
        )

    async def refresh(self, touches: psycopg.AsyncCursor | None, more: Mapping[UUID, int]) -> None:
        """Begin a batch. ``more``: what raises add, by hospital that is charged in it; their
        tallies are known. Under the ledger's lock."""
        self._changed.clear()
        self._touches.clear()
        self._in_force = {hospital: self.limits(hospital, more[hospital]) for hospital in more}
        for token, sealed in await touches.fetchall() if touches is not None else ():
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
        """Count a charge that was decided for; to be written with ``writes``."""
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

    def writes(self) -> Iterator[Write]:
        """What was counted since ``refresh``, for the ledger's transaction."""
        if not self._changed:
            return
        yield touches_written(
            [
                (
                    hospital_subject(hospital),
                    token,
                    SealedTouch.sealed(self._secrets, token, self._touches[token]),
                )
                for token, hospital in self._changed.items()
            ]
        )
        yield Write(
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
        rows = await self.ask(connection, [hospital])
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

    async def _tallies_in(
        self, rows: psycopg.AsyncCursor, wanted: Iterable[UUID]
    ) -> dict[UUID, Tally]:
        found = {hospital: Tally() for hospital in wanted}
        for hospital, sealed in await rows.fetchall():
            opened = self._secrets.open_row(_row_id(hospital), sealed)
            found[hospital] = Tally(msgspec.msgpack.decode(opened, type=SealedTally).rings)
        return found

    def _seal(self, hospital: UUID, tally: Tally) -> bytes:
        plain = msgspec.msgpack.encode(SealedTally(tally.rings))
        return self._secrets.seal_row(_row_id(hospital), plain)


@functools.cache
def hospital_subject(hospital_id: UUID) -> UUID:
    """The subject under which a hospital's touches are kept, apart from any account's."""
    return uuid5(_NAMESPACE, hospital_id.hex)


def _row_id(hospital_id: UUID) -> UUID:
    return uuid5(_NAMESPACE, f"tally {hospital_id.hex}")


async def _count_patients(pool: AsyncConnectionPool) -> Mapping[UUID, int]:
    async with pool.connection() as connection:
        rows = await connection.execute("SELECT hospital_id, count(*) FROM patients GROUP BY 1")
        return dict(await rows.fetchall())

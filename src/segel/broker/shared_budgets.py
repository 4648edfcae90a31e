"""The budgets that many accounts share: each hospital's and the estate's, in the ledger's hands.

A patient belongs to one hospital, so that one touch row a patient serves both: the estate's tally
takes the same moves as the hospital's. See ``tallies`` for how they count.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.budget_store import SealedTouch
from segel.broker.budgets import Limit, Refusal, Touch
from segel.broker.index import Index
from segel.broker.limits import BudgetLimits
from segel.broker.raises import Raises, raised
from segel.broker.secrets import BrokerSecrets
from segel.broker.tallies import Tally, counts_alike

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


class SharedBudgets:
    """Tallies of the hospitals that are charged in one transaction."""

    def __init__(
        self, secrets: BrokerSecrets, index: Index, limits: BudgetLimits, raises: Raises
    ) -> None:
        self._secrets = secrets
        self._index = index
        self._limits = limits
        self._raises = raises
        self._tallies: dict[UUID, Tally] = {}
        self._touches: dict[bytes, Touch] = {}
        self._changed: dict[bytes, UUID] = {}
        self._more: Mapping[UUID, int] = {}
        self._tokens_of: dict[tuple[UUID, tuple[UUID, ...]], list[bytes]] = {}
        self._sizes: Mapping[UUID, int] = {}

    # --- in the ledger's transaction ----------------------------------------------------------

    async def refresh(
        self, cursor: psycopg.AsyncCursor, charges: Iterable["Charge"], now_s: float
    ) -> None:
        """Read what the charges of a batch will touch. Under the ledger's lock."""
        self._changed.clear()
        self._tallies.clear()
        self._touches.clear()
        self._tokens_of.clear()
        shared = [charge for charge in charges if charge.hospital_id is not None]
        if not shared:
            return
        hospitals = {charge.hospital_id for charge in shared if charge.hospital_id is not None}
        await self._read_tallies(cursor, [ESTATE, *hospitals])
        active = await self._raises.active(cursor, [ESTATE, *hospitals], now_s)
        self._more = {one: sum(part.more for part in parts) for one, parts in active.items()}
        tokens = {token for charge in shared for token in self._tokens(charge)}
        await cursor.execute(
            "SELECT touch_token, sealed FROM budget_touches"
            " WHERE account_id = ANY(%s) AND touch_token = ANY(%s)",
            ([hospital_subject(one) for one in hospitals], list(tokens)),
        )
        for token, sealed in await cursor.fetchall():
            self._touches[token] = SealedTouch.opened(self._secrets, token, sealed)

    def decide(self, charge: "Charge", now_s: float) -> tuple[str, Refusal] | None:
        """Whose budget refuses a charge (``hospital`` or ``estate``) and why; None for neither."""
        if charge.hospital_id is None:
            return None
        moves = [self._move(token, charge, now_s) for token in self._tokens(charge)]
        for whose, hospital in (("hospital", charge.hospital_id), ("estate", ESTATE)):
            limits = self.limits(hospital, self._more.get(hospital, 0))
            refusal = self._tallies[hospital].decide(moves, limits, now_s)
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
        await cursor.executemany(
            "INSERT INTO budget_touches (account_id, touch_token, sealed) VALUES (%s, %s, %s)"
            " ON CONFLICT (account_id, touch_token) DO UPDATE SET sealed = excluded.sealed",
            [
                (hospital_subject(hospital), token, SealedTouch.sealed(self._secrets, token, touch))
                for token, hospital in self._changed.items()
                for touch in (self._touches[token],)
            ],
        )
        await cursor.executemany(
            "INSERT INTO budget_tallies (hospital_id, sealed) VALUES (%s, %s)"
            " ON CONFLICT (hospital_id) DO UPDATE SET sealed = excluded.sealed",
            [
                (hospital, self._seal(hospital, self._tallies[hospital]))
                for hospital in {ESTATE, *self._changed.values()}
            ],
        )

    # --- for reports --------------------------------------------------------------------------

    def limits(self, hospital: UUID, more: int = 0) -> tuple[Limit, ...]:
        """The limits of a hospital, or of ``ESTATE``, raised by ``more`` patients."""
        if hospital == ESTATE:
            limits = self._limits.of_estate(sum(self._sizes.values()))
        else:
            limits = self._limits.of_hospital(self._sizes.get(hospital, 0))
        return raised(limits, more)

    async def tally(self, cursor: psycopg.AsyncCursor, hospital: UUID) -> Tally:
        """A copy of what a hospital, or ``ESTATE``, has used."""
        return (await self._tallies_of(cursor, [hospital]))[hospital]

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

    async def _read_tallies(self, cursor: psycopg.AsyncCursor, wanted: Sequence[UUID]) -> None:
        self._tallies.update(await self._tallies_of(cursor, wanted))

    async def _tallies_of(
        self, cursor: psycopg.AsyncCursor, wanted: Sequence[UUID]
    ) -> dict[UUID, Tally]:
        found = {hospital: Tally() for hospital in wanted}
        await cursor.execute(
            "SELECT hospital_id, sealed FROM budget_tallies WHERE hospital_id = ANY(%s)",
            (list(wanted),),
        )
        for hospital, sealed in await cursor.fetchall():
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

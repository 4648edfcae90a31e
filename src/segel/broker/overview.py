"""What was used of budgets: an account's own, and all of a hospital's for its officers."""

import asyncio
import math
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.budget_store import BudgetStore
from segel.broker.budgets import Limit, use
from segel.broker.directory import AccountRecord, LiveSession
from segel.broker.freezes import Target
from segel.broker.index import Index
from segel.broker.limits import BudgetLimits
from segel.broker.messages import (
    AccountUse,
    BudgetReport,
    BudgetUse,
    RaiseLine,
    UseReport,
)
from segel.broker.raises import Raise, Raises, raised
from segel.broker.secrets import BrokerSecrets
from segel.broker.shared_budgets import ESTATE, SharedBudgets
from segel.broker.tallies import Tally
from segel.broker.watch import Watch
from segel.domain.clock import Clock

_DAY: Final = Limit("day", 86_400, 0)

ACCOUNTS_MAX: Final = 1_000
"""On one report; a larger hospital's is marked as not complete."""


class Overview:
    """Reads budgets without touching them. Copies are kept, and read again where they moved."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        shared: SharedBudgets,
        raises: Raises,
        limits: BudgetLimits,
        watch: Watch,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._shared = shared
        self._raises = raises
        self._limits = limits
        self._watch = watch
        self._clock = clock
        self._store = BudgetStore(secrets, index)
        self._reading = asyncio.Lock()

    async def own(self, session: LiveSession) -> BudgetReport:
        """How much of its reading budget an account has used, and what is left around it."""
        account, hospital = session.claims.account_id, session.hospital_id
        now_s = self._clock()
        async with self._reading, self._pool.connection() as connection:
            await self._store.read(connection, [account], now_s)
            asked = [account, ESTATE, *([hospital] if hospital else [])]
            raises = await self._raises.in_force(await self._raises.ask(connection, asked), now_s)
            more = raises.get(account, [])
            return BudgetReport(
                self._windows(account, self._limits.reading(session.account.role), more, now_s),
                more=_lines(more),
                hospital=await self._use(connection, hospital, raises.get(hospital, []), now_s)
                if hospital
                else [],
                estate=await self._use(connection, ESTATE, raises.get(ESTATE, []), now_s),
            )

    async def day_of_account(self, account_id: UUID) -> int:
        """How many patients an account has opened or seen in lists in the last 24 hours."""
        now_s = self._clock()
        async with self._reading, self._pool.connection() as connection:
            await self._store.read(connection, [account_id], now_s)
            (day,) = use(self._store.touches(account_id).values(), [_DAY], now_s)
        return math.ceil(day.used)

    async def day_of(self, hospital: UUID = ESTATE) -> int:
        """The same of a hospital, or of all."""
        async with self._reading, self._pool.connection() as connection:
            tally = await self._shared.tally(connection, hospital)
        return math.ceil(tally.patients(_DAY.seconds, self._clock()))

    async def of_hospital(self, hospital_id: UUID) -> UseReport:
        """Everybody's use in one hospital."""
        now_s = self._clock()
        await self._watch.look()
        async with self._reading, self._pool.connection() as connection:
            found = await connection.execute(
                "SELECT account_id, sealed FROM accounts WHERE hospital_id = %s LIMIT %s",
                (hospital_id, ACCOUNTS_MAX + 1),
            )
            rows = await found.fetchall()
            people = {account_id: self._open(account_id, sealed) for account_id, sealed in rows}
            await self._store.read(connection, people, now_s)
            raises = await self._raises.in_force(
                await self._raises.ask(connection, [hospital_id, ESTATE, *people]), now_s
            )
            accounts = [
                AccountUse(
                    account_id,
                    record.name,
                    record.role,
                    self._windows(
                        account_id,
                        self._limits.reading(record.role),
                        raises.get(account_id, []),
                        now_s,
                    ),
                    _lines(raises.get(account_id, [])),
                    self._freezes_of(account_id, now_s),
                )
                for account_id, record in list(people.items())[:ACCOUNTS_MAX]
            ]
            more = raises.get(hospital_id, [])
            return UseReport(
                sorted(accounts, key=lambda one: one.name.casefold()),
                await self._use(connection, hospital_id, more, now_s),
                _lines(more),
                await self._use(connection, ESTATE, raises.get(ESTATE, []), now_s),
                complete=len(rows) <= ACCOUNTS_MAX,
            )

    def _windows(
        self, account: UUID, limits: Sequence[Limit], more: Sequence[Raise], now_s: float
    ) -> list[BudgetUse]:
        touches = self._store.touches(account).values()
        return use(touches, raised(limits, sum(one.more for one in more)), now_s)

    async def _use(
        self,
        connection: psycopg.AsyncConnection,
        hospital: UUID,
        more: Sequence[Raise],
        now_s: float,
    ) -> list[BudgetUse]:
        tally = await self._shared.tally(connection, hospital)
        limits = self._shared.limits(hospital, sum(one.more for one in more))
        return _tally_use(tally, limits, now_s)

    def _freezes_of(self, account_id: UUID, now_s: float) -> list[UUID]:
        target = Target.account(account_id)
        return [
            freeze_id
            for freeze_id, record in self._watch.active.records.items()
            if record.target == target and record.holds(now_s)
        ]

    def _open(self, account_id: UUID, sealed: bytes) -> AccountRecord:
        return msgspec.json.decode(self._secrets.open_row(account_id, sealed), type=AccountRecord)


def _tally_use(tally: Tally, limits: Sequence[Limit], now_s: float) -> list[BudgetUse]:
    return [
        BudgetUse(limit.window, limit.seconds, tally.patients(limit.seconds, now_s), limit.patients)
        for limit in limits
    ]


def _lines(more: Sequence[Raise]) -> list[RaiseLine]:
    return [RaiseLine(one.more, one.until_s, one.why) for one in more]

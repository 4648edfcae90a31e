"""Break-glasses as the database keeps them: begun, ended and reviewed in the ledger's transaction.

The lock of ``log_head`` makes the count of a day and the end of a glass exact over any number of
brokers; what is opened under one is counted like any budget, under the glass's own id. Times are
the ledger's, which never go back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.alerts import Alert, AlertKind, Alerts, Apply
from segel.broker.budget_store import BudgetStore
from segel.broker.budgets import FIFTHS, MONTH_S
from segel.broker.directory import LiveSession, this_month
from segel.broker.errors import (
    AlreadyExists,
    BreakGlassBarred,
    BreakGlassUsedUp,
    GlassClosed,
    GlassUnknown,
    OwnReview,
)
from segel.broker.glass_rules import GlassRecord, GlassRules, Hindrance, Standing, standing
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets
from segel.domain.break_glass import Emergency, Verdict

LISTED_MAX: Final = 500
"""Reviews opened for one page; those that wait come first."""

OWN_LISTED_MAX: Final = 100

_OF_ACCOUNT: Final = (
    "SELECT glass_id, hospital_id, sealed FROM break_glasses WHERE account_id = %s"
    " ORDER BY reviewed, month DESC LIMIT %s"
)


@dataclass(frozen=True, slots=True)
class Glass:
    """One break-glass."""

    glass_id: UUID
    hospital_id: UUID
    record: GlassRecord


class Opening(msgspec.Struct, frozen=True):
    """What was opened under a glass, as it is sealed in its row. ``kind``: 'READ' or 'QUERY'.

    ``beyond``: whether the budget alone would not have given it.
    """

    at_s: float
    kind: str
    patients: tuple[UUID, ...]
    study_id: UUID | None
    beyond: bool


class Glasses:
    """Reads and writes break-glasses. ``ledger_now``: the ledger's time."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        alerts: Alerts,
        rules: GlassRules,
        ledger_now: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._alerts = alerts
        self.rules = rules
        self.now = ledger_now

    # --- what is ------------------------------------------------------------------------------

    async def of_account(self, account_id: UUID) -> list[Glass]:
        """An account's newest glasses, newest first."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self._of_account(cursor, account_id)

    async def open_of(self, account_id: UUID) -> Glass | None:
        """The glass that an account has open now. Asked for by every page: it looks at few rows."""
        now_s = self.now()
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT glass_id, hospital_id, sealed FROM break_glasses"
                    " WHERE account_id = %s AND NOT over",
                    (account_id,),
                )
            ).fetchall()
        glasses = [self._opened(*row) for row in rows]
        return next((one for one in glasses if one.record.is_open(now_s)), None)

    async def close_past(self) -> None:
        """Mark those whose time is up, so that nobody looks at them again for being open."""
        now_s = self.now()
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT glass_id, hospital_id, sealed FROM break_glasses WHERE NOT over"
                )
            ).fetchall()
            past = [
                glass_id
                for glass_id, hospital_id, sealed in rows
                if not self._opened(glass_id, hospital_id, sealed).record.is_open(now_s)
            ]
            await connection.execute(
                "UPDATE break_glasses SET over = true WHERE glass_id = ANY(%s)", (past,)
            )

    async def standing(self, account_id: UUID) -> Standing:
        """Whether the account may break the glass."""
        glasses = await self.of_account(account_id)
        return standing((one.record for one in glasses), self.rules, self.now())

    async def used(self, glass: Glass) -> float:
        """How many patients were opened beyond the budget; listed ones are fifths."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return max(glass.record.used, await self._counted(cursor, glass))

    async def _counted(self, cursor: psycopg.AsyncCursor, glass: Glass) -> float:
        store = BudgetStore(self._secrets, self._index)
        now_s = self.now()
        await store.refresh(cursor, [glass.glass_id], now_s)
        touches = store.touches(glass.glass_id).values()
        return sum(touch.fifths(now_s - MONTH_S) for touch in touches) / FIFTHS

    async def one(self, hospital_id: UUID | None, glass_id: UUID) -> Glass:
        """A glass of a hospital. Raises GlassUnknown."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self._one(cursor, hospital_id, glass_id)

    async def of_hospital(self, hospital_id: UUID | None) -> list[Glass]:
        """A hospital's glasses: what waits for review first, then what is due first."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT glass_id, hospital_id, sealed FROM break_glasses"
                    " WHERE hospital_id = %s ORDER BY reviewed, month DESC LIMIT %s",
                    (hospital_id, LISTED_MAX),
                )
            ).fetchall()
        glasses = [self._opened(*row) for row in rows]
        waiting = [one for one in glasses if not one.record.is_decided]
        decided = [one for one in glasses if one.record.is_decided]
        waiting.sort(key=lambda one: (one.record.verdict is not None, one.record.due_s))
        decided.sort(key=lambda one: one.record.verdict_s, reverse=True)
        return waiting + decided

    async def waiting(self) -> list[Glass]:
        """The glasses of every hospital that nobody has decided."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT glass_id, hospital_id, sealed FROM break_glasses WHERE NOT reviewed"
                )
            ).fetchall()
        return [self._opened(*row) for row in rows]

    async def openings(self, glass_id: UUID) -> list[Opening]:
        """What was opened under a glass, in order."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT opening_id, sealed FROM break_glass_openings WHERE glass_id = %s",
                    (glass_id,),
                )
            ).fetchall()
        opened = [
            msgspec.json.decode(self._secrets.open_row(opening_id, sealed), type=Opening)
            for opening_id, sealed in rows
        ]
        return sorted(opened, key=lambda one: one.at_s)

    # --- what becomes true in the ledger's transaction ----------------------------------------

    def beginning(
        self, glass_id: UUID, session: LiveSession, code: Emergency, reason: str
    ) -> Apply:
        """What begins a glass, and tells the officer. Raises BreakGlassBarred, BreakGlassUsedUp."""
        assert session.hospital_id is not None

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            account_id, now_s = session.claims.account_id, self.now()
            glasses = await self._of_account(cursor, account_id)
            records = [one.record for one in glasses]
            refuse_hindered(standing(records, self.rules, now_s), self.rules, now_s)
            record = GlassRecord(
                account_id=account_id,
                session_id=session.claims.session_id,
                code=code,
                reason=reason,
                patients=self.rules.patients,
                begun_s=now_s,
                until_s=now_s + self.rules.window_s,
                due_s=now_s + self.rules.review_s,
            )
            await cursor.execute(
                "INSERT INTO break_glasses"
                " (glass_id, account_id, hospital_id, over, reviewed, month, sealed)"
                " VALUES (%s, %s, %s, false, false, %s, %s)",
                (
                    glass_id,
                    account_id,
                    session.hospital_id,
                    this_month(),
                    self._sealed(glass_id, record),
                ),
            )
            await self._alerts.write(
                cursor,
                Alert(
                    AlertKind.BREAK_GLASS_BEGUN,
                    session.hospital_id,
                    account_id,
                    glass_id,
                    detail=code,
                ),
            )

        return apply

    def ending(self, glass: Glass) -> Apply:
        """What ends a glass before its time. Raises GlassClosed."""

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            current = await self._one(cursor, glass.hospital_id, glass.glass_id)
            now_s = self.now()
            if not current.record.is_open(now_s):
                raise glass_closed()
            await self._write(cursor, current, msgspec.structs.replace(
                current.record, ended_s=now_s
            ))  # fmt: skip

        return apply

    def opening(self, glass: Glass, opening: Callable[[float], Opening]) -> Apply:
        """What notes an opening under a glass that is still open. Raises GlassClosed.

        ``opening``: made when it is known whether the budget gave it.
        """

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            current = await self._one(cursor, glass.hospital_id, glass.glass_id)
            now_s = self.now()
            if not current.record.is_open(now_s):
                raise glass_closed()
            opening_id = uuid4()
            sealed = self._secrets.seal_row(opening_id, msgspec.json.encode(opening(now_s)))
            await cursor.execute(
                "INSERT INTO break_glass_openings (opening_id, glass_id, sealed)"
                " VALUES (%s, %s, %s)",
                (opening_id, glass.glass_id, sealed),
            )

        return apply

    def verdict(
        self, hospital_id: UUID | None, glass_id: UUID, by: LiveSession, verdict: Verdict, text: str
    ) -> Apply:
        """What decides a review. Raises GlassUnknown, OwnReview, AlreadyExists."""

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            current = await self._one(cursor, hospital_id, glass_id)
            if current.record.account_id == by.claims.account_id:
                raise OwnReview(
                    "Nobody reviews their own break-glass.", remedy="Ask another officer."
                )
            if current.record.is_decided:
                raise AlreadyExists(
                    "This review is decided.", remedy="Load the page again to see by whom."
                )
            decided = msgspec.structs.replace(
                current.record,
                used=await self._counted(cursor, current),
                verdict=verdict,
                verdict_text=text,
                verdict_s=self.now(),
                reviewer=by.account.name,
            )
            await self._write(cursor, current, decided)

        return apply

    # --- rows ---------------------------------------------------------------------------------

    async def _of_account(self, cursor: psycopg.AsyncCursor, account_id: UUID) -> list[Glass]:
        await cursor.execute(_OF_ACCOUNT, (account_id, OWN_LISTED_MAX))
        glasses = [self._opened(*row) for row in await cursor.fetchall()]
        return sorted(glasses, key=lambda one: one.record.begun_s, reverse=True)

    async def _one(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID | None, glass_id: UUID
    ) -> Glass:
        await cursor.execute(
            "SELECT glass_id, hospital_id, sealed FROM break_glasses"
            " WHERE glass_id = %s AND hospital_id = %s",
            (glass_id, hospital_id),
        )
        row = await cursor.fetchone()
        if row is None:
            raise GlassUnknown("There is no such break-glass.", remedy="List the reviews again.")
        return self._opened(*row)

    async def _write(self, cursor: psycopg.AsyncCursor, glass: Glass, record: GlassRecord) -> None:
        await cursor.execute(
            "UPDATE break_glasses SET over = %s, reviewed = %s, sealed = %s WHERE glass_id = %s",
            (
                not record.is_open(self.now()),
                record.is_decided,
                self._sealed(glass.glass_id, record),
                glass.glass_id,
            ),
        )

    def _sealed(self, glass_id: UUID, record: GlassRecord) -> bytes:
        return self._secrets.seal_row(glass_id, msgspec.json.encode(record))

    def _opened(self, glass_id: UUID, hospital_id: UUID, sealed: bytes) -> Glass:
        plain = self._secrets.open_row(glass_id, sealed)
        return Glass(glass_id, hospital_id, msgspec.json.decode(plain, type=GlassRecord))


def refuse_hindered(standing: Standing, rules: GlassRules, now_s: float) -> None:
    """Return where nothing hinders. Raises BreakGlassBarred, BreakGlassUsedUp."""
    match standing.hindrance:
        case None:
            return
        case Hindrance.OPEN:
            raise BreakGlassUsedUp(
                "A break-glass of this account is open already.",
                remedy="Use what is left of it, or end it.",
            )
        case Hindrance.BARRED:
            raise BreakGlassBarred(
                "A review of an earlier break-glass is past its deadline; until it is decided,"
                " this account cannot break the glass.",
                remedy="Speak to the data protection officer.",
            )
        case Hindrance.USED_UP:
            wait_s = max(1, int(standing.again_s - now_s) + 1)
            raise BreakGlassUsedUp(
                f"This account has broken the glass {rules.per_day} times in a day.",
                remedy=f"It may again in {wait_s // 60 + 1} minutes; a colleague may now.",
            )


def glass_closed() -> GlassClosed:
    """The answer to emergency access without an open glass."""
    return GlassClosed(
        "No break-glass of this account is open.",
        remedy="Begin one with a stated reason, or ask for the purpose of treatment.",
    )

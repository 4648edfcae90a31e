"""What becomes true of a break-glass in the ledger's transaction: begun, ended, used, decided.

The lock of ``log_head`` makes the count of a day and the end of a glass exact over any number of
brokers, and puts the alert beside the beginning.
"""

from collections.abc import Callable
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.alerts import Alert, AlertKind, Alerts, Apply
from segel.broker.directory import LiveSession, this_month
from segel.broker.errors import (
    AlreadyExists,
    BreakGlassBarred,
    BreakGlassUsedUp,
    GlassClosed,
    OwnReview,
)
from segel.broker.glass_rules import GlassRecord, GlassRules, Hindrance, Standing, standing
from segel.broker.glasses import Glass, Glasses, Opening
from segel.broker.secrets import BrokerSecrets
from segel.domain.break_glass import Emergency, Verdict


class GlassDeeds:
    """Makes what an ``Intent`` applies."""

    def __init__(self, glasses: Glasses, secrets: BrokerSecrets, alerts: Alerts) -> None:
        self._glasses = glasses
        self._secrets = secrets
        self._alerts = alerts

    def beginning(
        self, glass_id: UUID, session: LiveSession, code: Emergency, reason: str
    ) -> Apply:
        """What begins a glass, and tells the officer. Raises BreakGlassBarred, BreakGlassUsedUp."""
        assert session.hospital_id is not None

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            account_id, now_s = session.claims.account_id, self._glasses.now()
            glasses = await self._glasses.read_of_account(cursor, account_id)
            records = [one.record for one in glasses]
            refuse_hindered(
                standing(records, self._glasses.rules, now_s), self._glasses.rules, now_s
            )
            record = GlassRecord(
                account_id=account_id,
                session_id=session.claims.session_id,
                code=code,
                reason=reason,
                patients=self._glasses.rules.patients,
                begun_s=now_s,
                until_s=now_s + self._glasses.rules.window_s,
                due_s=now_s + self._glasses.rules.review_s,
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
                    self._glasses.sealed(glass_id, record),
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
            current = await self._glasses.read(cursor, glass.hospital_id, glass.glass_id)
            now_s = self._glasses.now()
            if not current.record.is_open(now_s):
                raise glass_closed()
            await self._glasses.write(cursor, current, msgspec.structs.replace(
                current.record, ended_s=now_s
            ))  # fmt: skip

        return apply

    def opening(self, glass: Glass, opening: Callable[[float], Opening]) -> Apply:
        """What notes an opening under a glass that is still open. Raises GlassClosed.

        ``opening``: made when it is known whether the budget gave it.
        """

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            current = await self._glasses.read(cursor, glass.hospital_id, glass.glass_id)
            now_s = self._glasses.now()
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
            current = await self._glasses.read(cursor, hospital_id, glass_id)
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
                used=await self._glasses.count(cursor, current),
                verdict=verdict,
                verdict_text=text,
                verdict_s=self._glasses.now(),
                reviewer=by.account.name,
            )
            await self._glasses.write(cursor, current, decided)

        return apply


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

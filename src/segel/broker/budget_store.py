"""What each account has touched: sealed rows in the database, opened in memory.

Memory is only a copy of the state at a version. The ledger tells under its lock when others may
have written; ``refresh`` then compares the versions, and reads again what another broker moved.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
import psycopg

from segel.broker.budgets import MONTH_S, Touch
from segel.broker.columns import columns
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets
from segel.broker.writes import Write


class SealedTouch(msgspec.Struct, frozen=True, array_like=True):
    """A touch in its row, bound to its token."""

    opened_s: float
    listed_s: float

    @staticmethod
    def sealed(secrets: BrokerSecrets, touch_token: bytes, touch: Touch) -> bytes:
        """The row of a touch."""
        plain = msgspec.msgpack.encode(SealedTouch(touch.opened_s, touch.listed_s))
        return secrets.seal_row(_row_id(touch_token), plain)

    @staticmethod
    def opened(secrets: BrokerSecrets, touch_token: bytes, sealed: bytes) -> Touch:
        """The touch of a row."""
        plain = secrets.open_row(_row_id(touch_token), sealed)
        row = msgspec.msgpack.decode(plain, type=SealedTouch)
        return Touch(row.opened_s, row.listed_s)


@dataclass(slots=True)
class _Account:
    version: int
    touches: dict[bytes, Touch] = field(default_factory=dict)
    changed: set[bytes] = field(default_factory=set)


class BudgetStore:
    """The touches of the accounts that were asked about."""

    def __init__(self, secrets: BrokerSecrets, index: Index) -> None:
        self._secrets = secrets
        self._index = index
        self._accounts: dict[UUID, _Account] = {}
        self._doubted: set[UUID] = set()

    def token(self, subject: UUID, patient: UUID) -> bytes:
        """The name of a patient in a subject's budget."""
        return self._index.touch(subject, patient)

    def touches(self, subject: UUID) -> Mapping[bytes, Touch]:
        """All touches of a refreshed subject."""
        return self._accounts[subject].touches

    def touch(self, subject: UUID, token: bytes, now_s: float, *, opened: bool) -> None:
        """Count a patient; to be written with ``writes``."""
        account = self._accounts[subject]
        account.touches[token] = account.touches.get(token, Touch()).touched(now_s, opened=opened)
        account.changed.add(token)

    def forget(self) -> None:
        """Drop the copies, after a transaction that may or may not have happened."""
        self._accounts.clear()

    def doubt(self) -> None:
        """Others may have written since: what they moved has to be read again."""
        self._doubted.update(self._accounts)

    def unknown(self, subjects: Iterable[UUID]) -> set[UUID]:
        """Those to ``ask`` for, before their touches are told."""
        return {one for one in subjects if one in self._doubted or one not in self._accounts}

    async def ask(
        self, connection: psycopg.AsyncConnection, subjects: Iterable[UUID]
    ) -> psycopg.AsyncCursor:
        """The versions of ``subjects``, on their way; for ``refresh``."""
        return await connection.execute(
            "SELECT account_id, version FROM budget_accounts WHERE account_id = ANY(%b::uuid[])",
            (list(subjects),),
        )

    async def refresh(
        self,
        cursor: psycopg.AsyncCursor,
        subjects: Iterable[UUID],
        versions: psycopg.AsyncCursor,
        now_s: float,
    ) -> None:
        """Make the copies of ``subjects`` current. Under the ledger's lock."""
        newest: dict[UUID, int] = dict(await versions.fetchall())
        for subject in subjects:
            version = newest.get(subject, 0)
            known = self._accounts.get(subject)
            if known is None or known.version != version:
                self._accounts[subject] = await self._load(cursor, subject, version, now_s)
            self._doubted.discard(subject)

    async def read(
        self, connection: psycopg.AsyncConnection, subjects: Iterable[UUID], now_s: float
    ) -> None:
        """``ask`` and ``refresh``, for whoever only looks."""
        wanted = list(subjects)
        async with connection.cursor() as cursor:
            await self.refresh(cursor, wanted, await self.ask(connection, wanted), now_s)

    async def _load(
        self, cursor: psycopg.AsyncCursor, subject: UUID, version: int, now_s: float
    ) -> _Account:
        account = _Account(version)
        past: list[bytes] = []
        await cursor.execute(
            "SELECT touch_token, sealed FROM budget_touches WHERE account_id = %s", (subject,)
        )
        for token, sealed in await cursor.fetchall():
            touch = SealedTouch.opened(self._secrets, token, sealed)
            if max(touch.opened_s, touch.listed_s) < now_s - MONTH_S:
                past.append(token)
            else:
                account.touches[token] = touch
        if past:
            await cursor.execute(
                "DELETE FROM budget_touches WHERE account_id = %s AND touch_token = ANY(%s)",
                (subject, past),
            )
        return account

    def writes(self) -> Iterator[Write]:
        """What was touched since the last time, for the ledger's transaction."""
        rows = []
        moved = []
        for subject, account in self._accounts.items():
            if not account.changed:
                continue
            for token in account.changed:
                sealed = SealedTouch.sealed(self._secrets, token, account.touches[token])
                rows.append((subject, token, sealed))
            account.changed.clear()
            account.version += 1
            moved.append((subject, account.version))
        if not rows:
            return
        yield touches_written(rows)
        yield Write(
            "INSERT INTO budget_accounts (account_id, version)"
            " SELECT * FROM unnest(%b::uuid[], %b::bigint[])"
            " ON CONFLICT (account_id) DO UPDATE SET version = excluded.version",
            columns(moved),
        )


def touches_written(rows: Sequence[tuple[UUID, bytes, bytes]]) -> Write:
    """Touches: subject, token and sealed row of each."""
    return Write(
        "INSERT INTO budget_touches (account_id, touch_token, sealed)"
        " SELECT * FROM unnest(%b::uuid[], %b::bytea[], %b::bytea[])"
        " ON CONFLICT (account_id, touch_token) DO UPDATE SET sealed = excluded.sealed",
        columns(rows),
    )


def _row_id(touch_token: bytes) -> UUID:
    return UUID(bytes=touch_token[:16])

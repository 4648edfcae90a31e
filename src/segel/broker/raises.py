"""More than a budget's limit, for a while: for an account, or for a whole hospital.

Rows of their own, known under the ledger's lock whenever their subject is charged. What is over is
ignored: nothing has to happen when a raise ends.

From elsewhere in the broker, inside an intent's ``apply``::

    await raises.add(cursor, account_id, Raise(more=10, until_s=..., why="break-glass"))
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.budgets import Limit
from segel.broker.directory import this_month
from segel.broker.secrets import BrokerSecrets

KNOWN_MAX: Final = 10_000
"""Subjects whose raises are held in memory: mostly none."""


class Raise(msgspec.Struct, frozen=True):
    """``more`` patients in every window, until a Unix time. ``why``: an approval, break-glass."""

    more: int
    until_s: float
    why: str = ""


def raised(limits: Iterable[Limit], more: int) -> tuple[Limit, ...]:
    """Limits with so many patients more; a window that lets nobody in stays closed."""
    if not more:
        return tuple(limits)
    return tuple(
        replace(limit, patients=limit.patients + more) if limit.patients else limit
        for limit in limits
    )


class Raises:
    """Reads and writes raises in somebody's transaction."""

    def __init__(self, secrets: BrokerSecrets) -> None:
        self._secrets = secrets
        self._known: dict[UUID, list[Raise]] = {}

    async def add(self, cursor: psycopg.AsyncCursor, subject: UUID, more: Raise) -> None:
        """Raise the limits of an account or hospital."""
        if subject in self._known:
            self._known[subject].append(more)
        raise_id = uuid4()
        sealed = self._secrets.seal_row(raise_id, msgspec.json.encode(more))
        await cursor.execute(
            "INSERT INTO budget_raises (raise_id, subject_id, month, sealed)"
            " VALUES (%s, %s, %s, %s)",
            (raise_id, subject, this_month(), sealed),
        )

    async def ask(
        self, connection: psycopg.AsyncConnection, subjects: Iterable[UUID]
    ) -> psycopg.AsyncCursor:
        """The rows of ``subjects``, on their way; for ``in_force``."""
        return await connection.execute(
            "SELECT raise_id, subject_id, sealed FROM budget_raises"
            " WHERE subject_id = ANY(%b::uuid[])",
            (list(subjects),),
        )

    async def in_force(self, rows: psycopg.AsyncCursor, now_s: float) -> Mapping[UUID, list[Raise]]:
        """The raises in force, by subject."""
        return {
            subject: active
            for subject, raises in (await self._read(rows)).items()
            if (active := [one for one in raises if one.until_s > now_s])
        }

    # --- under the ledger's lock --------------------------------------------------------------

    def forget(self) -> None:
        """Drop what is known: others may have written, or our own transaction failed."""
        self._known.clear()

    def unknown(self, subjects: Iterable[UUID]) -> set[UUID]:
        """Those to ``ask`` for, before ``more`` tells."""
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        return {subject for subject in subjects if subject not in self._known}

    async def take(self, rows: psycopg.AsyncCursor, subjects: Iterable[UUID]) -> None:
        """Know what was asked for."""
        found = await self._read(rows)
        self._known.update({subject: found.get(subject, []) for subject in subjects})

    def more(self, subject: UUID, now_s: float) -> int:
        """How many patients more a known subject has now."""
        return sum(one.more for one in self._known[subject] if one.until_s > now_s)

    async def _read(self, rows: psycopg.AsyncCursor) -> dict[UUID, list[Raise]]:
        found: dict[UUID, list[Raise]] = {}
        for raise_id, subject, sealed in await rows.fetchall():
            one = msgspec.json.decode(self._secrets.open_row(raise_id, sealed), type=Raise)
            found.setdefault(subject, []).append(one)
        return found

"""Accesses as the officer's list has them: one row for an account, a study and a day.

A row is written in the transaction of the release, then matched with reasons (``explaining``).
What is to be looked at stands in one sealed list per hospital, so that a page opens that list and
not the log. The rows say nothing of who or whom; which are remarkable, only the sealed list knows.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.errors import AccessUnknown, OwnReview
from segel.broker.explanations import is_listed, score
from segel.broker.index import Index
from segel.broker.secrets import BrokerSecrets
from segel.domain.reasons import Signal

LIST_MAX: Final = 500
"""Accesses in a hospital's list. More is no list but an alarm; the least remarkable fall out."""

REMEMBERED_MAX: Final = 100_000
"""Rows that are known to be written, in memory: what a busy broker reads in a few hours."""

LISTED_DAYS: Final = 90
COUNTED_DAYS: Final = 31

DAY_S: Final = 86_400

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class Access(msgspec.Struct, frozen=True):
    """One access as it is sealed in its row, with what explained it once it was matched."""

    account_id: UUID
    account: str
    role: str
    hospital_id: UUID
    patient_id: UUID
    study_id: UUID | None
    at_s: float
    purpose: str
    named_as: tuple[str, ...] = ()
    same_name: bool = False
    department: str = ""
    explained_by: tuple[str, ...] = ()
    signals: tuple[Signal, ...] = ()


class Entry(msgspec.Struct, frozen=True):
    """An access in the list."""

    access_id: UUID
    score: int
    at_s: float


class Shortlist(msgspec.Struct, frozen=True):
    """A hospital's list, most remarkable first; what each day held; who has how many unexplained
    accesses in a row; how many fell out."""

    entries: tuple[Entry, ...] = ()
    days: dict[str, tuple[int, int]] = {}
    in_a_row: dict[str, int] = {}
    fallen: int = 0


@dataclass(frozen=True, slots=True)
class NewAccess:
    """A row about to be written with its release."""

    access_id: UUID
    hospital_id: UUID
    sealed: bytes


class Accesses:
    """Reads and writes accesses and the lists."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._written: set[UUID] = set()

    def id_of(self, account_id: UUID, opened: UUID, at_s: float) -> UUID:
        """The access of a day: opening the same study, or chart, again is the same access."""
        return self._index.access(account_id, opened, day_of(at_s))

    def is_written(self, access_id: UUID) -> bool:
        """Whether this broker knows that the row is there; another may have written it."""
        return access_id in self._written

    def written(self, access_id: UUID) -> None:
        """The row is there for good: the day's next looks at the same study bring none."""
        if len(self._written) >= REMEMBERED_MAX:
            self._written.clear()
        self._written.add(access_id)

    def noted(self, access_id: UUID, access: Access) -> NewAccess:
        """The row of an access."""
        return NewAccess(access_id, access.hospital_id, self.seal(access_id, access))

    def seal(self, access_id: UUID, access: Access) -> bytes:
        """An access as its row holds it."""
        return self._secrets.seal_row(access_id, msgspec.json.encode(access))

    def open(self, access_id: UUID, sealed: bytes) -> Access:
        """What ``seal`` made."""
        return msgspec.json.decode(self._secrets.open_row(access_id, sealed), type=Access)

    async def of(self, access_ids: list[UUID]) -> dict[UUID, Access]:
        """Those of these accesses that were matched."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT access_id, sealed FROM accesses"
                    " WHERE NOT pending AND access_id = ANY(%s)",
                    (access_ids,),
                )
            ).fetchall()
        return {access_id: self.open(access_id, sealed) for access_id, sealed in rows}

    async def shortlist(self, hospital_id: UUID) -> Shortlist:
        """A hospital's list."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self.locked_list(cursor, hospital_id)

    async def locked_list(self, cursor: psycopg.AsyncCursor, hospital_id: UUID) -> Shortlist:
        """A hospital's list, locked until the cursor's transaction ends."""
        list_id = self._index.access_list(hospital_id)
        await cursor.execute(
            "SELECT sealed FROM access_lists WHERE list_id = %s FOR UPDATE", (list_id,)
        )
        row = await cursor.fetchone()
        if row is None:
            return Shortlist()
        return msgspec.json.decode(self._secrets.open_row(list_id, row[0]), type=Shortlist)

    async def write_list(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID, shortlist: Shortlist
    ) -> None:
        """Put a list in the place of the one before."""
        list_id = self._index.access_list(hospital_id)
        sealed = self._secrets.seal_row(list_id, msgspec.json.encode(shortlist))
        await cursor.execute(
            "INSERT INTO access_lists (list_id, sealed) VALUES (%s, %s)"
            " ON CONFLICT (list_id) DO UPDATE SET sealed = excluded.sealed",
            (list_id, sealed),
        )

    def reviewed(self, hospital_id: UUID, access_id: UUID, by: UUID) -> Apply:
        """What takes an access off the list in the ledger's transaction.

        Raises AccessUnknown, OwnReview.
        """

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            shortlist = await self.locked_list(cursor, hospital_id)
            if all(entry.access_id != access_id for entry in shortlist.entries):
                raise AccessUnknown(
                    "This access is not on the list.", remedy="Load the list again."
                )
            await cursor.execute("SELECT sealed FROM accesses WHERE access_id = %s", (access_id,))
            row = await cursor.fetchone()
            assert row is not None, "accesses on the list are never deleted"
            if self.open(access_id, row[0]).account_id == by:
                raise OwnReview("Nobody reviews their own access.", remedy="Ask another officer.")
            left = tuple(entry for entry in shortlist.entries if entry.access_id != access_id)
            await self.write_list(
                cursor, hospital_id, msgspec.structs.replace(shortlist, entries=left)
            )

        return apply


def grown(shortlist: Shortlist, access_id: UUID, access: Access, now_s: float) -> Shortlist:
    """The list with a matched access counted, and put in its place where it is remarkable."""
    day = day_of(access.at_s)
    explained, unexplained = shortlist.days.get(day, (0, 0))
    is_explained = bool(access.explained_by)
    days = shortlist.days | {day: (explained + is_explained, unexplained + (not is_explained))}
    oldest = day_of(now_s - COUNTED_DAYS * DAY_S)
    entries = [one for one in shortlist.entries if one.at_s > now_s - LISTED_DAYS * DAY_S]
    if is_listed(access.signals):
        entries.append(Entry(access_id, score(access.signals), access.at_s))
        entries.sort(key=lambda one: (-one.score, -one.at_s))
    return Shortlist(
        entries=tuple(entries[:LIST_MAX]),
        days={known: counts for known, counts in days.items() if known > oldest},
        in_a_row=shortlist.in_a_row
        | {str(access.account_id): row_after(shortlist, access.account_id, is_explained)},
        fallen=shortlist.fallen + max(0, len(entries) - LIST_MAX),
    )


def is_fed(shortlist: Shortlist) -> bool:
    """Whether the hospital files reasons, so that their lack says something: most accesses of the
    counted days are explained."""
    explained = sum(counts[0] for counts in shortlist.days.values())
    unexplained = sum(counts[1] for counts in shortlist.days.values())
    return explained >= unexplained


def row_after(shortlist: Shortlist, account_id: UUID, is_explained: bool) -> int:
    """How many unexplained accesses an account has in a row after this one."""
    return 0 if is_explained else shortlist.in_a_row.get(str(account_id), 0) + 1


def day_of(at_s: float) -> str:
    """The day (UTC) of a moment, as tokens and counts name it."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y%m%d}"

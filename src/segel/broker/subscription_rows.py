"""The rows of subscriptions: what systems want to be told of, and what is to be told them.

What matched is a row that the broker made and a door wrote in the transaction of the resource
itself. It names a subscription and keyed tokens; whose resource it is, and which, is sealed for the
broker alone. (Decision 044.)
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.index import Index
from segel.broker.messages import EventMark, ResourceEvent, Subscriber, SubscriptionDraft
from segel.broker.secrets import BrokerSecrets
from segel.domain.endpoints import Allowed
from segel.domain.purpose import Purpose

EVENTS_KEPT: Final = 1_000
"""Of what a subscriber was told of: enough to be looked up after a night's outage."""

COUNTED_MAX: Final = 500
"""Rows counted in one transaction; what is left is counted with the next notice."""

SUBSCRIPTIONS_MAX: Final = 20
"""Of one account."""

REQUESTED: Final = "requested"
ACTIVE: Final = "active"
ERROR: Final = "error"
OFF: Final = "off"
"""R4 subscription-status."""


class SubscriptionRecord(msgspec.Struct, frozen=True):
    """A subscription as it is sealed. Times are Unix seconds, 0 for never.

    ``scopes``, ``purpose``: of the session that asked for it; what they leave is what it may be
    told of. ``revision``: changes with what its system says; ``version`` also with its status.
    ``number``: of the last match that was counted; ``told``: of the last one that its host took.
    ``attempts``, ``since_s``: that failed in a row, and since when.
    """

    account_id: UUID
    purpose: Purpose
    scopes: frozenset[str] | None
    draft: SubscriptionDraft
    status: str
    made_s: float
    at_s: float
    error: str = ""
    version: int = 1
    revision: int = 1
    number: int = 0
    told: int = 0
    told_s: float = 0.0
    attempts: int = 0
    since_s: float = 0.0
    due_s: float = 0.0


class EventRecord(msgspec.Struct, frozen=True, array_like=True):
    """What matched, as it is sealed. ``number`` 0: it was not counted yet."""

    patient_id: UUID
    resource_type: str
    resource_id: str
    number: int = 0
    at_s: float = 0.0


class _Hosts(msgspec.Struct, frozen=True):
    """Where a hospital's systems may be told, as it is sealed."""

    allowed: tuple[Allowed, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownSubscription:
    """An opened row."""

    subscription_id: UUID
    hospital_id: UUID
    record: SubscriptionRecord


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An opened row."""

    event_id: UUID
    record: EventRecord


class SubscriptionRows:
    """Reads and writes the rows. ``on``: whether the settings let anybody be told."""

    def __init__(
        self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index, *, on: bool
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self.on = on

    # --- subscriptions ------------------------------------------------------------------------

    async def of_types(
        self, hospital_id: UUID, types: Iterable[str]
    ) -> dict[str, tuple[Subscriber, ...]]:
        """Whom in a hospital resources of these types may have to be told to, by type."""
        found: dict[str, tuple[Subscriber, ...]] = dict.fromkeys(types, ())
        if self.on:
            for one in await self._select("WHERE hospital_id = %s AND active", (hospital_id,)):
                draft = one.record.draft
                if draft.resource_type in found:
                    found[draft.resource_type] += (Subscriber(one.subscription_id, draft.criteria),)
        return found

    async def active(self, hospital_id: UUID) -> dict[UUID, str]:
        """A hospital's subscriptions that are told, with their types."""
        found = await self._select("WHERE hospital_id = %s AND active", (hospital_id,))
        return {one.subscription_id: one.record.draft.resource_type for one in found}

    async def all(self) -> list[KnownSubscription]:
        """All that there are."""
        return await self._select("", ())

    async def of_account(self, hospital_id: UUID, account_id: UUID) -> list[KnownSubscription]:
        """An account's own, the oldest first."""
        found = await self._select("WHERE hospital_id = %s", (hospital_id,))
        own = [one for one in found if one.record.account_id == account_id]
        return sorted(own, key=lambda one: one.record.made_s)

    async def _select(self, where: str, values: Sequence[object]) -> list[KnownSubscription]:
        sql = f"SELECT subscription_id, hospital_id, sealed FROM subscriptions {where}"  # noqa: S608
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(sql.encode(), values)).fetchall()
        return [KnownSubscription(one, where, self._record(one, row)) for one, where, row in rows]

    async def locked(
        self, cursor: psycopg.AsyncCursor, subscription_id: UUID
    ) -> SubscriptionRecord | None:
        """As it is, until the transaction's end."""
        await cursor.execute(
            "SELECT sealed FROM subscriptions WHERE subscription_id = %s FOR UPDATE",
            (subscription_id,),
        )
        row = await cursor.fetchone()
        return self._record(subscription_id, row[0]) if row else None

    async def put(
        self,
        cursor: psycopg.AsyncCursor,
        subscription_id: UUID,
        hospital_id: UUID,
        record: SubscriptionRecord,
    ) -> None:
        """Write one, new or anew."""
        await cursor.execute(
            "INSERT INTO subscriptions (subscription_id, hospital_id, active, sealed)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT (subscription_id)"
            " DO UPDATE SET active = excluded.active, sealed = excluded.sealed",
            (
                subscription_id,
                hospital_id,
                record.status == ACTIVE,
                self._seal(subscription_id, record),
            ),
        )

    async def remove(self, cursor: psycopg.AsyncCursor, subscription_id: UUID) -> None:
        """Forget one, with everything that was to be told by it."""
        for table in ("subscription_events", "subscriptions"):
            await cursor.execute(
                f"DELETE FROM {table} WHERE subscription_id = %s",  # noqa: S608
                (subscription_id,),
            )

    @contextlib.asynccontextmanager
    async def changing(self) -> AsyncIterator[psycopg.AsyncCursor]:
        """A transaction that nothing is logged with."""
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            yield cursor

    # --- hosts --------------------------------------------------------------------------------

    async def hosts(self, hospital_id: UUID) -> tuple[Allowed, ...]:
        """Where a hospital's systems may be told."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self.hosts_in(cursor, hospital_id)

    async def hosts_in(self, cursor: psycopg.AsyncCursor, hospital_id: UUID) -> tuple[Allowed, ...]:
        """The same, as it is until the transaction's end."""
        await cursor.execute(
            "SELECT sealed FROM subscription_hosts WHERE hospital_id = %s FOR UPDATE",
            (hospital_id,),
        )
        row = await cursor.fetchone()
        if row is None:
            return ()
        plain = self._secrets.open_row(hospital_id, row[0])
        return msgspec.json.decode(plain, type=_Hosts).allowed

    async def put_hosts(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID, allowed: Iterable[Allowed]
    ) -> None:
        """Write where a hospital's systems may be told from now on."""
        await cursor.execute(
            "INSERT INTO subscription_hosts (hospital_id, sealed) VALUES (%s, %s)"
            " ON CONFLICT (hospital_id) DO UPDATE SET sealed = excluded.sealed",
            (hospital_id, self._seal(hospital_id, _Hosts(tuple(allowed)))),
        )

    async def hospitals_with_hosts(self) -> list[UUID]:
        """Whose systems may be told anywhere."""
        async with self._pool.connection() as connection:
            rows = await connection.execute("SELECT hospital_id FROM subscription_hosts")
            return [row[0] for row in await rows.fetchall()]

    # --- events -------------------------------------------------------------------------------

    def marked(self, event: ResourceEvent) -> EventMark:
        """The row of a resource that matches."""
        subscription_id = event.subscription_id
        event_id = self._index.subscribed(subscription_id, event.resource_type, event.resource_id)
        plain = EventRecord(event.patient_id, event.resource_type, event.resource_id)
        return EventMark(
            event_id,
            subscription_id,
            self._index.subscribed_of(subscription_id, event.patient_id),
            self._seal(event_id, plain),
        )

    async def waiting(self) -> dict[UUID, int]:
        """How much matched and was not counted yet, by subscription."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT subscription_id, count(*) FROM subscription_events WHERE NOT counted"
                " GROUP BY subscription_id"
            )
            return {row[0]: int(row[1]) for row in await rows.fetchall()}

    async def events(
        self, subscription_id: UUID, *, counted: bool, limit: int | None = None
    ) -> list[KnownEvent]:
        """What matched a subscription."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT event_id, sealed FROM subscription_events"
                " WHERE subscription_id = %s AND counted = %s ORDER BY event_id LIMIT %s",
                (subscription_id, counted, limit),
            )
            found = await rows.fetchall()
        return await asyncio.to_thread(
            lambda: [KnownEvent(one, self._event(one, row)) for one, row in found]
        )

    async def count(
        self,
        known: KnownSubscription,
        visible: Sequence[KnownEvent],
        hidden: Collection[UUID],
        now_s: float,
    ) -> SubscriptionRecord | None:
        """Give what may be told its numbers, and drop what may not; the record after it, None where
        it is gone. What a door writes anew meanwhile is counted again."""
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            record = await self.locked(cursor, known.subscription_id)
            if record is None:
                return None
            before = number = record.number
            for one in visible:  # in the order that doors take them in
                number += 1
                after = msgspec.structs.replace(one.record, number=number, at_s=now_s)
                await cursor.execute(
                    "UPDATE subscription_events SET counted = true, sealed = %s"
                    " WHERE event_id = %s",
                    (self._seal(one.event_id, after), one.event_id),
                )
            await self._drop(cursor, list(hidden))
            record = msgspec.structs.replace(record, number=number)
            await self.put(cursor, known.subscription_id, known.hospital_id, record)
        if number // COUNTED_MAX > before // COUNTED_MAX:
            await self._prune(known.subscription_id, number)
        return record

    async def _prune(self, subscription_id: UUID, number: int) -> None:
        """Forget what was told of long ago."""
        kept = await self.events(subscription_id, counted=True)
        old = [one.event_id for one in kept if one.record.number <= number - EVENTS_KEPT]
        if old:
            async with self._pool.connection() as connection, connection.cursor() as cursor:
                await self._drop(cursor, old)

    async def drop_orphans(self, subscriptions: Collection[UUID]) -> None:
        """Forget what a door wrote for subscriptions that were removed in the same instant."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM subscription_events WHERE subscription_id = ANY(%b::uuid[])",
                (list(subscriptions),),
            )

    async def _drop(self, cursor: psycopg.AsyncCursor, events: Sequence[UUID]) -> None:
        if events:
            await cursor.execute(
                "DELETE FROM subscription_events WHERE event_id = ANY(%b::uuid[])", (list(events),)
            )

    # --- sealing ------------------------------------------------------------------------------

    def _seal(self, row_id: UUID, record: msgspec.Struct) -> bytes:
        return self._secrets.seal_row(row_id, msgspec.json.encode(record))

    def _record(self, row_id: UUID, sealed: bytes) -> SubscriptionRecord:
        plain = self._secrets.open_row(row_id, sealed)
        return msgspec.json.decode(plain, type=SubscriptionRecord)

    def _event(self, row_id: UUID, sealed: bytes) -> EventRecord:
        return msgspec.json.decode(self._secrets.open_row(row_id, sealed), type=EventRecord)


async def forget_subscribed(
    cursor: psycopg.AsyncCursor, index: Index, patients: Iterable[UUID]
) -> None:
    """Take what subscribers were told, or were to be told, of patients who are erased."""
    await cursor.execute("SELECT subscription_id FROM subscriptions")
    subscriptions = [row[0] for row in await cursor.fetchall()]
    tokens = [index.subscribed_of(one, patient) for one in subscriptions for patient in patients]
    if tokens:
        await cursor.execute(
            "DELETE FROM subscription_events WHERE whose = ANY(%b::bytea[])", (tokens,)
        )

"""Notices: who is to be told now that something matched, and what became of it.

A notice says nothing of what matched. What its patient let nobody know of, or what the subscriber's
role and scopes do not leave it, is dropped before it is counted. (Decision 044.)
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

import msgspec
import psycopg

from segel.broker.audit import Event, Kind, Outcome
from segel.broker.consents import Consents
from segel.broker.directory import Directory
from segel.broker.errors import (
    BrokerError,
    MessageBroken,
    SubscriptionRefused,
    SubscriptionUnknown,
)
from segel.broker.ledger import Intent, Ledger
from segel.broker.messages import Notice, SettleNotice
from segel.broker.patients import Patients
from segel.broker.policy import Permission, Principal, authorise
from segel.broker.subscription_hosts import SubscriptionHosts
from segel.broker.subscription_rows import (
    ACTIVE,
    COUNTED_MAX,
    ERROR,
    OFF,
    REQUESTED,
    KnownEvent,
    KnownSubscription,
    SubscriptionRecord,
    SubscriptionRows,
)
from segel.broker.watch import Watch
from segel.domain.clock import Clock
from segel.domain.consent import covering, decided
from segel.domain.purpose import Purpose

PAUSE_S: Final = 2.0
"""Between two notices to one host: what matched meanwhile is told by the second."""

HANDSHAKES_MAX: Final = 6
"""Attempts to have a new subscription's host answer: about a minute."""

GIVE_UP_S: Final = 86_400.0
"""After a day in which a host took nothing, its subscription is in error."""

_WORD_LENGTH_MAX: Final = 64


class Notices:
    """For the process that tells, and for the operator who stops it."""

    def __init__(
        self,
        rows: SubscriptionRows,
        hosts: SubscriptionHosts,
        directory: Directory,
        patients: Patients,
        consents: Consents,
        ledger: Ledger,
        watch: Watch,
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._hosts = hosts
        self._directory = directory
        self._patients = patients
        self._consents = consents
        self._ledger = ledger
        self._watch = watch
        self._clock = clock

    async def take(self, busy: Collection[UUID]) -> Notice | None:
        """Somebody who is to be told now. What they may not know of any more is dropped before."""
        if not self._rows.on:
            return None
        now_s = self._clock()
        waiting = await self._rows.waiting()
        every = await self._rows.all()
        if gone := waiting.keys() - {one.subscription_id for one in every}:
            await self._rows.drop_orphans(gone)
        for known in sorted(every, key=lambda one: one.record.due_s):
            if known.subscription_id in busy or known.record.due_s > now_s:
                continue
            if known.record.status not in (REQUESTED, ACTIVE):
                continue
            notice = await self._notice(known, now_s, known.subscription_id in waiting)
            if notice is not None:
                return notice
        return None

    async def _notice(self, known: KnownSubscription, now_s: float, waiting: bool) -> Notice | None:
        record = known.record
        is_new = record.status == REQUESTED
        if 0.0 < record.draft.end_s <= now_s:
            await self._turn(known, OFF, "")
            return None
        if not (is_new or waiting or record.number > record.told):
            return None
        principal = await self._principal(known, now_s)
        if principal is None:
            await self._turn(known, OFF, "account-closed")
            return None
        if principal.frozen or principal.hospital_frozen:
            return None  # it is told of it once that is lifted
        try:
            allowed = await self._hosts.require(known.hospital_id, record.draft.endpoint)
        except SubscriptionRefused:
            await self._turn(known, ERROR, "host-not-allowed")
            return None
        if waiting and not is_new:
            counted = await self._count(known, principal, now_s)
            if counted is None or counted.number <= counted.told:
                return None
            record = counted
        return Notice(
            known.subscription_id,
            record.revision,
            record.number,
            record.attempts,
            record.draft.endpoint,
            record.draft.headers,
            allowed.networks,
        )

    async def _principal(self, known: KnownSubscription, now_s: float) -> Principal | None:
        """Whoever subscribed, as the policy sees them now; None where their account is closed."""
        one = known.record
        account, hospital_id = await self._directory.account(one.account_id)
        if account.closed_s or hospital_id != known.hospital_id:
            return None
        active = self._watch.active
        return Principal(
            one.account_id,
            hospital_id,
            account.role,
            frozen=active.holds_person(one.account_id, known.subscription_id, now_s),
            hospital_frozen=active.holds_hospital(hospital_id, now_s),
            scopes=one.scopes,
        )

    async def _count(
        self, known: KnownSubscription, principal: Principal, now_s: float
    ) -> SubscriptionRecord | None:
        """Give what matched its numbers, where its patients let the subscriber know of it."""
        found = await self._rows.events(known.subscription_id, counted=False, limit=COUNTED_MAX)
        hospital = await self._directory.hospital(known.hospital_id)
        rows = await self._patients.opened(
            known.hospital_id, hospital, {one.record.patient_id for one in found}
        )
        rules = await self._consents.of({row.patient_id: row.marked for row in rows})
        purpose = known.record.purpose

        def may_know(one: KnownEvent) -> bool:
            known_rules = rules.get(one.record.patient_id, ())
            try:
                authorise(
                    principal,
                    Permission.RESOURCE_READ,
                    purpose,
                    known.hospital_id,
                    resource=one.record.resource_type,
                    consent=decided(known_rules, covering(purpose, own=False), now_s),
                )
            except BrokerError:
                return False
            return True

        here = {row.patient_id for row in rows}
        visible = [one for one in found if one.record.patient_id in here and may_know(one)]
        hidden = {one.event_id for one in found} - {one.event_id for one in visible}
        return await self._rows.count(known, visible, hidden, now_s)

    async def settle(self, told: SettleNotice) -> None:
        """Keep what became of a notice; what its system said meanwhile stays."""
        if len(told.trouble) > _WORD_LENGTH_MAX:
            raise MessageBroken("What went wrong is a word.")
        known = next(
            (one for one in await self._rows.all() if one.subscription_id == told.subscription_id),
            None,
        )
        if known is None:
            return
        after = settled(known.record, told, self._clock())
        if after is None:
            return
        if after.status != known.record.status:
            await self._turn(known, after.status, after.error, told)
            return
        async with self._rows.changing() as cursor:
            record = await self._rows.locked(cursor, known.subscription_id)
            again = settled(record, told, self._clock()) if record else None
            if again is not None:
                await self._rows.put(cursor, known.subscription_id, known.hospital_id, again)

    async def _turn(
        self, known: KnownSubscription, status: str, error: str, told: SettleNotice | None = None
    ) -> None:
        """Change how a subscription stands, in the log."""

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            record = await self._rows.locked(cursor, known.subscription_id)
            if record is None or record.revision != known.record.revision:
                return
            after = settled(record, told, self._clock()) if told else record
            if after is None:
                return
            after = msgspec.structs.replace(
                after,
                status=status,
                error=error,
                at_s=self._clock(),
                version=record.version + 1,
            )
            await self._rows.put(cursor, known.subscription_id, known.hospital_id, after)

        event = Event(
            kind=Kind.SUBSCRIPTION,
            outcome=Outcome.SUCCESS,
            account_id=known.record.account_id,
            role="",
            hospital_id=known.hospital_id,
            session_id=None,
            purpose=Purpose.OPERATIONS,
            route="courier",
            detail=" ".join(word for word in (status, error) if word),
        )
        await self._ledger.commit(Intent(event, apply=apply))

    async def stop(self, subscription_id: UUID) -> None:
        """Have nobody told by it until its system asks again. Raises SubscriptionUnknown."""
        every = await self._rows.all()
        known = next((one for one in every if one.subscription_id == subscription_id), None)
        if known is None:
            raise SubscriptionUnknown(
                "There is no such subscription.", field="id", remedy="`segel subscription list`."
            )
        await self._turn(known, OFF, "stopped-by-operator")


def settled(
    record: SubscriptionRecord, told: SettleNotice, now_s: float
) -> SubscriptionRecord | None:
    """A record after a notice arrived, or did not; None where it is about another one. Pure."""
    if record.revision != told.version or record.status not in (REQUESTED, ACTIVE):
        return None
    if not told.trouble:
        return msgspec.structs.replace(
            record,
            status=ACTIVE,
            error="",
            told=max(record.told, told.number),
            told_s=now_s,
            attempts=0,
            since_s=0.0,
            due_s=now_s + PAUSE_S,
        )
    attempts, since_s = record.attempts + 1, record.since_s or now_s
    is_new = record.status == REQUESTED
    given_up = attempts >= HANDSHAKES_MAX if is_new else now_s - since_s >= GIVE_UP_S
    return msgspec.structs.replace(
        record,
        status=ERROR if given_up else record.status,
        error=told.trouble,
        attempts=attempts,
        since_s=since_s,
        due_s=now_s + told.later_s,
    )

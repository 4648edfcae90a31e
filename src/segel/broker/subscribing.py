"""Subscriptions: who has themselves told of what, what is noted for it, and what it was.

A notice says that something matched and nothing of it. What it was, a subscriber asks for with its
own token, at a search's cost, and is not shown what a patient declined. (Decision 044.)
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.audit import Kind
from segel.broker.directory import LiveSession
from segel.broker.errors import (
    MessageBroken,
    SubscriptionChanged,
    SubscriptionRefused,
    SubscriptionUnknown,
)
from segel.broker.ledger import Intent
from segel.broker.messages import (
    HIDDEN,
    EventLine,
    EventList,
    EventMark,
    Requester,
    ResourceEvent,
    SubscriptionDraft,
    SubscriptionLine,
)
from segel.broker.patients import Patients
from segel.broker.policy import Permission
from segel.broker.releases import Asker, Releases, event_for
from segel.broker.subscription_hosts import SubscriptionHosts, refused
from segel.broker.subscription_rows import (
    ACTIVE,
    ERROR,
    OFF,
    REQUESTED,
    SUBSCRIPTIONS_MAX,
    KnownSubscription,
    SubscriptionRecord,
    SubscriptionRows,
)
from segel.domain.clock import Clock
from segel.domain.endpoints import (
    HEADERS_MAX,
    HeaderInvalid,
    parse_header,
)
from segel.domain.records import SUBSCRIBABLE, SUBSCRIPTION, Interaction
from segel.domain.scopes import IMAGING

EVENTS_SHOWN: Final = 200
"""Events in one answer; whoever wants more goes on from the last one's number."""

EVENTS_NOTED_MAX: Final = 10_000
"""Of one transaction: 500 resources, each of which meets every subscription of an account."""

DRAFT_BYTES_MAX: Final = 16 * 1024
"""A Subscription is a few lines, and every write looks at all that a hospital has."""

_PERMISSIONS: Final = {
    Interaction.CREATE: Permission.RESOURCE_CREATE,
    Interaction.READ: Permission.RESOURCE_READ,
    Interaction.UPDATE: Permission.RESOURCE_UPDATE,
    Interaction.DELETE: Permission.RESOURCE_DELETE,
    Interaction.SEARCH: Permission.RESOURCE_SEARCH,
}


class Subscribing:
    """For verified sessions: one's own subscriptions, and what whoever writes is to note."""

    def __init__(
        self,
        rows: SubscriptionRows,
        hosts: SubscriptionHosts,
        patients: Patients,
        releases: Releases,
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._hosts = hosts
        self._patients = patients
        self._releases = releases
        self._clock = clock

    # --- one's own subscriptions --------------------------------------------------------------

    async def write(
        self,
        session: LiveSession,
        asked: Requester,
        draft: SubscriptionDraft,
        subscription_id: UUID | None,
        expected: int | None,
    ) -> SubscriptionLine:
        """Subscribe, or change it. Raises SubscriptionRefused, SubscriptionUnknown, ..."""
        way = Interaction.CREATE if subscription_id is None else Interaction.UPDATE
        asker = await self._admit(session, asked, way)
        if draft.resource_type not in SUBSCRIBABLE or len(draft.body) > DRAFT_BYTES_MAX:
            raise MessageBroken("The doors know to what one may subscribe, and how large it is.")
        await self._releases.admit(
            session, asked, Permission.RESOURCE_READ, Kind.SUBSCRIPTION,
            resource=draft.resource_type,
        )  # fmt: skip
        await self._hosts.require(asker.hospital_id, draft.endpoint)
        own = await self._rows.of_account(asker.hospital_id, asker.session.claims.account_id)
        if subscription_id is None and len(own) >= SUBSCRIPTIONS_MAX:
            raise SubscriptionRefused(
                f"An account has at most {SUBSCRIPTIONS_MAX} subscriptions.",
                field="Subscription",
                remedy="Delete one, or change one that there is.",
            )
        before = self._found(own, subscription_id).record if subscription_id else None
        made_id = subscription_id or uuid4()
        written: list[SubscriptionRecord] = []

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            known = await self._rows.locked(cursor, made_id) if before else None
            if (before is None) != (known is None):
                raise _changed()
            if known is not None and expected not in (None, known.version):
                raise _changed()
            written[:] = [self._written(asker, draft, known)]
            await self._rows.put(cursor, made_id, asker.hospital_id, written[0])

        event = event_for(asker, Kind.SUBSCRIPTION, detail="changed" if before else "subscribed")
        await self._releases.commit(session, asked, Intent(event, apply=apply))
        return _line(KnownSubscription(made_id, asker.hospital_id, written[0]))

    def _written(
        self, asker: Asker, draft: SubscriptionDraft, known: SubscriptionRecord | None
    ) -> SubscriptionRecord:
        """The record of what somebody says. Raises SubscriptionRefused."""
        now_s = self._clock()
        before = known.draft.headers if known else ()
        draft = msgspec.structs.replace(draft, headers=_headers(draft.headers, before))
        told = SubscriptionRecord(
            asker.session.claims.account_id,
            asker.requester.purpose,
            asker.session.principal.scopes,
            draft,
            draft.status,
            made_s=now_s,
            at_s=now_s,
        )
        if known is None:
            if draft.status not in (REQUESTED, OFF):
                raise _not_yours_to_say()
            return told
        same = (draft.endpoint, draft.headers) == (known.draft.endpoint, known.draft.headers)
        if draft.status in (ACTIVE, ERROR) and not (same and draft.status == known.status):
            raise _not_yours_to_say()
        kept = msgspec.structs.replace(
            known,
            purpose=told.purpose,
            scopes=told.scopes,
            draft=draft,
            status=draft.status,
            at_s=now_s,
            version=known.version + 1,
            revision=known.revision + 1,
        )
        if draft.status in (ACTIVE, ERROR):
            return kept
        return msgspec.structs.replace(kept, error="", attempts=0, since_s=0.0, due_s=0.0)

    async def read(
        self,
        session: LiveSession,
        asked: Requester,
        interaction: Interaction,
        subscription_id: UUID | None,
    ) -> list[SubscriptionLine]:
        """One's own, or one of them. Raises SubscriptionUnknown, Forbidden."""
        if interaction not in (Interaction.READ, Interaction.SEARCH):
            raise MessageBroken("Reading is reading or searching.")
        asker = await self._admit(session, asked, interaction)
        own = await self._rows.of_account(asker.hospital_id, asker.session.claims.account_id)
        if subscription_id is not None:
            own = [self._found(own, subscription_id)]
        event = event_for(asker, Kind.QUERY, detail=SUBSCRIPTION)
        await self._releases.commit(session, asked, Intent(event))
        return [_line(one) for one in own]

    async def remove(
        self, session: LiveSession, asked: Requester, subscription_id: UUID, expected: int | None
    ) -> None:
        """Forget one of one's own. Raises SubscriptionUnknown, SubscriptionChanged, Forbidden."""
        asker = await self._admit(session, asked, Interaction.DELETE)
        own = await self._rows.of_account(asker.hospital_id, asker.session.claims.account_id)
        known = self._found(own, subscription_id)
        if expected not in (None, known.record.version):
            raise _changed()

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.remove(cursor, subscription_id)

        event = event_for(asker, Kind.SUBSCRIPTION, detail="removed")
        await self._releases.commit(session, asked, Intent(event, apply=apply))

    async def _admit(
        self, session: LiveSession, asked: Requester, interaction: Interaction
    ) -> Asker:
        asker = await self._releases.admit(
            session, asked, _PERMISSIONS[interaction], Kind.SUBSCRIPTION, resource=SUBSCRIPTION
        )
        if not self._rows.on:
            raise SubscriptionRefused(
                "Nobody is told of anything here.",
                field="Subscription",
                remedy="The operator has to set subscriptions = true.",
            )
        return asker

    def _found(self, own: Sequence[KnownSubscription], subscription_id: UUID) -> KnownSubscription:
        for one in own:
            if one.subscription_id == subscription_id:
                return one
        raise SubscriptionUnknown(
            "There is no such resource, or it is not one that this account may know of."
        )

    # --- what matched -------------------------------------------------------------------------

    async def note(
        self, session: LiveSession, asked: Requester, events: Sequence[ResourceEvent]
    ) -> tuple[EventMark, ...]:
        """The rows of what somebody is about to write, and may. Raises Forbidden.

        No key leaves with them; of a subscription that is none of the hospital's there is no row.
        """
        if len(events) > EVENTS_NOTED_MAX:
            raise MessageBroken(f"At most {EVENTS_NOTED_MAX} events are noted at once.")
        asker = None
        for resource_type, interaction in {(one.resource_type, one.interaction) for one in events}:
            permission = (
                Permission.STUDY_STORE if resource_type == IMAGING else _PERMISSIONS[interaction]
            )
            asker = await self._releases.admit(
                session, asked, permission, Kind.SUBSCRIPTION, resource=resource_type
            )
        if asker is None:
            return ()
        active = await self._rows.active(asker.hospital_id)
        return tuple(
            self._rows.marked(one)
            for one in events
            if active.get(one.subscription_id) == one.resource_type
        )

    async def events(
        self, session: LiveSession, asked: Requester, subscription_id: UUID, since: int, until: int
    ) -> EventList:
        """What one's own subscription was told of. Raises SubscriptionUnknown, BudgetExhausted."""
        asker = await self._admit(session, asked, Interaction.READ)
        own = await self._rows.of_account(asker.hospital_id, asker.session.claims.account_id)
        known = self._found(own, subscription_id)
        kind = known.record.draft.resource_type
        asker = await self._releases.admit(
            session, asked, Permission.RESOURCE_SEARCH, Kind.QUERY, resource=kind
        )
        last = until or known.record.number
        found = sorted(
            (
                one.record
                for one in await self._rows.events(subscription_id, counted=True)
                if since <= one.record.number <= last
            ),
            key=lambda one: one.number,
        )
        page = found[:EVENTS_SHOWN]
        rows = await self._patients.opened(
            asker.hospital_id, asker.hospital, {one.patient_id for one in page}
        )
        people = {row.patient_id: row.marked for row in rows}
        hidden = await self._releases.hidden(
            asker, Permission.RESOURCE_SEARCH, people, resource=kind
        )
        shown = [one for one in page if one.patient_id in people.keys() - hidden]
        listed = tuple(dict.fromkeys(one.patient_id for one in shown))
        event = event_for(asker, Kind.QUERY, listed=listed, detail=SUBSCRIPTION)
        charge = self._releases.reading(asker, listed, opened=False) if listed else None
        await self._releases.commit(session, asked, Intent(event, charge=charge))
        lines = [
            EventLine(one.number, one.at_s, one.resource_type, one.resource_id) for one in shown
        ]
        following = found[EVENTS_SHOWN].number if len(found) > EVENTS_SHOWN else 0
        return EventList(_line(known), lines, following)


def _headers(stated: Sequence[str], before: Sequence[str]) -> tuple[str, ...]:
    """The headers that are kept; hidden ones are those from before. Raises SubscriptionRefused."""
    if len(stated) > HEADERS_MAX:
        raise refused("header", f"At most {HEADERS_MAX} headers are sent along.", "")
    known = {text.partition(":")[0].lower(): text for text in before}
    found = []
    for text in stated:
        try:
            name, value = parse_header(text)
        except HeaderInvalid as invalid:
            raise refused("header", invalid.what, invalid.remedy) from None
        if value == HIDDEN:
            if name.lower() not in known:
                raise refused("header", "A header says nothing.", "Say what it is.")
            found.append(known[name.lower()])
        else:
            found.append(f"{name}: {value}")
    if len({text.partition(":")[0].lower() for text in found}) < len(found):
        raise refused("header", "A header stands there twice.", "Leave one away.")
    return tuple(found)


def _line(known: KnownSubscription) -> SubscriptionLine:
    record = known.record
    shown = tuple(f"{text.partition(':')[0]}: {HIDDEN}" for text in record.draft.headers)
    return SubscriptionLine(
        known.subscription_id,
        msgspec.structs.replace(record.draft, headers=shown),
        record.status,
        record.error,
        record.version,
        record.at_s,
        record.number,
    )


def _not_yours_to_say() -> SubscriptionRefused:
    return SubscriptionRefused(
        "Whether a subscription is active or in error is found out here.",
        field="Subscription.status",
        remedy="Write requested, and off to have it stop.",
    )


def _changed() -> SubscriptionChanged:
    return SubscriptionChanged(
        "The resource is not the version that was named: it was changed meanwhile.",
        field="If-Match",
        remedy="Read it again, and make the change to what it is now.",
    )

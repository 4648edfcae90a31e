"""Where hospitals' systems may have themselves told: hosts that the operator allowed."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import psycopg

from segel.broker.directory import Directory
from segel.broker.enrolments import account_event
from segel.broker.errors import SubscriptionRefused
from segel.broker.ledger import Intent, Ledger
from segel.broker.messages import HostLine, SubscriptionReport, SubscriptionState
from segel.broker.subscription_rows import SubscriptionRows
from segel.domain.endpoints import Allowed, EndpointInvalid, parse_allowed, parse_endpoint

HOSTS_MAX: Final = 50
"""Of one hospital."""


class SubscriptionHosts:
    """Allows hosts, for the operator, and looks whether one is. ``demo``: whether somebody on this
    machine may be told over HTTP."""

    def __init__(
        self, rows: SubscriptionRows, directory: Directory, ledger: Ledger, *, demo: bool
    ) -> None:
        self._rows = rows
        self._directory = directory
        self._ledger = ledger
        self._demo = demo

    async def require(self, hospital_id: UUID, endpoint: str) -> Allowed:
        """The host of an address, where the operator allowed it. Raises SubscriptionRefused."""
        try:
            place = parse_endpoint(endpoint, near=self._demo).place
        except EndpointInvalid as invalid:
            raise refused("endpoint", invalid.what, invalid.remedy) from None
        for allowed in await self._rows.hosts(hospital_id):
            if allowed.place == place:
                return allowed
        raise refused(
            "endpoint",
            "Nobody may have themselves told at this host.",
            "The operator allows it: segel subscription allow HOSPITAL HOST.",
        )

    async def allow(self, hospital_code: str, place: str, networks: Sequence[str]) -> None:
        """Let a hospital's systems be told at a host. Raises SubscriptionRefused."""
        hospital_id = await self._directory.hospital_by_code(hospital_code)
        allowed = _parsed(place, networks)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            before = await self._rows.hosts_in(cursor, hospital_id)
            kept = [one for one in before if one.place != allowed.place]
            if len(kept) >= HOSTS_MAX:
                raise refused("endpoint", f"A hospital has at most {HOSTS_MAX} hosts.", "")
            await self._rows.put_hosts(cursor, hospital_id, [*kept, allowed])

        event = account_event("subscription host allowed", hospital_id)
        await self._ledger.commit(Intent(event, apply=apply))

    async def forbid(self, hospital_code: str, place: str) -> None:
        """No more. Raises SubscriptionRefused where it was not allowed."""
        hospital_id = await self._directory.hospital_by_code(hospital_code)
        forbidden = _parsed(place, ())

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            before = await self._rows.hosts_in(cursor, hospital_id)
            kept = [one for one in before if one.place != forbidden.place]
            if len(kept) == len(before):
                raise SubscriptionRefused(
                    "This host was not allowed.", field="host", remedy="`segel subscription list`."
                )
            await self._rows.put_hosts(cursor, hospital_id, kept)

        event = account_event("subscription host forbidden", hospital_id)
        await self._ledger.commit(Intent(event, apply=apply))

    async def report(self) -> SubscriptionReport:
        """Which hosts are allowed, and how it stands with each subscription."""
        codes = {}
        waiting = await self._rows.waiting()
        every = await self._rows.all()
        with_hosts = await self._rows.hospitals_with_hosts()
        for one in {*with_hosts, *(known.hospital_id for known in every)}:
            codes[one] = (await self._directory.hospital(one)).code
        hosts = [
            HostLine(codes[one], allowed.place, allowed.networks)
            for one in with_hosts
            for allowed in await self._rows.hosts(one)
        ]
        states = [
            SubscriptionState(
                known.subscription_id,
                codes[known.hospital_id],
                await self._directory.name_of(known.record.account_id),
                known.record.draft.resource_type,
                parse_endpoint(known.record.draft.endpoint, near=True).place,
                known.record.status,
                known.record.error,
                waiting.get(known.subscription_id, 0),
                known.record.told_s,
            )
            for known in sorted(every, key=lambda one: one.record.made_s)
        ]
        hosts.sort(key=lambda one: (one.hospital, one.place))
        return SubscriptionReport(hosts, states, self._rows.on)


def _parsed(place: str, networks: Sequence[str]) -> Allowed:
    try:
        return parse_allowed(place, networks)
    except EndpointInvalid as invalid:
        raise SubscriptionRefused(invalid.what, field="host", remedy=invalid.remedy) from None


def refused(element: str, what: str, remedy: str) -> SubscriptionRefused:
    """What is wrong with an element of a channel."""
    return SubscriptionRefused(what, field=f"Subscription.channel.{element}", remedy=remedy)

"""A system's own subscriptions, for requesters whom the broker has not yet verified."""

from typing import Any
from uuid import UUID

from segel.broker import BrokerClient, EventList, Requester
from segel.broker.errors import SubscriptionChanged, SubscriptionUnknown
from segel.domain.records import SUBSCRIPTION, Interaction
from segel.records.errors import VersionConflict, no_such_resource
from segel.records.model import TAKEN_OUT, Version
from segel.records.search import Query, in_order, matches
from segel.records.subscriptions.resource import draft_of, version_of

Json = dict[str, Any]


class Subscriptions:
    """Reads and writes them. ``base``: FHIR's address as clients know it."""

    def __init__(self, broker: BrokerClient, base: str) -> None:
        self._calls = broker.subscriptions
        self._base = base

    async def create(self, asked: Requester, resource: Json) -> Version:
        """A new one. Raises ResourceInvalid, SubscriptionRefused, Forbidden."""
        return version_of(await self._calls.write(asked, draft_of(resource, self._base)))

    async def update(
        self, asked: Requester, resource: Json, resource_id: str, expected: int | None
    ) -> Version:
        """The next version of one. Raises VersionConflict, ResourceUnknown, ..."""
        draft = draft_of(resource, self._base)
        try:
            return version_of(await self._calls.write(asked, draft, _uuid(resource_id), expected))
        except SubscriptionUnknown:
            raise no_such_resource() from None
        except SubscriptionChanged as changed:
            raise _conflict(changed) from None

    async def read(self, asked: Requester, resource_id: str) -> Version:
        """One. Raises ResourceUnknown, Forbidden."""
        return version_of((await self._read(asked, _uuid(resource_id)))[0])

    async def _read(self, asked: Requester, subscription_id: UUID) -> list[Any]:
        try:
            return await self._calls.read(asked, Interaction.READ, subscription_id)
        except SubscriptionUnknown:
            raise no_such_resource() from None

    async def search(self, asked: Requester, query: Query) -> list[Json]:
        """Those of one's own that match."""
        lines = await self._calls.read(asked, Interaction.SEARCH)
        told = [version_of(one).told() for one in lines]
        return [dict(one) for one in in_order([one for one in told if matches(one, query)], query)]

    async def take_out(self, asked: Requester, resource_id: str, expected: int | None) -> Version:
        """Be told nothing more. Raises ResourceUnknown, VersionConflict, Forbidden."""
        try:
            await self._calls.remove(asked, _uuid(resource_id), expected)
        except SubscriptionUnknown:
            raise no_such_resource() from None
        except SubscriptionChanged as changed:
            raise _conflict(changed) from None
        return Version(SUBSCRIPTION, resource_id, 0, 0, TAKEN_OUT, None)

    async def events(self, asked: Requester, resource_id: str, since: int, until: int) -> EventList:
        """What one was told of. Raises ResourceUnknown, BudgetExhausted, Forbidden."""
        try:
            return await self._calls.events(asked, _uuid(resource_id), since, until)
        except SubscriptionUnknown:
            raise no_such_resource() from None


def _uuid(resource_id: str) -> UUID:
    try:
        return UUID(resource_id)
    except ValueError:
        raise no_such_resource() from None


def _conflict(changed: SubscriptionChanged) -> VersionConflict:
    return VersionConflict(changed.what, field=changed.field, remedy=changed.remedy)

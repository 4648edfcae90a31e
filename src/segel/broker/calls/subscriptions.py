"""What doors, the operator and the process that tells ask of the broker about subscriptions."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m
from segel.domain.records import Interaction

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class SubscriptionCalls:
    """``BrokerClient.subscriptions``."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    # --- doors --------------------------------------------------------------------------------

    async def write(
        self,
        requester: m.Requester,
        draft: m.SubscriptionDraft,
        subscription_id: UUID | None = None,
        expected: int | None = None,
    ) -> m.SubscriptionLine:
        """Subscribe, or change it. Raises SubscriptionRefused, SubscriptionUnknown,
        SubscriptionChanged, Forbidden."""
        asked = m.WriteSubscription(requester, draft, subscription_id, expected)
        return (await self._client.call(asked, m.SubscriptionLines)).lines[0]

    async def read(
        self,
        requester: m.Requester,
        interaction: Interaction,
        subscription_id: UUID | None = None,
    ) -> list[m.SubscriptionLine]:
        """One's own, or one of them. Raises SubscriptionUnknown, Forbidden."""
        asked = m.ReadSubscriptions(requester, interaction, subscription_id)
        return (await self._client.call(asked, m.SubscriptionLines)).lines

    async def remove(
        self, requester: m.Requester, subscription_id: UUID, expected: int | None
    ) -> None:
        """Be told nothing more. Raises SubscriptionUnknown, SubscriptionChanged, Forbidden."""
        asked = m.RemoveSubscription(requester, subscription_id, expected)
        await self._client.call(asked, m.Done)

    async def note(
        self, requester: m.Requester, events: Sequence[m.ResourceEvent]
    ) -> tuple[m.EventMark, ...]:
        """What is written beside resources, so that subscribers are told. Raises Forbidden."""
        asked = m.NoteEvents(requester, tuple(events))
        return (await self._client.call(asked, m.EventMarks)).marks

    async def events(
        self, requester: m.Requester, subscription_id: UUID, since: int, until: int
    ) -> m.EventList:
        """What a subscription was told of. Raises SubscriptionUnknown, BudgetExhausted, ..."""
        asked = m.ReadEvents(requester, subscription_id, since, until)
        return await self._client.call(asked, m.EventList)

    # --- the operator -------------------------------------------------------------------------

    async def allow(self, hospital_code: str, place: str, networks: Sequence[str]) -> None:
        """Let a hospital's systems be told at a host. Raises SubscriptionRefused, Forbidden."""
        await self._client.call(m.AllowHost(hospital_code, place, tuple(networks)), m.Done)

    async def forbid(self, hospital_code: str, place: str) -> None:
        """No more. Raises SubscriptionRefused where it was not allowed."""
        await self._client.call(m.ForbidHost(hospital_code, place), m.Done)

    async def report(self) -> m.SubscriptionReport:
        """Which hosts are allowed, and how it stands with each subscription."""
        return await self._client.call(m.ReportSubscriptions(), m.SubscriptionReport)

    async def stop(self, subscription_id: UUID) -> None:
        """Have nobody told by it. Raises SubscriptionUnknown."""
        await self._client.call(m.StopSubscription(subscription_id), m.Done)

    # --- the process --------------------------------------------------------------------------

    async def take(self, busy: Collection[UUID]) -> m.Notice | None:
        """Somebody who is to be told now."""
        return (await self._client.call(m.TakeNotice(tuple(busy)), m.NoticeWork)).notice

    async def settle(self, message: m.SettleNotice) -> None:
        """What became of a notice."""
        await self._client.call(message, m.Done)

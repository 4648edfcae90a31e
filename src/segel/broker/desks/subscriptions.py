"""Subscriptions: made by hospitals' systems, noted by who writes, told by a process of its own."""

from segel.broker import messages as m
from segel.broker.desks.offers import COURIER_ONLY, OPERATOR_ONLY, Offer
from segel.broker.live import Sessions
from segel.broker.notices import Notices
from segel.broker.subscribing import Subscribing
from segel.broker.subscription_hosts import SubscriptionHosts


class SubscriptionsDesk:
    """Answers FHIR's door, whoever writes, the operator, and the process that tells."""

    def __init__(
        self,
        sessions: Sessions,
        subscribing: Subscribing,
        hosts: SubscriptionHosts,
        notices: Notices,
    ) -> None:
        self._sessions = sessions
        self._subscribing = subscribing
        self._hosts = hosts
        self._notices = notices

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.WriteSubscription, self._write),
            Offer(m.ReadSubscriptions, self._read),
            Offer(m.RemoveSubscription, self._remove),
            Offer(m.NoteEvents, self._note),
            Offer(m.ReadEvents, self._events),
            Offer(m.AllowHost, self._allow, OPERATOR_ONLY),
            Offer(m.ForbidHost, self._forbid, OPERATOR_ONLY),
            Offer(m.ReportSubscriptions, self._report, OPERATOR_ONLY),
            Offer(m.StopSubscription, self._stop, OPERATOR_ONLY),
            Offer(m.TakeNotice, self._take, COURIER_ONLY),
            Offer(m.SettleNotice, self._settle, COURIER_ONLY),
        ]

    async def _write(self, asked: m.WriteSubscription) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        line = await self._subscribing.write(
            session, asked.requester, asked.draft, asked.subscription_id, asked.expected
        )
        return m.SubscriptionLines([line])

    async def _read(self, asked: m.ReadSubscriptions) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        lines = await self._subscribing.read(
            session, asked.requester, asked.interaction, asked.subscription_id
        )
        return m.SubscriptionLines(lines)

    async def _remove(self, asked: m.RemoveSubscription) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        await self._subscribing.remove(
            session, asked.requester, asked.subscription_id, asked.expected
        )
        return m.Done()

    async def _note(self, asked: m.NoteEvents) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return m.EventMarks(await self._subscribing.note(session, asked.requester, asked.events))

    async def _events(self, asked: m.ReadEvents) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._subscribing.events(
            session, asked.requester, asked.subscription_id, asked.since, asked.until
        )

    # --- the operator -------------------------------------------------------------------------

    async def _allow(self, asked: m.AllowHost) -> m.Reply:
        await self._hosts.allow(asked.hospital_code, asked.place, asked.networks)
        return m.Done()

    async def _forbid(self, asked: m.ForbidHost) -> m.Reply:
        await self._hosts.forbid(asked.hospital_code, asked.place)
        return m.Done()

    async def _report(self, _: m.ReportSubscriptions) -> m.Reply:
        return await self._hosts.report()

    async def _stop(self, asked: m.StopSubscription) -> m.Reply:
        await self._notices.stop(asked.subscription_id)
        return m.Done()

    # --- the process --------------------------------------------------------------------------

    async def _take(self, asked: m.TakeNotice) -> m.Reply:
        return m.NoticeWork(await self._notices.take(asked.busy))

    async def _settle(self, asked: m.SettleNotice) -> m.Reply:
        await self._notices.settle(asked)
        return m.Done()

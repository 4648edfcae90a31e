"""The desk for those who take audit entries elsewhere."""

from psycopg_pool import AsyncConnectionPool

from segel.broker import messages as m
from segel.broker.audit import Kind
from segel.broker.budgets import EXPORT_LIMITS, export_subject
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import LiveSession
from segel.broker.forwarding import Forwarder
from segel.broker.ledger import Charge, Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.opened_events import BY_AGENT, OF_ACCOUNT, OF_HOSPITAL, OpenedEvents, Slice
from segel.broker.policy import Permission, authorise
from segel.broker.releases import event_of


class AuditExportDesk:
    """Exports entries to whom they concern, and tells how far the forwarder is."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        sessions: Sessions,
        ledger: Ledger,
        events: OpenedEvents,
        forwarder: Forwarder,
    ) -> None:
        self._pool = pool
        self._sessions = sessions
        self._ledger = ledger
        self._events = events
        self._forwarder = forwarder

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.ExportAudit, self._export),
            Offer(m.FollowForwarding, self._follow, OPERATOR_ONLY),
        ]

    async def _export(self, asked: m.ExportAudit) -> m.Reply:
        requester = asked.requester
        session = await self._sessions.live(requester)
        permission = Permission.ACCOUNT_OWN_READ if asked.own else Permission.AUDIT_EXPORT
        authorise(session.principal, permission, requester.purpose, session.hospital_id)
        if asked.own:
            more, whose = OF_ACCOUNT, {"account": session.claims.account_id}
        else:
            assert session.hospital_id is not None, "the policy asks for a hospital"
            more, whose = OF_HOSPITAL, {"hospital": session.hospital_id}
        if asked.agent is not None:
            more, whose = more + BY_AGENT, {**whose, "agent": asked.agent}
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute("SELECT size FROM log_head WHERE head_id = 1")
            row = await cursor.fetchone()
            assert row is not None, "the head is made when the broker starts"
            first, until = asked.first, min(asked.until or row[0], row[0])
            if asked.since_s:
                first = max(first, await self._events.leaf_at(cursor, asked.since_s, until))
            if asked.before_s:
                until = await self._events.leaf_at(cursor, asked.before_s, until)
            found = await self._events.read(cursor, first, asked.limit, more, until=until, **whose)
        event = event_of(
            session,
            requester.purpose,
            requester.route,
            Kind.AUDIT_EXPORT,
            detail=f"{'account' if asked.own else 'hospital'} {len(found.entries)} entries",
        )
        # What is opened so far is the broker's own memory: it leaves once this is durable.
        await self._ledger.commit(Intent(event, charge=_charge(session, asked, found)))
        return m.AuditPage(
            [m.AuditLine(entry.leaf, entry.event.decode()) for entry in found.entries],
            found.next_leaf,
            until,
            complete=found.seen == 0,
            erased=found.seen - len(found.entries),
        )

    async def _follow(self, _: m.FollowForwarding) -> m.Reply:
        return await self._forwarder.status()


def _charge(session: LiveSession, asked: m.ExportAudit, found: Slice) -> Charge | None:
    """Of one's own account there is nothing that was not paid for when it was done."""
    patients = tuple({patient: None for entry in found.entries for patient in entry.patients})
    if asked.own or not patients:
        return None
    subject = export_subject(session.claims.account_id)
    return Charge(subject, EXPORT_LIMITS, patients, opened=True)

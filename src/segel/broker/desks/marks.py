"""The desk for marks that are read in what leaked: for incident officers, within a case."""

from uuid import UUID

from segel.broker import messages as m
from segel.broker.case_rules import require_open
from segel.broker.cases import Cases, Deed
from segel.broker.desks.offers import Offer
from segel.broker.policy import Permission
from segel.broker.releases import Asker
from segel.broker.tracing import Tracing, checked_readings
from segel.domain.cases import Happening


class MarksDesk:
    """Answers who got what leaked. Each question is an entry of the case's branch."""

    def __init__(self, cases: Cases, tracing: Tracing) -> None:
        self._cases = cases
        self._tracing = tracing

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.OpenMarkReading, self._open),
            Offer(m.NameMarks, self._pictures),
            Offer(m.NameRows, self._rows),
        ]

    async def _open(self, asked: m.OpenMarkReading) -> m.Reply:
        asker = await self._admit(asked.requester, asked.case_id)
        deed = Deed(Happening.TRACED, proven="what reads marks")
        await self._cases.log(asker, asked.case_id, deed)
        return m.MarkCarrier(self._tracing.carrier)

    async def _pictures(self, asked: m.NameMarks) -> m.Reply:
        asker = await self._admit(asked.requester, asked.case_id)
        checked_readings(asked.pictures)
        named = await self._tracing.pictures(asked.pictures)
        who = len({one.account_id for one in named.named})
        told = f"{len(asked.pictures)} pictures, {named.marks} marks tried, {who} accounts named"
        await self._cases.change(asker, asked.case_id, Deed(Happening.TRACED, told, proven=told))
        return named

    async def _rows(self, asked: m.NameRows) -> m.Reply:
        asker = await self._admit(asked.requester, asked.case_id)
        named = await self._tracing.rows(asked.case_id, asked.ids, asked.rows)
        told = (
            f"{len(asked.ids)} ids and {len(asked.rows)} rows, {named.recipients} recipients tried,"
            f" {len(named.named)} named"
        )
        # A sample is asked about in many questions: each is in the log, their sum in the timeline.
        await self._cases.log(asker, asked.case_id, Deed(Happening.TRACED, proven=told))
        return named

    async def _admit(self, requester: m.Requester, case_id: UUID) -> Asker:
        """An incident officer with an open case. Raises Forbidden, CaseUnknown, CaseOver."""
        asker = await self._cases.officer(requester, Permission.LEAK_TRACE)
        require_open((await self._cases.found(asker, case_id)).row.record)
        return asker

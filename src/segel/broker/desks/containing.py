"""The desk for containing a leak."""

import msgspec

from segel.broker import messages as m
from segel.broker.cases import Cases
from segel.broker.containing import Containing
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.enrolments import account_event
from segel.broker.ledger import Intent, Ledger
from segel.broker.policy import Permission
from segel.broker.releases import Asker
from segel.broker.staff import Staff


class ContainingDesk:
    """Answers officers of the organisation whose case it is."""

    def __init__(
        self,
        cases: Cases,
        containing: Containing,
        directory: Directory,
        staff: Staff,
        ledger: Ledger,
    ) -> None:
        self._cases = cases
        self._containing = containing
        self._directory = directory
        self._staff = staff
        self._ledger = ledger

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.Foresee, self._foresee),
            Offer(m.Contain, self._contain),
            Offer(m.ListContained, self._list),
            Offer(m.SetAnswering, self._set_answering, OPERATOR_ONLY),
        ]

    async def _foresee(self, asked: m.Foresee) -> m.Reply:
        asker = await self._asker(asked.requester)
        return m.Effects(await self._containing.foresee(asker, asked.case_id, asked.measures))

    async def _contain(self, asked: m.Contain) -> m.Reply:
        return await self._containing.contain(await self._asker(asked.requester), asked)

    async def _list(self, asked: m.ListContained) -> m.Reply:
        return await self._containing.listed(await self._asker(asked.requester), asked.case_id)

    async def _set_answering(self, asked: m.SetAnswering) -> m.Reply:
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        apply = self._staff.describing(
            hospital_id, lambda record: msgspec.structs.replace(record, answers=asked.answers)
        )
        what = "answers for leaks" if asked.answers else "no longer answers for leaks"
        await self._ledger.commit(Intent(account_event(what, hospital_id), apply=apply))
        return m.Done(hospital_id)

    async def _asker(self, requester: m.Requester) -> Asker:
        return await self._cases.officer(requester, Permission.LEAK_CONTAIN)

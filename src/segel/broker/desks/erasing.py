"""The desk where those who answer for a hospital's data have patients and studies erased."""

import re
from uuid import UUID

from segel.broker import messages as m
from segel.broker.audit import Kind
from segel.broker.desks.offers import Offer
from segel.broker.directory import LiveSession
from segel.broker.erasing import Erasing
from segel.broker.erasure import REFERENCE, Erasure, ErasureState, Ground
from segel.broker.erasure_rows import ErasureRows
from segel.broker.errors import ErasureRefused, Frozen
from segel.broker.keeper import Keeper
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.policy import Permission, authorise
from segel.broker.releases import event_of


class ErasingDesk:
    """Answers for the asking account's own hospital."""

    def __init__(
        self,
        sessions: Sessions,
        erasing: Erasing,
        rows: ErasureRows,
        keeper: Keeper,
        ledger: Ledger,
    ) -> None:
        self._sessions = sessions
        self._erasing = erasing
        self._rows = rows
        self._keeper = keeper
        self._ledger = ledger

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.DescribeErasure, self._describe),
            Offer(m.OrderErasure, self._order),
            Offer(m.CarryOutErasure, self._carry_out),
            Offer(m.ShowErasure, self._show),
            Offer(m.ListErasures, self._list),
            Offer(m.CertifyErasure, self._certify),
        ]

    async def _describe(self, asked: m.DescribeErasure) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester)
        subject = await self._erasing.describe(hospital_id, asked.patient_number, asked.study_uid)
        event = event_of(
            session,
            asked.requester.purpose,
            asked.requester.route,
            Kind.QUERY,
            listed=(subject.patient_id,),
            detail="described for an erasure",
        )
        await self._ledger.commit(Intent(event))
        done = [one for one in subject.before if one.state is not ErasureState.ORDERED]
        return m.ErasureSubject(
            scope="study" if subject.study_id else "patient",
            studies=subject.studies,
            instances=subject.instances,
            since=subject.since,
            erased=done[0].erasure_id if done else None,
        )

    async def _order(self, asked: m.OrderErasure) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester)
        ground, reference = _ground(asked.ground), _reference(asked.reference)
        subject = await self._erasing.describe(hospital_id, asked.patient_number, asked.study_uid)
        ordered = await self._erasing.order(
            session, asked.requester, subject, ground, reference, asked.reason
        )
        return self._report(ordered)

    async def _carry_out(self, asked: m.CarryOutErasure) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester)
        erasure = await self._own(hospital_id, asked.erasure_id)
        done = await self._erasing.carry_out(session, asked.requester, erasure)
        return self._report(done)

    async def _show(self, asked: m.ShowErasure) -> m.Reply:
        _, hospital_id = await self._admit(asked.requester)
        return self._report(await self._own(hospital_id, asked.erasure_id))

    async def _list(self, asked: m.ListErasures) -> m.Reply:
        _, hospital_id = await self._admit(asked.requester)
        return m.ErasureList(
            [self._report(one) for one in await self._rows.of_hospital(hospital_id)]
        )

    async def _certify(self, asked: m.CertifyErasure) -> m.Reply:
        _, hospital_id = await self._admit(asked.requester)
        erasure = await self._own(hospital_id, asked.erasure_id)
        if not erasure.record.certificate:
            raise ErasureRefused(
                f"The erasure is not complete: {erasure.state.name.lower()}.",
                remedy="`segel erase show` says what it waits for.",
            )
        return m.ErasureCertificate(erasure.record.certificate)

    async def _admit(self, asked: m.Requester) -> tuple[LiveSession, UUID]:
        session = await self._sessions.live(asked.token)
        if session.frozen:
            raise Frozen("The account is frozen.", remedy="Ask the data protection officer.")
        authorise(session.principal, Permission.RECORDS_ERASE, asked.purpose, session.hospital_id)
        assert session.hospital_id is not None, "the policy permits nothing without a hospital"
        return session, session.hospital_id

    async def _own(self, hospital_id: UUID, erasure_id: UUID) -> Erasure:
        erasure = await self._rows.one(erasure_id)
        if erasure is None or erasure.hospital_id != hospital_id:
            raise ErasureRefused(
                "The hospital has no erasure of this id.", remedy="segel erase list"
            )
        return erasure

    def _report(self, erasure: Erasure) -> m.ErasureReport:
        record = erasure.record
        under_way = erasure.state in (ErasureState.DESTROYED, ErasureState.ROTATED)
        return m.ErasureReport(
            erasure_id=erasure.erasure_id,
            scope="study" if erasure.study_id else "patient",
            state=erasure.state.name.lower(),
            studies=record.studies,
            instances=record.instances,
            since=record.since,
            ground=record.ground,
            reference=record.reference,
            ordered_by=record.ordered_by,
            ordered_s=record.ordered_s,
            approval_id=record.approval_id,
            approved_by=tuple(record.approved_by),
            destroyed_s=record.destroyed_s,
            completed_s=record.completed_s,
            trouble=self._keeper.work.trouble if under_way else "",
            early=record.early,
            reason=record.reason,
        )


def _ground(text: str) -> Ground:
    try:
        return Ground(text)
    except ValueError:
        raise ErasureRefused(
            "An erasure needs a ground in law.",
            field="ground",
            remedy=f"One of: {', '.join(Ground)}.",
        ) from None


def _reference(text: str) -> str:
    if re.fullmatch(REFERENCE, text) is None:
        raise ErasureRefused(
            "An erasure needs the number of the letter or ticket that it was decided in.",
            field="reference",
            remedy="Up to 64 letters, digits, dots, slashes, dashes; it stands in the certificate,"
            " so no name or patient number.",
        )
    return text

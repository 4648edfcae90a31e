"""The patient's desk: an account of their own, and who opened their record."""

from uuid import UUID

from segel.broker import messages as m
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory, LiveSession
from segel.broker.errors import AccountUnknown, Forbidden
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.policy import Permission, authorise
from segel.broker.records import Records
from segel.broker.registry import Registry
from segel.broker.releases import event_of
from segel.domain.purpose import Purpose


class RecordDesk:
    """Answers patients about their own record, and the operator who gives them accounts."""

    def __init__(
        self,
        sessions: Sessions,
        directory: Directory,
        registry: Registry,
        ledger: Ledger,
        records: Records,
        *,
        demo: bool,
    ) -> None:
        self._sessions = sessions
        self._directory = directory
        self._registry = registry
        self._ledger = ledger
        self._records = records
        self._demo = demo

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.OpenRecord, self._open),
            Offer(m.EnrolPatient, self._enrol, OPERATOR_ONLY),
        ]

    async def _open(self, asked: m.OpenRecord) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self.opened(session, asked)

    async def opened(self, session: LiveSession, asked: m.OpenRecord) -> m.RecordTrail:
        """The record of a verified session's patient; logged before it is opened."""
        patient_id = session.account.patient_id
        authorise(
            session.principal,
            Permission.RECORD_TRAIL,
            asked.requester.purpose,
            session.hospital_id,
            patient_id,
        )
        assert patient_id is not None, "the policy permits it to patients only"
        whole = asked.limit > m.PAGE_LINES
        if whole or not asked.before:
            # Under the account, not the patient: their own looking would hide who else did.
            event = event_of(
                session,
                asked.requester.purpose,
                asked.requester.route,
                Kind.RECORD_TRAIL,
                detail="file" if whole else "page",
            )
            await self._ledger.commit(Intent(event))
        return await self._records.page(patient_id, asked.before, asked.limit)

    async def _account_of(self, patient_id: UUID) -> UUID:
        account_id = await self._directory.account_of_patient(patient_id)
        if account_id is None:
            raise AccountUnknown(
                "This patient has no account.",
                field="number",
                remedy="Make one by `segel patient-account add`.",
            )
        return account_id

    async def _enrol(self, asked: m.EnrolPatient) -> m.Reply:
        if asked.demo and not self._demo:
            raise Forbidden("Demo accounts are for demo mode only.", remedy="Start with --demo.")
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        hospital = await self._directory.hospital(hospital_id)
        patient_id, name = await self._registry.patient_by_number(
            hospital_id, hospital, asked.number
        )
        if asked.known:
            return m.Done(await self._account_of(patient_id))
        account_id, new = await self._directory.enrol_patient(
            patient_id, hospital_id, demo_name=name if asked.demo else None
        )
        if new:
            event = Event(
                kind=Kind.ENROL,
                outcome=Outcome.SUCCESS,
                account_id=account_id,
                role="operator",
                hospital_id=hospital_id,
                session_id=None,
                purpose=Purpose.SYSTEM_ADMINISTRATION,
                route="operator",
                detail="account patient",
            )
            await self._ledger.commit(Intent(event))
        return m.Done(account_id)

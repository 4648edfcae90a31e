"""The one way out for a key: token → policy → budget → durable audit entry → release."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from segel.broker.audit import Event, Kind, Outcome
from segel.broker.budgets import store_subject
from segel.broker.directory import HospitalRecord, LiveSession
from segel.broker.errors import BrokerError, BrokerUnavailable, StudyUnknown
from segel.broker.ledger import Charge, Intent, Ledger, Logged
from segel.broker.limits import BudgetLimits
from segel.broker.messages import Requester, SearchResult, StudyArrival, StudyGrant, StudyQuery
from segel.broker.policy import Permission, authorise
from segel.broker.publisher import Receipts
from segel.broker.registry import ChangedMeanwhile, NewStudy, Registry, StudyRow
from segel.broker.search import Finder
from segel.broker.settings import GRANT_S
from segel.domain.purpose import Purpose

ATTEMPTS_MAX: Final = 5
"""Each lost race means that somebody else made the study: the second look finds it."""

REFUSAL_PAUSE_S: Final = 10.0
"""A crawler that is stopped writes one refusal in this time, not one a request."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A requester whose token was verified. ``hospital_id`` is where they may look."""

    session: LiveSession
    requester: Requester
    hospital_id: UUID
    hospital: HospitalRecord


class Releases:
    """Opens studies and answers searches for verified askers."""

    def __init__(
        self,
        registry: Registry,
        finder: Finder,
        ledger: Ledger,
        receipts: Receipts,
        limits: BudgetLimits,
    ) -> None:
        self._registry = registry
        self._finder = finder
        self._ledger = ledger
        self._receipts = receipts
        self._limits = limits
        self._refused: dict[UUID, float] = {}

    async def open_study(self, session: LiveSession, asked: Requester, uid: str) -> StudyGrant:
        """The key of a study, for reading. Raises StudyUnknown, Forbidden, BudgetExhausted."""
        asker = await self._admit(session, asked, Permission.STUDY_READ, Kind.READ)
        only = session.record.study_uid
        study = await self._registry.find_study(asker.hospital_id, asker.hospital, uid)
        if study is None or (only and only != uid):
            raise StudyUnknown(
                "There is no such study, or it is not one that this account may know of."
            )
        return await self._release(
            asker, study, Kind.READ, self._reading(asker, (study.patient_id,), opened=True)
        )

    async def open_for_store(
        self, session: LiveSession, asked: Requester, arrival: StudyArrival
    ) -> StudyGrant:
        """The key of the study that an arriving instance belongs to, made where it is new."""
        asker = await self._admit(session, asked, Permission.STUDY_STORE, Kind.STORE)
        for _ in range(ATTEMPTS_MAX):
            study = await self._registry.find_study(
                asker.hospital_id, asker.hospital, arrival.study_uid
            )
            if study is not None:
                return await self._release(asker, study, Kind.STORE, self._storing(asker, study))
            new = await self._registry.plan_study(asker.hospital_id, asker.hospital, arrival)
            try:
                charge = self._storing(asker, new.row)
                return await self._release(asker, new.row, Kind.STORE, charge, new=new)
            except ChangedMeanwhile:
                continue
        raise BrokerError("The study changes faster than it can be opened.", remedy="Send again.")

    async def search(
        self, session: LiveSession, asked: Requester, query: StudyQuery
    ) -> SearchResult:
        """The studies that match; each patient listed costs a fifth of an opened one."""
        asker = await self._admit(session, asked, Permission.STUDY_SEARCH, Kind.QUERY)
        page = await self._finder.find(asker.hospital_id, asker.hospital, query)
        patients = tuple({match.patient_id: None for match in page.matches})
        event = _event(asker, Kind.QUERY, listed=patients, asked=tuple(sorted(query.filters)))
        charge = self._reading(asker, patients, opened=False)
        await self._commit(asker, Intent(event, charge=charge if patients else None))
        return SearchResult(page.matches, page.complete, page.note)

    async def _admit(
        self, session: LiveSession, asked: Requester, permission: Permission, kind: Kind
    ) -> Asker:
        try:
            authorise(session.principal, permission, asked.purpose, session.hospital_id)
        except BrokerError as refusal:
            await self._log_refusal(session, asked, kind, refusal)
            raise
        assert session.hospital_id is not None
        assert session.hospital is not None
        return Asker(session, asked, session.hospital_id, session.hospital)

    async def _release(
        self,
        asker: Asker,
        study: StudyRow,
        kind: Kind,
        charge: Charge,
        *,
        new: NewStudy | None = None,
    ) -> StudyGrant:
        event = _event(asker, kind, patient_id=study.patient_id, study_id=study.study_id)
        intent = Intent(event, study.audit_key, charge, new.write if new else None)
        logged = await self._commit(asker, intent)
        return StudyGrant(
            study_id=study.study_id,
            patient_id=study.patient_id,
            hospital_id=study.hospital_id,
            scope_key=study.scope_key,
            created=new is not None,
            receipt=self._receipts.receipt(logged),
            expires_s=min(time.time() + GRANT_S, asker.session.claims.expires_s),
            attributes=study.attributes if kind is Kind.READ else {},
        )

    def _reading(self, asker: Asker, patients: tuple[UUID, ...], *, opened: bool) -> Charge:
        return Charge(
            asker.session.claims.account_id,
            self._limits.reading(asker.session.account.role),
            patients,
            opened,
            asker.hospital_id,
        )

    def _storing(self, asker: Asker, study: StudyRow) -> Charge:
        limits = self._limits.storing(asker.session.account.role)
        subject = store_subject(asker.session.claims.account_id)
        return Charge(subject, limits, (study.patient_id,), opened=True)

    async def _commit(self, asker: Asker, intent: Intent) -> Logged:
        try:
            return await self._ledger.commit(intent)
        except BrokerError as refusal:
            await self._log_refusal(asker.session, asker.requester, intent.event.kind, refusal)
            raise

    async def _log_refusal(
        self, session: LiveSession, asked: Requester, kind: Kind, refusal: BrokerError
    ) -> None:
        """Write that somebody was refused; not waited for, and not more than now and then."""
        if isinstance(refusal, BrokerUnavailable):
            return
        now_s = time.monotonic()
        account = session.claims.account_id
        if now_s - self._refused.get(account, -REFUSAL_PAUSE_S) < REFUSAL_PAUSE_S:
            return
        self._refused[account] = now_s
        event = event_of(
            session, asked.purpose, asked.route, kind, Outcome.REFUSED, detail=refusal.code
        )
        task = asyncio.create_task(self._ledger.commit(Intent(event)))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


def event_of(
    session: LiveSession,
    purpose: Purpose,
    route: str,
    kind: Kind,
    outcome: Outcome = Outcome.SUCCESS,
    *,
    patient_id: UUID | None = None,
    study_id: UUID | None = None,
    listed: tuple[UUID, ...] = (),
    detail: str = "",
    asked: tuple[str, ...] = (),
) -> Event:
    """An audit event of a session's holder."""
    return Event(
        kind=kind,
        outcome=outcome,
        account_id=session.claims.account_id,
        role=session.account.role,
        hospital_id=session.hospital_id,
        session_id=session.claims.session_id,
        purpose=purpose,
        route=route,
        patient_id=patient_id,
        study_id=study_id,
        listed=listed,
        detail=detail,
        asked=asked,
    )


def _event(
    asker: Asker,
    kind: Kind,
    *,
    patient_id: UUID | None = None,
    study_id: UUID | None = None,
    listed: tuple[UUID, ...] = (),
    asked: tuple[str, ...] = (),
) -> Event:
    return event_of(
        asker.session,
        asker.requester.purpose,
        asker.requester.route,
        kind,
        patient_id=patient_id,
        study_id=study_id,
        listed=listed,
        asked=asked,
    )

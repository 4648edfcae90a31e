"""The one way out for a key.

Token → policy → budget → decoy check → durable, witnessed audit entry → release.
"""

import asyncio
import functools
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import msgspec

from segel.broker.accesses import Access, Accesses, NewAccess, day_of
from segel.broker.alerts import Alert, AlertKind, Alerts, both
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.budgets import store_subject, told_subject
from segel.broker.consents import Consents, Marked
from segel.broker.directory import HospitalRecord, LiveSession
from segel.broker.errors import BrokerError, BrokerUnavailable, BudgetExhausted, StudyUnknown
from segel.broker.explanations import (
    DEPARTMENT,
    PATIENT_NAME,
    STUDY_NAMES,
    may_be_family,
    named_in,
)
from segel.broker.glass_deeds import GlassDeeds, glass_closed
from segel.broker.glass_rules import allowance
from segel.broker.glasses import Glass, Glasses, Opening
from segel.broker.ledger import Charge, Intent, Ledger, Logged
from segel.broker.limits import BudgetLimits
from segel.broker.messages import Requester, SearchResult, StudyArrival, StudyGrant, StudyQuery
from segel.broker.messages.marks import PictureMark
from segel.broker.national import National
from segel.broker.picture_marks import PictureMarks
from segel.broker.policy import Permission, authorise
from segel.broker.publisher import Receipts
from segel.broker.registry import ChangedMeanwhile, NewStudy, Registry, StudyRow
from segel.broker.room import Room
from segel.broker.search import Finder
from segel.broker.settings import GRANT_S
from segel.broker.subscription_rows import SubscriptionRows
from segel.broker.tripwires import Toucher, Tripwire
from segel.broker.witnessing import Witnessing
from segel.domain.consent import Rule, covering, decided
from segel.domain.dicom import JsonDataset, text_value
from segel.domain.purpose import Purpose
from segel.domain.scopes import IMAGING

ATTEMPTS_MAX: Final = 5
"""Each lost race means that somebody else made the study: the second look finds it."""

EMERGENCY_READS: Final = frozenset(
    {
        Permission.STUDY_READ,
        Permission.STUDY_SEARCH,
        Permission.RESOURCE_READ,
        Permission.RESOURCE_SEARCH,
    }
)
"""What emergency treatment needs a broken glass for; images may always be stored for it."""

INSISTING_FROM: Final = 20
"""Refusals for the budget after which the officer is told: a person reads the first and stops."""

INSISTING_MAX: Final = 10_000
"""Accounts whose refusals are counted, in memory."""

REFUSAL_PAUSE_S: Final = 10.0
"""A crawler that is stopped writes one refusal in this time, not one a request."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A requester whose token was verified. ``hospital_id`` is where they may look; ``glass`` is
    what was broken for it, where the purpose is emergency treatment."""

    session: LiveSession
    requester: Requester
    hospital_id: UUID
    hospital: HospitalRecord
    glass: Glass | None = None


class PatientKept(Protocol):
    """Somebody's row, opened."""

    @property
    def patient_id(self) -> UUID:
        """Who it is."""

    @property
    def marked(self) -> Marked:
        """What tells what they decided."""

    @property
    def audit_key(self) -> bytes:
        """The key of their audit events."""


class Releases:
    """Opens studies and answers searches for verified askers."""

    def __init__(
        self,
        registry: Registry,
        finder: Finder,
        ledger: Ledger,
        receipts: Receipts,
        limits: BudgetLimits,
        glasses: Glasses,
        glass_deeds: GlassDeeds,
        accesses: Accesses,
        alerts: Alerts,
        witnessing: Witnessing,
        tripwire: Tripwire,
        room: Room,
        consents: Consents,
        national: National,
        subscriptions: SubscriptionRows,
        picture_marks: PictureMarks,
    ) -> None:
        self._registry = registry
        self._finder = finder
        self._ledger = ledger
        self._receipts = receipts
        self._limits = limits
        self._glasses = glasses
        self._glass_deeds = glass_deeds
        self._accesses = accesses
        self._alerts = alerts
        self._witnessing = witnessing
        self._tripwire = tripwire
        self._room = room
        self._consents = consents
        self._national = national
        self._subscriptions = subscriptions
        self._picture_marks = picture_marks
        self._refused: dict[UUID, float] = {}
        self._exhausted: dict[UUID, int] = {}
        self._told: set[str] = set()
        self._soon: set[asyncio.Task[Logged]] = set()

    async def open_study(
        self,
        session: LiveSession,
        asked: Requester,
        uid: str,
        *,
        copy: bool = False,
        pictures: bool = False,
    ) -> StudyGrant:
        """The key of a study, for reading; or for the patient's own ``copy`` of it, or for
        ``pictures`` that leave, with the mark that they have to bear.

        Raises StudyUnknown, Forbidden, BudgetExhausted.
        """
        own = session.account.patient_id
        permission = Permission.RECORD_COPY if copy else Permission.STUDY_READ
        mark = self._picture_marks.of(session) if pictures else None
        kind = Kind.STUDY_COPY if copy else Kind.PICTURE_EXPORT if mark else Kind.READ
        asker = await self.admit(session, asked, permission, kind, patient_id=own)
        only = session.record.study_uid
        with self._ledger.coming():
            study = await self._registry.find_study(asker.hospital_id, asker.hospital, uid)
        if study is None or (only and only != uid) or own not in (None, study.patient_id):
            raise _no_such_study()
        stamp = self._consents.stamp
        if await self.is_hidden(asker, study, Permission.STUDY_READ):
            refusal = _no_such_study()
            self.log_declined(asker, study, Kind.READ, refusal)
            raise refusal
        charge = None if own else self.reading(asker, (study.patient_id,), opened=True)
        grant = await self._release(asker, study, kind, charge, mark=mark)
        return msgspec.structs.replace(grant, consents=stamp)

    async def open_for_store(
        self, session: LiveSession, asked: Requester, arrival: StudyArrival
    ) -> StudyGrant:
        """The key of the study that an arriving instance belongs to, made where it is new."""
        asker = await self.admit(session, asked, Permission.STUDY_STORE, Kind.STORE)
        for _ in range(ATTEMPTS_MAX):
            study = await self._registry.find_study(
                asker.hospital_id, asker.hospital, arrival.study_uid
            )
            if study is not None:
                return await self._release(
                    asker, study, Kind.STORE, self.storing(asker, study.patient_id)
                )
            new = await self._registry.plan_study(
                asker.hospital_id,
                asker.hospital,
                arrival,
                plants=session.record.plants,
            )
            try:
                charge = self.storing(asker, new.row.patient_id)
                return await self._release(asker, new.row, Kind.STORE, charge, new=new)
            except ChangedMeanwhile:
                continue
        raise BrokerError("The study changes faster than it can be opened.", remedy="Send again.")

    async def search(
        self, session: LiveSession, asked: Requester, query: StudyQuery
    ) -> SearchResult:
        """The studies that match; each patient listed costs a fifth of an opened one."""
        own = session.account.patient_id if query.patient_id is not None else None
        if own != query.patient_id:
            own = None
        asker = await self.admit(
            session, asked, Permission.STUDY_SEARCH, Kind.QUERY, patient_id=own
        )
        hiding = functools.partial(self.hidden, asker, Permission.STUDY_SEARCH)
        page = await self._finder.find(asker.hospital_id, asker.hospital, query, hiding)
        patients = tuple({match.patient_id: None for match in page.matches})
        event = event_for(asker, Kind.QUERY, listed=patients, asked=tuple(sorted(query.filters)))
        charge = self.reading(asker, patients, opened=False) if patients and not own else None
        await self._commit(asker, self.noted(asker, Intent(event, charge=charge)))
        return SearchResult(page.matches, page.complete, page.note)

    async def admit(
        self,
        session: LiveSession,
        asked: Requester,
        permission: Permission,
        kind: Kind,
        *,
        resource: str = IMAGING,
        patient_id: UUID | None = None,
        ids_only: bool = False,
    ) -> Asker:
        """Somebody who may, under the policy. Raises Forbidden, Frozen; a refusal is logged.

        ``resource``: the FHIR type of what is asked for; ``patient_id``: whose it is, where known;
        ``ids_only``: as in ``authorise``.
        """
        glass = None
        try:
            if asked.purpose is Purpose.EMERGENCY_TREATMENT and permission in EMERGENCY_READS:
                glass = await self._glasses.open_of(session.claims.account_id)
                if glass is None:
                    raise glass_closed()
            authorise(
                session.principal,
                permission,
                asked.purpose,
                session.hospital_id,
                patient_id,
                emergency=glass is not None,
                resource=resource,
                ids_only=ids_only,
            )
        except BrokerError as refusal:
            await self._log_refusal(session, asked, kind, refusal)
            raise
        assert session.hospital_id is not None
        assert session.hospital is not None
        return Asker(session, asked, session.hospital_id, session.hospital, glass)

    async def hidden(
        self,
        asker: Asker,
        permission: Permission,
        patients: Mapping[UUID, Marked],
        resource: str = IMAGING,
    ) -> frozenset[UUID]:
        """Who of these patients declined what is asked: to the asker they are not there.

        ``resource``: the FHIR type of what is asked for.
        """
        rules = await self._consents.of(patients)
        return frozenset(
            patient
            for patient, known in rules.items()
            if not self._is_permitted(asker, permission, patient, known, resource)
        )

    async def is_hidden(
        self,
        asker: Asker,
        patient: PatientKept,
        permission: Permission,
        resources: Iterable[str] = (IMAGING,),
    ) -> bool:
        """Whether a patient declined what is asked, of any of these types."""
        one = patient.patient_id
        known = (await self._consents.of({one: patient.marked})).get(one)
        return known is not None and not all(
            self._is_permitted(asker, permission, one, known, resource) for resource in resources
        )

    def _is_permitted(
        self,
        asker: Asker,
        permission: Permission,
        patient: UUID,
        rules: tuple[Rule, ...],
        resource: str,
    ) -> bool:
        own = asker.session.account.patient_id == patient
        purpose = covering(asker.requester.purpose, own=own)
        decision = decided(rules, purpose, self._ledger.now())
        if decision is None:  # as it was admitted
            return True
        try:
            authorise(
                asker.session.principal,
                permission,
                asker.requester.purpose,
                asker.hospital_id,
                patient if own else None,
                emergency=asker.glass is not None,
                resource=resource,
                consent=decision,
            )
        except BrokerError:
            return False
        return True

    def log_declined(
        self, asker: Asker, patient: PatientKept, kind: Kind, refusal: BrokerError
    ) -> None:
        """Write, where the patient sees it, that somebody was kept from their record by what they
        decided; not waited for, and not more than now and then."""
        event = event_of(
            asker.session,
            asker.requester.purpose,
            asker.requester.route,
            kind,
            Outcome.REFUSED,
            patient_id=patient.patient_id,
            detail=refusal.code,
        )
        self._log_refused(asker.session, Intent(event, patient.audit_key))

    async def _release(
        self,
        asker: Asker,
        study: StudyRow,
        kind: Kind,
        charge: Charge | None,
        *,
        new: NewStudy | None = None,
        mark: PictureMark | None = None,
    ) -> StudyGrant:
        event = event_for(
            asker,
            kind,
            patient_id=study.patient_id,
            study_id=study.study_id,
            detail=f"mark {mark.mark_id}" if mark else "",
        )
        reads = kind is not Kind.STORE
        attributes = study.attributes if reads else {}
        told = {} if reads else await self._subscriptions.of_types(asker.hospital_id, (IMAGING,))
        write = new.write if new else None
        if kind is Kind.STORE:
            marking = self._national.marking(asker.hospital_id, study.patient_id)
            write = both(write, marking) if marking else write
        if mark is not None:
            write = self._picture_marks.noting(mark, asker.session)
        intent = Intent(event, study.audit_key, charge, write)
        if reads and not asker.session.record.plants:
            # Whoever plants is no person to be asked why, and nobody is about their own record.
            access = self._access(asker, study, attributes) if charge else None
            logged = await self.watched(asker, study.patient_id, intent, access)
        else:
            logged = await self._commit(asker, self.noted(asker, intent))
        until_s = asker.session.claims.expires_s
        if asker.glass is not None:
            until_s = min(until_s, int(asker.glass.record.until_s))
        return StudyGrant(
            study_id=study.study_id,
            patient_id=study.patient_id,
            hospital_id=study.hospital_id,
            scope_key=study.scope_key,
            created=new is not None,
            receipt=self._receipts.receipt(logged),
            expires_s=min(time.time() + GRANT_S, until_s),
            attributes=attributes,
            report_mark=self._finder.marks.of(study.study_id) if kind is Kind.READ else b"",
            subscribers=told.get(IMAGING, ()),
            mark=mark,
        )

    async def watched(
        self, asker: Asker, patient_id: UUID, intent: Intent, access: NewAccess | None
    ) -> Logged:
        """Log and charge that somebody opens a patient's record, with all that watches over it:
        the tripwire of a decoy, and the officer's list."""
        who = _toucher(asker)
        trip = self._tripwire.guarded(patient_id, who)
        if trip is not None:
            intent.apply = both(intent.apply, trip)
        intent.access = access
        logged = await self._commit(asker, self.noted(asker, intent))
        if access is not None:
            self._accesses.written(access.access_id)
        if trip is not None:
            self._log_soon(*self._tripwire.events(who))
        return logged

    def reading(self, asker: Asker, patients: tuple[UUID, ...], *, opened: bool) -> Charge:
        """What reading these patients costs the asker."""
        glass = asker.glass
        return Charge(
            asker.session.claims.account_id,
            self._limits.reading(asker.session.account.role),
            patients,
            opened,
            asker.hospital_id,
            (glass.glass_id, (allowance(glass.record.patients),)) if glass else None,
        )

    def storing(self, asker: Asker, *patients: UUID) -> Charge:
        """What writing to these patients' records costs the asker."""
        limits = self._limits.storing(asker.session.account.role)
        subject = store_subject(asker.session.claims.account_id)
        return Charge(subject, limits, patients, opened=True)

    def telling(self, asker: Asker, *patients: UUID) -> Charge:
        """What it costs to tell the national platform of these patients: counted apart, so that
        nobody who treats is refused for it."""
        limits = self._limits.reading(asker.session.account.role)
        subject = told_subject(asker.session.claims.account_id)
        return Charge(subject, limits, patients, opened=True)

    def _access(self, asker: Asker, study: StudyRow, attributes: JsonDataset) -> NewAccess | None:
        """What the officer's list keeps of a reading, with what the study itself says of it."""
        access_id = self._first_access(asker, study.study_id)
        if access_id is None:
            return None
        name = asker.session.account.name
        return self._listed_access(
            asker,
            access_id,
            study.patient_id,
            text_value(attributes, PATIENT_NAME),
            study_id=study.study_id,
            named_as=tuple(named_in(attributes, name, STUDY_NAMES)),
            department=text_value(attributes, DEPARTMENT),
        )

    def chart_access(self, asker: Asker, patient_id: UUID, name: str) -> NewAccess | None:
        """What the officer's list keeps of opening a chart. ``name``: the patient's."""
        access_id = self._first_access(asker, patient_id)
        return self._listed_access(asker, access_id, patient_id, name) if access_id else None

    def _first_access(self, asker: Asker, opened: UUID) -> UUID | None:
        """None where the list has it: of an account, what it opened and a day the first counts."""
        account_id, at_s = asker.session.claims.account_id, self._ledger.now()
        access_id = self._accesses.id_of(account_id, opened, at_s)
        return None if self._accesses.is_written(access_id) else access_id

    def _listed_access(
        self,
        asker: Asker,
        access_id: UUID,
        patient_id: UUID,
        patient_name: str,
        *,
        study_id: UUID | None = None,
        named_as: tuple[str, ...] = (),
        department: str = "",
    ) -> NewAccess:
        account = asker.session.account
        access = Access(
            account_id=asker.session.claims.account_id,
            account=account.name,
            role=account.role,
            hospital_id=asker.hospital_id,
            patient_id=patient_id,
            study_id=study_id,
            at_s=self._ledger.now(),
            purpose=asker.requester.purpose,
            named_as=named_as,
            same_name=may_be_family(account.name, patient_name),
            department=department,
        )
        return self._accesses.noted(access_id, access)

    def now(self) -> float:
        """Unix time, as the log has it."""
        return self._ledger.now()

    def receipt(self, logged: Logged) -> bytes:
        """The proof that something was logged, as JSON."""
        return self._receipts.receipt(logged)

    def noted(self, asker: Asker, intent: Intent) -> Intent:
        """The intent, with what a reviewer of the open break-glass will see of it."""
        if asker.glass is None:
            return intent

        def opening(now_s: float) -> Opening:
            event = intent.event
            return Opening(
                at_s=now_s,
                kind=event.kind.name,
                patients=(event.patient_id,) if event.patient_id else event.listed,
                study_id=event.study_id,
                beyond=event.beyond_budget,
            )

        intent.apply = both(intent.apply, self._glass_deeds.opening(asker.glass, opening))
        return intent

    async def commit(self, session: LiveSession, asked: Requester, intent: Intent) -> Logged:
        """Log and charge what is about to leave the broker, where it may leave at all.

        Raises BudgetExhausted, Frozen, BrokerUnavailable; a refusal is logged, too.
        """
        try:
            return await self.release(intent)
        except BrokerError as refusal:
            await self._log_refusal(session, asked, intent.event.kind, refusal)
            raise

    async def release(self, intent: Intent) -> Logged:
        """The same for who has no session: whoever asks says what a refusal means.

        Raises BudgetExhausted, Frozen, BrokerUnavailable.
        """
        self._room.require()
        await self._witnessing.ready()
        logged = await self._ledger.commit(intent)
        await self._witnessing.covered()
        return logged

    async def _commit(self, asker: Asker, intent: Intent) -> Logged:
        return await self.commit(asker.session, asker.requester, intent)

    def _is_insisting(self, account: UUID) -> bool:
        """Whether this is the refusal after which an account's officer is told."""
        if len(self._exhausted) >= INSISTING_MAX:
            self._exhausted.clear()
            self._told.clear()
        self._exhausted[account] = self._exhausted.get(account, 0) + 1
        return self._exhausted[account] % INSISTING_FROM == 0

    def _worth_telling(self, session: LiveSession, refusal: BudgetExhausted) -> Iterator[Alert]:
        """What officers are told of a refusal, each once a day: that an account goes on asking at
        its budget, as a crawler does, and that nobody of a hospital gets anything any more.
        """
        account, day = session.claims.account_id, day_of(self._ledger.now())
        if self._is_insisting(account):
            yield Alert(
                AlertKind.BUDGET_EXHAUSTED,
                session.hospital_id,
                account,
                once_for=f"{account} {day}",
            )
        if refusal.whose != "account":
            hospital_id = session.hospital_id if refusal.whose == "hospital" else None
            once_for = f"{hospital_id or 'estate'} {day}"
            if once_for not in self._told:
                yield Alert(
                    AlertKind.SHARED_BUDGET_EXHAUSTED,
                    hospital_id,
                    detail=refusal.whose,
                    once_for=once_for,
                )

    async def _tell(self, session: LiveSession, asked: Requester, kind: Kind, alert: Alert) -> None:
        if await self._alerts.is_raised(alert):
            self._told.add(alert.once_for)
            return
        event = event_of(
            session, asked.purpose, asked.route, kind, Outcome.REFUSED, detail=alert.kind
        )
        await self._ledger.commit(self._alerts.raised_with(Intent(event), alert))

    async def _log_refusal(
        self, session: LiveSession, asked: Requester, kind: Kind, refusal: BrokerError
    ) -> None:
        """Write that somebody was refused; not waited for, and not more than now and then."""
        if isinstance(refusal, BrokerUnavailable):
            return
        if isinstance(refusal, BudgetExhausted):
            for alert in self._worth_telling(session, refusal):
                await self._tell(session, asked, kind, alert)
        event = event_of(
            session, asked.purpose, asked.route, kind, Outcome.REFUSED, detail=refusal.code
        )
        self._log_refused(session, Intent(event))

    def _log_refused(self, session: LiveSession, intent: Intent) -> None:
        now_s, account = time.monotonic(), session.claims.account_id
        if now_s - self._refused.get(account, -REFUSAL_PAUSE_S) < REFUSAL_PAUSE_S:
            return
        self._refused[account] = now_s
        self._log_soon(intent)

    def _log_soon(self, *intents: Intent) -> None:
        """Write entries that nobody waits for."""
        for intent in intents:
            task = asyncio.create_task(self._ledger.commit(intent))
            self._soon.add(task)
            task.add_done_callback(self._logged)

    def _logged(self, task: "asyncio.Task[Logged]") -> None:
        self._soon.discard(task)
        if not task.cancelled():
            task.exception()


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
    break_glass_id: UUID | None = None,
    folders: tuple[tuple[str, UUID], ...] = (),
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
        break_glass_id=break_glass_id,
        folders=folders,
    )


def event_for(
    asker: Asker,
    kind: Kind,
    *,
    patient_id: UUID | None = None,
    study_id: UUID | None = None,
    listed: tuple[UUID, ...] = (),
    asked: tuple[str, ...] = (),
    detail: str = "",
    folders: tuple[tuple[str, UUID], ...] = (),
) -> Event:
    """An audit event of an asker."""
    return event_of(
        asker.session,
        asker.requester.purpose,
        asker.requester.route,
        kind,
        patient_id=patient_id,
        study_id=study_id,
        listed=listed,
        asked=asked,
        detail=detail,
        folders=folders,
        break_glass_id=asker.glass.glass_id if asker.glass else None,
    )


def _no_such_study() -> StudyUnknown:
    """The same for what is absent, another hospital's, or declined."""
    return StudyUnknown("There is no such study, or it is not one that this account may know of.")


def _toucher(asker: Asker) -> Toucher:
    claims = asker.session.claims
    return Toucher(claims.account_id, claims.session_id, asker.hospital_id)

"""Erasing a patient, or one study: described, ordered, and done once a second person agreed.

Done means here: the key and everything sealed under it are out of the database, in the transaction
that logs it. What makes older copies worthless, too, is the keeper's work (``erasure_end``).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Protocol
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.approvals import Approvals
from segel.broker.audit import Kind
from segel.broker.destruction import Destroyed, destroy_patients, destroy_study
from segel.broker.directory import HospitalRecord, LiveSession
from segel.broker.erasure import (
    ARTICLES,
    Erasure,
    ErasureRecord,
    ErasureState,
    Ground,
    is_early,
    kept_until,
)
from segel.broker.erasure_rows import ErasureRows
from segel.broker.errors import BrokerError, BrokerUnavailable, ErasureRefused
from segel.broker.holds import Holds
from segel.broker.index import Index
from segel.broker.keeper import Keeper
from segel.broker.keyring import Keyring, label_of
from segel.broker.last_visits import LastVisits, Visited
from segel.broker.ledger import Intent, Ledger
from segel.broker.lookups import holders
from segel.broker.messages import ApprovalKind, Requester
from segel.broker.patient_keys import PATIENT_SCOPES, PatientKeys
from segel.broker.reasons import REASON_LENGTH_MAX, checked_reason
from segel.broker.registry import ChangedMeanwhile, Registry
from segel.broker.releases import event_of
from segel.domain.clock import Clock
from segel.domain.identifiers import parse_nik
from segel.domain.subject_requests import RETENTION_ARTICLE
from segel.keys import KmsError
from segel.sealing import study_scope

ATTEMPTS_MAX: Final = 5
"""Each lost race means that something was stored for the patient meanwhile."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what an erasure would take, told without telling who it is."""

    patient_id: UUID
    study_id: UUID | None
    studies: int
    instances: int
    since: str
    before: Sequence[Erasure] = ()


@dataclass(frozen=True, slots=True)
class _Renewal:
    """A patient's key for everything but the study that goes."""

    studies: frozenset[UUID]
    sealed_kept: bytes | None
    wrapped: bytes = field(repr=False)
    keys: PatientKeys = field(repr=False)


class Erasing:
    """For sessions that the policy lets erase (``desks/erasing``)."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        index: Index,
        registry: Registry,
        keyring: Keyring,
        ledger: Ledger,
        keeper: Keeper,
        rows: ErasureRows,
        approvals: Approvals,
        visits: LastVisits,
        holds: Holds,
        clock: Clock,
        retention_years: int,
    ) -> None:
        self._pool = pool
        self._index = index
        self._registry = registry
        self._keyring = keyring
        self._ledger = ledger
        self._keeper = keeper
        self._rows = rows
        self._approvals = approvals
        self._visits = visits
        self._holds = holds
        self._clock = clock
        self._years = retention_years

    async def describe(
        self, hospital_id: UUID, patient_number: str = "", study_uid: str = ""
    ) -> Subject:
        """What a number or a study UID stands for in a hospital. Raises ErasureRefused."""
        if bool(patient_number.strip()) == bool(study_uid.strip()):
            raise ErasureRefused(
                "It is not clear what is to be erased.",
                remedy="Give a patient's number, or a study's UID.",
            )
        if study_uid:
            tokens = [self._index.study(hospital_id, study_uid.strip())]
        else:
            tokens = [self._index.medical_record(hospital_id, patient_number)]
            if parse_nik(patient_number.strip()):
                tokens.append(self._index.nik(hospital_id, patient_number.strip()))
        async with self._pool.connection() as connection:
            async with connection.cursor() as cursor:
                found = await holders(cursor, tokens)
            if not found:
                raise ErasureRefused(
                    "The hospital has no patient of this number, or no study of this UID.",
                    remedy="Look it up in the worklist; a number is the hospital's own or a NIK.",
                )
            target, patient_id = next(found[token] for token in tokens if token in found)
            study_id = target if study_uid else None
            studies, instances, since = await _counted(connection, patient_id, study_id)
        before = await self._rows.of_subject(patient_id, study_id)
        return Subject(patient_id, study_id, studies, instances, since, before)

    async def of_patient(self, patient_id: UUID) -> Subject:
        """A patient whom somebody else has found."""
        async with self._pool.connection() as connection:
            counted = await _counted(connection, patient_id, None)
        before = await self._rows.of_subject(patient_id, None)
        return Subject(patient_id, None, *counted, before)

    async def kept_until(self, hospital: HospitalRecord, patient_id: UUID) -> date | None:
        """The first day on which a patient's record may go; None: it need not be kept, or it may
        go today."""
        visited = (await self._visits.of(hospital, [patient_id]))[patient_id].day
        until = kept_until(visited, self._years)
        return until if until and until > self._today() else None

    async def order(
        self,
        session: LiveSession,
        asked: Requester,
        subject: Subject,
        ground: Ground,
        reference: str,
        reason: str = "",
    ) -> Erasure:
        """Write down that it is to be erased; nothing is erased yet.

        What ends a medical record before its time takes a ``reason`` in words, and the approval of
        two. Raises ErasureRefused, HeldBack, ReasonMissing.
        """
        assert session.hospital_id is not None
        assert session.hospital is not None
        if done := [one for one in subject.before if one.state is not ErasureState.ORDERED]:
            raise ErasureRefused(
                f"This is erased already: {done[0].erasure_id}.",
                remedy=f"segel erase show {done[0].erasure_id}",
            )
        await self._holds.require_free(session.hospital_id, subject.patient_id)
        visits = await self._visits.of(session.hospital, [subject.patient_id])
        early = is_early(ground, visits[subject.patient_id].day, self._years, self._today())
        erasure_id = uuid4()
        record = ErasureRecord(
            ground=ground,
            reference=reference,
            ordered_by=session.claims.account_id,
            ordered_s=self._clock(),
            studies=subject.studies,
            instances=subject.instances,
            since=subject.since,
            tokens=await self._rows.tokens(subject.patient_id, subject.study_id),
            early=early,
            reason=checked_reason(reason) if early else "",
        )
        erasure = Erasure(
            erasure_id,
            subject.patient_id,
            subject.study_id,
            session.hospital_id,
            ErasureState.ORDERED,
            record,
        )
        why = f"{ground}, {ARTICLES[ground]}: {reference}"
        approval_id = await self._approvals.request(
            session,
            asked,
            approval_of(record),
            matter(erasure),
            f"{why}. {record.reason}"[:REASON_LENGTH_MAX] if early else why,
        )
        record = msgspec.structs.replace(record, approval_id=approval_id)
        erasure = msgspec.structs.replace(erasure, record=record)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.insert(cursor, erasure)

        detail = f"erasure {erasure.erasure_id} ordered, {ground}"
        await self._log(session, asked, erasure, detail, apply)
        return erasure

    async def carry_out(self, session: LiveSession, asked: Requester, erasure: Erasure) -> Erasure:
        """Take the key and the rows, for good. Again: nothing changes. Raises BrokerError."""
        for _ in range(ATTEMPTS_MAX):
            try:
                done = await self._destroy(session, asked, erasure)
            except ChangedMeanwhile:
                continue
            self._keeper.wake()
            return done
        raise BrokerError("The patient's record changes faster than it can be erased.",
                          remedy="Try again when nothing more arrives for it.")  # fmt: skip

    async def _destroy(self, session: LiveSession, asked: Requester, erasure: Erasure) -> Erasure:
        assert session.hospital is not None
        if erasure.state is not ErasureState.ORDERED:
            return erasure
        seen = await self._still_due(session.hospital, erasure)
        renewal = await self._renewal(session.hospital, erasure)
        approval_id, done = erasure.record.approval_id, erasure
        assert approval_id is not None, "an order asks for its approval"

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            nonlocal done
            state = await self._rows.state_of(cursor, erasure.erasure_id)
            if state is not ErasureState.ORDERED:
                raise ErasureRefused("This was erased in the same moment.",
                                     remedy="`segel erase show` shows how far it is.")  # fmt: skip
            await self._holds.require_free(erasure.hospital_id, erasure.patient_id, cursor)
            if not await self._visits.is_unchanged(cursor, erasure.patient_id, seen):
                raise ChangedMeanwhile
            if renewal is not None:
                await self._require_unchanged(cursor, erasure, renewal)
            approval = await self._approvals.consume(
                cursor, approval_id, approval_of(erasure.record), matter(erasure)
            )
            gone = await _destroyed(cursor, erasure, renewal)
            record = msgspec.structs.replace(
                erasure.record,
                studies=gone.studies,
                instances=gone.instances,
                approved_by=[decision.by for decision in approval.decisions],
                destroyed_s=self._clock(),
            )
            done = msgspec.structs.replace(erasure, state=ErasureState.DESTROYED, record=record)
            await self._rows.move_on(cursor, done)

        what = "study" if erasure.study_id else "patient"
        detail = (
            f"erasure {erasure.erasure_id}: the {what}'s key destroyed, {erasure.record.ground}"
        )
        await self._log(session, asked, erasure, detail, apply)
        return done

    async def _still_due(self, hospital: HospitalRecord, erasure: Erasure) -> Visited:
        """What is there now. Raises ErasureRefused where the patient was seen since the order."""
        seen = (await self._visits.of(hospital, [erasure.patient_id]))[erasure.patient_id]
        ground = erasure.record.ground
        if not erasure.record.early and is_early(ground, seen.day, self._years, self._today()):
            raise ErasureRefused(
                "Something came to this record since its erasure was ordered: it is a medical"
                f" record that has to be kept ({RETENTION_ARTICLE}).",
                remedy="Order it again, with the reason why it ends before its time.",
            )
        return seen

    async def _renewal(self, hospital: HospitalRecord, erasure: Erasure) -> _Renewal | None:
        """The new key of a patient of whom one study goes; None where the patient goes whole."""
        if erasure.study_id is None:
            return None
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT wrapped_key, kept_keys FROM patients WHERE patient_id = %s",
                    (erasure.patient_id,),
                )
            ).fetchone()
            studies = await _studies_of(connection.cursor(), erasure.patient_id)
        if row is None or row[0] is None:
            raise ErasureRefused(
                "The patient was erased; with them this study.", remedy="segel erase list"
            )
        patient_id = erasure.patient_id
        keys = await self._registry.open_patient(hospital.kek_id, patient_id, *row)
        staying = [study_scope(one) for one in studies if one != erasure.study_id]
        renewed = keys.renewed(patient_id, [*PATIENT_SCOPES, *staying])
        try:
            wrapped = await asyncio.to_thread(
                self._keyring.wrap, hospital.kek_id, renewed.key, patient_id.bytes
            )
        except KmsError as failure:
            raise BrokerUnavailable(failure.what, remedy=failure.remedy) from failure
        return _Renewal(studies, row[1], wrapped, renewed)

    async def _require_unchanged(
        self, cursor: psycopg.AsyncCursor, erasure: Erasure, renewal: _Renewal
    ) -> None:
        """Raises ChangedMeanwhile where the new key would not open all that stays."""
        await cursor.execute(
            "SELECT p.kept_keys, h.key_floor FROM patients p JOIN hospitals h USING (hospital_id)"
            " WHERE p.patient_id = %s AND p.wrapped_key IS NOT NULL",
            (erasure.patient_id,),
        )
        row = await cursor.fetchone()
        if (
            row is None
            or row[0] != renewal.sealed_kept
            or label_of(renewal.wrapped) < row[1]
            or await _studies_of(cursor, erasure.patient_id) != renewal.studies
        ):
            raise ChangedMeanwhile

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()

    async def _log(
        self,
        session: LiveSession,
        asked: Requester,
        erasure: Erasure,
        detail: str,
        apply: "_Apply",
    ) -> None:
        event = event_of(
            session,
            asked.purpose,
            asked.route,
            Kind.ERASE,
            patient_id=erasure.patient_id,
            study_id=erasure.study_id,
            detail=detail,
        )
        await self._ledger.commit(Intent(event, apply=apply))


def approval_of(record: ErasureRecord) -> ApprovalKind:
    """Before its time it takes the approval of two."""
    return ApprovalKind.EARLY_ERASURE if record.early else ApprovalKind.ERASURE


def matter(erasure: Erasure) -> dict[str, str]:
    """What is agreed to: exactly this erasure, as it was ordered."""
    record = erasure.record
    return {
        "erasure": str(erasure.erasure_id),
        "scope": "study" if erasure.study_id else "patient",
        "studies": str(record.studies),
        "instances": str(record.instances),
        "since": record.since or "-",
        "ground": record.ground,
        "reference": record.reference,
    }


class _Apply(Protocol):
    async def __call__(self, cursor: psycopg.AsyncCursor, /) -> None: ...


async def _destroyed(
    cursor: psycopg.AsyncCursor, erasure: Erasure, renewal: _Renewal | None
) -> Destroyed:
    if renewal is None:
        return await destroy_patients(cursor, [erasure.patient_id])
    assert erasure.study_id is not None
    await cursor.execute(
        "UPDATE patients SET wrapped_key = %s, kept_keys = %s WHERE patient_id = %s",
        (renewal.wrapped, renewal.keys.sealed_kept, erasure.patient_id),
    )
    return await destroy_study(cursor, erasure.patient_id, erasure.study_id)


async def _counted(
    connection: psycopg.AsyncConnection, patient_id: UUID, study_id: UUID | None
) -> tuple[int, int, str]:
    """Studies, instances (those kept aside with them), and the month of the first."""
    here = {"patient": patient_id, "study": study_id}
    rows = await connection.execute(
        "SELECT count(*), min(month) FROM studies WHERE patient_id = %(patient)s"
        " AND (%(study)s::uuid IS NULL OR study_id = %(study)s)",
        here,
    )
    studies = await rows.fetchone()
    rows = await connection.execute(
        "SELECT (SELECT count(*) FROM instances WHERE patient_id = %(patient)s"
        " AND (%(study)s::uuid IS NULL OR study_id = %(study)s))"
        " + (SELECT count(*) FROM conflicts WHERE patient_id = %(patient)s"
        " AND (%(study)s::uuid IS NULL OR study_id = %(study)s))",
        here,
    )
    instances = await rows.fetchone()
    assert studies is not None
    assert instances is not None
    return studies[0], instances[0], f"{studies[1]:%Y-%m}" if studies[1] else ""


async def _studies_of(cursor: psycopg.AsyncCursor, patient_id: UUID) -> frozenset[UUID]:
    await cursor.execute("SELECT study_id FROM studies WHERE patient_id = %s", (patient_id,))
    return frozenset(row[0] for row in await cursor.fetchall())

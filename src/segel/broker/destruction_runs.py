"""Destruction runs: counted, planned, carried out patient by patient, certified.

One task of one broker. What it is at stands in the run's row and in the rows of erasures, so that
a broker that is killed leaves nothing half done, and the next one goes on.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.alone import alone
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.certificates import bound_to
from segel.broker.destruction import destroy_patients
from segel.broker.directory import Directory, HospitalRecord
from segel.broker.erasure import ARTICLES, Erasure, ErasureRecord, ErasureState, Ground
from segel.broker.erasure_end import opening_of
from segel.broker.erasure_rows import ErasureRows
from segel.broker.errors import Frozen, HeldBack
from segel.broker.freezes import Freezes, Target
from segel.broker.holds import Holds
from segel.broker.keeper import Keeper
from segel.broker.last_visits import LastVisits, Visited
from segel.broker.ledger import Intent, Ledger
from segel.broker.publisher import Receipts
from segel.broker.registry import ChangedMeanwhile
from segel.broker.retention_rules import Count, Fate, Run, RunState, digest_of, fate
from segel.broker.run_certificates import CertifiedRun, Proved, run_detail, sign_run
from segel.broker.run_rows import RunRows
from segel.broker.secrets import BrokerSecrets
from segel.domain.errors import SegelError
from segel.domain.purpose import Purpose
from segel.tlog import NoteSigner

COUNTED_PAGE: Final = 500
"""Patients counted at once: their keys are asked of the KMS in one batch."""

DESTROYED_PAGE: Final = 64
"""Patients looked at once more, and then destroyed in as few transactions as the ledger makes."""

PAUSE_S: Final = 30.0
"""Before another look, where nobody has woken it: what another broker began, or a failure left."""

_LOCK: Final = 0x5E6E4
"""Advisory lock of the broker that works at runs."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run is at, in this broker; ``trouble``: why it waits, or ''."""

    done: int = 0
    total: int = 0
    trouble: str = ""


class DestructionRuns:
    """Start with ``run``; ``wake`` gives it something to do."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        directory: Directory,
        visits: LastVisits,
        holds: Holds,
        erasures: ErasureRows,
        rows: RunRows,
        ledger: Ledger,
        receipts: Receipts,
        keeper: Keeper,
        freezes: Freezes,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._directory = directory
        self._visits = visits
        self._holds = holds
        self._erasures = erasures
        self._rows = rows
        self._ledger = ledger
        self._receipts = receipts
        self._keeper = keeper
        self._freezes = freezes
        self._due = asyncio.Event()
        self._progress: dict[UUID, Progress] = {}
        keeper.settled.append(self.complete)

    def wake(self) -> None:
        """There is something to do."""
        self._due.set()

    async def run(self) -> None:
        """Work at runs whenever woken, and now and then, until cancelled."""
        while True:
            self._due.clear()
            try:
                async with alone(self._pool, _LOCK) as ours:
                    if ours:
                        await self._work()
            except (psycopg.Error, PoolTimeout, OSError, SegelError) as failure:
                log.warning("destruction runs not worked at", kind=type(failure).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), PAUSE_S)

    async def progress(self, run: Run) -> Progress:
        """How far a run is, whichever broker is at it."""
        known = self._progress.get(run.run_id, Progress())
        if run.state is not RunState.RUNNING:
            return known
        patients = await self._rows.patients(run.run_id)
        gone = await self._gone(run, patients)
        return Progress(len(gone), len(patients), known.trouble)

    async def complete(self) -> None:
        """Certify the runs that no older copy brings back. See ``Keeper.settled``."""
        for run in await self._rows.in_state(RunState.DESTROYED):
            gone = await self._gone(run, await self._rows.patients(run.run_id))
            if all(one.state is ErasureState.COMPLETE for one in gone.values()):
                await self._certify(run, list(gone.values()))

    async def _work(self) -> None:
        for run in await self._rows.in_state(RunState.COUNTING, RunState.RUNNING):
            hospital = await self._directory.hospital(run.hospital_id)
            work = self._count if run.state is RunState.COUNTING else self._destroy
            try:
                await work(run, hospital)
                self._progress.pop(run.run_id, None)
            except SegelError as failure:
                # Another run may be none the worse for it, and this one is tried again.
                before = self._progress.get(run.run_id, Progress())
                self._progress[run.run_id] = Progress(before.done, before.total, failure.what)
                log.warning("destruction run waits", kind=type(failure).__name__)

    # --- the plan -----------------------------------------------------------------------------

    async def _count(self, run: Run, hospital: HospitalRecord) -> None:
        total = await self._patients_in(run.hospital_id)
        held = await self._holds.held(run.hospital_id)
        count = Count(run.record.years, date.fromisoformat(run.record.today))
        after = UUID(int=0)
        while page := await self._page(run.hospital_id, after):
            visits = await self._visits.of(hospital, page)
            for patient_id in page:
                count.take(patient_id, visits[patient_id], held=held.keeps(patient_id))
            after = page[-1]
            self._progress[run.run_id] = Progress(count.fates.total(), total)
        patients, schedule = count.planned()
        record = msgspec.structs.replace(run.record, schedule=schedule, digest=digest_of(patients))
        planned = msgspec.structs.replace(run, state=RunState.PLANNED, record=record)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.move_on(cursor, planned, of=RunState.COUNTING, patients=patients)

        detail = f"destruction run {run.run_id} counted"
        await self._ledger.commit(Intent(run_event(run, detail), apply=apply))

    async def _patients_in(self, hospital_id: UUID) -> int:
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT count(*) FROM patients"
                    " WHERE hospital_id = %s AND wrapped_key IS NOT NULL",
                    (hospital_id,),
                )
            ).fetchone()
        return int(row[0]) if row else 0

    async def _page(self, hospital_id: UUID, after: UUID) -> list[UUID]:
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT patient_id FROM patients WHERE hospital_id = %s AND patient_id > %s"
                " AND wrapped_key IS NOT NULL ORDER BY patient_id LIMIT %s",
                (hospital_id, after, COUNTED_PAGE),
            )
            return [row[0] for row in await rows.fetchall()]

    # --- the run ------------------------------------------------------------------------------

    async def _destroy(self, run: Run, hospital: HospitalRecord) -> None:
        patients = await self._rows.patients(run.run_id)
        gone = await self._gone(run, patients)
        left = [one for one in patients if one not in gone]
        for at in range(0, len(left), DESTROYED_PAGE):
            page = left[at : at + DESTROYED_PAGE]
            visits = await self._visits.of(hospital, page)
            tokens = await self._erasures.tokens_of(page)
            today = datetime.fromtimestamp(self._ledger.now(), UTC).date()
            due = [
                one
                for one in page
                if fate(visits[one], held=False, years=run.record.years, today=today) is Fate.DUE
            ]
            answers = await asyncio.gather(
                *(self._take(run, one, visits[one], tokens[one]) for one in due),
                return_exceptions=True,
            )
            for answer in answers:
                # Seen or held since the plan: it is left. All else stops the run, to be resumed.
                if isinstance(answer, BaseException) and not isinstance(
                    answer, (ChangedMeanwhile, HeldBack)
                ):
                    raise answer
        gone = await self._gone(run, patients)
        await self._finish(run, patients, list(gone.values()))

    async def _take(
        self, run: Run, patient_id: UUID, seen: Visited, tokens: list[tuple[bytes, UUID]]
    ) -> None:
        """One patient's key and rows. Raises ChangedMeanwhile, HeldBack, Frozen."""
        record = run.record
        assert record.begun_by is not None
        erasure_id = uuid4()

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            self.require_free(run)
            await self._holds.require_free(run.hospital_id, patient_id, cursor)
            if not await self._visits.is_unchanged(cursor, patient_id, seen):
                raise ChangedMeanwhile
            await cursor.execute(
                "SELECT min(month) FROM studies WHERE patient_id = %s", (patient_id,)
            )
            row = await cursor.fetchone()
            gone = await destroy_patients(cursor, [patient_id])
            erasure = ErasureRecord(
                ground=Ground.RETENTION_OVER,
                reference=f"RUN-{run.run_id.hex[:8].upper()}",
                ordered_by=record.asked_by,
                ordered_s=record.asked_s,
                studies=gone.studies,
                instances=gone.instances,
                since=f"{row[0]:%Y-%m}" if row and row[0] else "",
                tokens=tokens,
                run_id=run.run_id,
                approval_id=record.approval_id,
                approved_by=record.approved_by,
                destroyed_s=self._ledger.now_s,
            )
            await self._erasures.insert(
                cursor,
                Erasure(
                    erasure_id,
                    patient_id,
                    None,
                    run.hospital_id,
                    ErasureState.DESTROYED,
                    erasure,
                ),
            )

        detail = f"erasure {erasure_id}: the patient's key destroyed, {Ground.RETENTION_OVER}"
        event = run_event(run, detail, patient_id=patient_id)
        await self._ledger.commit(Intent(event, apply=apply))

    def require_free(self, run: Run) -> None:
        """Whoever freezes the hospital, or somebody who agreed to this, stops it. Raises Frozen."""
        record = run.record
        people = {record.asked_by, record.begun_by, *record.approved_by} - {None}
        targets = [
            Target.hospital(run.hospital_id),
            *(Target.account(one) for one in people if one),
        ]
        if any(self._freezes.active.holds(one, self._ledger.now_s) for one in targets):
            raise Frozen(
                "The hospital is frozen, or somebody who agreed to this run.",
                remedy="It goes on by itself when the freeze is lifted.",
            )

    async def _finish(self, run: Run, patients: Sequence[UUID], gone: list[Erasure]) -> None:
        record = msgspec.structs.replace(
            run.record,
            destroyed_s=self._ledger.now(),
            destroyed=len(gone),
            studies=sum(one.record.studies for one in gone),
            instances=sum(one.record.instances for one in gone),
            skipped=len(patients) - len(gone),
        )
        done = msgspec.structs.replace(run, state=RunState.DESTROYED, record=record)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.move_on(cursor, done, of=RunState.RUNNING)

        detail = f"destruction run {run.run_id}: {len(gone)} keys destroyed"
        await self._ledger.commit(Intent(run_event(run, detail), apply=apply))
        self._keeper.wake()

    async def _gone(self, run: Run, patients: Sequence[UUID]) -> dict[UUID, Erasure]:
        """Whom this run has destroyed so far."""
        return {
            one.patient_id: one
            for one in await self._erasures.of_patients(patients)
            if one.record.run_id == run.run_id and one.state is not ErasureState.ORDERED
        }

    # --- its end ------------------------------------------------------------------------------

    async def _certify(self, run: Run, gone: list[Erasure]) -> None:
        record = msgspec.structs.replace(run.record, completed_s=self._ledger.now())
        assert record.begun_by is not None
        body = CertifiedRun(
            run_id=run.run_id,
            hospital_id=run.hospital_id,
            law=ARTICLES[Ground.RETENTION_OVER],
            retention_years=record.years,
            counted=record.today,
            planned=record.schedule.due,
            last_visits=record.schedule.planned,
            destroyed=record.destroyed,
            studies=record.studies,
            instances=record.instances,
            skipped=record.skipped,
            asked_by=record.asked_by,
            approved_by=record.approved_by,
            begun_by=record.begun_by,
            begun_s=record.begun_s,
            destroyed_s=record.destroyed_s,
            completed_s=record.completed_s,
            patients=sorted(map(_proved, gone), key=lambda one: one.entry),
        ).encoded()
        detail = run_detail(run.run_id, hashlib.sha256(body).digest())
        logged = await self._ledger.commit(Intent(run_event(run, detail)))
        opening = await opening_of(self._pool, self._secrets, logged)
        signer = NoteSigner(self._receipts.verifier.name, self._secrets.log_signing)
        certificate = sign_run(body, opening, self._receipts.receipt(logged), signer)
        record = msgspec.structs.replace(record, certificate=certificate)
        done = msgspec.structs.replace(run, state=RunState.COMPLETE, record=record)
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await self._rows.move_on(cursor, done, of=RunState.DESTROYED)


def _proved(erasure: Erasure) -> Proved:
    digest, entry = bound_to(erasure.record.certificate)
    return Proved(
        erasure.erasure_id,
        erasure.patient_id,
        erasure.record.studies,
        erasure.record.instances,
        entry,
        digest.hex(),
    )


def run_event(run: Run, detail: str, *, patient_id: UUID | None = None) -> Event:
    """Something that a run did, for whoever began it."""
    return Event(
        kind=Kind.RETENTION if patient_id is None else Kind.ERASE,
        outcome=Outcome.SUCCESS,
        account_id=run.record.begun_by or run.record.asked_by,
        role="broker",
        hospital_id=run.hospital_id,
        session_id=None,
        purpose=Purpose.SYSTEM_ADMINISTRATION,
        route="retention",
        patient_id=patient_id,
        detail=detail,
    )

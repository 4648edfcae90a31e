"""The end of an erasure: no older copy of the database opens it, and a certificate says so.

The keeper calls ``begin`` before it looks at its keys, and ``complete`` when all are where they
belong: a new version of the hospital's KEK, every other key wrapped anew, the wrapped keys' backup
written, the old versions forgotten in every KMS. Each step may be broken off and is done again.
"""

import asyncio
import hashlib
from itertools import groupby
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker import key_backup
from segel.broker.audit import Event, Kind, Outcome, SealedEvent
from segel.broker.certificates import Certified, Opening, complete_detail, sign_certificate
from segel.broker.destruction import destroy_patients, destroy_study, forget_index_tokens
from segel.broker.erasure import ARTICLES, Erasure, ErasureState, RetiredKek
from segel.broker.erasure_rows import ErasureRows
from segel.broker.index import Index
from segel.broker.keeper import Keeper
from segel.broker.key_rows import HospitalKek
from segel.broker.keyring import Keyring, version_in
from segel.broker.ledger import Intent, Ledger, Logged, event_context
from segel.broker.publisher import Receipts
from segel.broker.secrets import BrokerSecrets
from segel.broker.settings import GRANT_S
from segel.domain.clock import Clock
from segel.domain.purpose import Purpose
from segel.sealing import unseal
from segel.tlog import NoteSigner


class ErasureEnd:
    """Brings every erasure that was begun to its end."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        keyring: Keyring,
        keeper: Keeper,
        ledger: Ledger,
        receipts: Receipts,
        rows: ErasureRows,
        backup: Path,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = Index(secrets.index)
        self._keyring = keyring
        self._keeper = keeper
        self._ledger = ledger
        self._receipts = receipts
        self._rows = rows
        self._backup = backup
        self._clock = clock
        keeper.due.append(self.begin)
        keeper.settled.append(self.complete)

    async def begin(self) -> None:
        """One new version of a KEK for all that was destroyed under it. Raises KmsError."""
        for hospital, erasures in await self._by_hospital(ErasureState.DESTROYED):
            await self._forget_index(erasures)

            async def also(
                cursor: psycopg.AsyncCursor, label: bytes, batch: list[Erasure] = erasures
            ) -> None:
                for one in batch:
                    record = msgspec.structs.replace(one.record, label=label)
                    state = ErasureState.ROTATED
                    await self._rows.move_on(
                        cursor, msgspec.structs.replace(one, state=state, record=record)
                    )

            await self._keeper.rotate_hospital(hospital, also)

    async def complete(self) -> None:
        """Certify what no copy opens any more."""
        waiting = await self._by_hospital(ErasureState.ROTATED)
        ready = [(hospital, some) for hospital, some in waiting if self._is_moved(hospital)]
        if not ready:
            return
        if await asyncio.to_thread(self._is_stale, [hospital for hospital, _ in ready]):
            await self._keeper.back_up()
        for hospital, erasures in ready:
            await asyncio.to_thread(self._keyring.empty_older, hospital.kek_id)
            retired = await asyncio.to_thread(self._retired, hospital)
            for one in erasures:
                assert self._keyring.generation > one.record.label[0] or (
                    retired[-1].last_version >= version_in(one.record.label) - 1
                ), "the keeper retires before it says that all is settled"
                await self._certify(one, retired)

    def _is_moved(self, hospital: HospitalKek) -> bool:
        """Whether a hospital's keys are in the newest KMS; a move that began goes first."""
        return hospital.floor[0] == self._keyring.generation

    def _is_stale(self, hospitals: list[HospitalKek]) -> bool:
        head = key_backup.read_head(self._backup)
        floors = head.floors if head else {}
        return any(floors.get(str(one.hospital_id), b"") < one.floor for one in hospitals)

    def _retired(self, hospital: HospitalKek) -> list[RetiredKek]:
        keyring = self._keyring
        gone = [RetiredKek(keyring.adapter(one), one, 0) for one in keyring.older]
        last = keyring.versions(hospital.kek_id).oldest - 1
        return [*gone, RetiredKek(keyring.status().adapter, keyring.generation, last)]

    async def _certify(self, erasure: Erasure, retired: list[RetiredKek]) -> None:
        record = msgspec.structs.replace(erasure.record, completed_s=self._clock())
        assert record.approved_by, "nothing is destroyed that nobody agreed to"
        body = Certified(
            erasure_id=erasure.erasure_id,
            scope="study" if erasure.study_id else "patient",
            patient_id=erasure.patient_id,
            study_id=erasure.study_id,
            hospital_id=erasure.hospital_id,
            studies=record.studies,
            instances=record.instances,
            since=record.since,
            ground=record.ground,
            law=ARTICLES[record.ground],
            reference=record.reference,
            ordered_by=record.ordered_by,
            approved_by=record.approved_by,
            destroyed_s=record.destroyed_s,
            completed_s=record.completed_s,
            released_keys_lapsed_s=record.destroyed_s + GRANT_S,
            retired=retired,
        ).encoded()

        async def sweep(cursor: psycopg.AsyncCursor) -> None:
            # What a door was just storing when the key went came after the first time.
            if erasure.study_id is None:
                await destroy_patients(cursor, [erasure.patient_id])
            else:
                await destroy_study(cursor, erasure.patient_id, erasure.study_id)

        detail = complete_detail(erasure.erasure_id, hashlib.sha256(body).digest())
        logged = await self._ledger.commit(Intent(_event(erasure, detail), apply=sweep))
        opening = await opening_of(self._pool, self._secrets, logged)
        certificate = sign_certificate(body, opening, self._receipts.receipt(logged), self._signer)
        record = msgspec.structs.replace(record, certificate=certificate)
        done = msgspec.structs.replace(erasure, state=ErasureState.COMPLETE, record=record)
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await self._rows.move_on(cursor, done)

    @property
    def _signer(self) -> NoteSigner:
        return NoteSigner(self._receipts.verifier.name, self._secrets.log_signing)

    async def _forget_index(self, erasures: list[Erasure]) -> None:
        """Reads the whole index once for all patients, and once for each study."""
        patients = [one.patient_id for one in erasures if one.study_id is None]
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            if patients:
                await forget_index_tokens(cursor, self._index, patients)
            for one in erasures:
                if one.study_id is not None:
                    await forget_index_tokens(cursor, self._index, [one.patient_id], one.study_id)

    async def _by_hospital(self, state: ErasureState) -> list[tuple[HospitalKek, list[Erasure]]]:
        found = sorted(await self._rows.in_state(state), key=_hospital)
        if not found:
            return []
        keks = {one.hospital_id: one for one in await self._keeper.rows.hospitals()}
        return [(keks[hospital_id], list(some)) for hospital_id, some in groupby(found, _hospital)]


async def opening_of(pool: AsyncConnectionPool, secrets: BrokerSecrets, logged: Logged) -> Opening:
    """What opens the log's commitment to an entry of no patient that was just written."""
    async with pool.connection() as connection:
        row = await (
            await connection.execute(
                "SELECT sealed FROM audit_entries WHERE leaf_index = %s", (logged.leaf_index,)
            )
        ).fetchone()
    assert row is not None
    plain = unseal(secrets.system, event_context(None, logged.leaf_index), row[0])
    entry = msgspec.msgpack.decode(plain, type=SealedEvent)
    return Opening(entry.salt, entry.event.decode())


def _hospital(erasure: Erasure) -> UUID:
    return erasure.hospital_id


def _event(erasure: Erasure, detail: str) -> Event:
    return Event(
        kind=Kind.ERASE,
        outcome=Outcome.SUCCESS,
        account_id=None,
        role="broker",
        hospital_id=erasure.hospital_id,
        session_id=None,
        purpose=Purpose.SYSTEM_ADMINISTRATION,
        route="keeper",
        patient_id=erasure.patient_id,
        study_id=erasure.study_id,
        detail=detail,
    )

"""Making index tokens anew for patients whose tokens are of an older version.

Runs beside everything else after the broker has started, a page a transaction, and broken off at
any instant goes on where it was: the version stands in the patient's row. Searches look for both
kinds of tokens meanwhile. Decision 019 says what was wrong with the first version.
"""

import asyncio
from typing import Final
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker import shared_numbers
from segel.broker.directory import Directory
from segel.broker.errors import BrokerError
from segel.broker.index import INDEX_VERSION, STUDY_TOKENS, FirstIndex, Index
from segel.broker.patient_keys import PatientKeys
from segel.broker.races import ChangedMeanwhile
from segel.broker.registry import ACCESSION, STUDY_DATE, Registry, open_identity, open_summary
from segel.domain.dicom import text_value
from segel.domain.patient import PatientIdentity
from segel.sealing import study_scope

PAGE: Final = 200
"""Patients in one transaction: some tenths of a second of work."""

PAUSE_S: Final = 5.0
"""Before another try, where database or KMS is away."""

log = structlog.get_logger()


class Reindexer:
    """Brings every patient's tokens to ``INDEX_VERSION``."""

    def __init__(
        self, pool: AsyncConnectionPool, registry: Registry, directory: Directory, index: Index
    ) -> None:
        self._pool = pool
        self._registry = registry
        self._directory = directory
        self._index = index
        self._keks: dict[UUID, str] = {}

    async def run(self) -> None:
        """Work until nothing is left."""
        done = 0
        while True:
            try:
                count = await self.page()
            except (psycopg.Error, PoolTimeout, BrokerError, ChangedMeanwhile) as failure:
                log.warning("index not yet made anew", kind=type(failure).__name__)
                await asyncio.sleep(PAUSE_S)
                continue
            if not count:
                break
            done += count
        if done:
            log.info("index made anew", count=done)

    async def page(self) -> int:
        """Make the tokens of some patients anew; how many."""
        matching = self._registry.matching
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute(
                "SELECT patient_id, hospital_id, wrapped_key, kept_keys, sealed FROM patients"  # noqa: S608
                f" WHERE index_version < {INDEX_VERSION} AND wrapped_key IS NOT NULL"
                " LIMIT %s FOR UPDATE SKIP LOCKED",
                (PAGE,),
            )
            patients = await cursor.fetchall()
            rows: list[tuple[bytes, UUID, UUID]] = []
            old: list[bytes] = []
            known: list[tuple[UUID, UUID, PatientIdentity]] = []
            for patient_id, hospital_id, wrapped, kept, sealed in patients:
                kek_id = await self._kek(hospital_id)
                await matching.ready(hospital_id)
                keys = await self._registry.open_patient(kek_id, patient_id, wrapped, kept)
                who = open_identity(keys, patient_id, sealed)
                tokens = self._index.patient(hospital_id, patient_id, who)
                rows += [(one, patient_id, patient_id) for one in tokens]
                known.append((patient_id, hospital_id, who))
                old += FirstIndex(self._index.key).names(hospital_id, who)
                rows += await self._studies(cursor, patient_id, keys)
            ids = [row[0] for row in patients]
            await cursor.executemany(
                "UPDATE patients SET consent_mark = %s"
                " WHERE patient_id = %s AND consent_mark IS NULL",
                [(self._index.undecided(one), one) for one in ids],
            )
            await cursor.execute(
                "DELETE FROM index_tokens WHERE token = ANY(%s) AND target = ANY(%s)", (old, ids)
            )
            await cursor.executemany(
                "INSERT INTO index_tokens (token, target, patient_id) VALUES (%s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                sorted(rows),
            )
            for patient_id, hospital_id, who in known:
                await shared_numbers.place(cursor, self._index, hospital_id, patient_id, who)
                await matching.put(cursor, hospital_id, patient_id, who)
            await cursor.execute(
                "UPDATE patients SET index_version = %s WHERE patient_id = ANY(%s)",
                (INDEX_VERSION, ids),
            )
        return len(patients)

    async def _studies(
        self, cursor: psycopg.AsyncCursor, patient_id: UUID, keys: PatientKeys
    ) -> list[tuple[bytes, UUID, UUID]]:
        """The chaff of a patient's studies, where they state no number or no day."""
        await cursor.execute(
            "SELECT study_id, sealed_summary FROM studies WHERE patient_id = %s", (patient_id,)
        )
        rows = []
        for study_id, sealed in await cursor.fetchall():
            scope_key = keys.scope(study_scope(study_id))
            attributes = open_summary(scope_key, patient_id, study_id, sealed)
            stated = [text_value(attributes, tag).strip() for tag in (ACCESSION, STUDY_DATE)]
            missing = STUDY_TOKENS - 1 - sum(map(bool, stated))
            rows += [
                (self._index.chaff(study_id, number), study_id, patient_id)
                for number in range(missing)
            ]
        return rows

    async def _kek(self, hospital_id: UUID) -> str:
        if hospital_id not in self._keks:
            self._keks[hospital_id] = (await self._directory.hospital(hospital_id)).kek_id
        return self._keks[hospital_id]

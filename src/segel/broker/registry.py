"""Patients and studies: found by token, made when a first image arrives.

Only here are patient keys minted and unwrapped.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import HospitalRecord, this_month
from segel.broker.errors import PatientUnknown, StudyUnknown
from segel.broker.index import Index
from segel.broker.keyring import label_of
from segel.broker.messages import StudyArrival
from segel.broker.unwrapping import Unwrapper
from segel.domain.dicom import JsonDataset, text_value
from segel.domain.patient import PatientIdentity
from segel.keys import PlainKey, WrappedKey
from segel.sealing import (
    ObjectContext,
    derive_scope_key,
    new_patient_key,
    seal,
    study_scope,
    unseal,
)

SUMMARY_VERSION: Final = 1
STUDY_DATE: Final = "00080020"
AUDIT_SCOPE: Final = "audit"
IDENTITY_SCOPE: Final = "identity"


class ChangedMeanwhile(Exception):
    """Somebody else made the patient or the study since it was looked for: look again."""


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study as the tables hold it, and its opened patient key."""

    study_id: UUID
    patient_id: UUID
    hospital_id: UUID
    patient_key: bytes = field(repr=False)
    sealed_summary: bytes = field(default=b"", repr=False)

    @property
    def attributes(self) -> JsonDataset:
        """The attributes of the patient and study level; none of a study about to be made."""
        if not self.sealed_summary:
            return {}
        return open_summary(self.scope_key, self.patient_id, self.study_id, self.sealed_summary)

    @property
    def scope_key(self) -> bytes:
        """The key of everything in this study."""
        return derive_scope_key(self.patient_key, study_scope(self.study_id))

    @property
    def audit_key(self) -> bytes:
        """The key of the patient's audit events."""
        return derive_scope_key(self.patient_key, AUDIT_SCOPE)


@dataclass(frozen=True, slots=True)
class NewStudy:
    """A study about to be made; ``write`` makes it in the ledger's transaction."""

    row: StudyRow
    write: Callable[[psycopg.AsyncCursor], Awaitable[None]]


class Registry:
    """Looks up, opens and makes patients and studies."""

    def __init__(self, pool: AsyncConnectionPool, unwrapper: Unwrapper, index: Index) -> None:
        self._pool = pool
        self._unwrapper = unwrapper
        self._index = index

    async def find_study(
        self, hospital_id: UUID, hospital: HospitalRecord, study_uid: str
    ) -> StudyRow | None:
        """The study of this UID in this hospital, opened. Raises BrokerUnavailable."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT s.study_id, s.patient_id, p.wrapped_key, s.sealed_summary"
                    " FROM unique_tokens t"
                    " JOIN studies s ON s.patient_id = t.patient_id AND s.study_id = t.target"
                    " JOIN patients p ON p.patient_id = t.patient_id WHERE t.token = %s",
                    (self._index.study(hospital_id, study_uid),),
                )
            ).fetchone()
        if row is None or row[2] is None:
            return None
        study_id, patient_id, wrapped, summary = row
        key = await self.unwrap(hospital.kek_id, patient_id, wrapped)
        return StudyRow(study_id, patient_id, hospital_id, key, summary)

    async def unwrap(self, kek_id: str, patient_id: UUID, wrapped: bytes) -> bytes:
        """A patient's key. Raises BrokerUnavailable where the KMS does not open it."""
        return await self._unwrapper.one(WrappedKey(kek_id, wrapped, patient_id.bytes))

    async def unwrap_many(self, kek_id: str, wrapped: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """Patients' keys, without those that do not verify. Raises BrokerUnavailable."""
        items = [WrappedKey(kek_id, one, patient.bytes) for patient, one in wrapped.items()]
        keys = await self._unwrapper.many(items)
        return {patient: key for patient, key in zip(wrapped, keys, strict=True) if key}

    async def patient_by_number(
        self, hospital_id: UUID, hospital: HospitalRecord, number: str
    ) -> tuple[UUID, str]:
        """A patient of a hospital by its own number, and their name. Raises PatientUnknown."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT p.patient_id, p.wrapped_key, p.sealed FROM unique_tokens t"
                    " JOIN patients p ON p.patient_id = t.patient_id WHERE t.token = %s",
                    (self._index.medical_record(hospital_id, number),),
                )
            ).fetchone()
        if row is None or row[1] is None:
            raise PatientUnknown(
                "This hospital has no patient of this number.",
                field="number",
                remedy="Use the medical record number as the images carry it.",
            )
        patient_id, wrapped, sealed = row
        key = await self.unwrap(hospital.kek_id, patient_id, wrapped)
        return patient_id, open_identity(key, patient_id, sealed).name

    async def plan_study(
        self, hospital_id: UUID, hospital: HospitalRecord, arrival: StudyArrival
    ) -> NewStudy:
        """A study that is not there yet, of a known patient or a new one."""
        study_id = uuid4()
        patient_tokens = self._patient_tokens(hospital_id, arrival)
        holders = await self._holders(patient_tokens)
        # A hospital's own number (first) outweighs the national one where they disagree.
        known = next((holders[token] for token in patient_tokens if token in holders), None)
        patient_id, wrapped, key = await self._patient_key(hospital, known)
        row = StudyRow(study_id, patient_id, hospital_id, key)

        async def write(cursor: psycopg.AsyncCursor) -> None:
            await self._refuse_changes(
                cursor, patient_tokens, self._index.study(hospital_id, arrival.study_uid), holders
            )
            if known is None:
                await self._insert_patient(cursor, row, wrapped, arrival)
            missing = [token for token in patient_tokens if token not in holders]
            await self._insert_study(cursor, row, arrival, missing)

        return NewStudy(row, write)

    async def _patient_key(
        self, hospital: HospitalRecord, known: UUID | None
    ) -> tuple[UUID, bytes, bytes]:
        if known is None:
            patient_id, key = uuid4(), new_patient_key()
            wrapped = await self._unwrapper.wrap(PlainKey(hospital.kek_id, key, patient_id.bytes))
            return patient_id, wrapped, key
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT wrapped_key FROM patients WHERE patient_id = %s", (known,)
                )
            ).fetchone()
        if row is None or row[0] is None:
            raise StudyUnknown(
                "This patient's records were erased; nothing more can be stored for them.",
                remedy="Register the patient anew.",
            )
        return known, row[0], await self.unwrap(hospital.kek_id, known, row[0])

    def _patient_tokens(self, hospital_id: UUID, arrival: StudyArrival) -> list[bytes]:
        patient = arrival.patient
        tokens = []
        if patient.patient_id.strip():
            tokens.append(self._index.medical_record(hospital_id, patient.patient_id))
        if patient.nik:
            tokens.append(self._index.nik(hospital_id, patient.nik))
        return tokens or [self._index.unidentified(hospital_id, arrival.study_uid)]

    async def _holders(self, tokens: list[bytes]) -> dict[bytes, UUID]:
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT token, target FROM unique_tokens WHERE token = ANY(%s)", (tokens,)
            )
            return {bytes(token): target for token, target in await rows.fetchall()}

    async def _refuse_changes(
        self,
        cursor: psycopg.AsyncCursor,
        patient_tokens: list[bytes],
        study_token: bytes,
        holders: dict[bytes, UUID],
    ) -> None:
        await cursor.execute(
            "SELECT token, target FROM unique_tokens WHERE token = ANY(%s)",
            ([*patient_tokens, study_token],),
        )
        if {bytes(token): target for token, target in await cursor.fetchall()} != holders:
            raise ChangedMeanwhile

    async def _insert_patient(
        self,
        cursor: psycopg.AsyncCursor,
        row: StudyRow,
        wrapped: bytes,
        arrival: StudyArrival,
    ) -> None:
        await self._require_new(cursor, row.hospital_id, wrapped)
        sealed = seal(
            derive_scope_key(row.patient_key, IDENTITY_SCOPE),
            ObjectContext(row.patient_id, row.patient_id, SUMMARY_VERSION),
            msgspec.json.encode(arrival.patient),
        )
        await cursor.execute(
            "INSERT INTO patients (patient_id, hospital_id, wrapped_key, sealed, month)"
            " VALUES (%s, %s, %s, %s, %s)",
            (row.patient_id, row.hospital_id, wrapped, bytes(sealed), this_month()),
        )
        await self._insert_index_tokens(
            cursor,
            set(self._index.names(row.hospital_id, arrival.patient)),
            row.patient_id,
            row.patient_id,
        )

    async def _require_new(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID, wrapped: bytes
    ) -> None:
        """Raises ChangedMeanwhile for a key that was wrapped before its KEK was rotated: nobody
        would look for it there, and the old version is about to be forgotten."""
        await cursor.execute(
            "SELECT key_floor FROM hospitals WHERE hospital_id = %s", (hospital_id,)
        )
        row = await cursor.fetchone()
        if row is None or label_of(wrapped) < row[0]:
            raise ChangedMeanwhile

    async def _insert_study(
        self,
        cursor: psycopg.AsyncCursor,
        row: StudyRow,
        arrival: StudyArrival,
        patient_tokens: list[bytes],
    ) -> None:
        await cursor.execute(
            "INSERT INTO studies (patient_id, study_id, hospital_id, sealed_summary, month)"
            " VALUES (%s, %s, %s, %s, %s)",
            (
                row.patient_id,
                row.study_id,
                row.hospital_id,
                seal_summary(row, arrival.attributes),
                this_month(),
            ),
        )
        unique = [(token, row.patient_id) for token in patient_tokens]
        unique.append((self._index.study(row.hospital_id, arrival.study_uid), row.study_id))
        await cursor.executemany(
            "INSERT INTO unique_tokens (token, target, patient_id) VALUES (%s, %s, %s)",
            [(token, target, row.patient_id) for token, target in unique],
        )
        today = f"{datetime.now(UTC):%Y%m%d}"
        tokens = {self._index.received_day(row.hospital_id, today)}
        if arrival.accession.strip():
            tokens.add(self._index.accession(row.hospital_id, arrival.accession))
        if day := text_value(arrival.attributes, STUDY_DATE):
            tokens.add(self._index.study_day(row.hospital_id, day))
        await self._insert_index_tokens(cursor, tokens, row.study_id, row.patient_id)

    async def _insert_index_tokens(
        self, cursor: psycopg.AsyncCursor, tokens: set[bytes], target: UUID, patient_id: UUID
    ) -> None:
        # Sorted by the token, so that the order of insertion does not tell which is which.
        await cursor.executemany(
            "INSERT INTO index_tokens (token, target, patient_id) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [(token, target, patient_id) for token in sorted(tokens)],
        )


def open_identity(patient_key: bytes, patient_id: UUID, sealed: bytes) -> PatientIdentity:
    """Who a patient's row is about. Raises SealBroken."""
    key = derive_scope_key(patient_key, IDENTITY_SCOPE)
    plain = unseal(key, ObjectContext(patient_id, patient_id, SUMMARY_VERSION), sealed)
    return msgspec.json.decode(plain, type=PatientIdentity)


def seal_summary(row: StudyRow, attributes: JsonDataset) -> bytes:
    """A study's attributes as they stand in its row."""
    context = ObjectContext(row.patient_id, row.study_id, SUMMARY_VERSION)
    return bytes(seal(row.scope_key, context, msgspec.json.encode(attributes)))


def open_summary(scope_key: bytes, patient_id: UUID, row_id: UUID, sealed: bytes) -> JsonDataset:
    """The attributes of a study or series row (``row_id``). Raises SealBroken."""
    plain = unseal(scope_key, ObjectContext(patient_id, row_id, SUMMARY_VERSION), sealed)
    return msgspec.json.decode(plain, type=JsonDataset)

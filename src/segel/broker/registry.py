"""Patients and studies: found by token, made when a first image arrives.

Only here are patient keys minted and unwrapped.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker import shared_numbers
from segel.broker.company import Company
from segel.broker.consents import Marked
from segel.broker.decoys import DecoyMarks, is_same_person
from segel.broker.directory import HospitalRecord, this_month
from segel.broker.errors import AlreadyExists, PatientUnknown, RecordsErased
from segel.broker.index import INDEX_VERSION, Index
from segel.broker.keyring import label_of
from segel.broker.lookups import holders
from segel.broker.matching_records import MatchingRecords
from segel.broker.messages import StudyArrival
from segel.broker.patient_keys import AUDIT_SCOPE, IDENTITY_SCOPE, PatientKeys, patient_keys
from segel.broker.races import ChangedMeanwhile as ChangedMeanwhile
from segel.broker.unwrapping import Unwrapper
from segel.domain.dicom import JsonDataset, text_value
from segel.domain.patient import PatientIdentity
from segel.keys import PlainKey, WrappedKey
from segel.sealing import ObjectContext, new_patient_key, seal, study_scope, unseal
from segel.store.database import looking

SUMMARY_VERSION: Final = 1
STUDY_DATE: Final = "00080020"
ACCESSION: Final = "00080050"
UNIQUE_CHAFF: Final = 255
"""Where the chaff among unique tokens is counted from, downwards."""


LANES: Final = 2
"""Looks under way at once: while one is answered the next is gathered."""

_STUDIES: Final = (
    # Limited to what it finds anyway: otherwise a join that reads whole tables may be planned.
    "SELECT wanted.token, found.* FROM unnest(%b::bytea[]) AS wanted (token), LATERAL ("
    "SELECT s.study_id, s.patient_id, p.wrapped_key, p.kept_keys, p.consent_mark,"
    " s.sealed_summary FROM unique_tokens t"
    " JOIN studies s ON s.patient_id = t.patient_id AND s.study_id = t.target"
    " JOIN patients p ON p.patient_id = t.patient_id WHERE t.token = wanted.token LIMIT 1) found"
)


@dataclass(frozen=True, slots=True)
class _Found:
    study_id: UUID
    patient_id: UUID
    wrapped_key: bytes | None = field(repr=False)
    kept_keys: bytes | None = field(repr=False)
    consent_mark: UUID | None
    sealed_summary: bytes = field(repr=False)


@dataclass(frozen=True)
class StudyRow:
    """A study as the tables hold it, and its patient's opened keys."""

    study_id: UUID
    patient_id: UUID
    hospital_id: UUID
    keys: PatientKeys = field(repr=False)
    sealed_summary: bytes = field(default=b"", repr=False)
    consent_mark: UUID | None = None

    @property
    def marked(self) -> Marked:
        """What tells what the patient decided."""
        return Marked(self.consent_mark, self.keys)

    @property
    def attributes(self) -> JsonDataset:
        """The attributes of the patient and study level; none of a study about to be made."""
        if not self.sealed_summary:
            return {}
        return open_summary(self.scope_key, self.patient_id, self.study_id, self.sealed_summary)

    @functools.cached_property
    def scope_key(self) -> bytes:
        """The key of everything in this study."""
        return self.keys.scope(study_scope(self.study_id))

    @property
    def audit_key(self) -> bytes:
        """The key of the patient's audit events."""
        return self.keys.scope(AUDIT_SCOPE)


@dataclass(frozen=True, slots=True)
class NewStudy:
    """A study about to be made; ``write`` makes it in the ledger's transaction."""

    row: StudyRow
    write: Callable[[psycopg.AsyncCursor], Awaitable[None]]


class Registry:
    """Looks up, opens and makes patients and studies."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        unwrapper: Unwrapper,
        index: Index,
        marks: DecoyMarks,
        matching: MatchingRecords,
    ) -> None:
        self._pool = pool
        self._unwrapper = unwrapper
        self._index = index
        self._marks = marks
        self.matching = matching
        self._studies: Company[bytes, _Found | None] = Company(self._look_up, LANES)

    def close(self) -> None:
        """Nothing is looked for any more."""
        self._studies.close()

    async def find_study(
        self, hospital_id: UUID, hospital: HospitalRecord, study_uid: str
    ) -> StudyRow | None:
        """The study of this UID in this hospital, opened. Raises BrokerUnavailable."""
        found = await self._studies.one(self._index.study(hospital_id, study_uid))
        if found is None or found.wrapped_key is None:
            return None
        keys = await self.open_patient(
            hospital.kek_id, found.patient_id, found.wrapped_key, found.kept_keys
        )
        return StudyRow(
            found.study_id,
            found.patient_id,
            hospital_id,
            keys,
            found.sealed_summary,
            found.consent_mark,
        )

    async def _look_up(self, tokens: Sequence[bytes]) -> list["_Found | None"]:
        async with looking(self._pool) as connection:
            rows = await (await connection.execute(_STUDIES, (list(tokens),))).fetchall()
        found = {row[0]: _Found(*row[1:]) for row in rows}
        return [found.get(token) for token in tokens]

    async def open_patient(
        self, kek_id: str, patient_id: UUID, wrapped: bytes, kept: bytes | None
    ) -> PatientKeys:
        """A patient's keys (``wrapped_key`` and ``kept_keys`` of one row, read together).

        Raises BrokerUnavailable where the KMS does not open them.
        """
        key = await self._unwrapper.one(WrappedKey(kek_id, wrapped, patient_id.bytes))
        return patient_keys(patient_id, key, kept)

    async def open_patients(
        self, kek_id: str, rows: Mapping[UUID, tuple[bytes, bytes | None]]
    ) -> dict[UUID, PatientKeys]:
        """Patients' keys, without those that do not verify. Raises BrokerUnavailable.

        ``rows``: ``wrapped_key`` and ``kept_keys`` of each.
        """
        items = [WrappedKey(kek_id, row[0], patient.bytes) for patient, row in rows.items()]
        keys = await self._unwrapper.many(items)
        return {
            patient: patient_keys(patient, key, row[1])
            for (patient, row), key in zip(rows.items(), keys, strict=True)
            if key
        }

    async def series_of(
        self,
        cursor: psycopg.AsyncCursor,
        hospital: HospitalRecord,
        patient_id: UUID,
        study_id: UUID,
    ) -> list[JsonDataset]:
        """The attributes of a study's series; none of an erased one. Raises BrokerUnavailable."""
        await cursor.execute(
            "SELECT wrapped_key, kept_keys FROM patients WHERE patient_id = %s", (patient_id,)
        )
        row = await cursor.fetchone()
        if row is None or row[0] is None:
            return []
        keys = await self.open_patient(hospital.kek_id, patient_id, *row)
        scope_key = keys.scope(study_scope(study_id))
        await cursor.execute(
            "SELECT series_id, sealed FROM series WHERE patient_id = %s AND study_id = %s",
            (patient_id, study_id),
        )
        return [
            open_summary(scope_key, patient_id, series_id, sealed)
            for series_id, sealed in await cursor.fetchall()
        ]

    async def patient_by_number(
        self, hospital_id: UUID, hospital: HospitalRecord, number: str
    ) -> tuple[UUID, str]:
        """A patient of a hospital by its own number, and their name. Raises PatientUnknown."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT p.patient_id, p.wrapped_key, p.kept_keys, p.sealed FROM unique_tokens t"
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
        patient_id, wrapped, kept, sealed = row
        keys = await self.open_patient(hospital.kek_id, patient_id, wrapped, kept)
        return patient_id, open_identity(keys, patient_id, sealed).name

    async def plan_study(
        self,
        hospital_id: UUID,
        hospital: HospitalRecord,
        arrival: StudyArrival,
        *,
        plants: bool = False,
    ) -> NewStudy:
        """A study that is not there yet, of a known patient or a new one (``plants``: a decoy).

        Raises RecordsErased.
        """
        study_id = uuid4()
        study_token = self._index.study(hospital_id, arrival.study_uid)
        await self._refuse_erased(study_token)
        patient_tokens = patient_numbers(self._index, hospital_id, arrival)
        known_as = await self._holders(patient_tokens)
        # A hospital's own number (first) outweighs the national one where they disagree.
        known = next((known_as[token] for token in patient_tokens if token in known_as), None)
        yielded: list[bytes] = []
        if known is not None and await self._gives_way(hospital, known, arrival.patient):
            yielded = [token for token in patient_tokens if known_as.get(token) == known]
            known = next(
                (known_as[one] for one in patient_tokens if known_as.get(one) not in (None, known)),
                None,
            )
        patient_id, wrapped, keys = await self._patient_keys(hospital, known, plants=plants)
        if known is None:
            await self.matching.ready(hospital_id)
        row = StudyRow(study_id, patient_id, hospital_id, keys)

        async def write(cursor: psycopg.AsyncCursor) -> None:
            await self._require_held(cursor, [*patient_tokens, study_token], known_as)
            if known is None:
                await self._insert_patient(
                    cursor, hospital_id, patient_id, keys, wrapped, arrival.patient
                )
            else:
                await self._require_same_keys(cursor, row)
            await self._take_back(cursor, yielded)
            missing = [one for one in patient_tokens if one not in known_as or one in yielded]
            await self._insert_study(cursor, row, arrival, missing)

        return NewStudy(row, write)

    async def _gives_way(
        self, hospital: HospitalRecord, known: UUID, identity: PatientIdentity
    ) -> bool:
        """Whether a decoy's number is somebody's by now: they must not be taken for one person."""
        if not self._marks.is_decoy(known):
            return False
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT wrapped_key, kept_keys, sealed FROM patients WHERE patient_id = %s",
                    (known,),
                )
            ).fetchone()
        if row is None or row[0] is None:
            return False
        keys = await self.open_patient(hospital.kek_id, known, row[0], row[1])
        return not is_same_person(open_identity(keys, known, row[2]), identity)

    async def _take_back(self, cursor: psycopg.AsyncCursor, tokens: list[bytes]) -> None:
        """Free a decoy's numbers. It keeps as many rows as it had."""
        for number, one in enumerate(tokens):
            await cursor.execute(
                "SELECT target FROM unique_tokens WHERE token = %s FOR UPDATE", (one,)
            )
            row = await cursor.fetchone()
            assert row is not None, "it was held a moment ago, under the ledger's lock"
            await cursor.execute(
                "UPDATE unique_tokens SET token = %s WHERE token = %s",
                (self._index.chaff(row[0], UNIQUE_CHAFF - number), one),
            )

    async def _patient_keys(
        self, hospital: HospitalRecord, known: UUID | None, *, plants: bool
    ) -> tuple[UUID, bytes, PatientKeys]:
        if known is None:
            patient_id = self._marks.new_id() if plants else uuid4()
            return patient_id, *await self._new_keys(hospital, patient_id)
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT wrapped_key, kept_keys FROM patients WHERE patient_id = %s", (known,)
                )
            ).fetchone()
        if row is None or row[0] is None:
            raise RecordsErased.of("patient")
        return known, row[0], await self.open_patient(hospital.kek_id, known, *row)

    async def _new_keys(
        self, hospital: HospitalRecord, patient_id: UUID
    ) -> tuple[bytes, PatientKeys]:
        key = new_patient_key()
        wrapped = await self._unwrapper.wrap(PlainKey(hospital.kek_id, key, patient_id.bytes))
        return wrapped, PatientKeys(key)

    async def _refuse_erased(self, study_token: bytes) -> None:
        """A study's token whose study is gone stands for one that was erased."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT p.wrapped_key IS NULL FROM unique_tokens t"
                    " LEFT JOIN patients p ON p.patient_id = t.patient_id WHERE t.token = %s"
                    " AND NOT EXISTS (SELECT FROM studies s WHERE s.patient_id = t.patient_id"
                    " AND s.study_id = t.target)",
                    (study_token,),
                )
            ).fetchone()
        if row is not None:
            raise RecordsErased.of("patient" if row[0] else "study")

    async def _require_same_keys(self, cursor: psycopg.AsyncCursor, row: StudyRow) -> None:
        """Raises ChangedMeanwhile where the patient, or a study of theirs, was erased meanwhile."""
        await cursor.execute(
            "SELECT kept_keys FROM patients WHERE patient_id = %s AND wrapped_key IS NOT NULL",
            (row.patient_id,),
        )
        found = await cursor.fetchone()
        if found is None or found[0] != row.keys.sealed_kept:
            raise ChangedMeanwhile

    async def _holders(self, tokens: list[bytes]) -> dict[bytes, UUID]:
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await self._held(cursor, tokens)

    async def plan_patient(
        self,
        hospital_id: UUID,
        hospital: HospitalRecord,
        patient_id: UUID,
        identity: PatientIdentity,
        tokens: list[bytes],
    ) -> tuple[PatientKeys, Callable[[psycopg.AsyncCursor], Awaitable[None]]]:
        """The keys of a patient whom none of ``tokens`` is known of, and what writes them.

        Raises AlreadyExists, RecordsErased. A decoy's number that is somebody's now is given up.
        """
        known_as = await self._holders(tokens)
        for known in set(known_as.values()):
            if not await self._gives_way(hospital, known, identity):
                await self._refuse_known(known)
        yielded = [one for one in tokens if one in known_as]
        wrapped, keys = await self._new_keys(hospital, patient_id)
        await self.matching.ready(hospital_id)

        async def write(cursor: psycopg.AsyncCursor) -> None:
            await self._require_held(cursor, tokens, known_as)
            await self._insert_patient(cursor, hospital_id, patient_id, keys, wrapped, identity)
            await self._take_back(cursor, yielded)
            await self.insert_unique(cursor, [(one, patient_id) for one in tokens], patient_id)

        return keys, write

    async def _refuse_known(self, patient_id: UUID) -> None:
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT wrapped_key IS NULL FROM patients WHERE patient_id = %s", (patient_id,)
                )
            ).fetchone()
        raise RecordsErased.of("patient") if row is None or row[0] else _registered()

    async def require_free(self, cursor: psycopg.AsyncCursor, tokens: list[bytes]) -> None:
        """Raises AlreadyExists where somebody has one of these numbers."""
        if await self._held(cursor, tokens):
            raise _registered()

    async def _held(self, cursor: psycopg.AsyncCursor, tokens: list[bytes]) -> dict[bytes, UUID]:
        found = await holders(cursor, tokens)
        return {token: target for token, (target, _) in found.items()}

    async def _require_held(
        self, cursor: psycopg.AsyncCursor, tokens: list[bytes], known_as: dict[bytes, UUID]
    ) -> None:
        """Raises ChangedMeanwhile where the tokens are others' than a moment ago."""
        if await self._held(cursor, tokens) != known_as:
            raise ChangedMeanwhile

    async def _insert_patient(
        self,
        cursor: psycopg.AsyncCursor,
        hospital_id: UUID,
        patient_id: UUID,
        keys: PatientKeys,
        wrapped: bytes,
        identity: PatientIdentity,
    ) -> None:
        await self._require_new(cursor, hospital_id, wrapped)
        await self.matching.put(cursor, hospital_id, patient_id, identity)
        await cursor.execute(
            "INSERT INTO patients"
            " (patient_id, hospital_id, wrapped_key, sealed, month, index_version, consent_mark)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            patient_row(
                hospital_id,
                patient_id,
                keys,
                wrapped,
                identity,
                this_month(),
                self._index.undecided(patient_id),
            ),
        )
        await cursor.execute("INSERT INTO uncompared (patient_id) VALUES (%s)", (patient_id,))
        tokens = self._index.patient(hospital_id, patient_id, identity)
        await self.insert_index_tokens(cursor, tokens, patient_id, patient_id)
        await shared_numbers.place(cursor, self._index, hospital_id, patient_id, identity)

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
            if row is not None:
                self._unwrapper.follow(row[0][0])  # another broker moves keys
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
            study_row(row, arrival.attributes, this_month()),
        )
        unique = [(token, row.patient_id) for token in patient_tokens]
        unique.append((self._index.study(row.hospital_id, arrival.study_uid), row.study_id))
        await self.insert_unique(cursor, unique, row.patient_id)
        tokens = study_tokens(self._index, row, arrival, datetime.now(UTC).date())
        await self.insert_index_tokens(cursor, tokens, row.study_id, row.patient_id)

    async def insert_unique(
        self, cursor: psycopg.AsyncCursor, targets: list[tuple[bytes, UUID]], patient_id: UUID
    ) -> None:
        """Numbers that nobody has, and whom or what each names."""
        await cursor.executemany(
            "INSERT INTO unique_tokens (token, target, patient_id) VALUES (%s, %s, %s)",
            [(token, target, patient_id) for token, target in targets],
        )

    async def insert_index_tokens(
        self, cursor: psycopg.AsyncCursor, tokens: set[bytes], target: UUID, patient_id: UUID
    ) -> None:
        """What finds a patient or a study; again the same changes nothing."""
        # Sorted by the token, so that the order of insertion does not tell which is which.
        await cursor.executemany(
            "INSERT INTO index_tokens (token, target, patient_id) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [(token, target, patient_id) for token in sorted(tokens)],
        )


def _registered() -> AlreadyExists:
    return AlreadyExists(
        "One of these numbers is registered in this hospital already.",
        field="identifier",
        remedy="Search by the number, and change the patient who is found.",
    )


def patient_numbers(index: Index, hospital_id: UUID, arrival: StudyArrival) -> list[bytes]:
    """The tokens that name an arrival's patient alone, the hospital's own number first."""
    patient = arrival.patient
    tokens = []
    if patient.patient_id.strip():
        tokens.append(index.medical_record(hospital_id, patient.patient_id))
    if patient.nik:
        tokens.append(index.nik(hospital_id, patient.nik))
    return tokens or [index.unidentified(hospital_id, arrival.study_uid)]


def study_tokens(index: Index, row: StudyRow, arrival: StudyArrival, received: date) -> set[bytes]:
    """What finds a study that arrived on a day."""
    return index.studied(
        row.hospital_id,
        row.study_id,
        arrival.accession,
        text_value(arrival.attributes, STUDY_DATE),
        f"{received:%Y%m%d}",
    )


def patient_row(
    hospital_id: UUID,
    patient_id: UUID,
    keys: PatientKeys,
    wrapped: bytes,
    identity: PatientIdentity,
    month: date,
    mark: UUID,
) -> tuple[UUID, UUID, bytes, bytes, date, int, UUID]:
    """A new patient's row: patient, hospital, wrapped key, sealed identity, month, version of the
    index, and ``mark``: of somebody who never decided about consent."""
    sealed = seal_identity(keys, patient_id, identity)
    return patient_id, hospital_id, wrapped, sealed, month, INDEX_VERSION, mark


def study_row(
    row: StudyRow, attributes: JsonDataset, month: date
) -> tuple[UUID, UUID, UUID, bytes, date]:
    """A new study's row: patient, study, hospital, sealed summary, month."""
    return row.patient_id, row.study_id, row.hospital_id, seal_summary(row, attributes), month


def seal_identity(keys: PatientKeys, patient_id: UUID, patient: PatientIdentity) -> bytes:
    """Who a patient is, as it stands in their row."""
    context = ObjectContext(patient_id, patient_id, SUMMARY_VERSION)
    return bytes(seal(keys.scope(IDENTITY_SCOPE), context, msgspec.json.encode(patient)))


def open_identity(keys: PatientKeys, patient_id: UUID, sealed: bytes) -> PatientIdentity:
    """Open what ``seal_identity`` made. Raises SealBroken."""
    context = ObjectContext(patient_id, patient_id, SUMMARY_VERSION)
    plain = unseal(keys.scope(IDENTITY_SCOPE), context, sealed)
    return msgspec.json.decode(plain, type=PatientIdentity)


def seal_summary(row: StudyRow, attributes: JsonDataset) -> bytes:
    """A study's attributes as they stand in its row."""
    context = ObjectContext(row.patient_id, row.study_id, SUMMARY_VERSION)
    return bytes(seal(row.scope_key, context, msgspec.json.encode(attributes)))


def open_summary(scope_key: bytes, patient_id: UUID, row_id: UUID, sealed: bytes) -> JsonDataset:
    """The attributes of a study or series row (``row_id``). Raises SealBroken."""
    plain = unseal(scope_key, ObjectContext(patient_id, row_id, SUMMARY_VERSION), sealed)
    return msgspec.json.decode(plain, type=JsonDataset)

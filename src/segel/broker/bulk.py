"""Many patients and studies at once: the rows that the registry would write for each, for COPY.

Nothing here is asked for over a socket. It runs in a process of its own while the archive is down
(``segel synth``), with the broker's user, KMS and secrets, and writes nobody who is known already
(decision 037).
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from segel.broker import shared_numbers
from segel.broker.generations import Generations, opener
from segel.broker.index import Index
from segel.broker.key_rows import HospitalKek, KeyRows
from segel.broker.keyring import Keyring
from segel.broker.kms_watch import KmsWatch
from segel.broker.matching_records import MatchingRecords
from segel.broker.messages import StudyArrival
from segel.broker.patient_keys import PatientKeys
from segel.broker.registry import StudyRow, patient_numbers, patient_row, study_row, study_tokens
from segel.broker.restoring import restored
from segel.broker.server import own_kms, stores_of
from segel.broker.settings import BrokerSettings
from segel.broker.unwrapping import Unwrapper
from segel.domain.patient import PatientIdentity
from segel.keys import Kms, PlainKey, adapter_of
from segel.sealing import new_patient_key

WRAPPED_MAX: Final = 2_000
"""Keys in one call of the KMS, as many as are wrapped anew at once."""

Row = tuple[Any, ...]

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "patients": {
        "patient_id": "uuid",
        "hospital_id": "uuid",
        "wrapped_key": "bytea",
        "sealed": "bytea",
        "month": "date",
        "index_version": "int2",
        "consent_mark": "uuid",
    },
    "studies": {
        "patient_id": "uuid",
        "study_id": "uuid",
        "hospital_id": "uuid",
        "sealed_summary": "bytea",
        "month": "date",
    },
    "unique_tokens": {"token": "bytea", "target": "uuid", "patient_id": "uuid"},
    "index_tokens": {"token": "bytea", "target": "uuid", "patient_id": "uuid"},
    "uncompared": {"patient_id": "uuid"},
    "matching_records": {"shard_id": "uuid", "patient_id": "uuid", "sealed": "bytea"},
}
"""The columns that are written, and their types, by table."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What rows are made with. ``hospitals``: by code."""

    index: Index
    keyring: Keyring
    hospitals: Mapping[str, HospitalKek]
    matching: MatchingRecords


@contextlib.asynccontextmanager
async def opened(settings: BrokerSettings, kms: Kms | None) -> AsyncIterator[Opened]:
    """The broker's secrets and hospitals, without a broker. Raises KmsError, psycopg.Error.

    ``kms``: opened already, where root had to.
    """
    pool, _ = stores_of(settings)
    generations = Generations(
        settings.key_backup, lambda: own_kms(settings, kms), opener(settings.production)
    )
    async with pool:
        keyring, secrets = await restored(pool, generations, settings.key_backup)
        hospitals = await KeyRows(pool, secrets).hospitals()
        unwrapper = Unwrapper(keyring, KmsWatch(keyring, adapter_of(settings.kms_place)))
        matching = MatchingRecords(pool, secrets, unwrapper, keyring)
        try:
            for one in hospitals:
                await matching.ready(one.hospital_id)
            yield Opened(
                Index(secrets.index), keyring, {one.code: one for one in hospitals}, matching
            )
        finally:
            unwrapper.close()


@dataclass(frozen=True, slots=True)
class NewStudy:
    """A study and the day it arrived. ``arrival.patient`` is who it is of."""

    arrival: StudyArrival
    received: date
    study_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class NewPatient:
    """Somebody whose studies are all of one hospital, at least one, in the order they arrived."""

    patient_id: UUID
    hospital: HospitalKek
    studies: Sequence[NewStudy]

    @property
    def identity(self) -> PatientIdentity:
        """Who they are: as the first study says."""
        return self.studies[0].arrival.patient


@dataclass(slots=True)
class Rows:
    """What is to be written, by table; and the studies opened, for what lies below them."""

    tables: dict[str, list[Row]]
    studies: list[tuple[NewStudy, StudyRow]]


def rows_of(here: Opened, people: Sequence[NewPatient], *, compare: bool) -> Rows:
    """The rows of ``people``, who are new, each with a key of their own. Raises KmsError.

    ``compare``: have the broker compare them with the others of their hospital, as with everybody
    who comes.
    """
    rows = Rows({table: [] for table in COLUMNS}, [])
    keys = [new_patient_key() for _ in people]
    wrapped_keys = _wrapped(here.keyring, people, keys)
    for person, key, wrapped in zip(people, keys, wrapped_keys, strict=True):
        _add_patient(rows, here.index, person, PatientKeys(key), wrapped)
        rows.tables["matching_records"].append(
            here.matching.row(person.hospital.hospital_id, person.patient_id, person.identity)
        )
    if compare:
        rows.tables["uncompared"] = [(person.patient_id,) for person in people]
    for lines in rows.tables.values():
        # By what is random in them: the order on the disk tells nothing, and neighbours in an
        # index are written one after the other.
        lines.sort(key=lambda line: [getattr(one, "bytes", one) for one in line[:2]])
    return rows


def _wrapped(
    keyring: Keyring, people: Sequence[NewPatient], keys: Sequence[bytes]
) -> Iterator[bytes]:
    plain = [
        PlainKey(person.hospital.kek_id, key, person.patient_id.bytes)
        for person, key in zip(people, keys, strict=True)
    ]
    for start in range(0, len(plain), WRAPPED_MAX):
        yield from keyring.wrap_many(plain[start : start + WRAPPED_MAX])


def _add_patient(
    rows: Rows, index: Index, person: NewPatient, keys: PatientKeys, wrapped: bytes
) -> None:
    patient_id, hospital_id = person.patient_id, person.hospital.hospital_id
    first = person.studies[0]
    month = first.received.replace(day=1)
    rows.tables["patients"].append(
        patient_row(
            hospital_id,
            patient_id,
            keys,
            wrapped,
            person.identity,
            month,
            index.undecided(patient_id),
        )
    )
    numbers = patient_numbers(index, hospital_id, first.arrival)
    rows.tables["unique_tokens"] += _leading(numbers, patient_id, patient_id)
    names = index.patient(hospital_id, patient_id, person.identity)
    rows.tables["index_tokens"] += _leading(names, patient_id, patient_id)
    # Who is invented shares no number with anybody.
    unshared = shared_numbers.chaff(index, patient_id)
    rows.tables["index_tokens"] += _leading(unshared, patient_id, patient_id)
    for study in person.studies:
        assert study.arrival.patient == first.arrival.patient, "a patient is one person"
        row = StudyRow(study.study_id, patient_id, hospital_id, keys)
        rows.studies.append((study, row))
        rows.tables["studies"].append(
            study_row(row, study.arrival.attributes, study.received.replace(day=1))
        )
        token = index.study(hospital_id, study.arrival.study_uid)
        rows.tables["unique_tokens"] += _leading([token], study.study_id, patient_id)
        tokens = study_tokens(index, row, study.arrival, study.received)
        rows.tables["index_tokens"] += _leading(tokens, study.study_id, patient_id)


def _leading(tokens: Iterable[bytes], target: UUID, patient_id: UUID) -> list[Row]:
    return [(token, target, patient_id) for token in tokens]

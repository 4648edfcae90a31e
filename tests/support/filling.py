"""A broker's tables filled in bulk: rows as the registry makes them, written by COPY."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg

from segel.app.synth.population import Population, days_of
from segel.broker.directory import this_month
from segel.broker.index import INDEX_VERSION, Index
from segel.broker.keyring import Keyring
from segel.broker.patient_keys import PatientKeys
from segel.broker.registry import StudyRow, seal_identity, seal_summary
from segel.broker.shared_numbers import chaff_rows
from segel.domain.dicom import JsonDataset
from segel.domain.patient import PatientIdentity
from segel.sealing import new_patient_key

COLUMNS: Final = {
    "patients": "patient_id, hospital_id, wrapped_key, sealed, month, index_version, consent_mark",
    "studies": "patient_id, study_id, hospital_id, sealed_summary, month",
    "unique_tokens": "token, target, patient_id",
    "index_tokens": "token, target, patient_id",
}
STUDY_DAYS: Final = 730


@dataclass(frozen=True, slots=True)
class Hospital:
    """Where rows belong, and the KEK that wraps their keys."""

    hospital_id: UUID
    kek_id: str


@dataclass(slots=True)
class Filled:
    """Who got which row id, in the population's order."""

    patient_ids: list[UUID] = field(default_factory=list)
    study_uids: list[str] = field(default_factory=list)


def fill(
    owner: str,
    index: Index,
    keyring: Keyring,
    hospitals: list[Hospital],
    people: Population,
    *,
    new_id: Callable[[], UUID] = uuid4,
    first: int = 0,
) -> Filled:
    """Write each person with one study. ``owner``: DSN. ``first``: of the numbers of studies."""
    filled = Filled()
    days = days_of(STUDY_DAYS, date(2026, 1, 5))
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
    for number, person in enumerate(people.people()):
        hospital = hospitals[int(people.hospital[number])]
        key, patient_id, study_id = new_patient_key(), new_id(), uuid4()
        uid = f"2.25.{10**20 + first + number}"
        day, accession = days[number * 7 % STUDY_DAYS], f"A{first + number:08}"
        wrapped = keyring.wrap(hospital.kek_id, key, patient_id.bytes)
        keys = PatientKeys(key)
        row = StudyRow(study_id, patient_id, hospital.hospital_id, keys)
        rows["patients"].append(
            (
                patient_id,
                hospital.hospital_id,
                wrapped,
                seal_identity(keys, patient_id, person),
                this_month(),
                INDEX_VERSION,
                index.undecided(patient_id),
            )
        )
        summary = seal_summary(row, attributes(person, uid, day, accession))
        rows["studies"].append((patient_id, study_id, hospital.hospital_id, summary, this_month()))
        rows["unique_tokens"] += [
            (index.medical_record(hospital.hospital_id, person.patient_id), patient_id, patient_id),
            (index.nik(hospital.hospital_id, person.nik), patient_id, patient_id),
            (index.study(hospital.hospital_id, uid), study_id, patient_id),
        ]
        rows["index_tokens"] += (
            [
                (one, patient_id, patient_id)
                for one in sorted(index.patient(hospital.hospital_id, patient_id, person))
            ]
            + [*chaff_rows(index, [patient_id])]
            + [
                (one, study_id, patient_id)
                for one in sorted(
                    index.studied(hospital.hospital_id, study_id, accession, day, day)
                )
            ]
        )
        filled.patient_ids.append(patient_id)
        filled.study_uids.append(uid)
    with psycopg.connect(owner) as connection, connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for line in rows[table]:
                    copy.write_row(line)
    return filled


def attributes(person: PatientIdentity, uid: str, day: str, accession: str) -> JsonDataset:
    """What a study's summary holds."""
    return {
        "00080020": {"vr": "DA", "Value": [day]},
        "00080050": {"vr": "SH", "Value": [accession]},
        "00081030": {"vr": "LO", "Value": ["FOTO THORAX PA"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": person.name}]},
        "00100020": {"vr": "LO", "Value": [person.patient_id]},
        "00100030": {"vr": "DA", "Value": [person.birth_date]},
        "00100040": {"vr": "CS", "Value": [person.sex]},
        "0020000D": {"vr": "UI", "Value": [uid]},
    }


def dumped(owner: str, table: str) -> Iterator[tuple[Any, ...]]:
    """Every row of a table as a thief has it, in the order in which it lies there."""
    with psycopg.connect(owner) as connection:
        yield from connection.execute(f"SELECT *, tableoid::oid, ctid FROM {table}")

"""Patients of a sample opened, to compare its rows with what their records held, and when."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg_pool import AsyncConnectionPool

from segel.broker.candidates import STUDY_UID
from segel.broker.directory import Directory
from segel.broker.due_matching import MODALITY
from segel.broker.held_versions import FOREVER, Held, Version, of_values, of_versions
from segel.broker.index import Index
from segel.broker.leak_accesses import Seen
from segel.broker.patients import PatientRow, Patients
from segel.broker.registry import ACCESSION, STUDY_DATE, open_summary
from segel.domain.dicom import text_value
from segel.domain.leak_rows import ColumnKind
from segel.domain.records import PATIENT
from segel.domain.stored_versions import StoredVersion
from segel.sealing import ObjectContext, study_scope, unseal

TYPES: Final = (
    PATIENT, "Encounter", "ServiceRequest", "DiagnosticReport", "Observation", "Immunization",
)  # fmt: skip
"""Folders whose versions are compared with rows."""

VERSIONS_MAX: Final = 5_000
"""Versions of one patient that are read."""

Rows = Mapping[UUID, Sequence[tuple[Any, ...]]]


class LeakVersions:
    """Reads and opens, within one broker."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        index: Index,
        patients: Patients,
        directory: Directory,
    ) -> None:
        self._pool = pool
        self._index = index
        self._patients = patients
        self._directory = directory

    async def opened(self, patient_ids: Iterable[UUID]) -> dict[UUID, PatientRow]:
        """Those of these patients who can be opened, of whatever hospital."""
        wanted = list(patient_ids)
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT hospital_id, patient_id FROM patients"
                    " WHERE patient_id = ANY(%b::uuid[]) AND wrapped_key IS NOT NULL",
                    (wanted,),
                )
            ).fetchall()
        of: dict[UUID, list[UUID]] = defaultdict(list)
        for hospital_id, patient_id in rows:
            of[hospital_id].append(patient_id)
        found: dict[UUID, PatientRow] = {}
        for hospital_id, those in of.items():
            hospital = await self._directory.hospital(hospital_id)
            opened = await self._patients.opened(hospital_id, hospital, those)
            found.update((one.patient_id, one) for one in opened)
        return found

    async def held(
        self, opened: Mapping[UUID, PatientRow], seen: Mapping[UUID, Seen]
    ) -> dict[UUID, list[Held]]:
        """All that the archive ever held of patients. ``seen``: when they, and their studies, came
        (``leak_accesses``)."""
        folders = {self._index.folder(one, kind): (one, kind) for one in opened for kind in TYPES}
        ids = list(opened)
        async with self._pool.connection() as connection:
            studies = await (
                await connection.execute(
                    "SELECT patient_id, study_id, sealed_summary FROM studies"
                    " WHERE patient_id = ANY(%b::uuid[])",
                    (ids,),
                )
            ).fetchall()
            series = await (
                await connection.execute(
                    "SELECT patient_id, study_id, series_id, sealed FROM series"
                    " WHERE patient_id = ANY(%b::uuid[])",
                    (ids,),
                )
            ).fetchall()
            resources = await (
                await connection.execute(
                    "SELECT w.folder_id, r.resource_id, r.version, r.sealed"
                    " FROM unnest(%b::uuid[]) AS w (folder_id), LATERAL"
                    " (SELECT resource_id, version, sealed FROM resources"
                    " WHERE resources.folder_id = w.folder_id ORDER BY resource_id, version"
                    " LIMIT %b) r",
                    (list(folders), VERSIONS_MAX),
                )
            ).fetchall()
        of_folder: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
        for folder_id, *row in resources:
            of_folder[folder_id].append(tuple(row))
        return await asyncio.to_thread(
            _held, opened, seen, _by_patient(studies), _by_patient(series), folders, of_folder
        )


def _by_patient(rows: Iterable[tuple[Any, ...]]) -> Rows:
    of: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for patient_id, *row in rows:
        of[patient_id].append(tuple(row))
    return of


def _held(
    opened: Mapping[UUID, PatientRow],
    seen: Mapping[UUID, Seen],
    studies: Rows,
    series: Rows,
    folders: Mapping[UUID, tuple[UUID, str]],
    of_folder: Mapping[UUID, Sequence[tuple[Any, ...]]],
) -> dict[UUID, list[Held]]:
    versioned = {folders[one][0] for one in of_folder if folders[one][1] == PATIENT}
    found = {}
    for patient_id, patient in opened.items():
        came = seen.get(patient_id, Seen())
        held = list(_of_identity(patient, came.arrived_s, phones=patient_id not in versioned))
        for study_id, sealed in studies.get(patient_id, ()):
            held += _of_study(patient, study_id, study_id, sealed, came)
        for study_id, series_id, sealed in series.get(patient_id, ()):
            held += _of_study(patient, study_id, series_id, sealed, came)
        found[patient_id] = held
    for folder_id, rows in of_folder.items():
        patient_id, kind = folders[folder_id]
        found[patient_id] += of_versions(_versions(opened[patient_id], kind, rows))
    return found


def _of_identity(patient: PatientRow, arrived_s: float, *, phones: bool) -> Iterable[Held]:
    """``phones``: where no version of the patient says since when."""
    who = patient.identity
    values = [(ColumnKind.MEDICAL_RECORD, who.patient_id)]
    values += [(ColumnKind.PHONE, one) for one in who.phones if phones]
    return of_values(values, arrived_s)


def _of_study(
    patient: PatientRow, study_id: UUID, row_id: UUID, sealed: bytes, came: Seen
) -> Iterable[Held]:
    """Of a study's row, or of one of its series."""
    scope_key = patient.keys.scope(study_scope(study_id))
    said = open_summary(scope_key, patient.patient_id, row_id, sealed)
    values = [
        (ColumnKind.ACCESSION, text_value(said, ACCESSION)),
        (ColumnKind.EVENT_TIME, text_value(said, STUDY_DATE)),
        (ColumnKind.STUDY_UID, text_value(said, STUDY_UID)),
        (ColumnKind.MODALITY, text_value(said, MODALITY)),
    ]
    return of_values(values, came.studies.get(study_id, came.arrived_s))


def _versions(patient: PatientRow, kind: str, rows: Iterable[tuple[Any, ...]]) -> Iterable[Version]:
    """Each resource's versions, and until when each was the newest."""
    key = patient.folder_key(kind)
    for _, those in groupby(rows, key=lambda row: row[0]):
        stored = [
            msgspec.msgpack.decode(
                unseal(key, ObjectContext(patient.patient_id, row_id, number), sealed),
                type=StoredVersion,
            )
            for row_id, number, sealed in those
        ]
        ends = [one.at_s for one in stored[1:]] + [FOREVER]
        for one, until_s in zip(stored, ends, strict=True):
            body = msgspec.json.decode(one.body) if one.body else None
            yield Version(kind, one.at_s, until_s, body)

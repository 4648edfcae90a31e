"""When a patient was last seen: what the retention of their record counts from.

The broker reads no resource. It knows two things by itself: the days of a patient's studies, from
their sealed summaries, and in which month a folder of their chart was last released for writing,
which it stamps into the folder's own row. Both are kept under the broker's seal, and a stamp only
moves forward: whoever asks for keys can make a record last longer, and no shorter (decision 039).
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import HospitalRecord
from segel.broker.folders import Folders
from segel.broker.registry import STUDY_DATE, Registry, open_summary
from segel.domain.clock import Clock
from segel.domain.dicom import text_value
from segel.domain.records import CHART_TYPES, PATIENT
from segel.sealing import SealBroken, study_scope

VISIT_TYPES: Final = tuple(one for one in CHART_TYPES if one not in (PATIENT, "Consent"))
"""What a visit leaves. To register somebody, and what they agree to, is none."""

STUDIED_FROM: Final = date(1980, 1, 1)
"""A study that says it is older carries a default or a slip: it counts from when it came."""


@dataclass(frozen=True, slots=True)
class Visited:
    """When somebody was last seen, and what it was taken from.

    ``day`` None: there is nothing that a visit leaves. ``arrived``: the month in which the newest
    of it came, whatever day it is of. ``unread``: something of it could not be opened; for all that
    is known, it is of today.
    """

    day: date | None
    arrived: date | None = None
    studies: frozenset[UUID] = frozenset()
    stamps: frozenset[tuple[UUID, str]] = field(default_factory=frozenset)
    unread: bool = False


class LastVisits:
    """Looks at rows of one broker's pool."""

    def __init__(
        self, pool: AsyncConnectionPool, registry: Registry, folders: Folders, clock: Clock
    ) -> None:
        self._pool = pool
        self._registry = registry
        self._folders = folders
        self._clock = clock

    async def of(self, hospital: HospitalRecord, patients: Sequence[UUID]) -> dict[UUID, Visited]:
        """When each of these was last seen. Raises BrokerUnavailable."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT p.patient_id, p.wrapped_key, p.kept_keys, s.study_id,"
                    " s.sealed_summary, s.month FROM patients p JOIN studies s USING (patient_id)"
                    " WHERE p.patient_id = ANY(%b::uuid[]) AND p.wrapped_key IS NOT NULL",
                    (list(patients),),
                )
            ).fetchall()
            stamps = await self._folders.stamps(connection.cursor(), patients, VISIT_TYPES)
        keys = await self._registry.open_patients(
            hospital.kek_id, {row[0]: (row[1], row[2]) for row in rows}
        )
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        days: dict[UUID, list[date]] = {one: [] for one in patients}
        came: dict[UUID, list[date]] = {one: [] for one in patients}
        studies: dict[UUID, set[UUID]] = {one: set() for one in patients}
        unread: set[UUID] = set()
        for patient_id, _, _, study_id, summary, month in rows:
            studies[patient_id].add(study_id)
            came[patient_id].append(month)
            if patient_id not in keys:
                unread.add(patient_id)
                continue
            scope_key = keys[patient_id].scope(study_scope(study_id))
            try:
                attributes = open_summary(scope_key, patient_id, study_id, summary)
            except SealBroken:
                unread.add(patient_id)
                continue
            days[patient_id].append(_studied(text_value(attributes, STUDY_DATE), month))
        for one in patients:
            for _, stamp in stamps[one]:
                month = _month(stamp) or today
                days[one].append(_end_of(month))
                came[one].append(month.replace(day=1))
        return {
            one: Visited(
                today if one in unread else max(days[one], default=None),
                max(came[one], default=None),
                frozenset(studies[one]),
                stamps[one],
                one in unread,
            )
            for one in patients
        }

    async def is_unchanged(
        self, cursor: psycopg.AsyncCursor, patient_id: UUID, seen: Visited
    ) -> bool:
        """Whether nothing came since: asked under the ledger's lock, which all that comes takes."""
        await cursor.execute("SELECT study_id FROM studies WHERE patient_id = %s", (patient_id,))
        if frozenset(row[0] for row in await cursor.fetchall()) != seen.studies:
            return False
        stamps = await self._folders.stamps(cursor, [patient_id], VISIT_TYPES)
        return stamps[patient_id] == seen.stamps


def _studied(text: str, arrived: date) -> date:
    """The day of a study (YYYYMMDD); the month in which it came where it says none that can be."""
    try:
        day = datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return arrived
    return day if day >= STUDIED_FROM else arrived


def _month(stamp: str) -> date | None:
    """The first of a stamped month (YYYY-MM); None for a folder from before there were stamps."""
    return date(int(stamp[:4]), int(stamp[5:]), 1) if stamp else None


def _end_of(month: date) -> date:
    """No day of it is known: the last one keeps the record longest."""
    return month.replace(day=monthrange(month.year, month.month)[1])

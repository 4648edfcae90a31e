"""Search over sealed summaries: candidates by token, opened in memory, filtered, matches only.

A query that names nothing selective looks through the hospital's most recent studies, and says
so where there are older ones; one whose tokens lead to too many is refused with what to add.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.candidates import PATIENT_ID, Plan, Through, plan, received_tokens
from segel.broker.consents import Hiding, Marked
from segel.broker.directory import HospitalRecord
from segel.broker.errors import QueryTooBroad
from segel.broker.index import Index, days_back
from segel.broker.messages import StudyMatch, StudyQuery
from segel.broker.pairs import Pairs
from segel.broker.patient_keys import PatientKeys
from segel.broker.registry import Registry, open_summary
from segel.broker.report_marks import ReportMarks
from segel.domain.dicom import JsonDataset, text_value
from segel.domain.matching import matches
from segel.sealing import study_scope

CANDIDATES_MAX: Final = 2_000
"""Summaries opened for one query: about a fifth of a second of one core."""

RECENT_DAYS: Final = 92
PAGE_MAX: Final = 200
"""Studies in one answer; a page shows less, and each costs budget."""

MODALITY: Final = "00080060"
MODALITIES_IN_STUDY: Final = "00080061"
INSTANCES_IN_SERIES: Final = "00201209"
SERIES_LEVEL: Final = frozenset(
    {MODALITY, "0020000E", "0008103E", "00200011", "00180015", "00400244", "00400245", "00400275"}
)


@dataclass(frozen=True, slots=True)
class Page:
    """Matches in order, and whether everything was looked through."""

    matches: list[StudyMatch]
    complete: bool
    note: str


@dataclass(slots=True)
class _Candidate:
    study_id: UUID
    patient_id: UUID
    sealed: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)
    kept: bytes | None = field(repr=False)
    mark: UUID | None
    scope_key: bytes = field(default=b"", repr=False)
    attributes: JsonDataset = field(default_factory=dict, repr=False)
    series: list[JsonDataset] = field(default_factory=list, repr=False)
    instance_count: int = 0


class Finder:
    """Answers study queries of one hospital's account."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        registry: Registry,
        index: Index,
        pairs: Pairs,
        marks: ReportMarks,
    ) -> None:
        self._pool = pool
        self._registry = registry
        self._index = index
        self._pairs = pairs
        self.marks = marks

    async def find(
        self, hospital_id: UUID, hospital: HospitalRecord, query: StudyQuery, hiding: Hiding
    ) -> Page:
        """The studies that match, of patients who are not hidden.

        Raises QueryTooBroad, BrokerUnavailable.
        """
        study_filters, series_filters = _by_level(query.filters)
        way = plan(self._index, hospital_id, query.filters)
        if way.through is Through.UNIQUE_PATIENT:
            del study_filters[PATIENT_ID]
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            if query.patient_id is not None:
                patients = [query.patient_id]
                candidates = await _studies(cursor, hospital_id, patients=patients)
                complete = True
            else:
                candidates, complete = await self._candidates(cursor, hospital_id, way)
        # No connection is held while the KMS is asked: it may take its time.
        wrapped = {one.patient_id: (one.wrapped, one.kept) for one in candidates}
        keys = await self._registry.open_patients(hospital.kek_id, wrapped)
        complete = complete and len(keys) == len(wrapped)
        marks = {one.patient_id: one.mark for one in candidates}
        hidden = await hiding({one: Marked(marks[one], keys[one]) for one in keys})
        candidates = [one for one in candidates if one.patient_id not in hidden]
        found = await asyncio.to_thread(
            _open_and_filter, candidates, keys, study_filters, query.fuzzy
        )
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            if series_filters:
                await self._read_series(cursor, found)
                found = [
                    match
                    for match in found
                    if any(matches(one, series_filters, fuzzy=False) for one in match.series)
                ]
            found.sort(key=_order, reverse=True)
            known = [(one.study_id, one.patient_id) for one in found]
            reported = await self.marks.reported(cursor, known, whole=not query.filters)
            if query.unreported:
                found = [one for one in found if one.study_id not in reported]
            page = found[query.offset : query.offset + min(query.limit, PAGE_MAX)]
            if not series_filters:
                await self._read_series(cursor, page)
        return Page(
            [
                StudyMatch(
                    study_id=match.study_id,
                    patient_id=match.patient_id,
                    attributes=match.attributes,
                    series=match.series,
                    instance_count=match.instance_count,
                    reported=match.study_id in reported,
                )
                for match in page
            ],
            complete and len(found) <= query.offset + len(page),
            _note(
                complete,
                more=len(found) > query.offset + len(page),
                damaged=len(wrapped) - len(keys),
            ),
        )

    async def _candidates(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID, way: Plan
    ) -> tuple[list[_Candidate], bool]:
        match way.through:
            case Through.RECENT:
                return await self._recent(cursor, hospital_id)
            case Through.UNIQUE_STUDY | Through.STUDY:
                targets = await _look_up(cursor, way)
                return await _studies(cursor, hospital_id, targets=targets), True
            case _:
                targets = await _look_up(cursor, way)
                patients = [patient for _, patient in targets]
                if way.through is Through.UNIQUE_PATIENT:  # or whoever is the same person
                    patients += await self._pairs.linked(cursor, patients)
                return await _studies(cursor, hospital_id, patients=patients), True

    async def _recent(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID
    ) -> tuple[list[_Candidate], bool]:
        everything = await _studies(
            cursor, hospital_id, whole_hospital=True, limit=CANDIDATES_MAX + 1
        )
        if len(everything) <= CANDIDATES_MAX:
            return everything, True
        days = days_back(datetime.now(UTC).date(), RECENT_DAYS)
        targets: list[tuple[UUID, UUID]] = []
        for day in days:
            tokens = received_tokens(self._index, hospital_id, [day])
            await cursor.execute(
                "SELECT target, patient_id FROM index_tokens WHERE token = ANY(%s) LIMIT %s",
                (tokens, CANDIDATES_MAX - len(targets)),
            )
            targets += await cursor.fetchall()
            if len(targets) >= CANDIDATES_MAX:
                break
        return await _studies(cursor, hospital_id, targets=targets), False

    async def _read_series(self, cursor: psycopg.AsyncCursor, candidates: list[_Candidate]) -> None:
        by_study = {candidate.study_id: candidate for candidate in candidates}
        if not by_study:
            return
        counts = await _instance_counts(cursor, candidates)
        await cursor.execute(
            "SELECT study_id, patient_id, series_id, sealed FROM series"
            " WHERE patient_id = ANY(%s) AND study_id = ANY(%s)",
            (list({one.patient_id for one in candidates}), list(by_study)),
        )
        for study_id, patient_id, series_id, sealed in await cursor.fetchall():
            candidate = by_study[study_id]
            attributes = open_summary(candidate.scope_key, patient_id, series_id, sealed)
            count = counts.get((study_id, series_id), 0)
            attributes[INSTANCES_IN_SERIES] = {"vr": "IS", "Value": [count]}
            candidate.series.append(attributes)
            candidate.instance_count += count


def _open_and_filter(
    candidates: Iterable[_Candidate],
    keys: Mapping[UUID, PatientKeys],
    filters: dict[str, str],
    fuzzy: bool,
) -> list[_Candidate]:
    found = []
    for candidate in candidates:
        key = keys.get(candidate.patient_id)
        if key is None:  # does not verify: the note says so
            continue
        candidate.scope_key = key.scope(study_scope(candidate.study_id))
        candidate.attributes = open_summary(
            candidate.scope_key, candidate.patient_id, candidate.study_id, candidate.sealed
        )
        if matches(candidate.attributes, filters, fuzzy=fuzzy):
            found.append(candidate)
    return found


async def _look_up(cursor: psycopg.AsyncCursor, way: Plan) -> list[tuple[UUID, UUID]]:
    table = (
        "unique_tokens"
        if way.through in (Through.UNIQUE_STUDY, Through.UNIQUE_PATIENT)
        else "index_tokens"
    )
    await cursor.execute(
        f"SELECT target, patient_id FROM {table} WHERE token = ANY(%s) LIMIT %s",  # noqa: S608
        (list(way.tokens), CANDIDATES_MAX + 1),
    )
    targets = await cursor.fetchall()
    if len(targets) > CANDIDATES_MAX:
        raise QueryTooBroad(
            "The query matches too many studies to look through.",
            remedy="Add a patient number, an accession number, a birth date or a shorter range of"
            " days.",
        )
    return [(target, patient) for target, patient in targets]


_STUDIES = (
    "SELECT s.study_id, s.patient_id, s.sealed_summary, p.wrapped_key, p.kept_keys, p.consent_mark"
    " FROM studies s JOIN patients p ON p.patient_id = s.patient_id"
    " WHERE s.hospital_id = %(hospital)s AND p.wrapped_key IS NOT NULL"
)


async def _studies(
    cursor: psycopg.AsyncCursor,
    hospital_id: UUID,
    *,
    targets: list[tuple[UUID, UUID]] | None = None,
    patients: list[UUID] | None = None,
    whole_hospital: bool = False,
    limit: int = CANDIDATES_MAX + 1,
) -> list[_Candidate]:
    assert whole_hospital or targets is not None or patients is not None
    sql = _STUDIES
    if targets is not None:
        sql += " AND s.patient_id = ANY(%(patients)s) AND s.study_id = ANY(%(studies)s)"
    elif patients is not None:
        sql += " AND s.patient_id = ANY(%(patients)s)"
    await cursor.execute(
        sql + " LIMIT %(limit)s",
        {
            "hospital": hospital_id,
            "patients": list({patient for _, patient in targets} if targets else patients or ()),
            "studies": [study for study, _ in targets or ()],
            "limit": limit,
        },
    )
    return [_Candidate(*row) for row in await cursor.fetchall()]


async def _instance_counts(
    cursor: psycopg.AsyncCursor, candidates: list[_Candidate]
) -> dict[tuple[UUID, UUID], int]:
    await cursor.execute(
        "SELECT study_id, series_id, count(*) FROM instances"
        " WHERE patient_id = ANY(%s) AND study_id = ANY(%s) GROUP BY study_id, series_id",
        (list({one.patient_id for one in candidates}), [one.study_id for one in candidates]),
    )
    return {(study, series): count for study, series, count in await cursor.fetchall()}


def _by_level(filters: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    study, of_series = {}, {}
    for tag, value in filters.items():
        if tag == MODALITIES_IN_STUDY:
            of_series[MODALITY] = value
        elif tag in SERIES_LEVEL:
            of_series[tag] = value
        else:
            study[tag] = value
    return study, of_series


def _order(candidate: _Candidate) -> tuple[str, str, str]:
    return (
        text_value(candidate.attributes, "00080020"),
        text_value(candidate.attributes, "00080030"),
        candidate.study_id.hex,
    )


def _note(complete: bool, *, more: bool, damaged: int) -> str:
    if damaged:
        return (
            f"{damaged} of the patients looked through cannot be opened: their keys do not verify."
            " Tell the operator."
        )
    if not complete:
        return (
            "Only the hospital's most recent studies were looked through. Add a patient number,"
            " an accession number, a name with a birth date, or a study date to find older ones."
        )
    return "There are more results. Ask for the next page, or narrow the query." if more else ""

"""Search over sealed summaries: candidates by token, opened in memory, filtered, matches only.

A query that names nothing selective looks through the hospital's most recent studies, and says
so where there are older ones; one whose tokens lead to too many is refused with what to add.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.candidates import PATIENT_ID, Plan, Through, plan, received_tokens
from segel.broker.consents import Hiding
from segel.broker.directory import HospitalRecord
from segel.broker.errors import QueryTooBroad
from segel.broker.index import Index, days_back
from segel.broker.lookups import holders, indexed
from segel.broker.messages import StudyMatch, StudyQuery
from segel.broker.pairs import Pairs
from segel.broker.registry import Registry, open_summary
from segel.broker.report_marks import ReportMarks
from segel.broker.study_order import Candidate, Opening, Orders
from segel.domain.matching import matches

CANDIDATES_MAX: Final = 2_000
"""Summaries opened for one query: about a fifth of a second of one core."""

FOUND_MAX: Final = 2 * CANDIDATES_MAX + 1
"""Tokens that may be found for one query: both ends of a name may lead to one patient."""

SERIES_MAX: Final = 10_000
"""Of one study; no device comes near it."""

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
        self._orders = Orders()

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
        limit = min(query.limit, PAGE_MAX)
        asks_more = study_filters.keys() - {way.answers} or series_filters or query.unreported
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            if query.patient_id is not None:
                patients = [query.patient_id]
                candidates = await _studies_of(cursor, hospital_id, patients)
                complete = True
            else:
                candidates, complete = await self._candidates(cursor, hospital_id, way)
        # No connection is held while the KMS is asked: it may take its time.
        opening = Opening(self._registry, hospital.kek_id, hiding, study_filters, query.fuzzy)
        if asks_more:
            found = self._orders.newest(await opening.open(candidates))
        else:
            found = await self._orders.first(candidates, query.offset + limit + 1, opening)
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            if series_filters:
                await self._read_series(cursor, found)
                found = [
                    match
                    for match in found
                    if any(matches(one, series_filters, fuzzy=False) for one in match.series)
                ]
            known = [(one.study_id, one.patient_id) for one in found]
            reported = await self.marks.reported(cursor, known, whole=not query.filters)
            if query.unreported:
                found = [one for one in found if one.study_id not in reported]
            page = found[query.offset : query.offset + limit]
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
            complete and not opening.damaged and len(found) <= query.offset + len(page),
            _note(
                complete,
                more=len(found) > query.offset + len(page),
                damaged=len(opening.damaged),
            ),
        )

    async def _candidates(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID, way: Plan
    ) -> tuple[list[Candidate], bool]:
        match way.through:
            case Through.RECENT:
                return await self._recent(cursor, hospital_id)
            case Through.UNIQUE_STUDY | Through.STUDY:
                targets = await _look_up(cursor, way)
                return await _studies(cursor, hospital_id, targets), True
            case _:
                targets = await _look_up(cursor, way)
                patients = [patient for _, patient in targets]
                if way.through is Through.UNIQUE_PATIENT:  # or whoever is the same person
                    patients += await self._pairs.linked(cursor, patients)
                return await _studies_of(cursor, hospital_id, patients), True

    async def _recent(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID
    ) -> tuple[list[Candidate], bool]:
        if await _is_small(cursor, hospital_id):
            return await _studies_of_hospital(cursor, hospital_id), True
        days = days_back(datetime.now(UTC).date(), RECENT_DAYS)
        targets: list[tuple[UUID, UUID]] = []
        for day in days:
            tokens = received_tokens(self._index, hospital_id, [day])
            targets += await indexed(cursor, tokens, CANDIDATES_MAX - len(targets))
            if len(targets) >= CANDIDATES_MAX:
                break
        return await _studies(cursor, hospital_id, targets), False

    async def _read_series(self, cursor: psycopg.AsyncCursor, candidates: list[Candidate]) -> None:
        by_study = {candidate.study_id: candidate for candidate in candidates}
        if not by_study:
            return
        counts = await _instance_counts(cursor, candidates)
        await cursor.execute(_SERIES, _pairs(candidates))
        for study_id, patient_id, series_id, sealed in await cursor.fetchall():
            candidate = by_study[study_id]
            attributes = open_summary(candidate.scope_key, patient_id, series_id, sealed)
            count = counts.get((study_id, series_id), 0)
            attributes[INSTANCES_IN_SERIES] = {"vr": "IS", "Value": [count]}
            candidate.series.append(attributes)
            candidate.instance_count += count


async def _look_up(cursor: psycopg.AsyncCursor, way: Plan) -> list[tuple[UUID, UUID]]:
    if way.through in (Through.UNIQUE_STUDY, Through.UNIQUE_PATIENT):
        targets = list((await holders(cursor, way.tokens)).values())
    else:
        targets = list(dict.fromkeys(await indexed(cursor, way.tokens, FOUND_MAX)))
    if len(targets) > CANDIDATES_MAX:
        raise QueryTooBroad(
            "The query matches too many studies to look through.",
            remedy="Add a patient number, an accession number, a birth date or a shorter range of"
            " days.",
        )
    return targets


_FOUND: Final = (
    "SELECT s.study_id, s.patient_id, s.sealed_summary, p.wrapped_key, p.kept_keys, p.consent_mark"
    " FROM studies s, patients p WHERE s.patient_id = wanted.patient_id"
    " AND p.patient_id = wanted.patient_id AND p.wrapped_key IS NOT NULL"
)
"""Below a LATERAL, so that each is looked for in its own partition: see ``lookups``."""

_STUDIES: Final = (
    "SELECT found.* FROM unnest(%(patients)b::uuid[], %(studies)b::uuid[])"  # noqa: S608
    f" AS wanted (patient_id, study_id), LATERAL ({_FOUND} AND s.hospital_id = %(hospital)s"
    " AND s.study_id = wanted.study_id LIMIT 1) found LIMIT %(limit)s"
)
_STUDIES_OF: Final = (
    "SELECT found.* FROM unnest(%(patients)b::uuid[]) AS wanted (patient_id),"  # noqa: S608
    f" LATERAL ({_FOUND} AND s.hospital_id = %(hospital)s LIMIT %(limit)s) found LIMIT %(limit)s"
)
_STUDIES_OF_HOSPITAL: Final = (
    "SELECT found.* FROM (SELECT patient_id, study_id FROM studies"  # noqa: S608
    " WHERE hospital_id = %(hospital)s LIMIT %(limit)s) wanted,"
    f" LATERAL ({_FOUND} AND s.study_id = wanted.study_id LIMIT 1) found"
)
_SERIES: Final = (
    "SELECT found.* FROM unnest(%(patients)b::uuid[], %(studies)b::uuid[])"  # noqa: S608
    " AS wanted (patient_id, study_id), LATERAL"
    " (SELECT s.study_id, s.patient_id, s.series_id, s.sealed FROM series s"
    " WHERE s.patient_id = wanted.patient_id AND s.study_id = wanted.study_id"
    f" LIMIT {SERIES_MAX}) found"
)
_INSTANCES: Final = (
    "SELECT wanted.study_id, found.series_id, found.instances"
    " FROM unnest(%(patients)b::uuid[], %(studies)b::uuid[]) AS wanted (patient_id, study_id),"
    " LATERAL (SELECT i.series_id, count(*) AS instances FROM instances i"
    " WHERE i.patient_id = wanted.patient_id AND i.study_id = wanted.study_id"
    " GROUP BY i.series_id) found"
)


async def _is_small(cursor: psycopg.AsyncCursor, hospital_id: UUID) -> bool:
    """Whether all of a hospital's studies can be looked through; the index alone says so."""
    await cursor.execute(
        "SELECT count(*) FROM (SELECT FROM studies WHERE hospital_id = %s LIMIT %s) found",
        (hospital_id, CANDIDATES_MAX + 1),
    )
    row = await cursor.fetchone()
    return row is not None and row[0] <= CANDIDATES_MAX


async def _studies(
    cursor: psycopg.AsyncCursor, hospital_id: UUID, targets: Sequence[tuple[UUID, UUID]]
) -> list[Candidate]:
    """The studies of a hospital among these: each a study and its patient."""
    values = {
        "patients": [patient for _, patient in targets],
        "studies": [study for study, _ in targets],
        "hospital": hospital_id,
        "limit": CANDIDATES_MAX + 1,
    }
    await cursor.execute(_STUDIES.encode(), values)
    return [Candidate(*row) for row in await cursor.fetchall()]


async def _studies_of(
    cursor: psycopg.AsyncCursor, hospital_id: UUID, patients: Iterable[UUID]
) -> list[Candidate]:
    values = {
        "patients": list(set(patients)),
        "hospital": hospital_id,
        "limit": CANDIDATES_MAX + 1,
    }
    await cursor.execute(_STUDIES_OF.encode(), values)
    return [Candidate(*row) for row in await cursor.fetchall()]


async def _studies_of_hospital(cursor: psycopg.AsyncCursor, hospital_id: UUID) -> list[Candidate]:
    values = {"hospital": hospital_id, "limit": CANDIDATES_MAX}
    await cursor.execute(_STUDIES_OF_HOSPITAL.encode(), values)
    return [Candidate(*row) for row in await cursor.fetchall()]


def _pairs(candidates: Iterable[Candidate]) -> dict[str, list[UUID]]:
    found = list(candidates)
    return {
        "patients": [one.patient_id for one in found],
        "studies": [one.study_id for one in found],
    }


async def _instance_counts(
    cursor: psycopg.AsyncCursor, candidates: Iterable[Candidate]
) -> dict[tuple[UUID, UUID], int]:
    await cursor.execute(_INSTANCES, _pairs(candidates))
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

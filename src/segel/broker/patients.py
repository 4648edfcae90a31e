"""Patients as such: found by number or by name with birth, registered, amended.

Images make patients, too (``registry``); whoever comes first makes the row, and the other finds it
by the same tokens.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.consents import Hiding, Marked
from segel.broker.directory import HospitalRecord
from segel.broker.errors import PatientUnknown, QueryTooBroad, RecordsErased
from segel.broker.index import Index
from segel.broker.lookups import holders, indexed
from segel.broker.messages import PatientLine, PatientNumber, PatientQuery
from segel.broker.pairs import Pairs
from segel.broker.patient_keys import AUDIT_SCOPE, PatientKeys, folder_scope
from segel.broker.registry import ChangedMeanwhile, Registry, open_identity, seal_identity
from segel.broker.shared_numbers import place_anew, places
from segel.domain.identifiers import SHARED, NumberKind, parse_nik
from segel.domain.name_matching import name_matches
from segel.domain.patient import PatientIdentity

CANDIDATES_MAX: Final = 500
"""Patients opened for one query; of a name and a year, a hospital of a million has a handful."""

FOUND_MAX: Final = 4 * CANDIDATES_MAX
"""Tokens of a name that may be found: one patient has three at most."""
ALIKE_MAX: Final = 100
"""Patients opened because their name and birth are alike somebody's."""

YEARS_MAX: Final = 5
"""An estimated age gives a range of a few years; more of them name nobody."""

PAGE_MAX: Final = 50

_OPENED: Final = (
    "SELECT found.* FROM unnest(%b::uuid[]) AS wanted (patient_id), LATERAL"
    " (SELECT p.patient_id, p.wrapped_key, p.kept_keys, p.sealed, p.consent_mark FROM patients p"
    " WHERE p.patient_id = wanted.patient_id AND p.hospital_id = %s"
    " AND p.wrapped_key IS NOT NULL LIMIT 1) found"
)
"""Each in its partition: see ``lookups``."""

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A patient as the tables hold them, and their opened keys."""

    patient_id: UUID
    hospital_id: UUID
    keys: PatientKeys = field(repr=False)
    identity: PatientIdentity = field(repr=False)
    consent_mark: UUID | None = None

    @property
    def marked(self) -> Marked:
        """What tells what the patient decided."""
        return Marked(self.consent_mark, self.keys)

    @property
    def audit_key(self) -> bytes:
        """The key of the patient's audit events."""
        return self.keys.scope(AUDIT_SCOPE)

    def folder_key(self, resource_type: str) -> bytes:
        """The key of the patient's resources of one type."""
        return self.keys.scope(folder_scope(resource_type))


class Patients:
    """Reads and writes the patients of a hospital."""

    def __init__(
        self, pool: AsyncConnectionPool, registry: Registry, index: Index, pairs: Pairs
    ) -> None:
        self._pool = pool
        self._registry = registry
        self._index = index
        self._pairs = pairs

    async def read(self, hospital_id: UUID, hospital: HospitalRecord, one: UUID) -> PatientRow:
        """One patient of a hospital. Raises PatientUnknown, BrokerUnavailable."""
        found = await self.opened(hospital_id, hospital, [one])
        if not found:
            raise no_such_patient()
        return found[0]

    async def find(
        self, hospital_id: UUID, hospital: HospitalRecord, query: PatientQuery, hiding: Hiding
    ) -> tuple[list[PatientLine], bool]:
        """A page of those who match and are not hidden, and whether others follow.

        Raises QueryTooBroad.
        """
        wanted = await self._candidates(hospital_id, query)
        rows = await self.opened(hospital_id, hospital, wanted)
        hidden = await hiding({row.patient_id: row.marked for row in rows})
        found = [
            PatientLine(row.patient_id, row.identity)
            for row in rows
            if row.patient_id not in hidden and _matches(row.identity, query)
        ]
        found.sort(key=lambda line: line.patient_id)
        end = query.offset + max(1, min(query.limit, PAGE_MAX))
        return found[query.offset : end], len(found) > end

    async def similar(
        self, hospital_id: UUID, hospital: HospitalRecord, who: PatientIdentity, hiding: Hiding
    ) -> list[PatientLine]:
        """Who has one of the numbers of somebody, their mother's, or nearly their name and birth,
        and is not hidden. They are looked up as by any query. Raises QueryTooBroad."""
        numbers = self._tokens(hospital_id, who)
        names = self._index.alike(hospital_id, who)
        if not numbers and not names and not who.mothers_nik:
            raise too_broad()
        mother = PatientNumber(who.mothers_nik, NumberKind.MOTHERS_NIK)
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            known = [target for target, _ in (await holders(cursor, numbers)).values()]
            known += await self._pairs.linked(cursor, known)
            if who.mothers_nik:
                known += await self._sharing(cursor, hospital_id, mother)
            rows = await indexed(cursor, names, FOUND_MAX)
        alike = dict.fromkeys(patient for target, patient in rows if target == patient)
        known += list(alike)[:ALIKE_MAX]
        wanted, found = tuple(dict.fromkeys(known)), list[PatientLine]()
        more = bool(wanted)
        while more:
            query = PatientQuery(patient_ids=wanted, limit=PAGE_MAX, offset=len(found))
            page, more = await self.find(hospital_id, hospital, query, hiding)
            found += page
        return found

    async def register(
        self,
        hospital_id: UUID,
        hospital: HospitalRecord,
        identity: PatientIdentity,
        patient_id: UUID,
    ) -> tuple[PatientRow, Apply]:
        """A new patient, and what writes them. Raises AlreadyExists, RecordsErased."""
        tokens = self._tokens(hospital_id, identity)
        keys, apply = await self._registry.plan_patient(
            hospital_id, hospital, patient_id, identity, tokens
        )
        return PatientRow(patient_id, hospital_id, keys, identity), apply

    async def amending(self, before: PatientRow, identity: PatientIdentity) -> Apply:
        """What writes an identity in the place of the one before. Raises AlreadyExists there."""
        hospital_id, patient_id = before.hospital_id, before.patient_id
        old = self._tokens(hospital_id, before.identity)
        new = self._tokens(hospital_id, identity)
        added = [one for one in new if one not in old]
        gone = [one for one in old if one not in new]
        await self._registry.matching.ready(hospital_id)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await cursor.execute(
                "SELECT kept_keys, sealed FROM patients"
                " WHERE patient_id = %s AND wrapped_key IS NOT NULL FOR UPDATE",
                (patient_id,),
            )
            row = await cursor.fetchone()
            if row is None:
                raise RecordsErased.of("patient")
            if (
                row[0] != before.keys.sealed_kept
                or open_identity(before.keys, patient_id, row[1]) != before.identity
            ):
                raise ChangedMeanwhile
            await self._registry.require_free(cursor, added)
            await self._registry.matching.put(cursor, hospital_id, patient_id, identity)
            await cursor.execute(
                "UPDATE patients SET sealed = %s WHERE patient_id = %s",
                (seal_identity(before.keys, patient_id, identity), patient_id),
            )
            await cursor.execute(
                "DELETE FROM unique_tokens WHERE token = ANY(%b::bytea[]) AND target = %s",
                (gone, patient_id),
            )
            await self._registry.insert_unique(
                cursor, [(one, patient_id) for one in added], patient_id
            )
            was = self._index.patient(hospital_id, patient_id, before.identity)
            now = self._index.patient(hospital_id, patient_id, identity)
            await cursor.execute(
                "DELETE FROM index_tokens WHERE token = ANY(%b::bytea[]) AND target = %s",
                (sorted(was - now), patient_id),
            )
            await self._registry.insert_index_tokens(cursor, now - was, patient_id, patient_id)
            await place_anew(
                cursor, self._index, hospital_id, patient_id, before.identity, identity
            )
            await cursor.execute(
                "INSERT INTO uncompared (patient_id) VALUES (%s) ON CONFLICT DO NOTHING",
                (patient_id,),
            )

        return apply

    async def opened(
        self, hospital_id: UUID, hospital: HospitalRecord, patients: Iterable[UUID]
    ) -> list[PatientRow]:
        """Those of these patients who are the hospital's and can be opened."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    _OPENED,
                    (list(set(patients)), hospital_id),
                )
            ).fetchall()
        # No connection is held while the KMS is asked: it may take its time.
        keys = await self._registry.open_patients(
            hospital.kek_id, {row[0]: (row[1], row[2]) for row in rows}
        )
        return [
            PatientRow(one, hospital_id, keys[one], open_identity(keys[one], one, sealed), mark)
            for one, _, _, sealed, mark in rows
            if one in keys
        ]

    async def numbered(
        self,
        cursor: psycopg.AsyncCursor,
        hospital_id: UUID,
        numbers: Sequence[PatientNumber],
        *,
        linked: bool = True,
    ) -> list[UUID]:
        """Who has one of these numbers; ``linked``: and whoever shares it, or is the same person.

        Raises QueryTooBroad.
        """
        tokens = [one for number in numbers for one in self._tokens_of(hospital_id, number)]
        known = [target for target, _ in (await holders(cursor, tokens)).values()]
        if not linked:
            return known
        for number in numbers:
            known += await self._sharing(cursor, hospital_id, number)
        return [*known, *await self._pairs.linked(cursor, known)]

    async def _candidates(self, hospital_id: UUID, query: PatientQuery) -> Sequence[UUID]:
        """Whom the index leads to, by the most telling of what is asked."""
        if query.patient_ids:
            return query.patient_ids
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            if query.numbers:
                # Whoever writes means this registration and no other.
                linked = not query.ids_only
                return await self.numbered(cursor, hospital_id, query.numbers, linked=linked)
            tokens = self._name_tokens(hospital_id, query)
            rows = await indexed(cursor, tokens, FOUND_MAX)
        found = dict.fromkeys(patient for target, patient in rows if target == patient)
        if len(found) > CANDIDATES_MAX or len(rows) == FOUND_MAX:
            raise too_broad()
        return list(found)

    async def _sharing(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID, number: PatientNumber
    ) -> list[UUID]:
        """Who has a number that several people may have. Raises QueryTooBroad."""
        if number.kind not in SHARED:
            return []
        wanted = places(self._index, hospital_id, number.kind, number.value)
        rows = await indexed(cursor, wanted, FOUND_MAX)
        found = [patient for target, patient in rows if target == patient]
        if len(found) >= len(wanted):
            raise QueryTooBroad(
                "So many patients have this number that it leads to nobody.",
                remedy="Search by a number of their own, or by name and birthdate.",
            )
        return found

    def _name_tokens(self, hospital_id: UUID, query: PatientQuery) -> list[bytes]:
        first, last = query.born_first, query.born_last
        if not query.name or not first or not last:
            raise too_broad()
        if first == last:
            return self._index.name_query(hospital_id, query.name, first, ())
        years = range(int(first[:4]), int(last[:4]) + 1)
        if len(years) > YEARS_MAX:
            raise too_broad()
        return self._index.name_query(hospital_id, query.name, "", map(str, years))

    def _tokens_of(self, hospital_id: UUID, number: PatientNumber) -> list[bytes]:
        return [
            make(self._index, hospital_id, number.value)
            for kind, make in _TOKENS.items()
            if number.kind in (None, kind)
            and (kind is not NumberKind.NIK or parse_nik(number.value))
        ]

    def _tokens(self, hospital_id: UUID, who: PatientIdentity) -> list[bytes]:
        """What names this person alone in a hospital, its own number first."""
        numbers = (
            PatientNumber(who.patient_id.strip(), NumberKind.RECORD),
            PatientNumber(who.nik, NumberKind.NIK),
            PatientNumber(who.passport, NumberKind.PASSPORT),
            PatientNumber(who.health_number, NumberKind.HEALTH),
        )
        return [
            token
            for number in numbers
            if number.value
            for token in self._tokens_of(hospital_id, number)
        ]


def _personal(kind: NumberKind) -> Callable[[Index, UUID, str], bytes]:
    return lambda index, hospital, number: index.personal(hospital, kind, number)


_TOKENS: Final[Mapping[NumberKind, Callable[[Index, UUID, str], bytes]]] = {
    NumberKind.RECORD: Index.medical_record,
    NumberKind.NIK: Index.nik,
    NumberKind.PASSPORT: _personal(NumberKind.PASSPORT),
    NumberKind.HEALTH: _personal(NumberKind.HEALTH),
}
"""Numbers that lead to one person; of the others see ``shared_numbers``."""


def _matches(who: PatientIdentity, query: PatientQuery) -> bool:
    """Whether everything that was asked agrees."""
    if query.sex and who.sex != query.sex:
        return False
    if query.born_first and not query.born_first <= who.birth_date <= query.born_last:
        return False
    return not query.name or name_matches(who.name, query.name, fuzzy=True)


def no_such_patient() -> PatientUnknown:
    """The same for whoever is absent, erased, or another hospital's."""
    return PatientUnknown(
        "There is no such record, or it is not one that this account may know of."
    )


def too_broad() -> QueryTooBroad:
    """The refusal of a query that would have to look through everybody."""
    return QueryTooBroad(
        "Patients are found by a number, or by a name together with the birth date.",
        remedy="Add identifier=, or name= and birthdate= (a day, or a range within five years).",
    )

"""Compares new patients with the others of their hospital, a moment after they came.

Candidates are found by the index: the same whole name and year of birth, or one end of the name
and the day. They are opened in the broker's memory as for a search; nobody sees them before
somebody who may looks at the list. Decoys are nobody's duplicate, and are left out.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker.decoys import DecoyMarks
from segel.broker.directory import Directory
from segel.broker.errors import BrokerError
from segel.broker.index import Index
from segel.broker.lookups import indexed
from segel.broker.pairs import Pair, Pairs
from segel.broker.registry import Registry, open_identity
from segel.domain.clock import Clock
from segel.domain.patient import PatientIdentity
from segel.domain.person_matching import Traits, Verdict, compare

BATCH_MAX: Final = 20
"""Patients compared in one transaction; each takes two calls of the KMS."""

CANDIDATES_MAX: Final = 100
"""Patients opened for one. Of a name and a year, a hospital of a million has a handful."""

FOUND_MAX: Final = 4 * CANDIDATES_MAX
"""Tokens of a name that are found: one patient has three at most."""

PAUSE_S: Final = 2.0
REST: Final = 4.0
"""So many times as long as a batch took is rested after it: an import of thousands is compared
beside the releases, and not before them."""

log = structlog.get_logger()


class Pairing:
    """One task; start with ``run``."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        index: Index,
        registry: Registry,
        directory: Directory,
        marks: DecoyMarks,
        pairs: Pairs,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._index = index
        self._registry = registry
        self._directory = directory
        self._marks = marks
        self._pairs = pairs
        self._clock = clock

    async def run(self) -> None:
        """Compare who waits, until cancelled."""
        while True:
            try:
                began_s = time.monotonic()
                while await self.look():
                    await asyncio.sleep(REST * (time.monotonic() - began_s))
                    began_s = time.monotonic()
            except (psycopg.Error, PoolTimeout, OSError, BrokerError) as failure:
                log.warning("patients not compared", kind=type(failure).__name__)
            await asyncio.sleep(PAUSE_S)

    async def look(self) -> int:
        """Compare some; how many there were. Raises BrokerUnavailable, then nothing changed."""
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute(
                "SELECT u.patient_id, p.hospital_id, p.wrapped_key, p.kept_keys, p.sealed"
                " FROM (SELECT patient_id FROM uncompared LIMIT %s FOR UPDATE SKIP LOCKED) u"
                " LEFT JOIN patients p ON p.patient_id = u.patient_id",
                (BATCH_MAX,),
            )
            rows = await cursor.fetchall()
            of: dict[UUID, dict[UUID, tuple[bytes, bytes | None, bytes]]] = defaultdict(dict)
            for patient_id, hospital_id, wrapped, kept, sealed in rows:
                if wrapped is not None and not self._marks.is_decoy(patient_id):
                    of[hospital_id][patient_id] = (wrapped, kept, sealed)
            for hospital_id, patients in of.items():
                kek_id = (await self._directory.hospital(hospital_id)).kek_id
                for patient_id, who in (await self._opened(kek_id, patients)).items():
                    others = await self._candidates(cursor, kek_id, hospital_id, patient_id, who)
                    await self._compare(cursor, hospital_id, patient_id, who, others)
            await cursor.execute(
                "DELETE FROM uncompared WHERE patient_id = ANY(%b::uuid[])",
                ([row[0] for row in rows],),
            )
        return len(rows)

    async def _candidates(
        self,
        cursor: psycopg.AsyncCursor,
        kek_id: str,
        hospital_id: UUID,
        patient_id: UUID,
        who: PatientIdentity,
    ) -> Mapping[UUID, PatientIdentity]:
        found = await indexed(cursor, self._index.alike(hospital_id, who), FOUND_MAX)
        others = dict.fromkeys(one for target, one in found if target == one != patient_id)
        await cursor.execute(
            "SELECT found.* FROM unnest(%b::uuid[]) AS wanted (patient_id), LATERAL"
            " (SELECT p.patient_id, p.wrapped_key, p.kept_keys, p.sealed FROM patients p"
            " WHERE p.patient_id = wanted.patient_id AND p.wrapped_key IS NOT NULL LIMIT 1) found",
            (list(others)[:CANDIDATES_MAX],),
        )
        rows = {
            other: (wrapped, kept, sealed)
            for other, wrapped, kept, sealed in await cursor.fetchall()
            if not self._marks.is_decoy(other)
        }
        return await self._opened(kek_id, rows)

    async def _opened(
        self, kek_id: str, rows: Mapping[UUID, tuple[bytes, bytes | None, bytes]]
    ) -> dict[UUID, PatientIdentity]:
        """Who patients are, without those whose keys do not verify; one call of the KMS."""
        keys = await self._registry.open_patients(
            kek_id, {patient: (wrapped, kept) for patient, (wrapped, kept, _) in rows.items()}
        )
        return {one: open_identity(keys[one], one, rows[one][2]) for one in keys}

    async def _compare(
        self,
        cursor: psycopg.AsyncCursor,
        hospital_id: UUID,
        patient_id: UUID,
        who: PatientIdentity,
        others: Mapping[UUID, PatientIdentity],
    ) -> None:
        traits = traits_of(who)
        for other, they in others.items():
            found = compare(traits, traits_of(they))
            if found.verdict is Verdict.DIFFERENT:
                continue
            degrees = {name: degree.value for name, degree in found.degrees.items()}
            pair = Pair(other, patient_id, hospital_id, found.bits, degrees, self._clock())
            await self._pairs.find(cursor, pair)


def traits_of(who: PatientIdentity) -> Traits:
    """What is compared of an identity."""
    numbers = {
        "nik": who.nik,
        "passport": who.passport,
        "health": who.health_number,
        "mrn": who.patient_id,
    }
    return Traits(
        name=who.name,
        birth_date=who.birth_date,
        sex=who.sex if who.sex in ("M", "F") else "",
        numbers={kind: number for kind, number in numbers.items() if number},
        mother=who.mothers_nik,
        phone=who.phones[0] if who.phones else "",
        birth_order=who.birth_order,
    )

"""How many decoys a hospital is short of, how many are due now, and whom they resemble."""

import asyncio
import functools
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import SealedEvent
from segel.broker.decoy_making import Composed, Known, NobodyToResemble, compose
from segel.broker.decoy_watch import DecoyOrder
from segel.broker.decoys import DecoyMarks
from segel.broker.directory import HospitalRecord
from segel.broker.index import Index
from segel.broker.ledger import event_context
from segel.broker.messages import DecoyPattern
from segel.broker.patient_keys import AUDIT_SCOPE, PatientKeys
from segel.broker.registry import Registry, open_identity, open_summary
from segel.broker.secrets import NOBODY
from segel.broker.stored_event import read_event
from segel.domain.dicom import JsonDataset, text_value
from segel.sealing import study_scope, unseal

ASKED_EVERY_S: Final = 3_600.0
"""How often whoever plants asks what is due."""

DAY_S: Final = 86_400.0
SAMPLED: Final = 400
"""Patients of a hospital that decoys are composed from at a time; opened in memory only."""

PIVOTS: Final = 16
"""Places of the id space that a sample is taken from: ids are random, so any place will do."""

RECHECKS_MAX: Final = 20
RESEMBLED_MIN: Final = 20
"""Patients without which nobody can hide: below it no decoy is composed."""

STUDY_DATE: Final = "00080020"
STUDY_TIME: Final = "00080030"


@dataclass(frozen=True, slots=True)
class Sampled:
    """A patient, opened, with the keys."""

    patient_id: UUID
    keys: PatientKeys
    known: Known
    is_decoy: bool


def missing(order: DecoyOrder | None, patients: int, decoys: int) -> int:
    """How many decoys a hospital is short of. ``patients``: all of them, decoys too."""
    if order is None or order.share <= 0:
        return 0
    return max(round(order.share * patients) - decoys, 0)


def due(short: int, order: DecoyOrder, now_s: float, busy: float, chance: random.Random) -> int:
    """How many of them are to be planted before whoever plants asks again.

    ``busy``: how many studies the hospital makes in this hour, of its average. What is over
    time is spread over a day more; an order for at once is not spread.
    """
    if order.until_s <= order.begun_s:
        return short
    left_s = max(order.until_s - now_s, DAY_S)
    wanted = short * busy * ASKED_EVERY_S / left_s
    return min(short, int(wanted) + (chance.random() < wanted % 1))


def busy_now(sample: list[Sampled], hour: int) -> float:
    """What share of a hospital's studies is made in an hour of the day, times 24."""
    hours = [
        text_value(study, STUDY_TIME)[:2] for one in sample for study in one.known.studies.values()
    ]
    known = [one for one in hours if one.isdigit()]
    return 24 * sum(int(one) == hour for one in known) / len(known) if known else 1.0


class Planner:
    """Reads what composing needs."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        registry: Registry,
        index: Index,
        marks: DecoyMarks,
    ) -> None:
        self._pool = pool
        self._registry = registry
        self._index = index
        self._marks = marks
        self._chance = random.SystemRandom()

    async def counted(self, hospital_id: UUID) -> tuple[int, int]:
        """A hospital's patients, and how many of them are decoys."""
        patients = decoys = 0
        async for ids in self._ids(hospital_id):
            patients += len(ids)
            decoys += await asyncio.to_thread(
                lambda ids=ids: sum(map(self._marks.is_decoy, ids))  # type: ignore[misc]
            )
        return patients, decoys

    async def real_ids(self, hospital_id: UUID) -> AsyncIterator[UUID]:
        """The patients who are not decoys: what statistics and exports go over."""
        async for ids in self._ids(hospital_id):
            for patient_id in ids:
                if not self._marks.is_decoy(patient_id):
                    yield patient_id

    async def patterns(
        self,
        hospital_id: UUID,
        hospital: HospitalRecord,
        people: int,
        count: int,
        sample: list[Sampled],
    ) -> list[DecoyPattern]:
        """Up to ``count`` decoys to be made, for a hospital of so many ``people``.

        They are fewer where nobody can be resembled.

        Who is read as a pattern stands in the log, and a thief must not learn from it that they
        are real: decoys are read as often as others, and nothing is made of them.
        """
        made: list[DecoyPattern] = []
        if sum(not one.is_decoy for one in sample) < RESEMBLED_MIN:
            return made
        today = datetime.now(UTC).date()
        for pattern in self._chance.sample(sample, min(count, len(sample))):
            if pattern.is_decoy:
                nothing: dict[str, JsonDataset] = {uid: {} for uid in pattern.known.studies}
                made.append(DecoyPattern(hospital.code, NOBODY, False, nothing))
                continue
            device = await self._device(pattern)
            composed = await self._composed(hospital_id, pattern, sample, people, today)
            if device is not None and composed is not None and composed.studies:
                account_id, door = device
                signs_in = door == "dimse"
                replaced = dict(composed.studies)
                made.append(DecoyPattern(hospital.code, account_id, signs_in, replaced))
        return made

    async def invented(
        self, hospital_id: UUID, hospital: HospitalRecord, people: int, count: int
    ) -> list[tuple[Sampled, Composed]]:
        """Up to ``count`` people who are nobody, each with whom they resemble, for a hospital of so
        many ``people``: of days on which others were examined, and with one study at most."""
        sample = await self.sample(hospital_id, hospital)
        real = [one for one in sample if not one.is_decoy]
        if len(real) < RESEMBLED_MIN:
            return []
        days = [
            day
            for one in real
            for study in one.known.studies.values()
            if (day := day_of(text_value(study, STUDY_DATE))) is not None
        ] or [datetime.now(UTC).date()]
        made = []
        for one in self._chance.sample(real, min(count, len(real))):
            first = dict(list(one.known.studies.items())[:1])
            pattern = replace(one, known=Known(one.known.identity, first))
            day = self._chance.choice(days)
            composed = await self._composed(hospital_id, pattern, sample, people, day)
            if composed is not None:
                made.append((pattern, composed))
        return made

    async def sample(self, hospital_id: UUID, hospital: HospitalRecord) -> list[Sampled]:
        """Patients of a hospital, at random, with all their studies."""
        rows: dict[UUID, tuple[bytes, bytes | None]] = {}
        identities: dict[UUID, bytes] = {}
        studies: dict[UUID, list[tuple[UUID, bytes]]] = {}
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            for _ in range(PIVOTS):
                await cursor.execute(
                    "SELECT patient_id, wrapped_key, kept_keys, sealed FROM patients"
                    " WHERE hospital_id = %s AND wrapped_key IS NOT NULL AND patient_id > %s"
                    " ORDER BY patient_id LIMIT %s",
                    (hospital_id, uuid4(), SAMPLED // PIVOTS),
                )
                for patient_id, wrapped, kept, sealed in await cursor.fetchall():
                    rows[patient_id] = (wrapped, kept)
                    identities[patient_id] = sealed
            await cursor.execute(
                "SELECT patient_id, study_id, sealed_summary FROM studies"
                " WHERE patient_id = ANY(%s)",
                (list(rows),),
            )
            for patient_id, study_id, sealed in await cursor.fetchall():
                studies.setdefault(patient_id, []).append((study_id, sealed))

        keys = await self._registry.open_patients(hospital.kek_id, rows)

        def opened() -> list[Sampled]:
            return [
                self._opened(patient_id, own, identities[patient_id], studies.get(patient_id, []))
                for patient_id, own in keys.items()
            ]

        return await asyncio.to_thread(opened)

    def _opened(
        self,
        patient_id: UUID,
        keys: PatientKeys,
        sealed: bytes,
        studies: list[tuple[UUID, bytes]],
    ) -> Sampled:
        opened: dict[str, JsonDataset] = {}
        for study_id, summary in studies:
            scope_key = keys.scope(study_scope(study_id))
            attributes = open_summary(scope_key, patient_id, study_id, summary)
            opened[text_value(attributes, "0020000D")] = attributes
        known = Known(open_identity(keys, patient_id, sealed), opened)
        return Sampled(patient_id, keys, known, self._marks.is_decoy(patient_id))

    async def _composed(
        self,
        hospital_id: UUID,
        pattern: Sampled,
        sample: list[Sampled],
        people: int,
        today: date,
    ) -> Composed | None:
        """A decoy whose numbers nobody has; None where that cannot be had."""
        own = pattern.patient_id
        others = [one.known for one in sample if one.patient_id != own and not one.is_decoy]
        taken: set[bytes] = set()
        for _ in range(RECHECKS_MAX):
            asked: list[bytes] = []

            is_free = functools.partial(self._is_free, hospital_id, asked, taken)

            try:
                made = compose(pattern.known, others, people, today, is_free, self._chance)
            except NobodyToResemble:
                return None
            held = await self._held(asked)
            if not held - taken:
                return made
            taken |= held
        return None

    def _is_free(
        self, hospital_id: UUID, asked: list[bytes], taken: set[bytes], kind: str, number: str
    ) -> bool:
        wanted = self._token(hospital_id, kind, number)
        asked.append(wanted)
        return wanted not in taken

    def _token(self, hospital_id: UUID, kind: str, number: str) -> bytes:
        match kind:
            case "mrn":
                return self._index.medical_record(hospital_id, number)
            case "nik":
                return self._index.nik(hospital_id, number)
            case _:
                return self._index.accession(hospital_id, number)

    async def _held(self, tokens: list[bytes]) -> set[bytes]:
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT token FROM unique_tokens WHERE token = ANY(%(all)s)"
                " UNION SELECT token FROM index_tokens WHERE token = ANY(%(all)s)",
                {"all": tokens},
            )
            return {bytes(row[0]) for row in await rows.fetchall()}

    async def _device(self, pattern: Sampled) -> tuple[UUID, str] | None:
        """Which account stored a patient's first image, and by which door."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT leaf_index, account_id, sealed FROM audit_entries"
                    " WHERE patient_id = %s ORDER BY leaf_index LIMIT 1",
                    (pattern.patient_id,),
                )
            ).fetchone()
        if row is None or row[1] is None:
            return None
        key = pattern.keys.scope(AUDIT_SCOPE)
        plain = unseal(key, event_context(pattern.patient_id, row[0]), row[2])
        event = read_event(msgspec.msgpack.decode(plain, type=SealedEvent).event)
        return row[1], event.door

    async def _ids(self, hospital_id: UUID) -> AsyncIterator[list[UUID]]:
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            psycopg.AsyncServerCursor(connection, f"ids_{int(time.monotonic_ns())}") as cursor,
        ):
            await cursor.execute(
                "SELECT patient_id FROM patients"
                " WHERE hospital_id = %s AND wrapped_key IS NOT NULL",
                (hospital_id,),
            )
            while page := await cursor.fetchmany(20_000):
                yield [row[0] for row in page]


def day_of(text: str) -> date | None:
    """A DICOM date (PS3.5 § 6.2); None where it is none."""
    try:
        return datetime.strptime(text.strip(), "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None

"""The matching register's pictures: of each stored image what it is known again by.

Sealed in the shards of the patients' records (``matching_records``), under a key that is derived of
a shard's: so an erasure wears them together. What waits is a row that the door wrote with the
image; it goes in the transaction that writes the fingerprint, so that a crash loses none.

::

    stored ─▶ unfingerprinted ──take──▶ fingerprinter ─ pixels ─▶ child behind walls
                    └─◀── settle: sealed into matching_pictures ◀───────┘

A study's key is released to the fingerprinter as to anybody: an entry of the log first, in the
patient's own trail.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import Event, Kind, Outcome
from segel.broker.directory import Directory
from segel.broker.errors import Frozen, MessageBroken
from segel.broker.ledger import Intent
from segel.broker.matching_records import MatchingRecords, OpenShard, pages, place_of
from segel.broker.messages.pictures import (
    PICTURES_MAX,
    PictureInstance,
    PictureStudy,
    SettledInstance,
)
from segel.broker.patient_keys import AUDIT_SCOPE, PatientKeys
from segel.broker.races import ChangedMeanwhile
from segel.broker.registry import Registry
from segel.broker.releases import Releases
from segel.domain.picture_records import (
    DIGEST_BYTES,
    ENTRIES_BYTES,
    LOOK_BYTES,
    NO_TOKEN,
    TOKEN_BYTES,
    PicturePlace,
)
from segel.domain.purpose import Purpose
from segel.sealing import ObjectContext, derive_scope_key, seal, study_scope, token, unseal

TAKEN_INSTANCES: Final = 64
TAKEN_STUDIES: Final = 16
TAKEN_BYTES: Final = 64 << 20
"""Of what is taken at once: it is in memory together, and a single instance may be larger."""

TRIES_MAX: Final = 5
"""An instance that was taken so often, and never settled, is left: something dies of it."""

ATTEMPTS_MAX: Final = 5
PAGE_ROWS: Final = 500
"""Rows of 7 KB that are sealed anew, or read, at once."""

PLACE_LAYOUT, LOOK_LAYOUT = 2, 3
"""Versions of the two seals of a picture; 1 is a record's."""

_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)
_SCOPE: Final = "pictures"
_EMPTY: Final = bytes(ENTRIES_BYTES + LOOK_BYTES)
_WAITING: Final = (
    "UPDATE unfingerprinted u SET tries = tries + 1 FROM (SELECT object_id FROM unfingerprinted"
    " WHERE tries < %s AND study_id >= %s AND study_id < %s ORDER BY study_id LIMIT %s"
    " FOR UPDATE SKIP LOCKED) w"
    " WHERE u.object_id = w.object_id RETURNING u.object_id, u.patient_id, u.study_id"
)
_LYING: Final = (
    "SELECT w.object_id, w.patient_id, w.study_id, i.pack_id, i.pack_offset, i.sealed_bytes,"
    " i.sealed_header FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[])"
    " AS w (object_id, patient_id, study_id) LEFT JOIN instances i"
    " ON i.patient_id = w.patient_id AND i.study_id = w.study_id AND i.object_id = w.object_id"
    " AND NOT EXISTS (SELECT FROM matching_pictures m WHERE m.object_id = w.object_id)"
)
"""What has a fingerprint does not wait, whatever a door writes: else it could ask for any key."""


@dataclass(frozen=True, slots=True)
class PictureSeals:
    """A picture as its row holds it."""

    patient_id: UUID
    picture_id: UUID
    place: bytes = field(repr=False)
    look: bytes = field(repr=False)


class MatchingPictures:
    """Hands out what waits, seals what was made, and opens it for matchers."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        records: MatchingRecords,
        registry: Registry,
        directory: Directory,
        releases: Releases,
        token_key: bytes,
    ) -> None:
        self._pool = pool
        self._records = records
        self._registry = registry
        self._directory = directory
        self._releases = releases
        self._token_key = token_key

    # --- what waits ---------------------------------------------------------------------------

    async def take(self) -> list[PictureStudy]:
        """Some of what waits, each study's release in the log. Raises BrokerUnavailable."""
        # From anywhere, so that what cannot be had now (a frozen hospital's) is in nobody's way.
        middle = uuid4()
        rows = await self._some(middle, _LAST, TAKEN_INSTANCES)
        rows += await self._some(_FIRST, middle, TAKEN_INSTANCES - len(rows))
        if not rows:
            return []
        async with self._pool.connection() as connection:
            columns = [[row[at] for row in rows] for at in range(3)]
            lying = await (await connection.execute(_LYING, columns, binary=True)).fetchall()
        gone = [row[0] for row in lying if row[3] is None]
        if gone:
            await self._forget(gone)
        studies: dict[tuple[UUID, UUID], list[PictureInstance]] = defaultdict(list)
        size, left = 0, []
        for object_id, patient_id, study_id, *place in lying:
            if place[0] is None:
                continue
            size += place[2]
            is_full = studies and size > TAKEN_BYTES
            if is_full or ((patient_id, study_id) not in studies and len(studies) >= TAKEN_STUDIES):
                left.append(object_id)
                continue
            studies[patient_id, study_id].append(PictureInstance(object_id, *place))
        if left:
            await self._untaken(left)
        return await self._released(studies)

    async def _some(self, first: UUID, last: UUID, most: int) -> list[tuple[UUID, UUID, UUID]]:
        """Object, patient and study of some, of the studies from one up to another."""
        async with self._pool.connection() as connection:
            return await (
                await connection.execute(_WAITING, (TRIES_MAX, first, last, most))
            ).fetchall()

    async def _released(
        self, studies: dict[tuple[UUID, UUID], list[PictureInstance]]
    ) -> list[PictureStudy]:
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT patient_id, hospital_id, wrapped_key, kept_keys FROM patients"
                    " WHERE patient_id = ANY(%b::uuid[]) AND wrapped_key IS NOT NULL",
                    (list({patient_id for patient_id, _ in studies}),),
                    binary=True,
                )
            ).fetchall()
        hospitals = {patient_id: hospital_id for patient_id, hospital_id, _, _ in rows}
        wrapped: dict[str, dict[UUID, tuple[bytes, bytes | None]]] = defaultdict(dict)
        for patient_id, hospital_id, key, kept in rows:
            kek_id = (await self._directory.hospital(hospital_id)).kek_id
            wrapped[kek_id][patient_id] = (key, kept)
        keys: dict[UUID, PatientKeys] = {}
        for kek_id, some in wrapped.items():
            keys |= await self._registry.open_patients(kek_id, some)
        found = [
            PictureStudy(patient_id, study_id, keys[patient_id].scope(study_scope(study_id)), some)
            for (patient_id, study_id), some in studies.items()
            if patient_id in keys
        ]
        released = []
        for one in found:
            event = _event(hospitals[one.patient_id], one)
            try:
                await self._releases.release(Intent(event, keys[one.patient_id].scope(AUDIT_SCOPE)))
            except Frozen:
                await self._untaken([each.object_id for each in one.instances])
            else:
                released.append(one)
        return released

    async def _forget(self, objects: Sequence[UUID]) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM unfingerprinted WHERE object_id = ANY(%s)", (list(objects),)
            )

    async def _untaken(self, objects: Sequence[UUID]) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(
                "UPDATE unfingerprinted SET tries = tries - 1 WHERE object_id = ANY(%s)",
                (list(objects),),
            )

    async def waiting(self) -> tuple[int, int]:
        """How many instances wait, and how many of them were given up."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT count(*), count(*) FILTER (WHERE tries >= %s) FROM unfingerprinted",
                    (TRIES_MAX,),
                )
            ).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    # --- what was made ------------------------------------------------------------------------

    async def settle(self, instances: Sequence[SettledInstance]) -> None:
        """Keep what was made of instances that still wait. Raises MessageBroken,
        BrokerUnavailable."""
        for one in instances:
            _require_sound(one)
        for attempt in range(ATTEMPTS_MAX):
            try:
                await self._settle({one.object_id: one for one in instances})
                return
            except ChangedMeanwhile:
                if attempt == ATTEMPTS_MAX - 1:
                    raise

    async def _settle(self, instances: dict[UUID, SettledInstance]) -> None:
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute(
                "WITH done AS (DELETE FROM unfingerprinted WHERE object_id = ANY(%b::uuid[])"
                " RETURNING object_id, patient_id, study_id)"
                " SELECT d.object_id, d.patient_id, d.study_id, i.series_id, p.hospital_id"
                " FROM done d JOIN instances i ON i.patient_id = d.patient_id"
                " AND i.study_id = d.study_id AND i.object_id = d.object_id"
                " JOIN patients p ON p.patient_id = d.patient_id AND p.wrapped_key IS NOT NULL",
                (list(instances),),
                binary=True,
            )
            made: list[tuple[UUID, UUID, UUID, UUID, UUID, bytes, bytes]] = []
            for object_id, patient_id, study_id, series_id, hospital_id in await cursor.fetchall():
                shard = await self._records.held(cursor, hospital_id, place_of(patient_id))
                places = _places(self._token_key, series_id, instances[object_id])
                for place, look in places:
                    sealed = sealed_picture(shard, patient_id, uuid4(), place, look)
                    made.append(
                        (
                            sealed.picture_id,
                            shard.shard_id,
                            patient_id,
                            study_id,
                            object_id,
                            sealed.place,
                            sealed.look,
                        )
                    )
            await cursor.executemany(
                "INSERT INTO matching_pictures"
                " (picture_id, shard_id, patient_id, study_id, object_id, sealed_place,"
                " sealed_look) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                made,
            )

    # --- reading, under a warrant -------------------------------------------------------------

    def places(self, shard_id: UUID) -> AsyncIterator[list[tuple[UUID, UUID, bytes]]]:
        """Patient, picture and sealed place of a shard's pictures, by page."""
        return pages(
            self._pool,
            "SELECT patient_id, picture_id, sealed_place FROM matching_pictures"
            " WHERE shard_id = %s AND picture_id > %s ORDER BY picture_id LIMIT %s",
            shard_id,
            PAGE_ROWS,
            key=1,
        )

    async def looks(self, pictures: Sequence[UUID]) -> list[tuple[UUID, UUID, UUID, bytes]]:
        """Shard, patient, picture and sealed look of those that are still there."""
        async with self._pool.connection() as connection:
            return await (
                await connection.execute(
                    "SELECT shard_id, patient_id, picture_id, sealed_look FROM matching_pictures"
                    " WHERE picture_id = ANY(%b::uuid[])",
                    (list(pictures),),
                    binary=True,
                )
            ).fetchall()


def pixels_token(key: bytes, digest: bytes) -> bytes:
    """What stands for a picture's very pixels."""
    return token(key, "picture's pixels", digest)[:TOKEN_BYTES]


def uid_token(key: bytes, uid: str) -> bytes:
    """What stands for an instance's UID; of none, ``NO_TOKEN``."""
    return token(key, "picture's instance", uid)[:TOKEN_BYTES] if uid else NO_TOKEN


def pictures_key(shard_key: bytes) -> bytes:
    """The key of a shard's pictures."""
    return derive_scope_key(shard_key, _SCOPE)


def place_context(patient_id: UUID, picture_id: UUID) -> ObjectContext:
    """What the seal of a place is bound to."""
    return ObjectContext(patient_id, picture_id, PLACE_LAYOUT)


def look_context(patient_id: UUID, picture_id: UUID) -> ObjectContext:
    """What the seal of a look is bound to."""
    return ObjectContext(patient_id, picture_id, LOOK_LAYOUT)


def sealed_picture(
    shard: OpenShard, patient_id: UUID, picture_id: UUID, place: bytes, look: bytes
) -> PictureSeals:
    """A picture as its row holds it."""
    key = pictures_key(shard.key)
    return PictureSeals(
        patient_id,
        picture_id,
        bytes(seal(key, place_context(patient_id, picture_id), place)),
        bytes(seal(key, look_context(patient_id, picture_id), look)),
    )


def _places(key: bytes, series_id: UUID, settled: SettledInstance) -> list[tuple[bytes, bytes]]:
    """Place and look of each of an instance's pictures; of one without any, its UID alone."""
    uid = uid_token(key, settled.instance_uid)
    found = [
        (one.made, pixels_token(key, one.pixel_sha256) if one.made else NO_TOKEN)
        for one in settled.pictures
    ]
    made = []
    for written, pixels in found or [(b"", NO_TOKEN)]:
        whole = written or _EMPTY
        place = PicturePlace(
            series_id.bytes, settled.object_id.bytes, pixels, uid, whole[:ENTRIES_BYTES]
        )
        made.append((place.packed(), whole[ENTRIES_BYTES:]))
    return made


def _require_sound(settled: SettledInstance) -> None:
    """Return where it has the form that is kept. Raises MessageBroken."""
    if len(settled.pictures) > PICTURES_MAX or any(
        len(one.pixel_sha256) != DIGEST_BYTES or len(one.made) not in (0, len(_EMPTY))
        for one in settled.pictures
    ):
        raise MessageBroken("These are no fingerprints.")


def _event(hospital_id: UUID, study: PictureStudy) -> Event:
    return Event(
        kind=Kind.FINGERPRINT,
        outcome=Outcome.SUCCESS,
        account_id=None,
        role="fingerprinter",
        hospital_id=hospital_id,
        session_id=None,
        purpose=Purpose.OPERATIONS,
        route="broker",
        patient_id=study.patient_id,
        study_id=study.study_id,
        detail="fingerprints of pictures",
    )


# --- in other people's transactions -----------------------------------------------------------


async def poured(cursor: psycopg.AsyncCursor, worn: OpenShard, to: OpenShard) -> int:
    """Seal a page of a worn shard's pictures under another's key; how many."""
    await cursor.execute(
        "SELECT patient_id, picture_id, sealed_place, sealed_look FROM matching_pictures"
        " WHERE shard_id = %s LIMIT %s FOR UPDATE",
        (worn.shard_id, PAGE_ROWS),
    )
    rows = await cursor.fetchall()
    made = await asyncio.to_thread(
        lambda: [_sealed_anew(worn, to, PictureSeals(*row)) for row in rows]
    )
    await cursor.executemany(
        "UPDATE matching_pictures SET shard_id = %s, sealed_place = %s, sealed_look = %s"
        " WHERE picture_id = %s",
        [(to.shard_id, one.place, one.look, one.picture_id) for one in made],
    )
    return len(rows)


def _sealed_anew(worn: OpenShard, to: OpenShard, one: PictureSeals) -> PictureSeals:
    key = pictures_key(worn.key)
    place = unseal(key, place_context(one.patient_id, one.picture_id), one.place)
    look = unseal(key, look_context(one.patient_id, one.picture_id), one.look)
    return sealed_picture(to, one.patient_id, one.picture_id, place, look)


async def forget_pictures(
    cursor: psycopg.AsyncCursor, patients: Sequence[UUID], study_id: UUID | None = None
) -> None:
    """Take the fingerprints of patients who are erased, or of one study, and have their shards
    worn."""
    # First what waits: whoever is writing fingerprints holds those rows until they are written.
    which = "patient_id = ANY(%(patients)s) AND (%(study)s::uuid IS NULL OR study_id = %(study)s)"
    values = {"patients": list(patients), "study": study_id}
    await cursor.execute(f"DELETE FROM unfingerprinted WHERE {which}", values)  # noqa: S608
    await cursor.execute(
        f"WITH gone AS (DELETE FROM matching_pictures WHERE {which} RETURNING shard_id)"  # noqa: S608
        " UPDATE matching_shards SET worn = true WHERE shard_id IN (SELECT shard_id FROM gone)",
        values,
    )


async def forget_all_pictures(cursor: psycopg.AsyncCursor, hospitals: Sequence[UUID]) -> None:
    """Have hospitals' fingerprints made anew: of a database whose shards' keys are of an older
    day. Call it while the shards are there."""
    await cursor.execute(
        "DELETE FROM matching_pictures USING matching_shards s"
        " WHERE s.shard_id = matching_pictures.shard_id AND s.hospital_id = ANY(%s)",
        (list(hospitals),),
    )
    await cursor.execute(
        "INSERT INTO unfingerprinted (object_id, patient_id, study_id)"
        " SELECT i.object_id, i.patient_id, i.study_id FROM instances i JOIN patients p"
        " ON p.patient_id = i.patient_id WHERE p.hospital_id = ANY(%s)"
        " ON CONFLICT (object_id) DO UPDATE SET tries = 0",
        (list(hospitals),),
    )

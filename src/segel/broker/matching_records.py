"""The matching register: of each patient a sealed record of tokens, to compare samples with.

::

    KMS ─▶ KEK of the hospital ─▶ key of a shard (stored wrapped) ─▶ a record of each patient

No patient's key is needed to open it, and opened it names nobody (``domain.person_tokens``). A
hospital has ``SHARDS`` shards; whose record is in which follows from the patient's random id, and
tells nothing. All of it can be made anew from the patients' own rows, and is where a database was
put back from before a rotation (``restoring``).

An erasure takes the record, and has its shard *worn*: nothing is written to it any more, the keeper
seals what is left under a new key, and the old one dies with its KEK's old version. So no older
copy opens the record of somebody who was erased (decision 063).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import Event, Kind, Outcome
from segel.broker.directory import HospitalRecord
from segel.broker.errors import BrokerUnavailable
from segel.broker.index import INDEX_VERSION
from segel.broker.keyring import Keyring, label_of
from segel.broker.ledger import Intent, Ledger
from segel.broker.races import ChangedMeanwhile
from segel.broker.secrets import BrokerSecrets
from segel.broker.unwrapping import Unwrapper
from segel.domain.patient import PatientIdentity
from segel.domain.person_tokens import record_of, said_of
from segel.domain.purpose import Purpose
from segel.keys import KmsError, PlainKey, WrappedKey
from segel.sealing import ObjectContext, derive_scope_key, new_patient_key, seal, unseal
from segel.sealing.short_tokens import ShortTokens

SHARDS: Final = 16
"""Of a hospital. An erasure seals a sixteenth of a hospital's records anew: of a million patients
some seconds' work."""

PAGE_ROWS: Final = 2_000
"""Records sealed anew in one transaction: a tenth of a second."""

ATTEMPTS_MAX: Final = 5
"""To make a hospital's keys, where keys are moved to another KMS meanwhile."""

RECORD_LAYOUT: Final = 1
"""Version of a record's seal."""

_TOKENS: Final = "matching tokens"
_WHERE_SHARD: Final = "SELECT shard_id FROM matching_shards WHERE shard_id = %s AND NOT worn"


@dataclass(frozen=True, slots=True)
class Shard:
    """One row. ``kek_id``: the KEK of its hospital."""

    shard_id: UUID
    hospital_id: UUID
    place: int
    worn: bool
    kek_id: str
    wrapped: bytes = field(repr=False)

    @property
    def wrapped_key(self) -> WrappedKey:
        """As the KMS takes it."""
        return WrappedKey(self.kek_id, self.wrapped, self.shard_id.bytes)


@dataclass(frozen=True, slots=True)
class OpenShard:
    """A shard with its key."""

    shard_id: UUID
    key: bytes = field(repr=False)

    def sealed(self, patient_id: UUID, record: bytes) -> bytes:
        """A record as its row holds it."""
        return bytes(seal(self.key, context_of(self.shard_id, patient_id), record))

    def record(self, patient_id: UUID, sealed: bytes) -> bytes:
        """What ``sealed`` made. Raises SealBroken."""
        return unseal(self.key, context_of(self.shard_id, patient_id), sealed)


Logs = Callable[[UUID], Awaitable[None]]
"""Writes down that a hospital's keys are about to be opened, to write records."""

Pour = Callable[[psycopg.AsyncCursor, OpenShard, OpenShard], Awaitable[int]]
"""Seals a page of what is in a worn shard under another's key; how much it was."""


class MatchingRecords:
    """Writes records into other people's transactions; a guest of the keeper's."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        unwrapper: Unwrapper,
        keyring: Keyring,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._unwrapper = unwrapper
        self._keyring = keyring
        self._tokens = ShortTokens(token_key(secrets))
        self._open: dict[UUID, dict[int, OpenShard]] = {}
        self._opening = asyncio.Lock()
        self.log_opening: Logs | None = None
        """Called before a hospital's keys are unwrapped: an entry of the log."""
        self.pour_pictures: Pour = _nothing
        """What else is in a shard (``matching_pictures``)."""

    # --- writing ------------------------------------------------------------------------------

    async def ready(self, hospital_id: UUID) -> None:
        """Have a hospital's keys at hand, so that ``put`` asks no KMS. Raises BrokerUnavailable."""
        if hospital_id in self._open:
            return
        async with self._opening:
            if hospital_id not in self._open:
                self._open[hospital_id] = await self._made_and_opened(hospital_id)

    async def put(
        self,
        cursor: psycopg.AsyncCursor,
        hospital_id: UUID,
        patient_id: UUID,
        identity: PatientIdentity,
    ) -> None:
        """Write a patient's record, in the place of the one before; ``ready`` was called.

        Call it before the transaction writes anything else. Raises ChangedMeanwhile where the shard
        was worn since, or its keys were forgotten.
        """
        shard_id, _, sealed = self.row(hospital_id, patient_id, identity)
        await cursor.execute(
            "INSERT INTO matching_records (shard_id, patient_id, sealed)"  # noqa: S608
            f" SELECT s.shard_id, %s, %s FROM ({_WHERE_SHARD} FOR KEY SHARE) s"
            " ON CONFLICT (shard_id, patient_id) DO UPDATE SET sealed = excluded.sealed",
            (patient_id, sealed, shard_id),
        )
        if cursor.rowcount == 0:
            self._open.pop(hospital_id, None)
            raise ChangedMeanwhile

    def row(
        self, hospital_id: UUID, patient_id: UUID, identity: PatientIdentity
    ) -> tuple[UUID, UUID, bytes]:
        """A record's row; ``ready`` was called. Raises ChangedMeanwhile where it was not."""
        shard = self._open.get(hospital_id, {}).get(place_of(patient_id))
        if shard is None:
            raise ChangedMeanwhile
        record = record_of(said_of(identity), self._tokens.of)
        return shard.shard_id, patient_id, shard.sealed(patient_id, record)

    async def held(self, cursor: psycopg.AsyncCursor, hospital_id: UUID, place: int) -> OpenShard:
        """The shard at a place, for something to be written under it in this transaction. Raises
        ChangedMeanwhile, BrokerUnavailable."""
        await self.ready(hospital_id)
        shard = self._open[hospital_id][place]
        await cursor.execute(f"{_WHERE_SHARD} FOR SHARE", (shard.shard_id,))
        if await cursor.fetchone() is None:
            self._open.pop(hospital_id, None)
            raise ChangedMeanwhile
        return shard

    async def _made_and_opened(self, hospital_id: UUID) -> dict[int, OpenShard]:
        for _ in range(ATTEMPTS_MAX):
            shards = await self.of_hospitals([hospital_id])
            current = {one.place: one for one in shards if not one.worn}
            missing = [place for place in range(SHARDS) if place not in current]
            made = await self._make(hospital_id, missing) if missing else {}
            if made is None:
                continue
            ours = [one for place, one in current.items() if place not in made]
            if ours and self.log_opening is not None:
                await self.log_opening(hospital_id)
            keys = await self._unwrapper.many([one.wrapped_key for one in ours])
            if None in keys:
                raise BrokerUnavailable("A key of the matching register does not open.")
            return made | {
                one.place: OpenShard(one.shard_id, key)
                for one, key in zip(ours, keys, strict=True)
                if key
            }
        raise BrokerUnavailable("Keys are being moved.", remedy="Try again.")

    async def _make(self, hospital_id: UUID, places: Sequence[int]) -> dict[int, OpenShard] | None:
        """New shards at these places; None where somebody else made some, or keys are moved."""
        kek_id = (await self._keks([hospital_id]))[hospital_id]
        new = {place: OpenShard(uuid4(), new_patient_key()) for place in places}
        plain = [PlainKey(kek_id, one.key, one.shard_id.bytes) for one in new.values()]
        try:
            wrapped = await asyncio.to_thread(self._keyring.wrap_many, plain)
        except KmsError as failure:
            raise self._unwrapper.refusal(failure) from failure
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute(
                "SELECT key_floor FROM hospitals WHERE hospital_id = %s FOR SHARE", (hospital_id,)
            )
            row = await cursor.fetchone()
            if row is None or any(label_of(one) < row[0] for one in wrapped):
                if row is not None:
                    self._unwrapper.follow(row[0][0])  # another broker moves keys
                return None
            await cursor.executemany(
                "INSERT INTO matching_shards (shard_id, hospital_id, place, worn, wrapped_key)"
                " VALUES (%s, %s, %s, false, %s) ON CONFLICT DO NOTHING",
                [
                    (one.shard_id, hospital_id, place, key)
                    for (place, one), key in zip(new.items(), wrapped, strict=True)
                ],
            )
            if cursor.rowcount != len(new):
                return None
        return new

    # --- reading, under a warrant -------------------------------------------------------------

    async def of_hospitals(self, hospitals: Sequence[UUID]) -> list[Shard]:
        """Their shards, the worn ones last."""
        keks = await self._keks(hospitals)
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT shard_id, hospital_id, place, worn, wrapped_key FROM matching_shards"
                    " WHERE hospital_id = ANY(%s) ORDER BY worn, hospital_id, place",
                    (list(hospitals),),
                )
            ).fetchall()
        return [
            Shard(shard_id, hospital_id, place, worn, keks[hospital_id], wrapped)
            for shard_id, hospital_id, place, worn, wrapped in rows
        ]

    async def opened(self, shards: Sequence[Shard]) -> list[OpenShard]:
        """Their keys; whoever calls has logged it. Raises BrokerUnavailable."""
        keys = await self._unwrapper.many([one.wrapped_key for one in shards])
        return [OpenShard(one.shard_id, key) for one, key in zip(shards, keys, strict=True) if key]

    def records(self, shard_id: UUID) -> AsyncIterator[list[tuple[UUID, bytes]]]:
        """A shard's sealed records by page, in the order of patients' ids."""
        return pages(
            self._pool,
            "SELECT patient_id, sealed FROM matching_records WHERE shard_id = %s"
            " AND patient_id > %s ORDER BY patient_id LIMIT %s",
            shard_id,
            PAGE_ROWS,
        )

    async def missing(self) -> int:
        """Patients without a record: of an archive from before there was a register, until it is
        made (``reindexing``)."""
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT count(*) FROM patients"  # noqa: S608
                    f" WHERE index_version < {INDEX_VERSION} AND wrapped_key IS NOT NULL"
                )
            ).fetchone()
        return int(row[0]) if row else 0

    # --- when keys are rotated or moved -------------------------------------------------------

    async def keks(self) -> list[str]:
        """None of its own: its keys are under the hospitals'."""
        return []

    async def left(self) -> int:
        """How many keys are not in the newest KMS."""
        shards = await self._all()
        return sum(label_of(one.wrapped)[0] < self._keyring.generation for one, _ in shards)

    async def move(self) -> None:
        """Seal anew what is in worn shards, and wrap what is below its hospital's floor. Raises
        KmsError, BrokerUnavailable."""
        for shard, _ in await self._all():
            if shard.worn:
                await self._drain(shard)
        behind = [one for one, floor in await self._all() if label_of(one.wrapped) < floor]
        items = [one.wrapped_key for one in behind]
        renewed = await asyncio.to_thread(self._keyring.renew_many, items)
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.executemany(
                "UPDATE matching_shards SET wrapped_key = %s"
                " WHERE shard_id = %s AND wrapped_key = %s",
                [
                    (made, one.shard_id, one.wrapped)
                    for one, made in zip(behind, renewed, strict=True)
                ],
            )

    async def _drain(self, worn: Shard) -> None:
        """Seal a worn shard's records under its successor's key, and forget it."""
        for opened in await self.opened([worn]):
            await self._pour(opened, worn, _poured)
            await self._pour(opened, worn, self.pour_pictures)
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM matching_shards WHERE shard_id = %s AND worn", (worn.shard_id,)
            )

    async def _pour(self, opened: OpenShard, worn: Shard, pour: "Pour") -> None:
        while True:
            await self.ready(worn.hospital_id)
            to = self._open[worn.hospital_id][worn.place]
            async with self._pool.connection() as connection, connection.cursor() as cursor:
                await cursor.execute(f"{_WHERE_SHARD} FOR KEY SHARE", (to.shard_id,))
                if await cursor.fetchone() is None:
                    self._open.pop(worn.hospital_id, None)
                    continue
                count = await pour(cursor, opened, to)
            if not count:
                return

    async def _all(self) -> list[tuple[Shard, bytes]]:
        """Every shard, with its hospital's floor."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT s.shard_id, s.hospital_id, s.place, s.worn, s.wrapped_key, h.key_floor,"
                    " h.sealed FROM matching_shards s JOIN hospitals h USING (hospital_id)"
                )
            ).fetchall()
        return [
            (Shard(shard_id, where, place, worn, self._kek_of(where, sealed), wrapped), floor)
            for shard_id, where, place, worn, wrapped, floor, sealed in rows
        ]

    async def _keks(self, hospitals: Sequence[UUID]) -> dict[UUID, str]:
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT hospital_id, sealed FROM hospitals WHERE hospital_id = ANY(%s)",
                    (list(hospitals),),
                )
            ).fetchall()
        return {hospital_id: self._kek_of(hospital_id, sealed) for hospital_id, sealed in rows}

    def _kek_of(self, hospital_id: UUID, sealed: bytes) -> str:
        plain = self._secrets.open_row(hospital_id, sealed)
        return msgspec.json.decode(plain, type=HospitalRecord).kek_id


async def pages(
    pool: AsyncConnectionPool, sql: str, shard_id: UUID, page_rows: int, key: int = 0
) -> AsyncIterator[list[Any]]:
    """A shard's rows by page. ``sql``: takes the shard, the id after which it goes on, and how many
    at most; ``key``: which column that id is."""
    after = UUID(int=0)
    while True:
        async with pool.connection() as connection:
            rows = await (
                await connection.execute(sql.encode(), (shard_id, after, page_rows), binary=True)
            ).fetchall()
        if not rows:
            return
        yield rows
        after = rows[-1][key]


async def _nothing(cursor: psycopg.AsyncCursor, worn: OpenShard, to: OpenShard) -> int:
    del cursor, worn, to
    return 0


def place_of(patient_id: UUID) -> int:
    """Which of a hospital's shards a patient's record is in: by the id, which is random."""
    return patient_id.bytes[0] % SHARDS


def context_of(shard_id: UUID, patient_id: UUID) -> ObjectContext:
    """What a record's seal is bound to."""
    return ObjectContext(patient_id, shard_id, RECORD_LAYOUT)


def token_key(secrets: BrokerSecrets) -> bytes:
    """The key of every record's tokens, of one estate."""
    return derive_scope_key(secrets.index, _TOKENS)


async def _poured(cursor: psycopg.AsyncCursor, worn: OpenShard, to: OpenShard) -> int:
    """Seal a page of a worn shard's records under another's key; how many."""
    await cursor.execute(
        "DELETE FROM matching_records WHERE shard_id = %(shard)s AND patient_id IN"
        " (SELECT patient_id FROM matching_records WHERE shard_id = %(shard)s LIMIT"
        " %(page)s) RETURNING patient_id, sealed",
        {"shard": worn.shard_id, "page": PAGE_ROWS},
    )
    rows = await cursor.fetchall()
    made = await asyncio.to_thread(_sealed_anew, worn, to, rows)
    # Who was amended meanwhile has a newer record there.
    await cursor.executemany(
        "INSERT INTO matching_records (shard_id, patient_id, sealed)"
        " VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        made,
    )
    return len(rows)


def _sealed_anew(
    worn: OpenShard, to: OpenShard, rows: Sequence[tuple[UUID, bytes]]
) -> list[tuple[UUID, UUID, bytes]]:
    return [
        (to.shard_id, patient_id, to.sealed(patient_id, worn.record(patient_id, sealed)))
        for patient_id, sealed in rows
    ]


async def log_opening(ledger: Ledger, hospital_id: UUID) -> None:
    """Write down that the broker opens a hospital's keys, to write records."""
    event = Event(
        kind=Kind.MATCH,
        outcome=Outcome.SUCCESS,
        account_id=None,
        role="broker",
        hospital_id=hospital_id,
        session_id=None,
        purpose=Purpose.OPERATIONS,
        route="broker",
        detail="matching register opened to write",
    )
    await ledger.commit(Intent(event))


async def forget_records(cursor: psycopg.AsyncCursor, patients: Sequence[UUID]) -> None:
    """Take the records of patients who are erased, and have their shards worn."""
    await cursor.execute(
        "WITH theirs AS (SELECT p.patient_id, s.shard_id FROM patients p JOIN matching_shards s"
        " ON s.hospital_id = p.hospital_id AND s.place = get_byte(uuid_send(p.patient_id), 0) %% %s"
        " WHERE p.patient_id = ANY(%s)),"
        " gone AS (DELETE FROM matching_records r USING theirs t WHERE r.shard_id = t.shard_id"
        " AND r.patient_id = t.patient_id RETURNING r.shard_id)"
        " UPDATE matching_shards SET worn = true WHERE shard_id IN (SELECT shard_id FROM gone)",
        (SHARDS, list(patients)),
    )


async def forget_register(cursor: psycopg.AsyncCursor, hospitals: Sequence[UUID]) -> None:
    """Have hospitals' records made anew: of a database whose shards' keys are of an older day."""
    await cursor.execute(
        "DELETE FROM matching_records USING matching_shards s"
        " WHERE s.shard_id = matching_records.shard_id AND s.hospital_id = ANY(%s)",
        (list(hospitals),),
    )
    await cursor.execute(
        "DELETE FROM matching_shards WHERE hospital_id = ANY(%s)", (list(hospitals),)
    )
    await cursor.execute(
        "UPDATE patients SET index_version = %s WHERE hospital_id = ANY(%s)"
        " AND wrapped_key IS NOT NULL",
        (INDEX_VERSION - 1, list(hospitals)),
    )

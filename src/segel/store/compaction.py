"""Compaction: small packs become larger ones in which a series lies together.

Only sealed bytes are copied, and no key is known here. The order makes every crash harmless::

    write new pack, synced ─▶ one transaction: rows point to it, old packs are retired
        ─▶ (an hour later, when nobody can still hold an old place) row of the old pack deleted
        ─▶ old pack deleted

A crash after any arrow leaves either the old places or the new ones, each whole, and at most a
pack that nothing refers to; such orphans are deleted when they have lain there for so long that no
upload can still be about to refer to them. Neither store nor tables say when something was
written (that is nobody's business), so ages are counted from when this process first saw a pack.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Final
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from segel.domain.errors import SegelError
from segel.sealing import Buffer
from segel.store.objects import ObjectMissing, ObjectStore
from segel.store.packs import PackBuilder, pack_key

FRESH: Final = 1
COMPACTED: Final = 2
RETIRED: Final = 3
"""``packs.state``: as written by a door; made here; nothing refers to it any more."""

RETIRED_AGE_S: Final = 3600.0
"""A reader keeps an object's place for as long as its grant (minutes) and its answer last."""

ORPHANS_EVERY_S: Final = 3600.0
"""Looking for orphans lists the whole store."""

BATCH_BYTES_MAX: Final = 256 * 1024 * 1024
"""What one run moves: bounds the time between its first write and its commit."""

PACKS_MAX: Final = 4096
PREFIX: Final = "packs"
_WORKER_LOCK: Final = 0x5E6E2
"""Advisory lock: one compaction at a time, however many workers run."""


class PackDamaged(SegelError):
    """What lies in a pack is not what the tables say; nothing was changed."""

    code = "pack-damaged"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fresh pack, and since when it has been known."""

    pack_id: UUID
    size_bytes: int
    age_s: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A sealed object and its place. ``table``: instances or conflicts."""

    table: str
    patient_id: UUID
    study_id: UUID
    series_id: UUID
    object_id: UUID
    pack_id: UUID
    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Moved:
    """An object's new place."""

    placed: Placed
    pack_id: UUID
    offset: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Ages in seconds, size in bytes; ``app.settings`` says what each is for."""

    quiet_s: float
    orphan_age_s: float
    target_bytes: int


@dataclass(slots=True)
class Done:
    """What one run did: packs read, packs written, objects moved, packs deleted."""

    merged: int = 0
    written: int = 0
    moved: int = 0
    deleted: int = 0


@dataclass(slots=True)
class _Seen:
    """Since when packs have been in some state, by our own clock."""

    since_s: dict[UUID, float] = field(default_factory=dict)

    def ages(self, present: Iterable[UUID], now_s: float) -> dict[UUID, float]:
        """The age of each pack that is ``present``; the others are forgotten."""
        self.since_s = {pack_id: self.since_s.get(pack_id, now_s) for pack_id in present}
        return {pack_id: now_s - since_s for pack_id, since_s in self.since_s.items()}


class Compactor:
    """Runs compaction again and again."""

    def __init__(self, pool: AsyncConnectionPool, objects: ObjectStore, rules: Rules) -> None:
        self._pool = pool
        self._objects = objects
        self._rules = rules
        self._fresh = _Seen()
        self._retired = _Seen()
        self._orphans = _Seen()
        self._damaged: set[UUID] = set()
        self._looked_for_orphans_s: float | None = None

    async def run_once(self, now_s: float) -> Done:
        """One run; ``now_s`` is any steady clock.

        Raises PackDamaged (that pack is left alone from then on), StoreError, psycopg.Error:
        nothing is lost, run it again.
        """
        done = Done()
        async with self._pool.connection() as connection:
            rows = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_WORKER_LOCK,))
            row = await rows.fetchone()
            if row is None or not row[0]:
                return done
            try:
                await self._merge(connection, now_s, done)
                await self._delete_retired(connection, now_s, done)
                await self._delete_orphans(connection, now_s, done)
            finally:
                await connection.execute("SELECT pg_advisory_unlock(%s)", (_WORKER_LOCK,))
        return done

    async def _merge(self, connection: AsyncConnection, now_s: float, done: Done) -> None:
        rows = await connection.execute(
            "SELECT pack_id, size_bytes FROM packs WHERE state = %s LIMIT %s", (FRESH, PACKS_MAX)
        )
        sizes: dict[UUID, int] = dict(await rows.fetchall())
        ages = self._fresh.ages(sizes, now_s)
        fresh = [
            Candidate(pack_id, size_bytes, ages[pack_id])
            for pack_id, size_bytes in sizes.items()
            if pack_id not in self._damaged
        ]
        chosen = [candidate.pack_id for candidate in choose(fresh, self._rules)]
        if len(chosen) < 2:
            return
        moves: list[Moved] = []
        made: dict[UUID, int] = {}
        for group in arrange(await _objects_in(connection, chosen), self._rules.target_bytes):
            new, pack = uuid4(), PackBuilder()
            for placed in group:
                place = pack.add(placed.object_id, [await self._read(placed)])
                moves.append(Moved(placed, new, place.offset))
            parts = pack.parts()
            await self._objects.put(pack_key(new), parts)
            made[new] = sum(len(part) for part in parts)
        await _commit_moves(connection, moves, made, chosen)
        done.merged, done.written, done.moved = len(chosen), len(made), len(moves)

    async def _read(self, placed: Placed) -> Buffer:
        try:
            data = await self._objects.get_range(
                pack_key(placed.pack_id), placed.offset, placed.size_bytes
            )
        except ObjectMissing:
            data = b""
        if len(data) != placed.size_bytes:
            self._damaged.add(placed.pack_id)
            raise PackDamaged(
                "A pack is missing, or shorter than what was written into it.",
                remedy="Restore the pack from a copy.",
            )
        return data

    async def _delete_retired(self, connection: AsyncConnection, now_s: float, done: Done) -> None:
        rows = await connection.execute("SELECT pack_id FROM packs WHERE state = %s", (RETIRED,))
        ages = self._retired.ages([row[0] for row in await rows.fetchall()], now_s)
        for pack_id, age_s in ages.items():
            if age_s < RETIRED_AGE_S or await _is_referred_to(connection, pack_id):
                continue
            await connection.execute(
                "DELETE FROM packs WHERE pack_id = %s AND state = %s", (pack_id, RETIRED)
            )
            await self._objects.delete(pack_key(pack_id))
            done.deleted += 1

    async def _delete_orphans(self, connection: AsyncConnection, now_s: float, done: Done) -> None:
        last_s = self._looked_for_orphans_s
        if last_s is not None and now_s - last_s < ORPHANS_EVERY_S:
            return
        self._looked_for_orphans_s = now_s
        stored = {UUID(key.rsplit("/", 1)[1]) for key in await self._objects.keys(PREFIX)}
        rows = await connection.execute("SELECT pack_id FROM packs")
        unknown = stored - {row[0] for row in await rows.fetchall()}
        for pack_id, age_s in self._orphans.ages(unknown, now_s).items():
            if age_s < self._rules.orphan_age_s or await _is_referred_to(connection, pack_id):
                continue
            await self._objects.delete(pack_key(pack_id))
            done.deleted += 1


def choose(fresh: Iterable[Candidate], rules: Rules) -> list[Candidate]:
    """The packs to merge now: quiet ones, not yet large, oldest first, at most a batch."""
    chosen, size_bytes = [], 0
    for candidate in sorted(fresh, key=lambda one: -one.age_s):
        if candidate.age_s < rules.quiet_s or candidate.size_bytes * 2 > rules.target_bytes:
            continue
        size_bytes += candidate.size_bytes
        if size_bytes > BATCH_BYTES_MAX:
            break
        chosen.append(candidate)
    return chosen


def arrange(objects: Iterable[Placed], target_bytes: int) -> Iterator[list[Placed]]:
    """Groups for new packs: series whole and in the order they came, filled up to the target.

    A series is split only where it is larger than a pack by itself.
    """
    ordered = sorted(objects, key=lambda o: (*_series(o), o.pack_id.int, o.offset))
    group: list[Placed] = []
    group_bytes = 0
    for _, members in groupby(ordered, key=_series):
        series = list(members)
        series_bytes = sum(placed.size_bytes for placed in series)
        if group and group_bytes + series_bytes > target_bytes:
            yield group
            group, group_bytes = [], 0
        for placed in series:
            if group and group_bytes + placed.size_bytes > target_bytes:
                yield group
                group, group_bytes = [], 0
            group.append(placed)
            group_bytes += placed.size_bytes
    if group:
        yield group


def _series(placed: Placed) -> tuple[int, int, int]:
    return placed.patient_id.int, placed.study_id.int, placed.series_id.int


async def _objects_in(connection: AsyncConnection, pack_ids: list[UUID]) -> list[Placed]:
    instances = await connection.execute(
        "SELECT 'instances', patient_id, study_id, series_id, object_id, pack_id, pack_offset,"
        " sealed_bytes FROM instances WHERE pack_id = ANY(%s)",
        (pack_ids,),
    )
    # A conflict's series is sealed with it: those of a study lie together.
    conflicts = await connection.execute(
        "SELECT 'conflicts', patient_id, study_id, study_id, object_id, pack_id, pack_offset,"
        " sealed_bytes FROM conflicts WHERE pack_id = ANY(%s)",
        (pack_ids,),
    )
    return [Placed(*row) for row in [*await instances.fetchall(), *await conflicts.fetchall()]]


_NEW_PLACES: Final = (
    " SET pack_id = m.new_pack, pack_offset = m.new_offset"
    " FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[], %b::bigint[])"
    " AS m (patient_id, object_id, old_pack, new_pack, new_offset)"
    " WHERE t.patient_id = m.patient_id AND t.object_id = m.object_id AND t.pack_id = m.old_pack"
)
_MOVE: Final = {
    "instances": "UPDATE instances t" + _NEW_PLACES,
    "conflicts": "UPDATE conflicts t" + _NEW_PLACES,
}


async def _commit_moves(
    connection: AsyncConnection, moves: list[Moved], made: dict[UUID, int], old: list[UUID]
) -> None:
    """Point all rows to their new places and retire the old packs, or nothing of it."""
    month = datetime.now(UTC).date().replace(day=1)
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO packs (pack_id, size_bytes, state, month) VALUES (%s, %s, %s, %s)",
            [(pack_id, size_bytes, COMPACTED, month) for pack_id, size_bytes in made.items()],
        )
        for table, statement in _MOVE.items():
            mine = [move for move in moves if move.placed.table == table]
            columns = (
                [move.placed.patient_id for move in mine],
                [move.placed.object_id for move in mine],
                [move.placed.pack_id for move in mine],
                [move.pack_id for move in mine],
                [move.offset for move in mine],
            )
            await cursor.execute(statement, columns)
            if cursor.rowcount != len(mine):
                raise PackDamaged("A place changed while it was being moved.")
        for pack_id in old:
            if await _is_referred_to(connection, pack_id):
                raise PackDamaged("A pack got a new object after it was written.")
        await cursor.execute("UPDATE packs SET state = %s WHERE pack_id = ANY(%s)", (RETIRED, old))


async def _is_referred_to(connection: AsyncConnection, pack_id: UUID) -> bool:
    rows = await connection.execute(
        "SELECT EXISTS (SELECT FROM instances WHERE pack_id = %(p)s)"
        " OR EXISTS (SELECT FROM conflicts WHERE pack_id = %(p)s)",
        {"p": pack_id},
    )
    row = await rows.fetchone()
    return row is None or bool(row[0])

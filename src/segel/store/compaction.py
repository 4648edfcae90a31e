"""Compaction: small packs become larger ones in which a series lies together.

Only sealed bytes are copied, and no key is known here. The order makes every crash harmless::

    write new pack, synced ─▶ one transaction: rows point to it, old packs are retired
        ─▶ (an hour later, when nobody can still hold an old place) row of the old pack deleted
        ─▶ old pack deleted

A crash after any arrow leaves either the old places or the new ones, each whole, and at most a
pack that nothing refers to; such orphans are deleted when they are old enough that no upload can
still be about to refer to them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, Protocol
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from segel.domain.errors import SegelError

FRESH: Final = 0
COMPACTED: Final = 1
RETIRED: Final = 2
"""``packs.state``: as written by a door; made here; nothing refers to it any more."""

RETIRED_AGE_S: Final = 3600.0
"""A reader keeps an object's place for as long as its grant (minutes) and its answer last."""

BATCH_BYTES_MAX: Final = 256 * 1024 * 1024
"""What one run moves: bounds the time between its first write and its commit."""

PACKS_MAX: Final = 4096
_WORKER_LOCK: Final = 0x5E6E1
"""Advisory lock: one compaction at a time, however many workers run."""


class PackDamaged(SegelError):
    """What lies in a pack is not what the tables say; nothing was changed."""

    code = "pack-damaged"


@dataclass(frozen=True, slots=True)
class PackFile:
    """A pack as the object store lists it."""

    pack_id: UUID
    size_bytes: int
    age_s: float


class Packs(Protocol):
    """The object store's packs. ``write`` returns when the pack is durable."""

    async def listed(self) -> list[PackFile]: ...
    async def read(self, pack_id: UUID, offset: int, size_bytes: int) -> bytes: ...
    async def write(self, pack_id: UUID, parts: Sequence[bytes]) -> None: ...
    async def delete(self, pack_id: UUID) -> None: ...


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


class Compactor:
    """Runs compaction again and again; remembers since when it has seen a pack retired."""

    def __init__(self, pool: AsyncConnectionPool, packs: Packs, rules: Rules) -> None:
        self._pool = pool
        self._packs = packs
        self._rules = rules
        self._retired_since_s: dict[UUID, float] = {}

    async def run_once(self, now_s: float) -> Done:
        """One run; ``now_s`` is any steady clock. Raises psycopg.Error, OSError: run it again."""
        done = Done()
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute("SELECT pg_try_advisory_lock(%s)", (_WORKER_LOCK,))
            ).fetchone()
            await connection.commit()
            if row is None or not row[0]:
                return done
            try:
                files = {file.pack_id: file for file in await self._packs.listed()}
                await self._merge(connection, files, done)
                await self._delete_retired(connection, files, now_s, done)
                await self._delete_orphans(connection, files, done)
            finally:
                await connection.rollback()
                await connection.execute("SELECT pg_advisory_unlock(%s)", (_WORKER_LOCK,))
        return done

    async def _merge(
        self, connection: AsyncConnection, files: dict[UUID, PackFile], done: Done
    ) -> None:
        rows = await connection.execute(
            "SELECT pack_id FROM packs WHERE state = %s LIMIT %s", (FRESH, PACKS_MAX)
        )
        fresh = [files[row[0]] for row in await rows.fetchall() if row[0] in files]
        await connection.commit()
        chosen = choose(fresh, self._rules)
        if len(chosen) < 2:
            return
        objects = await _objects_in(connection, [file.pack_id for file in chosen])
        moves: list[tuple[Placed, UUID, int]] = []
        made: dict[UUID, int] = {}
        for group in arrange(objects, self._rules.target_bytes):
            new = uuid4()
            parts = [
                await self._packs.read(placed.pack_id, placed.offset, placed.size_bytes)
                for placed in group
            ]
            if [len(part) for part in parts] != [placed.size_bytes for placed in group]:
                raise PackDamaged("A pack is shorter than what was written into it.")
            await self._packs.write(new, parts)
            offset = 0
            for placed in group:
                moves.append((placed, new, offset))
                offset += placed.size_bytes
            made[new] = offset
        await _commit_moves(connection, moves, made, [file.pack_id for file in chosen])
        done.merged, done.written, done.moved = len(chosen), len(made), len(moves)

    async def _delete_retired(
        self, connection: AsyncConnection, files: dict[UUID, PackFile], now_s: float, done: Done
    ) -> None:
        rows = await connection.execute("SELECT pack_id FROM packs WHERE state = %s", (RETIRED,))
        retired = {row[0] for row in await rows.fetchall()}
        await connection.commit()
        self._retired_since_s = {
            pack_id: self._retired_since_s.get(pack_id, now_s) for pack_id in retired
        }
        for pack_id, since_s in self._retired_since_s.items():
            if now_s - since_s < RETIRED_AGE_S or await _is_referred_to(connection, pack_id):
                continue
            await connection.execute(
                "DELETE FROM packs WHERE pack_id = %s AND state = %s", (pack_id, RETIRED)
            )
            await connection.commit()
            if files.pop(pack_id, None) is not None:
                await self._packs.delete(pack_id)
            done.deleted += 1

    async def _delete_orphans(
        self, connection: AsyncConnection, files: dict[UUID, PackFile], done: Done
    ) -> None:
        old = [file.pack_id for file in files.values() if file.age_s >= self._rules.orphan_age_s]
        rows = await connection.execute("SELECT pack_id FROM packs WHERE pack_id = ANY(%s)", (old,))
        known = {row[0] for row in await rows.fetchall()}
        for pack_id in old:
            if pack_id in known or await _is_referred_to(connection, pack_id):
                continue
            await self._packs.delete(pack_id)
            done.deleted += 1
        await connection.commit()


def choose(fresh: Iterable[PackFile], rules: Rules) -> list[PackFile]:
    """The packs to merge now: quiet ones, not yet large, oldest first, at most a batch."""
    chosen, size_bytes = [], 0
    for file in sorted(fresh, key=lambda file: -file.age_s):
        if file.age_s < rules.quiet_s or file.size_bytes * 2 > rules.target_bytes:
            continue
        size_bytes += file.size_bytes
        if size_bytes > BATCH_BYTES_MAX:
            break
        chosen.append(file)
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
    found = []
    for table in ("instances", "conflicts"):
        series = "series_id" if table == "instances" else "study_id"
        rows = await connection.execute(
            f"SELECT patient_id, study_id, {series}, object_id, pack_id, pack_offset, sealed_bytes"  # noqa: S608 - names of our own
            f" FROM {table} WHERE pack_id = ANY(%s)",
            (pack_ids,),
        )
        found += [Placed(table, *row) for row in await rows.fetchall()]
    await connection.commit()
    return found


async def _commit_moves(
    connection: AsyncConnection,
    moves: list[tuple[Placed, UUID, int]],
    made: dict[UUID, int],
    old: list[UUID],
) -> None:
    """Point all rows to their new places and retire the old packs, or nothing of it."""
    month = datetime.now(UTC).date().replace(day=1)
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO packs (pack_id, size_bytes, state, month) VALUES (%s, %s, %s, %s)",
            [(pack_id, size_bytes, COMPACTED, month) for pack_id, size_bytes in made.items()],
        )
        for table in ("instances", "conflicts"):
            mine = [move for move in moves if move[0].table == table]
            await cursor.execute(
                f"UPDATE {table} t SET pack_id = m.new_pack, pack_offset = m.new_offset"  # noqa: S608
                " FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[])"
                " AS m (patient_id, object_id, old_pack, new_pack, new_offset)"
                " WHERE t.patient_id = m.patient_id AND t.object_id = m.object_id"
                " AND t.pack_id = m.old_pack",
                (
                    [placed.patient_id for placed, _, _ in mine],
                    [placed.object_id for placed, _, _ in mine],
                    [placed.pack_id for placed, _, _ in mine],
                    [new for _, new, _ in mine],
                    [offset for _, _, offset in mine],
                ),
            )
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

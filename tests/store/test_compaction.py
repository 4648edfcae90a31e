"""Compaction: after any crash every object is where its row says, bit for bit; nothing leaks."""

import asyncio
import random
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import AsyncConnectionPool

from segel.store import compaction as c

RULES = c.Rules(quiet_s=10, orphan_age_s=100, target_bytes=5_000)
SMALL_ID = st.integers(0, 3).map(lambda number: UUID(int=number))


class Crash(Exception):
    """The power goes."""


class MemoryPacks:
    """An object store whose operations can be counted down to a crash."""

    def __init__(self) -> None:
        self.packs: dict[UUID, bytes] = {}
        self.ages_s: dict[UUID, float] = {}
        self.steps_left: int | None = None

    def _step(self) -> None:
        if self.steps_left is not None:
            if self.steps_left == 0:
                raise Crash
            self.steps_left -= 1

    async def listed(self) -> list[c.PackFile]:
        return [
            c.PackFile(pack_id, len(data), self.ages_s.get(pack_id, 50))
            for pack_id, data in self.packs.items()
        ]

    async def read(self, pack_id: UUID, offset: int, size_bytes: int) -> bytes:
        self._step()
        return self.packs[pack_id][offset : offset + size_bytes]

    async def write(self, pack_id: UUID, parts: Sequence[bytes]) -> None:
        self._step()
        self.packs[pack_id] = b"".join(parts)
        self._step()

    async def delete(self, pack_id: UUID) -> None:
        self._step()
        del self.packs[pack_id]
        self._step()


placed = st.builds(
    c.Placed,
    table=st.sampled_from(["instances", "conflicts"]),
    patient_id=SMALL_ID,
    study_id=SMALL_ID,
    series_id=SMALL_ID,
    object_id=st.uuids(),
    pack_id=SMALL_ID,
    offset=st.integers(0, 9_000),
    size_bytes=st.integers(1, 3_000),
)


@given(st.lists(placed, unique_by=lambda one: one.object_id), st.integers(1, 6_000))
def test_every_object_gets_one_place_and_series_stay_together(
    objects: list[c.Placed], target_bytes: int
) -> None:
    groups = list(c.arrange(objects, target_bytes))
    flat = [one for group in groups for one in group]
    assert sorted(one.object_id.int for one in flat) == sorted(one.object_id.int for one in objects)
    for group in groups:
        assert group
        assert len(group) == 1 or sum(one.size_bytes for one in group) <= target_bytes
    for key in {(one.patient_id, one.study_id, one.series_id) for one in objects}:
        places = [
            index
            for index, one in enumerate(flat)
            if (one.patient_id, one.study_id, one.series_id) == key
        ]
        assert places == list(range(places[0], places[-1] + 1))


@given(st.lists(st.builds(c.PackFile, st.uuids(), st.integers(1, 9_000), st.floats(0, 99))))
def test_only_quiet_small_packs_are_chosen(files: list[c.PackFile]) -> None:
    for file in c.choose(files, RULES):
        assert file.age_s >= RULES.quiet_s
        assert file.size_bytes * 2 <= RULES.target_bytes


def fill(dsn: str, packs: MemoryPacks, count: int, seed: int) -> dict[UUID, bytes]:
    """``count`` packs of a few objects of a few series; what each object holds."""
    chance = random.Random(seed)
    series = [(uuid4(), uuid4(), uuid4()) for _ in range(4)]
    held: dict[UUID, bytes] = {}
    with psycopg.connect(dsn) as connection:
        for _ in range(count):
            pack_id, data = uuid4(), b""
            for _ in range(chance.randrange(1, 4)):
                patient_id, study_id, series_id = chance.choice(series)
                content = chance.randbytes(chance.randrange(1, 600))
                object_id = uuid4()
                held[object_id] = content
                row = (patient_id, study_id, chance.randbytes(32), object_id, pack_id,
                       len(data), len(content), b"head")  # fmt: skip
                if chance.random() < 0.2:
                    connection.execute(
                        "INSERT INTO conflicts (patient_id, study_id, instance_token, object_id,"
                        " pack_id, pack_offset, sealed_bytes, sealed_header, content_token)"
                        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                        (*row, chance.randbytes(32)),
                    )
                else:
                    connection.execute(
                        "INSERT INTO instances (patient_id, study_id, instance_token, object_id,"
                        " pack_id, pack_offset, sealed_bytes, sealed_header, series_id)"
                        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                        (*row, series_id),
                    )
                data += content
            packs.packs[pack_id] = data
            connection.execute(
                "INSERT INTO packs (pack_id, size_bytes, state, month) VALUES (%s, %s, %s, %s)",
                (pack_id, len(data), c.FRESH, date(2026, 1, 1)),
            )
    return held


def read_back(dsn: str, packs: MemoryPacks) -> dict[UUID, bytes]:
    found = {}
    with psycopg.connect(dsn) as connection:
        for table in ("instances", "conflicts"):
            for object_id, pack_id, offset, size in connection.execute(
                f"SELECT object_id, pack_id, pack_offset, sealed_bytes FROM {table}".encode()  # noqa: S608
            ):
                found[object_id] = packs.packs[pack_id][offset : offset + size]
    return found


def run(dsn: str, packs: MemoryPacks, *clock_s: float) -> c.Done:
    async def runs() -> c.Done:
        async with AsyncConnectionPool(dsn, min_size=1, max_size=2) as pool:
            compactor = c.Compactor(pool, packs, RULES)
            done = c.Done()
            for now_s in clock_s:
                done = await compactor.run_once(now_s)
            return done

    return asyncio.run(runs())


def test_small_packs_become_few_and_the_old_ones_go(database: Any) -> None:
    packs = MemoryPacks()
    held = fill(database.gateway, packs, 20, seed=1)
    before = set(packs.packs)
    first = run(database.worker, packs, 0)
    assert first.merged == 20
    assert first.moved == len(held)
    assert first.written < 20
    assert before <= set(packs.packs), "a reader may still hold an old place"
    assert read_back(database.worker, packs) == held
    run(database.worker, packs, 0, c.RETIRED_AGE_S)
    assert not before & set(packs.packs)
    assert read_back(database.worker, packs) == held
    assert run(database.worker, packs, 0) == c.Done()


@pytest.mark.parametrize("steps", range(0, 60, 7))
def test_a_crash_at_any_step_loses_nothing(database: Any, steps: int) -> None:
    packs = MemoryPacks()
    held = fill(database.gateway, packs, 12, seed=steps)
    packs.steps_left = steps
    try:
        run(database.worker, packs, 0, c.RETIRED_AGE_S)
    except Crash:
        assert read_back(database.worker, packs) == held
    packs.steps_left = None
    packs.ages_s = dict.fromkeys(packs.packs, 200.0)
    run(database.worker, packs, 0, c.RETIRED_AGE_S, 2 * c.RETIRED_AGE_S)
    assert read_back(database.worker, packs) == held
    with psycopg.connect(database.worker) as connection:
        rows = connection.execute("SELECT pack_id FROM packs").fetchall()
    assert {row[0] for row in rows} == set(packs.packs), "no row without a pack, no orphan"


def test_a_young_orphan_is_left_alone_and_an_old_one_deleted(database: Any) -> None:
    packs = MemoryPacks()
    young, old = uuid4(), uuid4()
    packs.packs = {young: b"about to be committed", old: b"its writer died"}
    packs.ages_s = {young: 99, old: 101}
    assert run(database.worker, packs, 0).deleted == 1
    assert set(packs.packs) == {young}


def test_two_workers_do_not_compact_at_once(database: Any) -> None:
    packs = MemoryPacks()
    fill(database.gateway, packs, 3, seed=5)
    with psycopg.connect(database.worker) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (c._WORKER_LOCK,))
        other.commit()
        assert run(database.worker, packs, 0) == c.Done()
    assert run(database.worker, packs, 0).merged == 3

"""Compaction: after any crash every object is where its row says, bit for bit; nothing leaks."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import AsyncConnectionPool

from segel.imaging.repo import PACK_LIVE
from segel.sealing import Buffer
from segel.store import compaction as c
from segel.store.local import LocalDirectory
from segel.store.packs import PackBuilder, Place, pack_key, read_index

RULES = c.Rules(quiet_s=10, orphan_age_s=100, target_bytes=5_000)
SMALL_ID = st.integers(0, 3).map(lambda number: UUID(int=number))


class Crash(Exception):
    """The power goes."""


class CrashingStore(LocalDirectory):
    """An object store whose operations can be counted down to a crash, before or after one."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.steps_left: int | None = None

    def _step(self) -> None:
        if self.steps_left is not None:
            if self.steps_left == 0:
                raise Crash
            self.steps_left -= 1

    async def get_range(self, key: str, start: int, length: int) -> Buffer:
        self._step()
        return await super().get_range(key, start, length)

    async def put(self, key: str, parts: Sequence[Buffer]) -> None:
        self._step()
        await super().put(key, parts)
        self._step()

    async def delete(self, key: str) -> None:
        self._step()
        await super().delete(key)
        self._step()

    def pack_ids(self) -> set[UUID]:
        return {UUID(key.rsplit("/", 1)[1]) for key in asyncio.run(self.keys("packs"))}


@pytest.fixture
def packs(tmp_path: Path) -> CrashingStore:
    return CrashingStore(tmp_path)


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


@given(st.lists(st.builds(c.Candidate, st.uuids(), st.integers(1, 9_000), st.floats(0, 99))))
def test_only_quiet_small_packs_are_chosen(fresh: list[c.Candidate]) -> None:
    for candidate in c.choose(fresh, RULES):
        assert candidate.age_s >= RULES.quiet_s
        assert candidate.size_bytes * 2 <= RULES.target_bytes


def fill(dsn: str, packs: CrashingStore, count: int, seed: int) -> dict[UUID, bytes]:
    """``count`` packs of a few objects of a few series; what each object holds."""
    chance = random.Random(seed)
    series = [(uuid4(), uuid4(), uuid4()) for _ in range(4)]
    held: dict[UUID, bytes] = {}
    with psycopg.connect(dsn) as connection:
        for _ in range(count):
            pack_id, pack = uuid4(), PackBuilder()
            for _ in range(chance.randrange(1, 4)):
                patient_id, study_id, series_id = chance.choice(series)
                content = chance.randbytes(chance.randrange(1, 600))
                object_id = uuid4()
                held[object_id] = content
                offset = pack.add(object_id, [content]).offset
                row = (patient_id, study_id, chance.randbytes(32), object_id, pack_id,
                       offset, len(content), b"head")  # fmt: skip
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
            packs.put_now(pack_key(pack_id), pack.parts())
            connection.execute(
                "INSERT INTO packs (pack_id, size_bytes, state, month) VALUES (%s, %s, %s, %s)",
                (pack_id, pack.size, c.FRESH, date(2026, 1, 1)),
            )
    return held


def read_back(dsn: str, packs: CrashingStore) -> dict[UUID, bytes]:
    """What each object's row leads to; every pack's own index must say the same."""
    found = {}
    with psycopg.connect(dsn) as connection:
        for table in ("instances", "conflicts"):
            rows = connection.execute(
                f"SELECT object_id, pack_id, pack_offset, sealed_bytes FROM {table}".encode()
            ).fetchall()
            for object_id, pack_id, offset, size in rows:
                pack = asyncio.run(LocalDirectory.get(packs, pack_key(pack_id)))
                assert Place(object_id, offset, size) in read_index(pack)
                found[object_id] = pack[offset : offset + size]
    return found


def run(dsn: str, packs: CrashingStore, *clock_s: float) -> list[c.Done]:
    async def runs() -> list[c.Done]:
        async with AsyncConnectionPool(dsn, min_size=1, max_size=2) as pool:
            compactor = c.Compactor(pool, packs, RULES)
            return [await compactor.run_once(now_s) for now_s in clock_s]

    return asyncio.run(runs())


SEEN, QUIET, GONE, ALL_GONE = 0.0, 20.0, 20.0 + c.RETIRED_AGE_S, 40.0 + 3 * c.RETIRED_AGE_S


def test_the_doors_write_what_compaction_takes_for_fresh() -> None:
    assert PACK_LIVE == c.FRESH


def test_small_packs_become_few_and_the_old_ones_go(database: Any, packs: CrashingStore) -> None:
    held = fill(database.gateway, packs, 20, seed=1)
    before = packs.pack_ids()
    seen, merged = run(database.worker, packs, SEEN, QUIET)
    assert seen == c.Done(), "a pack that is new to us may still be growing its study"
    assert (merged.merged, merged.moved) == (20, len(held))
    assert merged.written < 20
    assert before <= packs.pack_ids(), "a reader may still hold an old place"
    assert read_back(database.worker, packs) == held
    run(database.worker, packs, SEEN, QUIET, GONE)
    assert not before & packs.pack_ids()
    assert read_back(database.worker, packs) == held
    assert run(database.worker, packs, SEEN, QUIET) == [c.Done(), c.Done()]


@pytest.mark.parametrize("steps", range(0, 60, 7))
def test_a_crash_at_any_step_loses_nothing(database: Any, packs: CrashingStore, steps: int) -> None:
    held = fill(database.gateway, packs, 12, seed=steps)
    packs.steps_left = steps
    with contextlib.suppress(Crash):
        run(database.worker, packs, SEEN, QUIET, GONE)
    assert read_back(database.worker, packs) == held
    packs.steps_left = None
    run(database.worker, packs, SEEN, QUIET, GONE, ALL_GONE)
    assert read_back(database.worker, packs) == held
    with psycopg.connect(database.worker) as connection:
        rows = connection.execute("SELECT pack_id FROM packs").fetchall()
    assert {row[0] for row in rows} == packs.pack_ids(), "no row without a pack, no orphan"


def test_an_orphan_is_left_alone_until_no_upload_can_need_it(
    database: Any, packs: CrashingStore
) -> None:
    packs.put_now(pack_key(uuid4()), [b"about to be committed, or its writer died"])
    later_s = c.ORPHANS_EVERY_S + RULES.orphan_age_s
    first, second = run(database.worker, packs, SEEN, later_s)
    assert (first.deleted, second.deleted) == (0, 1)
    assert not packs.pack_ids()


def test_a_damaged_pack_is_told_and_left_alone(database: Any, packs: CrashingStore) -> None:
    fill(database.gateway, packs, 6, seed=9)
    broken = min(packs.pack_ids(), key=lambda pack_id: pack_id.int)
    asyncio.run(packs.delete(pack_key(broken)))

    async def story() -> c.Done:
        async with AsyncConnectionPool(database.worker, min_size=1, max_size=2) as pool:
            compactor = c.Compactor(pool, packs, RULES)
            await compactor.run_once(SEEN)
            with pytest.raises(c.PackDamaged):
                await compactor.run_once(QUIET)
            return await compactor.run_once(QUIET)

    assert asyncio.run(story()).merged == 5


def test_two_workers_do_not_compact_at_once(database: Any, packs: CrashingStore) -> None:
    fill(database.gateway, packs, 3, seed=5)
    with psycopg.connect(database.worker) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (c._WORKER_LOCK,))
        other.commit()
        assert run(database.worker, packs, SEEN, QUIET)[1] == c.Done()
    assert run(database.worker, packs, SEEN, QUIET)[1].merged == 3

"""Rotating a KEK: every key is wrapped anew while work goes on, and no object is touched."""

import asyncio
import contextlib
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from segel.broker import keeper, key_backup, rewrapping
from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import BrokerUnavailable, Forbidden
from segel.broker.keyring import label_of
from segel.domain.roles import Role
from segel.keys import Kms, KmsUnavailable, WrapBroken, WrappedKey
from support.keeping import report, settled
from support.snapshots import Snapshot

EVERY_KMS = True


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RETIRE_PAUSE_S", 0.1)
    monkeypatch.setattr(keeper, "TROUBLE_PAUSE_S", 0.1)


async def rotate(estate: Any, code: str = "") -> m.KeysReport:
    await estate.ask(m.RotateKeys(code))
    return await settled(estate)


def kek(found: m.KeysReport, code: str) -> m.KekReport:
    return next(one for one in found.keks if one.hospital == code)


def stored_keys(database: Any) -> dict[UUID, bytes]:
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute("SELECT patient_id, wrapped_key FROM patients").fetchall()
    return dict(rows)


def add_patients(database: Any, kms: Kms, count: int) -> None:
    """Patients whose only content is their wrapped key, in the first hospital."""
    with psycopg.connect(database.owner) as connection:
        row = connection.execute("SELECT hospital_id FROM hospitals").fetchone()
        assert row is not None
        (hospital,) = row
        with connection.cursor().copy(
            "COPY patients (patient_id, hospital_id, wrapped_key, sealed, month) FROM STDIN"
        ) as copy:
            for _ in range(count):
                patient = uuid4()
                wrapped = kms.wrap(f"hospital-{hospital}", os.urandom(32), patient.bytes)
                label = b"\0" + kms.version_of(wrapped).to_bytes(4, "big")
                copy.write_row((patient, hospital, label + wrapped, b"", "2026-01-01"))


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of everything but the audit log, which each rotation grows."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and "audit" not in path.parts
    }


def test_rotation_wraps_every_key_anew_and_rewrites_no_object(
    estate_of, arrival, database, tmp_path, kms
) -> None:
    async def run() -> None:
        packs = tmp_path / "objects" / "packs"
        packs.mkdir(parents=True)
        (packs / "one.pack").write_bytes(os.urandom(4096))
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            grants = [await estate.store(maker, arrival(number)) for number in range(5)]
            before, files = stored_keys(database), files_of(tmp_path / "objects")
            found = await rotate(estate)
            after = stored_keys(database)
            assert files_of(tmp_path / "objects") == files
            assert set(after) == set(before)
            assert all(after[patient] != before[patient] for patient in before)
            assert {label_of(key) for key in after.values()} == {b"\0\0\0\0\x02"}
            for code in ("H1", ""):
                assert (kek(found, code).oldest, kek(found, code).newest) == (2, 2)
                assert kek(found, code).rotated_s == estate.clock.now_s
            assert kek(found, "H1").in_use == [m.KeksVersion(0, 2, 5)]
            opened = await estate.open(reader, arrival(1).study_uid)
            assert opened.scope_key == grants[1].scope_key
            await estate.store(maker, arrival(9))
        async with estate_of() as estate:
            opened = await estate.open(reader, arrival(1).study_uid)
            assert opened.scope_key == grants[1].scope_key
        for patient, key in before.items():
            with pytest.raises(WrapBroken):
                kms.unwrap(f"hospital-{grants[0].hospital_id}", key[5:], patient.bytes)

    asyncio.run(run())


def test_only_the_hospital_that_was_asked_for_is_rotated(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            for hospital in ("H1", "H2"):
                await estate.store(await estate.token(Role.RADIOGRAPHER, hospital), arrival(1))
            found = await rotate(estate, "H2")
            assert [kek(found, code).newest for code in ("H1", "H2", "")] == [1, 2, 1]
            with pytest.raises(Forbidden):
                await estate.ask(m.RotateKeys("H404"))
            for message in (m.RotateKeys(), m.ReportKeys(), m.FollowKeys()):
                with pytest.raises(Forbidden):
                    await estate.ask(message, Caller.DOOR)

    asyncio.run(run())


def test_patients_made_while_keys_are_wrapped_anew_keep_their_keys(
    estate_of, arrival, database, kms, monkeypatch
) -> None:
    monkeypatch.setattr(rewrapping.Rewrapper.__init__, "__kwdefaults__", {"page_rows": 20})

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(0))
            add_patients(database, kms, 400)
            grants = {}

            async def store(number: int) -> None:
                grants[number] = await estate.store(maker, arrival(number))

            async def rotate_thrice() -> None:
                for _ in range(3):
                    await rotate(estate)

            turning = asyncio.create_task(rotate_thrice())
            number = 1
            while not turning.done():
                await asyncio.gather(*(store(number + more) for more in range(4)))
                number += 4
                await asyncio.sleep(0.05)
                estate.clock.now_s += 120  # inside of the budget for storing
            await turning
            found = await settled(estate)
            assert kek(found, "H1").newest == 4
            assert sum(one.patients for one in kek(found, "H1").in_use) == 401 + len(grants)
            assert len(grants) > 8
            for number, grant in grants.items():
                again = await estate.store(maker, arrival(number))
                assert again.scope_key == grant.scope_key

    asyncio.run(run())


@contextlib.contextmanager
def kms_that_breaks_after(kind: type[Any], calls: int) -> Iterator[None]:
    """Fails in the middle of a rotation, as a killed process or an absent service does."""
    whole, left = kind.rewrap_many, itertools.count(calls, -1)

    def some(self: Any, items: Sequence[WrappedKey]) -> list[bytes]:
        if next(left) <= 0:
            raise KmsUnavailable
        return list(whole(self, items))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kind, "rewrap_many", some)
        yield


def test_a_rotation_broken_off_is_finished_by_the_next_broker(
    estate_of, arrival, database, kms, monkeypatch
) -> None:
    monkeypatch.setattr(rewrapping.Rewrapper.__init__, "__kwdefaults__", {"page_rows": 10})

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            first = await estate.store(maker, arrival(0))
            add_patients(database, kms, 400)
            with kms_that_breaks_after(type(kms), 8):
                await estate.ask(m.RotateKeys("H1"))
                for _ in range(200):
                    work = await estate.ask(m.FollowKeys())
                    if work.trouble:
                        break
                    await asyncio.sleep(0.02)
                assert "KMS" in work.trouble
                assert not (await estate.ask(m.RotateKeys("H1"))).begun, "one at a time"
                found = await report(estate)
                assert 0 < kek(found, "H1").rewrap < 401
                assert kek(found, "H1").oldest == 1  # nothing is forgotten that is still needed
        async with estate_of() as estate:
            found = await settled(estate)
            assert kek(found, "H1").rewrap == 0
            assert (kek(found, "H1").oldest, kek(found, "H1").newest) == (2, 2)
            assert (await estate.store(maker, arrival(0))).scope_key == first.scope_key

    asyncio.run(run())


def test_a_sealed_kms_is_said_and_nothing_is_rotated(estate_of, kms, monkeypatch) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.token(Role.RADIOGRAPHER)
            await settled(estate)

            def away(*_: object) -> None:
                raise KmsUnavailable

            with monkeypatch.context() as patched:
                patched.setattr(type(kms), "rotate", away)
                with pytest.raises(BrokerUnavailable):
                    await estate.ask(m.RotateKeys("H1"))
            assert kek(await settled(estate), "H1").newest == 1

    asyncio.run(run())


def test_an_older_database_finds_its_keys_in_the_backup(
    estate_of, arrival, database, tmp_path
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            grants = [await estate.store(maker, arrival(number)) for number in range(6)]
            yesterday = Snapshot(database)
            await rotate(estate)
            await rotate(estate)
        yesterday.restore()
        async with estate_of() as estate:
            for number, grant in enumerate(grants):
                assert (await estate.store(maker, arrival(number))).scope_key == grant.scope_key

    asyncio.run(run())


def test_a_changed_backup_of_keys_is_refused(estate_of, arrival, database, tmp_path) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(6):
                await estate.store(maker, arrival(number))
            yesterday = Snapshot(database)
            await rotate(estate)
        file = tmp_path / "wrapped" / key_backup.FILE
        whole = file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
        for at in range(len(whole) - 60, 200, -97):
            yesterday.restore()
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises((key_backup.KeyBackupBroken, WrapBroken)):
                async with estate_of():
                    pass
            file.write_bytes(whole[:at])
            with pytest.raises((key_backup.KeyBackupBroken, WrapBroken)):
                async with estate_of():
                    pass
        file.write_bytes(whole)
        async with estate_of() as estate:
            await estate.store(maker, arrival(1))

    asyncio.run(run())

"""The matching register: kept in step with who comes, changes and goes, and told of by nothing."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from broker.test_cases import in_a_loop
from broker.test_charts import asking
from broker.test_erasure import erase
from segel.broker import keeper, matching_records
from segel.broker import messages as m
from segel.broker.index import INDEX_VERSION
from segel.broker.keyring import Keyring
from segel.broker.matching_records import SHARDS, context_of, place_of, token_key
from segel.broker.secrets import load_secrets
from segel.domain.patient import PatientIdentity
from segel.domain.person_tokens import record_of, said_of
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.keys import FileKms, KmsError, WrappedKey
from segel.sealing import unseal
from segel.sealing.short_tokens import ShortTokens
from support.keeping import moved_to, only, settled

WHO = PatientIdentity(
    patient_id="RM-1", nik="9801014501800001", name="SRI WAHYUNI", birth_date="19800105", sex="F"
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RETIRE_PAUSE_S", 0.05)
    monkeypatch.setattr(keeper, "TROUBLE_PAUSE_S", 0.05)


async def held(database: Any, kms: FileKms, tmp_path: Path) -> dict[UUID, bytes]:
    """Every record of the register, opened as a warrant opens it."""
    async with await psycopg.AsyncConnection.connect(database.owner) as connection:
        keyring, _ = await load_secrets(connection, only(kms, tmp_path / "wrapped"))
        rows = await (
            await connection.execute(
                "SELECT r.patient_id, r.shard_id, r.sealed, s.wrapped_key, s.hospital_id, s.place"
                " FROM matching_records r JOIN matching_shards s USING (shard_id)"
            )
        ).fetchall()
    assert all(place == place_of(patient) for patient, *_, place in rows)
    return {
        patient: unseal(
            unwrapped(keyring, shard, hospital, wrapped), context_of(shard, patient), sealed
        )
        for patient, shard, sealed, wrapped, hospital, _ in rows
    }


def unwrapped(keyring: Keyring, shard: UUID, hospital: UUID, wrapped: bytes) -> bytes:
    (key,) = keyring.unwrap_many([WrappedKey(f"hospital-{hospital}", wrapped, shard.bytes)])
    return key


async def expected(database: Any, kms: FileKms, tmp_path: Path, who: PatientIdentity) -> bytes:
    async with await psycopg.AsyncConnection.connect(database.owner) as connection:
        _, secrets = await load_secrets(connection, only(kms, tmp_path / "wrapped"))
    return record_of(said_of(who), ShortTokens(token_key(secrets)).of)


async def registered(estate: Any, token: str, who: PatientIdentity = WHO) -> UUID:
    reply = await estate.ask(m.RegisterPatient(asking(token, Purpose.OPERATIONS), who, UUID(int=7)))
    assert isinstance(reply, m.ChartGrant)
    return reply.patient_id


@in_a_loop
async def test_who_comes_and_changes_has_the_record_of_what_is_registered(
    estate_of: Any, arrival: Any, database: Any, kms: FileKms, tmp_path: Path
) -> None:
    async with estate_of() as estate:
        clerk = await estate.token(Role.RECORDS_OFFICER)
        patient = await registered(estate, clerk)
        came = arrival(3)
        await estate.store(await estate.token(Role.RADIOGRAPHER), came)
        found = await held(database, kms, tmp_path)
        assert found.pop(patient) == await expected(database, kms, tmp_path, WHO)
        assert list(found.values()) == [await expected(database, kms, tmp_path, came.patient)]
        after = PatientIdentity(
            patient_id="RM-1", nik=WHO.nik, name="SRI WAHYUNI LESTARI", birth_date="19800105",
            sex="F", phones=("628110001",),
        )  # fmt: skip
        await estate.ask(m.AmendPatient(asking(clerk, Purpose.OPERATIONS), patient, after))
        found = await held(database, kms, tmp_path)
        assert found[patient] == await expected(database, kms, tmp_path, after)


@in_a_loop
async def test_rows_are_of_one_length_whatever_is_said(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async with estate_of() as estate:
        clerk = await estate.token(Role.RECORDS_OFFICER)
        await registered(estate, clerk, PatientIdentity(patient_id="1"))
        for number in range(4):
            name = " ".join(["NAMA"] * (number + 1))
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(number, name=name))
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute("SELECT DISTINCT length(sealed) FROM matching_records").fetchall()
        shards = connection.execute("SELECT count(*) FROM matching_shards").fetchone()
    assert len(rows) == 1
    assert shards == (SHARDS,)


@in_a_loop
async def test_of_whom_is_erased_no_older_copy_opens_the_record(
    estate_of: Any, arrival: Any, database: Any, kms: FileKms, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(matching_records, "SHARDS", 1)  # all in the shard of who goes
    monkeypatch.setattr(matching_records, "PAGE_ROWS", 2)
    async with estate_of() as estate:
        for number in range(5):
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(number))
        with psycopg.connect(database.owner) as connection:
            old = connection.execute(
                "SELECT shard_id, hospital_id, wrapped_key FROM matching_shards"
            ).fetchall()
        before = await held(database, kms, tmp_path)
        officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
        await erase(estate, officer, patient_number="MRN00003")
        await settled(estate)
        after = await held(database, kms, tmp_path)
        assert len(after) == 4
        assert after.items() <= before.items()
        async with await psycopg.AsyncConnection.connect(database.owner) as connection:
            keyring, _ = await load_secrets(connection, only(kms, tmp_path / "wrapped"))
        for shard, hospital, wrapped in old:
            with pytest.raises(KmsError):
                unwrapped(keyring, shard, hospital, wrapped)
        # And who comes now is written to what is there now.
        await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(9))
        assert len(await held(database, kms, tmp_path)) == 5


@in_a_loop
async def test_of_an_archive_from_before_it_the_register_is_made(
    estate_of: Any, arrival: Any, database: Any, kms: FileKms, tmp_path: Path
) -> None:
    async with estate_of() as estate:
        for number in range(3):
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(number))
    before = await held(database, kms, tmp_path)
    with psycopg.connect(database.owner) as connection:
        connection.execute("DELETE FROM matching_records")
        connection.execute("DELETE FROM matching_shards")
        connection.execute("UPDATE patients SET index_version = %s", (INDEX_VERSION - 1,))
    async with estate_of():
        for _ in range(200):
            made = await held(database, kms, tmp_path)
            if len(made) == len(before):
                break
            await asyncio.sleep(0.02)
    assert made == before


@in_a_loop
async def test_its_keys_go_along_to_another_kms(
    estate_of: Any, arrival: Any, database: Any, tmp_path: Path
) -> None:
    async with estate_of() as estate:
        radiographer = await estate.token(Role.RADIOGRAPHER)
        await estate.store(radiographer, arrival(1))
        await moved_to(estate, tmp_path / "other")
        with psycopg.connect(database.owner) as connection:
            labels = connection.execute(
                "SELECT DISTINCT get_byte(wrapped_key, 0) FROM matching_shards"
            ).fetchall()
        assert labels == [(1,)]
        await estate.store(radiographer, arrival(2))
    # Another life opens them to write, and says so first.
    async with estate_of() as estate:
        await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(3))
    with psycopg.connect(database.owner) as connection:
        assert connection.execute("SELECT count(*) FROM matching_records").fetchone() == (3,)

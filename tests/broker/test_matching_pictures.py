"""Fingerprints in the register: sealed with the records, and gone with whom they are of."""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from broker.test_cases import in_a_loop
from broker.test_erasure import erase
from broker.test_matching_register import unwrapped
from segel.broker import keeper, matching_pictures, matching_records
from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import MessageBroken
from segel.broker.matching_pictures import look_context, pictures_key, place_context
from segel.broker.secrets import load_secrets
from segel.domain.picture_records import ENTRIES_BYTES, LOOK_BYTES
from segel.domain.roles import Role
from segel.keys import FileKms, KmsError
from segel.sealing import unseal
from support.keeping import only, settled

BY_FINGERPRINTER = Caller.FINGERPRINTER


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RETIRE_PAUSE_S", 0.05)
    monkeypatch.setattr(keeper, "TROUBLE_PAUSE_S", 0.05)


def arrived(database: Any, grant: m.StudyGrant) -> UUID:
    """An instance as a door writes it, and what waits for it."""
    with psycopg.connect(database.gateway) as connection:
        row = connection.execute(
            "WITH new AS (INSERT INTO instances (patient_id, study_id, instance_token, series_id,"
            " object_id, pack_id, pack_offset, sealed_bytes, sealed_header)"
            " VALUES (%s, %s, %s, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 0, 1,"
            " '') RETURNING object_id, patient_id, study_id),"
            " waiting AS (INSERT INTO unfingerprinted (object_id, patient_id, study_id)"
            " SELECT * FROM new) SELECT object_id FROM new",
            (grant.patient_id, grant.study_id, os.urandom(32)),
        ).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def made(object_id: UUID) -> m.SettledInstance:
    picture = m.MadePicture(os.urandom(32), os.urandom(ENTRIES_BYTES + LOOK_BYTES))
    return m.SettledInstance(object_id, f"2.25.{object_id.int}", [picture])


async def settle(estate: Any, *instances: m.SettledInstance) -> None:
    await estate.ask(m.SettlePictures(list(instances)), BY_FINGERPRINTER)


async def held(database: Any, kms: FileKms, tmp_path: Path) -> dict[UUID, tuple[UUID, bytes]]:
    """Every fingerprint, opened as a warrant opens it: of whom, and its look."""
    async with await psycopg.AsyncConnection.connect(database.owner) as connection:
        keyring, _ = await load_secrets(connection, only(kms, tmp_path / "wrapped"))
        rows = await (
            await connection.execute(
                "SELECT p.picture_id, p.patient_id, p.sealed_place, p.sealed_look, s.shard_id,"
                " s.hospital_id, s.wrapped_key FROM matching_pictures p"
                " JOIN matching_shards s USING (shard_id)"
            )
        ).fetchall()
    found = {}
    for picture, patient, place, look, shard, hospital, wrapped in rows:
        key = pictures_key(unwrapped(keyring, shard, hospital, wrapped))
        unseal(key, place_context(patient, picture), place)
        found[picture] = (patient, unseal(key, look_context(patient, picture), look))
    return found


@in_a_loop
async def test_of_whom_is_erased_no_older_copy_opens_a_fingerprint(
    estate_of: Any, arrival: Any, database: Any, kms: FileKms, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(matching_records, "SHARDS", 1)  # all in the shard of who goes
    monkeypatch.setattr(matching_pictures, "PAGE_ROWS", 2)
    async with estate_of() as estate:
        maker = await estate.token(Role.RADIOGRAPHER)
        grants = [await estate.store(maker, arrival(number)) for number in range(3)]
        await settle(estate, *(made(arrived(database, one)) for one in grants for _ in range(2)))
        waits = arrived(database, grants[1])
        before = await held(database, kms, tmp_path)
        assert len(before) == 6
        with psycopg.connect(database.owner) as connection:
            old = connection.execute(
                "SELECT shard_id, hospital_id, wrapped_key FROM matching_shards"
            ).fetchall()
        officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
        await erase(estate, officer, patient_number="MRN00001")
        await settled(estate)
        after = await held(database, kms, tmp_path)
        gone = grants[1].patient_id
        assert after == {at: one for at, one in before.items() if one[0] != gone}
        async with await psycopg.AsyncConnection.connect(database.owner) as connection:
            keyring, _ = await load_secrets(connection, only(kms, tmp_path / "wrapped"))
        for shard, hospital, wrapped in old:
            with pytest.raises(KmsError):
                unwrapped(keyring, shard, hospital, wrapped)
        # What was being made of them meanwhile is not kept.
        await settle(estate, made(waits))
        assert await held(database, kms, tmp_path) == after


@in_a_loop
async def test_with_a_study_go_its_fingerprints_and_no_others(
    estate_of: Any, arrival: Any, database: Any, kms: FileKms, tmp_path: Path
) -> None:
    async with estate_of() as estate:
        maker = await estate.token(Role.RADIOGRAPHER)
        stays = await estate.store(maker, arrival(1))
        goes = await estate.store(maker, arrival(1, study_uid="2.25.99", accession="B"))
        assert stays.patient_id == goes.patient_id
        await settle(estate, made(arrived(database, stays)), made(arrived(database, goes)))
        arrived(database, goes)
        before = await held(database, kms, tmp_path)
        officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
        await erase(estate, officer, study_uid="2.25.99")
        await settled(estate)
        after = await held(database, kms, tmp_path)
        assert len(after) == 1
        assert after.items() <= before.items()
        with psycopg.connect(database.owner) as connection:
            waiting = connection.execute("SELECT count(*) FROM unfingerprinted").fetchone()
            kept = connection.execute("SELECT study_id FROM matching_pictures").fetchall()
        assert waiting == (0,)
        assert kept == [(stays.study_id,)]


@in_a_loop
async def test_a_door_that_writes_what_waits_gets_no_key_of_what_has_a_fingerprint(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async with estate_of() as estate:
        grant = await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
        object_id = arrived(database, grant)
        await settle(estate, made(object_id))
        with psycopg.connect(database.gateway) as connection:
            connection.execute(
                "INSERT INTO unfingerprinted (object_id, patient_id, study_id) VALUES (%s, %s, %s)",
                (object_id, grant.patient_id, grant.study_id),
            )
        taken = await estate.ask(m.TakePictures(), BY_FINGERPRINTER)
        assert taken == m.PictureWork([])
        with psycopg.connect(database.owner) as connection:
            waiting = connection.execute("SELECT count(*) FROM unfingerprinted").fetchone()
        assert waiting == (0,)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(m.MadePicture(bytes(31), b""), id="no-hash"),
        pytest.param(m.MadePicture(bytes(32), bytes(100)), id="another-length"),
    ],
)
@in_a_loop
async def test_what_is_no_fingerprint_is_not_kept(
    estate_of: Any, arrival: Any, database: Any, picture: m.MadePicture
) -> None:
    async with estate_of() as estate:
        grant = await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
        object_id = arrived(database, grant)
        with pytest.raises(MessageBroken):
            await settle(estate, m.SettledInstance(object_id, "", [picture]))
        taken = await estate.ask(m.TakePictures(), BY_FINGERPRINTER)
        assert isinstance(taken, m.PictureWork)
        assert [one.object_id for study in taken.studies for one in study.instances] == [object_id]


@in_a_loop
async def test_of_a_frozen_hospital_no_key_is_handed_out_and_others_are_not_held_up(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async with estate_of() as estate:
        grants = [
            await estate.store(await estate.token(Role.RADIOGRAPHER, hospital), arrival(number))
            for number, hospital in enumerate(("H1", "H2"))
        ]
        for one in grants:
            arrived(database, one)
        dpo = m.Requester(await estate.token(Role.DATA_PROTECTION_OFFICER))
        await estate.ask(m.Freeze(dpo, m.TargetKind.HOSPITAL, "H1", "Diperiksa."))
        for _ in range(6):  # more often than anything is tried
            taken = await estate.ask(m.TakePictures(), BY_FINGERPRINTER)
            assert isinstance(taken, m.PictureWork)
            assert grants[0].study_id not in {one.study_id for one in taken.studies}
        with psycopg.connect(database.owner) as connection:
            tries = connection.execute(
                "SELECT tries FROM unfingerprinted WHERE study_id = %s", (grants[0].study_id,)
            ).fetchall()
        assert tries == [(0,)]

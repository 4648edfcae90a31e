"""Erasing: what was erased opens nowhere any more, the others do, and the log still verifies."""

import asyncio
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from segel.broker import erasure_end, keeper
from segel.broker import messages as m
from segel.broker.certificates import CertificateBroken, as_text, verify_certificate
from segel.broker.erasure_end import ErasureEnd
from segel.broker.errors import (
    ApprovalNotGiven,
    ErasureRefused,
    Forbidden,
    RecordsErased,
    StudyUnknown,
)
from segel.broker.keyring import Keyring
from segel.broker.patient_keys import patient_keys
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.keys import FileKms, WrapBroken
from segel.sealing import derive_scope_key, study_scope
from segel.tlog import NoteVerifier, verify_log
from support.snapshots import Snapshot


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RETIRE_PAUSE_S", 0.05)
    monkeypatch.setattr(keeper, "TROUBLE_PAUSE_S", 0.05)


def officer(token: str) -> m.Requester:
    return m.Requester(token, Purpose.SYSTEM_ADMINISTRATION, "test")


async def order(estate: Any, token: str, **what: str) -> m.ErasureReport:
    why = "Stored without anybody's knowledge, says the inquiry."
    asked = {"ground": "unlawful", "reference": "DPO/2026/17", "reason": why} | what
    reply = await estate.ask(m.OrderErasure(officer(token), **asked))
    assert isinstance(reply, m.ErasureReport)
    return reply


async def carry_out(estate: Any, token: str, erasure_id: UUID) -> m.ErasureReport:
    shown = await estate.ask(m.ShowErasure(officer(token), erasure_id))
    assert isinstance(shown, m.ErasureReport)
    if shown.state == "ordered":
        await estate.agree(shown.approval_id)
    reply = await estate.ask(m.CarryOutErasure(officer(token), erasure_id))
    assert isinstance(reply, m.ErasureReport)
    return reply


async def completed(estate: Any, token: str, erasure_id: UUID) -> m.ErasureReport:
    """The erasure once it is complete."""
    for _ in range(400):
        reply = await estate.ask(m.ShowErasure(officer(token), erasure_id))
        assert isinstance(reply, m.ErasureReport)
        if reply.state == "complete":
            return reply
        await asyncio.sleep(0.02)
    pytest.fail(f"the erasure is not complete: {reply}")


async def erase(estate: Any, token: str, **what: str) -> m.ErasureReport:
    ordered = await order(estate, token, **what)
    await carry_out(estate, token, ordered.erasure_id)
    return await completed(estate, token, ordered.erasure_id)


async def certificate(estate: Any, token: str, erasure_id: UUID) -> bytes:
    reply = await estate.ask(m.CertifyErasure(officer(token), erasure_id))
    assert isinstance(reply, m.ErasureCertificate)
    return reply.text.encode()


def rows_of(database: Any, patient_id: UUID, table: str) -> int:
    with psycopg.connect(database.owner) as connection:
        query = f"SELECT count(*) FROM {table} WHERE patient_id = %s"
        row = connection.execute(query.encode(), (patient_id,)).fetchone()
    assert row is not None
    return int(row[0])


def add_instances(database: Any, grant: m.StudyGrant, count: int) -> None:
    """Instance rows as a door would write them."""
    with psycopg.connect(database.gateway) as connection:
        for _ in range(count):
            connection.execute(
                "INSERT INTO instances (patient_id, study_id, instance_token, series_id, object_id,"
                " pack_id, pack_offset, sealed_bytes, sealed_header)"
                " VALUES (%s, %s, %s, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),"
                " 0, 1, '')",
                (grant.patient_id, grant.study_id, os.urandom(32)),
            )


def test_an_erased_patient_opens_nowhere_and_the_others_do(
    estate_of, arrival, database, tmp_path
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            grants = [await estate.store(maker, arrival(number)) for number in range(4)]
            add_instances(database, grants[1], 3)
            yesterday, files = Snapshot(database), copied(tmp_path / "objects")
            number = arrival(1).patient.patient_id
            subject = await estate.ask(m.DescribeErasure(officer(dpo), number))
            assert isinstance(subject, m.ErasureSubject)
            assert (subject.scope, subject.studies, subject.instances) == ("patient", 1, 3)
            assert subject.erased is None
            done = await erase(estate, dpo, patient_number=number)
            assert (done.studies, done.instances) == (1, 3)
            with pytest.raises(StudyUnknown):
                await estate.open(reader, arrival(1).study_uid)
            with pytest.raises(RecordsErased):
                await estate.store(maker, arrival(1))
            with pytest.raises(RecordsErased):
                await estate.store(maker, arrival(1, study_uid="2.25.404"))
            for table in ("studies", "instances", "series", "index_tokens"):
                assert rows_of(database, grants[1].patient_id, table) == 0
            held = await certificate(estate, dpo, done.erasure_id)
            vkey = NoteVerifier.parse(estate.broker.publisher.vkey)
            size = await estate.broker.publisher.publish()
            # A second order changes nothing.
            with pytest.raises(ErasureRefused, match=str(done.erasure_id)):
                await order(estate, dpo, patient_number=number)
            # Nor does carrying it out again.
            again = await carry_out(estate, dpo, done.erasure_id)
            assert again == done
        kms = FileKms.open(tmp_path / "kms", production=False)
        for patient, key in yesterday.wrapped_keys().items():
            with pytest.raises(WrapBroken):
                kms.unwrap(f"hospital-{grants[0].hospital_id}", key[5:], patient.bytes)
        root = tmp_path / "objects" / "audit"
        assert verify_log(lambda path: (root / path).read_bytes(), vkey).checkpoint.size >= size
        assert verify_certificate(held, vkey).certified.erasure_id == done.erasure_id
        # Yesterday's copy of the database and of the objects is put back.
        yesterday.restore()
        put_back(tmp_path / "objects", files)
        async with estate_of() as estate:
            for at in (0, 2, 3):
                found = await estate.open(reader, arrival(at).study_uid)
                assert found.scope_key == grants[at].scope_key
            with pytest.raises(StudyUnknown):
                await estate.open(reader, arrival(1).study_uid)
            with pytest.raises(RecordsErased):
                await estate.store(maker, arrival(1))
            assert rows_of(database, grants[1].patient_id, "instances") == 0
            await completed(estate, dpo, done.erasure_id)
            await estate.broker.publisher.publish()
            verify_log(lambda path: (root / path).read_bytes(), vkey)

    asyncio.run(run())


def test_which_searches_listed_an_erased_patient_is_forgotten(estate_of, arrival, database) -> None:
    def listed() -> int:
        with psycopg.connect(database.owner) as connection:
            row = connection.execute("SELECT count(*) FROM audit_listings").fetchone()
        assert row is not None
        return int(row[0])

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            for number in (1, 2):
                await estate.store(maker, arrival(number))
            await estate.search(await estate.token(Role.CLINICIAN))
            patient = await estate.ask(m.EnrolPatient("H1", "MRN00001", demo=True))
            assert listed() == 2
            await erase(estate, dpo, patient_number=arrival(1).patient.patient_id)
            assert listed() == 1
            token = (await estate.ask(m.IssueToken(patient.identifier, 10**9))).token
            asked = m.OpenRecord(m.Requester(token, Purpose.PATIENT_REQUEST, "console"))
            shown = await estate.ask(asked)
            assert shown.erased
            assert not shown.document.lines

    asyncio.run(run())


def copied(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def put_back(folder: Path, files: dict[str, bytes]) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.unlink()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_one_erased_study_opens_nowhere_and_the_patients_others_do(
    estate_of, arrival, database, tmp_path
) -> None:
    def study(number: int) -> m.StudyArrival:
        uid = f"2.25.8{number}"
        return arrival(1, study_uid=uid, accession=f"A{number}")  # type: ignore[no-any-return]

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            grants = {number: await estate.store(maker, study(number)) for number in range(4)}
            keys = {number: grant.scope_key for number, grant in grants.items()}
            yesterday = Snapshot(database)
            done = await erase(estate, dpo, study_uid=study(2).study_uid)
            assert (done.scope, done.studies) == ("study", 1)
            later = await estate.store(maker, study(7))
            keys[7] = later.scope_key
            second = await erase(estate, dpo, study_uid=study(0).study_uid)

            async def check() -> None:
                for number in (1, 3):
                    opened = await estate.open(reader, study(number).study_uid)
                    assert opened.scope_key == keys[number]
                    assert opened.attributes["0020000D"]["Value"] == [study(number).study_uid]
                for number in (0, 2):
                    with pytest.raises(StudyUnknown):
                        await estate.open(reader, study(number).study_uid)
                    with pytest.raises(RecordsErased):
                        await estate.store(maker, study(number))
                assert len((await estate.search(reader)).matches) == count

            count = 3
            await check()
            assert (await estate.open(reader, study(7).study_uid)).scope_key == keys[7]
            lines = await estate.ask(m.OwnTrail(m.Requester(reader), 100))
            assert isinstance(lines, m.AuditTrail)
            assert len(lines.lines) >= 5, "the patient's audit events still open"
            for one in (done, second):
                text = await certificate(estate, dpo, one.erasure_id)
                vkey = NoteVerifier.parse(estate.broker.publisher.vkey)
                assert verify_certificate(text, vkey).certified.scope == "study"
        kms = FileKms.open(tmp_path / "kms", production=False)
        # Not even whoever has the patient's key of now gets at what was erased.
        with psycopg.connect(database.owner) as connection:
            row = connection.execute("SELECT wrapped_key, kept_keys FROM patients").fetchone()
        assert row is not None
        key = kms.unwrap(f"hospital-{later.hospital_id}", row[0][5:], later.patient_id.bytes)
        now = patient_keys(later.patient_id, key, row[1])
        for number, grant in grants.items():
            scope = study_scope(grant.study_id)
            assert (now.scope(scope) == grant.scope_key) == (number in (1, 3))
            assert grant.scope_key != derive_scope_key(key, scope)
        # The patient's key as it was, wrapped as it was then, opens nothing.
        for patient, wrapped in yesterday.wrapped_keys().items():
            with pytest.raises(WrapBroken):
                kms.unwrap(f"hospital-{later.hospital_id}", wrapped[5:], patient.bytes)
        yesterday.restore()
        async with estate_of() as estate:
            count = 2  # the one that came since the copy was made is not in it
            await check()

    asyncio.run(run())


def test_somebody_who_came_after_the_copy_and_was_erased_stays_erased(
    estate_of, arrival, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            await estate.store(maker, arrival(1))
            yesterday = Snapshot(database)
            await estate.store(maker, arrival(2))
            await erase(estate, dpo, patient_number=arrival(2).patient.patient_id)
        yesterday.restore()
        async with estate_of() as estate:
            with pytest.raises(RecordsErased):
                await estate.store(maker, arrival(2))
            await estate.store(maker, arrival(1))
            listed = await estate.ask(m.ListErasures(officer(dpo)))
            assert isinstance(listed, m.ErasureList)
            assert len(listed.erasures) == 1

    asyncio.run(run())


def test_it_needs_the_right_account_a_second_person_and_a_ground(
    estate_of, arrival, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            grant = await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            number = arrival(1).patient.patient_id
            for role in set(Role) - {Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR}:
                with pytest.raises(Forbidden):
                    await order(estate, await estate.token(role), patient_number=number)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            stranger = await estate.token(Role.DATA_PROTECTION_OFFICER, "H2")
            for who, what in (
                (stranger, {"patient_number": number}),
                (dpo, {"patient_number": "NOBODY"}),
                (dpo, {"study_uid": "2.25.404"}),
                (dpo, {}),
                (dpo, {"patient_number": number, "study_uid": arrival(1).study_uid}),
                (dpo, {"patient_number": number, "ground": "because"}),
                (dpo, {"patient_number": number, "reference": ""}),
                (dpo, {"patient_number": number, "reference": "SITI NOMOR 1"}),
            ):
                with pytest.raises(ErasureRefused):
                    await order(estate, who, **what)
            with pytest.raises(Forbidden):
                await estate.ask(m.DescribeErasure(m.Requester(dpo, Purpose.TREATMENT), number))
            # 25 years have not passed since 2026.
            for ground in ("request", "retention-over"):
                with pytest.raises(ErasureRefused, match=r"39\(1\).*2051"):
                    await order(estate, dpo, patient_number=number, ground=ground)
            ordered = await order(estate, dpo, patient_number=number)
            with pytest.raises(ApprovalNotGiven):
                await estate.ask(m.CarryOutErasure(officer(dpo), ordered.erasure_id))
            with pytest.raises(ErasureRefused):
                await estate.ask(m.CarryOutErasure(officer(stranger), ordered.erasure_id))
            with pytest.raises(ErasureRefused, match="not complete"):
                await certificate(estate, dpo, ordered.erasure_id)
            assert rows_of(database, grant.patient_id, "studies") == 1
            # Ordered is not erased: it is still stored and read.
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))

    asyncio.run(run())


def test_retention_ends_25_years_after_the_last_visit(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            await estate.store(maker, arrival(1, study_date="19990228"))
            await estate.store(maker, arrival(2, study_date="19990228"))
            await estate.store(
                maker, arrival(2, study_uid="2.25.31", accession="31", study_date="20100101")
            )
            over = {"ground": "retention-over"}
            await erase(estate, dpo, patient_number=arrival(1).patient.patient_id, **over)
            with pytest.raises(ErasureRefused, match="2035-01"):
                await order(estate, dpo, study_uid=arrival(2).study_uid, **over)

    asyncio.run(run())


def test_a_certificate_with_any_byte_changed_is_refused(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            numbers = [arrival(number).patient.patient_id for number in (1, 2)]
            for number in (1, 2):
                await estate.store(maker, arrival(number))
            done = [await erase(estate, dpo, patient_number=number) for number in numbers]
            first, second = [await certificate(estate, dpo, one.erasure_id) for one in done]
            vkey = NoteVerifier.parse(estate.broker.publisher.vkey)
            verified = verify_certificate(first, vkey)
            text = as_text(verified)
            for number in (1, 2):
                identity = arrival(number).patient
                for word in (identity.name, identity.patient_id, identity.nik):
                    assert word not in text + first.decode()
            for at in range(0, len(first), 7):
                changed = first[:at] + bytes([first[at] ^ 1]) + first[at + 1 :]
                with pytest.raises(CertificateBroken):
                    verify_certificate(changed, vkey)
            lines, others = first.split(b"\n"), second.split(b"\n")
            for at in (1, 2, 3):
                mixed = [*lines[:at], others[at], *lines[at + 1 :]]
                with pytest.raises(CertificateBroken):
                    verify_certificate(b"\n".join(mixed), vkey)
            assert verify_certificate(first, vkey) == verified

    asyncio.run(run())


class Killed(BaseException):
    """The process ends here: nothing after it is run."""


def killed_at(monkeypatch: pytest.MonkeyPatch, step: str, before: bool) -> list[str]:
    """Have the keeper die at a step of an erasure's end; which steps were reached."""
    places: dict[str, tuple[Any, str]] = {
        "rotate": (Keyring, "rotate"),
        "floor": (keeper.Keeper, "_log"),
        "forget index": (ErasureEnd, "_forget_index"),
        "rewrap": (Keyring, "renew_many"),
        "back up": (keeper.Keeper, "back_up"),
        "retire": (Keyring, "retire_below"),
        "empty older": (Keyring, "empty_older"),
        "certify": (ErasureEnd, "_certify"),
        "sign": (erasure_end, "sign_certificate"),
    }
    owner, name = places[step]
    whole, reached = getattr(owner, name), []

    def sync(self: Any, *args: Any) -> Any:
        reached.append(step)
        if before:
            raise Killed
        whole(self, *args)
        raise Killed

    async def later(self: Any, *args: Any) -> Any:
        reached.append(step)
        if before:
            raise Killed
        await whole(self, *args)
        raise Killed

    monkeypatch.setattr(owner, name, later if asyncio.iscoroutinefunction(whole) else sync)
    return reached


STEPS = ("rotate", "floor", "forget index", "rewrap", "back up", "retire",
         "empty older", "certify", "sign")  # fmt: skip


@pytest.mark.parametrize(("study", "before"), [(False, True), (True, False)])
def test_broken_off_at_any_step_the_next_broker_finishes_it_and_nothing_opens_meanwhile(
    estate_of, arrival, database, monkeypatch, before, study
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            kept = await estate.store(maker, arrival(0))
        for number, step in enumerate(STEPS, 1):
            gone = arrival(number)
            async with estate_of() as estate:
                await estate.store(maker, gone)
                named = (
                    {"study_uid": gone.study_uid}
                    if study
                    else {"patient_number": gone.patient.patient_id}
                )
                with monkeypatch.context() as patched:
                    ordered = await order(estate, dpo, **named)
                    reached = killed_at(patched, step, before)
                    await carry_out(estate, dpo, ordered.erasure_id)
                    for _ in range(300):
                        if reached:
                            break
                        await asyncio.sleep(0.01)
                    assert reached, step
                    await asyncio.sleep(0.02)
                    await refused(estate, maker, reader, gone)
                    assert (await estate.store(maker, arrival(0))).scope_key == kept.scope_key
            async with estate_of() as estate:
                await refused(estate, maker, reader, gone)
                done = await completed(estate, dpo, ordered.erasure_id)
                assert done.studies == 1
                await refused(estate, maker, reader, gone)
                opened = await estate.open(reader, arrival(0).study_uid)
                assert opened.scope_key == kept.scope_key
                vkey = NoteVerifier.parse(estate.broker.publisher.vkey)
                verify_certificate(await certificate(estate, dpo, done.erasure_id), vkey)

    async def refused(estate: Any, maker: str, reader: str, gone: m.StudyArrival) -> None:
        with pytest.raises(RecordsErased):
            await estate.store(maker, gone)
        with pytest.raises(StudyUnknown):
            await estate.open(reader, gone.study_uid)

    asyncio.run(run())

"""A patient sees who opened their record, each line proved; nobody else sees it."""

import asyncio
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest

from segel.broker import messages as m
from segel.broker.errors import Forbidden, PatientUnknown
from segel.broker.index import Index
from segel.broker.listings import BLOCK_ENTRIES, listed_before, listed_written
from segel.broker.record_document import RecordBroken, read_record, verify_line, verify_record
from segel.broker.writes import write_all
from segel.domain.purpose import Purpose
from segel.domain.roles import Role


async def patient_token(estate: Any, number: str = "MRN00001", hospital: str = "H1") -> str:
    done = await estate.ask(m.EnrolPatient(hospital, number, demo=True))
    issued = await estate.ask(m.IssueToken(done.identifier, 10**9))
    return str(issued.token)


async def record(estate: Any, token: str, before: int = 0, limit: int = 50) -> m.RecordTrail:
    requester = m.Requester(token, Purpose.PATIENT_REQUEST, "console")
    reply = await estate.ask(m.OpenRecord(requester, before, limit))
    assert isinstance(reply, m.RecordTrail)
    return reply


async def vkey(estate: Any) -> str:
    return str((await estate.ask(m.Hello())).log_vkey)


async def visited(estate: Any, arrival: Any) -> str:
    """An estate in which patient 1 was stored, opened and searched for; patient 2 too."""
    maker = await estate.token(Role.RADIOGRAPHER)
    doctor = await estate.token(Role.CLINICIAN, name="dr. Ratna Kusumawati")
    for number in (1, 2):
        await estate.store(maker, arrival(number))
    await estate.open(doctor, arrival(1).study_uid)
    await estate.open(doctor, arrival(2).study_uid)
    await estate.search(doctor, t00080050="ACC1")
    await estate.search(doctor)
    await estate.search(doctor, t00080050="ACC2")
    return await patient_token(estate)


def test_a_patient_sees_who_opened_and_who_found_them_and_each_line_is_proved(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            token = await visited(estate, arrival)
            shown = await record(estate, token)
            held = verify_record(shown.record, await vkey(estate))
            told = [(one.event.kind, one.listed, one.line.name) for one in held.lines]
            doctor = "dr. Ratna Kusumawati"
            assert told == [
                ("query", True, doctor),
                ("query", True, doctor),
                ("read", False, doctor),
                ("store", False, "radiographer of H1"),
            ]
            assert {one.line.hospital for one in held.lines} == {"RS H1"}
            assert {one.event.purpose for one in held.lines} == {"TREAT"}
            assert shown.patient_name == "SITI NOMOR 1"
            assert not shown.older

    asyncio.run(run())


def test_nothing_of_another_patient_is_told(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            mine = await record(estate, await visited(estate, arrival))
            other = await record(estate, await patient_token(estate, "MRN00002"))
            text = msgspec.json.encode(mine.document).decode()
            assert str(other.document.patient) not in text
            assert other.document.patient.hex not in text
            # Both stand in one search; each can show only themselves in it.
            shared = {line.leaf: line for line in mine.document.lines if line.nonce}
            both = [line for line in other.document.lines if line.leaf in shared]
            assert both
            held = verify_record(other.record, await vkey(estate))
            for line in both:
                stolen = msgspec.structs.replace(line, nonce=shared[line.leaf].nonce)
                with pytest.raises(RecordBroken, match="somebody else"):
                    verify_line(stolen, held.document.patient, held.checkpoint)

    asyncio.run(run())


def test_only_the_patient_opens_the_record_and_only_as_a_patient(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            token = await visited(estate, arrival)
            for role in set(Role) - {Role.PATIENT}:
                other = await estate.token(role)
                with pytest.raises(Forbidden):
                    await record(estate, other)
            with pytest.raises(Forbidden):
                await estate.ask(m.OpenRecord(m.Requester(token, Purpose.TREATMENT)))
            # A patient reads their trail and nothing else.
            with pytest.raises(Forbidden):
                await estate.open(token, arrival(1).study_uid)
            with pytest.raises(Forbidden):
                await estate.search(token)
            with pytest.raises(PatientUnknown):
                await estate.ask(m.EnrolPatient("H1", "NOBODY", demo=True))

    asyncio.run(run())


def test_a_patients_own_trail_is_that_of_their_record(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            token = await visited(estate, arrival)
            requester = m.Requester(token, Purpose.PATIENT_REQUEST, "console")
            trail = await estate.ask(m.OwnTrail(requester))
            shown = await record(estate, token)
            leaves = [line.leaf for line in shown.document.lines]
            assert [line.leaf_index for line in trail.lines] == leaves

    asyncio.run(run())


def test_old_entries_are_proved_too_and_a_long_record_comes_in_pages(
    estate_of, arrival, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(1))
            # Far behind: the first entries' tiles are in no memory any more.
            await asyncio.gather(*(estate.store(maker, arrival(2)) for _ in range(1_400)))
            await estate.store(maker, arrival(1))
            await estate.broker.publisher.publish()
            token = await patient_token(estate)
            leaves, before = [], 0
            while True:
                page = await record(estate, token, before, 1)
                held = verify_record(page.record, await vkey(estate))
                leaves += [one.line.leaf for one in held.lines]
                before = page.older
                if not before:
                    break
            assert len(leaves) == 2
            assert leaves[0] - leaves[1] > 1_400

    asyncio.run(run())


def with_line(document: m.RecordDocument, at: int, /, **changes: Any) -> m.RecordDocument:
    lines = tuple(
        msgspec.structs.replace(line, **changes) if line.leaf == at else line
        for line in document.lines
    )
    return msgspec.structs.replace(document, lines=lines)


def longer(note: str) -> str:
    """The note of a log that claims another size under the same signature."""
    origin, second, rest = note.split("\n", 2)
    return f"{origin}\n{second}1\n{rest}"


def test_a_line_with_anything_changed_does_not_verify(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            shown = await record(estate, await visited(estate, arrival))
            key = await vkey(estate)
            held = verify_record(shown.record, key)
            newest = shown.document.lines[0]
            for changes in (
                {"event": newest.event.replace("TREAT", "PATRQT")},
                {"salt": bytes(32)},
                {"leaf": newest.leaf - 1},
                {"proof": newest.proof[::-1]},
                {"nonce": bytes(32)},
            ):
                changed = msgspec.structs.replace(newest, **changes)
                with pytest.raises(RecordBroken):
                    verify_line(changed, held.document.patient, held.checkpoint)
            with pytest.raises(RecordBroken, match="somebody else"):
                verify_line(newest, uuid4(), held.checkpoint)

    asyncio.run(run())


def test_a_record_with_anything_changed_or_left_out_does_not_verify(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            shown = await record(estate, await visited(estate, arrival))
            key = await vkey(estate)
            again = read_record(msgspec.json.encode(shown.record))
            assert verify_record(again, key).document == shown.document
            document = shown.document
            for broken in (
                with_line(document, document.lines[0].leaf, name="dr. Somebody Else"),
                msgspec.structs.replace(document, lines=document.lines[1:]),
                msgspec.structs.replace(document, quorum=1),
                msgspec.structs.replace(document, checkpoint=longer(document.checkpoint)),
                msgspec.structs.replace(document, format="segel-audit-record/2"),
            ):
                body = msgspec.json.encode(broken).decode()
                with pytest.raises(RecordBroken):
                    verify_record(m.SignedRecord(body, shown.record.note), key)
            with pytest.raises(RecordBroken):
                verify_record(m.SignedRecord(shown.record.body, longer(shown.record.note)), key)
            with pytest.raises(RecordBroken):
                verify_record(shown.record, "segel.test/audit+00000000+AAAA")
            with pytest.raises(RecordBroken):
                read_record(b"{}")

    asyncio.run(run())


def test_a_record_too_large_for_one_document_comes_in_several(
    estate_of, arrival, monkeypatch
) -> None:
    monkeypatch.setattr("segel.broker.records.BODY_BYTES_MAX", 1)

    async def run() -> None:
        async with estate_of() as estate:
            token = await visited(estate, arrival)
            told, before = [], 0
            while True:
                page = await record(estate, token, before)
                held = verify_record(page.record, await vkey(estate))
                assert len(held.lines) == 1
                told += [one.event.kind for one in held.lines]
                before = page.older
                if not before:
                    break
            assert told == ["query", "query", "read", "store"]

    asyncio.run(run())


def test_an_erased_patients_record_tells_no_more_what_was_opened(
    estate_of, arrival, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            token = await visited(estate, arrival)
            with psycopg.connect(database.owner, autocommit=True) as connection:
                connection.execute("UPDATE patients SET wrapped_key = NULL")
            shown = await record(estate, token)
            assert shown.erased
            assert shown.patient_name == ""
            assert all(line.nonce for line in shown.document.lines)
            verify_record(shown.record, await vkey(estate))

    asyncio.run(run())


def test_listings_are_linked_within_a_block_and_found_over_all(
    estate_of, arrival, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            token = await visited(estate, arrival)
            patient = (await record(estate, token)).document.patient
        index = Index(bytes(32))
        leaves = [7, 8, BLOCK_ENTRIES, 600 * BLOCK_ENTRIES + 1]
        connection = await psycopg.AsyncConnection.connect(database.broker, autocommit=True)
        async with connection, connection.cursor() as cursor:
            await write_all(cursor, [*listed_written(index, [(patient, leaf) for leaf in leaves])])
            newest = leaves[::-1]
            assert await listed_before(cursor, index, patient, 2**40 // 2**15, 9) == newest
            assert await listed_before(cursor, index, patient, leaves[-1], 2) == newest[1:3]
            tokens = {index.listed(patient, leaf // BLOCK_ENTRIES) for leaf in leaves}
            assert len(tokens) == 3
            rows = await cursor.execute("SELECT token FROM audit_listings")
            stored = b"".join([bytes(row[0]) for row in await rows.fetchall()])
            assert patient.bytes not in stored

    asyncio.run(run())

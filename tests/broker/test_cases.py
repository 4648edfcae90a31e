"""Cases of leaks through a whole broker: sealed, clocked, proved, shown to guests, destroyed."""

import asyncio
import functools
import hashlib
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest

from segel.broker import keeper, server
from segel.broker import messages as m
from segel.broker.case_clock import CaseClock
from segel.broker.case_proofs import CaseProofsBroken, verify_case
from segel.broker.errors import (
    BrokerError,
    CaseChanged,
    CaseOver,
    CaseUnclear,
    CaseUnknown,
    Forbidden,
    GuestUsedUp,
)
from segel.domain.cases import (
    DAY_S,
    HOUR_S,
    KEPT_CLOSED_S,
    Claim,
    Clock,
    ClockKind,
    ClockState,
    ObjectKind,
    Tlp,
)
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.keys import FileKms
from segel.leaks.cases import CaseStore
from segel.leaks.cases import store as storing
from segel.store.local import LocalDirectory
from support.keeping import moved_to
from support.snapshots import TABLES, Snapshot

OFFICER = Role.INCIDENT_OFFICER
CLAIM = Claim(
    "6 juta pasien dari server pusat", "forum gelap Contoh", 720 << 30, 6_000_000, "2 BTC"
)
EVERYTHING = (*TABLES, "leak_cases", "leak_items", "leak_guests", "leak_affected")


def in_a_loop(test: Any) -> Any:
    """A test that awaits."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))

    return run


async def officer(estate: Any, role: Role = OFFICER, hospital: str = "H1") -> m.Requester:
    return m.Requester(await estate.token(role, hospital), Purpose.OPERATIONS, "console")


class Calls:
    """The desk's messages as ``BrokerClient.cases`` sends them, without a socket."""

    def __init__(self, estate: Any) -> None:
        from segel.broker.calls.cases import CaseCalls

        self._estate = estate
        self.cases = CaseCalls(self)  # type: ignore[arg-type]

    async def call(self, message: m.Request, kind: type) -> Any:
        reply = await self._estate.ask(message)
        assert isinstance(reply, kind)
        return reply


async def opened(estate: Any, who: m.Requester, *, vital: bool = True) -> Any:
    calls = Calls(estate).cases
    case_id = await calls.open(
        who, CLAIM, tlp=Tlp.AMBER, known_s=estate.clock.now_s - HOUR_S, vital=vital
    )
    return calls, case_id


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> list[CaseClock]:
    """The broker's own clock of cases, to be looked at when the test says so."""
    made: list[CaseClock] = []

    class Known(CaseClock):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            made.append(self)

    monkeypatch.setattr(server, "CaseClock", Known)
    return made


@pytest.mark.parametrize(
    ("hours", "state"),
    [(0, "running"), (17.9, "running"), (18, "alarm"), (23.9, "alarm"), (24, "over")],
)
def test_a_clock_alarms_at_three_quarters_and_is_over_at_its_end(hours: float, state: str) -> None:
    clock = Clock(ClockKind.CSIRT, 1_000.0)
    assert clock.state(1_000.0 + hours * HOUR_S) is ClockState(state)
    late = Clock(ClockKind.CSIRT, 1_000.0, 1_000.0 + 25 * HOUR_S)
    assert late.state(0) is ClockState.MET_LATE


@in_a_loop
async def test_a_case_is_opened_shown_changed_closed_and_reopened(estate_of: Any) -> None:
    async with estate_of() as estate:
        who = await officer(estate)
        calls, case_id = await opened(estate, who)
        view = await calls.show(who, case_id)
        assert view.claim == CLAIM
        assert [one.kind for one in view.clocks] == ["csirt", "authority", "patients"]
        task = await calls.add_task(who, case_id, "Hubungi BSSN", "Sinta")
        await calls.finish_task(who, case_id, task)
        await calls.note(who, case_id, "Penjual menjawab.")
        await calls.add_person(who, case_id, m.CasePerson("Hendra", "CSIRT"))
        await calls.meet(who, case_id, ClockKind.CSIRT, estate.clock.now_s, "surel 12/CSIRT")
        with pytest.raises(CaseOver):
            await calls.meet(who, case_id, ClockKind.CSIRT, estate.clock.now_s, "lagi")
        with pytest.raises(CaseChanged):
            await calls.close(who, case_id, "bukan milik kami", view.version)
        await calls.close(who, case_id, "bukan milik kami")
        with pytest.raises(CaseOver):
            await calls.note(who, case_id, "terlambat")
        await calls.reopen(who, case_id, "sampel kedua")
        view = await calls.show(who, case_id)
        assert [one.what for one in view.entries] == [
            "opened", "task-added", "task-done", "noted", "person-added", "clock-met", "closed",
            "reopened",
        ]  # fmt: skip
        assert view.tasks[0].done_s
        assert view.clocks[0].state == "met"
        (line,) = await calls.listed(who)
        assert (line.due, line.is_open) == (ClockKind.AUTHORITY, True)


@in_a_loop
async def test_the_same_opening_sent_twice_is_one_case(estate_of: Any) -> None:
    async with estate_of() as estate:
        who, nonce = await officer(estate), uuid4()
        calls = Calls(estate).cases
        known_s = estate.clock.now_s
        both = [
            await calls.open(who, CLAIM, tlp=Tlp.RED, known_s=known_s, nonce=nonce)
            for _ in range(2)
        ]
        assert both[0] == both[1]
        assert len(await calls.listed(who)) == 1


@in_a_loop
async def test_another_organisations_officers_and_clinicians_see_nothing(estate_of: Any) -> None:
    async with estate_of() as estate:
        who = await officer(estate)
        calls, case_id = await opened(estate, who)
        other = await officer(estate, hospital="H2")
        assert await calls.listed(other) == []
        with pytest.raises(CaseUnknown):
            await calls.show(other, case_id)
        for role in (Role.CLINICIAN, Role.ADMINISTRATOR, Role.CASE_GUEST):
            with pytest.raises((Forbidden, GuestUsedUp)):
                await calls.show(await officer(estate, role), case_id)


@pytest.mark.parametrize(
    "claim",
    [Claim(""), Claim("x" * 5_000), Claim("x", offered_people=-1)],
    ids=["empty", "long", "negative"],
)
@in_a_loop
async def test_a_claim_that_says_nothing_possible_is_refused(estate_of: Any, claim: Claim) -> None:
    async with estate_of() as estate:
        who = await officer(estate)
        with pytest.raises(CaseUnclear):
            await Calls(estate).cases.open(who, claim, tlp=Tlp.RED, known_s=estate.clock.now_s)


@in_a_loop
async def test_the_cases_branch_of_the_log_is_proved(estate_of: Any) -> None:
    async with estate_of() as estate:
        who = await officer(estate)
        calls, case_id = await opened(estate, who)
        await opened(estate, who)
        await calls.note(who, case_id, "Catatan")
        document = await calls.proofs(who, case_id)
        told = [one.detail.partition(" ")[2].partition(" ")[2] for one in
                verify_case(document, document.log)]  # fmt: skip
        assert told == ["opened", "noted", "shown"]
        (first, *rest) = document.entries
        forged = msgspec.structs.replace(first, event=first.event.replace("opened", "closed"))
        for broken in (
            msgspec.structs.replace(document, entries=(forged, *rest)),
            msgspec.structs.replace(document, case_id=uuid4()),
        ):
            with pytest.raises(CaseProofsBroken):
                verify_case(broken, document.log)


@in_a_loop
async def test_evidence_is_sealed_in_pieces_and_stands_with_its_digest_and_hands(
    estate_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "PIECE_BYTES", 1 << 12)
    content = bytes(range(256)) * 40 + b"NIK 9801011201800001"
    async with estate_of() as estate:
        who = await officer(estate)
        calls, case_id = await opened(estate, who)
        folder = tmp_path / "store"
        store = CaseStore(calls, LocalDirectory(folder))
        writer = await store.writing(who, case_id, ObjectKind.EVIDENCE, "sampel.csv", source="USB")
        async with writer:
            for at in range(0, len(content), 999):
                await writer.write(content[at : at + 999])
        reading = await store.open(who, case_id, writer.object_id, "dihitung ulang")
        assert b"".join([one async for one in reading.parts()]) == content
        assert await reading.read(4_000, 300) == content[4_000:4_300]
        (line,) = (await calls.show(who, case_id)).objects
        assert line.sha256 == hashlib.sha256(content).digest()
        assert [one.what for one in line.custody] == ["object-kept", "object-read"]
        assert line.custody[1].note == "dihitung ulang"
        events = verify_case(
            await calls.proofs(who, case_id), (await calls.proofs(who, case_id)).log
        )
        assert any(line.sha256.hex() in one.detail for one in events)
        lying = b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())
        assert b"9801011201800001" not in lying
        pieces = sorted(folder.rglob("0000*"))
        first, second = pieces[0].read_bytes(), pieces[1].read_bytes()
        pieces[0].write_bytes(second)
        pieces[1].write_bytes(first)
        with pytest.raises(Exception, match="seal"):
            await reading.read(0, 10)


@in_a_loop
async def test_what_was_broken_off_is_never_in_the_case_and_is_swept(
    estate_of: Any, tmp_path: Path
) -> None:
    async with estate_of() as estate:
        who = await officer(estate)
        calls, case_id = await opened(estate, who)
        folder = tmp_path / "store"
        store = CaseStore(calls, LocalDirectory(folder))
        writer = await store.writing(who, case_id, ObjectKind.EVIDENCE, "a")

        async def broken_off() -> None:
            async with writer:
                await writer.write(bytes(9 << 20))
                raise ConnectionError

        with pytest.raises(ConnectionError):
            await broken_off()
        crashed = await store.writing(who, case_id, ObjectKind.EVIDENCE, "b")
        await crashed.write(bytes(9 << 20))
        assert len(list(folder.rglob("0000*"))) == 2
        assert await store.sweep() == 1
        assert len(list(folder.rglob("0000*"))) == 1
        estate.clock.now_s += 2 * DAY_S
        assert await store.sweep() == 1
        assert not list(folder.rglob("0000*"))
        assert not [one for one in (await calls.show(who, case_id)).objects if one.kept]


@in_a_loop
async def test_a_guest_sees_answers_and_documents_within_a_budget(
    estate_of: Any, tmp_path: Path
) -> None:
    async with estate_of() as estate:
        who = await officer(estate)
        calls, case_id = await opened(estate, who)
        store = CaseStore(calls, LocalDirectory(tmp_path / "store"))
        ids = {}
        for kind in ObjectKind:
            writer = await store.writing(who, case_id, kind, kind.value)
            async with writer:
                await writer.write(b"x")
            ids[kind] = writer.object_id
        await calls.put_finding(who, case_id, "verdict", b'{"verdict":"ours"}')
        await calls.put_finding(who, case_id, "origin", b'{"account":"Sinta"}')
        made = await calls.invite_guest(
            who, case_id, "Auditor Contoh", "BSSN", days=7, looks=3, files=1
        )
        issued = await estate.ask(m.IssueToken(made.account_id, 10**7))
        guest = m.Requester(issued.token, Purpose.OPERATIONS, "console")
        view = await calls.show(guest, case_id)
        assert view.is_guest
        assert [one.kind for one in view.objects] == [ObjectKind.DOCUMENT]
        assert [one.kind for one in view.findings] == ["verdict"]
        assert [*view.people, *view.tasks, *view.guests] == []
        assert {one.by for one in view.entries} == {""}
        with pytest.raises(Forbidden):
            await calls.finding(guest, case_id, "origin")
        for kind in (ObjectKind.EVIDENCE, ObjectKind.AFFECTED, ObjectKind.DERIVED):
            with pytest.raises(Forbidden):
                await calls.open_object(guest, case_id, ids[kind])
        await calls.open_object(guest, case_id, ids[ObjectKind.DOCUMENT])
        with pytest.raises(GuestUsedUp):
            await calls.open_object(guest, case_id, ids[ObjectKind.DOCUMENT])
        await calls.finding(guest, case_id, "verdict")
        await calls.show(guest, case_id)
        with pytest.raises(GuestUsedUp):
            await calls.show(guest, case_id)
        with pytest.raises(Forbidden):
            await calls.note(guest, case_id, "x")
        _, other = await opened(estate, who)
        with pytest.raises(CaseUnknown):
            await calls.show(guest, other)
        (line,) = (await calls.show(who, case_id)).guests
        assert (line.looks, line.files) == (3, 1)
        await calls.end_guest(who, case_id, line.guest_id)
        with pytest.raises(BrokerError):
            await calls.listed(guest)


@in_a_loop
async def test_officers_are_told_of_a_clock_once_near_and_once_over(
    estate_of: Any, clocks: list[CaseClock]
) -> None:
    async with estate_of() as estate:
        who = await officer(estate)
        await opened(estate, who)
        look = clocks[0].look
        assert await look() == 0
        estate.clock.now_s += 20 * HOUR_S
        assert (await look(), await look()) == (1, 0)
        estate.clock.now_s += 60 * HOUR_S
        assert (await look(), await look()) == (3, 0)
        dpo = await officer(estate, Role.DATA_PROTECTION_OFFICER)
        told = await estate.ask(m.ListAlerts(dpo))
        kinds = sorted(one.kind for one in told.alerts)
        assert kinds == ["case-deadline-near", *["case-deadline-over"] * 3]


@in_a_loop
async def test_a_closed_case_past_its_time_opens_for_nobody(
    estate_of: Any, database: Any, clocks: list[CaseClock]
) -> None:
    async with estate_of() as estate:
        who = await officer(estate)
        calls, case_id = await opened(estate, who)
        await calls.close(who, case_id, "selesai")
        estate.clock.now_s += KEPT_CLOSED_S + 1
        assert await clocks[0].look() >= 1
        who = await officer(estate)
        assert await calls.listed(who) == []
        with pytest.raises(CaseOver):
            await calls.show(who, case_id)
        async with await psycopg.AsyncConnection.connect(database.broker) as connection:
            rows = await (
                await connection.execute("SELECT wrapped_key, content FROM leak_cases")
            ).fetchall()
            assert rows == [(None, None)]
            found = await (await connection.execute("SELECT count(*) FROM leak_items")).fetchone()
            assert found == (0,)


@in_a_loop
async def test_the_key_of_a_case_goes_along_to_another_kms(
    estate_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "RETIRE_PAUSE_S", 0.05)
    async with estate_of() as estate:
        who = await officer(estate)
        calls, case_id = await opened(estate, who)
        await moved_to(estate, tmp_path / "other")
        assert FileKms.open(tmp_path / "kms", production=False).status().keks == 0
        assert (await calls.show(who, case_id)).claim == CLAIM


@in_a_loop
async def test_a_copy_of_the_database_holds_no_word_of_a_case(
    estate_of: Any, database: Any
) -> None:
    async with estate_of() as estate:
        who = await officer(estate)
        calls, case_id = await opened(estate, who)
        await calls.note(who, case_id, "Penjual RAHASIA menjawab")
        copy = b"".join(Snapshot(database, EVERYTHING).rows.values())
        for word in (b"juta pasien", b"forum gelap", b"RAHASIA"):
            assert word not in copy, word
            assert word.hex().encode() not in copy, word

"""Warrants through a whole broker and the process that compares: asked, approved, counted, over."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from broker.test_cases import Calls, in_a_loop, officer, opened
from segel.app.matching import ProcessMatching
from segel.broker import matchers, server
from segel.broker import messages as m
from segel.broker.calls.warrants import WarrantCalls, matches_of
from segel.broker.decoys import DecoyMarks
from segel.broker.errors import (
    ApprovalNotYours,
    BrokerUnavailable,
    CaseOver,
    CaseUnclear,
    Forbidden,
    WarrantOver,
    WarrantTooFast,
    WarrantUnknown,
)
from segel.broker.matching_port import Matcher, Matching, Opening, ScopeHospital
from segel.broker.messages import WarrantState
from segel.domain.cases import HOUR_S
from segel.domain.leak_rows import MatchLevel, PersonRow
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from support.matching import LocalMatching
from support.snapshots import TABLES, Snapshot

PEOPLE = 12


class Asked:
    """A case with a warrant that was asked for, and the people of the archive as rows."""

    def __init__(self, estate: Any, who: m.Requester, case_id: UUID) -> None:
        self.estate = estate
        self.who = who
        self.case_id = case_id
        self.warrants = WarrantCalls(Calls(estate))  # type: ignore[arg-type]
        self.warrant_id = UUID(int=0)

    async def ask(self, *, approved: bool = True, **terms: Any) -> UUID:
        usual: dict[str, Any] = {
            "reason": "Sampel 12 baris.",
            "rows": 1_000,
            "people": 500,
            "hours": 4,
        }
        self.warrant_id = await self.warrants.ask(self.who, self.case_id, **(usual | terms))
        if approved:
            await self.estate.agree(self.warrant_id)
        return self.warrant_id

    async def match(self, rows: Sequence[PersonRow], **more: Any) -> m.RowAnswers:
        return await self.warrants.match(self.who, self.warrant_id, rows, **more)

    async def line(self, who: m.Requester | None = None) -> m.WarrantLine:
        return await self.warrants.show(who or self.who, self.warrant_id)


@contextlib.asynccontextmanager
async def comparing(
    estate_of: Any, arrival: Any, count: int = PEOPLE, *, matching: Matching | None = None
) -> AsyncIterator[Asked]:
    async with estate_of(matching=matching or LocalMatching()) as estate:
        radiographer = await estate.token(Role.RADIOGRAPHER)
        for number in range(count):
            await estate.store(radiographer, arrival(number))
        who = await officer(estate)
        _, case_id = await opened(estate, who)
        yield Asked(estate, who, case_id)


def row(arrival: Any, number: int, **changes: Any) -> PersonRow:
    who = arrival(number).patient
    said = {
        "nik": who.nik, "name": who.name, "birth_date": who.birth_date, "sex": who.sex,
        "medical_record": who.patient_id,
    } | changes  # fmt: skip
    return PersonRow(0, number, **said)


def strangers(count: int) -> list[PersonRow]:
    return [
        PersonRow(0, at, nik=f"970203{1 + at % 28:02}0291{at:04}", name=f"WARGA LAIN {at}")
        for at in range(count)
    ]


@in_a_loop
async def test_a_sample_is_compared_under_a_warrant_that_two_others_approved(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival, matching=ProcessMatching()) as asked:
        rows = [*(row(arrival, number) for number in range(PEOPLE)), *strangers(20)]
        await asked.ask(approved=False)
        with pytest.raises(WarrantOver):
            await asked.match(rows)
        me = m.Requester(asked.who.token, Purpose.OPERATIONS, "console")
        with pytest.raises((Forbidden, ApprovalNotYours)):
            await asked.estate.ask(m.DecideApproval(me, asked.warrant_id, True, "Saya sendiri."))
        one = await asked.estate.token(Role.DATA_PROTECTION_OFFICER)
        await asked.estate.ask(
            m.DecideApproval(m.Requester(one), asked.warrant_id, True, "Baris dilihat.")
        )
        with pytest.raises(WarrantOver):
            await asked.match(rows)
        await asked.estate.agree(asked.warrant_id)
        answer = await asked.match(rows)
        found = matches_of(rows, answer)
        assert [one.level for one in found[:PEOPLE]] == [MatchLevel.IDENTIFIER] * PEOPLE
        assert len({one.pseudonym for one in found[:PEOPLE]}) == PEOPLE
        assert {one.pseudonym for one in found[PEOPLE:]} == {b""}
        assert {one.bits for one in found[PEOPLE:]} == {0}
        line = await asked.line()
        assert (line.rows, line.people, line.batches) == (PEOPLE + 20, PEOPLE, 1)
        assert (line.rows_max, line.people_max, line.state) == (1_000, 500, WarrantState.OPEN)
        assert line.until_s == asked.estate.clock.now_s + 4 * HOUR_S


@in_a_loop
async def test_pseudonyms_are_patients_ids_to_nobody_and_mean_nobody_in_another_warrant(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        rows = [row(arrival, number) for number in range(PEOPLE)] * 2
        told = []
        for _ in range(2):
            await asked.ask()
            answer = await asked.match(rows)
            told.append({one.pseudonym for one in matches_of(rows, answer)})
        with psycopg.connect(database.owner) as connection:
            patients = connection.execute("SELECT patient_id FROM patients").fetchall()
        assert len(told[0]) == len(told[1]) == PEOPLE
        assert not told[0] & told[1]
        assert not {one.bytes for (one,) in patients} & (told[0] | told[1])


@in_a_loop
async def test_a_batch_that_is_sent_again_is_answered_again_and_counted_once(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        await asked.ask(rows=30, people=30)
        rows, batch = [row(arrival, number % PEOPLE) for number in range(30)], uuid4()
        first = await asked.match(rows, batch=batch)
        assert first.state is WarrantState.USED_UP
        again = await asked.match(rows, batch=batch)
        assert again.pseudonyms == first.pseudonyms
        assert (await asked.line()).rows == 30
        with pytest.raises(CaseUnclear):
            await asked.match(strangers(30), batch=batch)
        with pytest.raises(WarrantOver):
            await asked.match(rows)


@in_a_loop
async def test_nobody_is_recognised_beyond_the_people_that_were_agreed(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        await asked.ask(people=5)
        rows = [*strangers(20), *(row(arrival, number) for number in range(PEOPLE))]
        answer = await asked.match(rows)
        assert answer.answered == 25
        assert answer.people_left == 0
        assert answer.state is WarrantState.USED_UP
        assert len(answer.pseudonyms) == 16 * 25
        with pytest.raises(WarrantOver):
            await asked.match(rows)


@in_a_loop
async def test_rows_an_hour_are_as_agreed_and_come_back(estate_of: Any, arrival: Any) -> None:
    async with comparing(estate_of, arrival, 1) as asked:
        await asked.ask(rows_an_hour=50)
        await asked.match(strangers(40))
        with pytest.raises(WarrantTooFast):
            await asked.match(strangers(40))
        asked.estate.clock.now_s += HOUR_S + 60
        await asked.match(strangers(40))
        assert (await asked.line()).rows == 80


@in_a_loop
async def test_of_one_field_nothing_is_said_unless_that_was_agreed(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        rows = [PersonRow(0, at, nik=arrival(at).patient.nik) for at in range(PEOPLE)] * 2
        await asked.ask()
        answer = await asked.match(rows)
        assert (answer.unasked, answer.recognised) == (24, 0)
        await asked.ask(few_columns=True)
        answer = await asked.match(rows)
        assert (answer.unasked, answer.recognised) == (0, 24)


@in_a_loop
async def test_several_brokers_count_one_warrant_together(estate_of: Any, arrival: Any) -> None:
    async with (
        comparing(estate_of, arrival) as asked,
        estate_of(matching=LocalMatching()) as second,
    ):
        await asked.ask(people=PEOPLE - 2)
        other = Asked(second, asked.who, asked.case_id)
        other.warrant_id = asked.warrant_id
        rows = [row(arrival, number) for number in range(PEOPLE)]
        pieces = [rows[at : at + 4] + strangers(20) for at in (0, 4, 0, 8)]
        done = await asyncio.gather(
            *((asked, other)[at % 2].match(piece) for at, piece in enumerate(pieces)),
            return_exceptions=True,
        )
        said = [one for one in done if isinstance(one, m.RowAnswers)]
        told = {
            one.pseudonyms[at : at + 16] for one in said for at in range(0, 16 * one.answered, 16)
        }
        assert len(told - {bytes(16)}) == PEOPLE - 2
        line = await asked.line()
        assert line.people == PEOPLE - 2
        assert line.rows == sum(one.answered for one in said)


@in_a_loop
async def test_a_broker_that_ends_counts_on_where_it_was(estate_of: Any, arrival: Any) -> None:
    async with comparing(estate_of, arrival) as asked:
        await asked.ask(people=5)
        await asked.match([row(arrival, number) for number in range(4)] + strangers(20))
    async with estate_of(matching=LocalMatching()) as estate:
        asked.estate = estate
        asked.warrants = WarrantCalls(Calls(estate))  # type: ignore[arg-type]
        answer = await asked.match([row(arrival, at) for at in range(PEOPLE)] + strangers(20))
        assert answer.answered == 5
        assert (await asked.line()).people == 5


@pytest.fixture
def decoys(monkeypatch: pytest.MonkeyPatch) -> set[UUID]:
    """Whom the broker takes for decoys."""
    chosen: set[UUID] = set()
    monkeypatch.setattr(DecoyMarks, "is_decoy", lambda _, one: one in chosen)
    return chosen


async def patients_of(database: Any, asked: Asked, arrival: Any, numbers: range) -> list[UUID]:
    found = []
    clinician = await asked.estate.token(Role.CLINICIAN)
    for number in numbers:
        grant = await asked.estate.open(clinician, arrival(number).study_uid)
        found.append(grant.patient_id)
    return found


async def alerts_of(asked: Asked) -> list[str]:
    dpo = await asked.estate.token(Role.DATA_PROTECTION_OFFICER)
    who = m.Requester(dpo, Purpose.SYSTEM_ADMINISTRATION, "test")
    return [one.kind for one in (await asked.estate.ask(m.ListAlerts(who))).alerts]


@in_a_loop
async def test_decoys_that_are_asked_for_by_little_trip_and_end_it(
    estate_of: Any, arrival: Any, database: Any, decoys: set[UUID]
) -> None:
    async with comparing(estate_of, arrival) as asked:
        decoys |= set(await patients_of(database, asked, arrival, range(3)))
        await asked.ask()
        for number in range(2):
            little = row(arrival, number, birth_date="", medical_record="", sex="")
            answer = await asked.match([little, *strangers(30)])
            assert answer.recognised == 1
        assert "warrant-decoy" in await alerts_of(asked)
        rest = [row(arrival, number, birth_date="", medical_record="") for number in range(2, 9)]
        with pytest.raises(WarrantOver):
            await asked.match([*rest, *strangers(30)])
        line = await asked.line()
        assert (line.state, line.people, line.trips) == (WarrantState.TRIPPED, 2, 3)
        assert "warrant-tripped" in await alerts_of(asked)


@in_a_loop
async def test_decoys_in_rows_that_are_whole_are_evidence_and_are_counted_at_the_end(
    estate_of: Any, arrival: Any, database: Any, decoys: set[UUID]
) -> None:
    async with comparing(estate_of, arrival) as asked:
        decoys |= set(await patients_of(database, asked, arrival, range(5)))
        await asked.ask()
        answer = await asked.match([row(arrival, at) for at in range(PEOPLE)] * 2)
        assert answer.state is WarrantState.OPEN
        assert (await asked.line()).decoys == -1
        dpo = m.Requester(
            await asked.estate.token(Role.DATA_PROTECTION_OFFICER), Purpose.OPERATIONS, "console"
        )
        assert (await asked.line(dpo)).decoys == 5
        closed = await asked.warrants.close(asked.who, asked.warrant_id)
        assert (closed.state, closed.decoys) == (WarrantState.CLOSED, 5)


@in_a_loop
async def test_rows_that_are_asked_singly_end_it(
    estate_of: Any, arrival: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segel.broker.warrant_rules.SMALL_BATCHES_MAX", 3)
    async with comparing(estate_of, arrival, 1) as asked:
        await asked.ask()
        for at in range(3):
            await asked.match(strangers(1 + at))
        with pytest.raises(WarrantOver):
            await asked.match(strangers(1))
        assert (await asked.line()).state is WarrantState.TRIPPED


@in_a_loop
async def test_it_ends_by_time_by_an_officer_and_with_its_case(
    estate_of: Any, arrival: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[matchers.Matchers] = []

    class Known(matchers.Matchers):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            made.append(self)

    monkeypatch.setattr(server, "Matchers", Known)
    async with comparing(estate_of, arrival, 1) as asked:
        await asked.ask()
        await asked.match(strangers(25))
        assert made[0].warrants() == [asked.warrant_id]
        await asked.warrants.revoke(asked.who, asked.warrant_id, "Salah perkara.")
        assert made[0].warrants() == []
        with pytest.raises(WarrantOver):
            await asked.match(strangers(25))
        await asked.ask()
        await asked.match(strangers(25))
        asked.estate.clock.now_s += 4 * HOUR_S
        with pytest.raises(WarrantOver):
            await asked.match(strangers(25))
        assert (await asked.line()).state is WarrantState.EXPIRED
        await asked.ask()
        await Calls(asked.estate).cases.close(asked.who, asked.case_id, "selesai")
        with pytest.raises(CaseOver):
            await asked.match(strangers(25))


@in_a_loop
async def test_each_step_and_batch_is_an_entry_of_the_cases_branch_before_it_is_told(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        await asked.ask()
        await asked.match([row(arrival, at) for at in range(PEOPLE)] + strangers(20))
        await asked.warrants.close(asked.who, asked.warrant_id)
        shown = await Calls(asked.estate).cases.proofs(asked.who, asked.case_id)
        told = " ".join(one.event for one in shown.entries)
        assert f"warrant-asked {asked.warrant_id} rows 1000 people 500 hours 4" in told
        assert f"warrant {asked.warrant_id} register opened, hospitals 1" in told
        assert "batch 1: rows 32, recognised 12, in all 32 rows and 12 people" in told
        assert f"warrant-ended {asked.warrant_id} closed" in told


@in_a_loop
async def test_another_organisation_neither_sees_nor_covers_it(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival, 1) as asked:
        await asked.ask()
        other = await officer(asked.estate, hospital="H2")
        with pytest.raises(WarrantUnknown):
            await asked.line(other)
        with pytest.raises(CaseUnclear):
            await asked.ask(hospitals=("H2",))
        await asked.estate.ask(m.SetAnswering("H1", True))
        await asked.ask()
        assert sorted((await asked.line()).hospitals) == ["H1", "H2"]


@in_a_loop
async def test_without_a_matcher_nothing_is_compared(estate_of: Any, arrival: Any) -> None:
    async with comparing(estate_of, arrival, 1) as asked:
        await asked.ask()
    async with estate_of() as estate:
        asked.estate, asked.warrants = estate, WarrantCalls(Calls(estate))  # type: ignore[arg-type]
        with pytest.raises(BrokerUnavailable):
            await asked.match(strangers(25))
        assert (await asked.line()).rows == 0


@in_a_loop
async def test_a_copy_of_the_database_tells_nothing_of_whom_it_recognised(
    estate_of: Any, arrival: Any, database: Any, tmp_path: Path
) -> None:
    async with comparing(estate_of, arrival) as asked:
        await asked.ask(reason="Sampel dari forum gelap.")
        answer = await asked.match([row(arrival, at) for at in range(PEOPLE)] * 2)
        with psycopg.connect(database.owner) as connection:
            rows = connection.execute("SELECT patient_id FROM patients").fetchall()
        copy = Snapshot(database, ("leak_warrants", "leak_items", "approvals"))
        raw = b"".join(copy.rows.values())
        for secret in (b"forum gelap", *(one.hex.encode() for (one,) in rows)):
            assert secret not in raw
        for at in range(0, 16 * PEOPLE, 16):
            assert answer.pseudonyms[at : at + 16].hex().encode() not in raw
    assert TABLES


@in_a_loop
async def test_the_process_that_compares_can_open_nothing_and_ends_with_its_pipe(
    tmp_path: Path,
) -> None:
    scope = (ScopeHospital(0, "H1", "RS H1"),)
    matcher = await ProcessMatching().begin(Opening(bytes(32), scope))
    assert await matcher.ready() == 0
    process = matcher._process  # type: ignore[attr-defined]
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    assert "Max open files            3 " in limits
    assert "Max core file size        0 " in limits
    assert "Max file size             0 " in limits
    assert sorted(one.name for one in Path(f"/proc/{process.pid}/fd").iterdir()) == ["0", "1", "2"]
    environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    assert b"SEGEL_PARENT" in environment
    assert b"SEGEL_DATABASE" not in environment
    await matcher.close()
    assert process.returncode == 0


@in_a_loop
async def test_where_the_process_ends_the_broker_says_so_and_begins_another(
    estate_of: Any, arrival: Any
) -> None:
    begun: list[Matcher] = []

    class Known(ProcessMatching):
        async def begin(self, opening: Opening) -> Matcher:
            begun.append(await super().begin(opening))
            return begun[-1]

    async with comparing(estate_of, arrival, 1, matching=Known()) as asked:
        await asked.ask()
        await asked.match(strangers(25))
        begun[0]._process.kill()  # type: ignore[attr-defined]
        with pytest.raises(BrokerUnavailable):
            await asked.match(strangers(25))
        await asked.match(strangers(25))
        assert (await asked.line()).rows == 50
    ended = [one._process.returncode for one in begun]  # type: ignore[attr-defined]
    assert ended == [-9, 0]


@in_a_loop
async def test_a_register_that_nobody_uses_makes_room_for_another_sample(
    estate_of: Any, arrival: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with comparing(estate_of, arrival) as asked:
        rows = [row(arrival, 0)]
        first, second, third = [await asked.ask() for _ in range(3)]
        for one in (first, second):
            await asked.warrants.match(asked.who, one, rows)
        with pytest.raises(BrokerUnavailable, match="Other samples"):
            await asked.warrants.match(asked.who, third, rows)
        monkeypatch.setattr(matchers, "GIVES_WAY_S", -1.0)
        for one in (third, first, second):
            answer = await asked.warrants.match(asked.who, one, rows)
            assert matches_of(rows, answer)[0].pseudonym

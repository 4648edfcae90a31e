"""What a case learns of the archive's history, under a warrant and of nobody else."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from broker.test_cases import in_a_loop
from broker.test_warrants import PEOPLE, Asked, comparing, row
from segel.broker import messages as m
from segel.broker.calls.warrants import matches_of
from segel.broker.errors import CaseUnclear, Forbidden, WarrantOver
from segel.broker.leak_accesses import LISTED
from segel.broker.leak_shapes import ARCHIVE
from segel.domain.leak_history import Touch, Way
from segel.domain.leak_rows import ColumnKind, PersonRow
from segel.domain.roles import Role
from segel.leaks.examining.answering import Sampled, answered
from segel.leaks.extent.claims import Claim, Plausibility
from segel.leaks.model import Verdict

LATER_S = 86_400.0


async def recognised(asked: Asked, rows: list[PersonRow]) -> list[bytes]:
    """Who the rows are."""
    found = matches_of(rows, await asked.match(rows))
    assert all(one.pseudonym for one in found)
    return [one.pseudonym for one in found]


def sample(arrival: Any, **changes: Any) -> list[PersonRow]:
    return [row(arrival, number, **changes) for number in range(PEOPLE)]


async def log_size(database: Any) -> int:
    async with await psycopg.AsyncConnection.connect(database.owner) as connection:
        row = await (await connection.execute("SELECT size FROM log_head")).fetchone()
    return row[0] if row else 0


def of_account(touches: Any, account_id: UUID) -> list[Touch]:
    return [one for one in touches if one.who == account_id]


@in_a_loop
async def test_it_is_told_who_was_shown_whom_and_how_many_others(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        estate = asked.estate
        began_s = estate.clock.now_s
        estate.clock.now_s += LATER_S
        thief = await account(estate, Role.CLINICIAN, "pencuri")
        for number in range(5):
            await estate.open(thief[1], arrival(number).study_uid)
        estate.clock.now_s += LATER_S
        other = await account(estate, Role.CLINICIAN, "perawat")
        await estate.search(other[1])
        await estate.open(other[1], arrival(0).study_uid)
        await asked.ask()
        people = await recognised(asked, sample(arrival) * 2)
        people = list(dict.fromkeys(people))
        told = await asked.warrants.history(
            asked.who, asked.warrant_id, people, estate.clock.now_s + 1
        )
        assert told.answered == PEOPLE
        assert set(told.patients) == set(people)
        assert {one.hospital for one in told.patients.values()} == {"H1"}
        assert {one.arrived_s for one in told.patients.values()} == {began_s}

        touches = told.history.touches
        (opened,) = of_account(touches, thief[0])
        assert (opened.way, opened.at_s, opened.kinds) == (Way.ACCOUNT, began_s + LATER_S, ())
        assert set(opened.patients) == set(people[:5])
        looked = of_account(touches, other[0])
        assert {(len(one.patients), one.kinds) for one in looked} == {(PEOPLE, LISTED), (1, ())}
        copies = [one for one in touches if one.who == ARCHIVE]
        assert copies
        assert all(set(one.patients) == set(people) for one in copies)

        shown = {(one.who, one.kinds): one for one in told.history.shown}
        assert shown[thief[0], ()].patients == 5
        assert shown[other[0], ()].patients == 1
        assert shown[other[0], LISTED].patients == PEOPLE - 1  # who was opened is counted there
        for one in shown.values():
            assert len(one.periods) == len(told.history.edges_s) - 1
        when = told.history.edges_s
        days = [at for at, count in enumerate(shown[thief[0], ()].periods) if count]
        assert len(days) == 1
        assert when[days[0]] <= opened.at_s <= when[days[0] + 1]
        assert told.history.archive == PEOPLE
        assert told.hospitals["H1"] == PEOPLE
        assert told.studies == PEOPLE
        assert told.candidates[thief[0]].name == "pencuri"
        assert told.candidates[thief[0]].hospital == "H1"
        assert repr(told) == f"HistoryAnswer({PEOPLE})"


async def account(estate: Any, role: Role, name: str) -> tuple[UUID, str]:
    """Somebody's id and token."""
    done = await estate.ask(m.EnrolAccount(name, role, "H1"))
    issued = await estate.ask(m.IssueToken(done.identifier, 10**9))
    return done.identifier, issued.token


@in_a_loop
async def test_versions_say_from_when_on_the_archive_held_what_a_row_shows(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        came_s = asked.estate.clock.now_s
        asked.estate.clock.now_s += LATER_S
        maker = await asked.estate.token(Role.RADIOGRAPHER)
        second = arrival(0, study_uid="2.25.880", accession="ACC-SECOND")
        await asked.estate.store(maker, second)
        await asked.ask()
        rows = [
            row(arrival, 0, accession="acc second", event_time="2026-01-02T09:00:00"),
            row(arrival, 1, medical_record="SOMEBODY ELSE'S", accession="NEVER"),
        ] * 10
        people = await recognised(asked, rows)
        told = await asked.warrants.versions(
            asked.who, asked.warrant_id, list(zip(people[:2], rows[:2], strict=True))
        )
        found = {(one.row, one.kind): (one.from_s, one.until_s) for one in told.spans}
        assert found[0, ColumnKind.MEDICAL_RECORD] == (came_s, float("inf"))
        assert found[0, ColumnKind.ACCESSION] == (came_s + LATER_S, float("inf"))
        assert not {one for one in found if one[0] == 1}
        assert {ColumnKind.MEDICAL_RECORD, ColumnKind.ACCESSION} <= told.compared


@in_a_loop
async def test_nothing_is_told_of_anybody_whom_the_warrant_has_not_recognised(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        await asked.ask()
        first = await recognised(asked, sample(arrival)[:1] * 20)
        earlier = asked.warrant_id
        await asked.ask()
        rows = sample(arrival)[1:2] * 20
        people = await recognised(asked, rows)
        until_s = asked.estate.clock.now_s + 1
        for stranger in (first[0], bytes(16), asked.warrant_id.bytes):
            with pytest.raises(CaseUnclear, match="not recognised"):
                await asked.warrants.history(
                    asked.who, asked.warrant_id, [people[0], stranger], until_s
                )
            with pytest.raises(CaseUnclear, match="not recognised"):
                await asked.warrants.versions(asked.who, asked.warrant_id, [(stranger, rows[0])])
        told = await asked.warrants.history(asked.who, asked.warrant_id, people[:1], until_s)
        assert set(told.patients) == {people[0]}
        assert {one for touch in told.history.touches for one in touch.patients} == {people[0]}
        assert earlier != asked.warrant_id


@in_a_loop
async def test_versions_are_compared_of_as_many_rows_as_the_warrant_has_answered(
    estate_of: Any, arrival: Any
) -> None:
    """Else the phone of one person who was recognised could be tried out for ever."""
    async with comparing(estate_of, arrival) as asked:
        await asked.ask()
        rows = sample(arrival)[:2] * 10
        people = await recognised(asked, rows)
        asking = list(zip(people, rows, strict=True))
        await asked.warrants.versions(asked.who, asked.warrant_id, asking[:15])
        with pytest.raises(CaseUnclear, match="More rows"):
            await asked.warrants.versions(asked.who, asked.warrant_id, asking[:6])
        await asked.warrants.versions(asked.who, asked.warrant_id, asking[:5])
        with pytest.raises(CaseUnclear, match="More rows"):
            await asked.warrants.versions(asked.who, asked.warrant_id, asking[:1])


@in_a_loop
async def test_who_asks_is_an_officer_of_the_case_and_the_warrant_is_not_over(
    estate_of: Any, arrival: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        await asked.ask()
        rows = sample(arrival)[:1] * 20
        people = await recognised(asked, rows)
        until_s = asked.estate.clock.now_s + 1
        clinician = m.Requester(await asked.estate.token(Role.CLINICIAN))
        with pytest.raises(Forbidden):
            await asked.warrants.history(clinician, asked.warrant_id, people[:1], until_s)
        with pytest.raises(Forbidden):
            await asked.warrants.versions(clinician, asked.warrant_id, [(people[0], rows[0])])
        await asked.warrants.close(asked.who, asked.warrant_id)
        with pytest.raises(WarrantOver):
            await asked.warrants.history(asked.who, asked.warrant_id, people[:1], until_s)
        with pytest.raises(WarrantOver):
            await asked.warrants.versions(asked.who, asked.warrant_id, [(people[0], rows[0])])


@in_a_loop
async def test_each_question_stands_in_the_log_before_it_is_answered(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async with comparing(estate_of, arrival) as asked:
        await asked.ask()
        rows = sample(arrival)[:1] * 20
        people = await recognised(asked, rows)
        size = await log_size(database)
        await asked.warrants.history(
            asked.who, asked.warrant_id, people[:1], asked.estate.clock.now_s
        )
        await asked.warrants.versions(asked.who, asked.warrant_id, [(people[0], rows[0])])
        assert await log_size(database) == size + 2


class Under:
    """The history as an examination asks for it."""

    people_max = 2_000

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    async def versions(self, rows: Any) -> m.VersionAnswers:
        return await self._asked.warrants.versions(self._asked.who, self._asked.warrant_id, rows)

    async def history(self, people: Any, until_s: float) -> m.HistoryAnswer:
        asked = self._asked
        return await asked.warrants.history(asked.who, asked.warrant_id, people, until_s)


@in_a_loop
async def test_who_took_the_sample_stands_first_and_its_window_holds(
    estate_of: Any, arrival: Any
) -> None:
    """Among colleagues who open as many, and some of the same."""
    count, taken = 60, range(20, 36)
    async with comparing(estate_of, arrival, count) as asked:
        estate, clock = asked.estate, asked.estate.clock
        days = {"pencuri": (3, taken), "dokter": (2, range(30)), "perawat": (4, range(31, 60))}
        began_s = clock.now_s
        accounts = {}
        for name, (day, whom) in sorted(days.items(), key=lambda one: one[1][0]):
            clock.now_s = began_s + day * LATER_S
            accounts[name], token = await account(estate, Role.CLINICIAN, name)
            for number in whom:
                await estate.open(token, arrival(number).study_uid)
        clock.now_s = began_s + 9 * LATER_S
        await asked.ask()
        rows = [row(arrival, number, accession=f"ACC{number}") for number in taken] * 2
        drawn = tuple(zip(rows, matches_of(rows, await asked.match(rows)), strict=True))
        claim = Claim(people=6_000_000, posted_s=clock.now_s)
        found = await answered(Sampled((), (), drawn, 0.0, claim), Under(asked))
        answer = found.answer
        assert answer.judgement.verdict is not Verdict.NOT_OURS
        assert answer.plausibility == (Plausibility.TOO_MANY,)
        first = answer.origin.suspects[0]
        assert (first.way, found.candidates[first.who].name) == (Way.ACCOUNT, "pencuri")
        assert (first.covered, first.never_saw, first.reach) == (1.0, 0, len(taken))
        assert answer.window.start_s <= began_s + 3 * LATER_S <= answer.window.end_s
        assert answer.window.start_s >= began_s
        assert {one.who for one in answer.origin.suspects} >= set(accounts.values())

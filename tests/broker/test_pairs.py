"""Who is registered twice is found, shown to whom it concerns, linked, and taken apart again."""

import asyncio
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from segel.broker import messages as m
from segel.broker.budgets import READ_LIMITS, limits_of
from segel.broker.decoys import DecoyMarks
from segel.broker.desks.offers import Caller
from segel.broker.destruction import destroy_patients, forget_index_tokens
from segel.broker.errors import BudgetExhausted, Forbidden, Frozen, PairUnknown, PatientUnknown
from segel.broker.limits import BudgetLimits
from segel.broker.messages import TargetKind
from segel.broker.pairing import Pairing
from segel.broker.stored_event import read_event
from segel.domain.pairs import PairState
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

OFFICER = Role.RECORDS_OFFICER
NAME = "SOEWANDI HARTONO"
BORN = "19800111"


def pairing_of(estate) -> Pairing:
    """One over the estate's own parts, to be called when the test wants."""
    desk = estate.broker._offers[m.ListPairs].handle.__self__
    return Pairing(
        desk._pool,
        desk._pairs._index,
        desk._registry,
        desk._directory,
        desk._registry._marks,
        desk._pairs,
        desk._clock,
    )


async def compared(estate) -> None:
    while await pairing_of(estate).look():
        pass


def asking(token: str, purpose: Purpose = Purpose.OPERATIONS) -> m.Requester:
    return m.Requester(token, purpose, "console")


async def listed(estate, officer: str, *, decided: bool = False) -> m.PairList:
    reply = await estate.ask(m.ListPairs(asking(officer), decided), Caller.DOOR)
    assert isinstance(reply, m.PairList)
    return reply


async def decide(estate, officer: str, pair_id: UUID, state: PairState) -> None:
    await estate.ask(m.DecidePair(asking(officer), pair_id, state), Caller.DOOR)


async def twice(estate, arrival, maker: str) -> None:
    """One man under two numbers, each with a study; and a few who are nobody else."""
    await estate.store(maker, arrival(1, name=NAME, birth_date=BORN, nik=""))
    await estate.store(maker, arrival(2, name="SUWANDI HARTONO", birth_date=BORN, nik=""))
    for number in range(3, 6):
        await estate.store(maker, arrival(number))


def test_one_man_under_two_numbers_is_found_linked_and_taken_apart(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            officer = await estate.token(OFFICER, name="Perekam Medis")
            await twice(estate, arrival, maker)
            await compared(estate)
            (line,) = (found := await listed(estate, officer)).lines
            assert (found.total, found.damaged) == (1, 0)
            assert line.state is PairState.OPEN
            assert {one.identity.patient_id for one in (line.one, line.other)} == {
                "MRN00001",
                "MRN00002",
            }
            assert [one.studies for one in (line.one, line.other)] == [1, 1]
            assert line.degrees["name"] == "spelling"
            assert line.degrees["birth_date"] == "equal"

            async def found_by(number: str) -> set[str]:
                result = await estate.search(reader, t00100020=number)
                return {one.attributes["0020000D"]["Value"][0] for one in result.matches}

            assert await found_by("MRN00001") == {"2.25.771"}
            await decide(estate, officer, line.pair_id, PairState.SAME)
            assert (await listed(estate, officer)).lines == []
            (done,) = (await listed(estate, officer, decided=True)).lines
            assert done.decision is not None
            assert (done.decision.state, done.decision.by) == (PairState.SAME, "Perekam Medis")
            assert (
                await found_by("MRN00001")
                == await found_by("MRN00002")
                == {
                    "2.25.771",
                    "2.25.772",
                }
            )
            assert await found_by("MRN00003") == {"2.25.773"}

            await decide(estate, officer, line.pair_id, PairState.OPEN)
            assert await found_by("MRN00001") == {"2.25.771"}
            assert (await listed(estate, officer, decided=True)).total == 0
            (again,) = (await listed(estate, officer)).lines
            assert again.decision is not None
            assert again.decision.state is PairState.OPEN
            await decide(estate, officer, line.pair_id, PairState.DIFFERENT)
            assert await found_by("MRN00002") == {"2.25.772"}

    asyncio.run(run())


def test_an_unknown_patient_is_joined_with_whom_they_are_and_taken_apart(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            officer = await estate.token(OFFICER)
            elsewhere = await estate.token(OFFICER, "H2")
            known = await estate.store(maker, arrival(1))
            unknown = await estate.store(maker, arrival(2, name="TN X", birth_date="", nik=""))
            both = (unknown.patient_id, known.patient_id)
            await compared(estate)
            assert (await listed(estate, officer)).total == 0  # nothing says that they are one

            for token, one, other in (
                (elsewhere, *both),
                (officer, unknown.patient_id, uuid4()),
                (officer, unknown.patient_id, unknown.patient_id),
            ):
                with pytest.raises(PatientUnknown):
                    await estate.ask(m.JoinPatients(asking(token), one, other), Caller.DOOR)
            await estate.ask(m.JoinPatients(asking(officer), *both), Caller.DOOR)
            found = await estate.search(reader, t00100020="MRN00001")
            assert len(found.matches) == 2
            (line,) = (await listed(estate, officer, decided=True)).lines
            await decide(estate, officer, line.pair_id, PairState.OPEN)
            found = await estate.search(reader, t00100020="MRN00001")
            assert len(found.matches) == 1
            # Said again, in the other order: the same pair.
            await estate.ask(m.JoinPatients(asking(officer), *reversed(both)), Caller.DOOR)
            assert (await listed(estate, officer, decided=True)).total == 1

    asyncio.run(run())


def test_what_was_decided_is_not_asked_again(estate_of, arrival, database) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            officer = await estate.token(OFFICER)
            await twice(estate, arrival, maker)
            await compared(estate)
            (line,) = (await listed(estate, officer)).lines
            await decide(estate, officer, line.pair_id, PairState.DIFFERENT)
            with psycopg.connect(database.owner) as connection:  # as an upgrade does
                connection.execute("INSERT INTO uncompared SELECT patient_id FROM patients")
            await compared(estate)
            assert (await listed(estate, officer)).total == 0
            assert (await listed(estate, officer, decided=True)).total == 1

    asyncio.run(run())


def test_who_links_a_chain_finds_all_of_it_from_each_end(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            officer = await estate.token(OFFICER)
            for number in range(1, 4):
                await estate.store(maker, arrival(number, name=NAME, birth_date=BORN, nik=""))
            await compared(estate)
            lines = (await listed(estate, officer)).lines
            assert len(lines) == 3
            for line in lines[:2]:
                await decide(estate, officer, line.pair_id, PairState.SAME)
            for number in range(1, 4):
                result = await estate.search(reader, t00100020=f"MRN0000{number}")
                assert len(result.matches) == 3

    asyncio.run(run())


def test_people_who_only_share_a_name_or_have_other_numbers_are_nobodys_duplicate(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            officer = await estate.token(OFFICER)
            await estate.store(maker, arrival(1, name=NAME, birth_date=BORN))
            await estate.store(maker, arrival(2, name=NAME, birth_date=BORN))  # another NIK
            await estate.store(maker, arrival(3, name=NAME, birth_date="19551230", nik=""))
            await compared(estate)
            assert (await listed(estate, officer)).total == 0

    asyncio.run(run())


def test_a_decoy_is_nobodys_duplicate(estate_of, arrival, database, monkeypatch) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            officer = await estate.token(OFFICER)
            await twice(estate, arrival, maker)
            with psycopg.connect(database.owner) as connection:
                rows = connection.execute("SELECT patient_id FROM patients").fetchall()
            planted = {row[0] for row in rows}
            monkeypatch.setattr(DecoyMarks, "is_decoy", lambda _, one: one in planted)
            await compared(estate)
            assert (await listed(estate, officer)).total == 0

    asyncio.run(run())


def test_only_the_own_hospitals_medical_records_officer_sees_and_decides(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            officer = await estate.token(OFFICER)
            elsewhere = await estate.token(OFFICER, "H2")
            await twice(estate, arrival, maker)
            await compared(estate)
            (line,) = (await listed(estate, officer)).lines
            others = [role for role in Role if role not in (OFFICER, Role.PATIENT)]
            for role in others:
                token = await estate.token(role)
                for request in (
                    m.ListPairs(asking(token)),
                    m.DecidePair(asking(token), line.pair_id, PairState.SAME),
                    m.JoinPatients(asking(token), uuid4(), uuid4()),
                ):
                    with pytest.raises(Forbidden):
                        await estate.ask(request, Caller.DOOR)
            for purpose in set(Purpose) - {Purpose.OPERATIONS}:
                with pytest.raises(Forbidden):
                    await estate.ask(m.ListPairs(asking(officer, purpose)), Caller.DOOR)
            assert (await listed(estate, elsewhere)).total == 0
            for pair_id in (line.pair_id, uuid4()):
                with pytest.raises(PairUnknown):
                    await decide(estate, elsewhere, pair_id, PairState.SAME)
            with pytest.raises(Forbidden):  # and opens nothing
                await estate.open(officer, "2.25.771")
            with pytest.raises(Forbidden):
                await estate.search(officer)

    asyncio.run(run())


def test_looking_costs_budget_and_is_logged_where_the_two_can_see_it(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            officer = await estate.token(OFFICER)
            await twice(estate, arrival, maker)
            await compared(estate)
            (line,) = (await listed(estate, officer)).lines
            report = await estate.ask(m.OwnBudget(m.Requester(officer)))
            assert report.windows[0].used == pytest.approx(0.4)
            await decide(estate, officer, line.pair_id, PairState.SAME)
            trail = await estate.ask(m.OwnTrail(m.Requester(officer)))
            kinds = [read_event(line.event.encode()).kind for line in trail.lines[:2]]
            assert kinds == ["link", "query"]

    asyncio.run(run())


def test_a_crawl_through_the_pairs_ends_at_the_budget(estate_of, arrival) -> None:
    async def run() -> None:
        row = limits_of(hour=1, day=9, month=9)
        limits = msgspec.structs.replace(BudgetLimits(), read={**READ_LIMITS, OFFICER: row})
        async with estate_of(limits=limits) as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            officer = await estate.token(OFFICER)
            for number in range(1, 7):  # six of one name: more than five listed in an hour
                await estate.store(maker, arrival(number, name=NAME, birth_date=BORN, nik=""))
            await compared(estate)
            with pytest.raises(BudgetExhausted, match="1 patients in an hour"):
                await estate.ask(m.ListPairs(asking(officer), limit=50), Caller.DOOR)
            seen = await estate.ask(m.ListPairs(asking(officer), limit=1), Caller.DOOR)
            assert (len(seen.lines), seen.total) == (1, 15)

    asyncio.run(run())


def test_a_frozen_hospital_shows_no_pairs(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(OFFICER)
            await estate.ask(m.OperatorFreeze(TargetKind.HOSPITAL, "H1", "for the test"))
            with pytest.raises(Frozen):
                await listed(estate, officer)

    asyncio.run(run())


def test_who_is_erased_is_in_no_pair(estate_of, arrival, database) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            officer = await estate.token(OFFICER)
            await twice(estate, arrival, maker)
            await compared(estate)
            (line,) = (await listed(estate, officer)).lines
            index = estate.broker._offers[m.ListPairs].handle.__self__._pairs._index
            gone = await estate.open(await estate.token(Role.CLINICIAN), "2.25.771")

            async def erase(cursor: psycopg.AsyncCursor) -> None:
                await destroy_patients(cursor, [gone.patient_id])

            await estate.act(erase)
            damaged = await listed(estate, officer)
            assert (damaged.lines, damaged.damaged) == ([], 1)

            async def forget(cursor: psycopg.AsyncCursor) -> None:
                await forget_index_tokens(cursor, index, [gone.patient_id])

            await estate.act(forget)
            assert (await listed(estate, officer)).total == 0
            with psycopg.connect(database.owner) as connection:
                assert connection.execute("SELECT count(*) FROM pair_ends").fetchone() == (0,)
            with pytest.raises(PairUnknown):
                await decide(estate, officer, line.pair_id, PairState.SAME)

    asyncio.run(run())

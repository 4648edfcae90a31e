"""What the broker releases, to whom, and that it stands in the log before it is released."""

import asyncio
import contextlib

import pytest

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import (
    BudgetExhausted,
    Forbidden,
    SignInFailed,
    StudyUnknown,
    TokenInvalid,
)
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

CLINICIAN_HOUR = 30


def test_what_a_radiographer_stores_a_clinician_of_the_hospital_opens(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            stored = await estate.store(maker, arrival(1))
            opened = await estate.open(reader, arrival(1).study_uid)
            assert stored.created
            assert not opened.created
            assert (opened.study_id, opened.scope_key) == (stored.study_id, stored.scope_key)

    asyncio.run(run())


def test_another_hospitals_study_looks_like_one_that_does_not_exist(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER, "H1"), arrival(1))
            stranger = await estate.token(Role.CLINICIAN, "H2")
            answers = []
            for uid in (arrival(1).study_uid, "2.25.404"):
                with pytest.raises(StudyUnknown) as refused:
                    await estate.open(stranger, uid)
                answers.append(str(refused.value))
            assert answers[0] == answers[1]
            assert (await estate.search(stranger)).matches == []

    asyncio.run(run())


def test_one_study_uid_at_two_hospitals_is_two_studies(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            one = await estate.store(await estate.token(Role.RADIOGRAPHER, "H1"), arrival(1))
            other = await estate.store(await estate.token(Role.RADIOGRAPHER, "H2"), arrival(1))
            assert one.study_id != other.study_id
            assert one.scope_key != other.scope_key

    asyncio.run(run())


def test_a_study_that_arrives_many_times_at_once_is_made_once(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            grants = await asyncio.gather(*(estate.store(maker, arrival(1)) for _ in range(20)))
            assert len({grant.study_id for grant in grants}) == 1
            assert sum(grant.created for grant in grants) == 1

    asyncio.run(run())


def test_two_studies_of_one_person_share_the_patient(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            one = await estate.store(maker, arrival(1))
            again = await estate.store(maker, arrival(1, study_uid="2.25.9001"))
            by_nik = await estate.store(
                maker, arrival(1, study_uid="2.25.9002", patient_id="OTHER-NUMBER")
            )
            assert one.patient_id == again.patient_id == by_nik.patient_id
            assert len({one.scope_key, again.scope_key, by_nik.scope_key}) == 3

    asyncio.run(run())


def test_crawler_is_stopped_at_its_budget_with_64_in_flight_and_a_restart(
    estate_of, arrival
) -> None:
    async def crawl(estate, token: str, uids: list[str]) -> set[str]:
        room = asyncio.Semaphore(64)
        got = set()

        async def one(uid: str) -> None:
            async with room:
                with contextlib.suppress(BudgetExhausted):
                    await estate.open(token, uid)
                    got.add(uid)

        await asyncio.gather(*(one(uid) for uid in uids))
        return got

    async def run() -> None:
        uids = [arrival(number).study_uid for number in range(100)]
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(100):
                await estate.store(maker, arrival(number))
            reader = await estate.token(Role.CLINICIAN)
            first = await crawl(estate, reader, uids[:12])
        async with estate_of() as estate:
            estate.clock.now_s -= 7 * 86_400  # a clock set back frees nothing
            second = await crawl(estate, reader, uids)
            assert len(first | second) == CLINICIAN_HOUR
            assert await crawl(estate, reader, uids) == first | second
            report = await estate.ask(m.OwnBudget(m.Requester(reader)))
            assert isinstance(report, m.BudgetReport)
            assert report.windows[0].used == CLINICIAN_HOUR

    asyncio.run(run())


def test_two_brokers_share_one_budget(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(60):
                await estate.store(maker, arrival(number))
            reader = await estate.token(Role.CLINICIAN)
            got = 0

            async def one(number: int) -> bool:
                broker = (estate, second)[number % 2]
                try:
                    await broker.open(reader, arrival(number).study_uid)
                except BudgetExhausted:
                    return False
                return True

            got = sum(await asyncio.gather(*(one(number) for number in range(60))))
            assert got == CLINICIAN_HOUR

    asyncio.run(run())


def test_a_refused_store_writes_nothing_and_costs_nothing(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            reader = await estate.token(Role.CLINICIAN)
            with pytest.raises(Forbidden):
                await estate.store(reader, arrival(1))
            maker = await estate.token(Role.RADIOGRAPHER)
            assert (await estate.search(maker)).matches == []

    asyncio.run(run())


def test_purpose_of_use_is_part_of_the_decision(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            reader = await estate.token(Role.CLINICIAN)
            asked = m.Requester(reader, Purpose.PUBLIC_HEALTH)
            with pytest.raises(Forbidden):
                await estate.ask(m.OpenStudy(asked, arrival(1).study_uid))

    asyncio.run(run())


@pytest.mark.parametrize(
    "spoil",
    [lambda t: "", lambda t: t[:-2], lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"),
     lambda t: "e30." + t.split(".", 1)[1], lambda t: t + "." , lambda t: "x" * 5000],
    ids=["empty", "cut", "signature", "header", "extra", "long"],
)  # fmt: skip
def test_a_token_that_was_touched_opens_nothing(estate_of, spoil) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            token = await estate.token(Role.CLINICIAN)
            assert isinstance(await estate.ask(m.CheckSession(token)), m.Session)
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(spoil(token)))

    asyncio.run(run())


def test_an_ended_session_opens_nothing_at_another_broker_within_a_second(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            token = await estate.token(Role.CLINICIAN)
            await second.ask(m.CheckSession(token))
            await estate.ask(m.EndSession(token))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(token))
            await asyncio.sleep(1.1)
            with pytest.raises(TokenInvalid):
                await second.ask(m.CheckSession(token))

    asyncio.run(run())


def test_only_the_operators_socket_enrols_and_issues(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            for request in (
                m.EnrolHospital("H9", "x"),
                m.EnrolAccount("x", Role.CLINICIAN, "H1"),
                m.EnrolPeer("X", "Y", "H1"),
                m.EnrolSender("X", "Y", "H1"),
            ):
                with pytest.raises(Forbidden):
                    await estate.ask(request, Caller.DOOR)

    asyncio.run(run())


def test_a_viewer_code_is_good_once_and_for_its_study_only(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in (1, 2):
                await estate.store(maker, arrival(number))
            reader = await estate.token(Role.CLINICIAN)
            code = await estate.ask(m.ViewerCode(m.Requester(reader), arrival(1).study_uid))
            assert isinstance(code, m.Token)
            let_in = await estate.ask(m.ViewerSignIn(code.token), Caller.DOOR)
            assert isinstance(let_in, m.Token)
            await estate.open(let_in.token, arrival(1).study_uid)
            with pytest.raises(StudyUnknown):
                await estate.open(let_in.token, arrival(2).study_uid)
            with pytest.raises(Forbidden):
                await estate.search(let_in.token)
            with pytest.raises((SignInFailed, TokenInvalid)):
                await estate.ask(m.ViewerSignIn(code.token))
            with pytest.raises(SignInFailed):
                await estate.ask(m.ViewerSignIn("00" * 80))

    asyncio.run(run())


def test_a_study_that_names_no_patient_gets_one_of_its_own(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            nobody = [m.StudyArrival(f"2.25.50{n}", "", PatientIdentity(), {}) for n in range(2)]
            grants = [await estate.store(maker, one) for one in nobody]
            assert grants[0].patient_id != grants[1].patient_id

    asyncio.run(run())

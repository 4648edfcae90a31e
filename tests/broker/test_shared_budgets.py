"""The budgets of a hospital and of all: exact in constant memory, over several brokers."""

import asyncio
import tomllib
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from segel.broker import messages as m
from segel.broker.budgets import DAY_S, HOUR_S, MONTH_S, READ_LIMITS, limits_of
from segel.broker.errors import BrokerError, BudgetExhausted, Forbidden
from segel.broker.limits import BudgetLimits, LimitsBroken, Share, read_limits
from segel.broker.messages import ApprovalKind, ApprovalState, TargetKind
from segel.broker.shared_budgets import ESTATE
from segel.domain.roles import Role
from segel.store.database import opened_pool

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_hospitals_accounts_share_its_budget_at_two_brokers_and_another_has_its_own(
    estate_of, arrival
) -> None:
    limits = BudgetLimits(hospital=limits_of(10, 10, 10))

    async def run() -> None:
        async with estate_of(limits=limits) as estate, estate_of(limits=limits) as second:
            for hospital, first in (("H1", 0), ("H2", 100)):
                maker = await estate.token(Role.RADIOGRAPHER, hospital)
                for number in range(first, first + 20):
                    await estate.store(maker, arrival(number))
            readers = [await estate.token(Role.CLINICIAN, name=f"dr. {n}") for n in range(4)]

            async def open_one(number: int) -> str:
                at = (estate, second)[number % 2]
                try:
                    await at.open(readers[number % 4], arrival(number % 20).study_uid)
                except BudgetExhausted as refused:
                    return refused.whose
                return "opened"

            tried = await asyncio.gather(*(open_one(number) for number in range(20)))
            assert (tried.count("opened"), tried.count("hospital")) == (10, 10)
            opened = [number for number in range(20) if tried[number] == "opened"]
            other = [await open_one(number + 20) for number in opened]
            assert other == ["opened"] * 10, "a patient whom a colleague opened costs nothing"
            elsewhere = await estate.token(Role.CLINICIAN, "H2")
            await estate.open(elsewhere, arrival(101).study_uid)

    asyncio.run(run())


def test_the_estates_budget_holds_over_all_hospitals_and_over_a_restart(estate_of, arrival) -> None:
    limits = BudgetLimits(estate=limits_of(6, 6, 6))

    async def run() -> None:
        got = []
        for life in range(2):
            async with estate_of(limits=limits) as estate:
                estate.clock.now_s -= life * 7 * 86_400  # a clock set back frees nothing
                for hospital in ("H1", "H2"):
                    maker = await estate.token(Role.RADIOGRAPHER, hospital)
                    reader = await estate.token(Role.CLINICIAN, hospital, f"{hospital} {life}")
                    for number in range(4):
                        one = arrival(number + 50 * int(hospital[1]) + 10 * life)
                        await estate.store(maker, one)
                        try:
                            await estate.open(reader, one.study_uid)
                        except BudgetExhausted as refused:
                            got.append(refused.whose)
                        else:
                            got.append("opened")
        assert got == ["opened"] * 6 + ["estate"] * 10

    asyncio.run(run())


def test_new_sessions_and_tokens_free_nothing(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(40):
                await estate.store(maker, arrival(number))
            got = 0
            for number in range(40):
                token = await estate.token(Role.CLINICIAN, name="dr. A")  # a new one each time
                try:
                    await estate.open(token, arrival(number).study_uid)
                except BudgetExhausted:
                    await estate.ask(m.EndSession(token))
                else:
                    got += 1
            assert got == 30

    asyncio.run(run())


def test_the_sample_file_holds_the_defaults() -> None:
    text = (REPOSITORY / "docs" / "reference" / "budgets.toml").read_text()
    sample, derived = read_limits(tomllib.loads(text)), BudgetLimits()
    assert all(sample.reading(role) == derived.reading(role) for role in READ_LIMITS)
    assert text.count("[roles.") == len(READ_LIMITS), "every role's default stands in it"
    assert sample.hospital is None
    for title, limits in (("hospital", derived.of_hospital(0)), ("estate", derived.of_estate(0))):
        lines = [f"# {limit.window} = {limit.patients}" for limit in limits]
        assert "\n".join([f"# [{title}]", *lines]) in text


def test_a_hospitals_limit_follows_from_its_own_patients_and_the_estates_from_all(
    estate_of, arrival, database, monkeypatch
) -> None:
    half = dict.fromkeys((HOUR_S, DAY_S, MONTH_S), Share(0.5, 1))
    monkeypatch.setattr("segel.broker.limits.HOSPITAL_SHARES", half)
    monkeypatch.setattr("segel.broker.limits.ESTATE_SHARES", half)

    async def run() -> None:
        async with estate_of() as estate, opened_pool(database.broker) as pool:
            for hospital, first, count in (("H1", 0, 12), ("H2", 100, 4)):
                maker = await estate.token(Role.RADIOGRAPHER, hospital)
                for number in range(first, first + count):
                    await estate.store(maker, arrival(number))
            shared = estate.broker.ledger._shared
            shared._sizes = {}
            following = asyncio.create_task(shared.follow_sizes(pool))
            while not shared._sizes:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            following.cancel()
            sizes = sorted(shared._sizes.items(), key=lambda one: one[1])
            assert [count for _, count in sizes] == [4, 12]
            for hospital, count in (*sizes, (ESTATE, 16), (uuid4(), 2)):
                limits = shared.limits(hospital)
                assert [limit.patients for limit in limits] == [count // 2] * 3
                raised = shared.limits(hospital, 5)
                assert [limit.patients for limit in raised] == [count // 2 + 5] * 3

    asyncio.run(run())


async def _ask(estate, token: str, **subject: str) -> UUID:
    done = await estate.ask(
        m.RequestApproval(m.Requester(token), ApprovalKind.BUDGET_RAISE, subject, "a busy night")
    )
    assert isinstance(done, m.Done)
    assert done.identifier is not None
    return done.identifier


async def _approve(estate, token: str, approval_id: UUID) -> m.ApprovalLine:
    line = await estate.ask(m.DecideApproval(m.Requester(token), approval_id, True, "I agree"))
    assert isinstance(line, m.ApprovalLine)
    return line


def test_two_people_give_an_account_more_until_it_ends_and_nobody_gives_themselves(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(40):
                await estate.store(maker, arrival(number))
            reader = await estate.token(Role.CLINICIAN)
            officers = [
                await estate.token(Role.DATA_PROTECTION_OFFICER),
                await estate.token(Role.ADMINISTRATOR),
            ]
            session = await estate.ask(m.CheckSession(reader))
            own = str(session.account_id)

            async def opened(at, first: int) -> int:
                for number in range(first, 40):
                    try:
                        await at.open(reader, arrival(number).study_uid)
                    except BudgetExhausted:
                        return number
                return 40

            assert await opened(estate, 0) == 30
            asked = await _ask(estate, reader, account=own, more="5", hours="2")
            with pytest.raises(Forbidden):
                await _approve(estate, reader, asked)
            await _approve(estate, officers[0], asked)
            assert await opened(second, 30) == 30, "one person's approval raises nothing"
            assert (await _approve(second, officers[1], asked)).state is ApprovalState.USED
            assert await opened(estate, 30) == 35
            assert await opened(second, 35) == 35
            report = await estate.ask(m.OwnBudget(m.Requester(reader)))
            assert isinstance(report, m.BudgetReport)
            assert (report.windows[0].limit, report.more[0].more) == (35, 5)
            estate.clock.now_s += 2 * 3_600 + 61
            await estate.open(reader, arrival(39).study_uid)
            report = await estate.ask(m.OwnBudget(m.Requester(reader)))
            assert isinstance(report, m.BudgetReport)
            assert (report.windows[0].limit, report.more) == (30, [])

    asyncio.run(run())


def test_a_request_for_more_is_for_oneself_or_an_officers_hospital_and_bounded(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            reader = await estate.token(Role.CLINICIAN)
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
            modality = await estate.token(Role.MODALITY)
            ids = {}
            for token in (reader, officer, modality):
                session = await estate.ask(m.CheckSession(token))
                ids[token] = str(session.account_id)
            hospital = str(session.hospital_id)
            for token, subject in (
                (reader, {"account": ids[officer], "more": "5", "hours": "2"}),
                (reader, {"hospital": hospital, "more": "5", "hours": "2"}),
                (modality, {"account": ids[modality], "more": "5", "hours": "2"}),
                (officer, {"account": ids[officer], "more": "5", "hours": "2"}),
                (officer, {"hospital": str(uuid4()), "more": "5", "hours": "2"}),
                (reader, {"account": ids[reader], "more": "0", "hours": "2"}),
                (reader, {"account": ids[reader], "more": "501", "hours": "2"}),
                (reader, {"account": ids[reader], "more": "05", "hours": "2"}),
                (reader, {"account": ids[reader], "more": "5", "hours": "169"}),
                (reader, {"account": ids[reader], "more": "5"}),
                (reader, {"account": ids[reader], "more": "5", "hours": "2", "for": "x"}),
            ):
                with pytest.raises(BrokerError):
                    await _ask(estate, token, **subject)
            await _ask(estate, officer, hospital=hospital, more="50", hours="24")

    asyncio.run(run())


def test_an_officer_sees_the_use_of_their_own_hospital_without_any_patient(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(3):
                await estate.store(maker, arrival(number))
            reader = await estate.token(Role.CLINICIAN, name="dr. A")
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
            foreign = await estate.token(Role.DATA_PROTECTION_OFFICER, "H2")
            for number in range(3):
                await estate.open(reader, arrival(number).study_uid)
            await estate.ask(m.OperatorFreeze(TargetKind.ACCOUNT, "dr. A", "for the test"))
            report = await estate.ask(m.ListUse(m.Requester(officer)))
            assert isinstance(report, m.UseReport)
            (doctor,) = [one for one in report.accounts if one.name == "dr. A"]
            assert [window.used for window in doctor.windows] == [3.0] * 3
            assert len(doctor.freezes) == 1
            assert [window.used for window in report.hospital] == [3.0] * 3
            assert "SITI" not in repr(report)
            elsewhere = await estate.ask(m.ListUse(m.Requester(foreign)))
            assert isinstance(elsewhere, m.UseReport)
            assert {one.name for one in elsewhere.accounts} == {"data-protection-officer of H2"}
            assert elsewhere.hospital[0].used == 0.0
            for token in (reader, maker):
                with pytest.raises(Forbidden):
                    await estate.ask(m.ListUse(m.Requester(token)))

    asyncio.run(run())


def test_limits_follow_from_the_number_of_patients_and_a_file_may_set_them() -> None:
    derived = BudgetLimits()
    assert [limit.patients for limit in derived.of_hospital(0)] == [300, 1_000, 5_000]
    assert [limit.patients for limit in derived.of_hospital(100_000)] == [500, 2_000, 10_000]
    assert [limit.patients for limit in derived.of_estate(6_000_000)] == [12_000, 30_000, 300_000]
    text = "[roles.clinician]\nhour = 5\nday = 6\nmonth = 7\n[hospital]\nhour=1\nday=2\nmonth=3"
    limits = read_limits(tomllib.loads(text))
    assert [limit.patients for limit in limits.reading(Role.CLINICIAN)] == [5, 6, 7]
    assert limits.reading(Role.RADIOLOGIST) == derived.reading(Role.RADIOLOGIST)
    assert [limit.patients for limit in limits.of_hospital(10**9)] == [1, 2, 3]
    for broken in (
        "[roles.clinician]\nhour = 5\nday = 4\nmonth = 7",
        "[roles.doctor]\nhour = 1\nday = 4\nmonth = 7",
        "[hospital]\nhour = -1\nday = 4\nmonth = 7",
        "[hospital]\nhour = 1",
        "[clinic]\nhour = 1",
        "[estate]\nhour = 1\nday = 2\nmonth = 100000000",
    ):
        with pytest.raises(LimitsBroken):
            read_limits(tomllib.loads(broken))

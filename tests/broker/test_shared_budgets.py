"""The budgets of a hospital and of all: exact in constant memory, over several brokers."""

import asyncio
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.broker import messages as m
from segel.broker.budgets import DAY_S, FIFTHS, HOUR_S, MONTH_S, Limit, Touch, limits_of
from segel.broker.errors import BudgetExhausted
from segel.broker.limits import BudgetLimits, LimitsBroken, read_limits
from segel.broker.tallies import BUCKETS, Tally, counts_alike
from segel.domain.roles import Role

PATIENTS = list(range(10))
LIMIT = Limit("hour", HOUR_S, 3)

steps = st.lists(
    st.tuples(
        st.sampled_from(PATIENTS),
        st.booleans(),
        st.one_of(st.floats(0, 1_800), st.sampled_from([0.0, 60.0, 3_600.0, 90_000.0])),
    ),
    max_size=80,
)


@given(steps)
def test_a_tally_is_what_counting_every_touch_would_give(
    steps: list[tuple[int, bool, float]],
) -> None:
    tally, touches, now_s = Tally(), dict[int, Touch](), 1.7e9
    for patient, opened, pause_s in steps:
        now_s += pause_s
        before = touches.get(patient, Touch())
        after = before.touched(now_s, opened=opened)
        tally.move(before, after, now_s)
        touches[patient] = after
        for seconds in (HOUR_S, DAY_S, MONTH_S):
            width = seconds // BUCKETS
            since_s = (now_s - seconds) // width * width - 1e-6  # the whole of the oldest bucket
            assert tally.fifths(seconds, now_s) == sum(
                _by_bucket(touch, width).fifths(since_s) for touch in touches.values()
            )
    assert sum(map(len, tally.rings.values())) <= 3 * (BUCKETS + 1)


def _by_bucket(touch: Touch, width: int) -> Touch:
    return Touch(touch.opened_s // width * width, touch.listed_s // width * width)


@given(steps)
def test_no_window_ever_holds_more_than_the_limit(steps: list[tuple[int, bool, float]]) -> None:
    tally, touches, now_s = Tally(), dict[int, Touch](), 1.7e9
    done: list[tuple[float, int, bool]] = []
    for patient, opened, pause_s in steps:
        now_s += pause_s
        before = touches.get(patient, Touch())
        after = before.touched(now_s, opened=opened)
        refusal = tally.decide([(before, after)], (LIMIT,), now_s)
        if refusal is not None:
            # It says when there is room again, if nobody takes it before.
            later = now_s + refusal.retry_after_s
            room = tally.fifths(HOUR_S, later)
            assert room < tally.fifths(HOUR_S, now_s)
            continue
        if not counts_alike(before, after):
            tally.move(before, after, now_s)
            touches[patient] = after
        done.append((now_s, patient, opened))
    for end_s, _, _ in done:
        window = [one for one in done if end_s - HOUR_S < one[0] <= end_s]
        opened_in = {patient for _, patient, opened in window if opened}
        listed_in = {patient for _, patient, opened in window if not opened} - opened_in
        assert len(opened_in) * FIFTHS + len(listed_in) <= LIMIT.patients * FIFTHS


def test_a_hospitals_accounts_share_its_budget_at_two_brokers_and_another_has_its_own(
    estate_of, arrival
) -> None:
    limits = BudgetLimits(hospital=limits_of(10, 10, 10))

    async def run() -> None:
        async with estate_of(limits) as estate, estate_of(limits) as second:
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
            async with estate_of(limits) as estate:
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

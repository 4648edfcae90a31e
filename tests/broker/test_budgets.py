"""Budgets: a sliding window of distinct patients, exact in fifths."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from segel.broker.budgets import (
    DAY_S,
    FIFTHS,
    HOUR_S,
    MONTH_S,
    Limit,
    Refusal,
    Touch,
    decide,
    export_subject,
    is_free,
    limits_of,
    store_subject,
    use,
)
from segel.broker.messages import BudgetUse

HOUR = Limit("hour", HOUR_S, 3)
PATIENTS = [bytes([number]) for number in range(12)]


def _crawl(
    touches: dict[bytes, Touch], patient: bytes, now_s: float, *, opened: bool = True
) -> bool:
    if decide(touches, [patient], (HOUR,), now_s, opened=opened) is not None:
        return False
    touches[patient] = touches.get(patient, Touch()).touched(now_s, opened=opened)
    return True


def test_crawler_is_stopped_at_its_budget() -> None:
    touches: dict[bytes, Touch] = {}
    assert [_crawl(touches, patient, 1e6) for patient in PATIENTS] == [True] * 3 + [False] * 9


def test_the_same_patient_again_costs_nothing_even_when_the_budget_is_used_up() -> None:
    touches: dict[bytes, Touch] = {}
    for patient in PATIENTS[:3]:
        assert _crawl(touches, patient, 1e6)
    assert _crawl(touches, PATIENTS[0], 1e6 + 1)
    assert not _crawl(touches, PATIENTS[3], 1e6 + 1)


def test_a_listed_patient_costs_a_fifth_and_opening_it_then_the_rest() -> None:
    touches: dict[bytes, Touch] = {}
    for patient in PATIENTS[:10]:
        assert _crawl(touches, patient, 1e6, opened=False)
    assert use(touches.values(), [HOUR], 1e6)[0].used == 2.0
    assert _crawl(touches, PATIENTS[0], 1e6)
    assert use(touches.values(), [HOUR], 1e6)[0].used == 2.8
    assert not _crawl(touches, PATIENTS[1], 1e6), "3.6 patients would be more than 3"


def test_the_window_slides_and_the_refusal_says_when_there_is_room() -> None:
    touches: dict[bytes, Touch] = {}
    for number, patient in enumerate(PATIENTS[:3]):
        assert _crawl(touches, patient, 1e6 + 600 * number)
    refusal = decide(touches, [PATIENTS[3]], (HOUR,), 1e6 + 1800, opened=True)
    assert refusal is not None
    later = 1e6 + 1800 + refusal.retry_after_s
    assert decide(touches, [PATIENTS[3]], (HOUR,), later, opened=True) is None
    assert decide(touches, [PATIENTS[3]], (HOUR,), later - 3, opened=True) is not None


def test_a_search_result_is_listed_whole_or_not_at_all() -> None:
    assert decide({}, PATIENTS, (Limit("hour", HOUR_S, 2),), 1e6, opened=False) is not None
    assert decide({}, PATIENTS[:10], (Limit("hour", HOUR_S, 2),), 1e6, opened=False) is None


def test_a_role_without_a_budget_opens_nobody() -> None:
    assert decide({}, PATIENTS[:1], (Limit("hour", HOUR_S, 0),), 1e6, opened=True) is not None


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(PATIENTS), st.booleans(), st.floats(0, 1800, allow_nan=False)),
        max_size=60,
    )
)
def test_no_window_of_an_hour_ever_holds_more_than_the_budget(
    steps: list[tuple[bytes, bool, float]],
) -> None:
    touches: dict[bytes, Touch] = {}
    now_s, done = 1e6, []
    for patient, opened, pause_s in steps:
        now_s += pause_s
        if _crawl(touches, patient, now_s, opened=opened):
            done.append((now_s, patient, opened))
    for end_s, _, _ in done:
        window = [one for one in done if end_s - HOUR_S < one[0] <= end_s]
        opened_in = {patient for _, patient, opened in window if opened}
        listed_in = {patient for _, patient, opened in window if not opened} - opened_in
        assert len(opened_in) * FIFTHS + len(listed_in) <= HOUR.patients * FIFTHS


@given(
    opened_s=st.floats(0, 2 * HOUR_S),
    listed_s=st.floats(0, 2 * HOUR_S),
    opened=st.booleans(),
)
def test_what_is_free_is_what_even_a_budget_of_nobody_gives(
    opened_s: float, listed_s: float, opened: bool
) -> None:
    touches = {b"p": Touch(opened_s, listed_s)}
    nobody = (Limit("hour", HOUR_S, 0),)
    free = is_free(touches, b"p", nobody, 2 * HOUR_S, opened=opened)
    assert free == (decide(touches, [b"p"], nobody, 2 * HOUR_S, opened=opened) is None)


def test_limits_are_of_an_hour_a_day_and_thirty_days() -> None:
    assert limits_of(1, 2, 3) == (
        Limit("hour", 3_600, 1),
        Limit("day", 86_400, 2),
        Limit("month", 2_592_000, 3),
    )


def test_what_an_account_stores_reads_and_exports_is_counted_apart_and_always_the_same() -> None:
    """The subjects are in the database: they must not change from one version to the next."""
    account = UUID("00000000-0000-4000-8000-000000000001")
    assert store_subject(account) == uuid5(
        UUID("0f6f2b5e-3f5b-4d0e-9d1a-6f0a5f6b7c11"), account.hex
    )
    assert export_subject(account) == uuid5(
        UUID("4a1b6ce2-63a2-4a55-9a86-0d6e8c1d52b7"), account.hex
    )
    assert len({account, store_subject(account), export_subject(account)}) == 3


def test_a_window_is_open_at_its_beginning() -> None:
    """A patient of exactly an hour ago is out of the hour."""
    at = Touch(opened_s=1_000.0, listed_s=1_000.0)
    assert at.fifths(999.0) == FIFTHS
    assert at.fifths(1_000.0) == 0
    assert Touch(listed_s=1_000.0).fifths(999.0) == 1
    assert Touch(listed_s=1_000.0).fifths(1_000.0) == 0


def test_a_touch_keeps_when_the_other_kind_was() -> None:
    assert Touch(1.0, 2.0).touched(3.0, opened=True) == Touch(3.0, 2.0)
    assert Touch(1.0, 2.0).touched(3.0, opened=False) == Touch(1.0, 3.0)


def test_the_refusal_names_the_window_and_counts_to_its_oldest_opening() -> None:
    hour, day = Limit("hour", HOUR_S, 2), Limit("day", DAY_S, 3)
    touches = {
        b"a": Touch(opened_s=1e6),
        b"b": Touch(opened_s=1e6 + 50),
        b"past": Touch(opened_s=1e6 + 100 - HOUR_S),
    }
    refusal = decide(touches, [b"c"], (hour, day), 1e6 + 100, opened=True)
    assert refusal == Refusal(hour, HOUR_S - 100 + 1)
    assert decide(touches, [b"c"], (day,), 1e6 + 100, opened=True) == Refusal(
        day, DAY_S - HOUR_S + 1
    )
    assert decide({}, [b"c"], (Limit("hour", HOUR_S, 0),), 1e6, opened=True) == Refusal(
        Limit("hour", HOUR_S, 0), HOUR_S + 1
    )
    about_to_leave = {b"a": Touch(opened_s=1e6 - HOUR_S + 0.5)}
    assert decide(about_to_leave, [b"c"], (Limit("hour", HOUR_S, 1),), 1e6, opened=True) == Refusal(
        Limit("hour", HOUR_S, 1), 1
    )


def test_what_costs_nothing_in_the_hour_may_cost_something_in_the_day() -> None:
    """Each window is looked at, also after one in which the patient is known."""
    now_s = 1e6
    known = Touch(opened_s=now_s - 10, listed_s=now_s - 10)
    free_here = Limit("hour", HOUR_S, 0)
    ages = Limit("instant", 5, 0)
    assert decide({b"a": known}, [b"a"], (free_here,), now_s, opened=True) is None
    assert decide({b"a": known}, [b"a"], (free_here, ages), now_s, opened=True) is not None
    assert not is_free({b"a": known}, b"a", (free_here, ages), now_s, opened=True)
    assert is_free({b"a": known}, b"a", (free_here,), now_s, opened=True)
    assert not is_free({}, b"a", (free_here,), now_s, opened=True)


def test_use_is_told_for_each_window() -> None:
    touches = [Touch(opened_s=1.7e9), Touch(listed_s=1.7e9), Touch(opened_s=1.7e9 - DAY_S / 2)]
    assert use(touches, limits_of(30, 120, 600), 1.7e9 + 1) == [
        BudgetUse(window="hour", seconds=HOUR_S, used=1.2, limit=30),
        BudgetUse(window="day", seconds=DAY_S, used=2.2, limit=120),
        BudgetUse(window="month", seconds=MONTH_S, used=2.2, limit=600),
    ]

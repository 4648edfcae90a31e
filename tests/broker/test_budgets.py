"""Budgets: a sliding window of distinct patients, exact in fifths."""

from hypothesis import given
from hypothesis import strategies as st

from segel.broker.budgets import FIFTHS, HOUR_S, Limit, Touch, decide, is_free, use

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

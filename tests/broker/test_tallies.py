"""A hospital's tally: exact in constant memory."""

from hypothesis import given
from hypothesis import strategies as st

from segel.broker.budgets import DAY_S, FIFTHS, HOUR_S, MONTH_S, Limit, Refusal, Touch
from segel.broker.tallies import BUCKETS, Tally, added, counts_alike

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


def decide(
    tally: Tally, moves: list[tuple[Touch, Touch]], limits: tuple[Limit, ...], now_s: float
) -> Refusal | None:
    return tally.decide(added(moves, now_s), limits, now_s)


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
        refusal = decide(tally, [(before, after)], (LIMIT,), now_s)
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


def test_a_full_window_says_to_the_second_when_its_oldest_bucket_leaves() -> None:
    now_s = 1_700_000_000.0 // 60 * 60  # a minute's first second
    tally = Tally()
    for later_s in (30.0, 90.0, 150.0):
        tally.move(Touch(), Touch(opened_s=now_s + later_s), now_s + later_s)
    more = [(Touch(), Touch(opened_s=now_s + 200))]
    refusal = decide(tally, more, (LIMIT,), now_s + 200)
    assert refusal == Refusal(LIMIT, 60 + 3_600 - 200 + 1)
    assert decide(tally, more, (LIMIT,), now_s + 200 + refusal.retry_after_s) is None
    just_before_s = now_s + 60 + 3_600 - 1
    assert decide(tally, more, (LIMIT,), just_before_s) == Refusal(LIMIT, 2)
    assert decide(tally, more, (LIMIT,), just_before_s + 0.5) == Refusal(LIMIT, 1)


def test_a_limit_of_nobody_names_its_whole_window() -> None:
    nobody = Limit("hour", HOUR_S, 0)
    refusal = decide(Tally(), [(Touch(), Touch(opened_s=1e9))], (nobody,), 1e9)
    assert refusal == Refusal(nobody, HOUR_S)


def test_the_first_full_window_is_the_one_that_refuses() -> None:
    hour, day = Limit("hour", HOUR_S, 2), Limit("day", DAY_S, 3)
    tally, now_s = Tally(), 1.7e9
    for number in range(3):
        when_s = now_s + number * 2 * HOUR_S
        tally.move(Touch(), Touch(opened_s=when_s), when_s)
    now_s += 4 * HOUR_S
    assert tally.patients(HOUR_S, now_s) == 1.0
    assert tally.patients(DAY_S, now_s) == 3.0
    new = (Touch(), Touch(opened_s=now_s))
    one = decide(tally, [new], (hour, day), now_s)
    assert one is not None
    assert one.limit is day
    two = decide(tally, [new, new], (hour, day), now_s)
    assert two is not None
    assert two.limit is hour
    again = (Touch(opened_s=now_s), Touch(opened_s=now_s + 1))
    assert decide(tally, [again], (hour, day), now_s + 1) is None, "known patients cost nothing"


def test_who_is_listed_counts_a_fifth_and_who_is_opened_a_whole() -> None:
    now_s = 1.7e9
    listed, opened = Touch(listed_s=now_s), Touch(opened_s=now_s)
    tally = Tally()
    assert added([(Touch(), listed)], now_s)[HOUR_S] == 1
    assert added([(Touch(), opened)], now_s)[HOUR_S] == FIFTHS
    assert added([(listed, Touch(now_s, now_s))], now_s)[HOUR_S] == FIFTHS - 1
    tally.move(Touch(), listed, now_s)
    assert tally.patients(HOUR_S, now_s) == 0.2
    tally.move(listed, Touch(now_s, now_s), now_s)
    assert tally.patients(HOUR_S, now_s) == 1.0


def test_touches_of_one_bucket_count_alike_and_of_two_do_not() -> None:
    minute_s = 1_700_000_000.0 // 86_400 * 86_400
    assert counts_alike(Touch(opened_s=minute_s), Touch(opened_s=minute_s + 59))
    assert not counts_alike(Touch(opened_s=minute_s), Touch(opened_s=minute_s + 60))
    assert not counts_alike(Touch(opened_s=minute_s), Touch(listed_s=minute_s))
    assert not counts_alike(Touch(), Touch(listed_s=minute_s))
    assert counts_alike(Touch(), Touch())


def test_a_bucket_at_the_very_beginning_of_the_window_still_counts() -> None:
    """A window is a little longer than it says, never shorter."""
    minute_s = 1_700_000_000.0 // 60 * 60
    oldest = Touch(opened_s=minute_s)
    tally = Tally()
    tally.move(Touch(), oldest, minute_s)
    assert tally.fifths(HOUR_S, minute_s + HOUR_S + 59) == FIFTHS
    assert tally.fifths(HOUR_S, minute_s + HOUR_S + 60) == 0
    again = Touch(opened_s=minute_s + HOUR_S)
    assert added([(oldest, again)], minute_s + HOUR_S)[HOUR_S] == 0
    assert added([(oldest, again)], minute_s + HOUR_S + 60)[HOUR_S] == FIFTHS


def test_a_full_limit_lets_known_patients_in() -> None:
    tally, known = Tally(), Touch(opened_s=1.7e9)
    tally.move(Touch(), known, 1.7e9)
    tally.move(Touch(), known, 1.7e9)  # more than the limit: it was lowered since
    one = Limit("hour", HOUR_S, 1)
    assert decide(tally, [(known, known)], (one,), 1.7e9) is None


def test_room_comes_when_the_oldest_that_is_held_leaves_even_a_listed_one() -> None:
    minute_s = 1_700_000_000.0 // 60 * 60
    tally = Tally()
    tally.move(Touch(), Touch(listed_s=minute_s), minute_s)
    tally.move(Touch(), Touch(opened_s=minute_s + 120), minute_s + 120)
    new = (Touch(), Touch(opened_s=minute_s + 120))
    refusal = decide(tally, [new], (Limit("hour", HOUR_S, 1),), minute_s + 120)
    assert refusal is not None
    assert refusal.retry_after_s == 60 + HOUR_S - 120 + 1


def test_one_more_listing_is_refused_where_the_window_is_full() -> None:
    tally, known = Tally(), Touch(opened_s=1.7e9)
    tally.move(Touch(), known, 1.7e9)
    listing = (Touch(), Touch(listed_s=1.7e9))
    assert decide(tally, [listing], (Limit("hour", HOUR_S, 1),), 1.7e9) is not None
    assert decide(tally, [listing], (Limit("hour", HOUR_S, 2),), 1.7e9) is None


def test_a_patient_who_came_again_leaves_with_the_later_bucket() -> None:
    minute_s = 1_700_000_000.0 // 60 * 60
    tally = Tally()
    first, again = Touch(opened_s=minute_s), Touch(opened_s=minute_s + 600)
    tally.move(Touch(), first, minute_s)
    tally.move(first, again, minute_s + 600)
    new = (Touch(), Touch(opened_s=minute_s + 600))
    refusal = decide(tally, [new], (Limit("hour", HOUR_S, 1),), minute_s + 600)
    assert refusal is not None
    assert refusal.retry_after_s == 60 + HOUR_S + 1


def test_a_bucket_that_left_since_the_last_touch_is_not_waited_for() -> None:
    minute_s = 1_700_000_000.0 // 60 * 60
    tally = Tally()
    for later_s in (0.0, 1_800.0):
        tally.move(Touch(), Touch(opened_s=minute_s + later_s), minute_s + later_s)
    now_s = minute_s + HOUR_S + 120
    refusal = decide(tally, [(Touch(), Touch(opened_s=now_s))], (Limit("hour", HOUR_S, 1),), now_s)
    assert refusal is not None
    assert refusal.retry_after_s == 1_800 + 60 - 120 + 1

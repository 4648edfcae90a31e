"""One moment is after another only if it is however their open parts are filled in."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.r4.moments import surely_after

ZONES = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(TIMES, TIMES)
def test_times_are_compared_where_they_are_on_earth(one, other) -> None:
    assert surely_after(one.isoformat(), other.isoformat()) == (one > other)


@given(DAYS, DAYS, st.sampled_from([4, 7, 10]), st.sampled_from([4, 7, 10]))
def test_days_are_compared_as_far_as_both_say(one, other, length, other_length) -> None:
    first, second = one.isoformat()[:length], other.isoformat()[:other_length]
    shared = min(length, other_length)
    assert surely_after(first, second) == (first[:shared] > second[:shared])


@given(TIMES, st.sampled_from([4, 7, 10]))
def test_a_time_is_never_after_the_day_that_it_is_in(moment, length) -> None:
    day = moment.date().isoformat()[:length]
    assert not surely_after(moment.isoformat(), day)
    assert not surely_after(day, moment.isoformat())


@pytest.mark.parametrize(
    ("one", "other", "after"),
    [
        ("2026-03-03", "2026-03-01T00:00:00Z", True),
        ("2026-03-02", "2026-03-01T23:00:00-05:00", False),
        ("2026-02-28T00:00:00Z", "2026-01", True),
        ("9999-12-31T23:59:59-14:00", "9999-12-31", False),
        ("0001-01-01", "0001-01-01T00:00:00+14:00", False),
        ("2015-06-30T23:59:60Z", "2015-06-30T23:59:58Z", True),
    ],
)
def test_a_day_and_a_time(one: str, other: str, after: bool) -> None:
    assert surely_after(one, other) is after


def test_the_clock_of_the_tests_is_in_utc() -> None:
    assert surely_after(datetime(2026, 1, 2, tzinfo=UTC).isoformat(), "2026-01-01T00:00:00Z")

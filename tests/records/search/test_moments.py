"""Dates as spans, and prefixes on them, against a reckoning with sets of moments."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.search.moments import (
    BEGINNING,
    DAY_US,
    END,
    Span,
    parse_span,
    span_of,
    spans_agree,
)
from segel.records.search.wanted import PREFIXES

UTC_ZONE = timezone(timedelta(0))
JAYAPURA = timezone(timedelta(hours=9))
YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
YEAR_TWO = datetime(2, 1, 1)  # noqa: DTZ001, hypothesis gives it its zone
small = st.integers(0, 12)
spans = st.tuples(small, st.integers(1, 6)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))


def us(moment: datetime) -> int:
    return (moment - YEAR_ONE) // timedelta(microseconds=1) + DAY_US


def by_sets(prefix: str, wanted: Span, found: Span) -> bool:
    """The rules of § 3.1.1.4.5 said over the moments in each."""
    asked, there = range(*wanted), range(*found)
    within = all(moment in asked for moment in there)
    after = [moment >= wanted.high for moment in there]
    before = [moment < wanted.low for moment in there]
    return {
        "eq": within,
        "ne": not within,
        "gt": any(after),
        "ge": any(after) or within,
        "lt": any(before),
        "le": any(before) or within,
        "sa": all(after),
        "eb": all(before),
        "ap": any(moment in asked for moment in there),
    }[prefix]


@given(spans, spans)
def test_every_prefix_agrees_with_its_rule_over_moments(wanted, found):
    for prefix in PREFIXES:
        assert spans_agree(prefix, wanted, found) == by_sets(prefix, wanted, found)


@given(st.datetimes(min_value=YEAR_TWO, timezones=st.just(JAYAPURA)))
def test_a_moment_is_a_microsecond_wide_and_where_datetime_has_it(moment):
    text = moment.isoformat(timespec="microseconds")
    low = us(moment)
    assert parse_span(text) == Span(low, low + 1)


@given(st.dates())
def test_a_day_is_within_its_month_and_its_year_and_reaches_to_the_next(day):
    text = day.isoformat()
    of_day, of_month, of_year = (parse_span(part) for part in (text, text[:7], text[:4]))
    assert of_day is not None
    assert of_month is not None
    assert of_year is not None
    assert of_year.contains(of_month)
    assert of_month.contains(of_day)
    assert of_day.high - of_day.low == DAY_US
    if day < date.max:
        following = parse_span((day + timedelta(days=1)).isoformat())
        assert following is not None
        assert following.low == of_day.high


@given(st.text(alphabet="0123456789-T:.Z+ abc", max_size=32))
def test_no_text_makes_a_date_raise(text):
    span = parse_span(text)
    assert span is None or span.low < span.high


@pytest.mark.parametrize(
    ("text", "width_us"),
    [
        ("2024", 366 * DAY_US),
        ("2023", 365 * DAY_US),
        ("9999", 365 * DAY_US),
        ("2024-02", 29 * DAY_US),
        ("9999-12", 31 * DAY_US),
        ("2024-01-31", DAY_US),
        ("2024-01-31T09:30", 60_000_000),
        ("2024-01-31T09:30Z", 60_000_000),
        ("2024-01-31T09:30:15+07:00", 1_000_000),
        ("2024-01-31T09:30:15 07:00", 1_000_000),
        ("2024-01-31T09:30:60Z", 1_000_000),
        ("2024-01-31T09:30:15.1Z", 100_000),
        ("2024-01-31T09:30:15.123-05:00", 1_000),
        ("2024-01-31T09:30:15.123456789Z", 1),
    ],
)
def test_a_date_is_as_wide_as_its_precision(text, width_us):
    span = parse_span(text)
    assert span is not None
    assert span.high - span.low == width_us


@pytest.mark.parametrize(
    "text",
    [
        "", "24", "2024-1", "2024-13", "2024-02-30", "2024-01-31T", "2024-01-31T09",
        "2024-01-31T24:00", "2024-01-31T09:60", "2024-01-31T09:30:61Z", "2024-01-31T09:30+15:00",
        "2024-01-31T09:30+07:60", "2024-01-31 09:30", "0000", "20240131", "2024-01-31Z", "２０２４",
    ],
)  # fmt: skip
def test_what_is_no_date_has_no_span(text):
    assert parse_span(text) is None


def test_zones_are_reckoned_with_and_the_servers_is_for_those_without():
    assert parse_span("2024-01-31T09:30:00+07:00") == parse_span("2024-01-31T02:30:00Z")
    assert parse_span("2024-01-31T09:30:00") == parse_span("2024-01-31T02:30:00Z")
    assert parse_span("2024-01-31T02:30:00", UTC_ZONE) == parse_span("2024-01-31T02:30:00Z")


def test_a_period_with_an_open_end_goes_on():
    since = span_of("Period", {"start": "2024-01-01"}, UTC_ZONE)
    until = span_of("Period", {"end": "2024-01-01"}, UTC_ZONE)
    assert since is not None
    assert until is not None
    assert since.high == END
    assert until.low == BEGINNING
    assert since.overlaps(until)  # on the first of January
    assert span_of("Period", {}, UTC_ZONE) is None


def test_a_timing_has_its_outer_limits():
    both = {"event": ["2024-05-20", "2024-05-01"], "repeat": {"boundsPeriod": {"end": "2024-06"}}}
    assert span_of("Timing", {"event": both["event"]}, UTC_ZONE) == span_of(
        "Period", {"start": "2024-05-01", "end": "2024-05-20"}, UTC_ZONE
    )
    assert span_of("Timing", both, UTC_ZONE) == span_of("Period", {"end": "2024-06"}, UTC_ZONE)
    assert span_of("Timing", {"code": {"text": "BID"}}, UTC_ZONE) is None
    assert span_of("Timing", {"event": "2024"}, UTC_ZONE) is None


def test_malformed_elements_have_no_span():
    strange: list[Any] = [7, None, [], {"start": 7}, {"start": "kemarin"}, "kemarin"]
    for value in strange:
        assert span_of("Period", value, UTC_ZONE) is None


def test_about_a_day_is_a_tenth_of_its_distance_from_now_wider():
    day = parse_span("2024-01-01", UTC_ZONE)
    now = parse_span("2024-01-12", UTC_ZONE)
    near, far = parse_span("2023-12-31", UTC_ZONE), parse_span("2023-12-30", UTC_ZONE)
    assert day is not None
    assert now is not None
    assert near is not None
    assert far is not None
    assert spans_agree("ap", day, near, now.low)
    assert not spans_agree("ap", day, far, now.low)
    assert not spans_agree("ap", day, near)

"""Dates and times as precise as they are written."""

# ruff: noqa: DTZ001 - DICOM's dates and times have no zone unless they say so

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.domain.periods import parse_period

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("vr", "text", "first", "length"),
    [
        ("DA", "20240229", datetime(2024, 2, 29), DAY),
        ("DA", "2024.02.29", datetime(2024, 2, 29), DAY),
        ("TM", "10", datetime(2000, 1, 1, 10), timedelta(hours=1)),
        ("TM", "1030", datetime(2000, 1, 1, 10, 30), timedelta(minutes=1)),
        ("TM", "103015.5", datetime(2000, 1, 1, 10, 30, 15, 500_000), timedelta(seconds=0.1)),
        ("TM", "235960", datetime(2000, 1, 1, 23, 59, 59), timedelta(seconds=1)),
        ("DT", "2024", datetime(2024, 1, 1), DAY * 366),
        ("DT", "202402", datetime(2024, 2, 1), DAY * 29),
        ("DT", "202412", datetime(2024, 12, 1), DAY * 31),
        ("DT", "2024022910", datetime(2024, 2, 29, 10), timedelta(hours=1)),
        (
            "DT",
            "20240229-0500",
            datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=-5))),
            DAY,
        ),
    ],
)
def test_a_value_is_as_long_as_it_is_precise(
    vr: str, text: str, first: datetime, length: timedelta
) -> None:
    period = parse_period(vr, text)
    assert period is not None
    assert (period.first, period.last) == (first, first + length - TICK)


@pytest.mark.parametrize(
    ("vr", "text"),
    [
        ("DA", ""),
        ("DA", "-"),
        ("DA", "20240230"),
        ("DA", "00000101"),
        ("DA", "2024"),
        ("DA", "20240101-x"),
        ("TM", "24"),
        ("TM", "1061"),
        ("TM", "103099"),
        ("TM", "1"),
        ("DT", "9999"),
        ("DT", "20240229+9900"),
    ],
)
def test_what_is_no_time_is_none(vr: str, text: str) -> None:
    assert parse_period(vr, text) is None


@given(st.sampled_from(["DA", "TM", "DT"]), st.text("0123456789-+.: ", max_size=30))
def test_nothing_raises(vr: str, text: str) -> None:
    period = parse_period(vr, text)
    assert period is None or isinstance(period.reversed, bool)

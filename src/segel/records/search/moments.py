"""Dates of any precision as spans of time, and what a prefix says about two of them.

``2024-01`` is not a moment but a month. Both what is asked for and what is found are taken as the
span [low, high) that their precision gives them (FHIR R4 § 3.1.1.4.7).
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta, timezone
from typing import Any, Final, NamedTuple

WESTERN_INDONESIA: Final = timezone(timedelta(hours=7))
"""Of what is written without a zone, unless another is given."""

DAY_US: Final = 86_400_000_000
MINUTE_US: Final = 60_000_000
SECOND_US: Final = 1_000_000
ZONE_MINUTES_MAX: Final = 14 * 60

BEGINNING: Final = -(2**63)
END: Final = 2**63
"""Of a span with an open end: before and after everything that can be written."""

FRACTION_DIGITS_MAX: Final = 6
"""Finer than a microsecond nothing is told apart; further digits are left out."""

_MOMENT: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<part>[0-9]{1,18}))?)?"
    r"(?P<zone>Z|[+ -][0-9]{2}:[0-9]{2})?)?)?)?",
    re.ASCII,
)


class Span(NamedTuple):
    """From ``low`` up to, and without, ``high``: microseconds since the year 1 (UTC)."""

    low: int
    high: int

    def contains(self, other: "Span") -> bool:
        """Whether all of ``other`` lies within."""
        return self.low <= other.low and other.high <= self.high

    def overlaps(self, other: "Span") -> bool:
        """Whether some moment lies in both."""
        return self.low < other.high and other.low < self.high

    def widened(self, now_us: int) -> "Span":
        """About this span: a tenth of its distance from now more, to both sides."""
        distance = max(self.low - now_us, now_us - self.high, 0)
        return Span(self.low - distance // 10, self.high + distance // 10)


def parse_span(text: str, zone: timezone = WESTERN_INDONESIA) -> Span | None:
    """The span of a date, dateTime or instant; None for what is none.

    A blank before the zone's offset is taken for the plus that a form decodes into it.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    given = {name: int(digits) for name, digits in match.groupdict().items()
             if digits is not None and name not in ("part", "zone")}  # fmt: skip
    offset_us = _offset_us(match["zone"], zone)
    try:
        day = date(given["year"], given.get("month", 1), given.get("day", 1)).toordinal()
    except ValueError:
        return None
    if offset_us is None:
        return None
    start = day * DAY_US - offset_us
    if "hour" not in given:
        return Span(start, start + (_next_day(given) - day) * DAY_US)
    second = given.get("second", 0)
    if given["hour"] > 23 or given["minute"] > 59 or second > 60:  # 60 is a leap second
        return None
    start += (given["hour"] * 60 + given["minute"]) * MINUTE_US + second * SECOND_US
    if "second" not in given:
        return Span(start, start + MINUTE_US)
    digits = (match["part"] or "")[:FRACTION_DIGITS_MAX]
    width = SECOND_US // 10 ** len(digits)
    start += int(digits or 0) * width
    return Span(start, start + width)


def _next_day(given: Mapping[str, int]) -> int:
    """The ordinal of the day after a year, a month or a day."""
    year, month = given["year"], given.get("month", 12)
    if "day" in given:
        return date(year, month, given["day"]).toordinal() + 1
    first = date(year, month, 1).toordinal()
    for days in (28, 29, 30, 31):
        if first + days > date.max.toordinal() or date.fromordinal(first + days).day == 1:
            return first + days
    raise AssertionError("a month has at most 31 days")


def _offset_us(text: str | None, zone: timezone) -> int | None:
    if text is None:
        return zone.utcoffset(None) // timedelta(microseconds=1)
    if text == "Z":
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    total = hours * 60 + minutes
    if minutes > 59 or total > ZONE_MINUTES_MAX:
        return None
    return (-total if text[0] == "-" else total) * MINUTE_US


def unix_end(text: str, zone: timezone = WESTERN_INDONESIA) -> int:
    """The Unix time at which a valid date, dateTime or instant is over, in whole seconds."""
    span = parse_span(text, zone)
    assert span is not None, "it was validated"
    return (span.high - date(1970, 1, 1).toordinal() * DAY_US) // SECOND_US


def span_of(datatype: str, value: Any, zone: timezone) -> Span | None:
    """The span of an element's value: date, dateTime, instant, Period or Timing.

    A Period without an end goes on. Of a Timing only the outer limits count. None for what is
    none of these, is malformed, or has no limits at all.
    """
    if isinstance(value, str):
        return parse_span(value, zone)
    if not isinstance(value, Mapping):
        return None
    if datatype == "Timing":
        return _timing(value, zone)
    ends = {name: _end(value.get(name), zone) for name in ("start", "end")}
    if all(end is None for end in ends.values()):
        return None
    start, end = ends["start"], ends["end"]
    return Span(start.low if start else BEGINNING, end.high if end else END)


def _timing(value: Mapping[str, Any], zone: timezone) -> Span | None:
    events = value.get("event")
    spans = [
        span
        for event in (events if isinstance(events, list) else [])
        if isinstance(event, str) and (span := parse_span(event, zone))
    ]
    repeat = value.get("repeat")
    bounds = repeat.get("boundsPeriod") if isinstance(repeat, Mapping) else None
    if isinstance(bounds, Mapping) and (span := span_of("Period", bounds, zone)):
        spans.append(span)
    if not spans:
        return None
    return Span(min(span.low for span in spans), max(span.high for span in spans))


def _end(value: Any, zone: timezone) -> Span | None:
    return parse_span(value, zone) if isinstance(value, str) else None


def spans_agree(prefix: str, wanted: Span, found: Span, now_us: int | None = None) -> bool:
    """Whether ``found`` is what ``prefix`` and ``wanted`` ask for (FHIR R4 § 3.1.1.4.5).

    eq  all of it within         ne  not all of it within
    gt  some of it after         lt  some of it before
    ge  gt or eq                 le  lt or eq
    sa  all of it after          eb  all of it before
    ap  overlaps, within a tenth of the distance from now
    """
    if prefix == "eq":
        return wanted.contains(found)
    if prefix == "ne":
        return not wanted.contains(found)
    if prefix == "gt":
        return found.high > wanted.high
    if prefix == "ge":
        return found.high > wanted.high or wanted.contains(found)
    if prefix == "lt":
        return found.low < wanted.low
    if prefix == "le":
        return found.low < wanted.low or wanted.contains(found)
    if prefix == "sa":
        return found.low >= wanted.high
    if prefix == "eb":
        return found.high <= wanted.low
    assert prefix == "ap"
    return (wanted if now_us is None else wanted.widened(now_us)).overlaps(found)

"""Dates, times and date times of DICOM, and ranges of them (PS3.5 § 6.2, PS3.4 § C.2.2.2.5).

A value says as much as it is precise: 1030 is the minute from 10:30:00 to 10:30:59.999999. So
every value and every range is a period with a first and a last moment, both included.
"""

import re
from datetime import date, datetime, timedelta, timezone
from typing import Final, NamedTuple

_LOCAL: Final = date(2000, 1, 1)  # the day on which times of day are laid out
_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})\Z")
_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?\Z")
_DATE_TIME = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?"
    r"([+-](?:0\d|1[0-4])[0-5]\d)?\Z"
)
_MICROSECOND: Final = timedelta(microseconds=1)


class Period(NamedTuple):
    """First and last moment, both included; None is an open end."""

    first: datetime | None
    last: datetime | None

    @property
    def reversed(self) -> bool:
        """Whether it ends before it begins."""
        return (
            self.first is not None and self.last is not None and not _order(self.first, self.last)
        )

    def begins_within(self, wanted: "Period") -> bool:
        """Whether the first moment lies in ``wanted``."""
        if self.first is None:
            return False
        return (wanted.first is None or _order(wanted.first, self.first)) and (
            wanted.last is None or _order(self.first, wanted.last)
        )

    def days(self) -> tuple[date | None, date | None]:
        return (
            self.first.date() if self.first else None,
            self.last.date() if self.last else None,
        )


def _order(earlier: datetime, later: datetime) -> bool:
    """``earlier <= later``; by the clock on the wall where only one names its time zone."""
    if (earlier.tzinfo is None) != (later.tzinfo is None):
        return earlier.replace(tzinfo=None) <= later.replace(tzinfo=None)
    return earlier <= later


def parse_period(vr: str, text: str) -> Period | None:
    """A value or range of VR DA, TM or DT; None where it is malformed.

    In DT a hyphen and four digits that can be a time zone are one (PS3.4 § C.2.2.2.5.1).
    """
    text = text.strip()
    single = _single(vr, text)
    if single is not None:
        return single
    for hyphen in (at for at, letter in enumerate(text) if letter == "-"):
        start, end = text[:hyphen].strip(), text[hyphen + 1 :].strip()
        first = _single(vr, start) if start else Period(None, None)
        last = _single(vr, end) if end else Period(None, None)
        if first is not None and last is not None and (start or end):
            return Period(first.first, last.last)
    return None


def _single(vr: str, text: str) -> Period | None:
    try:
        if vr == "DA":
            return _date(text)
        return _time(text) if vr == "TM" else _date_time(text)
    except (ValueError, OverflowError):  # the 31st of February, hour 25, beyond the year 9999
        return None


def _date(text: str) -> Period | None:
    found = _DATE.match(text)
    if not found:
        return None
    first = datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    return Period(first, first.replace(hour=23, minute=59, second=59, microsecond=999_999))


def _time(text: str) -> Period | None:
    found = _TIME.match(text)
    if not found:
        return None
    hour, minute, second, fraction = found.groups()
    first = datetime(  # noqa: DTZ001 - a time of day without a zone
        _LOCAL.year,
        _LOCAL.month,
        _LOCAL.day,
        int(hour),
        int(minute or 0),
        _second(second),
        _microseconds(fraction),
    )
    return Period(first, first + _precision(minute, second, fraction) - _MICROSECOND)


def _date_time(text: str) -> Period | None:
    found = _DATE_TIME.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    first = datetime(
        int(year),
        int(month or 1),
        int(day or 1),
        int(hour or 0),
        int(minute or 0),
        _second(second),
        _microseconds(fraction),
        tzinfo=_zone(zone),
    )
    if hour:
        length = _precision(minute, second, fraction)
    elif day:
        length = timedelta(days=1)
    elif month:
        length = _next_month(first) - first
    else:
        length = first.replace(year=first.year + 1) - first
    return Period(first, first + length - _MICROSECOND)


def _precision(minute: str | None, second: str | None, fraction: str | None) -> timedelta:
    """How long the period is that a time names."""
    if fraction:
        return timedelta(microseconds=10 ** (6 - len(fraction)))
    if second:
        return timedelta(seconds=1)
    return timedelta(minutes=1) if minute else timedelta(hours=1)


def _second(text: str | None) -> int:
    return 59 if text == "60" else int(text or 0)  # a leap second ends its minute


def _microseconds(text: str | None) -> int:
    return int((text or "").ljust(6, "0"))


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(-offset if text[0] == "-" else offset)


def _next_month(first: datetime) -> datetime:
    if first.month == 12:
        return first.replace(year=first.year + 1, month=1)
    return first.replace(month=first.month + 1)

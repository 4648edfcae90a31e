"""Times of CertLogic, in milliseconds: read from text, and moved as JavaScript's ``Date`` is.

A month or year is added to its number and the day is kept; a day that the new month does not have
runs over into the next one (29 February and a year is 1 March). ``datetime`` does neither that nor
years past 9999.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from segel.domain.errors import SegelError

MS_MAX: Final = 8_640_000_000_000_000
"""A hundred million days about 1970: as far as JavaScript's times reach."""
AMOUNT_MAX: Final = 10_000_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
UNITS: Final = ("year", "month", "day", "hour")

_PARTIAL: Final = re.compile(r"(\d{4})(?:-(\d\d))?", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?"
    r"(?:Z|([+-])(\d{1,2}):?(\d\d)?)?",
    re.ASCII,
)
_CYCLE_YEARS: Final = 400
_CYCLE_DAYS: Final = 146_097
"""The Gregorian calendar repeats itself every 400 years."""
_EPOCH: Final = date(1970, 1, 1).toordinal()


class CertLogicBroken(SegelError):
    """An expression cannot be evaluated with this data."""

    code = "certlogic-broken"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, in milliseconds since 1970."""

    ms: int


def time_plus(text: str, amount: int, unit: str) -> Moment:
    """A day or time with ``amount`` units added (``plusTime``); of a year or a month alone its last
    day. Raises CertLogicBroken."""
    if abs(amount) > AMOUNT_MAX:
        raise CertLogicBroken("a time is moved too far")
    day, clock_ms = _read(text)
    if unit == "hour":
        return _moment(_days(*day), clock_ms + amount * HOUR_MS)
    if unit == "day":
        return _moment(_days(*day) + amount, clock_ms)
    year, month, of_month = day
    months = year * 12 + month - 1 + amount * (12 if unit == "year" else 1)
    return _moment(_days(months // 12, months % 12 + 1, of_month), clock_ms)


def date_of_birth(text: str) -> Moment:
    """The last day that a certificate's birth date may mean (``dccDateOfBirth``). Raises
    CertLogicBroken."""
    if not (_PARTIAL.fullmatch(text) or _DAY.fullmatch(text)):
        raise CertLogicBroken("this is not a date of birth")
    return time_plus(text, 0, "day")


_Day = tuple[int, int, int]


def _read(text: str) -> tuple[_Day, int]:
    """The day in UTC and the milliseconds since it began, which may be past its end or before its
    beginning only until they are normalised here."""
    if partial := _PARTIAL.fullmatch(text):
        year, month = int(partial[1]), int(partial[2] or 12)
        if not 1 <= month <= 12:
            raise CertLogicBroken("a month is none of twelve")
        return (year, month, _month_days(year, month)), 0
    if whole := _DAY.fullmatch(text):
        return _checked(int(whole[1]), int(whole[2]), int(whole[3])), 0
    found = _TIME.fullmatch(text)
    if found is None:
        raise CertLogicBroken("this is not a date or time")
    year, month, day, hour, minute, second = (int(found[at]) for at in range(1, 7))
    fraction_ms = int((found[7] or "")[:3].ljust(3, "0"))
    sign, offset_h, offset_min = found[8], int(found[9] or 0), int(found[10] or 0)
    if hour > 23 or minute > 59 or second > 59 or offset_h > 23 or offset_min > 59:
        raise CertLogicBroken("a time is none of the day")
    clock_ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction_ms
    offset_ms = (offset_h * 60 + offset_min) * 60_000
    clock_ms += offset_ms if sign == "-" else -offset_ms
    days, clock_ms = divmod(_days(*_checked(year, month, day)) * DAY_MS + clock_ms, DAY_MS)
    return _civil(days), clock_ms


def _checked(year: int, month: int, day: int) -> _Day:
    if not 1 <= month <= 12 or not 1 <= day <= _month_days(year, month):
        raise CertLogicBroken("a day is none of the calendar")
    return year, month, day


def _moment(days: int, clock_ms: int) -> Moment:
    ms = days * DAY_MS + clock_ms
    if abs(ms) > MS_MAX:
        raise CertLogicBroken("a time is too far away")
    return Moment(ms)


def _month_days(year: int, month: int) -> int:
    return calendar.monthrange(year % _CYCLE_YEARS + _CYCLE_YEARS, month)[1]


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970 of a day of any year; ``day`` may be past the month's end."""
    cycles, of_cycle = divmod(year - 1, _CYCLE_YEARS)
    return date(of_cycle + 1, month, 1).toordinal() + day - 1 - _EPOCH + cycles * _CYCLE_DAYS


def _civil(days: int) -> _Day:
    cycles, of_cycle = divmod(days + _EPOCH - 1, _CYCLE_DAYS)
    found = date.fromordinal(of_cycle + 1)
    return found.year + cycles * _CYCLE_YEARS, found.month, found.day

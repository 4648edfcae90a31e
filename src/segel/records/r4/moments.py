"""Whether one FHIR date, dateTime or instant is surely after another.

They come in four precisions, with an offset only where there is a time. What two of them leave
open, R4's comparisons leave open too (FHIRPath § Comparison), and nothing is held against it.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

_DAY_LENGTH: Final = len("YYYY-MM-DD")
_OFFSET_MAX: Final = timedelta(hours=14)
_PERIODS: Final = {4: timedelta(days=366), 7: timedelta(days=31), 10: timedelta(days=1)}
"""How long a year, a month or a day is at most, by the length of its text."""


def surely_after(one: str, other: str) -> bool:
    """Whether ``one`` is later than ``other`` however their open parts are filled in."""
    if len(one) <= _DAY_LENGTH and len(other) <= _DAY_LENGTH:
        shared = min(len(one), len(other))
        return one[:shared] > other[:shared]
    try:
        return _earliest(one) > _latest(other)
    except OverflowError:  # beside the first or the last day that there is
        return False


def _earliest(moment: str) -> datetime:
    return _at(moment) if len(moment) > _DAY_LENGTH else _first_day(moment) - _OFFSET_MAX


def _latest(moment: str) -> datetime:
    if len(moment) > _DAY_LENGTH:
        return _at(moment)
    return _first_day(moment) + _PERIODS[len(moment)] + _OFFSET_MAX


def _first_day(date: str) -> datetime:
    year, month, day = (*map(int, date.split("-")), 1, 1)[:3]
    return datetime(year, month, day, tzinfo=UTC)


def _at(moment: str) -> datetime:
    # A leap second is the one before it, as datetime has none.
    clock = moment[:17] + "59" + moment[19:] if moment[17:19] == "60" else moment
    return datetime.fromisoformat(clock).astimezone(UTC)

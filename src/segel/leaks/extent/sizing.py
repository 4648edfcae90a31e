"""How many there are in all, of whom a sample shows some. Each way says what it assumes.

*Two samples* of one file: those who are in both tell the whole (Chapman, Univ. Calif. Publ. Stat.
1, 1951), if both were drawn evenly and apart from each other. *Numbers* in the seller's own file:
the largest of an even draw tells the last (Goodman, JASA 47, 1952). *One sample* without either
tells no more than bounds: at least who is in it, at most who was in reach.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

CONFIDENCE: Final = 0.95
BOTH_MIN: Final = 4
"""Who is in both samples; with fewer the interval has no upper end worth saying."""


class Method(StrEnum):
    """How a size was come by."""

    TWO_SAMPLES = "two-samples"
    NUMBERS = "numbers"
    BOUNDS = "bounds"
    NONE = "none"


class Size(msgspec.Struct, frozen=True):
    """People of ours in the whole. ``estimate``: 0 where there are bounds only."""

    method: Method
    low: float
    high: float
    estimate: float = 0.0


def two_samples(first: int, second: int, both: int) -> Size | None:
    """Chapman's estimate; the interval is that of the hypergeometric law: the sizes under which so
    few, or so many, in both would still be seen once in forty times. None where too few are in
    both."""
    from scipy.stats import hypergeom

    if both < BOTH_MIN:
        return None
    estimate = (first + 1) * (second + 1) / (both + 1) - 1
    tail = (1 - CONFIDENCE) / 2
    least = first + second - both
    # The larger the whole, the fewer are in both.
    low = _turn(least, lambda size: hypergeom.cdf(both, size, first, second) >= tail)
    high = _turn(low, lambda size: hypergeom.sf(both - 1, size, first, second) < tail)
    return Size(Method.TWO_SAMPLES, float(low), float(high), estimate)


def by_numbers(numbers: Sequence[int]) -> Size | None:
    """The number of rows, from the numbers that an even sample of them has: from the largest, to
    what it would be exceeded by but once in forty times."""
    distinct = sorted(set(numbers))
    count = len(distinct)
    if count < 2 or distinct[0] < 0:
        return None
    largest = distinct[-1]
    estimate = largest * (1 + 1 / count) - 1
    high = largest * float(((1 - CONFIDENCE) / 2) ** (-1 / count))
    return Size(Method.NUMBERS, float(largest), high, estimate)


def bounds(found: int, reach: int) -> Size:
    """At least who was found, at most who was in reach of what is suspected."""
    return Size(Method.BOUNDS, float(found), float(max(found, reach)))


def of_ours(rows: Size, share: tuple[float, float, float], people_per_row: float) -> Size:
    """People of ours in so many rows, of which such a share is ours (estimate, and the ends of its
    interval)."""
    mean, low, high = (people_per_row * one for one in share)
    return Size(rows.method, rows.low * low, rows.high * high, rows.estimate * mean)


def _turn(start: int, holds: Callable[[int], bool]) -> int:
    """The least size from ``start`` at which it holds, as for a condition that then stays true."""
    step, low = 1, start
    if holds(start):
        return start
    while not holds(start + step):
        low = start + step
        step *= 2
        if step > 1 << 40:
            return start + step
    high = start + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high

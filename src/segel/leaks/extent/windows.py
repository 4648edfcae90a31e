"""From when: the earliest and the latest moment at which the sample can have been copied.

Of a copy that was made at once (an export, a backup, a disk) every row bounds the one moment: it
shows what had arrived, and what was not yet replaced. What somebody gathered over weeks has a
moment for each row, and only the log says which: the window is then that of the suspect's accesses.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from segel.leaks.extent.states import State

TOLERATED: Final = 0.01
"""Of the rows, how many may contradict the moment: wrong matches, and dates that a seller changed.
At least one."""

TAIL: Final = 0.025
"""On either side, how rarely the statistical bounds are allowed to miss."""

CONSISTENT_MIN: Final = 0.97
"""Of the rows that must agree on one moment for the sample to be a copy made at once."""


class Window(msgspec.Struct, frozen=True):
    """The copy was made within. ``consistent``: share of the rows that allow for it. ``at_once``:
    whether all rows may have been copied at one moment."""

    start_s: float
    end_s: float
    consistent: float
    at_once: bool


def at_once(found: Sequence[State], posted_s: float) -> Window:
    """The moments at which a copy of all rows can have been made. ``posted_s``: when it was
    offered. Moments that all but the tolerated few rows allow for are within."""
    if not found:
        return Window(-math.inf, posted_s, 1.0, at_once=True)
    starts = np.sort([one.from_s for one in found])
    ends = np.sort([one.until_s for one in found])
    moments = np.unique(np.concatenate([starts, ends, [posted_s]]))
    moments = moments[np.isfinite(moments) & (moments <= posted_s)]
    # How many rows allow for a moment: begun by then, less over by then.
    allowing = np.searchsorted(starts, moments, "right") - np.searchsorted(ends, moments, "right")
    if not len(moments):
        return Window(-math.inf, posted_s, 1.0, at_once=True)
    best = int(allowing.max())
    enough = np.flatnonzero(allowing >= best - max(1, math.floor(TOLERATED * len(found))))
    last = int(enough[-1])
    end = float(moments[last + 1]) if last + 1 < len(moments) else posted_s
    start = float(moments[enough[0]])
    share = best / len(found)
    return Window(start, min(end, posted_s), share, share >= CONSISTENT_MIN)


def quiet_after(newest_s: float, arrivals_s: Sequence[float], records: int) -> float:
    """Until when, at most, the copy was made of which an even draw of so many records shows none
    that arrived after ``newest_s``: later than that, one of them would have been drawn with 97.5 %.

    ``arrivals_s``: of all records that the copy would hold, ascending. Infinite where all arrivals
    together do not suffice.
    """
    arrivals = np.asarray(arrivals_s)
    before = int(np.searchsorted(arrivals, newest_s, "right"))
    if not records:
        return math.inf
    missed = 1 - TAIL ** (1 / records)  # share of the copy that so many draws may miss
    extra = math.ceil(before * missed / (1 - missed)) if missed < 1 else len(arrivals)
    return float(arrivals[before + extra]) if before + extra < len(arrivals) else math.inf


def gathered(
    earliest_s: Sequence[float], latest_s: Sequence[float], posted_s: float
) -> Window:
    """The window of a copy that somebody gathered row by row: of each row the first and the last
    access at which it can have been copied. Who else was copied than the sample shows may lie
    before and after: the ends are moved out by what an even draw of so many rows may miss."""
    if not len(earliest_s):
        return Window(-math.inf, posted_s, 0.0, at_once=False)
    start, end = float(min(earliest_s)), float(max(latest_s))
    missed = 1 - TAIL ** (1 / len(earliest_s))
    margin = (end - start) * missed / max(1e-9, 1 - 2 * missed)
    return Window(start - margin, min(end + margin, posted_s), 1.0, at_once=False)


def joined(windows: Sequence[Window]) -> Window:
    """What holds whichever of several explanations is the true one."""
    assert windows, "somebody explains it, if only another source"
    return Window(
        min(one.start_s for one in windows),
        max(one.end_s for one in windows),
        max(one.consistent for one in windows),
        all(one.at_once for one in windows),
    )

"""From when: the earliest and the latest moment at which the sample can have been copied.

Each row bounds the moment: it shows what had arrived, and what was not yet replaced. The
candidates of origin narrow it: a backup has its moment, an account its accesses. What is stated
holds whichever of the likely candidates is the true one.
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

CONSISTENT_MIN: Final = 0.97
"""Of the rows that must agree on one moment for the sample to be a copy made at once."""


class Window(msgspec.Struct, frozen=True):
    """The copy was made within. ``consistent``: share of the rows that allow for one moment within.
    ``at_once``: whether they are enough for a copy that was made at one."""

    start_s: float
    end_s: float
    consistent: float
    at_once: bool


def by_versions(found: Sequence[State], posted_s: float) -> Window:
    """The moments at which a copy of all rows can have been made, as the versions prove it.
    ``posted_s``: when it was offered. Moments that all but the tolerated few rows allow for are
    within."""
    starts = np.sort([one.from_s for one in found])
    ends = np.sort([one.until_s for one in found])
    moments = np.unique(np.concatenate([starts, ends, [posted_s]]))
    moments = moments[np.isfinite(moments) & (moments <= posted_s)]
    if not len(moments) or not len(found):
        return Window(-math.inf, posted_s, 1.0, at_once=True)
    # How many rows allow for a moment: begun by then, less over by then.
    allowing = np.searchsorted(starts, moments, "right") - np.searchsorted(ends, moments, "right")
    best = int(allowing.max())
    enough = np.flatnonzero(allowing >= best - max(1, math.floor(TOLERATED * len(found))))
    last = int(enough[-1])
    end = float(moments[last + 1]) if last + 1 < len(moments) else posted_s
    share = best / len(found)
    return Window(float(moments[enough[0]]), end, share, share >= CONSISTENT_MIN)


def narrowed(proved: Window, likely: Sequence[tuple[float, float]], posted_s: float) -> Window:
    """Of the windows of the likely candidates, the one that holds them all. Who has none (another
    source) may have copied at any time that the versions allow for."""
    starts = [start if math.isfinite(start) else proved.start_s for start, _ in likely]
    ends = [end if math.isfinite(end) else proved.end_s for _, end in likely]
    return msgspec.structs.replace(
        proved,
        start_s=min(starts, default=proved.start_s),
        end_s=min(posted_s, max(ends, default=proved.end_s)),
    )

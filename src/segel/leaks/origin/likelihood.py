"""How likely the sample is, if it came through one candidate.

*Each record* came through the candidate, evenly from those that it was shown, or (rarely) from
elsewhere. So a candidate that was shown few patients, the sample's among them, is likelier than one
that was shown all; a record that everybody opened counts the same for all of them and thereby says
nothing; and one that a candidate never saw costs it dearly. That is the correction for how common a
record's access is, which the guilt model (``guilt``) makes by dividing by the number of holders.

*When* it copied is not known: each run of periods is tried, with what the candidate was shown then.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.leaks.model import ColumnKind, Shown, Way
from segel.leaks.origin.records import Touches, Who

STRAY: Final = 0.01
"""Of records, how many come from elsewhere: wrong matches, and what a seller mixed in."""

COVERED_MIN: Final = 0.05
"""Who can have given less than this share of the sample is not weighed by periods."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is weighed: how many records, out of how many in the archive, over how many periods,
    with which columns (those that most records have)."""

    records: int
    archive: int
    periods: int
    needed: frozenset[ColumnKind]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate's log likelihood (nats), and the run of periods under which it is highest.
    ``gives``: which records it can have given then. ``reach``: patients it was shown then."""

    who: Who
    log_likelihood: float
    first: int
    last: int
    gives: NDArray[np.bool_]
    reach: int

    @property
    def covered(self) -> float:
        """Share of the records."""
        return float(self.gives.mean()) if len(self.gives) else 0.0


def weigh(
    who: Who, touches: Touches, shown: Sequence[Shown], sample: Sample, stray: float = STRAY
) -> Weighed:
    """Weigh one candidate. ``shown``: what it was shown, by kinds of columns; of these views those
    count that have the sample's columns."""
    records, archive, periods = sample.records, sample.archive, sample.periods
    covered = np.zeros((records, periods), bool)
    gives = touches.gives
    covered[touches.record[gives], touches.period[gives]] = True
    total, by_period = _reach(shown, sample)
    whole = covered.any(axis=1)
    if whole.mean() < COVERED_MIN or who[0] not in _GATHERED:
        reach = max(total, int(whole.sum()), 1)
        found = score(whole, reach, archive, stray)
        return Weighed(who, found, 0, periods - 1, whole, reach)
    cumulative = np.zeros((records, periods + 1), np.int64)
    np.cumsum(covered, axis=1, out=cumulative[:, 1:])
    sizes = np.concatenate([[0], np.cumsum(by_period)])
    best = (-math.inf, 0, periods - 1, max(total, 1))
    runs = math.log(periods * (periods + 1) / 2)
    for first in range(periods):
        for last in range(first, periods):
            within = cumulative[:, last + 1] > cumulative[:, first]
            reach = max(min(total, int(sizes[last + 1] - sizes[first])), int(within.sum()), 1)
            found = score(within, reach, archive, stray) - runs
            if found > best[0]:
                best = (found, first, last, reach)
    log_likelihood, first, last, reach = best
    within = cumulative[:, last + 1] > cumulative[:, first]
    return Weighed(who, log_likelihood, first, last, within, reach)


def score(gives: NDArray[np.bool_], reach: int, archive: int, stray: float) -> float:
    """Log likelihood of records that are given, or not, by a candidate of that reach."""
    given = int(gives.sum())
    through = (1 - stray) / reach + stray / archive
    return given * math.log(through) + (len(gives) - given) * math.log(stray / archive)


def elsewhere(version_shares: NDArray[np.float64], archive: int) -> float:
    """The same of another source: any patient is as likely, and any version of them."""
    return float(np.log(version_shares / archive).sum())


def pair_score(one: Weighed, other: Weighed, archive: int, stray: float) -> float:
    """Of two candidates together, at the best of a few shares between them."""
    best = -math.inf
    for share in (0.15, 0.3, 0.5, 0.7, 0.85):
        through = share * one.gives / one.reach + (1 - share) * other.gives / other.reach
        best = max(best, float(np.log((1 - stray) * through + stray / archive).sum()))
    return best


_GATHERED: Final = frozenset({Way.ACCOUNT, Way.HOSPITAL, Way.OUTSIDE_COPY, Way.PARTNER})
"""Ways by which data can have gone at any time; an export and a backup have a moment."""


def _reach(shown: Sequence[Shown], sample: Sample) -> tuple[int, NDArray[np.int64]]:
    """Patients in reach, in all and by period."""
    views = [one for one in shown if not one.kinds or sample.needed <= set(one.kinds)]
    total, by_period = 0, np.zeros(sample.periods, np.int64)
    for one in views or shown:
        total += one.patients
        by_period += np.array(one.periods) if one.periods else one.patients
    return total, by_period


def by_candidate(shown: Sequence[Shown]) -> Mapping[Who, list[Shown]]:
    """What each candidate was shown."""
    found: dict[Who, list[Shown]] = {}
    for one in shown:
        found.setdefault((one.way, one.who), []).append(one)
    return found

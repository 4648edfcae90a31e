"""How likely the sample is, if it came through one candidate.

*Each record* came through the candidate, evenly from those that it was shown, or (rarely) from
elsewhere. So a candidate that was shown few patients, the sample's among them, is likelier than one
that was shown all; a record that everybody opened counts the same for all of them and thereby says
nothing; and one that a candidate never saw costs it dearly. That is the correction for how common a
record's access is, which the guilt model (``guilt``) makes by dividing by the number of holders.

*When* is not known. An account gathers: each run of periods is tried, with what it was shown then.
Everything else is copied at once: each moment is tried, with what there was to copy. What is tried
is equally likely beforehand, so that a candidate with many moments has no advantage.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.leaks.model import ColumnKind, History, Shown, Way
from segel.leaks.origin.records import Touches, Who

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

STRAY: Final = 0.01
"""Of records, how many come from elsewhere: wrong matches, and what a seller mixed in."""

DAMPING: Final = 0.5
"""How much of a record's evidence counts towards a probability. Records are no independent
witnesses (they come in runs, from one ward, one week); the order of candidates hardly changes."""

COVERED_MIN: Final = 0.05
"""Who can have given less than this share of the sample is not tried by periods."""

TIMES_MASS: Final = 0.99
"""Of the probability of a candidate's moments, how much its window holds."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is weighed: how many records, with which columns (those that most records have)."""

    records: int
    needed: frozenset[ColumnKind]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate. ``log_likelihood``: in nats, damped. ``gives``: which records it can have given
    at its likeliest time, ``reach``: patients whom it was shown then; from ``start_s`` to
    ``end_s``: the window of its likely times. ``most``: the largest reach within that window."""

    who: Who
    log_likelihood: float
    gives: Flags
    reach: int
    most: int
    start_s: float
    end_s: float

    @property
    def covered(self) -> float:
        """Share of the records."""
        return float(np.mean(self.gives)) if len(self.gives) else 0.0


def weigh(
    who: Who,
    touches: Touches,
    shown: Sequence[Shown],
    sample: Sample,
    history: History,
    stray: float = STRAY,
) -> Weighed:
    """Weigh one candidate. ``shown``: what it was shown, by kinds of columns; of these views those
    count that have the sample's columns."""
    total, by_period = _reach(shown, sample, len(history.edges_s) - 1)
    tried = _runs if who[0] is Way.ACCOUNT else _moments
    return tried(who, touches, total, by_period, sample.records, history, stray)


def elsewhere(version_shares: Floats, archive: int) -> float:
    """The same of another source, damped: any patient is as likely, and any version of them."""
    return DAMPING * float(np.log(version_shares / archive).sum())


def by_candidate(shown: Sequence[Shown]) -> Mapping[Who, list[Shown]]:
    """What each candidate was shown."""
    found: dict[Who, list[Shown]] = {}
    for one in shown:
        found.setdefault((one.way, one.who), []).append(one)
    return found


def _scores(given: Integers, records: int, reach: Integers, archive: int, stray: float) -> Floats:
    """Damped log likelihoods of records of which so many are given, by reach."""
    through = np.log((1 - stray) / np.maximum(reach, 1) + stray / archive)
    scores: Floats = DAMPING * (given * through + (records - given) * math.log(stray / archive))
    return scores


def _runs(
    who: Who,
    touches: Touches,
    total: int,
    by_period: Integers,
    records: int,
    history: History,
    stray: float,
) -> Weighed:
    """An account: any run of periods, with all that it was shown in them."""
    edges, archive = np.array(history.edges_s), max(1, history.archive)
    periods = len(edges) - 1
    covered = np.zeros((records, periods), bool)
    covered[touches.record[touches.gives], touches.period[touches.gives]] = True
    whole: Flags = np.any(covered, axis=1, keepdims=False)
    if whole.mean() < COVERED_MIN:
        reach = max(total, int(whole.sum()), 1)
        score = _scores(np.array([whole.sum()]), records, np.array([reach]), archive, stray)
        return Weighed(who, float(score[0]), whole, reach, reach, float(edges[0]), float(edges[-1]))
    sums = np.zeros((records, periods + 1), np.int32)
    np.cumsum(covered, axis=1, out=sums[:, 1:])
    sizes = np.concatenate([[0], np.cumsum(by_period)])
    first, last = np.triu_indices(periods)
    given = (sums[:, last + 1] > sums[:, first]).sum(axis=0)
    # Somebody seen in two periods is counted twice; the whole year bounds it.
    reach = np.maximum(np.minimum(total, sizes[last + 1] - sizes[first]), given)
    scores = _scores(given, records, reach, archive, stray)
    best = int(np.argmax(scores))
    gives = sums[:, last[best] + 1] > sums[:, first[best]]
    top = float(scores[best])
    likely = scores > top - LIKELY_NATS
    start, end = _accesses(touches, records, int(first[best]), int(last[best]), edges)
    return Weighed(
        who,
        top + math.log(np.exp(scores - top).sum() / len(scores)),
        gives,
        int(reach[best]),
        int(reach[likely].max()),
        start,
        end,
    )


LIKELY_NATS: Final = 3.0
"""Runs of periods within this of the likeliest bound how many an account may have copied."""

ENDS_S_MIN: Final = 86_400.0
"""People work by days: whose first day is missed has begun a day earlier."""

ENDS_TAIL: Final = 0.01
"""How rarely more was copied before, or after, than an even draw leaves open."""


def _accesses(
    touches: Touches, records: int, first: int, last: int, edges: Floats
) -> tuple[float, float]:
    """From its first to its last access that can have given a record in a run of periods, moved out
    by what an even draw of so many records may miss.

    Of a record that it did not see in the run, but in the period before or after, that access
    counts: who begins on a Saturday has begun before the week in which most was copied.
    """
    within = touches.gives & (touches.period >= first) & (touches.period <= last)
    if not within.any():
        return float(edges[first]), float(edges[last + 1])
    covered = np.zeros(records, bool)
    covered[touches.record[within]] = True
    beside = touches.gives & (touches.period >= first - 1) & (touches.period <= last + 1)
    at_s = touches.at_s[within | (beside & ~covered[touches.record])]
    start, end = float(at_s.min()), float(at_s.max())
    missed = min(0.3, 1 - ENDS_TAIL ** (1 / int(covered.sum())))
    margin = max(ENDS_S_MIN, (end - start) * missed / (1 - 2 * missed))
    return start - margin, end + margin


def _moments(
    who: Who,
    touches: Touches,
    total: int,
    by_period: Integers,
    records: int,
    history: History,
    stray: float,
) -> Weighed:
    """A copy: what there was at any of its moments. ``by_period``: what it held in each."""
    times, place = np.unique(touches.at_s, return_inverse=True)
    covered = np.zeros((len(times), records), bool)
    covered[place[touches.gives], touches.record[touches.gives]] = True
    given = covered.sum(axis=1)
    edges = np.array(history.edges_s)
    period = np.clip(np.searchsorted(edges, times, "right") - 1, 0, len(edges) - 2)
    held = by_period[period] if by_period.any() else np.full(len(times), total)
    reach = np.maximum(held, given)
    scores = _scores(given, records, reach, max(1, history.archive), stray)
    best = int(np.argmax(scores))
    top = float(scores[best])
    chances = np.exp(scores - top)
    likely = _likely(chances / chances.sum())
    # Of a copy whose moment is not on record, the moments stand for the time around them.
    spread = len(times) > 1
    start = float(edges[period[likely[0]]] if spread else times[likely[0]])
    end = float(edges[period[likely[-1]] + 1] if spread else times[likely[-1]])
    return Weighed(
        who,
        top + math.log(chances.sum() / len(times)),
        covered[best],
        int(reach[best]),
        int(reach[likely].max()),
        start,
        end,
    )


def _likely(chances: Floats) -> Integers:
    """The fewest places that have ``TIMES_MASS`` together, ascending."""
    order = np.argsort(-chances, kind="stable")
    count = int(np.searchsorted(np.cumsum(chances[order]), TIMES_MASS)) + 1
    return np.sort(order[:count])


def _reach(shown: Sequence[Shown], sample: Sample, periods: int) -> tuple[int, Integers]:
    """Patients in reach, in all and by period."""
    views = [one for one in shown if not one.kinds or sample.needed <= set(one.kinds)]
    total, by_period = 0, np.zeros(periods, np.int64)
    for one in views or shown:
        total += one.patients
        if one.periods:
            by_period += np.array(one.periods)
    return total, by_period

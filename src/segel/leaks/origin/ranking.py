"""Candidates by how well each explains the sample, another source among them, and when to abstain.

Posterior = prior by way x likelihood. Records are no independent witnesses (they come in runs, from
one ward, one week), so that their evidence is halved before it is made a probability; the order does
not change by it.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.extent.states import State
from segel.leaks.model import ColumnKind, History, Way
from segel.leaks.origin.guilt import guilt
from segel.leaks.origin.likelihood import (
    STRAY,
    Sample,
    Weighed,
    by_candidate,
    elsewhere,
    pair_score,
    weigh,
)
from segel.leaks.origin.records import SPARE, Touches, Who, drawn, touches_of

PRIORS: Final[Mapping[Way, float]] = {
    Way.ACCOUNT: 0.35,
    Way.EXPORT: 0.2,
    Way.PARTNER: 0.1,
    Way.BACKUP: 0.1,
    Way.OUTSIDE_COPY: 0.1,
    Way.HOSPITAL: 0.1,
    Way.ELSEWHERE: 0.05,
}
"""Before anything is known, shared evenly among the candidates of a way."""

DAMPING: Final = 0.5
"""How much of a record's evidence counts towards the probability."""

NAMED_FROM: Final = 0.9
"""From here a candidate is named; below it there is a list, and nobody is accused."""

RECORDS_MIN: Final = 8
"""Fewer records name nobody, whatever the arithmetic says."""

COVERED_FOR_ONE: Final = 0.95
"""Who gives less of the sample is looked at together with another."""

PAIRED: Final = 15
"""Candidates, the widest covering first, that are paired with each of their like."""

MARK_NATS: Final = math.log(1e4)
"""What a recipient's mark or decoy weighs: one in ten thousand is misread or planted."""

MARKS_MAX: Final = 3
"""Marks that are counted: whoever forges one can forge ten."""


class Mark(msgspec.Struct, frozen=True):
    """That something in the sample was made for this recipient or export alone."""

    way: Way
    who: UUID


class Suspect(msgspec.Struct, frozen=True):
    """A candidate, and what speaks for and against.

    ``bits``: of evidence against another source. ``covered``: share of the records that it can have
    given; of the others it ``never_saw`` some, saw some only ``other_day`` (in another version), or
    without all ``columns``. ``reach``: patients it was shown in the time from ``start_s`` to
    ``end_s``, under which it explains most. ``accesses_s``: of each record that it can have given,
    the first and last time. ``also``: of a pair, the other.
    """

    way: Way
    who: UUID
    posterior: float
    bits: float
    covered: float
    never_saw: int
    other_day: int
    columns: int
    reach: int
    guilt: float
    start_s: float
    end_s: float
    marks: int = 0
    also: UUID | None = None
    accesses_s: tuple[tuple[float, float], ...] = ()


class Origin(msgspec.Struct, frozen=True):
    """The ranking. ``named``: whether the first is likely enough to be named. ``gap_share``: of the
    time in question, how much of it the log lacks."""

    suspects: tuple[Suspect, ...]
    named: bool
    records: int
    gap_share: float


def rank(
    found: Sequence[State],
    history: History,
    marks: Sequence[Mark] = (),
    not_ours: float = 0.0,
) -> Origin:
    """Rank the candidates. ``not_ours``: the odds that the verdict errs, which go to another
    source."""
    kept = drawn(found)
    records = len(kept)
    if not records:
        return Origin((_another(1.0),), False, 0, 0.0)
    sample = Sample(records, max(1, history.archive), len(history.edges_s) - 1, _needed(kept))
    touched = touches_of(kept, history)
    shown = by_candidate(history.shown)
    gap_share = _gap_share(history)
    weighed = {
        who: weigh(who, of_one, shown.get(who, ()), sample, _stray(who, gap_share))
        for who, of_one in touched.items()
    }
    nowhere = elsewhere(_version_shares(kept, history), sample.archive)
    marked = _marked(marks)
    scores = _scores(weighed, nowhere, marked, not_ours)
    pairs = _pairs(weighed, sample, scores, gap_share)
    scores |= {names: value for names, (value, _) in pairs.items()}
    posteriors = _posteriors(scores)
    holders = np.sum([one.gives for one in weighed.values()], axis=0) if weighed else np.zeros(0)
    suspects = []
    for names, posterior in posteriors.items():
        if names == _NOWHERE:
            suspects.append(_another(posterior))
            continue
        first = weighed[names[0]]
        suspects.append(
            _suspect(first, touched[names[0]], names, posterior, nowhere, history, holders)
            if len(names) == 1
            else _pair(names, pairs[names][1], weighed, touched, posterior, nowhere, history, holders)
        )
    suspects = [
        msgspec.structs.replace(one, marks=marked.get((one.way, one.who), 0)) for one in suspects
    ]
    suspects.sort(key=lambda one: (-one.posterior, -one.bits))
    best = suspects[0]
    named = best.posterior >= NAMED_FROM and best.way is not Way.ELSEWHERE and records >= RECORDS_MIN
    return Origin(tuple(suspects), named, records, gap_share)


Names = tuple[Who, ...]
_NOWHERE: Final[Names] = ((Way.ELSEWHERE, UUID(int=0)),)


def _needed(kept: Sequence[State]) -> frozenset[ColumnKind]:
    counts: dict[ColumnKind, int] = {}
    for one in kept:
        for kind in one.kinds - SPARE:
            counts[kind] = counts.get(kind, 0) + 1
    return frozenset(kind for kind, count in counts.items() if 2 * count > len(kept))


def _gap_share(history: History) -> float:
    whole = history.edges_s[-1] - history.edges_s[0]
    return min(1.0, sum(end - start for start, end in history.gaps) / whole) if whole > 0 else 0.0


def _stray(who: Who, gap_share: float) -> float:
    """What an account opened while the log was silent is not in it: that widens the net."""
    return min(0.5, STRAY + gap_share) if who[0] is Way.ACCOUNT else STRAY


def _version_shares(kept: Sequence[State], history: History) -> NDArray[np.float64]:
    """Of the time, how long each record's versions were the newest."""
    first, last = history.edges_s[0], history.edges_s[-1]
    spans = [
        max(0.0, min(one.until_s, last) - max(one.from_s, first)) / max(1e-9, last - first)
        for one in kept
    ]
    return np.clip(np.array(spans), 0.02, 1.0)


def _marked(marks: Sequence[Mark]) -> dict[Who, int]:
    found: dict[Who, int] = {}
    for one in marks:
        found[one.way, one.who] = found.get((one.way, one.who), 0) + 1
    return found


def _scores(
    weighed: Mapping[Who, Weighed], nowhere: float, marked: Mapping[Who, int], not_ours: float
) -> dict[Names, float]:
    """Log of prior times likelihood, the records' part damped."""
    ways: dict[Way, int] = {}
    for way, _ in weighed:
        ways[way] = ways.get(way, 0) + 1
    scores: dict[Names, float] = {
        (who,): DAMPING * one.log_likelihood
        + math.log(PRIORS[who[0]] / ways[who[0]])
        + MARK_NATS * min(MARKS_MAX, marked.get(who, 0))
        for who, one in weighed.items()
    }
    scores[_NOWHERE] = DAMPING * nowhere + math.log(max(PRIORS[Way.ELSEWHERE], not_ours))
    return scores


def _pairs(
    weighed: Mapping[Who, Weighed], sample: Sample, scores: Mapping[Names, float], gap_share: float
) -> dict[Names, tuple[float, float]]:
    """Two accounts together, where no single candidate gives nearly all: score, likelihood."""
    best = max(weighed.values(), key=lambda one: scores[one.who,], default=None)
    if best is None or best.covered >= COVERED_FOR_ONE:
        return {}
    accounts = [one for one in weighed.values() if one.who[0] is Way.ACCOUNT and one.covered]
    # Those that explain most beside another source come first: a part of a pair need not cover much.
    accounts.sort(key=lambda one: -one.log_likelihood)
    found: dict[Names, tuple[float, float]] = {}
    for at, one in enumerate(accounts[:PAIRED]):
        for other in accounts[at + 1 :]:
            together = float((one.gives | other.gives).mean())
            if together < max(one.covered, other.covered) + 0.05:
                continue
            likelihood = pair_score(one, other, sample.archive, _stray(one.who, gap_share))
            # A pair has to be paid for: there are many more pairs than accounts.
            prior = math.log(PRIORS[Way.ACCOUNT] / 10) - 2 * math.log(len(accounts))
            found[one.who, other.who] = (DAMPING * likelihood + prior, likelihood)
    return found


def _posteriors(scores: Mapping[Names, float]) -> dict[Names, float]:
    top = max(scores.values())
    raised = {names: math.exp(max(-700.0, score - top)) for names, score in scores.items()}
    total = sum(raised.values())
    return {names: one / total for names, one in raised.items()}


def _another(posterior: float) -> Suspect:
    return Suspect(
        Way.ELSEWHERE, UUID(int=0), posterior, 0.0, 1.0, 0, 0, 0, 0, 0.0, -math.inf, math.inf
    )


def _suspect(
    one: Weighed,
    touches: Touches,
    names: Names,
    posterior: float,
    nowhere: float,
    history: History,
    holders: NDArray[np.int64],
) -> Suspect:
    way, who = names[0]
    records = len(one.gives)
    saw = np.zeros(records, bool)
    saw[touches.record] = True
    in_time = np.zeros(records, bool)
    in_time[touches.record[touches.in_time]] = True
    in_time_with_columns = np.zeros(records, bool)
    in_time_with_columns[touches.record[touches.gives]] = True
    start_s, end_s, accesses = _times(one, touches, history)
    return Suspect(
        way=way,
        who=who,
        posterior=posterior,
        bits=(one.log_likelihood - nowhere) / math.log(2),
        covered=one.covered,
        never_saw=int((~saw).sum()),
        other_day=int((saw & ~in_time).sum()),
        columns=int((in_time & ~in_time_with_columns).sum()),
        reach=one.reach,
        guilt=guilt(one.gives, holders),
        start_s=start_s,
        end_s=end_s,
        accesses_s=accesses,
    )


def _pair(
    names: Names,
    likelihood: float,
    weighed: Mapping[Who, Weighed],
    touched: Mapping[Who, Touches],
    posterior: float,
    nowhere: float,
    history: History,
    holders: NDArray[np.int64],
) -> Suspect:
    one, other = (
        _suspect(weighed[who], touched[who], (who,), posterior, nowhere, history, holders)
        for who in names
    )
    together = weighed[names[0]].gives | weighed[names[1]].gives
    return msgspec.structs.replace(
        one,
        also=other.who,
        bits=(likelihood - nowhere) / math.log(2),
        covered=float(together.mean()),
        never_saw=min(one.never_saw, other.never_saw),
        other_day=min(one.other_day, other.other_day),
        columns=min(one.columns, other.columns),
        reach=one.reach + other.reach,
        start_s=min(one.start_s, other.start_s),
        end_s=max(one.end_s, other.end_s),
        accesses_s=one.accesses_s + other.accesses_s,
    )


def _times(
    one: Weighed, touches: Touches, history: History
) -> tuple[float, float, tuple[tuple[float, float], ...]]:
    """The first and last of its accesses that can have given each record, in the best periods."""
    within = touches.gives & (touches.period >= one.first) & (touches.period <= one.last)
    if not within.any():
        return history.edges_s[one.first], history.edges_s[one.last + 1], ()
    record, at_s = touches.record[within], touches.at_s[within]
    first = np.full(len(one.gives), np.inf)
    last = np.full(len(one.gives), -np.inf)
    np.minimum.at(first, record, at_s)
    np.maximum.at(last, record, at_s)
    known = np.isfinite(first)
    spans = tuple(zip(first[known].tolist(), last[known].tolist(), strict=True))
    return float(at_s.min()), float(at_s.max()), spans

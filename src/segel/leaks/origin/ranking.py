"""Candidates by how well each explains the sample, another source among them; when to abstain.

Posterior = prior by way x likelihood. Nobody is named below a threshold, nor where another
candidate explains the sample as well: a backup of the day on which a disk was stolen holds the
same.
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
from segel.leaks.origin.likelihood import STRAY, Sample, Weighed, by_candidate, elsewhere, weigh
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

NAMED_FROM: Final = 0.9
"""From here a candidate is named; below it there is a list, and nobody is accused."""

RECORDS_MIN: Final = 8
"""Fewer records name nobody, whatever the arithmetic says."""

ALIKE_ODDS: Final = 100.0
"""Who is less than so many times as unlikely as the first is not told apart from it."""

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
    without all ``columns``. ``reach``: patients it was shown at its likeliest time; ``most``: the
    most within its window, from ``start_s`` to ``end_s``.
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
    most: int
    guilt: float
    start_s: float
    end_s: float
    marks: int = 0


class Origin(msgspec.Struct, frozen=True):
    """The ranking, likeliest first. ``alike``: how many of them, from the first on, are not told
    apart. ``named``: whether the first is likely enough to be named. ``gap_share``: of the time in
    question, how much of it the log lacks."""

    suspects: tuple[Suspect, ...]
    alike: int
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
    if not kept:
        return Origin((_another(1.0, history),), 1, False, 0, 0.0)
    sample = Sample(len(kept), _needed(kept))
    touched = touches_of(kept, history)
    shown = by_candidate(history.shown)
    gap_share = _gap_share(history)
    weighed = {
        who: weigh(who, of_one, shown.get(who, ()), sample, history, _stray(who, gap_share))
        for who, of_one in touched.items()
    }
    nowhere = elsewhere(_version_shares(kept, history), max(1, history.archive))
    marked = _marked(marks)
    chances = _posteriors(_scores(weighed, nowhere, marked, not_ours))
    holders = np.zeros(len(kept), np.int64)
    for one in weighed.values():
        holders += one.gives
    suspects = [_another(chances[_NOWHERE], history)]
    suspects += [
        _suspect(one, touched[who], chances[who], nowhere, holders, marked.get(who, 0))
        for who, one in weighed.items()
    ]
    suspects.sort(key=lambda one: (-one.posterior, -one.bits, one.who))
    best = suspects[0]
    alike = sum(one.posterior * ALIKE_ODDS >= best.posterior for one in suspects)
    named = best.posterior >= NAMED_FROM and best.way is not Way.ELSEWHERE
    return Origin(tuple(suspects), alike, named and len(kept) >= RECORDS_MIN, len(kept), gap_share)


_NOWHERE: Final[Who] = (Way.ELSEWHERE, UUID(int=0))


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
    shares: NDArray[np.float64] = np.clip(np.array(spans), 0.02, 1.0)
    return shares


def _marked(marks: Sequence[Mark]) -> dict[Who, int]:
    found: dict[Who, int] = {}
    for one in marks:
        found[one.way, one.who] = found.get((one.way, one.who), 0) + 1
    return found


def _scores(
    weighed: Mapping[Who, Weighed], nowhere: float, marked: Mapping[Who, int], not_ours: float
) -> dict[Who, float]:
    """Log of prior times likelihood."""
    ways: dict[Way, int] = {}
    for way, _ in weighed:
        ways[way] = ways.get(way, 0) + 1
    scores = {
        who: one.log_likelihood
        + math.log(PRIORS[who[0]] / ways[who[0]])
        + MARK_NATS * min(MARKS_MAX, marked.get(who, 0))
        for who, one in weighed.items()
    }
    scores[_NOWHERE] = nowhere + math.log(max(PRIORS[Way.ELSEWHERE], not_ours))
    return scores


def _posteriors(scores: Mapping[Who, float]) -> dict[Who, float]:
    top = max(scores.values())
    raised = {who: math.exp(max(-700.0, score - top)) for who, score in scores.items()}
    total = sum(raised.values())
    return {who: one / total for who, one in raised.items()}


def _another(posterior: float, history: History) -> Suspect:
    """Another source may have had everybody, at any time."""
    return Suspect(
        *_NOWHERE, posterior, bits=0.0, covered=1.0, never_saw=0, other_day=0, columns=0,
        reach=history.archive, most=history.archive, guilt=0.0, start_s=-math.inf, end_s=math.inf,
    )  # fmt: skip


def _suspect(
    one: Weighed,
    touches: Touches,
    posterior: float,
    nowhere: float,
    holders: NDArray[np.int64],
    marks: int,
) -> Suspect:
    def records(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        those = np.zeros(len(one.gives), bool)
        those[touches.record[flags]] = True
        return those

    saw, in_time = records(np.ones(len(touches.record), bool)), records(touches.in_time)
    way, who = one.who
    return Suspect(
        way=way,
        who=who,
        posterior=posterior,
        bits=(one.log_likelihood - nowhere) / math.log(2),
        covered=one.covered,
        never_saw=int((~saw).sum()),
        other_day=int((saw & ~in_time).sum()),
        columns=int((in_time & ~records(touches.gives)).sum()),
        reach=one.reach,
        most=one.most,
        guilt=guilt(one.gives, holders),
        start_s=one.start_s,
        end_s=one.end_s,
        marks=marks,
    )

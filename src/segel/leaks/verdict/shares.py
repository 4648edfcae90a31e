"""How much of a sample is ours: a mixture of three kinds of rows.

A row is *ours* (copied from this archive), of the *same people* but written by somebody else (a
list of citizens, an insurer), or *foreign* (nobody of ours, or recognised by chance). What was
found of a row is more or less likely under each; the shares are those under which the whole sample
is likeliest (expectation maximisation: Dempster, Laird and Rubin, JRSS B 39, 1977), with a weak
prior, so that ten rows say less than a thousand.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from segel.leaks.model import MatchLevel
from segel.leaks.verdict.held import AGREED_ELSEWHERE, AGREED_HERE, STRONG
from segel.leaks.verdict.signatures import Signature

MISSED: Final = 0.04
"""Of rows of our patients that say enough, how many are not recognised (misspelt beyond repair)."""

SAYS_NOTHING: Final = (0.15, 0.6)
"""That a recognised row has none of the telling fields filled in: ours, somebody else's."""

WEIGHT_MAX: Final = 12.0
"""Nats that one row may weigh: no single row decides, whatever it agrees on."""

DECOY_ELSEWHERE: Final = 1e-5
"""That another body holds a person whom only this archive invented."""

ROUNDS_MAX: Final = 500
PRIOR: Final = 0.5


class Shares(msgspec.Struct, frozen=True):
    """Shares of unique rows. ``ours_low``, ``ours_high``: 95 % interval of ``ours``. ``strong``:
    rows that agree on what hardly anybody else holds. ``rows``: how many say enough to be judged.
    """

    ours: float
    same_people: float
    foreign: float
    ours_low: float
    ours_high: float
    rows: int
    recognised: int
    strong: int
    decoys: int
    by_chance: float


def shares(tallied: Mapping[Signature, int], by_chance_per_row: float) -> Shares:
    """Estimate them. ``by_chance_per_row``: how many rows of random people would be recognised,
    per row, as the matcher counts it. Rows that say too little are left out."""
    judged = {one: count for one, count in tallied.items() if one.findable}
    counts = np.array(list(judged.values()), float)
    total = int(counts.sum())
    if not total:
        return Shares(0.0, 0.0, 0.0, 0.0, 1.0, 0, 0, 0, 0, 0.0)
    likelihood = np.array([_likelihoods(one, by_chance_per_row) for one in judged])
    weight = np.full(3, 1 / 3)
    for _ in range(ROUNDS_MAX):
        joint = likelihood * weight
        belongs = joint / joint.sum(axis=1, keepdims=True)
        expected = (belongs * counts[:, None]).sum(axis=0)
        # The mode under a Dirichlet prior of a half row each is at the border where a kind is
        # absent; adding the half row instead keeps it inside and costs nothing at these sizes.
        renewed = (expected + PRIOR) / (total + 3 * PRIOR)
        done = float(np.abs(renewed - weight).max()) < 1e-9
        weight = renewed
        if done:
            break
    low, high = _interval(float(expected[0]), total)
    return Shares(
        ours=float(expected[0] / total),
        same_people=float(expected[1] / total),
        foreign=float(expected[2] / total),
        ours_low=low,
        ours_high=high,
        rows=total,
        recognised=sum(n for one, n in judged.items() if one.level is not MatchLevel.NONE),
        strong=sum(n for one, n in judged.items() if is_strong(one)),
        decoys=sum(n for one, n in judged.items() if one.decoy),
        by_chance=by_chance_per_row * total,
    )


def ours_chance(one: Signature, estimated: Shares, by_chance_per_row: float) -> float:
    """How likely a row of this signature is ours, in a sample of these shares."""
    weight = np.array([estimated.ours, estimated.same_people, estimated.foreign])
    joint = np.array(_likelihoods(one, by_chance_per_row)) * weight
    total = float(joint.sum())
    return float(joint[0]) / total if total else 0.0


def is_strong(one: Signature) -> bool:
    """Whether a row agrees on what hardly anybody else holds, and on more than it contradicts."""
    strong = [kind for kind in one.agreeing if AGREED_ELSEWHERE.get(kind, STRONG) <= STRONG]
    against = [kind for kind in one.contradicting if AGREED_ELSEWHERE.get(kind, STRONG) <= STRONG]
    return one.decoy or len(strong) > len(against)


def _likelihoods(one: Signature, by_chance: float) -> tuple[float, float, float]:
    """Of what was found of a row, if it is ours, of the same people, foreign."""
    if one.level is MatchLevel.NONE:
        return MISSED, MISSED, 1 - by_chance
    here = elsewhere = 0.0
    for kind in one.agreeing:
        here += np.log(AGREED_HERE)
        elsewhere += np.log(AGREED_ELSEWHERE.get(kind, STRONG))
    for kind in one.contradicting:
        here += np.log(1 - AGREED_HERE)
        elsewhere += np.log(1 - AGREED_ELSEWHERE.get(kind, STRONG))
    if not one.agreeing and not one.contradicting:
        here, elsewhere = np.log(SAYS_NOTHING[0]), np.log(SAYS_NOTHING[1])
    if one.decoy:
        elsewhere += np.log(DECOY_ELSEWHERE)
    elsewhere = float(np.clip(elsewhere, here - WEIGHT_MAX, here + WEIGHT_MAX))
    found = 1 - MISSED
    return (
        found * float(np.exp(here)),
        found * float(np.exp(elsewhere)),
        max(by_chance, 1e-9) * float(np.exp(elsewhere)),
    )


def _interval(expected: float, total: int) -> tuple[float, float]:
    """95 %, by Jeffreys' interval of a share."""
    from scipy.stats import beta

    low, high = beta.ppf((0.025, 0.975), expected + PRIOR, total - expected + PRIOR)
    return float(low), float(high)

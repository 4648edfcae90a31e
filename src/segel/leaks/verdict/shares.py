"""How much of a sample is ours: a mixture of three kinds of rows.

A row is *ours* (copied from this archive), of the *same people* but written by somebody else (a
list of citizens, an insurer), or *foreign* (nobody of ours, or recognised by chance). What was
found of a row is more or less likely under each, and the sample under each share of them. Every
share is tried; beforehand *none is ours* is as likely as all other shares together (a spike and a
slab: Mitchell and Beauchamp, JASA 83, 1988), so that what a list of citizens shows, too, makes
nothing ours.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.model import ColumnKind, MatchLevel
from segel.leaks.verdict.held import AGREED_ELSEWHERE, AGREED_HERE, STRONG, is_telling
from segel.leaks.verdict.signatures import TELLING_MIN, Signature

FOREIGN_MAX: Final = 0.10
"""Up to this share of rows of other sources a sample is still *ours*: sellers pad."""

OURS_MIN: Final = 0.03
"""Below this share it is *not ours*: what is left are slips of the comparison."""

MISSED: Final = 0.04
"""Of rows of our patients that say enough, how many are not recognised (misspelt beyond repair)."""

SAYS_NOTHING: Final = (0.15, 0.6)
"""That a recognised row has none of the telling fields filled in: ours, somebody else's."""

LACKS_TELLING: Final = (0.1, 0.7)
"""That a recognised row shows none of what hardly anybody else holds, in a table where others do:
ours, somebody else's. Sellers drop columns, and leave few cells of one empty."""

WEIGHT_MAX: Final = 12.0
"""Nats that one row may weigh: no single row decides, whatever it agrees on."""

DECOY_ELSEWHERE: Final = 1e-5
"""That another body holds a person whom only this archive invented."""

STEPS: Final = 200
"""Shares that are tried of what is ours; of the rest, ``REST_STEPS``."""

REST_STEPS: Final = 40

NONE_PRIOR: Final = 0.5
"""That none of it is ours, before anything is known: sellers lie as often as not."""

NO_TELLING: Final = 0.1
"""How rarely a sample of ours hardly shows the columns that hardly anybody else has: every way out
(``shapes``) has them, and they raise the price."""

CLOSER: Final = (0.3, 0.6, 1.0, 1.6)
"""How well another body knows what many hold is not known either: its chances of agreeing, raised
to these powers, are tried alike (of an address 0.88, 0.77, 0.65 and 0.50)."""


class Shares(msgspec.Struct, frozen=True):
    """Shares of unique rows. ``ours_low``, ``ours_high``: 95 % interval of ``ours``; how likely it
    is ``hardly_any`` of them, or ``nearly_all``. ``strong``: rows that agree on what hardly anybody
    else holds. ``rows``: how many say enough to be judged; ``hidden``: how many do not, and show
    what hardly anybody else holds: of an accession number alone nobody can say whose it is.
    """

    ours: float
    same_people: float
    foreign: float
    ours_low: float
    ours_high: float
    hardly_any: float
    nearly_all: float
    rows: int
    hidden: int
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
    hidden = sum(n for one, n in tallied.items() if one.hides)
    if not total:
        return Shares(0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0, hidden, 0, 0, 0, 0.0)
    ours = np.concatenate([[0.0], (np.arange(STEPS) + 0.5) / STEPS])
    rest = (np.arange(REST_STEPS) + 0.5) / REST_STEPS
    recognised = sum(n for one, n in judged.items() if one.level is not MatchLevel.NONE)
    tells = sum(n for one, n in judged.items() if one.tells)
    telling = tells > TELLING_MIN * recognised
    slab = (1 - NONE_PRIOR) * (1.0 if telling else NO_TELLING)
    prior = np.concatenate([[NONE_PRIOR], np.full(STEPS, slab / STEPS)])
    logs = np.array(
        [_log_likelihoods(judged, counts, by_chance_per_row, ours, rest, power) for power in CLOSER]
    )
    joint = np.exp(logs - logs.max()) * prior[None, :, None]
    joint /= joint.sum()
    by_ours, by_rest = joint.sum(axis=(0, 2)), joint.sum(axis=0)
    low, high = np.interp((0.025, 0.975), np.cumsum(by_ours), ours)
    mean = float(ours @ by_ours)
    same = float((by_rest * ((1 - ours)[:, None] * rest[None, :])).sum())
    return Shares(
        ours=mean,
        same_people=same,
        foreign=1 - mean - same,
        ours_low=float(low),
        ours_high=float(high),
        hardly_any=float(by_ours[ours <= OURS_MIN].sum()),
        nearly_all=float(by_ours[ours >= 1 - FOREIGN_MAX].sum()),
        rows=total,
        hidden=hidden,
        recognised=recognised,
        strong=sum(n for one, n in judged.items() if is_strong(one)),
        decoys=sum(n for one, n in judged.items() if one.decoy),
        by_chance=by_chance_per_row * total,
    )


def _log_likelihoods(
    judged: Mapping[Signature, int],
    counts: NDArray[np.float64],
    by_chance: float,
    ours: NDArray[np.float64],
    rest: NDArray[np.float64],
    power: float,
) -> NDArray[np.float64]:
    """Of the sample, by the share of ours and of the same people among the rest."""
    likelihood = np.array([_likelihoods(one, by_chance, power) for one in judged])
    weight = np.stack(
        [
            np.broadcast_to(ours[:, None], (len(ours), len(rest))),
            (1 - ours)[:, None] * rest[None, :],
            (1 - ours)[:, None] * (1 - rest)[None, :],
        ]
    )
    found: NDArray[np.float64] = np.einsum(
        "s,sor->or", counts, np.log(np.einsum("sk,kor->sor", likelihood, weight))
    )
    return found


def ours_chance(one: Signature, estimated: Shares, by_chance_per_row: float) -> float:
    """How likely a row of this signature is ours, in a sample of these shares."""
    weight = np.array([estimated.ours, estimated.same_people, estimated.foreign])
    joint = np.array(_likelihoods(one, by_chance_per_row)) * weight
    total = float(joint.sum())
    return float(joint[0]) / total if total else 0.0


def is_strong(one: Signature) -> bool:
    """Whether a row agrees on what hardly anybody else holds, and on more than it contradicts."""
    agrees = sum(is_telling(kind) for kind in one.agreeing)
    return one.decoy or agrees > sum(is_telling(kind) for kind in one.contradicting)


def _likelihoods(
    one: Signature, by_chance: float, power: float = 1.0
) -> tuple[float, float, float]:
    """Of what was found of a row, if it is ours, of the same people, foreign."""
    if one.level is MatchLevel.NONE:
        return MISSED, MISSED, 1 - by_chance
    here = elsewhere = 0.0
    for kind in one.agreeing:
        here += np.log(AGREED_HERE)
        elsewhere += np.log(_elsewhere(kind, power))
    for kind in one.contradicting:
        here += np.log(1 - AGREED_HERE)
        elsewhere += np.log(1 - _elsewhere(kind, power))
    if not one.agreeing and not one.contradicting:
        here, elsewhere = np.log(SAYS_NOTHING)
    if one.lacks:
        here, elsewhere = here + np.log(LACKS_TELLING[0]), elsewhere + np.log(LACKS_TELLING[1])
    if one.decoy:
        elsewhere += np.log(DECOY_ELSEWHERE)
    elsewhere = float(np.clip(elsewhere, here - WEIGHT_MAX, here + WEIGHT_MAX))
    found = 1 - MISSED
    return (
        found * float(np.exp(here)),
        found * float(np.exp(elsewhere)),
        max(by_chance, 1e-9) * float(np.exp(elsewhere)),
    )


def _elsewhere(kind: ColumnKind, power: float) -> float:
    chance = AGREED_ELSEWHERE.get(kind, STRONG)
    return chance if chance <= STRONG else float(chance**power)

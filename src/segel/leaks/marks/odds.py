"""Whose mark it is, and how likely somebody else would be named by chance. Pure.

A recipient's message is drawn by a key, independently of every picture that the mark is not in:
signs s, of which whoever made the picture knows nothing. Of any vector y that was read,
P(s·y / |y| ≥ t) ≤ exp(−t² / 2) (Hoeffding 1963), whatever the picture shows and was done to it.
With every recipient and every alignment that was tried, the chance that any innocent is named is
at most tries × exp(−t² / 2): that is what the threshold is made of. It holds for pictures that
several recipients mixed, too: of those who were not among them nothing is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

FALSE_NAMING: Final = 1e-6
"""How likely anybody innocent may be named by one question, of all its candidates together."""


@dataclass(frozen=True, slots=True)
class Named:
    """A candidate who is named. ``score``: in standard deviations of what chance gives.
    ``false_odds``: at most how likely an innocent would be named so by this question."""

    candidate: UUID
    score: float
    false_odds: float


def threshold(tries: int, false_naming: float = FALSE_NAMING) -> float:
    """The score from which on somebody is named."""
    return sqrt(2 * log(max(tries, 1) / false_naming))


def false_odds(score: float, tries: int) -> float:
    """At most how likely chance alone reaches a score in so many tries."""
    return min(1.0, tries * exp(-score * score / 2))


def named(
    readings: Sequence[NDArray[np.float32]],
    who: Sequence[UUID],
    messages: NDArray[np.float32],
    false_naming: float = FALSE_NAMING,
) -> list[Named]:
    """Who is named by a picture's readings, the surest first; nobody where chance would do.

    ``messages``: the candidates', (len(who), length).
    """
    if not who or not readings:
        return []
    said = np.stack([one / max(float(np.linalg.norm(one)), 1e-12) for one in readings], axis=1)
    scores = (messages @ said).max(1)
    tries = len(who) * len(readings)
    over = np.flatnonzero(scores >= threshold(tries, false_naming))
    found = [(float(scores[at]), who[int(at)]) for at in over]
    return [
        Named(one, score, false_odds(score, tries))
        for score, one in sorted(found, key=lambda pair: -pair[0])
    ]

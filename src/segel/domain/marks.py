"""Marks of recipients: their messages, whose a mark is, and how likely somebody else would be named
by chance. Pure. How a message stands in a picture: ``segel.leaks.marks``.

A recipient's message is drawn by a key, independently of every picture that the mark is not in:
signs s, of which whoever made the picture knows nothing. Of any vector y that was read,
P(s·y / |y| ≥ t) ≤ exp(−t² / 2) (Hoeffding 1963), whatever the picture shows and was done to it.
With every recipient and every alignment that was tried, the chance that any innocent is named is
at most tries × exp(−t² / 2): that is what the threshold is made of. It holds for pictures that
several recipients mixed, too: of those who were not among them nothing is in it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

KEY_BYTES: Final = 32

FALSE_NAMING: Final = 1e-6
"""How likely anybody innocent may be named by one question, of all its candidates together."""


@dataclass(frozen=True, slots=True)
class Named:
    """A candidate who is named. ``score``: in standard deviations of what chance gives.
    ``false_odds``: at most how likely an innocent would be named so by this question.
    ``reading``: the place of the reading that says it most surely."""

    candidate: UUID
    score: float
    false_odds: float
    reading: int = 0


def stream(key: bytes, what: str, length: int) -> bytes:
    """Bytes drawn from a key for one use (SHAKE-256, FIPS 202)."""
    return hashlib.shake_256(b"segel mark\0" + what.encode() + b"\0" + key).digest(length)


def signs(key: bytes, what: str, count: int) -> NDArray[np.float32]:
    """±1, ``count`` of them."""
    bits = np.unpackbits(np.frombuffer(stream(key, what, -(-count // 8)), np.uint8))[:count]
    return bits.astype(np.float32) * 2 - 1


def message_of(recipient_key: bytes, length: int) -> NDArray[np.float32]:
    """A recipient's message: ±1, independent of every other's and of every picture."""
    return signs(recipient_key, "message", length)


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
    *,
    tries: int = 0,
) -> list[Named]:
    """Who is named by readings, the surest first; nobody where chance would do.

    ``messages``: the candidates', (len(who), length). ``tries``: of the whole question, where these
    candidates are a part of it; else as many as are tried here.
    """
    if not who or not readings:
        return []
    said = np.stack([unit(one) for one in readings], axis=1)
    scores = messages @ said
    best = scores.max(1)
    tries = tries or len(who) * len(readings)
    over = np.flatnonzero(best >= threshold(tries, false_naming))
    found = [(float(best[at]), who[at], int(scores[at].argmax())) for at in map(int, over)]
    return [
        Named(one, score, false_odds(score, tries), reading)
        for score, one, reading in sorted(found, key=lambda three: -three[0])
    ]


def unit(reading: NDArray[np.float32]) -> NDArray[np.float32]:
    """A reading of length 1."""
    return np.asarray(reading / max(float(np.linalg.norm(reading)), 1e-12), np.float32)


def together(best: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """One reading of several pictures that may be for the same recipient: the best of each."""
    return np.asarray(np.sum([unit(one) for one in best], axis=0), np.float32)

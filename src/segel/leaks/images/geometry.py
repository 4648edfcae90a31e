"""Whether two pictures' features lie alike: what makes a candidate a match.

Each pair of like features, with its directions and sizes, says by itself how one picture would lie
in the other; the one that most pairs agree with is refined to an affine map. No chance is in it.
"""

import math

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.features import Bytes, Floats

ALIKE_BITS_MAX = 36
INLIERS_MIN = 12
BITS_MIN = 30.0
PROJECTIVE_MIN = 40
CELLS_MIN = 6
"""Of 8 × 8 cells of the stored picture: a repeated line of text lies in two or three."""
THIN_SHARE_MIN = 0.03
"""Spread across their long direction, of the longer side: a line of text has none."""
SCALE_MIN, SCALE_MAX = 0.12, 4.0
SQUEEZE_MAX = 1.4
TURN_MAX_RAD = math.radians(20)
"""From a whole quarter: screens are photographed askew, not diagonally."""
_ROUGH, _FINE = 0.035, 0.015
"""Distances in shares of the stored picture's longer side."""
_ANGLE_RAD, _SIZE_LOG = math.radians(25), math.log(1.6)
_ROUNDS = 4


class Layout(msgspec.Struct, frozen=True, eq=False):
    """What geometry needs of a picture: ``places`` n × 2, ``sizes``, ``angles``, ``codes`` n × 16,
    as in Features."""

    places: Floats
    sizes: Floats
    angles: Floats
    codes: Bytes


class Agreement(msgspec.Struct, frozen=True, eq=False):
    """``inliers``: pairs that lie alike. ``bits``: log2 of how often as many would by chance among
    the pairs tried (a-contrario, Moisan & Stival 2004). ``fit``: 3 × 3, of a place of the stored
    picture (with a 1) makes that of the asked one."""

    inliers: int
    bits: float
    fit: Floats


def agreement(stored: Layout, asked: Layout) -> Agreement | None:
    """How they agree; None when they do not."""
    if len(stored.sizes) < INLIERS_MIN or len(asked.sizes) < INLIERS_MIN:
        return None
    ours, theirs = _pairs(stored.codes, asked.codes)
    if len(ours) < INLIERS_MIN:
        return None
    at, to = stored.places[ours], asked.places[theirs]
    turn = asked.angles[theirs] - stored.angles[ours]
    grow = np.log(asked.sizes[theirs] / stored.sizes[ours])
    near = _rough(at, to, turn, grow)
    if near.sum() < INLIERS_MIN:
        return None
    tolerance = _ROUGH
    for _ in range(_ROUNDS):
        fit = _affine(at[near], to[near])
        if fit is None or not _plausible(fit):
            return None
        scale = math.sqrt(abs(np.linalg.det(fit[:2].T)))
        tolerance = max(_FINE, tolerance * 0.7)
        off = np.linalg.norm(_moved(fit, at) - to, axis=1)
        near = (off < tolerance * scale) & near_in(turn, grow, fit)
        if near.sum() < INLIERS_MIN:
            return None
    assert fit is not None
    near = _once(theirs, off, near)
    inliers = int(near.sum())
    bits = _surprise(len(ours), inliers, tolerance)
    if inliers < INLIERS_MIN or bits < BITS_MIN or not _spread_out(at[near]):
        return None
    return Agreement(inliers, bits, _plane(fit, at[near], to[near]))


def _plane(fit: Floats, at: Floats, to: Floats) -> Floats:
    """What an affine map is as a projective one; or a better one, as of a photo, where there are
    so many pairs that it is not fitted to their errors."""
    if len(at) >= PROJECTIVE_MIN:
        found, _ = cv2.findHomography(at, to, 0)
        if found is not None:
            return np.asarray(found, dtype=np.float32)
    return np.vstack([fit.T, [0, 0, 1]]).astype(np.float32)


def near_in(turn: Floats, grow: Floats, fit: Floats) -> NDArray[np.bool_]:
    """Which pairs turn and grow as the map does."""
    angle = math.atan2(fit[0, 1] - fit[1, 0], fit[0, 0] + fit[1, 1])
    scale = math.log(math.sqrt(abs(float(np.linalg.det(fit[:2])))))
    near = (np.abs(_around(turn - angle)) < _ANGLE_RAD) & (np.abs(grow - scale) < _SIZE_LOG)
    return np.asarray(near, dtype=np.bool_)


def _pairs(stored: Bytes, asked: Bytes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    one = np.unpackbits(stored, axis=1).astype(np.float32) * 2 - 1
    other = np.unpackbits(asked, axis=1).astype(np.float32) * 2 - 1
    differ = (one.shape[1] - one @ other.T) / 2
    best = differ.argmin(axis=1)
    ours = np.flatnonzero(differ[np.arange(len(best)), best] <= ALIKE_BITS_MAX)
    return ours, best[ours]


def _rough(at: Floats, to: Floats, turn: Floats, grow: Floats) -> NDArray[np.bool_]:
    """The pairs that agree with the best of the maps that single pairs say."""
    possible = np.flatnonzero(
        (np.abs(_around(turn * 4)) < 4 * TURN_MAX_RAD)
        & (grow > math.log(SCALE_MIN))
        & (grow < math.log(SCALE_MAX))
    )
    if not len(possible):
        return np.zeros(len(at), dtype=bool)
    scale = np.exp(grow[possible])
    cos, sin = scale * np.cos(turn[possible]), scale * np.sin(turn[possible])
    x, y = at[:, 0], at[:, 1]
    off_x = cos[:, None] * (x - x[possible, None]) - sin[:, None] * (y - y[possible, None])
    off_y = sin[:, None] * (x - x[possible, None]) + cos[:, None] * (y - y[possible, None])
    off_x -= to[:, 0] - to[possible, 0][:, None]
    off_y -= to[:, 1] - to[possible, 1][:, None]
    near = np.hypot(off_x, off_y) < 2 * _ROUGH * scale[:, None]
    near &= np.abs(_around(turn - turn[possible, None])) < _ANGLE_RAD
    near &= np.abs(grow - grow[possible, None]) < _SIZE_LOG
    return np.asarray(near[near.sum(axis=1).argmax()], dtype=np.bool_)


def _affine(at: Floats, to: Floats) -> Floats | None:
    """3 × 2, by least squares; None where the places are on one line."""
    known = np.column_stack([at, np.ones(len(at))])
    fit, _, rank, _ = np.linalg.lstsq(known, to, rcond=1e-4)
    return fit.astype(np.float32) if rank == 3 else None


def _moved(fit: Floats, at: Floats) -> Floats:
    return np.asarray(at @ fit[:2] + fit[2], dtype=np.float32)


def _plausible(fit: Floats) -> bool:
    if np.linalg.det(fit[:2]) <= 0:
        return False
    long, short = np.linalg.svd(fit[:2], compute_uv=False)
    return bool(short > SCALE_MIN and long < SCALE_MAX and long / short < SQUEEZE_MAX)


def _once(theirs: NDArray[np.intp], off: Floats, near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of those that were paired with the same feature, the nearest alone counts."""
    order = np.lexsort((off, ~near))
    first = np.zeros(len(near), dtype=bool)
    first[order[np.unique(theirs[order], return_index=True)[1]]] = True
    return near & first


def _surprise(pairs: int, inliers: int, tolerance: float) -> float:
    by_chance = math.pi * tolerance**2 / 0.7 * (2 * _ANGLE_RAD / (2 * math.pi)) * 0.5
    share = inliers / pairs
    if share <= by_chance:
        return 0.0
    # Chernoff's bound of the binomial's tail, and as many tries as pairs.
    tail = share * math.log2(share / by_chance)
    if share < 1:
        tail += (1 - share) * math.log2((1 - share) / (1 - by_chance))
    return max(0.0, pairs * tail - math.log2(pairs))


def _spread_out(at: Floats) -> bool:
    cells = {(int(x * 8), int(y * 8)) for x, y in at}
    thin = float(np.sqrt(max(0.0, np.linalg.eigvalsh(np.cov(at.T))[0])))
    return len(cells) >= CELLS_MIN and thin >= THIN_SHARE_MIN


def _around(angles: Floats) -> Floats:
    return np.asarray((angles + np.pi) % (2 * np.pi) - np.pi, dtype=np.float32)

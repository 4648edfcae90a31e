"""What a picture looks like between its features: the second, independent look at a match.

Two people's chests have ribs and spine in like places, and now and then a dozen features of one
lie as those of the other do. Laid upon one another, their fine structure does not agree; that of
the same picture does, after whatever was done to it. What is kept is only whether each of 128 × 128
places is brighter or darker than what surrounds it: 2 KB.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.features import Floats, Turned
from segel.leaks.images.picture import Gray, evened, written

SIDE = 128
GRAIN_BYTES = SIDE * SIDE // 8
_FINE, _COARSE = 0.7, 1.6
"""Ribs are as wide in one chest as in another: coarser, look-alikes agree."""
_PLACES_MIN = SIDE * SIDE // 16
"""Fewer, seen in both pictures, say nothing."""


def grain(picture: Gray) -> bytes:
    """Of a fitted picture: SIDE × SIDE bits, row by row."""
    return np.packbits(_relief(_small(evened(picture))) > 0).tobytes()


def likeness(
    stored: bytes, shape: tuple[float, float], asked: Gray, how: Turned, fit: Floats
) -> float:
    """From -1 to 1: how the grain agrees where the asked picture lies on the stored one; 0 where
    they have too little in common. About 0 of strangers.

    ``shape``: width and height of the stored picture in shares of its longer side. ``asked``: the
    fitted picture; ``how`` and ``fit``: what was found to have been done to it.
    """
    mirrored, inverted = how.value
    over = 2 * SIDE
    side = float(max(asked.shape))
    # A cell's middle on the finer grid, to the stored picture, to the asked one's pixels.
    across, down = shape[0] / over, shape[1] / over
    cell = np.array([[across, 0, across / 2], [0, down, down / 2], [0, 0, 1]])
    pixel = np.array([[side, 0, -0.5], [0, side, -0.5], [0, 0, 1]])
    if mirrored:
        pixel[0] = -side, 0, asked.shape[1] - 0.5
    matrix = pixel @ fit @ cell
    corner = matrix @ [0, 0, 1], matrix @ [over, 0, 1]
    ends = [one[:2] / one[2] for one in corner]
    step = float(np.hypot(*(ends[1] - ends[0]))) / over
    even = evened(asked)
    if step > 1:
        even = np.asarray(cv2.GaussianBlur(even, (0, 0), 0.5 * step), np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpPerspective(even, matrix, (over, over), flags=flags)
    free = np.where(written(asked) > 0, 0, 255).astype(np.uint8)
    seen = cv2.warpPerspective(free, matrix, (over, over), flags=flags)
    inside = _small(np.asarray(seen, np.uint8)) > 250
    inside = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if inside.sum() < _PLACES_MIN:
        return 0.0
    relief = _relief(_small(np.asarray(laid, np.uint8)), inside)[inside]
    weight = np.minimum(np.abs(relief), np.percentile(np.abs(relief), 75))
    bright = np.unpackbits(np.frombuffer(stored, np.uint8)).reshape(SIDE, SIDE)[inside]
    agree = (bright == 1) == ((relief > 0) != inverted)
    return float((weight * np.where(agree, 1, -1)).sum() / max(weight.sum(), 1e-6))


def _small(picture: Gray) -> Gray:
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _relief(small: Gray, inside: NDArray[np.bool_] | None = None) -> Floats:
    """Brighter than what surrounds it, each place; what is not ``inside`` is not looked at."""
    level = small.astype(np.float32)
    known = np.ones_like(level) if inside is None else inside.astype(np.float32)
    fine, coarse = (
        cv2.GaussianBlur(level * known, (0, 0), s)
        / np.maximum(cv2.GaussianBlur(known, (0, 0), s), 1e-3)
        for s in (_FINE, _COARSE)
    )
    return np.asarray(fine - coarse, dtype=np.float32)

"""One form for every picture, so that the same one is the same whatever was done to it."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.errors import UnusablePicture

Gray = NDArray[np.uint8]

SIDE_MIN_PX = 32
PIXELS_MAX = 64_000_000
"""A plate of mammography has 20 million."""

STORED_SIDE_PX = 352
"""Of what we hold: at 512 a fingerprint takes twice as long and knows 3 % more slices again."""
ASKED_SIDE_PX = 640
"""Of what is asked for: larger, because a radiograph is only a part of a screenshot."""

_BORDER_LEVELS = 12
_CLIP, _TILES = 3.0, 8
_STROKE_LEVELS = 75
"""Strokes of so much contrast are written or wire. Anatomy's own thin lines stay below 50."""
_STROKE_PX = cv2.getStructuringElement(cv2.MORPH_RECT, (9, 9))
_AROUND_PX = cv2.getStructuringElement(cv2.MORPH_RECT, (15, 15))

cv2.setNumThreads(1)


def gray(pixels: NDArray[Any]) -> Gray:
    """Pixels of one frame (rows × columns, or × 3 colours) as 256 levels.

    What has more than 8 bits is stretched between its 0.5th and 99.5th percentile: what a viewer's
    default window does, near enough.
    Raises UnusablePicture when there are too few or too many pixels, or not one frame.
    """
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        pixels = pixels[..., :3].mean(axis=2)
    if pixels.ndim != 2:
        raise UnusablePicture("pixels", "is not one frame", "hand in one frame at a time")
    if min(pixels.shape) < SIDE_MIN_PX or pixels.size > PIXELS_MAX:
        raise UnusablePicture(
            "pixels", f"has {pixels.shape[0]} × {pixels.shape[1]} pixels", "scale it first"
        )
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    few = pixels[:: max(1, pixels.shape[0] // 512), :: max(1, pixels.shape[1] // 512)]
    low, high = np.percentile(few, (0.5, 99.5))
    spread = np.clip((pixels - low) * (255.0 / max(high - low, 1e-6)), 0, 255)
    return np.ascontiguousarray(spread, dtype=np.uint8)


def content(picture: Gray) -> Gray:
    """Without borders of one colour: what a viewer, a scanner or a crop leaves around."""
    rows = np.flatnonzero(np.ptp(picture, axis=1) > _BORDER_LEVELS)
    columns = np.flatnonzero(np.ptp(picture, axis=0) > _BORDER_LEVELS)
    if len(rows) < SIDE_MIN_PX or len(columns) < SIDE_MIN_PX:
        return picture
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fitted(picture: Gray, side_px: int) -> Gray:
    """Scaled so that its longer side is so long."""
    scale = side_px / max(picture.shape)
    size = tuple(max(SIDE_MIN_PX, round(length * scale)) for length in picture.shape[::-1])
    if size == picture.shape[::-1]:
        return picture
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=way), dtype=np.uint8)


def evened(picture: Gray) -> Gray:
    """Contrast evened out by region (CLAHE): undoes window, gamma, glare and vignetting."""
    return np.asarray(cv2.createCLAHE(_CLIP, (_TILES, _TILES)).apply(picture), dtype=np.uint8)


def written(picture: Gray) -> Gray:
    """Where something is written over the picture (1), with what surrounds it; 0 elsewhere.

    The hospital's name in the corner is the same in every picture of it: found there, it would
    make strangers alike. Strokes are what an opening or a closing by their width takes away.
    """
    bright = cv2.morphologyEx(picture, cv2.MORPH_TOPHAT, _STROKE_PX)
    dark = cv2.morphologyEx(picture, cv2.MORPH_BLACKHAT, _STROKE_PX)
    strokes = np.asarray((bright > _STROKE_LEVELS) | (dark > _STROKE_LEVELS), dtype=np.uint8)
    return np.asarray(cv2.dilate(strokes, _AROUND_PX), dtype=np.uint8)

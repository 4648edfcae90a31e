"""Local features: places of a picture that are found again after what leaks do to pictures.

SIFT (Lowe 2004; patent expired 2020) on the evened picture, without what is written over it. Of
ORB, AKAZE and SIFT at the same bytes it alone survives crops and photos of screens, see
docs/reference/image-matching.md.

A mirrored or inverted picture needs no second search: its descriptors are those of the original
with their numbers in another order (``Turned``).
"""

from enum import Enum
from typing import Any

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.picture import Gray, evened, written

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

DESCRIPTOR = 128
CODE_BYTES = DESCRIPTOR // 8
_CANDIDATES_PER_WANTED = 2
_CONTRAST, _EDGE = 0.01, 12
_GRID = 8
"""Cells a side among which features are spread, so that every crop keeps some."""


class Turned(Enum):
    """What may have been done to a picture that its features don't survive by themselves:
    (mirrored, inverted). Turning by 90° is not here: features turn with it."""

    AS_IS = (False, False)
    INVERTED = (False, True)
    MIRRORED = (True, False)
    BOTH = (True, True)


class Features(msgspec.Struct, frozen=True, eq=False):
    """The features of one picture, best first.

    ``places``: n × 2, x and y in shares of the longer side. ``sizes``: n, diameter in shares of
    the longer side. ``angles``: n, radians. ``descriptors``: n × 128, 0 to 255.
    ``width``, ``height``: shares of the longer side.
    """

    places: Floats
    sizes: Floats
    angles: Floats
    descriptors: Bytes
    width: float
    height: float

    def __len__(self) -> int:
        return len(self.sizes)

    def turned(self, how: Turned) -> "Features":
        """Those that the picture would have, were it mirrored (left for right) or inverted."""
        mirrored, inverted = how.value
        places, angles, descriptors = self.places, self.angles, self.descriptors
        if mirrored:
            places = np.stack([self.width - places[:, 0], places[:, 1]], axis=1)
            angles = np.pi - angles
            descriptors = descriptors[:, _MIRRORED]
        if inverted:
            angles = angles + np.pi
            descriptors = descriptors[:, _INVERTED]
        angles = np.mod(angles, 2 * np.pi).astype(np.float32)
        return msgspec.structs.replace(self, places=places, angles=angles, descriptors=descriptors)


# A descriptor is 4 × 4 cells (across, then along the feature's direction) of 8 directions.
_PLACES = np.arange(DESCRIPTOR).reshape(4, 4, 8)
_MIRRORED = _PLACES[::-1][:, :, (8 - np.arange(8)) % 8].reshape(-1)
_INVERTED = _PLACES[::-1, ::-1].reshape(-1)


def features_of(picture: Gray, count: int, *, spread: bool) -> Features:
    """At most ``count`` features of a fitted picture.

    ``spread``: take them from all over it (what is stored), instead of the strongest (what is
    asked for: a radiograph may be a corner of a screenshot).
    """
    wanted = count * _CANDIDATES_PER_WANTED if spread else count
    detector = cv2.SIFT.create(
        nfeatures=wanted, nOctaveLayers=3, contrastThreshold=_CONTRAST, edgeThreshold=_EDGE
    )
    found, descriptors = detector.detectAndCompute(evened(picture), None)
    side = float(max(picture.shape))
    height, width = (length / side for length in picture.shape)
    rows = np.array(
        [(*f.pt, f.size, f.angle, f.response) for f in found], dtype=np.float32
    ).reshape(-1, 5)
    codes = np.zeros((0, DESCRIPTOR), np.uint8) if descriptors is None else _levels(descriptors)
    across, down = rows[:, 0].astype(int), rows[:, 1].astype(int)
    free = (
        written(picture)[
            np.clip(down, 0, picture.shape[0] - 1), np.clip(across, 0, picture.shape[1] - 1)
        ]
        == 0
    )
    rows, codes = rows[free], codes[free]
    order = (_spread(rows, side) if spread else np.argsort(-rows[:, 4], kind="stable"))[:count]
    rows, codes = rows[order], codes[order]
    return Features(
        places=rows[:, :2] / side,
        sizes=rows[:, 2] / side,
        angles=np.radians(rows[:, 3]),
        descriptors=codes,
        width=width,
        height=height,
    )


def _levels(descriptors: NDArray[Any]) -> Bytes:
    return np.asarray(np.clip(descriptors, 0, 255), dtype=np.uint8)


def _spread(rows: Floats, side: float) -> NDArray[np.intp]:
    """An order in which each cell's strongest come before any cell's second strongest."""
    cells = (rows[:, 1] * _GRID // side).astype(int) * _GRID + (rows[:, 0] * _GRID // side).astype(
        int
    )
    by_cell = np.lexsort((-rows[:, 4], cells))
    _, starts, counts = np.unique(cells[by_cell], return_index=True, return_counts=True)
    ranks = np.empty(len(rows), dtype=np.int64)
    ranks[by_cell] = np.arange(len(rows)) - np.repeat(starts, counts)
    return np.lexsort((-rows[:, 4], ranks))


def codes_of(descriptors: Bytes) -> Bytes:
    """n × 16: for each of the 128 numbers whether it is above their median.

    Needs no training, and of the same picture after JPEG, gamma or a photo 10 to 23 of 128 bits
    differ, of two pictures 57 (1 % of pairs less than 33).
    """
    middle = np.median(descriptors, axis=1, keepdims=True)
    return np.packbits(descriptors > middle, axis=1)

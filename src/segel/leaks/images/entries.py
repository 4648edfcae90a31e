"""An entry of the index, 8 bytes: the picture's number, 28 signs, and the feature's direction, size
and place, roughly. What is stored of a picture lacks its number, which an index gives."""

import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.features import Floats
from segel.leaks.images.words import SIGNS

Codes = NDArray[np.uint64]
Numbers = NDArray[np.int64]

PLACE_BITS, SIZE_BITS, ANGLE_BITS, PICTURE_BITS = 4, 3, 5, 20
SIZE_AT = 2 * PLACE_BITS
ANGLE_AT = SIZE_AT + SIZE_BITS
SIGNS_AT = ANGLE_AT + ANGLE_BITS
PICTURE_AT = SIGNS_AT + SIGNS
assert PICTURE_AT + PICTURE_BITS == 64

ANGLES, PLACES, SIZES = 1 << ANGLE_BITS, 1 << PLACE_BITS, 1 << SIZE_BITS
SIZES_PER_OCTAVE = 2
_SMALLEST_OCTAVE = 7.5


def codes_of_entries(
    signs: NDArray[np.uint32], places: Floats, sizes: Floats, angles: Floats
) -> Codes:
    """Of features that are indexed, all but whose they are."""
    place = np.clip((places * PLACES).astype(np.int64), 0, PLACES - 1)
    code = (
        signs.astype(np.int64) << SIGNS_AT
        | angle_steps(angles) << ANGLE_AT
        | size_steps(sizes, SIZES) << SIZE_AT
        | place[:, 0] << PLACE_BITS
        | place[:, 1]
    )
    return code.astype(np.uint64)


def angle_steps(angles: Floats) -> Numbers:
    """32nds of a turn."""
    steps = np.round(angles * (ANGLES / (2 * np.pi))).astype(np.int64)
    return np.asarray(steps % ANGLES)


def size_steps(sizes: Floats, most: int) -> Numbers:
    """Half octaves; a query's may be larger or smaller than any that is stored."""
    octaves = np.log2(np.maximum(sizes, 2.0**-12)) + _SMALLEST_OCTAVE
    step = np.round(octaves * SIZES_PER_OCTAVE)
    return np.clip(step, -SIZES if most > SIZES else 0, most - 1).astype(np.int64)

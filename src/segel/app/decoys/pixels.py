"""Pixels of nobody, made from somebody's: mirrored, bent, cropped, and with another noise.

A picture keeps its size, its depth and its transfer syntax, so that its bytes are as many. What
is burnt in at the borders goes with the crop.
"""

import warnings
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from segel.domain.errors import SegelError

BEND_SHARE: Final = 0.02
"""How far a point is moved at most, of the picture's side."""
BEND_KNOTS: Final = 5
CROP_SHARE: Final = 0.05
"""What is cut from each side before the rest is stretched over the whole: names stand there."""
NOISE_SHARE: Final = 0.004
"""Of the range of values: what two exposures of one thing differ by."""
NATIVE: Final = frozenset({ExplicitVRLittleEndian, ImplicitVRLittleEndian})
ENCODED: Final = frozenset({RLELossless})
"""Compressed syntaxes that are made again here; patterns in others lend nothing."""


class CannotResemble(SegelError):
    """A pattern whose pixels cannot be changed and written as they were."""

    code = "cannot-resemble"


def remake(dataset: Dataset, seed: int) -> None:
    """Change a data set's pixels in place. Raises CannotResemble.

    ``seed``: the same for every instance of a series, so that slices are bent alike.
    """
    if "PixelData" not in dataset:
        raise CannotResemble("There are no pixels.")
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    if syntax not in NATIVE | ENCODED:
        raise CannotResemble("The images are compressed in a way that is not made here.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels = dataset.pixel_array
            changed = _changed(pixels, dataset, seed)
            if syntax in NATIVE:
                raw = changed.astype(pixels.dtype).tobytes()
                dataset.PixelData = raw + b"\0" * (len(raw) % 2)
            else:
                dataset.compress(syntax, changed.astype(pixels.dtype), generate_instance_uid=False)
    except (ValueError, AttributeError, NotImplementedError, RuntimeError) as failure:
        raise CannotResemble("The pixels cannot be read.") from failure


def _changed(pixels: NDArray[np.generic], dataset: Dataset, seed: int) -> NDArray[np.generic]:
    colours = int(dataset.get("SamplesPerPixel", 1)) > 1
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    shape = pixels.shape
    stack = pixels.reshape(frames, dataset.Rows, dataset.Columns, -1)
    chance = np.random.default_rng(seed)
    rows, columns = _bend(chance, dataset.Rows, dataset.Columns)
    bent: NDArray[Any] = stack[:, rows, columns]
    low, high = int(stack.min()), int(stack.max())
    if not colours and high > low:
        own = np.random.default_rng()
        noise = own.normal(0, NOISE_SHARE * (high - low), bent.shape)
        # Air is one value in a device's picture: it stays so.
        bent = np.where(bent == low, bent, np.clip(np.rint(bent + noise), low, high))
    return bent.reshape(shape)


def _bend(
    chance: np.random.Generator, rows: int, columns: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """From which place each pixel of the new picture comes."""
    edge = CROP_SHARE * chance.uniform(0.6, 1.0, 4)
    down = np.linspace(edge[0], 1 - edge[1], rows)[:, None] + np.zeros((1, columns))
    across = np.linspace(edge[2], 1 - edge[3], columns)[None, :] + np.zeros((rows, 1))
    if chance.random() < 0.5:
        across = across[:, ::-1]
    down = down + _wave(chance, rows, columns)
    across = across + _wave(chance, rows, columns)
    return (
        np.clip(np.rint(down * (rows - 1)), 0, rows - 1).astype(np.int64),
        np.clip(np.rint(across * (columns - 1)), 0, columns - 1).astype(np.int64),
    )


def _wave(chance: np.random.Generator, rows: int, columns: int) -> NDArray[np.float64]:
    """A smooth displacement: a few random knots, joined."""
    knots = chance.uniform(-BEND_SHARE, BEND_SHARE, (BEND_KNOTS, BEND_KNOTS))
    at = np.linspace(0, BEND_KNOTS - 1, columns)
    wide = np.array([np.interp(at, np.arange(BEND_KNOTS), row) for row in knots])
    at = np.linspace(0, BEND_KNOTS - 1, rows)
    return np.array([np.interp(at, np.arange(BEND_KNOTS), column) for column in wide.T]).T

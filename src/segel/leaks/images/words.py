"""Visual words: where in an index a feature stands, and what tells it from others there.

An inverted multi-index (Babenko & Lempitsky 2012): a descriptor, in 64 principal dimensions, is
cut into two halves and each is told by the nearest of 1,024 centres: 2²⁰ words. What is left over
is told by 28 signs of random directions (Hamming embedding, Jégou et al. 2008).

The centres come with the program, learnt from *generated* pictures (``bench/image_words.py``
makes them again): those of an archive's own pictures would be biometric data, and would have to be
learnt before the first could be stored.
"""

from functools import cache
from importlib import resources
from io import BytesIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.features import Bytes, Floats

Words = NDArray[np.uint32]
Signs = NDArray[np.uint32]

CENTRES = 1024
WORDS = CENTRES * CENTRES
SIGNS = 28
_NEAR = 8
"""Of the nearest centres of a half, how many are paired with those of the other."""


class Vocabulary(msgspec.Struct, frozen=True, eq=False):
    """``mean``: 128. ``basis``: 128 × 64. ``centres``: 2 × 1024 × 32. ``directions``: 64 × 28."""

    mean: Floats
    basis: Floats
    centres: Floats
    directions: Floats

    def told(self, descriptors: Bytes, words: int) -> tuple[Words, Signs]:
        """For each descriptor its nearest words, nearest first, and the signs within each.

        Both n × ``words`` (at most 64).
        """
        if not len(descriptors):
            return np.zeros((0, words), np.uint32), np.zeros((0, words), np.uint32)
        point = rooted(descriptors) - self.mean
        point = point @ self.basis
        halves = np.asarray(point.reshape(len(point), 2, -1), dtype=np.float32)
        near, far = zip(*(self._nearest(halves[:, h], h) for h in (0, 1)), strict=True)
        distance = (far[0][:, :, None] + far[1][:, None, :]).reshape(len(point), -1)
        pairs = (near[0][:, :, None] * CENTRES + near[1][:, None, :]).reshape(len(point), -1)
        best = np.argsort(distance, axis=1, kind="stable")[:, :words]
        chosen = np.take_along_axis(pairs, best, axis=1)
        at = np.concatenate(
            [self.centres[0][chosen // CENTRES], self.centres[1][chosen % CENTRES]], axis=-1
        )
        left_over = (point[:, None, :] - at) @ self.directions[:, :SIGNS] > 0
        weights = np.uint32(1) << np.arange(SIGNS, dtype=np.uint32)
        signs = np.where(left_over, weights, np.uint32(0)).sum(axis=-1, dtype=np.uint32)
        return chosen.astype(np.uint32), signs

    def _nearest(self, half: Floats, which: int) -> tuple[NDArray[np.int64], Floats]:
        centres = self.centres[which]
        distance = (centres * centres).sum(axis=1) - 2 * (half @ centres.T)
        near = np.argpartition(distance, _NEAR, axis=1)[:, :_NEAR]
        far = np.take_along_axis(distance, near, axis=1)
        order = np.argsort(far, axis=1, kind="stable")
        return (
            np.take_along_axis(near, order, axis=1).astype(np.int64),
            np.take_along_axis(far, order, axis=1),
        )


def rooted(descriptors: Bytes) -> Floats:
    """RootSIFT (Arandjelović & Zisserman 2012): unit length, the square roots compared."""
    root = np.sqrt(descriptors.astype(np.float32))
    length = np.maximum(np.linalg.norm(root, axis=1, keepdims=True), 1e-6)
    return np.asarray(root / length, dtype=np.float32)


@cache
def vocabulary() -> Vocabulary:
    """The one that comes with the program."""
    packed = resources.files("segel.leaks.images").joinpath("words.npz").read_bytes()
    with np.load(BytesIO(packed), allow_pickle=False) as stored:
        return Vocabulary(
            **{name: stored[name].astype(np.float32) for name in Vocabulary.__struct_fields__}
        )

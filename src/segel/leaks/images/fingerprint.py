"""What is kept of a picture to know it again: about 5 KB, biometric data, to be sealed at once."""

import hashlib
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.errors import DamagedFingerprint
from segel.leaks.images.features import CODE_BYTES, Features, codes_of, features_of
from segel.leaks.images.geometry import Layout
from segel.leaks.images.picture import ASKED_SIDE_PX, STORED_SIDE_PX, content, fitted, gray
from segel.leaks.images.words import vocabulary

VERSION = 1
STORED_FEATURES = 200
INDEXED_FEATURES = 64
"""Of those, the best: what one picture costs in an index of millions is 8 bytes for each."""
ASKED_FEATURES = 1000
_PLACE_STEPS = 65_535
_ANGLE_STEPS = 256
_SIZE_STEPS_PER_DOUBLING = 16

_FEATURE = np.dtype(
    [("x", "<u2"), ("y", "<u2"), ("angle", "u1"), ("size", "u1"), ("code", "u1", (CODE_BYTES,))]
)
_ENTRY = np.dtype([("word", "<u4"), ("signs", "<u4")])


class Fingerprint(msgspec.Struct, frozen=True, eq=False):
    """``pixel_hash``: of the pixels as stored (SHA-256). ``layout``: for geometry.
    ``words``, ``signs``: of its best features, for the index."""

    pixel_hash: bytes
    layout: Layout
    words: NDArray[np.uint32]
    signs: NDArray[np.uint32]


def pixel_hash(stored: bytes | memoryview) -> bytes:
    """Of one frame's pixels: as they are stored for what is not compressed (no decoding needed),
    rows × columns little-endian for a picture."""
    return hashlib.sha256(stored).digest()


def fingerprint(pixels: NDArray[Any]) -> Fingerprint:
    """Of one decoded frame. About 30 ms. Raises UnusablePicture."""
    picture = fitted(content(gray(pixels)), STORED_SIDE_PX)
    found = features_of(picture, STORED_FEATURES, spread=True)
    words, signs = vocabulary().told(found.descriptors[:INDEXED_FEATURES], 1)
    exact = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
    return Fingerprint(
        pixel_hash=pixel_hash(np.ascontiguousarray(exact).tobytes()),
        layout=layout_of(found),
        words=words[:, 0],
        signs=signs[:, 0],
    )


def asked_of(pixels: NDArray[Any]) -> Features:
    """The features of a picture that is looked for. Raises UnusablePicture."""
    return features_of(fitted(content(gray(pixels)), ASKED_SIDE_PX), ASKED_FEATURES, spread=False)


def layout_of(found: Features) -> Layout:
    """What geometry needs of features."""
    return Layout(found.places, found.sizes, found.angles, codes_of(found.descriptors))


def encoded(made: Fingerprint) -> bytes:
    """Version, hash, counts, entries of the index, features: 22 bytes each."""
    layout = made.layout
    rows = np.zeros(len(layout.sizes), dtype=_FEATURE)
    rows["x"], rows["y"] = np.clip(layout.places.T * _PLACE_STEPS, 0, _PLACE_STEPS)
    rows["angle"] = (layout.angles * (_ANGLE_STEPS / (2 * np.pi))).astype(int) % _ANGLE_STEPS
    steps = np.log2(np.maximum(layout.sizes, 2.0**-12)) + 12
    rows["size"] = np.clip(steps * _SIZE_STEPS_PER_DOUBLING, 0, 255)
    rows["code"] = layout.codes
    entries = np.zeros(len(made.words), dtype=_ENTRY)
    entries["word"], entries["signs"] = made.words, made.signs
    head = bytes([VERSION, len(entries), len(rows)]) + made.pixel_hash
    return head + entries.tobytes() + rows.tobytes()


def decoded(written: bytes) -> Fingerprint:
    """Raises DamagedFingerprint."""
    if len(written) < 35 or written[0] != VERSION:
        raise DamagedFingerprint("another version, or too short")
    cut = 35 + written[1] * _ENTRY.itemsize
    if len(written) != cut + written[2] * _FEATURE.itemsize:
        raise DamagedFingerprint("its length is not what it says")
    entries = np.frombuffer(written[35:cut], dtype=_ENTRY)
    rows = np.frombuffer(written[cut:], dtype=_FEATURE)
    places = np.stack([rows["x"], rows["y"]], axis=1).astype(np.float32) / _PLACE_STEPS
    sizes = 2.0 ** (rows["size"].astype(np.float32) / _SIZE_STEPS_PER_DOUBLING - 12)
    angles = rows["angle"].astype(np.float32) * np.float32(2 * np.pi / _ANGLE_STEPS)
    layout = Layout(places, sizes.astype(np.float32), angles, rows["code"])
    return Fingerprint(written[3:35], layout, entries["word"].copy(), entries["signs"].copy())

"""What is kept of a picture to know it again: about 5 KB, biometric data, to be sealed at once."""

import hashlib
import struct
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.images.errors import DamagedFingerprint
from segel.leaks.images.features import CODE_BYTES, Features, codes_of, features_of
from segel.leaks.images.geometry import Layout
from segel.leaks.images.grain import GRAIN_BYTES, grain
from segel.leaks.images.picture import STORED_SIDE_PX, content, fitted, gray
from segel.leaks.images.words import SIGNS, WORDS, vocabulary

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
_HEAD = struct.Struct(f"<BBBHH32s{GRAIN_BYTES}s")


class Fingerprint(msgspec.Struct, frozen=True, eq=False):
    """``pixel_hash``: of the pixels as stored (SHA-256). ``layout``: for geometry.
    ``words``, ``signs``: of its best features, for the index. ``grain``, ``shape``: what it looks
    like between them, and its width and height in shares of the longer side."""

    pixel_hash: bytes
    layout: Layout
    words: NDArray[np.uint32]
    signs: NDArray[np.uint32]
    grain: bytes
    shape: tuple[float, float]


def pixel_hash(stored: bytes | memoryview) -> bytes:
    """Of one frame's pixels: as they are stored for what is not compressed (no decoding needed),
    rows × columns little-endian for a picture."""
    return hashlib.sha256(stored).digest()


def pixel_hash_of(pixels: NDArray[Any]) -> bytes:
    """The pixel hash of a decoded frame."""
    exact = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
    return pixel_hash(np.ascontiguousarray(exact).tobytes())


def fingerprint(pixels: NDArray[Any]) -> Fingerprint:
    """Of one decoded frame. About 30 ms. Raises UnusablePicture."""
    picture = fitted(content(gray(pixels)), STORED_SIDE_PX)
    found = features_of(picture, STORED_FEATURES, spread=True)
    return made_of(found, grain(picture), pixel_hash_of(pixels))


def made_of(found: Features, look: bytes, exact: bytes) -> Fingerprint:
    """A fingerprint of its parts."""
    words, signs = vocabulary().told(found.descriptors[:INDEXED_FEATURES], 1)
    return Fingerprint(
        pixel_hash=exact,
        layout=layout_of(found),
        words=words[:, 0],
        signs=signs[:, 0],
        grain=look,
        shape=(found.width, found.height),
    )


def layout_of(found: Features) -> Layout:
    """What geometry needs of features."""
    return Layout(found.places, found.sizes, found.angles, codes_of(found.descriptors))


def encoded(made: Fingerprint) -> bytes:
    """Version, counts, shape, hash, grain, entries of the index, features: 22 bytes each."""
    layout = made.layout
    rows = np.zeros(len(layout.sizes), dtype=_FEATURE)
    rows["x"], rows["y"] = np.clip(layout.places.T * _PLACE_STEPS, 0, _PLACE_STEPS)
    rows["angle"] = (layout.angles * (_ANGLE_STEPS / (2 * np.pi))).astype(int) % _ANGLE_STEPS
    steps = np.log2(np.maximum(layout.sizes, 2.0**-12)) + 12
    rows["size"] = np.clip(steps * _SIZE_STEPS_PER_DOUBLING, 0, 255)
    rows["code"] = layout.codes
    entries = np.zeros(len(made.words), dtype=_ENTRY)
    entries["word"], entries["signs"] = made.words, made.signs
    sides = [round(share * _PLACE_STEPS) for share in made.shape]
    head = _HEAD.pack(VERSION, len(entries), len(rows), *sides, made.pixel_hash, made.grain)
    return head + entries.tobytes() + rows.tobytes()


def decoded(written: bytes) -> Fingerprint:
    """Raises DamagedFingerprint."""
    if len(written) < _HEAD.size or written[0] != VERSION:
        raise DamagedFingerprint("another version, or too short")
    _, indexed, count, width, height, exact, look = _HEAD.unpack_from(written)
    cut = _HEAD.size + indexed * _ENTRY.itemsize
    if len(written) != cut + count * _FEATURE.itemsize or indexed > count:
        raise DamagedFingerprint("its length is not what it says")
    entries = np.frombuffer(written[_HEAD.size : cut], dtype=_ENTRY)
    if (entries["word"] >= WORDS).any() or (entries["signs"] >> SIGNS).any():
        raise DamagedFingerprint("a word that is none")
    rows = np.frombuffer(written[cut:], dtype=_FEATURE)
    places = np.stack([rows["x"], rows["y"]], axis=1).astype(np.float32) / _PLACE_STEPS
    sizes = 2.0 ** (rows["size"].astype(np.float32) / _SIZE_STEPS_PER_DOUBLING - 12)
    angles = rows["angle"].astype(np.float32) * np.float32(2 * np.pi / _ANGLE_STEPS)
    layout = Layout(
        places.astype(np.float32), sizes.astype(np.float32), angles, rows["code"].copy()
    )
    return Fingerprint(
        pixel_hash=exact,
        layout=layout,
        words=entries["word"].copy(),
        signs=entries["signs"].copy(),
        grain=look,
        shape=(width / _PLACE_STEPS, height / _PLACE_STEPS),
    )

"""What is kept of a picture to know it again: about 7 KB, biometric data, to be sealed at once.

In two parts (``domain.picture_records``): entries of an index, and the look that proves a match.
"""

import hashlib
import struct
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.domain.picture_records import (
    ASKED_BYTES_MAX,
    ENTRIES_BYTES,
    INDEXED_MAX,
    LOOK_BYTES,
)
from segel.leaks.images.entries import PICTURE_AT, codes_of_entries
from segel.leaks.images.errors import DamagedFingerprint, UnusablePicture
from segel.leaks.images.features import CODE_BYTES, Features, codes_of, features_of
from segel.leaks.images.geometry import INLIERS_MIN, Layout
from segel.leaks.images.grain import GRAIN_BYTES, grain
from segel.leaks.images.picture import (
    ASKED_SIDE_PX,
    SIDE_MIN_PX,
    STORED_SIDE_PX,
    Gray,
    content,
    fitted,
    gray,
)
from segel.leaks.images.words import WORDS, vocabulary

VERSION = 2
STORED_FEATURES = 200
INDEXED_FEATURES = INDEXED_MAX
ASKED_FEATURES = 1000
TELLING_FEATURES = INLIERS_MIN
"""Fewer, and the picture says nothing: its pixels are those of every other that is as blank."""
_PLACE_STEPS = 65_535
_ANGLE_STEPS = 256
_SIZE_STEPS_PER_DOUBLING = 16

_FEATURE = np.dtype(
    [("x", "<u2"), ("y", "<u2"), ("angle", "u1"), ("size", "u1"), ("code", "u1", (CODE_BYTES,))]
)
ENTRIES = np.dtype([("count", "u1"), ("of", [("word", "<u4"), ("code", "<u8")], (INDEXED_MAX,))])
assert ENTRIES.itemsize == ENTRIES_BYTES
_HEAD = struct.Struct(f"<BBHH{GRAIN_BYTES}s")
assert _HEAD.size + STORED_FEATURES * _FEATURE.itemsize <= LOOK_BYTES
FINGERPRINT_BYTES = ENTRIES_BYTES + LOOK_BYTES
_SIDES = struct.Struct("<HH")


class Look(msgspec.Struct, frozen=True, eq=False):
    """What proves that a picture is the same. ``layout``: for geometry; ``grain``, ``shape``: what
    it looks like between its features, and its width and height in shares of the longer side."""

    layout: Layout
    grain: bytes
    shape: tuple[float, float]

    @property
    def says_nothing(self) -> bool:
        """Whether it is (nearly) blank."""
        return len(self.layout.sizes) < TELLING_FEATURES


class Fingerprint(msgspec.Struct, frozen=True, eq=False):
    """``pixel_hash``: of the pixels as stored (SHA-256). ``words``, ``codes``: of its best
    features, for the index."""

    pixel_hash: bytes
    look: Look
    words: NDArray[np.uint32]
    codes: NDArray[np.uint64]


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
    return fingerprint_of(gray(pixels), pixel_hash_of(pixels))


def fingerprint_of(whole: Gray, exact: bytes) -> Fingerprint:
    """Of a frame as 256 levels, and the hash of its pixels. Raises UnusablePicture."""
    picture = fitted(content(gray(whole)), STORED_SIDE_PX)
    found = features_of(picture, STORED_FEATURES, spread=True)
    return made_of(found, grain(picture), exact)


def made_of(found: Features, look: bytes, exact: bytes) -> Fingerprint:
    """A fingerprint of its parts."""
    few = slice(0, INDEXED_FEATURES)
    words, signs = vocabulary().told(found.descriptors[few], 1)
    codes = codes_of_entries(signs[:, 0], found.places[few], found.sizes[few], found.angles[few])
    kept = Look(layout_of(found), look, (found.width, found.height))
    return Fingerprint(pixel_hash=exact, look=kept, words=words[:, 0], codes=codes)


def layout_of(found: Features) -> Layout:
    """What geometry needs of features."""
    return Layout(found.places, found.sizes, found.angles, codes_of(found.descriptors))


def encoded(made: Fingerprint) -> bytes:
    """Entries, then the look; always ``FINGERPRINT_BYTES``. The pixels' hash is not in it."""
    return _entries(made) + _look(made.look)


def _entries(made: Fingerprint) -> bytes:
    packed = np.zeros(1, ENTRIES)
    count = len(made.words)
    packed["count"] = count
    packed["of"]["word"][0, :count], packed["of"]["code"][0, :count] = made.words, made.codes
    return packed.tobytes()


def _look(look: Look) -> bytes:
    layout = look.layout
    rows = np.zeros(len(layout.sizes), dtype=_FEATURE)
    rows["x"], rows["y"] = np.clip(layout.places.T * _PLACE_STEPS, 0, _PLACE_STEPS)
    rows["angle"] = (layout.angles * (_ANGLE_STEPS / (2 * np.pi))).astype(int) % _ANGLE_STEPS
    steps = np.log2(np.maximum(layout.sizes, 2.0**-12)) + 12
    rows["size"] = np.clip(steps * _SIZE_STEPS_PER_DOUBLING, 0, 255)
    rows["code"] = layout.codes
    sides = [round(share * _PLACE_STEPS) for share in look.shape]
    head = _HEAD.pack(VERSION, len(rows), *sides, look.grain)
    return (head + rows.tobytes()).ljust(LOOK_BYTES, b"\0")


def look_of(written: bytes) -> Look:
    """The look that was written. Raises DamagedFingerprint."""
    if len(written) != LOOK_BYTES or written[0] != VERSION:
        raise DamagedFingerprint("another version, or another length")
    _, count, width, height, look = _HEAD.unpack_from(written)
    if count > STORED_FEATURES:
        raise DamagedFingerprint("more features than there can be")
    rows = np.frombuffer(written, dtype=_FEATURE, count=count, offset=_HEAD.size)
    places = np.stack([rows["x"], rows["y"]], axis=1).astype(np.float32) / _PLACE_STEPS
    sizes = 2.0 ** (rows["size"].astype(np.float32) / _SIZE_STEPS_PER_DOUBLING - 12)
    angles = rows["angle"].astype(np.float32) * np.float32(2 * np.pi / _ANGLE_STEPS)
    layout = Layout(
        places.astype(np.float32), sizes.astype(np.float32), angles, rows["code"].copy()
    )
    return Look(layout, look, (width / _PLACE_STEPS, height / _PLACE_STEPS))


def entries_of(written: bytes) -> NDArray[Any]:
    """Entries as they were written one after the other, in columns by ``ENTRIES``; of one that is
    damaged none. Raises DamagedFingerprint where they are not whole."""
    if len(written) % ENTRIES_BYTES:
        raise DamagedFingerprint("entries that are not whole")
    found = np.frombuffer(written, ENTRIES).copy()
    wrong = (found["count"] > INDEXED_MAX) | (found["of"]["word"] >= WORDS).any(axis=1)
    wrong |= (found["of"]["code"] >> np.uint64(PICTURE_AT)).any(axis=1)
    found["count"][wrong] = 0
    return found


def decoded(written: bytes, exact: bytes) -> Fingerprint:
    """What ``encoded`` wrote. Raises DamagedFingerprint."""
    if len(written) != FINGERPRINT_BYTES:
        raise DamagedFingerprint("another length")
    entries = entries_of(written[:ENTRIES_BYTES])[0]
    count = int(entries["count"])
    return Fingerprint(
        pixel_hash=exact,
        look=look_of(written[ENTRIES_BYTES:]),
        words=entries["of"]["word"][:count].copy(),
        codes=entries["of"]["code"][:count].copy(),
    )


def asked(whole: Gray) -> bytes:
    """A picture that is asked for, of a frame as 256 levels: two sides, then its gray. Raises
    UnusablePicture."""
    picture = fitted(content(gray(whole)), ASKED_SIDE_PX)
    made = _SIDES.pack(*picture.shape) + picture.tobytes()
    assert len(made) <= ASKED_BYTES_MAX, "it is as large as it is fitted"
    return made


def shown(written: bytes) -> Gray:
    """What ``asked`` wrote. Raises UnusablePicture."""
    if len(written) >= _SIDES.size:
        rows, columns = _SIDES.unpack_from(written)
        sides = (rows, columns)
        if (
            max(sides) == ASKED_SIDE_PX
            and min(sides) >= SIDE_MIN_PX
            and len(written) == _SIDES.size + rows * columns
        ):
            return np.frombuffer(written, np.uint8, offset=_SIDES.size).reshape(sides)
    raise UnusablePicture("shown", "is not as it was made", "make it again")

"""Writes a mark into a rendered picture, where eyes do not look for it. Pure."""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from segel.domain.marks import stream
from segel.leaks.marks.code import SLOTS, TILE_PX, Carrier, Tile, tile_of

PSNR_DB: Final = 44.0
"""How far a marked picture is from the unmarked at least (peak signal to noise)."""

FRAME_SHARE: Final = 0.35
"""Of the mark's power, what finds it again."""

SIDE_PX_MIN: Final = 2 * TILE_PX
"""Below it a picture has too little room for a mark that is read back after a crop."""

_BUSY_PX: Final = 6.0
"""How far around a pixel its neighbourhood reaches."""

_SMALLER: Final = 4
"""By what a picture is reduced for that."""

_NEAREST: Final = cv2.INTER_NEAREST

_FLOOR: Final = 2.0
"""Of how busy a neighbourhood is, in grey levels, where there is nothing at all."""

_DARK: Final = 4
_BRIGHT: Final = 251
"""Where nearly black or white is flat, it stays: there a mark would be seen, and be cut off."""


def marked(
    picture: NDArray[np.uint8],
    carrier: Carrier,
    slot_key: bytes,
    recipient_key: bytes,
    psnr_db: float = PSNR_DB,
) -> NDArray[np.uint8]:
    """A picture, (h, w) or (h, w, 3), with a mark. What is flat black or white keeps its value."""
    tile = tile_of(carrier, slot_key, recipient_key, FRAME_SHARE)
    grey = picture if picture.ndim == 2 else np.rint(picture.mean(2)).astype(np.uint8)
    pattern = spread(tile, grey.shape)
    pattern *= strength(grey)
    power = cv2.norm(pattern, cv2.NORM_L2SQR) / pattern.size
    if power == 0:
        return picture
    wanted = 255.0**2 / 10 ** (psnr_db / 10)
    # Rounding to grey levels adds 1/12 of its own.
    pattern *= np.float32(np.sqrt(max(wanted - 1 / 12, wanted / 2) / power))
    delta = pattern if picture.ndim == 2 else cv2.merge([pattern] * picture.shape[2])
    return np.asarray(cv2.add(picture, delta, dtype=cv2.CV_8U), np.uint8)  # rounded, saturated


def given(
    carrier_key: bytes, message_key: bytes, which: str, picture: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """A picture as it leaves, with the mark of whom it is given to.

    ``which``: what tells it from other pictures of theirs. The same picture is given alike each
    time, and others in other slots: who averages them sees no one pattern.
    """
    carrier = _carrier(carrier_key)
    drawn = int.from_bytes(stream(message_key, f"slot of {which}", 2), "little")
    return marked(picture, carrier, carrier.slot_key(drawn % SLOTS), message_key)


@lru_cache(maxsize=4)
def _carrier(key: bytes) -> Carrier:
    """An archive has one; which waves they are takes a sort to find."""
    return Carrier(key)


def spread(tile: Tile, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The tile repeated over a picture."""
    rows, columns = shape[0], shape[1]
    times = (-(-rows // TILE_PX), -(-columns // TILE_PX))
    return np.tile(tile, times)[:rows, :columns]


def strength(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How strong a mark may be at each pixel: more where much goes on, nothing in flat black.

    It changes slowly, and is worked out on a smaller picture.
    """
    rows, columns = grey.shape
    size = (max(columns // _SMALLER, 1), max(rows // _SMALLER, 1))
    values = grey.astype(np.float32)
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    values *= values
    squares = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    mean = cv2.GaussianBlur(small, (0, 0), _BUSY_PX / _SMALLER)
    square = cv2.GaussianBlur(squares, (0, 0), _BUSY_PX / _SMALLER)
    busy = np.sqrt(np.maximum(square - mean * mean, 0))
    allowed = np.sqrt(_FLOOR + np.minimum(busy, 30.0))
    flat = ((mean < _DARK) | (mean > _BRIGHT)) & (busy < _FLOOR)
    allowed[flat] = 0
    whole = cv2.resize(allowed, (columns, rows), interpolation=cv2.INTER_LINEAR)
    if flat.any():
        lit = cv2.resize((~flat).astype(np.uint8), (columns, rows), interpolation=_NEAREST)
        whole = np.where(lit, whole, 0)
    return np.asarray(whole, np.float32)

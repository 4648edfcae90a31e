"""What is written into a picture: a tile of waves, drawn from keys. Pure.

::

    carrier key ──▶ which waves are the frame (of every mark), which the message
    slot key    ──▶ the frame's phases, and a scrambling of the message
    recipient's key ──▶ the message: a sign for each of about a thousand waves, twice

The tile is repeated over the picture. Its frame finds the geometry again after cropping, scaling
and turning (Cox et al. 1997 for the spread spectrum; Kutter 1998 for the repeated tile). There are
as many frames and scramblings as slots, so that pictures that are averaged do not show one pattern.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.domain.marks import KEY_BYTES, message_of, signs, stream

TILE_PX: Final = 128
"""Side of the tile. A picture of 500 px has it a dozen times after a crop of a fifth."""

LOWEST: Final = 6
HIGHEST: Final = 24
"""Waves across a tile, from 0.047 to 0.19 of a pixel: below lie what bodies look like, above what
JPEG 50 drops."""

FRAME_WAVES: Final = 160
"""Waves of the frame: enough to stand out of any texture, few enough that each is strong."""

SLOTS: Final = 256
"""Frames that there are: whoever averages pictures of one recipient sees one in so many."""

Tile = NDArray[np.float32]
Waves = NDArray[np.complex64]


def _lattice() -> NDArray[np.int32]:
    """The half plane of waves in the band, (x, y) across a tile; the other half is its mirror."""
    steps = np.arange(-HIGHEST, HIGHEST + 1)
    x, y = (one.ravel() for one in np.meshgrid(steps, steps))
    radius = np.hypot(x, y)
    kept = (radius >= LOWEST) & (radius <= HIGHEST) & ((y > 0) | ((y == 0) & (x > 0)))
    # A wave along an axis is what edges, rows and JPEG's blocks look like.
    kept &= (x != 0) & (y != 0)
    return np.stack([x[kept], y[kept]], axis=1).astype(np.int32)


LATTICE: Final = _lattice()


@dataclass(frozen=True)
class Carrier:
    """Which waves are frame and which message, in an estate. ``key``: 32 bytes."""

    key: bytes = field(repr=False)

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        drawn = np.frombuffer(stream(self.key, "waves", 8 * len(LATTICE)), "<u8")
        return np.argsort(drawn, kind="stable")

    @cached_property
    def frame(self) -> NDArray[np.int32]:
        """The frame's waves, (FRAME_WAVES, 2)."""
        return LATTICE[np.sort(self._order[:FRAME_WAVES])]

    @cached_property
    def message(self) -> NDArray[np.int32]:
        """The message's waves, (n, 2)."""
        return LATTICE[np.sort(self._order[FRAME_WAVES:])]

    @property
    def length(self) -> int:
        """Signs of a message: two a wave."""
        return 2 * len(self.message)

    def slot_key(self, slot: int) -> bytes:
        """The key of one slot's frame and scrambling."""
        return stream(self.key, f"slot {slot}", KEY_BYTES)


def frame_of(slot_key: bytes) -> Waves:
    """The phases of a slot's frame, (FRAME_WAVES,), of length 1."""
    drawn = np.frombuffer(stream(slot_key, "phases", 2 * FRAME_WAVES), "<u2")
    return np.exp(2j * np.pi * drawn / 65536).astype(np.complex64)


def scrambling_of(slot_key: bytes, length: int) -> NDArray[np.float32]:
    """The signs that a slot multiplies each message with."""
    return signs(slot_key, "scrambling", length)


def tile_of(carrier: Carrier, slot_key: bytes, recipient_key: bytes, frame_share: float) -> Tile:
    """The tile, (TILE_PX, TILE_PX), of mean 0 and mean square 1.

    ``frame_share``: how much of its power the frame has.
    """
    said = message_of(recipient_key, carrier.length) * scrambling_of(slot_key, carrier.length)
    message = (said[0::2] + 1j * said[1::2]) / np.sqrt(2)
    spectrum = np.zeros((TILE_PX, TILE_PX), np.complex128)
    x, y = carrier.frame.T
    spectrum[y, x] = frame_of(slot_key) * np.sqrt(frame_share / FRAME_WAVES)
    x, y = carrier.message.T
    spectrum[y, x] = message * np.sqrt((1 - frame_share) / len(message))
    tile = np.fft.ifft2(spectrum).real
    return np.asarray(tile / tile.std(), np.float32)

"""Reads a mark back out of a picture, with or without the original. Pure.

::

    picture ─▶ geometries ─▶ as it was marked ─▶ one tile ─▶ slot and shift ─▶ what was said

What is read is a vector of a message's length; who the message is for is decided by whoever has
the recipients' keys (``segel.domain.marks``, in the broker). Nothing here knows them.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from segel.leaks.marks.code import SLOTS, TILE_PX, Carrier, frame_of, scrambling_of
from segel.leaks.marks.geometry import Affine, Grey, greyed, guesses, residual

GUESSES: Final = 6
"""Geometries that are followed up."""

READINGS: Final = 3
"""Alignments that are told: each is one more try for every recipient, and counted as such."""

CERTAIN: Final = 9.0
"""A frame that is found so surely is the frame: no other geometry is looked at."""

CANVAS_PX_MAX: Final = 2_600
"""Longest side of a picture as it was marked; beyond it a geometry is no sensible one."""

_BLUR_PX: Final = 4.0
_LOUD: Final = 2.5
_EDGE_PX: Final = 3

Tile = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one alignment says. ``said``: (carrier.length,), of any scale. ``frame``: by how many
    standard deviations the frame was found. ``affine``: the picture's geometry, for display."""

    said: NDArray[np.float32]
    frame: float
    slot: int
    affine: Affine


@dataclass(frozen=True, slots=True)
class _Found:
    frame: float
    slot: int
    shift: tuple[int, int]
    turned: bool
    inverted: bool
    affine: Affine
    tile: Tile


class Reader:
    """Reads marks of one estate."""

    def __init__(self, carrier: Carrier, slots: int = SLOTS) -> None:
        self._carrier = carrier
        self._keys = [carrier.slot_key(slot) for slot in range(slots)]
        self._frames = np.stack([frame_of(key) for key in self._keys])

    def read(
        self, picture: NDArray[np.uint8], original: NDArray[np.uint8] | None = None
    ) -> list[Reading]:
        """The best alignments, best first. ``picture``: (h, w) or (h, w, 3).

        ``original``: the picture before it was marked, where there is one.
        """
        grey, _ = greyed(picture)
        if original is not None:
            grey = without(grey, greyed(original)[0])
        found: list[_Found] = []
        for guess in guesses(grey, self._carrier.frame, GUESSES):
            one = self._aligned(grey, guess.affine)
            if one is not None and one.frame >= CERTAIN:
                return [self._said(self._refined(grey, one))]
            found += [one] if one is not None else []
        found.sort(key=lambda one: -one.frame)
        return [self._said(self._refined(grey, one)) for one in found[:READINGS]]

    def _aligned(self, grey: Grey, affine: Affine, slot: int | None = None) -> _Found | None:
        """The slot and shift that fit best; of one slot where it is known."""
        tile = folded(grey, affine)
        if tile is None:
            return None
        x, y = self._carrier.frame.T
        heard = tile[y, x]
        norm = float(np.sqrt(np.sum(np.abs(heard) ** 2) / 2)) or 1.0
        slots = range(len(self._frames)) if slot is None else (slot,)
        best: _Found | None = None
        for turned, wanted in ((False, heard), (True, heard.conj())):
            for number in slots:
                spectrum = np.zeros((TILE_PX, TILE_PX), np.complex64)
                spectrum[y, x] = wanted * self._frames[number].conj()
                shifts = np.fft.ifft2(spectrum).real * TILE_PX**2 / norm
                at = int(np.argmax(np.abs(shifts)))
                score = float(shifts.flat[at])
                if best is None or abs(score) > best.frame:
                    row, column = divmod(at, TILE_PX)
                    best = _Found(
                        abs(score), number, (row, column), turned, score < 0, affine, tile
                    )
        return best

    def _refined(self, grey: Grey, found: _Found) -> _Found:
        """The geometry by smaller and smaller steps of scale, both ways, turn and shear."""
        best = found
        for step in (0.002, 0.001, 0.0005):
            for kind in _STEPS:
                for sign in (1, -1):
                    for _ in range(3):
                        affine = best.affine @ (np.eye(2) + sign * step * kind)
                        tried = self._aligned(grey, affine, best.slot)
                        if tried is None or tried.frame <= best.frame:
                            break
                        best = tried
        return best

    def _said(self, found: _Found) -> Reading:
        x, y = self._carrier.message.T
        heard = found.tile[y, x]
        if found.turned:
            heard = heard.conj()
        row, column = self._between(found)
        heard = heard * np.exp(2j * np.pi * (x * column + y * row) / TILE_PX)
        said = np.empty(self._carrier.length, np.float32)
        said[0::2], said[1::2] = heard.real, heard.imag
        said *= scrambling_of(self._keys[found.slot], len(said)) * (-1 if found.inverted else 1)
        return Reading(said, found.frame, found.slot, found.affine)

    def _between(self, found: _Found) -> tuple[float, float]:
        """The shift between whole pixels."""
        x, y = self._carrier.frame.T
        heard = found.tile[y, x]
        product = (heard.conj() if found.turned else heard) * self._frames[found.slot].conj()
        steps = np.arange(-1, 1.01, 0.125)
        rows = found.shift[0] + steps
        columns = found.shift[1] + steps
        waves = np.exp(
            2j * np.pi * (x * columns[None, :, None] + y * rows[:, None, None]) / TILE_PX
        )
        fits = (waves * product).sum(2).real * (-1 if found.inverted else 1)
        row, column = np.unravel_index(int(np.argmax(fits)), fits.shape)
        return float(rows[row]), float(columns[column])


_STEPS: Final = (
    np.array([[1.0, 0], [0, 1]]),
    np.array([[0.0, -1], [1, 0]]),
    np.array([[1.0, 0], [0, -1]]),
    np.array([[0.0, 1], [1, 0]]),
)


def folded(grey: Grey, affine: Affine) -> Tile | None:
    """All tiles of a picture laid upon each other, as a whitened spectrum (TILE_PX, TILE_PX).

    None where the geometry gives no sensible picture.
    """
    rows, columns = grey.shape
    back = np.linalg.inv(affine)
    corners = back @ np.array([[0, columns, 0, columns], [0, 0, rows, rows]], np.float64)
    low = corners.min(1)
    width, height = np.ceil(corners.max(1) - low).astype(int)
    if max(width, height) > CANVAS_PX_MAX or min(width, height) < TILE_PX // 2:
        return None
    shift = affine @ low
    warp = np.hstack([affine, shift[:, None]])
    shrunk = np.sqrt(abs(np.linalg.det(affine)))
    source = cv2.GaussianBlur(grey, (0, 0), 0.4 * shrunk) if shrunk > 1.3 else grey
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    as_marked = cv2.warpAffine(
        source, warp, (int(width), int(height)), flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )
    there = cv2.warpAffine(
        np.ones_like(grey),
        warp,
        (int(width), int(height)),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
    )
    there = cv2.erode(there, np.ones((2 * _EDGE_PX + 1,) * 2, np.uint8))
    even = residual(np.asarray(as_marked, np.float32), _BLUR_PX) * there
    high = -(-height // TILE_PX) * TILE_PX
    wide = -(-width // TILE_PX) * TILE_PX
    padded = np.zeros((high, wide), np.float32)
    padded[:height, :width] = even
    tiles = padded.reshape(high // TILE_PX, TILE_PX, wide // TILE_PX, TILE_PX)
    spectrum = np.fft.fft2(tiles.sum((0, 2)))
    return _whitened(spectrum)


def _whitened(spectrum: NDArray[np.complex128]) -> Tile:
    """Every wave over the power around it, and none louder than _LOUD."""
    power = np.abs(spectrum) ** 2
    rolled = np.pad(power.astype(np.float32), 8, mode="wrap")
    around = cv2.blur(rolled, (9, 9))[8:-8, 8:-8]
    white = spectrum / np.sqrt(around + 1e-12)
    loud = np.maximum(np.abs(white) / _LOUD, 1.0)
    return np.asarray(white / loud, np.complex64)


_FEATURES: Final = 4_000
_FITTING_MIN: Final = 12
"""Features that have to agree before one picture is laid upon another."""


def without(grey: Grey, original: Grey) -> Grey:
    """A picture less its original, laid upon it by local features; as it is where none fit.

    SIFT (Lowe 2004) and an affine map by RANSAC; grey levels fitted by a line.
    """
    finder = cv2.SIFT.create(_FEATURES)
    here, told = finder.detectAndCompute(np.clip(grey, 0, 255).astype(np.uint8), None)
    there, known = finder.detectAndCompute(np.clip(original, 0, 255).astype(np.uint8), None)
    if told is None or known is None:
        return grey
    pairs = cv2.BFMatcher(cv2.NORM_L2, crossCheck=True).match(told, known)
    if len(pairs) < _FITTING_MIN:
        return grey
    to = np.array([here[one.queryIdx].pt for one in pairs], np.float32)
    come = np.array([there[one.trainIdx].pt for one in pairs], np.float32)
    warp, kept = cv2.estimateAffine2D(come, to, ransacReprojThreshold=2.0)
    if warp is None or int(kept.sum()) < _FITTING_MIN:
        return grey
    size = (grey.shape[1], grey.shape[0])
    laid = cv2.warpAffine(original, warp, size, flags=cv2.INTER_CUBIC)
    inside = cv2.warpAffine(np.ones_like(original), warp, size) > 0.99
    if inside.sum() < TILE_PX**2:
        return grey
    gain, offset = np.polyfit(laid[inside], grey[inside], 1)
    return np.where(inside, grey - gain * laid - offset, 0).astype(np.float32) + 128

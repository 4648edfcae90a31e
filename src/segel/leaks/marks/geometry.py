"""Finds how a picture was scaled, turned and mirrored since it was marked. Pure.

The frame's waves stand as peaks in the picture's spectrum, whatever was cut off and wherever it was
moved. They are looked for in all scales and small turns at once, in one spectrum; each of the four
ways of mirroring and turning by 90° only says where a wave is to be looked for.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from segel.leaks.marks.code import TILE_PX

Grey = NDArray[np.float32]
Affine = NDArray[np.float64]
"""2 × 2: from pixels as they were marked to pixels as they are now."""

LONGEST_PX: Final = 1_280
"""Longer pictures are reduced first: a mark lies in waves that this leaves."""

SCALE_MIN: Final = 0.3
SCALE_MAX: Final = 3.0
SCALE_STEP: Final = 0.0035
TURN_MAX_DEG: Final = 7.0
TURN_STEP_DEG: Final = 0.25
_PEAK_MAX: Final = 9.0
"""What one wave may count at most: a grid or a text of the picture's own has no more than that."""

_SMOOTH: Final = 25
_SIXTEENTH: Final = 0.45
"""Waves shorter than this many of a pixel cannot be held by the picture as it is now."""

_MIRRORS: Final[tuple[Affine, ...]] = tuple(
    np.array(one, np.float64)
    for one in ([[1, 0], [0, 1]], [[-1, 0], [0, 1]], [[0, -1], [1, 0]], [[0, 1], [1, 0]])
)
"""As it is, mirrored, turned by 90°, both; turned by 180° each looks the same in a spectrum."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A geometry. ``score``: how far the frame's waves stand out, in standard deviations."""

    affine: Affine
    score: float


def greyed(picture: NDArray[np.uint8]) -> tuple[Grey, float]:
    """A picture's brightness, (h, w), of at most LONGEST_PX a side, and by what it was reduced."""
    grey = picture.astype(np.float32)
    if grey.ndim == 3:
        grey = grey[..., :3].mean(2)
    scale = min(1.0, LONGEST_PX / max(grey.shape))
    if scale < 1:
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        grey = np.asarray(small, np.float32)
    return grey, scale


def residual(grey: Grey, blur_px: float) -> Grey:
    """What is left of a picture without what it shows, evened out; texts and edges capped."""
    high = grey - cv2.GaussianBlur(grey, (0, 0), blur_px)
    around = np.sqrt(cv2.GaussianBlur(high * high, (0, 0), 1.5 * blur_px))
    return np.clip(high / (around + 1.0), -2.5, 2.5)


def guesses(grey: Grey, frame: NDArray[np.int32], count: int) -> list[Guess]:
    """The likeliest geometries, best first. ``frame``: its waves, (n, 2)."""
    power, size = _power(grey)
    waves = frame.astype(np.float64) / TILE_PX
    scales = np.exp(np.arange(np.log(SCALE_MIN), np.log(SCALE_MAX), SCALE_STEP))
    turns = np.deg2rad(np.arange(-TURN_MAX_DEG, TURN_MAX_DEG + 1e-9, TURN_STEP_DEG))
    found: list[Guess] = []
    for mirror in _MIRRORS:
        scored = _scored(power, size, waves @ mirror.T, scales, turns)
        for _ in range(count):
            at_scale, at_turn = np.unravel_index(int(np.argmax(scored)), scored.shape)
            affine = scales[at_scale] * _turned(turns[at_turn]) @ mirror
            found.append(Guess(affine, float(scored[at_scale, at_turn])))
            scored[max(at_scale - 2, 0) : at_scale + 3, max(at_turn - 2, 0) : at_turn + 3] = -np.inf
    return sorted(found, key=lambda one: -one.score)[:count]


def _power(grey: Grey) -> tuple[Grey, int]:
    """The spectrum's power over what is around, (size, size), capped; the zero at the corner."""
    even = residual(grey, 6.0)
    rows, columns = even.shape
    window = np.outer(np.hanning(rows), np.hanning(columns)).astype(np.float32) ** 0.5
    size = cv2.getOptimalDFTSize(2 * max(rows, columns))
    padded = np.zeros((size, size), np.float32)
    padded[:rows, :columns] = even * window
    spectrum = cv2.dft(padded, flags=cv2.DFT_COMPLEX_OUTPUT, nonzeroRows=rows)
    power = spectrum[..., 0] ** 2 + spectrum[..., 1] ** 2
    # Along the axes lies what rows, borders and windows of a screen look like.
    around = cv2.blur(power, (_SMOOTH, _SMOOTH), borderType=cv2.BORDER_REFLECT)
    power = np.minimum(power / (around + 1e-9), _PEAK_MAX)
    power[:4], power[-4:], power[:, :4], power[:, -4:] = 1, 1, 1, 1
    return power.astype(np.float32), size


def _scored(
    power: Grey, size: int, waves: Affine, scales: NDArray[np.float64], turns: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far the waves stand out, (scales, turns)."""
    scored = np.empty((len(scales), len(turns)))
    for number, turn in enumerate(turns):
        turned = waves @ _turned(turn).T
        places = turned[None] / scales[:, None, None]  # cycles of a pixel as it is now
        held = np.abs(places).max(2) < _SIXTEENTH
        columns = np.rint(places[..., 0] * size).astype(np.intp) % size
        rows = np.rint(places[..., 1] * size).astype(np.intp) % size
        values = np.where(held, power[rows, columns] - 1.0, 0.0)
        scored[:, number] = values.sum(1) / np.sqrt(np.maximum(held.sum(1), 40))
    spread = np.median(np.abs(scored - np.median(scored))) * 1.4826
    return np.asarray((scored - np.median(scored)) / max(spread, 1e-6))


def _turned(angle: float) -> Affine:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])

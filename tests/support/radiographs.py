"""Chest radiographs of nobody: drawn from numbers, as like one another as those of people are.

A *body* is what an anatomy is drawn from (lungs, heart, ribs, spine, vessels): two pictures may
have the same proportions and are still of two people, as twins are. An exposure of the same body is
another picture of the same person: shifted, another dose, other noise, other texts.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

ROWS: Final = 420
COLUMNS: Final = 512
_SUBPIXEL: Final = 3
_TEXTS: Final = ("RSUD CONTOH", "CHEST PA", "AP ERECT", "L")


def radiograph(body: int, *, exposure: int = 0, proportions: int | None = None) -> Picture:
    """ROWS × COLUMNS. ``proportions``: of another body, for a look-alike."""
    shape = np.random.default_rng([1, body if proportions is None else proportions])
    own = np.random.default_rng([3, body])
    taken = np.random.default_rng([2, body, exposure])
    shift = taken.normal(0, 0.015, 2).astype(np.float32)
    plane, lungs, ribs_apart, slope, clavicle = _soft(shape, own, shift)
    plane += _bones(own, shift, ribs_apart, slope, clavicle) * (0.5 + 0.5 * lungs)
    plane += _vessels(own, shift) * lungs
    plane += 0.022 * _clouds(own, ROWS, COLUMNS, 0.75)
    if own.random() < 0.3:
        _wire(plane, own)
    plane = _blurred(plane, 0.7)
    low, high = np.percentile(plane[::8, ::8], (1, 99.5))
    level = np.clip((plane - low) / (high - low), 0, 1) ** taken.uniform(0.8, 1.25) * 255
    noise = taken.standard_normal((ROWS, COLUMNS)) * taken.uniform(1, 3.5)
    picture = np.asarray(np.clip(level + noise, 0, 250), dtype=np.uint8)
    _labelled(picture, taken)
    return picture


def _soft(
    shape: np.random.Generator, own: np.random.Generator, shift: Plane
) -> tuple[Plane, Plane, float, float, float]:
    """What has no edges, at a third of the size; the lungs; and the bones' proportions."""
    wide, high, apart = (
        shape.normal(m, s) for m, s in ((0.155, 0.012), (0.30, 0.02), (0.215, 0.01))
    )
    heart, ribs, slope = (
        shape.normal(m, s) for m, s in ((0.13, 0.02), (0.069, 0.004), (0.32, 0.05))
    )
    spine, clavicle, density = (
        shape.normal(m, s) for m, s in ((0.055, 0.006), (0.12, 0.02), (1.0, 0.15))
    )
    rows, columns = ROWS // 3, COLUMNS // 3
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    x, y = x / columns - 0.5 - shift[0], y / rows - 0.5 - shift[1]
    plane = _step((0.43 + 0.05 * y - np.abs(x)) * 40) * (
        0.62 + 0.024 * _clouds(own, rows, columns, 0.6)
    )
    lungs = np.maximum(
        *(
            _step((1 - ((x - s * apart) / wide) ** 2 - ((y + 0.02) / high) ** 2) * 9)
            for s in (-1, 1)
        )
    )
    plane -= 0.38 * density * lungs
    along = np.exp(-((x / spine) ** 2))
    plane += along * (0.30 + 0.05 * np.sign(np.sin(y * 70 + own.uniform(0, 6))))
    plane += 0.28 * _step((1 - ((x - 0.06) / heart) ** 2 - ((y - 0.14) / 0.16) ** 2) * 8)
    plane += 0.25 * _step((y - 0.27 - 0.05 * np.cos(x * 9) + own.normal(0, 0.01)) * 45)
    return _sized(plane), _sized(lungs), ribs, slope, clavicle


def _bones(
    own: np.random.Generator, shift: Plane, apart: float, slope: float, clavicle: float
) -> Plane:
    drawn = np.zeros((ROWS, COLUMNS), np.float32)
    x = np.linspace(0.04, 0.40, 22)
    for side in (-1, 1):
        for rib in range(9):
            back = -0.36 + rib * apart + slope * (x - 0.04) ** 1.3 * 1.2 + own.normal(0, 0.004)
            front = -0.30 + rib * apart - 0.9 * slope * (x - 0.1) + own.normal(0, 0.004)
            for y, width, bright in ((back, 0.019, 0.10), (front, 0.014, 0.06)):
                _line(
                    drawn,
                    side * x + shift[0],
                    y + own.normal(0, 0.0015, 22) + shift[1],
                    bright * own.uniform(0.7, 1.2),
                    width * own.uniform(0.8, 1.2),
                )
        along = np.linspace(0, 1, 12)
        height = -0.33 - 0.6 * clavicle * along + own.normal(0, 0.003, 12)
        _line(drawn, side * (0.03 + 0.30 * along) + shift[0], height + shift[1], 0.16, 0.024)
    return _blurred(drawn, 1.6)


def _line(drawn: Plane, x: Plane, y: Plane, bright: float, width: float) -> None:
    points = np.stack([(x + 0.5) * COLUMNS, (y + 0.5) * ROWS], axis=1) * (1 << _SUBPIXEL)
    pixels = max(1, int(width * ROWS))
    cv2.polylines(
        drawn, [points.astype(np.int32)], False, float(bright), pixels, cv2.LINE_AA, _SUBPIXEL
    )


def _vessels(own: np.random.Generator, shift: Plane) -> Plane:
    drawn = np.zeros((ROWS, COLUMNS), np.float32)
    for side in (-1, 1):
        for _ in range(9):
            x = (0.5 + shift[0] + side * 0.08) * COLUMNS
            y = (0.5 + shift[1] + own.normal(0, 0.05)) * ROWS
            way = own.uniform(-1.6, 1.6) + (np.pi if side < 0 else 0)
            _branch(drawn, own, x, y, way, own.uniform(4, 8), own.uniform(10, 24), 3)
    return _blurred(drawn, 1.1)


def _branch(
    drawn: Plane,
    own: np.random.Generator,
    x: float,
    y: float,
    way: float,
    width: float,
    steps: float,
    depth: int,
) -> None:
    for _ in range(int(steps)):
        to_x, to_y = x + 8 * np.cos(way), y + 8 * np.sin(way)
        start, end = ([int(v * (1 << _SUBPIXEL)) for v in at] for at in ((x, y), (to_x, to_y)))
        bright = 0.16 * min(1.0, width / 5)
        cv2.line(drawn, start, end, bright, max(1, int(width)), cv2.LINE_AA, _SUBPIXEL)
        x, y, way, width = to_x, to_y, way + own.normal(0, 0.18), width * 0.93
        if depth and own.random() < 0.33:
            aside = way + own.choice([-1, 1]) * own.uniform(0.4, 0.9)
            _branch(drawn, own, x, y, aside, width * 0.7, steps * 0.6, depth - 1)


def _wire(plane: Plane, own: np.random.Generator) -> None:
    """An electrode's or a catheter's."""
    x, y = own.uniform(0.2, 0.8) * COLUMNS, own.uniform(0.2, 0.7) * ROWS
    for _ in range(own.integers(1, 4)):
        to_x, to_y = x + own.normal(0, 0.15) * COLUMNS, y + own.normal(0, 0.2) * ROWS
        ends = ((int(x), int(y)), (int(to_x), int(to_y)))
        cv2.line(plane, *ends, float(plane.max() * 0.9), 1 + int(own.integers(2)), cv2.LINE_AA)
        x, y = to_x, to_y


def _labelled(picture: Picture, taken: np.random.Generator) -> None:
    """Three of four have the hospital's texts, the same for everybody."""
    kind = int(taken.integers(4))
    if kind == 3:
        return
    for number, said in enumerate(_TEXTS[: 2 + kind // 2]):
        cv2.putText(picture, said, (8, 18 + number * 17), 0, 0.45, 255, 1, cv2.LINE_AA)
    cv2.putText(picture, "L", (COLUMNS - 50, 60), 0, 1.1, 255, 2, cv2.LINE_AA)
    cv2.putText(picture, "120 kV  2.5 mAs", (8, ROWS - 12), 0, 0.4, 255, 1, cv2.LINE_AA)


def _clouds(own: np.random.Generator, rows: int, columns: int, fade: float) -> Plane:
    """Noise of all sizes."""
    plane, side, strength = own.standard_normal((2, 2)).astype(np.float32), 2, 1.0
    while side < 256:
        side, strength = side * 2, strength * fade
        plane = np.asarray(cv2.resize(plane, (side, side), interpolation=cv2.INTER_LINEAR))
        plane += strength * own.standard_normal((side, side)).astype(np.float32)
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_LINEAR))


def _step(value: Plane) -> Plane:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -60, 60))), dtype=np.float32)


def _sized(plane: Plane) -> Plane:
    return np.asarray(cv2.resize(plane, (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC))


def _blurred(plane: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma))

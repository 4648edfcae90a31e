"""What happens to a picture between an export and a forum: from a new encoding to a screenshot."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
Attack = Callable[[Picture, np.random.Generator], Picture]


def jpeg(picture: Picture, quality: int) -> Picture:
    out = BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(out))


def crop(picture: Picture, area: float, chance: np.random.Generator) -> Picture:
    """``area``: how much is cut off, anywhere, from 0 to 1."""
    side = np.sqrt(1 - area)
    rows, columns = int(picture.shape[0] * side), int(picture.shape[1] * side)
    row = int(chance.integers(picture.shape[0] - rows + 1))
    column = int(chance.integers(picture.shape[1] - columns + 1))
    return np.ascontiguousarray(picture[row : row + rows, column : column + columns])


def resized(picture: Picture, scale: float) -> Picture:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how))


def turned(picture: Picture, degrees: float) -> Picture:
    rows, columns = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(picture, matrix, (columns, rows), flags=cv2.INTER_CUBIC))


def bannered(picture: Picture) -> Picture:
    made = picture.copy()
    cv2.rectangle(made, (0, 0), (made.shape[1], made.shape[0] // 9), 0, -1)
    cv2.putText(made, "6M PATIENTS FOR SALE", (10, made.shape[0] // 14), 0, 0.8, 255, 2)
    return made


def screenshot(picture: Picture, chance: np.random.Generator) -> Picture:
    """A viewer's window: another size, another gamma, a border, texts, noise, JPEG 60."""
    small = 255 * (resized(picture, 0.83).astype(float) / 255) ** 0.85
    rows, columns = small.shape[:2]
    shown = np.full((rows + 160, columns + 90, *small.shape[2:]), 40.0)
    shown[80 : 80 + rows, 45 : 45 + columns] = small
    shown += chance.normal(0, 1.5, shown.shape)
    window = np.clip(shown, 0, 255).astype(np.uint8)
    cv2.putText(window, "W: 400 L: 40  SERIES 1/1", (10, 30), 0, 0.8, 255, 1)
    return jpeg(window, 60)


def _jpeg_of(quality: int, first: Attack) -> Attack:
    return lambda picture, chance: jpeg(first(picture, chance), quality)


ATTACKS: Final[dict[str, Attack]] = {
    "as it was given": lambda picture, _: picture,
    "JPEG 50": _jpeg_of(50, lambda picture, _: picture),
    "JPEG 30": _jpeg_of(30, lambda picture, _: picture),
    "crop of 20 %, JPEG 50": _jpeg_of(50, lambda picture, chance: crop(picture, 0.2, chance)),
    "crop of 40 %, JPEG 50": _jpeg_of(50, lambda picture, chance: crop(picture, 0.4, chance)),
    "crop of 60 %, JPEG 50": _jpeg_of(50, lambda picture, chance: crop(picture, 0.6, chance)),
    "to 70 %, JPEG 50": _jpeg_of(50, lambda picture, _: resized(picture, 0.7)),
    "to 50 %, JPEG 75": _jpeg_of(75, lambda picture, _: resized(picture, 0.5)),
    "to 140 %, JPEG 50": _jpeg_of(50, lambda picture, _: resized(picture, 1.4)),
    "banner, JPEG 50": _jpeg_of(50, lambda picture, _: bannered(picture)),
    "turned by 3°, crop of 20 %, JPEG 50": _jpeg_of(
        50, lambda picture, chance: crop(turned(picture, 3.0), 0.2, chance)
    ),
    "turned by 90°, JPEG 50": _jpeg_of(
        50, lambda picture, _: np.ascontiguousarray(np.rot90(picture))
    ),
    "mirrored, JPEG 50": _jpeg_of(50, lambda picture, _: np.ascontiguousarray(picture[:, ::-1])),
    "inverted, JPEG 50": _jpeg_of(50, lambda picture, _: 255 - picture),
    "screenshot of a viewer": screenshot,
    "blurred (1.5 px)": lambda picture, _: np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5)),
}

Mixing = Callable[[Sequence[Picture], np.random.Generator], Picture]


def _mosaic(copies: Sequence[Picture], chance: np.random.Generator) -> Picture:
    stack = np.stack(copies)
    chosen = chance.integers(len(copies), size=stack.shape[1:3])
    return np.asarray(
        np.take_along_axis(stack, chosen[None, ..., *(None,) * (stack.ndim - 3)], axis=0)[0]
    )


MIXINGS: Final[dict[str, Mixing]] = {
    "average": lambda copies, _: np.mean(copies, axis=0).round().astype(np.uint8),
    "median": lambda copies, _: np.median(copies, axis=0).astype(np.uint8),
    "darkest": lambda copies, _: np.min(copies, axis=0),
    "brightest": lambda copies, _: np.max(copies, axis=0),
    "pixel by pixel at random": _mosaic,
}
"""What several who hold the same picture can make of their copies."""

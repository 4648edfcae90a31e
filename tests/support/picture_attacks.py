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


def gamma(picture: Picture, power: float) -> Picture:
    return np.asarray(255 * (picture / 255.0) ** power + 0.5, dtype=np.uint8)


def window(picture: Picture, chance: np.random.Generator) -> Picture:
    """A narrower one: what is darker or brighter is lost."""
    low, high = chance.uniform(0, 60), chance.uniform(180, 255)
    return np.asarray(np.clip((picture - low) / (high - low) * 255.0, 0, 255), dtype=np.uint8)


def viewers_window(picture: Picture, chance: np.random.Generator) -> Picture:
    """A whole screen: tools above, a strip of thumbnails aside, the picture with four corners of
    text, at whatever size it fits."""
    rows, columns = ((800, 1280), (1080, 1920), (768, 1366))[chance.integers(3)]
    screen = np.full((rows, columns), int(chance.choice([0, 30, 45, 235])), np.uint8)
    top, left = int(rows * 0.06), int(columns * chance.choice([0, 0.15, 0.2]))
    screen[:top] = 60
    for tool in range(18):
        at = 10 + tool * 50
        bright = int(chance.integers(90, 220))
        cv2.rectangle(screen, (at, 8), (at + 35, top - 8), bright, 1)
        cv2.putText(screen, ("WL", "ZM", "PN")[tool % 3], (at + 4, int(top * 0.65)), 0, 0.4, 255)
    for thumbnail in range(8 if left else 0):
        at = top + 10 + thumbnail * 90
        cv2.rectangle(screen, (8, at), (left - 8, at + 80), 120, 1)
        cv2.putText(screen, f"CR chest {thumbnail}", (12, at + 70), 0, 0.4, 255)
    shown = window(picture, chance) if chance.random() < 0.5 else picture
    scale = min((rows - top) / picture.shape[0], (columns - left) / picture.shape[1])
    shown = resized(shown, scale * chance.uniform(0.8, 1))
    height, width = shown.shape
    row, column = top + (rows - top - height) // 2, left + (columns - left - width) // 2
    screen[row : row + height, column : column + width] = shown
    person = ("SITI RAHAYU", "BUDI SANTOSO", "KETUT ARYA")[chance.integers(3)]
    corners = (
        (left + 10, top + 22, (person, f"MRN {chance.integers(10**6)}", "RSUD CONTOH", "CHEST PA")),
        (left + 10, rows - 50, ("W 2048 L 1024", "Zoom 100%", "Im: 1/1")),
        (columns - 230, top + 22, (f"2024-03-0{chance.integers(1, 9)} 10:12",)),
    )
    for x, y, lines in corners:
        for number, said in enumerate(lines):
            cv2.putText(screen, said, (x, y + number * 20), 0, rows / 1600, 255, 1, cv2.LINE_AA)
    cv2.putText(screen, "R", (column + 20, row + height // 2), 0, 1, 255, 1, cv2.LINE_AA)
    return jpeg(screen, int(chance.integers(70, 95))) if chance.random() < 0.5 else screen


def photo_of_monitor(picture: Picture, chance: np.random.Generator) -> Picture:
    """By a telephone: of the picture alone or of the viewer's window, with the monitor's grid, a
    slant, blur, a reflection, darker corners, noise, JPEG."""
    source = viewers_window(picture, chance) if chance.random() < 0.6 else picture
    screen = resized(source, 1600 / max(source.shape)).astype(np.float32)
    rows, columns = screen.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    grid = 2 * np.pi / chance.uniform(2.2, 3.4)
    screen *= (1 + 0.10 * np.cos(grid * x)) * (1 + 0.08 * np.cos(grid * y))
    width, height = 1280, int(1280 * rows / columns)
    size = np.array([width, height])
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    angle = np.radians(chance.uniform(-4, 4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = 0.08 + 0.84 * corners + chance.uniform(-0.06, 0.06, (4, 2))
    seen = ((slant - 0.5) * size) @ turn.T + size / 2
    matrix = cv2.getPerspectiveTransform(
        (corners * (columns, rows)).astype(np.float32), seen.astype(np.float32)
    )
    around = float(chance.integers(20, 120))
    photo = cv2.warpPerspective(screen, matrix, (width, height), borderValue=around)
    photo = np.asarray(cv2.GaussianBlur(photo, (0, 0), chance.uniform(0.6, 1.4)), np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    from_glare = (x - chance.uniform(0, width)) ** 2 + (y - chance.uniform(0, height)) ** 2
    broad = chance.uniform(0.05, 0.12) * width
    photo += chance.uniform(30, 110) * np.exp(-from_glare / (2 * broad**2))
    photo *= 1 - 0.3 * (((x - width / 2) / width) ** 2 + ((y - height / 2) / height) ** 2)
    photo = photo * chance.uniform(0.7, 1.05) + chance.uniform(0, 25)
    photo += chance.normal(0, chance.uniform(2, 6), photo.shape)
    return jpeg(np.clip(photo, 0, 255).astype(np.uint8), int(chance.integers(60, 90)))


GRAY_ATTACKS: Final[dict[str, tuple[Attack, float]]] = {
    "JPEG 90": (_jpeg_of(90, lambda picture, _: picture), 0.99),
    "JPEG 50": (_jpeg_of(50, lambda picture, _: picture), 0.99),
    "JPEG 30": (_jpeg_of(30, lambda picture, _: picture), 0.99),
    "to 50 %": (lambda picture, _: resized(picture, 0.5), 0.99),
    "to 33 %": (lambda picture, _: resized(picture, 0.33), 0.99),
    "to 150 %": (lambda picture, _: resized(picture, 1.5), 0.99),
    "window": (window, 0.99),
    "gamma 0.5 to 2": (lambda picture, c: gamma(picture, c.choice([0.5, 0.7, 1.5, 2.0])), 0.99),
    "crop to 60 %": (lambda picture, chance: crop(picture, 0.4, chance), 0.95),
    "crop to 40 %": (lambda picture, chance: crop(picture, 0.6, chance), 0.95),
    "banner": (lambda picture, _: bannered(picture), 0.95),
    "mirrored": (lambda picture, _: np.ascontiguousarray(picture[:, ::-1]), 0.95),
    "inverted": (lambda picture, _: 255 - picture, 0.95),
    "turned by 90°": (lambda picture, _: np.ascontiguousarray(np.rot90(picture)), 0.95),
    "turned by -90°": (lambda picture, _: np.ascontiguousarray(np.rot90(picture, 3)), 0.95),
    "turned by 5°": (lambda picture, _: turned(picture, 5.0), 0.95),
    "turned by -5°": (lambda picture, _: turned(picture, -5.0), 0.95),
    "viewer's window": (viewers_window, 0.90),
    "photo of a monitor": (photo_of_monitor, 0.90),
}
"""Of pictures of one channel: and how many are to be known again, at least."""


MIXINGS: Final[dict[str, Mixing]] = {
    "average": lambda copies, _: np.mean(copies, axis=0).round().astype(np.uint8),
    "median": lambda copies, _: np.median(copies, axis=0).astype(np.uint8),
    "darkest": lambda copies, _: np.min(copies, axis=0),
    "brightest": lambda copies, _: np.max(copies, axis=0),
    "pixel by pixel at random": _mosaic,
}
"""What several who hold the same picture can make of their copies."""

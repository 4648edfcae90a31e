"""Pictures to mark, and recipients to name."""

from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray

from segel.domain.marks import Named, message_of, named, stream
from segel.leaks.marks.code import Carrier
from segel.leaks.marks.reading import Reader
from segel.leaks.marks.writing import marked

CARRIER = Carrier(b"c" * 32)
READER = Reader(CARRIER)


def recipient_key(number: int) -> bytes:
    return stream(b"r" * 32, f"recipient {number}", 32)


class Recipients:
    """So many, of whom each has a number."""

    def __init__(self, count: int) -> None:
        self.ids = [UUID(int=number) for number in range(count)]
        self.rows = np.stack(
            [message_of(recipient_key(number), CARRIER.length) for number in range(count)]
        )

    def named_in(
        self, picture: NDArray[np.uint8], original: NDArray[np.uint8] | None = None
    ) -> list[Named]:
        said = [one.said for one in READER.read(picture, original)]
        return named(said, self.ids, self.rows)


def given_to(picture: NDArray[np.uint8], number: int, slot: int) -> NDArray[np.uint8]:
    return marked(picture, CARRIER, CARRIER.slot_key(slot), recipient_key(number))


def chest(seed: int, rows: int = 480, columns: int = 420) -> NDArray[np.uint8]:
    """A drawing with what a radiograph has: soft bodies, ribs, grain, black at the side."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    middle = columns / 2 + chance.integers(-20, 20)
    shown = 150 - 90 * np.exp(-(((x - middle) / (0.42 * columns)) ** 4))
    for side in (-1, 1):
        lung = ((x - middle - side * 0.2 * columns) / (0.14 * columns)) ** 2
        shown -= 45 * np.exp(-lung - ((y - 0.45 * rows) / (0.33 * rows)) ** 4)
    shown += 110 * np.exp(-(((x - middle) / 30) ** 2))
    shown += 12 * np.sin(y / 13 + np.abs(x - middle) / 60)
    shown += cv2.GaussianBlur(chance.normal(0, 30, (rows, columns)).astype(np.float32), (0, 0), 3)
    shown += chance.normal(0, 3, (rows, columns))
    shown[:, : columns // 8] = 0
    return np.asarray(np.clip(shown, 0, 255), np.uint8)

"""Marks in pictures that leave by the web doors: what imaging asks of leaks."""

import numpy as np
from numpy.typing import NDArray

from segel.broker.messages import PictureMark


def marker(mark: PictureMark, which: str, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """See ``imaging.archive.Marker``. Called in a thread."""
    from segel.leaks.marks.writing import given  # many gateways never draw a picture

    return given(mark.carrier, mark.message, which, picture)

"""How large a picture a compressed frame says it is, before anybody decodes it.

Decoders believe the code stream, not the data set: a few bytes changed in a small file make them
take gigabytes. So a frame that says more than its instance's rows and columns is refused.
"""

from struct import unpack_from
from typing import Final

from segel.imaging.dicom.errors import PixelsBroken

_JPEG: Final = b"\xff\xd8"
_J2K: Final = b"\xff\x4f\xff\x51"
_JP2: Final = b"\0\0\0\x0cjP  "
# Start of frame of every JPEG process, and of JPEG-LS (ITU-T T.81 Table B.1, T.87 Annex C).
_FRAME_STARTS: Final = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC),
                                  *range(0xCD, 0xD0), 0xF7))  # fmt: skip
_SCAN_START: Final = 0xDA
_MARKERS_MAX: Final = 1000
_COMPONENTS_MAX: Final = 4  # grey, RGB, and room for CMYK


def check_size(frame: bytes, rows: int, columns: int) -> None:
    """Refuse a JPEG, JPEG-LS or JPEG 2000 frame larger than ``rows`` by ``columns`` pixels.

    Other frames, and those that make no sense, are left to their decoder. Raises PixelsBroken.
    """
    if frame.startswith((_J2K, _JP2)):
        sizes = _jpeg2000(frame)
    elif frame.startswith(_JPEG):
        sizes = _jpeg(frame)
    else:
        return
    if any(
        height * width > rows * columns or components > _COMPONENTS_MAX
        for height, width, components in sizes
    ):
        raise PixelsBroken(
            "The compressed frame is larger than the instance says.",
            field="Rows",
            remedy="Fetch the instance itself.",
        )


def _jpeg(frame: bytes) -> list[tuple[int, int, int]]:
    """Height, width and components of each frame header before the first scan."""
    sizes: list[tuple[int, int, int]] = []
    at = 2
    for _ in range(_MARKERS_MAX):
        if at + 10 > len(frame) or frame[at] != 0xFF:
            break
        marker = frame[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == _SCAN_START:
            break
        if marker in _FRAME_STARTS:
            sizes.append(unpack_from(">HHB", frame, at + 5))
        at += 2 + unpack_from(">H", frame, at + 2)[0]
    return sizes


def _jpeg2000(frame: bytes) -> list[tuple[int, int, int]]:
    """Height, width and components of each image size segment (ITU-T T.800 § A.5.1)."""
    sizes: list[tuple[int, int, int]] = []
    at = frame.find(_J2K)
    while at >= 0 and at + 42 <= len(frame) and len(sizes) < _MARKERS_MAX:
        right, bottom, left, top = unpack_from(">4L", frame, at + 8)
        components = unpack_from(">H", frame, at + 40)[0]
        sizes.append((max(bottom - top, 0), max(right - left, 0), components))
        at = frame.find(_J2K, at + 4)
    return sizes

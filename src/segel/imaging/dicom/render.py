"""A frame as a picture for people: windowed, in grey or RGB, scaled, as PNG or JPEG.

    stored values -> modality LUT -> VOI window -> 8 bits      (PS3.3 § C.11.1, § C.11.2)
    palette, YBR  -> RGB                                       (PS3.3 § C.7.6.3.1)

Consumer formats of PS3.18 § 8.7.4, viewport and window of § 8.3.5.1. Runs for milliseconds to
seconds: call it in a thread.
"""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi

from segel.imaging.dicom.codestreams import check_size
from segel.imaging.dicom.decodable import decodable_frame
from segel.imaging.dicom.elements import Buffer
from segel.imaging.dicom.errors import PixelsBroken, RenderingInvalid
from segel.imaging.dicom.frames import frame_of
from segel.imaging.dicom.header import Header, read_header

PictureType = Literal["image/png", "image/jpeg"]

VIEWPORT_MAX: Final = 8192
"""Pixels on a side of what is rendered; larger viewports are refused."""

FRAME_PIXELS_MAX: Final = 100_000_000
"""Pixels of a frame that is decoded, a bound on memory: three times a mammogram."""

THUMBNAIL_PIXELS: Final = 128
"""The longer side of a thumbnail unless told otherwise."""

JPEG_QUALITY: Final = 90

Marking = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""A picture of 8 bits, (h, w) or (h, w, 3), to what is given instead, of the same shape."""

_FUNCTIONS: Final = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


class Window(NamedTuple):
    """A VOI window: centre and width in modality values, and its shape (PS3.3 § C.11.2.1)."""

    center: float
    width: float
    function: str = "LINEAR"


def parse_window(text: str) -> Window:
    """The ``window`` query parameter, ``center,width[,function]`` (PS3.18 § 8.3.5.1.4).

    Raises RenderingInvalid.
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        center, width = float(parts[0]), float(parts[1])
    except (ValueError, IndexError):
        raise _bad_window() from None
    function = parts[2].upper().replace("-", "_") if len(parts) > 2 and parts[2] else "LINEAR"
    smallest = 1 if function == "LINEAR" else 0
    if (
        len(parts) > 3
        or function not in _FUNCTIONS
        or not np.isfinite([center, width]).all()
        or width < smallest
        or (function != "LINEAR" and width == 0)
    ):
        raise _bad_window()
    return Window(center, width, function)


def _bad_window() -> RenderingInvalid:
    return RenderingInvalid(
        "The window is not center,width,function.",
        field="window",
        remedy="Give two numbers, the width at least 1, and linear, linear-exact or sigmoid.",
    )


def render(
    file: Buffer,
    number: int = 1,
    *,
    media_type: PictureType = "image/png",
    window: Window | None = None,
    viewport: tuple[int, int] | None = None,
    quality: int = JPEG_QUALITY,
) -> bytes:
    """Frame ``number``, from 1, of a whole file as a picture; see ``render_frame``.

    Raises PixelsAbsent, PixelsBroken, FrameUnknown, RenderingInvalid and what ``read_header``
    raises.
    """
    header = read_header(file, accept_no_meta=True)
    return render_frame(
        header,
        frame_of(header, file, number),
        number,
        media_type=media_type,
        window=window,
        viewport=viewport,
        quality=quality,
    )


def render_frame(
    header: Header,
    frame: bytes,
    number: int = 1,
    *,
    media_type: PictureType = "image/png",
    window: Window | None = None,
    viewport: tuple[int, int] | None = None,
    quality: int = JPEG_QUALITY,
    marking: Marking | None = None,
) -> bytes:
    """One frame as a picture that fits into ``viewport`` (w, h), needing no more of the file.

    ``frame`` is what ``read_frame`` gives. Without ``window`` the frame's own first window holds,
    without one of its own the range of its values. ``marking``: what is done to the picture as it
    leaves. Raises PixelsBroken, RenderingInvalid.
    """
    if viewport is not None and not all(1 <= side <= VIEWPORT_MAX for side in viewport):
        raise RenderingInvalid(
            f"A viewport has 1 to {VIEWPORT_MAX} pixels on a side.",
            field="viewport",
            remedy="Ask for a smaller picture.",
        )
    picture = Image.fromarray(_picture(header, frame, number, window))
    if viewport is not None:
        scale = min(viewport[0] / picture.width, viewport[1] / picture.height)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS if scale < 1 else _BICUBIC)
    if marking is not None:
        picture = Image.fromarray(marking(np.asarray(picture)))
    out = BytesIO()
    if media_type == "image/jpeg":
        picture.save(out, "JPEG", quality=max(1, min(quality, 100)))
    else:
        picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


_BICUBIC: Final = Image.Resampling.BICUBIC


def thumbnail(file: Buffer, number: int = 1, *, pixels: int = THUMBNAIL_PIXELS) -> bytes:
    """A small JPEG of a frame."""
    return render(file, number, media_type="image/jpeg", viewport=(pixels, pixels))


def _picture(header: Header, frame: bytes, number: int, window: Window | None) -> NDArray[np.uint8]:
    """The frame as rows of 8-bit grey or RGB."""
    try:
        dataset = decodable_frame(header, frame)
        if int(dataset.Rows) * int(dataset.Columns) > FRAME_PIXELS_MAX:
            raise OverflowError
        check_size(frame, int(dataset.Rows), int(dataset.Columns))
        decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
        values, found = decoder.as_array(dataset, index=0)
        photometric = str(found["photometric_interpretation"])
        if values.ndim == 3:
            return _eight_bits(values, int(found["bits_stored"]))
        if photometric == "PALETTE COLOR":
            return _coloured(values, dataset)
        return _grey(values, dataset, number, window, inverted=photometric == "MONOCHROME1")
    except PixelsBroken:
        raise
    except Exception:  # decoders raise all kinds, and quote values
        raise PixelsBroken(
            "The frame cannot be decoded.",
            field="PixelData",
            remedy="Fetch the instance itself, or another frame.",
        ) from None


def _eight_bits(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    return (values >> max(0, bits - 8)).astype(np.uint8)


def _coloured(values: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    colours = apply_color_lut(values, dataset)[..., :3]
    return _eight_bits(colours, 16 if colours.dtype.itemsize > 1 else 8)


def _grey(
    stored: NDArray[Any], dataset: Dataset, frame: int, window: Window | None, *, inverted: bool
) -> NDArray[np.uint8]:
    """Grey by the modality LUT and the VOI window, the frame's own before the instance's."""
    groups = _functional_groups(dataset, frame)
    transformation = groups.get("PixelValueTransformationSequence", dataset)
    values = apply_modality_lut(stored, transformation)
    voi = groups.get("FrameVOILUTSequence", dataset)
    if window is None and voi.get("VOILUTSequence"):
        shown = apply_voi(values.astype(np.int64), voi)
        bits = int(voi.VOILUTSequence[0].LUTDescriptor[2])
        grey = _eight_bits(shown, bits)
    else:
        grey = _windowed(values.astype(np.float64), window or _window(voi, stored, values, dataset))
    if inverted or dataset.get("PresentationLUTShape") == "INVERSE":
        return 255 - grey
    return grey


def _functional_groups(dataset: Dataset, frame: int) -> dict[str, Dataset]:
    """The pixel macros of one frame of an enhanced instance (PS3.3 § C.7.6.16)."""
    found: dict[str, Dataset] = {}
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    places = [*(dataset.get("SharedFunctionalGroupsSequence") or [])[:1]]
    if frame <= len(per_frame):
        places.append(per_frame[frame - 1])
    for place in places:
        for name in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
            if place.get(name):
                found[name] = place[name].value[0]
    return found


def _window(voi: Dataset, stored: NDArray[Any], values: NDArray[Any], dataset: Dataset) -> Window:
    """The first window that is stated, or one over the range of the values without padding."""
    center, width = _first(voi.get("WindowCenter")), _first(voi.get("WindowWidth"))
    function = str(voi.get("VOILUTFunction") or "LINEAR").upper()
    if center is not None and width is not None and width >= (1 if function == "LINEAR" else 1e-9):
        return Window(center, width, function if function in _FUNCTIONS else "LINEAR")
    padding = dataset.get("PixelPaddingValue")
    if padding is not None and (kept := values[stored != padding]).size:
        values = kept
    low, high = float(values.min()), float(values.max())
    return Window((low + high) / 2, max(high - low, 1.0), "LINEAR_EXACT")


def _first(value: Any) -> float | None:
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = value[0] if value else None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _windowed(values: NDArray[np.float64], window: Window) -> NDArray[np.uint8]:
    """Values through a window to 0-255 (PS3.3 § C.11.2.1.2 and § C.11.2.1.3)."""
    center, width, function = window
    if function == "SIGMOID":
        shown = 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700)))
    elif function == "LINEAR_EXACT":
        shown = (values - center) / width + 0.5
    elif width == 1:
        shown = (values > center - 0.5).astype(np.float64)
    else:
        shown = (values - (center - 0.5)) / (width - 1) + 0.5
    return np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)

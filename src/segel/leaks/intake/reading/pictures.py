"""Pictures: decoded, made gray and smaller, and where somebody wrote in them, read."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segel.leaks.intake.model import PICTURE_SIDE_MAX, PictureFound, Wanted
from segel.leaks.intake.reading import ocr
from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow, Stopped
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

Pixels = NDArray[Any]

Image.MAX_IMAGE_PIXELS = None  # the limits' own, before anything is decoded
_FORMATS: Final = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF")
_PERCENTILES: Final = (0.5, 99.5)
"""Between which more than 8 bits are stretched: what a viewer's default window does."""


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The picture of a file, or each of its frames."""
    with Image.open(flow.random_access(), formats=_FORMATS) as image:
        kind = str(image.format).lower()
        count = int(getattr(image, "n_frames", 1))
        for frame in evenly(case, notes, count):
            image.seek(frame)
            require_bounded(case, image.width * image.height)
            shown = image.convert("L") if image.mode in ("1", "L") else image
            if shown.mode not in ("L", "I;16", "I;16B", "I", "F"):
                shown = shown.convert("RGB")
            say(case, notes, np.asarray(shown), frame, kind)


def evenly(case: "Opening", notes: FileNotes, count: int) -> Iterator[int]:
    """The frames that are read."""
    most = case.limits.frames
    if count > most:
        notes.cut(Reason.FRAMES)
        yield from (at * count // most for at in range(most))
    else:
        yield from range(count)


def require_bounded(case: "Opening", pixels: int) -> None:
    """Raises Stopped where a picture says that it is larger than may be."""
    if pixels > case.limits.pixels:
        raise Stopped(Reason.PIXELS)


def say(
    case: "Opening", notes: FileNotes, pixels: Pixels, frame: int, kind: str,
    uids: Sequence[str] = ("", "", "", ""),
) -> None:  # fmt: skip
    """Hand on one decoded picture (rows × columns, or × 3), with what is written in it."""
    exact = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"), copy=False))
    digest = hashlib.sha256(exact.tobytes()).digest()
    whole = _gray(pixels)
    shown = Image.fromarray(whole)
    full_width, full_height = shown.size
    shown.thumbnail((PICTURE_SIDE_MAX, PICTURE_SIDE_MAX), Image.Resampling.BOX)
    case.findings.picture(
        notes,
        PictureFound(
            notes.place,
            frame,
            kind,
            full_width,
            full_height,
            *shown.size,
            shown.tobytes(),
            digest,
            study_uid=uids[0],
            series_uid=uids[1],
            instance_uid=uids[2],
            modality=uids[3],
            made=_made(case.findings.wanted, whole, digest),
        ),
    )
    case.budget.beat()
    ocr.say(case, notes, np.asarray(shown))


def _made(wanted: Wanted, whole: NDArray[np.uint8], digest: bytes) -> bytes:
    """What is wanted of a picture, b'' where nothing can be made of it."""
    if wanted is Wanted.NOTHING:
        return b""
    from segel.leaks.images import fingerprint  # what most tasks need not wait for
    from segel.leaks.images.errors import UnusablePicture

    try:
        if wanted is Wanted.ASKED:
            return fingerprint.asked(whole)
        made = fingerprint.fingerprint_of(whole, digest)
        return b"" if made.look.says_nothing else fingerprint.encoded(made)
    except UnusablePicture:
        return b""


def _gray(pixels: Pixels) -> NDArray[np.uint8]:
    """256 levels."""
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        pixels = np.asarray(Image.fromarray(pixels[..., :3].astype(np.uint8)).convert("L"))
    if pixels.ndim != 2 or not pixels.size:
        raise Stopped(Reason.UNSUPPORTED)
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, dtype=np.uint8)
    few = pixels[:: max(1, pixels.shape[0] // 512), :: max(1, pixels.shape[1] // 512)]
    low, high = np.percentile(np.nan_to_num(few), _PERCENTILES)
    spread = (pixels.astype(np.float32) - low) * (255.0 / max(high - low, 1e-6))
    return np.asarray(np.clip(np.nan_to_num(spread), 0, 255), dtype=np.uint8)

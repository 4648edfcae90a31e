"""The writing in pictures: RapidOCR, whose models are in its package. It is an extra; where it is
not installed, that is said of each picture."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_SURE: Final = 0.5
_SIDE_MIN: Final = 24
_RUN_ON: Final = re.compile(r"(?<=[a-z])(?=[A-Z\d])|(?<=\d)(?=[A-Za-z]{2})|(?<=[a-z]:)(?=\S)")
"""Where the reader drops the blanks of small letters."""


def say(case: "Opening", notes: FileNotes, picture: NDArray[np.uint8]) -> None:
    """Hand on what is written in a picture of 256 levels."""
    from segel.leaks.intake.reading import free_text

    if min(picture.shape) < _SIDE_MIN:
        return
    if case.findings.pictures_read >= case.limits.ocr_pictures or not (reader := _reader()):
        notes.note(Reason.NO_OCR)
        return
    case.findings.pictures_read += 1
    found, _ = reader(picture)
    lines = [_RUN_ON.sub(" ", str(text)) for _, text, sure in found or () if float(sure) >= _SURE]
    if lines:
        free_text.say(case, notes, ["\n".join(lines) + "\n\n"], "ocr")


@cache
def _reader() -> Any:
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError:
        return None
    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

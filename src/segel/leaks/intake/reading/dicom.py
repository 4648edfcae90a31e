"""DICOM: UIDs, what the header says of the person, and the pixels of each frame."""

from typing import TYPE_CHECKING, Any, Final

import pydicom
from pydicom.pixels.utils import pixel_array

from segel.leaks.intake.columns import values
from segel.leaks.intake.model import VALUE_LENGTH_MAX
from segel.leaks.intake.reading import pictures
from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow, Stopped
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_KEPT_BYTES: Final = 64 * 1024
"""Longer values stay in the file until they are asked for."""
_PREAMBLE: Final = 128
"""Bytes that DICOM does not read (PS3.10 § 7.1); with a purpose where they are not zero."""
_SAID: Final = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "InstitutionName",
    "AccessionNumber", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "Modality",
    "StudyDate", "StudyDescription",
)  # fmt: skip


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """One instance."""
    if flow.head()[:_PREAMBLE].strip(b"\x00"):
        notes.note(Reason.POLYGLOT)
    source = flow.random_access()
    dataset = pydicom.dcmread(source, force=True, defer_size=_KEPT_BYTES)
    # What is deferred is read from there: the name of what was handed in is a descriptor's number.
    dataset.filename, dataset.buffer = None, source
    if "SOPInstanceUID" not in dataset and "PatientID" not in dataset:
        raise Stopped(Reason.BROKEN)
    said = [_text(dataset, keyword) for keyword in _SAID]
    case.of_headers(notes, _SAID).add(said)
    if "PixelData" not in dataset:
        return
    try:
        _pixels(case, dataset, notes)
    except (Stopped, MemoryError, RecursionError):
        raise
    except Exception:  # decoders raise whatever their code runs into
        notes.cut(Reason.NO_PIXELS)


def _pixels(case: "Opening", dataset: Any, notes: FileNotes) -> None:
    uids = [
        values.uid(_text(dataset, keyword))
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    ]
    frames = max(1, int(dataset.get("NumberOfFrames") or 1))
    pictures.require_bounded(case, int(dataset.Rows) * int(dataset.Columns))
    for frame in pictures.evenly(case, notes, frames):
        pixels = pixel_array(dataset, index=frame, raw=True)
        pictures.say(case, notes, pixels, frame, "dicom", (*uids, _text(dataset, "Modality")[:16]))


def _text(dataset: Any, keyword: str) -> str:
    try:
        value = dataset.get(keyword)
    except Exception:  # a value that its VR cannot have
        return ""
    return str(value if value is not None else "")[:VALUE_LENGTH_MAX]

"""What a mark costs a picture that leaves: ``python -m bench.marking``.

A frame is drawn with and without a mark, in turn; processor time, the median. Pictures are of the
size of a phone's screen, of a CT slice twice as large, and of a radiograph. A mark may cost as much
as drawing the picture does, and no more.
"""

import argparse
import io
import json
import os
import statistics
import sys
from time import process_time

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from segel.imaging.dicom import Marking, frame_of, read_header, render_frame
from segel.leaks.marks.writing import given

SIZES = ((640, 640), (1_024, 1_024), (2_500, 2_048))
KINDS = ("image/jpeg", "image/png")
ROUNDS = 15
RATIO_MAX = 2.0
"""Of drawing alone."""


def radiograph(rows: int, columns: int) -> NDArray[np.uint16]:
    """Soft shapes and grain, of 12 bits."""
    chance = np.random.default_rng(1)
    soft = cv2.GaussianBlur(chance.normal(0, 1, (rows, columns)).astype(np.float32), (0, 0), 25)
    grain = chance.normal(0, 20, (rows, columns))
    return np.asarray(np.clip(2_000 + 40_000 * soft + grain, 0, 4_095), np.uint16)


def file_of(picture: NDArray[np.uint16]) -> bytes:
    """A computed radiograph's file, of nobody."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = ComputedRadiographyImageStorage, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.Rows, dataset.Columns = picture.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.WindowCenter, dataset.WindowWidth = 2_048, 4_096
    dataset.PixelData = picture.tobytes()
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def marking(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As a gateway does it."""
    return given(b"c" * 32, b"m" * 32, "1.2.3 1", picture)


def measured(rows: int, columns: int, kind: str) -> dict[str, object]:
    """One line of the table."""
    file = file_of(radiograph(rows, columns))
    header = read_header(file)
    frame = frame_of(header, file, 1)
    taken: dict[str, list[float]] = {"plain": [], "marked": []}
    ways: dict[str, Marking | None] = {"plain": None, "marked": marking}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            before = process_time()
            render_frame(header, frame, 1, media_type=kind, marking=way)  # type: ignore[arg-type]
            taken[name].append(process_time() - before)
    plain, marked = (statistics.median(taken[name]) * 1_000 for name in ("plain", "marked"))
    return {
        "picture": f"{columns} × {rows}, {kind.partition('/')[2]}",
        "plain_ms": round(plain, 1),
        "marked_ms": round(marked, 1),
        "ratio": round(marked / plain, 2),
    }


def main() -> int:
    """Print the table; 1 where a mark costs too much."""
    parser = argparse.ArgumentParser(prog="bench.marking", description=__doc__)
    parser.add_argument("--json", action="store_true", help="as JSON")
    asked = parser.parse_args()
    lines = [measured(rows, columns, kind) for rows, columns in SIZES for kind in KINDS]
    if asked.json:
        print(json.dumps(lines, indent=2))
    else:
        print(f"{os.cpu_count()} cores; processor time, median of {ROUNDS}\n")
        print("| picture | drawn | drawn and marked | ratio |\n| --- | --- | --- | --- |")
        for one in lines:
            print("| {picture} | {plain_ms} ms | {marked_ms} ms | {ratio} |".format(**one))
    return int(any(float(str(one["ratio"])) > RATIO_MAX for one in lines))


if __name__ == "__main__":
    sys.exit(main())

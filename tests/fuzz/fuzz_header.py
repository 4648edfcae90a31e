"""Fuzz the header reader and all that follows it: only DicomError may leave.

Run by hand, for as long as wanted, with a folder of DICOM files to start from:

    python tests/fuzz/fuzz_header.py CORPUS -max_total_time=600
"""

import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["segel.imaging.dicom"]):
    from segel.imaging.dicom import (
        DicomError,
        bulk,
        frame_of,
        instance_attributes,
        metadata,
        patient_identity,
        read_header,
        series_attributes,
        study_attributes,
    )


def exercise(file: bytes) -> None:
    """Everything that happens to a stored file before its pixels are decoded."""
    try:
        header = read_header(file, accept_no_meta=True)
    except DicomError as error:
        str(error)
        return
    patient_identity(header)
    study_attributes(header)
    series_attributes(header)
    instance_attributes(header)
    paths: list[str] = []

    def remember(path: str) -> str:
        paths.append(path)
        return path

    metadata(header, remember, file=file)
    for path in paths[:4]:
        try:
            bulk(file, path)
        except DicomError as error:
            str(error)
    try:
        frame_of(header, file, 1)
    except DicomError as error:
        str(error)


if __name__ == "__main__":
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()

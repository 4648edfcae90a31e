"""Whatever the bytes, nothing but DicomError leaves, and no error or log line repeats a value."""

import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.imaging.dicom import (
    DicomError,
    bulk,
    frame_of,
    instance_attributes,
    metadata,
    patient_identity,
    read_header,
    render,
    series_attributes,
    study_attributes,
)

FUZZERS = Path(__file__).resolve().parents[2] / "fuzz"
SMALL = (
    "test_files/CT_small.dcm",
    "test_files/MR_small_implicit.dcm",
    "test_files/MR_small_bigendian.dcm",
    "test_files/test-SR.dcm",
    "test_files/image_dfl.dcm",
    "test_files/rtplan.dcm",
    "test_files/SC_rgb_rle_2frame.dcm",
    "charset_files/chrH32.dcm",
    "charset_files/chrI2.dcm",
)


def exercise(file: bytes) -> None:
    header = read_header(file, accept_no_meta=True)
    patient_identity(header)
    study_attributes(header)
    series_attributes(header)
    instance_attributes(header)
    paths: list[str] = []
    metadata(header, lambda path: paths.append(path) or path, file=file)  # type: ignore[func-returns-value]
    for path in paths:
        bulk(file, path)
    frame_of(header, file, 1)


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(SMALL),
    changes=st.lists(
        st.tuples(
            st.floats(0, 1, exclude_max=True),
            st.integers(0, 3),
            st.one_of(st.binary(max_size=8), st.sampled_from([b"\xff" * 4, b"\xfe\xff\xdd\xe0"])),
        ),
        min_size=1,
        max_size=6,
    ),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_mutated_files_are_read_or_refused(
    files: dict[str, bytes], name: str, changes: list[tuple[float, int, bytes]], keep: float
) -> None:
    file = bytearray(files[name][:20_000])
    for place, cut, put in changes:
        at = int(place * len(file))
        file[at : at + cut] = put
    file = file[: int(len(file) * keep)]
    with suppress(DicomError):
        exercise(bytes(file))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_random_bytes_are_refused(data: bytes, prefixed: bool) -> None:
    with pytest.raises(DicomError):
        exercise(bytes(128) + b"DICM" + data if prefixed else data)


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0.2, 1, exclude_max=True), put=st.binary(min_size=1, max_size=6))
def test_mutated_pixels_are_shown_or_refused(
    files: dict[str, bytes], place: float, put: bytes
) -> None:
    for name in ("data/emri_small_RLE.dcm", "test_files/CT_small.dcm"):
        file = bytearray(files[name])
        at = int(place * len(file))
        file[at : at + len(put)] = put
        with suppress(DicomError):
            render(bytes(file))


def test_nothing_is_said_about_values_outside_of_errors() -> None:
    """pydicom warns and logs with the values that it stumbles over; ours must stay silent."""
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    program = (
        "import sys, pathlib, logging\n"
        "from segel.imaging.dicom import *\n"
        "logging.basicConfig(level=0)\n"
        "from segel.imaging.dicom.text import decode, encodings\n"
        "decode(b'\\x1b$Bsecret', encodings(('secret', 'ISO 2022 IR 87')))\n"
        f"for path in pathlib.Path({str(folder)!r}).glob('*.dcm'):\n"
        "    try:\n"
        "        header = read_header(path.read_bytes(), accept_no_meta=True)\n"
        "        metadata(header, str); header.dataset.to_json_dict()\n"
        "    except Exception:\n"
        "        pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed here")
@pytest.mark.parametrize("fuzzer", ["fuzz_header.py", "fuzz_multipart.py"])
def test_the_fuzzers_run(fuzzer: str, tmp_path: Path, files: dict[str, bytes]) -> None:
    for name in SMALL:
        (tmp_path / name.replace("/", "-")).write_bytes(files[name][:8192])
    arguments = [str(tmp_path), "-runs=3000", "-seed=1", "-max_len=8192"]
    # libFuzzer looks at the most memory that a process ever had, and a child begins with its
    # parent's: a shell between them, which forks, leaves the other tests' out.
    alone = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]
    done = subprocess.run(
        [*alone, sys.executable, str(FUZZERS / fuzzer), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-3000:]

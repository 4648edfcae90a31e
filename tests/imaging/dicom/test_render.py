"""Pictures hold the pixels that pydicom's own pipeline gives, and requests beyond reason fail."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_windowing
from pydicom.uid import UID

from segel.imaging.dicom import (
    DicomError,
    FrameUnknown,
    NotAcceptable,
    PixelsAbsent,
    PixelsBroken,
    RenderingInvalid,
    Window,
    frame_of,
    parse_window,
    read_header,
    render,
    render_frame,
    thumbnail,
    transcode,
)

EXPLICIT = "1.2.840.10008.1.2.1"


def decodes(dataset: Dataset) -> bool:
    try:
        return bool(dataset.pixel_array.size)
    except Exception:
        return False


def picture(png: bytes) -> NDArray[Any]:
    return np.asarray(Image.open(BytesIO(png)))


def test_every_file_that_pydicom_decodes_becomes_a_picture(files: dict[str, bytes]) -> None:
    rendered = 0
    for path, file in files.items():
        try:
            header = read_header(file, accept_no_meta=True)
        except DicomError:
            continue
        if header.pixel is None:
            continue
        dataset = pydicom.dcmread(BytesIO(file), force=True)
        dataset.file_meta.TransferSyntaxUID = UID(header.transfer_syntax_uid)
        if int(dataset.get("Rows") or 0) > 600:
            continue  # the large ones say nothing more
        if not decodes(dataset):
            continue
        shown = picture(render(file))
        assert shown.shape[:2] == (dataset.Rows, dataset.Columns), path
        rendered += 1
    assert rendered > 100


def test_a_ct_is_shown_as_its_window_says(ct: bytes) -> None:
    dataset = pydicom.dcmread(BytesIO(ct))
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    values = apply_modality_lut(dataset.pixel_array, dataset)
    shown = apply_windowing(values, dataset)
    scaled = (shown - shown.min()) / (shown.max() - shown.min()) * 255
    ours = picture(render(ct, window=Window(40, 400)))
    assert np.abs(ours.astype(float) - scaled).max() <= 1


@pytest.mark.parametrize(
    "name", ["test_files/examples_palette.dcm", "data/OBXXXX1A.dcm", "data/OBXXXX1A_expb.dcm"]
)
def test_palettes_are_applied_in_either_byte_order(files: dict[str, bytes], name: str) -> None:
    dataset = pydicom.dcmread(BytesIO(files[name.replace("_expb", "")]))
    colours = apply_color_lut(dataset.pixel_array, dataset)
    assert np.array_equal(picture(render(files[name])), colours >> (8 * (colours.itemsize - 1)))


def test_ybr_is_shown_as_rgb(files: dict[str, bytes]) -> None:
    file = files["test_files/examples_ybr_color.dcm"]
    expected = pydicom.dcmread(BytesIO(file)).pixel_array
    expected = expected[0] if expected.ndim == 4 else expected
    assert np.array_equal(picture(render(file)), expected)


def _grey(make: Callable[..., bytes], values: list[int], **attributes: object) -> bytes:
    return make(
        **{
            "Rows": 1,
            "Columns": len(values),
            "BitsAllocated": 8,
            "BitsStored": 8,
            "HighBit": 7,
            "PixelRepresentation": 0,
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "PixelData": bytes(values) + bytes(len(values) % 2),
        }
        | attributes
    )


def test_monochrome1_is_dark_where_values_are_high(make: Callable[..., bytes]) -> None:
    values = [0, 64, 255]
    plain = picture(render(_grey(make, values)))
    turned = picture(render(_grey(make, values, PhotometricInterpretation="MONOCHROME1")))
    assert plain.tolist() == [values]
    assert turned.tolist() == [[255, 191, 0]]


def test_padding_does_not_stretch_the_range(make: Callable[..., bytes]) -> None:
    file = _grey(make, [0, 100, 110, 120], PixelPaddingValue=0)
    assert picture(render(file)).tolist() == [[0, 0, 128, 255]]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        # PS3.3 § C.11.2.1.2: of the 8-bit identity window c=128, w=256
        (Window(128, 256), [0, 64, 128, 255]),
        (Window(101, 1), [0, 0, 255, 255]),
        (Window(127.5, 255, "LINEAR_EXACT"), [0, 64, 128, 255]),
        (Window(128, 10, "SIGMOID"), [0, 0, 128, 255]),
    ],
)
def test_windows_of_each_function(
    make: Callable[..., bytes], window: Window, expected: list[int]
) -> None:
    shown = picture(render(_grey(make, [0, 64, 128, 255]), window=window))
    assert shown.tolist() == [expected]


def test_an_enhanced_instance_has_a_window_for_each_frame(make: Callable[..., bytes]) -> None:
    groups = []
    for center in (50, 150):
        voi, group = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = center, 1
        group.FrameVOILUTSequence = [voi]
        groups.append(group)
    file = _grey(
        make,
        [100, 100],
        NumberOfFrames=2,
        Columns=1,
        PerFrameFunctionalGroupsSequence=groups,
    )
    assert picture(render(file, 1)).tolist() == [[255]]
    assert picture(render(file, 2)).tolist() == [[0]]


@given(width=st.integers(1, 300), height=st.integers(1, 300))
def test_pictures_fit_their_viewport_in_proportion(ct: bytes, width: int, height: int) -> None:
    shown = Image.open(BytesIO(render(ct, viewport=(width, height))))
    assert shown.size == (min(width, height),) * 2


def test_one_frame_is_rendered_from_its_bytes_alone(files: dict[str, bytes]) -> None:
    for name in ("data/emri_small_jpeg_2k_lossless.dcm", "data/emri_small_RLE.dcm"):
        file = files[name]
        header = read_header(file)
        alone = read_header(header.data)
        frame = frame_of(header, file, 7)
        assert render_frame(alone, frame, 7) == render(file, 7)
        expected = pydicom.dcmread(BytesIO(file)).pixel_array[6]
        assert picture(render(file, 7)).argmax() == expected.argmax()


def test_a_thumbnail_is_a_small_jpeg(ct: bytes) -> None:
    shown = Image.open(BytesIO(thumbnail(ct, pixels=32)))
    assert (shown.format, shown.size) == ("JPEG", (32, 32))


@pytest.mark.parametrize("text", ["", "1", "1,x", "1,2,cubic", "1,2,linear,4", "nan,1", "0,0.5"])
def test_malformed_windows_are_refused(text: str) -> None:
    with pytest.raises(RenderingInvalid):
        parse_window(text)


def test_windows_are_read_as_the_standard_writes_them() -> None:
    assert parse_window("40, 400,linear-exact") == Window(40, 400, "LINEAR_EXACT")
    assert parse_window("-600,1500") == Window(-600, 1500)


def test_what_cannot_be_shown_says_so(
    ct: bytes, files: dict[str, bytes], make: Callable[..., bytes]
) -> None:
    with pytest.raises(FrameUnknown):
        render(ct, 2)
    with pytest.raises(PixelsAbsent):
        render(make())
    with pytest.raises(PixelsBroken):
        render(files["test_files/MR_truncated.dcm"])
    with pytest.raises(RenderingInvalid):
        render(ct, viewport=(0, 100))
    with pytest.raises(RenderingInvalid):
        render(ct, viewport=(100, 100_000))


@pytest.mark.parametrize(
    ("name", "mark", "at", "size"),
    [
        ("test_files/JPEG2000.dcm", b"\xff\x4f\xff\x51", 8, b"\0\0\xff\xff" * 2),
        ("test_files/SC_rgb_jpeg.dcm", b"\xff\xc0\0\x11", 5, b"\xff\xff" * 2),
        ("test_files/MR_small_jpeg_ls_lossless.dcm", b"\xff\xf7\0\x0b", 5, b"\xff\xff" * 2),
    ],
)
def test_a_frame_that_says_it_is_huge_is_not_decoded(
    files: dict[str, bytes], name: str, mark: bytes, at: int, size: bytes
) -> None:
    file = bytearray(files[name])
    place = file.index(mark) + at
    file[place : place + len(size)] = size
    with pytest.raises(PixelsBroken, match="larger than the instance says"):
        transcode(bytes(file), EXPLICIT)
    with pytest.raises(PixelsBroken, match="larger than the instance says"):
        render(bytes(file))


def test_transcoding_gives_the_same_pixels_uncompressed(files: dict[str, bytes]) -> None:
    done = 0
    for path, file in files.items():
        try:
            header = read_header(file, accept_no_meta=True)
            if header.pixel is None or len(file) > 400_000:
                continue
            plain = bytes(transcode(file, EXPLICIT))
        except DicomError:
            continue
        source = pydicom.dcmread(BytesIO(file), force=True)
        source.file_meta.TransferSyntaxUID = UID(header.transfer_syntax_uid)
        result = pydicom.dcmread(BytesIO(plain))
        if not decodes(source):
            continue
        assert result.file_meta.TransferSyntaxUID == EXPLICIT, path
        assert result.SOPInstanceUID == source.SOPInstanceUID, path
        assert np.array_equal(result.pixel_array, source.pixel_array), path
        done += 1
    assert done > 80


def test_what_is_asked_for_as_it_is_stored_is_not_touched(ct: bytes) -> None:
    assert transcode(ct, "*") is ct
    assert transcode(ct, EXPLICIT) is ct


def test_other_transfer_syntaxes_are_not_made(ct: bytes) -> None:
    with pytest.raises(NotAcceptable) as caught:
        transcode(ct, "1.2.840.10008.1.2.4.90")
    assert EXPLICIT in caught.value.remedy

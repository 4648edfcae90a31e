"""A frame by its table is the frame that pydicom cuts, wherever it lies."""

from collections.abc import Callable
from io import BytesIO
from struct import pack

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from segel.imaging.dicom import (
    DicomError,
    FrameTable,
    FrameUnknown,
    PixelsAbsent,
    PixelsBroken,
    frame_table,
    is_native,
    read_frame,
    read_header,
    whole_file,
)
from segel.imaging.dicom.frames import swapped

JPEG = "1.2.840.10008.1.2.4.50"
BROKEN = {"badVR.dcm", "MR_truncated.dcm", "emri_small_jpeg_2k_lossless_too_short.dcm"}


def frames_of(file: bytes) -> list[bytes]:
    header = read_header(file, accept_no_meta=True)
    table = FrameTable.unpack(frame_table(header, file).pack())
    whole = whole_file(header, file)
    return [
        read_frame(table, number, lambda at, size: whole[at : at + size])
        for number in range(1, table.count + 1)
    ]


def test_frames_of_every_file_are_those_of_pydicom(files: dict[str, bytes]) -> None:
    compared = 0
    for path, file in files.items():
        try:
            header = read_header(file, accept_no_meta=True)
        except DicomError:
            continue
        if header.pixel is None or path.split("/")[-1] in BROKEN:
            continue
        ours = frames_of(file)
        dataset = pydicom.dcmread(BytesIO(file), force=True)
        count = int(dataset.get("NumberOfFrames") or 1)
        assert len(ours) == count, path
        if not is_native(header.transfer_syntax_uid):
            if "embedded" not in path:  # pydicom ends at a delimiter's look-alike
                theirs = list(generate_frames(dataset.PixelData, number_of_frames=count))
                assert ours == theirs, path
        elif dataset.get("BitsAllocated") == 1:
            array = pixel_array(dataset, raw=True).reshape(count, -1)
            packed = np.packbits(array, axis=1, bitorder="little")
            assert ours == [row.tobytes() for row in packed], path
        elif not header.coding.big_endian:
            name = pydicom.datadict.keyword_for_tag(header.pixel.tag)
            value = dataset[name].value
            assert b"".join(ours) == value[: sum(map(len, ours))], path
        else:
            dataset.file_meta.TransferSyntaxUID = UID(header.transfer_syntax_uid)
            array = pixel_array(dataset, raw=True)
            if dataset.get("PlanarConfiguration") == 1:  # pydicom has turned the planes
                array = np.moveaxis(array, -1, -3)
            found = np.frombuffer(b"".join(ours), array.dtype.newbyteorder("<"))
            unused = dataset.BitsAllocated - dataset.BitsStored  # pydicom fills them with the sign
            assert np.array_equal(found << unused, array.ravel() << unused), path
        compared += 1
    assert compared > 130


@given(
    rows=st.integers(1, 7),
    columns=st.integers(1, 7),
    count=st.integers(1, 9),
    bits=st.sampled_from([1, 8, 16, 32]),
    seed=st.integers(0, 1 << 30),
)
def test_native_frames_of_any_size_are_cut_exactly(
    make: Callable[..., bytes], rows: int, columns: int, count: int, bits: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    if bits == 1:
        values = rng.integers(0, 2, (count, rows * columns), dtype=np.uint8)
        pixels = np.packbits(values.ravel(), bitorder="little").tobytes()
        expected = [np.packbits(row, bitorder="little").tobytes() for row in values]
    else:
        wide = rng.integers(0, 256, (count, rows * columns * bits // 8), dtype=np.uint8)
        pixels = wide.tobytes()
        expected = [row.tobytes() for row in wide]
    file = make(
        Rows=rows,
        Columns=columns,
        BitsAllocated=bits,
        SamplesPerPixel=1,
        NumberOfFrames=count,
        PixelData=pixels + bytes(len(pixels) % 2),
    )
    assert frames_of(file) == expected


FRAMES = [b"\xff\xd8" + bytes([n]) * (10 + 7 * n) + b"\xff\xd9" for n in range(1, 6)]
FRAMES = [frame + b"\0" * (len(frame) % 2) for frame in FRAMES]


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("has_table", [True, False])
def test_fragments_are_told_apart_by_table_or_by_their_marks(
    make: Callable[..., bytes], fragments: int, has_table: bool
) -> None:
    pixels = encapsulate(FRAMES, fragments_per_frame=fragments, has_bot=has_table)
    assert frames_of(make(JPEG, NumberOfFrames=5, PixelData=pixels)) == FRAMES


def test_an_extended_offset_table_is_followed(make: Callable[..., bytes]) -> None:
    plain = [bytes([n]) * 10 for n in range(5)]  # nothing in the frames tells them apart
    pixels, offsets, lengths = encapsulate_extended(plain)
    file = make(
        JPEG,
        NumberOfFrames=5,
        PixelData=pixels,
        ExtendedOffsetTable=offsets,
        ExtendedOffsetTableLengths=lengths,
    )
    assert frames_of(file) == plain


def test_a_wrong_offset_table_does_not_mislead(make: Callable[..., bytes]) -> None:
    pixels = bytearray(encapsulate(FRAMES, has_bot=True))
    pixels[12:16] = pack("<L", 3)
    assert frames_of(make(JPEG, NumberOfFrames=5, PixelData=bytes(pixels))) == FRAMES


def test_fragments_that_nothing_tells_apart_are_an_error(make: Callable[..., bytes]) -> None:
    pixels = encapsulate([bytes(20)] * 4, has_bot=False)
    with pytest.raises(PixelsBroken) as caught:
        frames_of(make(JPEG, NumberOfFrames=3, PixelData=pixels))
    assert caught.value.field == "NumberOfFrames"
    assert "4 fragments for 3 frames" in str(caught.value)


@pytest.mark.parametrize("number", [0, -1, 6])
def test_frames_that_are_not_there_are_refused(make: Callable[..., bytes], number: int) -> None:
    file = make(JPEG, NumberOfFrames=5, PixelData=encapsulate(FRAMES))
    with pytest.raises(FrameUnknown):
        frame_table(read_header(file), file).ranges(number)


def test_an_instance_without_pixels_has_no_frames(make: Callable[..., bytes]) -> None:
    with pytest.raises(PixelsAbsent):
        frame_table(read_header(make()), make())


def test_native_pixels_shorter_than_their_frames_are_an_error(make: Callable[..., bytes]) -> None:
    file = make(Rows=10, Columns=10, BitsAllocated=8, NumberOfFrames=2, PixelData=bytes(198))
    with pytest.raises(PixelsBroken):
        frame_table(read_header(file), file)


def test_of_a_cut_file_the_whole_frames_can_still_be_read(files: dict[str, bytes]) -> None:
    file = files["test_files/examples_ybr_color.dcm"]
    header = read_header(file)
    whole = frames_of(file)
    cut = file[: len(file) * 2 // 3]
    table = frame_table(header, cut) if len(whole) == 1 else frame_table(header, file)
    assert table.count == len(whole)
    assert read_frame(table, 1, lambda at, size: cut[at : at + size]) == whole[0]
    with pytest.raises(PixelsBroken):
        read_frame(table, table.count, lambda at, size: cut[at : at + size])


def test_only_the_asked_for_range_is_read(files: dict[str, bytes]) -> None:
    file = files["data/emri_small.dcm"]
    table = frame_table(read_header(file), file)
    reads: list[tuple[int, int]] = []

    def read(at: int, size: int) -> bytes:
        reads.append((at, size))
        return file[at : at + size]

    assert len(read_frame(table, 7, read)) == 64 * 64 * 2
    assert [size for _, size in reads] == [64 * 64 * 2]


@given(st.binary(max_size=64), st.sampled_from([2, 4, 8]))
def test_turning_around_twice_changes_nothing(values: bytes, size: int) -> None:
    assert swapped(swapped(values, size), size) == values

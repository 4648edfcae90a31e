"""A decoy's files: of one make with their pattern's, and nothing in them is the pattern's."""

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from segel.app.decoys.files import make_files
from segel.app.decoys.pixels import CannotResemble
from segel.app.decoys.planting import parts_of
from segel.app.synth.population import population
from segel.domain.dicom import JsonDataset
from support.hospital import study_of

NAME, NUMBER, BORN, NIK = "NOBODY AT ALL", "00012345", "19710203", "9801010302710001"
REPLACED: JsonDataset = {
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": NAME}]},
    "00100020": {"vr": "LO", "Value": [NUMBER]},
    "00100030": {"vr": "DA", "Value": [BORN]},
    "00101002": {"vr": "SQ", "Value": [{"00100020": {"vr": "LO", "Value": [NIK]}}]},
}


def read(data: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def studies() -> Any:
    chance = random.Random(3)
    return [study_of(person, chance)[1] for person in population(30, 3).people()]


def test_nothing_of_the_pattern_is_left_but_its_make() -> None:
    for files in studies():
        made = make_files(files, REPLACED, random.Random(1))
        old, new = [read(data) for data in files], [read(data) for data in made]
        assert len(made) == len(files)
        assert {str(one.PatientName) for one in new} == {NAME}
        assert {one.PatientID for one in new} == {NUMBER}
        assert len({one.StudyInstanceUID for one in new}) == 1
        assert len({one.SOPInstanceUID for one in new}) == len(new)
        for data, before in zip(made, old, strict=True):
            for text in (str(before.PatientName), before.StudyInstanceUID, before.PatientID):
                assert text.encode() not in data
            if "OtherPatientIDsSequence" in before:
                assert before.OtherPatientIDsSequence[0].PatientID.encode() not in data
                assert NIK.encode() in data


def test_series_stay_together_and_uids_keep_what_they_have_in_common() -> None:
    for files in studies():
        old, new = ([read(one) for one in which] for which in
                    (files, make_files(files, REPLACED, random.Random(1))))  # fmt: skip
        for before, after in zip(old, new, strict=True):
            assert len(after.SOPInstanceUID) == len(before.SOPInstanceUID)
            below = before.SOPInstanceUID.startswith(before.StudyInstanceUID)
            assert after.SOPInstanceUID.startswith(after.StudyInstanceUID) == below
            assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
        together = len({one.SeriesInstanceUID for one in old})
        assert len({one.SeriesInstanceUID for one in new}) == together


def test_the_picture_is_another_of_the_same_kind() -> None:
    for files in studies():
        before, after = read(files[0]), read(make_files(files, REPLACED, random.Random(1))[0])
        one, other = before.pixel_array.astype(float), after.pixel_array.astype(float)
        assert one.shape == other.shape
        assert len(before.PixelData) == len(after.PixelData)
        assert (one != other).mean() > 0.3
        assert abs(one.mean() - other.mean()) < 0.25 * one.std() + 40
        assert before.BitsStored == after.BitsStored
        assert other.max() < 2**after.BitsStored


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm"])
def test_real_images_are_made_again_or_refused(name: str) -> None:
    data = Path(str(get_testdata_file(name))).read_bytes()
    try:
        [made] = make_files([data], REPLACED, random.Random(1))
    except CannotResemble:
        assert "bigendian" in name
        return
    before, after = read(data), read(made)
    assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    assert after.pixel_array.shape == before.pixel_array.shape
    assert not np.array_equal(after.pixel_array, before.pixel_array)


def test_an_image_that_is_compressed_otherwise_lends_nothing() -> None:
    data = Path(str(get_testdata_file("JPEG2000.dcm"))).read_bytes()
    with pytest.raises(CannotResemble):
        make_files([data], REPLACED, random.Random(1))


def test_a_multipart_answer_is_taken_apart() -> None:
    body = (
        b"--b\r\nContent-Type: application/dicom\r\n\r\none\r\n--b\r\nA: b\r\n\r\ntwo\r\n--b--\r\n"
    )
    assert parts_of('multipart/related; type="application/dicom"; boundary=b', body) == [
        b"one",
        b"two",
    ]

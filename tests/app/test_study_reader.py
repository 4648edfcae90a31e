"""What the pages are told of an image, from its metadata."""

from typing import Any
from uuid import uuid4

import pytest

from segel.app.study_reader import shown_instance
from segel.imaging.model import InstanceEntry, InstanceRecord

GREY: dict[str, Any] = {
    "00280004": {"vr": "CS", "Value": ["MONOCHROME2"]},
    "00280010": {"vr": "US", "Value": [300]},
    "00280011": {"vr": "US", "Value": [400]},
    "00280030": {"vr": "DS", "Value": [0.25, 0.5]},
    "00281050": {"vr": "DS", "Value": [40, -600]},
    "00281051": {"vr": "DS", "Value": [400, 1200]},
}


def entry(frames: bytes = b"some table") -> InstanceEntry:
    record = InstanceRecord(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        sop_instance_uid="2.25.1",
        series_uid="2.25.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        file_bytes=1000,
        dataset_offset=300,
        header_bytes=800,
        head=b"",
        frames=frames,
        attributes={},
    )
    return InstanceEntry(record, uuid4(), uuid4(), uuid4(), 0, 1200)


def test_a_grey_image_has_its_window_and_its_size_in_the_patient() -> None:
    shown = shown_instance(entry(), GREY)
    assert (shown.uid, shown.frames, shown.grey, shown.inverted) == ("2.25.1", 1, True, False)
    assert shown.window == (40, 400)
    assert shown.size == (400, 300)
    assert shown.width_mm == 400 * 0.5  # a row's neighbours are 0.25 mm apart, a column's 0.5


def test_low_values_are_white_where_the_image_says_so() -> None:
    assert shown_instance(
        entry(), {**GREY, "00280004": {"vr": "CS", "Value": ["MONOCHROME1"]}}
    ).inverted


def test_colour_has_no_window() -> None:
    shown = shown_instance(entry(), {**GREY, "00280004": {"vr": "CS", "Value": ["RGB"]}})
    assert not shown.grey
    assert shown.window is None


def test_pixels_have_the_shape_that_the_image_says() -> None:
    assert shown_instance(entry(), GREY).aspect == 0.5
    ratio = {**GREY, "00280034": {"vr": "IS", "Value": [4, 3]}}
    assert shown_instance(entry(), ratio).aspect == 0.5  # a spacing says it more precisely
    del ratio["00280030"]
    assert shown_instance(entry(), ratio).aspect == 4 / 3


@pytest.mark.parametrize("ratio", [[0, 1], [1, 0], [1000, 1], [1]])
def test_pixels_of_an_impossible_shape_are_square(ratio: list[int]) -> None:
    header = {"00280034": {"vr": "IS", "Value": ratio}}
    assert shown_instance(entry(), header).aspect == 1


IMAGER_SPACING = {"00181164": {"vr": "DS", "Value": [0.25, 0.5]}}
CALIBRATED = {"00280A02": {"vr": "CS", "Value": ["GEOMETRY"]}}


def test_without_a_spacing_in_the_patient_there_is_the_detectors() -> None:
    header = {**GREY, **IMAGER_SPACING}
    del header["00280030"]
    shown = shown_instance(entry(), header)
    assert (shown.width_mm, shown.at_detector) == (400 * 0.5, True)


@pytest.mark.parametrize(
    ("more", "at_detector"),
    [
        ({}, False),
        (IMAGER_SPACING, True),  # the same numbers: nobody corrected them
        ({**IMAGER_SPACING, **CALIBRATED}, False),
        ({"00181164": {"vr": "DS", "Value": [0.3, 0.6]}}, False),
    ],
)
def test_a_spacing_that_was_never_calibrated_is_the_detectors(
    more: dict[str, Any], at_detector: bool
) -> None:
    assert shown_instance(entry(), {**GREY, **more}).at_detector == at_detector


@pytest.mark.parametrize("spacing", [[], [0, 0], [None, None], ["", ""], [-1, -1], [0.5, 0]])
def test_a_spacing_that_says_nothing_is_no_length(spacing: list[Any]) -> None:
    shown = shown_instance(entry(), {**GREY, "00280030": {"vr": "DS", "Value": spacing}})
    assert (shown.width_mm, shown.at_detector, shown.aspect) == (0, False, 1)


def test_what_has_no_pixels_has_no_frames() -> None:
    assert shown_instance(entry(frames=b""), {}).frames == 0


def test_frames_are_counted() -> None:
    film = {**GREY, "00280008": {"vr": "IS", "Value": [120]}}
    assert shown_instance(entry(), film).frames == 120

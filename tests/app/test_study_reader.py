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


@pytest.mark.parametrize("spacing", [[], [0, 0], [None, None], ["", ""], [-1, -1]])
def test_a_spacing_that_says_nothing_is_no_length(spacing: list[Any]) -> None:
    shown = shown_instance(entry(), {**GREY, "00280030": {"vr": "DS", "Value": spacing}})
    assert shown.width_mm == 0


def test_what_has_no_pixels_has_no_frames() -> None:
    assert shown_instance(entry(frames=b""), {}).frames == 0


def test_frames_are_counted() -> None:
    film = {**GREY, "00280008": {"vr": "IS", "Value": [120]}}
    assert shown_instance(entry(), film).frames == 120

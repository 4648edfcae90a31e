"""The JSON model of every test file is pydicom's, and every bulk path leads back to its bytes."""

import json
import math
from base64 import b64decode
from collections.abc import Callable, Iterator
from io import BytesIO
from struct import pack
from typing import Any

import msgspec
import pydicom
import pytest
from pydicom import Dataset

from segel.domain.dicom import JsonDataset
from segel.imaging.dicom import BulkUnknown, DicomError, bulk, metadata, read_header
from segel.imaging.dicom.values import INLINE_BYTES_MAX

# pydicom does not read these to their end.
UNREADABLE = {"test_files/badVR.dcm", "data/emri_small_jpeg_2k_lossless_too_short.dcm"}


def _leaves(dataset: JsonDataset, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path, where both sides may say the same in two ways made one."""
    for tag, element in dataset.items():
        if tag.endswith("0000") or tag == "00080005":
            continue  # no group lengths in JSON, and its character set is always UTF-8
        value = element.get("Value") or []
        if element["vr"] == "SQ":
            yield path + tag, len(value)
            for index, item in enumerate(value):
                yield from _leaves(item, f"{path}{tag}/{index}/")
        elif "InlineBinary" in element:
            yield path + tag, (element["vr"], b64decode(element["InlineBinary"]))
        elif "BulkDataURI" in element:
            yield path + tag, (element["vr"], element["BulkDataURI"])
        else:
            leaf = [_plain(item) for item in value]
            yield path + tag, (element["vr"], [] if leaf == [None] else leaf)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):  # a name: empty groups and padding say nothing
        return {key: text.strip(" \0") for key, text in value.items() if text.strip(" \0")}
    if isinstance(value, str):
        return value.strip(" \0") or None
    return None if isinstance(value, float) and not math.isfinite(value) else value


def test_metadata_of_every_file_is_what_pydicom_says(files: dict[str, bytes]) -> None:
    compared = 0
    for path, file in files.items():
        try:
            header = read_header(file, accept_no_meta=True)
        except DicomError:
            continue
        found = metadata(header, lambda bulk_path: bulk_path, file=file)
        json.loads(msgspec.json.encode(found))
        if path in UNREADABLE:
            continue
        ours = dict(_leaves(found))
        theirs = dict(_leaves(pydicom.dcmread(BytesIO(file), force=True).to_json_dict()))
        assert ours.keys() == theirs.keys(), path
        for place, leaf in ours.items():
            expected = theirs[place]
            if isinstance(leaf, tuple) and isinstance(leaf[1], str):
                value = bulk(file, leaf[1])[1]
                if place == "7FE00010" and header.pixel and header.pixel.length == 0xFFFFFFFF:
                    # Encapsulated: pydicom gives the items with their heads, we their contents.
                    assert len(value) < len(expected[1])
                    assert value[-100:-1] in expected[1]
                    continue
                leaf = (leaf[0], value)
            assert leaf == expected, f"{path} {place}"
        compared += 1
    assert compared > 200


def test_long_binary_values_go_by_reference_and_short_ones_inline(
    make: Callable[..., bytes],
) -> None:
    short, long = bytes(INLINE_BYTES_MAX), bytes(range(256)) * 5
    item = Dataset()
    item.WaveformData = long
    item["WaveformData"].VR = "OB"
    file = make(EncapsulatedDocument=short, WaveformSequence=[Dataset(), item])
    found = metadata(read_header(file), lambda path: "/bulk/" + path)
    assert b64decode(found["00420011"]["InlineBinary"]) == short
    place = "54000100/1/54001010"
    assert found["54000100"]["Value"][1]["54001010"] == {
        "vr": "OB",
        "BulkDataURI": "/bulk/" + place,
    }
    assert bulk(file, place) == ("application/octet-stream", long)


def test_an_encapsulated_document_has_its_media_type_but_never_html(
    make: Callable[..., bytes],
) -> None:
    for stated, given in (
        ("application/pdf", "application/pdf"),
        ("text/html", "application/octet-stream"),
    ):
        file = make(EncapsulatedDocument=bytes(2000), MIMETypeOfEncapsulatedDocument=stated)
        assert bulk(file, "00420011") == (given, bytes(2000))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "7fe00010",
        "7FE00010/",
        "7FE00001",
        "7FE00008",
        "00100010/0/00100020",
        "00081140/99/00081150",
        "../7FE00010",
        "0" * 8 + "/0/00000000" * 50,
        "00420011",
    ],
)
def test_paths_to_nothing_are_refused(ct: bytes, path: str) -> None:
    with pytest.raises(BulkUnknown):
        bulk(ct, path)


def test_what_is_no_number_or_does_not_fit_is_still_given(make: Callable[..., bytes]) -> None:
    odd = (
        pack("<HH2sH4s", 0x0020, 0x0011, b"IS", 4, b"1x2 ")
        + pack("<HH2sH4s", 0x0020, 0x1041, b"DS", 4, b"1e99")
        + pack("<HH2sH8s", 0x0020, 0x1042, b"DS", 8, b"1e999\\2 ")
        + pack("<HH2sH3s", 0x0028, 0x0010, b"US", 3, b"abc")
        + pack("<HH2sH8s", 0x0018, 0x9073, b"FD", 8, b"\xff" * 8)
    )
    found = metadata(read_header(make() + odd), str)
    assert found["00200011"] == {"vr": "IS", "Value": ["1x2"]}
    assert found["00201041"] == {"vr": "DS", "Value": [1e99]}
    assert found["00201042"] == {"vr": "DS", "Value": ["1e999", 2.0]}
    assert found["00280010"] == {"vr": "UN", "InlineBinary": "YWJj"}
    assert found["00189073"] == {"vr": "FD", "Value": [None]}


def test_pixel_data_that_is_not_there_is_refused(make: Callable[..., bytes]) -> None:
    with pytest.raises(BulkUnknown):
        bulk(make(), "7FE00010")

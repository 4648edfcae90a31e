"""What may be stored, what is refused and with which words."""

from collections.abc import Callable
from io import BytesIO
from struct import pack

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.imaging.dicom import (
    DicomError,
    HeaderBroken,
    LimitExceeded,
    NotDicom,
    TransferSyntaxUnknown,
    UidInvalid,
    UidMismatch,
    UidMissing,
    part10_prefix,
    read_header,
)
from segel.imaging.dicom import elements as elements_module
from segel.imaging.dicom import header as header_module

DEFLATED = "1.2.840.10008.1.2.1.99"

# Files of the collections that lack a UID, have a malformed one, or are cut inside the header.
REFUSED = {
    "DICOMDIR": UidMissing,
    "DICOMDIR-bigEnd": UidMissing,
    "DICOMDIR-empty.dcm": UidMissing,
    "DICOMDIR-implicit": UidMissing,
    "DICOMDIR-nooffset": HeaderBroken,
    "DICOMDIR-nopatient": UidMissing,
    "DICOMDIR-reordered": UidMissing,
    "JPEGLSNearLossless_08.dcm": UidMissing,
    "JPEGLSNearLossless_16.dcm": UidMissing,
    "SC_rgb_jls_lossy_line.dcm": UidMissing,
    "SC_rgb_jls_lossy_sample.dcm": UidMissing,
    "UN_sequence.dcm": UidMissing,
    "chrSQEncoding.dcm": UidMissing,
    "chrSQEncoding1.dcm": UidMissing,
    "empty_charset_LEI.dcm": UidMissing,
    "meta_missing_tsyntax.dcm": UidMissing,
    "nested_priv_SQ.dcm": UidMissing,
    "no_meta.dcm": NotDicom,
    "no_meta_group_length.dcm": UidMissing,
    "priv_SQ.dcm": UidMissing,
    "rtplan_truncated.dcm": HeaderBroken,
}
NEED_LENIENCE = {
    "ExplVR_BigEndNoMeta.dcm",
    "ExplVR_LitEndNoMeta.dcm",
    "rtstruct.dcm",
    "OT-PAL-8-face.dcm",
}


def test_every_file_with_its_uids_is_storable_and_agrees_with_pydicom(
    files: dict[str, bytes],
) -> None:
    for path, file in files.items():
        name = path.split("/")[-1]
        if name in REFUSED:
            with pytest.raises(REFUSED[name]):
                read_header(file, accept_no_meta=True)
            continue
        header = read_header(file, accept_no_meta=name in NEED_LENIENCE)
        theirs = pydicom.dcmread(BytesIO(file), force=True, stop_before_pixels=True)
        assert header.sop_instance_uid == theirs.SOPInstanceUID, path
        assert header.study_uid == theirs.StudyInstanceUID, path
        assert set(theirs.keys()) <= set(header.elements), path
        syntax = theirs.file_meta.get("TransferSyntaxUID")
        assert syntax is None or header.transfer_syntax_uid == syntax, path


def test_files_without_meta_are_refused_unless_asked_for(files: dict[str, bytes]) -> None:
    for name in NEED_LENIENCE:
        file = next(file for path, file in files.items() if path.endswith("/" + name))
        with pytest.raises(NotDicom):
            read_header(file)


@given(st.text(min_size=2))
def test_text_is_no_dicom_and_is_not_quoted(text: str) -> None:
    file = b"AB" + text.encode()
    with pytest.raises(NotDicom) as caught:
        read_header(file, accept_no_meta=True)
    assert caught.value.field is None


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_read_alike(ct: bytes, kind: Callable[[bytes], bytes]) -> None:
    header = read_header(kind(ct))
    assert header == read_header(ct)
    assert header.pixel_offset is not None
    assert ct[header.pixel_offset :][:4] == b"\xe0\x7f\x10\x00"
    assert header.pixel is not None
    assert header.data == ct[: header.pixel.offset]


def test_the_header_alone_is_read_as_the_same_header(files: dict[str, bytes]) -> None:
    for path, file in files.items():
        try:
            header = read_header(file, accept_no_meta=True)
        except DicomError:
            continue
        if header.transfer_syntax_uid != DEFLATED:
            assert read_header(header.data, accept_no_meta=True) == header, path


@pytest.mark.parametrize(
    "keyword", ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]
)
def test_each_uid_is_needed(make: Callable[..., bytes], ct: bytes, keyword: str) -> None:
    if keyword.startswith("SOP"):
        dataset = pydicom.dcmread(BytesIO(ct))
        delattr(dataset, keyword)
        out = BytesIO()
        dataset.save_as(out)
        file = out.getvalue()
    else:
        file = make(**{keyword: None})
    with pytest.raises(UidMissing) as caught:
        read_header(file)
    assert caught.value.field == keyword


def test_a_uid_that_could_be_a_path_is_refused_without_being_repeated(ct: bytes) -> None:
    file = ct.replace(b"1.3.6.1.4.1.5962.1.2.1.20040119072730.12322", b"X/" * 21 + b"X")
    with pytest.raises(UidInvalid) as caught:
        read_header(file)
    assert "X/X" not in str(caught.value)


def test_another_sop_class_in_the_meta_group_is_refused(ct: bytes) -> None:
    with pytest.raises(UidMismatch):
        read_header(ct.replace(b"5.1.4.1.1.2\0", b"5.1.4.1.1.4\0", 1))


@pytest.mark.parametrize("syntax", ["1.2.840.113619.5.2", "1.2.3", ""])
def test_unknown_transfer_syntaxes_are_refused(make: Callable[..., bytes], syntax: str) -> None:
    dataset = make()[132:]
    at = dataset.index(b"\x08\x00\x16\x00")
    with pytest.raises(TransferSyntaxUnknown):
        read_header(part10_prefix("1.2", "1.3", syntax) + dataset[at:])


def test_a_c_store_data_set_becomes_a_file(ct: bytes) -> None:
    header = read_header(ct)
    prefix = part10_prefix(
        header.sop_class_uid, header.sop_instance_uid, header.transfer_syntax_uid, "MODALITY"
    )
    again = read_header(prefix + ct[header.dataset_offset :])
    assert again.dataset_offset == len(prefix)
    assert again.study_uid == header.study_uid
    meta = pydicom.dcmread(BytesIO(prefix + ct[header.dataset_offset :])).file_meta
    assert meta.SourceApplicationEntityTitle == "MODALITY"
    assert meta.FileMetaInformationGroupLength == len(prefix) - 144


@settings(max_examples=200, deadline=None)
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_header_cut_inside_an_element_is_refused(ct: bytes, cut: float) -> None:
    header = read_header(ct)
    assert header.pixel_offset is not None
    size = int(header.pixel_offset * cut)
    ends = {element.offset + element.length for element in header.elements.values()}
    try:
        part = read_header(ct[:size])
    except DicomError:
        return
    # Up to seven bytes behind the last whole element are what real files end with.
    assert any(size - 8 < end <= size for end in ends)
    assert part.elements.items() < header.elements.items()


def test_cut_pixels_are_accepted(ct: bytes) -> None:
    assert read_header(ct[:-1000]).sop_instance_uid == read_header(ct).sop_instance_uid


def _sequence(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        body = pack("<HHL", 0xFFFE, 0xE000, len(body)) + body
        body = pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, len(body)) + body
    return body


def test_nesting_has_a_limit(make: Callable[..., bytes]) -> None:
    deep = elements_module.DEPTH_MAX
    assert read_header(make() + _sequence(deep))
    with pytest.raises(LimitExceeded):
        read_header(make() + _sequence(deep + 1))
    opened = pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF)
    item = pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    with pytest.raises(LimitExceeded):
        read_header(make() + (opened + item) * 5000)


def test_elements_and_items_have_a_limit(
    make: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elements_module, "ELEMENTS_MAX", 100)
    many = b"".join(pack("<HH2sH", 0x0041, 0x1000 + n, b"LO", 0) for n in range(101))
    with pytest.raises(LimitExceeded):
        read_header(make() + many)
    items = pack("<HHL", 0xFFFE, 0xE000, 0) * 101
    with pytest.raises(LimitExceeded):
        read_header(make() + pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, len(items)) + items)


@pytest.mark.parametrize("length", [0x7FFFFFFF, 0xFFFFFFFE])
def test_a_length_beyond_the_file_is_refused(make: Callable[..., bytes], length: int) -> None:
    with pytest.raises(HeaderBroken) as caught:
        read_header(make() + pack("<HH2sHL", 0x0042, 0x0011, b"OB", 0, length) + bytes(1000))
    assert caught.value.field == "EncapsulatedDocument"


def test_deflated_data_sets_are_inflated_within_a_limit(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    deflated = files["test_files/image_dfl.dcm"]
    assert read_header(deflated).pixel_offset is not None
    monkeypatch.setattr(header_module, "INFLATED_BYTES_MAX", 1000)
    with pytest.raises(LimitExceeded):
        read_header(deflated)


def test_a_damaged_deflate_stream_is_refused(files: dict[str, bytes]) -> None:
    deflated = files["test_files/image_dfl.dcm"]
    with pytest.raises(HeaderBroken):
        read_header(deflated[:400] + b"\xff" * 64)


def test_a_header_says_nothing_of_its_patient_when_it_is_printed(ct: bytes) -> None:
    assert "1.3.6" not in repr(read_header(ct))

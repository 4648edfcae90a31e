"""C-ECHO and C-STORE by real peers: dcmtk's tools and pynetdicom."""

import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pynetdicom import AE, _config
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from segel.broker.errors import BrokerUnavailable, Forbidden
from segel.domain.errors import SegelError
from segel.imaging.dicom.header import read_header
from segel.imaging.dimse import Limits
from segel.imaging.errors import DuplicateInstance


def run(*command: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=60, check=False
    )


def dataset_bytes(file: bytes) -> bytes:
    return file[read_header(file).dataset_offset :]


def associate(house: Any, *sop_classes: Any, calling: str = "CT1", called: str = "SEGEL") -> Any:
    ae = AE(calling)
    for sop_class in sop_classes or (CTImageStorage,):
        ae.add_requested_context(sop_class, ExplicitVRLittleEndian)
    return ae.associate("127.0.0.1", house.port, ae_title=called)


@pytest.mark.usefixtures("dcmtk")
def test_echoscu_is_answered(house: Any) -> None:
    done = run("echoscu", "-aet", "CT1", "-aec", "SEGEL", "127.0.0.1", house.port)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("dcmtk")
@pytest.mark.parametrize("tool", ["dcmsend", "storescu"])
def test_dcmtk_stores_every_byte(house: Any, ct_folder: Path, tool: str) -> None:
    files = sorted(ct_folder.iterdir())
    done = run(tool, "-aet", "CT1", "-aec", "SEGEL", "127.0.0.1", house.port, *files)
    assert done.returncode == 0, done.stderr
    assert len(house.archive.files) == len(files)
    for path in files:
        sent = path.read_bytes()
        kept = house.archive.files[dcmread(path).SOPInstanceUID].file
        assert dataset_bytes(kept) == dataset_bytes(sent)
        assert dcmread(path) == dcmread(BytesIO(kept))
    assert {requester.token for requester in house.archive.requesters} == {"token-1"}
    assert {requester.route for requester in house.archive.requesters} == {"dimse"}


@pytest.mark.usefixtures("dcmtk")
@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small_bigendian.dcm",
        "image_dfl.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",
        "JPEG2000.dcm",
        "MR_small_RLE.dcm",
        "reportsi.dcm",
        "waveform_ecg.dcm",
        "rtplan.dcm",
        "JPEG-LL.dcm",
    ],
)
def test_compressed_and_unusual_instances_come_as_they_are(
    house: Any, testdata: Any, name: str
) -> None:
    path = testdata(name)
    done = run("dcmsend", "-aet", "CT1", "-aec", "SEGEL", "127.0.0.1", house.port, path)
    assert done.returncode == 0, done.stderr
    (kept,) = house.archive.files.values()
    sent = dcmread(path)
    syntax = sent.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated or syntax.is_deflated:  # dcmsend writes plain ones anew, as explicit
        assert kept.transfer_syntax_uid == syntax
    got = dcmread(BytesIO(kept.file))
    assert got.PatientName == sent.PatientName
    if syntax.is_encapsulated:
        assert got.PixelData == sent.PixelData


@pytest.mark.usefixtures("dcmtk")
@pytest.mark.parametrize("name", ["CT_small.dcm", "rtplan.dcm"])
def test_storescu_need_not_write_explicit_or_implicit_instances_anew(
    house: Any, testdata: Any, name: str
) -> None:
    path = testdata(name)
    done = run("storescu", "-aet", "CT1", "-aec", "SEGEL", "127.0.0.1", house.port, path)
    assert done.returncode == 0, done.stderr
    (kept,) = house.archive.files.values()
    assert kept.transfer_syntax_uid == dcmread(path).file_meta.TransferSyntaxUID


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("CT_small.dcm", 0x0000),
        ("MR_small_bigendian.dcm", 0x0000),
        ("image_dfl.dcm", 0x0000),
        ("JPEG2000.dcm", 0x0000),
        ("rtplan.dcm", 0xB007),  # its file meta group names another instance than its data set
    ],
)
def test_a_data_set_is_kept_bit_for_bit_as_it_was_sent(
    house: Any, testdata: Any, name: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dcmtk writes sequences anew on their way out; pynetdicom can send a file's own bytes."""
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)
    path = testdata(name)
    meta = dcmread(path, stop_before_pixels=True).file_meta
    ae = AE("CT1")
    ae.add_requested_context(meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID)
    assoc = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
    assert assoc.send_c_store(path).Status == status
    assoc.release()
    (kept,) = house.archive.files.values()
    assert dataset_bytes(kept.file) == dataset_bytes(path.read_bytes())
    assert dcmread(BytesIO(kept.file)).file_meta.SourceApplicationEntityTitle == "CT1"


def test_a_large_instance_in_one_pdu_and_in_many_small_ones(house: Any, new_ct: Any) -> None:
    for size, number in ((0, 1), (4096, 2)):
        ct = new_ct(number, Rows=1024, Columns=1024, PixelData=bytes(range(256)) * 8192)
        ae = AE("CT1")
        ae.maximum_pdu_size = size
        ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
        assoc = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
        assert assoc.send_c_store(ct).Status == 0
        assoc.release()
    first, second = house.archive.files.values()
    assert dcmread(BytesIO(first.file)).PixelData == bytes(range(256)) * 8192
    assert dcmread(BytesIO(second.file)).PixelData == bytes(range(256)) * 8192


@pytest.mark.parametrize(
    ("refusal", "status", "said"),
    [
        (DuplicateInstance("Other bytes are stored under this UID."), 0x0111, "Other bytes"),
        (Forbidden("This account may not store."), 0x0124, "may not store"),
        (BrokerUnavailable("Nothing was released."), 0xA700, "Nothing was"),
        (SegelError("It did not work."), 0x0110, "did not work"),
        (RuntimeError("1.2.3.1.1 of Tjandra^Siti"), 0x0110, None),
    ],
)
def test_a_refusal_has_the_standards_status_and_says_why(
    house: Any, new_ct: Any, refusal: Exception, status: int, said: str | None
) -> None:
    house.archive.refusal = refusal
    assoc = associate(house)
    answer = assoc.send_c_store(new_ct(1))
    assert answer.Status == status
    assert (said or "") in answer.get("ErrorComment", "")
    assert "Tjandra" not in str(answer)
    house.archive.refusal = None
    assert assoc.send_c_store(new_ct(1)).Status == 0  # and the association goes on
    assoc.release()


def test_bytes_that_are_no_data_set_are_not_understood(house: Any, new_ct: Any) -> None:
    ct = new_ct(1)
    del ct.StudyInstanceUID
    assoc = associate(house)
    answer = assoc.send_c_store(ct)
    assert answer.Status == 0xC001
    assert answer.OffendingElement == 0x0020000D
    assoc.release()
    assert not house.archive.files


def test_too_large_is_out_of_resources_and_the_association_goes_on(
    build_house: Any, new_ct: Any
) -> None:
    house = build_house(Limits(dataset_bytes=20_000))
    assoc = associate(house)
    answer = assoc.send_c_store(new_ct(1, PixelData=bytes(100_000)))
    assert answer.Status == 0xA700
    assert answer.ErrorComment.startswith("Too large")
    assert assoc.send_c_store(new_ct(2)).Status == 0
    assoc.release()
    assert len(house.archive.files) == 1


def test_the_data_set_is_held_against_its_context_not_against_the_command(
    house: Any, new_ct: Any
) -> None:
    assoc = associate(house)
    ct = new_ct(1)
    (context,) = assoc.accepted_contexts

    request = C_STORE()
    request.MessageID = 1
    request.AffectedSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    request.AffectedSOPInstanceUID = ct.SOPInstanceUID
    request.Priority = 0
    content = encode(ct, False, True)
    assert content is not None
    request.DataSet = BytesIO(content)
    assoc._reactor_checkpoint.clear()
    assoc.dimse.send_msg(request, context.context_id)
    _, answer = assoc.dimse.get_msg(block=True)
    assert answer.Status == 0x0000
    assoc._reactor_checkpoint.set()
    assoc.release()


def test_two_services_on_one_association(house: Any, new_ct: Any) -> None:
    assoc = associate(house, Verification, CTImageStorage)
    assert assoc.send_c_echo().Status == 0
    assert assoc.send_c_store(new_ct(1)).Status == 0
    assert assoc.send_c_echo().Status == 0
    assoc.release()
    assert assoc.is_released
    assert len(house.peers.opened) == 1


def test_a_session_that_was_ended_is_opened_anew(house: Any, new_ct: Any) -> None:
    assoc = associate(house)
    house.archive.ended_tokens.add("token-1")
    assert assoc.send_c_store(new_ct(1)).Status == 0
    assert [requester.token for requester in house.archive.requesters] == ["token-1", "token-2"]
    house.archive.ended_tokens.update({"token-2", "token-3"})
    assert assoc.send_c_store(new_ct(2)).Status == 0x0124
    assoc.release()


def test_a_token_that_ends_is_renewed(house: Any, new_ct: Any) -> None:
    house.peers.lifetime_s = 1
    assoc = associate(house)
    for number in (1, 2):
        assert assoc.send_c_store(new_ct(number)).Status == 0
    assoc.release()
    tokens = [requester.token for requester in house.archive.requesters]
    assert tokens == ["token-2", "token-3"]

"""C-GET and C-MOVE by real peers: original bytes, counts, failures and cancels."""

import socket
import subprocess
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    MRImageStorage,
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from segel.broker.errors import BudgetExhausted
from segel.broker.messages import Address
from segel.imaging.dicom.header import read_header
from segel.imaging.dimse import Limits
from segel.imaging.dimse.command import Command, Element, Field, encode
from segel.imaging.dimse.contexts import Context
from segel.imaging.dimse.identifier import element, write_answer
from segel.imaging.dimse.items import AssociateRequest, Proposal, Role, encode_request
from segel.imaging.dimse.pdu import p_data_header
from segel.imaging.dimse.suboperations import CONTEXTS_MAX, NoContext, batches, choose

GET = StudyRootQueryRetrieveInformationModelGet
MOVE = StudyRootQueryRetrieveInformationModelMove
SERIES_1, SERIES_2 = "1.2.3.1", "1.2.3.2"


def body(file: bytes) -> bytes:
    return file[read_header(file).dataset_offset :]


def identifier(level: str, **keys: Any) -> Dataset:
    query = Dataset()
    query.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(query, keyword, value)
    return query


def put(house: Any, *files: bytes) -> None:
    from segel.broker.messages import Requester

    for file in files:
        house.run(house.archive.store(Requester(token="test"), file))
    house.archive.requesters.clear()


@pytest.fixture
def filled(house: Any, ct_folder: Path) -> Any:
    put(house, *(path.read_bytes() for path in sorted(ct_folder.iterdir())))
    return house


class Listener:
    """A peer that stores: what it got, and what it answers (by how many it has got)."""

    def __init__(self, *syntaxes: Any, sop_class: Any = CTImageStorage) -> None:
        self.got: list[tuple[str, bytes, str, Any]] = []
        self.answers: dict[int, int] = {}
        ae = AE("WS1")
        ae.add_supported_context(sop_class, list(syntaxes or (ExplicitVRLittleEndian,)))
        server: Any = ae.start_server(
            ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, self.take)]
        )
        self.server = server
        self.port = server.socket.getsockname()[1]

    def take(self, event: Any) -> int:
        request = event.request
        self.got.append(
            (
                str(request.AffectedSOPInstanceUID),
                request.DataSet.getvalue(),
                str(event.context.transfer_syntax),
                (request.MoveOriginatorApplicationEntityTitle, request.MoveOriginatorMessageID),
            )
        )
        return self.answers.get(len(self.got), 0)

    @property
    def uids(self) -> list[str]:
        return sorted(uid for uid, *_ in self.got)


@pytest.fixture
def listener(filled: Any) -> Iterator[Listener]:
    peer = Listener()
    filled.peers.destinations["WS1"] = Address("127.0.0.1", peer.port)
    yield peer
    peer.server.shutdown()


def get(
    house: Any,
    query: Dataset,
    model: Any = GET,
    syntax: Any = ExplicitVRLittleEndian,
    answers: dict[int, int] | None = None,
) -> tuple[dict[str, bytes], list[Any]]:
    got: dict[str, bytes] = {}

    def take(event: Any) -> int:
        got[str(event.request.AffectedSOPInstanceUID)] = event.request.DataSet.getvalue()
        return (answers or {}).get(len(got), 0)

    ae = AE("WS1")
    ae.add_requested_context(model)
    ae.add_requested_context(CTImageStorage, syntax)
    roles: list[Any] = [build_role(CTImageStorage, scp_role=True)]
    assoc = ae.associate(
        "127.0.0.1",
        house.port,
        ae_title="SEGEL",
        ext_neg=roles,
        evt_handlers=[(evt.EVT_C_STORE, take)],
    )
    assert assoc.is_established
    responses = list(assoc.send_c_get(query, model))
    assoc.release()
    return got, responses


def move(house: Any, query: Dataset, model: Any = MOVE, to: str = "WS1") -> list[Any]:
    ae = AE("WS1")
    ae.add_requested_context(model)
    assoc = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
    responses = list(assoc.send_c_move(query, to, model))
    assoc.release()
    return responses


def counts(status: Any) -> tuple[int, int, int]:
    return (
        status.NumberOfCompletedSuboperations,
        status.NumberOfFailedSuboperations,
        status.NumberOfWarningSuboperations,
    )


QUERIES = [
    (identifier("STUDY", StudyInstanceUID="1.2.3"), 6),
    (identifier("SERIES", StudyInstanceUID="1.2.3", SeriesInstanceUID=SERIES_1), 3),
    (identifier("SERIES", StudyInstanceUID="1.2.3", SeriesInstanceUID=[SERIES_1, SERIES_2]), 6),
    (
        identifier(
            "IMAGE",
            StudyInstanceUID="1.2.3",
            SeriesInstanceUID=SERIES_1,
            SOPInstanceUID=["1.2.3.1.1", "1.2.3.1.3"],
        ),
        2,
    ),
    (identifier("STUDY", StudyInstanceUID="1.2.999"), 0),
]


@pytest.mark.parametrize(("query", "count"), QUERIES)
def test_get_brings_the_original_bytes(filled: Any, query: Dataset, count: int) -> None:
    got, responses = get(filled, query)
    final, _ = responses[-1]
    assert final.Status == 0
    assert counts(final) == (count, 0, 0)
    assert [status.Status for status, _ in responses[:-1]] == [0xFF00] * max(count - 1, 0)
    assert [status.NumberOfRemainingSuboperations for status, _ in responses[:-1]] == list(
        range(count - 1, 0, -1)
    )
    assert len(got) == count
    for uid, content in got.items():
        assert content == body(filled.archive.files[uid].file)


@pytest.mark.parametrize(("query", "count"), QUERIES)
def test_move_sends_the_original_bytes_to_the_destination(
    filled: Any, listener: Listener, query: Dataset, count: int
) -> None:
    responses = move(filled, query)
    final, _ = responses[-1]
    assert (final.Status, counts(final)) == (0, (count, 0, 0))
    assert len(listener.got) == count
    for uid, content, _, originator in listener.got:
        assert content == body(filled.archive.files[uid].file)
        assert originator == ("WS1", 1)


def test_a_whole_patient_is_retrieved_in_the_patient_root(filled: Any, listener: Listener) -> None:
    query = identifier("PATIENT", PatientID="MRN-7")
    got, responses = get(filled, query, PatientRootQueryRetrieveInformationModelGet)
    assert (responses[-1][0].Status, len(got)) == (0, 6)
    moved = move(filled, query, PatientRootQueryRetrieveInformationModelMove)
    assert (moved[-1][0].Status, len(listener.got)) == (0, 6)


@pytest.mark.parametrize(
    "query",
    [
        identifier("PATIENT", PatientID="MRN-7"),
        identifier("STUDY", StudyInstanceUID=""),
        identifier("SERIES", SeriesInstanceUID=SERIES_1),
    ],
)
def test_an_identifier_without_its_unique_keys_is_refused(filled: Any, query: Dataset) -> None:
    _, responses = get(filled, query)
    assert responses[-1][0].Status == 0xA900


def test_an_unknown_destination_is_named_as_such(filled: Any) -> None:
    responses = move(filled, QUERIES[0][0], to="NOWHERE")
    assert [status.Status for status, _ in responses] == [0xA801]


def test_a_destination_that_does_not_listen_fails_every_instance(filled: Any) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        filled.peers.destinations["WS1"] = Address("127.0.0.1", held.getsockname()[1])
        responses = move(filled, QUERIES[1][0])
    final, failed = responses[-1]
    assert final.Status == 0xA702
    assert counts(final) == (0, 3, 0)
    assert sorted(failed.FailedSOPInstanceUIDList) == [f"{SERIES_1}.{n}" for n in (1, 2, 3)]


def test_failures_and_warnings_are_counted_and_listed(filled: Any, listener: Listener) -> None:
    listener.answers = {1: 0xA700, 2: 0xB007}
    final, failed = move(filled, QUERIES[1][0])[-1]
    assert final.Status == 0xB000
    assert counts(final) == (1, 1, 1)
    assert failed.FailedSOPInstanceUIDList == listener.got[0][0]


def test_the_same_for_get(filled: Any) -> None:
    _, responses = get(filled, QUERIES[1][0], answers={1: 0xA700, 2: 0xB007})
    final, failed = responses[-1]
    assert (final.Status, counts(final)) == (0xB000, (1, 1, 1))
    assert failed.FailedSOPInstanceUIDList == f"{SERIES_1}.1"


def test_a_refused_study_opens_nothing(filled: Any) -> None:
    filled.archive.refusal = BudgetExhausted("Enough for now.")
    got, responses = get(filled, QUERIES[0][0])
    assert responses[-1][0].Status == 0xA702
    assert not got


def test_an_instance_whose_class_the_peer_does_not_take_has_failed(
    filled: Any, testdata: Any
) -> None:
    mr = testdata("MR_small.dcm").read_bytes()
    put(filled, mr)
    study = str(dcmread(BytesIO(mr)).StudyInstanceUID)
    got, responses = get(filled, identifier("STUDY", StudyInstanceUID=study))
    final, failed = responses[-1]
    assert (final.Status, counts(final)) == (0xA702, (0, 1, 0))
    assert failed.FailedSOPInstanceUIDList == read_header(mr).sop_instance_uid
    assert not got


@pytest.mark.parametrize("wanted", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_what_the_peer_does_not_read_is_transcoded(filled: Any, testdata: Any, wanted: Any) -> None:
    file = testdata("MR_small_RLE.dcm").read_bytes()
    put(filled, file)
    original = dcmread(BytesIO(file))
    peer = Listener(wanted, sop_class=MRImageStorage)
    filled.peers.destinations["WS1"] = Address("127.0.0.1", peer.port)
    try:
        query = identifier("STUDY", StudyInstanceUID=original.StudyInstanceUID)
        assert move(filled, query)[-1][0].Status == 0
    finally:
        peer.server.shutdown()
    ((_, content, syntax, _),) = peer.got
    assert syntax == wanted
    from pydicom.filereader import read_dataset

    sent = read_dataset(BytesIO(content), wanted.is_implicit_VR, True)
    original.decompress(generate_instance_uid=False)
    assert sent.PixelData == original.PixelData
    assert sent.PatientName == original.PatientName


def test_compressed_images_pass_through_where_they_are_taken(filled: Any, testdata: Any) -> None:
    file = testdata("MR_small_RLE.dcm").read_bytes()
    put(filled, file)
    peer = Listener(ExplicitVRLittleEndian, RLELossless, sop_class=MRImageStorage)
    filled.peers.destinations["WS1"] = Address("127.0.0.1", peer.port)
    try:
        study = str(dcmread(BytesIO(file)).StudyInstanceUID)
        assert move(filled, identifier("STUDY", StudyInstanceUID=study))[-1][0].Status == 0
    finally:
        peer.server.shutdown()
    ((_, content, syntax, _),) = peer.got
    assert (syntax, content) == (RLELossless, body(file))


def test_a_cancel_stops_a_retrieval(filled: Any, listener: Listener) -> None:
    filled.archive.pause_s = 0.25
    ae = AE("WS1")
    ae.add_requested_context(MOVE)
    assoc = ae.associate("127.0.0.1", filled.port, ae_title="SEGEL")
    statuses = []
    for status, _ in assoc.send_c_move(QUERIES[0][0], "WS1", MOVE, msg_id=5):
        statuses.append(status)
        if len(statuses) == 1:
            assoc.send_c_cancel(5, None, MOVE)
            time.sleep(0.1)
    assoc.release()
    final = statuses[-1]
    assert final.Status == 0xFE00
    assert final.NumberOfRemainingSuboperations > 0
    done = final.NumberOfCompletedSuboperations + final.NumberOfRemainingSuboperations
    assert done == 6
    assert len(listener.got) == final.NumberOfCompletedSuboperations


def test_contexts_are_cut_into_associations_of_128() -> None:
    from types import SimpleNamespace

    entries: list[Any] = [
        SimpleNamespace(sop_class_uid=f"1.2.{n}", transfer_syntax_uid=JPEG2000Lossless)
        for n in range(100)
    ] * 2
    cut = list(batches(entries))
    assert all(len(proposals) <= CONTEXTS_MAX for proposals, _ in cut)
    assert sorted(position for _, positions in cut for position in positions) == list(range(200))
    for proposals, positions in cut:
        offered = {(one.abstract_syntax, one.transfer_syntaxes) for one in proposals}
        for position in positions:
            assert (entries[position].sop_class_uid, (str(JPEG2000Lossless),)) in offered
        assert len({one.context_id for one in proposals}) == len(proposals)
        assert all(one.context_id % 2 == 1 and one.context_id < 256 for one in proposals)


def test_in_get_only_contexts_of_the_scp_role_carry_instances() -> None:
    contexts = {1: Context(1, CTImageStorage, ExplicitVRLittleEndian, peer_scp=False)}
    with pytest.raises(NoContext):
        choose(contexts, CTImageStorage, ExplicitVRLittleEndian, by_role=True)
    assert choose(contexts, CTImageStorage, ExplicitVRLittleEndian, by_role=False)


def test_a_destination_that_leaves_half_way_fails_what_remains(
    filled: Any, listener: Listener
) -> None:
    taking = listener.take

    def take_one_and_leave(event: Any) -> int:
        status = taking(event)
        if len(listener.got) == 2:
            event.assoc.abort()
        return status

    listener.server.bind(evt.EVT_C_STORE, take_one_and_leave)
    final, failed = move(filled, QUERIES[0][0])[-1]
    assert (final.Status, counts(final)) == (0xB000, (1, 5, 0))
    assert len(failed.FailedSOPInstanceUIDList) == 5
    assert len(listener.got) == 2


def test_a_peer_that_reads_no_further_does_not_hold_us(build_house: Any, new_ct: Any) -> None:
    house = build_house(Limits(stall_s=0.3, stop_s=1))
    big = new_ct(1, Rows=2048, Columns=2048, PixelData=bytes(2 * 2048 * 2048))
    content = BytesIO()
    big.save_as(content, enforce_file_format=True)
    put(house, content.getvalue())
    request = AssociateRequest(
        "SEGEL",
        "WS1",
        (
            Proposal(1, GET, (ExplicitVRLittleEndian,)),
            Proposal(3, CTImageStorage, (ExplicitVRLittleEndian,)),
        ),
        0,
        {CTImageStorage: Role(scu=True, scp=True)},
    )
    query = write_answer(
        element("00080052", "STUDY") | element("0020000D", "1.2.3"), ExplicitVRLittleEndian
    )
    command: Command = {
        Element.COMMAND_FIELD: Field.C_GET_RQ,
        Element.MESSAGE_ID: 1,
        Element.AFFECTED_SOP_CLASS_UID: GET,
        Element.DATA_SET_TYPE: 1,
    }
    encoded = encode(command)
    with socket.create_connection(("127.0.0.1", house.port), timeout=10) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.sendall(encode_request(request))
        sock.recv(4096)
        sock.sendall(p_data_header(1, 3, len(encoded)) + encoded)
        sock.sendall(p_data_header(1, 2, len(query)) + query)
        deadline = time.monotonic() + 10
        while not house.archive.requesters or house.receiver.associations:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.usefixtures("dcmtk")
def test_getscu_and_movescu_bring_every_file(
    filled: Any, listener: Listener, tmp_path: Path
) -> None:
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3"]
    names = ["-S", "-aet", "WS1", "-aec", "SEGEL"]
    end = ["127.0.0.1", str(filled.port)]
    done = subprocess.run(
        ["getscu", *names, *keys, "-od", str(tmp_path), "+B", *end],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    got = {str(dcmread(path).SOPInstanceUID): path for path in tmp_path.iterdir() if path.is_file()}
    assert len(got) == 6
    for uid, path in got.items():
        assert body(path.read_bytes()) == body(filled.archive.files[uid].file)
    done = subprocess.run(
        ["movescu", *names, "-aem", "WS1", *keys, *end],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(listener.got) == 6

"""Who is let in, and what ends an association; spoken by hand where no honest peer would."""

import asyncio
import dataclasses
import socket
import struct
import time
from typing import Any

import pytest
from pydicom.uid import CTImageStorage
from pynetdicom import AE

from segel.broker.errors import BrokerUnavailable
from segel.imaging.dimse import Limits
from segel.imaging.dimse.contexts import VERIFICATION
from segel.imaging.dimse.items import AssociateRequest, Proposal, encode_request

IMPLICIT = "1.2.840.10008.1.2"
REQUEST = AssociateRequest("SEGEL", "CT1", (Proposal(1, VERIFICATION, (IMPLICIT,)),), 16384)
ACCEPT, REJECT, ABORT, RELEASE_RP = 2, 3, 7, 6


def connect(house: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", house.port), timeout=10)


def read_pdu(sock: socket.socket) -> tuple[int, bytes]:
    """Type and body; (0, b'') where the connection ended."""
    head = b""
    while len(head) < 6:
        more = sock.recv(6 - len(head))
        if not more:
            return 0, b""
        head += more
    kind, length = struct.unpack(">BxL", head)
    body = b""
    while len(body) < length:
        body += sock.recv(length - len(body))
    return kind, body


@pytest.mark.parametrize(
    ("calling", "called", "reason"), [("NOBODY", "SEGEL", 3), ("CT1", "OTHER", 7)]
)
def test_an_unknown_title_is_rejected_for_good(
    house: Any, calling: str, called: str, reason: int
) -> None:
    request = dataclasses.replace(REQUEST, calling_ae=calling, called_ae=called)
    with connect(house) as sock:
        sock.sendall(encode_request(request))
        assert read_pdu(sock) == (REJECT, bytes((0, 1, 1, reason)))
    assert house.peers.opened == [(calling, called, "127.0.0.1")]


def test_with_the_broker_away_one_may_try_again_later(house: Any) -> None:
    house.peers.refusal = BrokerUnavailable("Away.")
    with connect(house) as sock:
        sock.sendall(encode_request(REQUEST))
        assert read_pdu(sock) == (REJECT, bytes((0, 2, 3, 1)))


def test_one_association_too_many_is_told_the_local_limit(build_house: Any) -> None:
    house = build_house(Limits(associations=1, stop_s=1))
    with connect(house) as first, connect(house) as second:
        first.sendall(encode_request(REQUEST))
        assert read_pdu(first)[0] == ACCEPT
        second.sendall(encode_request(REQUEST))
        assert read_pdu(second) == (REJECT, bytes((0, 2, 3, 2)))
        first.sendall(bytes.fromhex("05000000000400000000"))
        assert read_pdu(first)[0] == RELEASE_RP
        assert read_pdu(first)[0] == 0
    deadline = time.monotonic() + 5
    while house.receiver.associations and time.monotonic() < deadline:
        time.sleep(0.01)
    with connect(house) as third:
        third.sendall(encode_request(REQUEST))
        assert read_pdu(third)[0] == ACCEPT


def test_connections_beyond_every_limit_are_cut(build_house: Any) -> None:
    house = build_house(Limits(associations=1, artim_s=30, stop_s=1))
    socks = [connect(house) for _ in range(3)]
    try:
        assert read_pdu(socks[2])[0] == 0
    except ConnectionResetError:
        pass
    finally:
        for sock in socks:
            sock.close()


@pytest.mark.parametrize(
    ("version", "application", "answer"),
    [(2, None, (1, 2, 2)), (1, b"1.2.840.10008.3.1.1.9", (1, 1, 2))],
)
def test_another_protocol_or_application_is_rejected(
    house: Any, version: int, application: bytes | None, answer: tuple[int, int, int]
) -> None:
    request = bytearray(encode_request(REQUEST))
    request[6:8] = struct.pack(">H", version)
    if application:
        request = bytearray(bytes(request).replace(b"1.2.840.10008.3.1.1.1", application))
    with connect(house) as sock:
        sock.sendall(request)
        assert read_pdu(sock) == (REJECT, bytes((0, *answer)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="HTTP"),
        pytest.param(bytes.fromhex("0100ffffffff") + bytes(100), id="4 GiB A-ASSOCIATE-RQ"),
        pytest.param(bytes.fromhex("010000000010") + bytes(16), id="short A-ASSOCIATE-RQ"),
        pytest.param(bytes.fromhex("040000000004") + bytes(4), id="P-DATA first"),
        pytest.param(encode_request(REQUEST)[:80].replace(b"\x01\0", b"\x01\0", 1)[:6]
                     + bytes(68) + b"\x20\0\xff\xff", id="item beyond the end"),
    ],
)  # fmt: skip
def test_a_stranger_that_speaks_nonsense_is_shown_the_door(house: Any, content: bytes) -> None:
    with connect(house) as sock:
        sock.sendall(content)
        sock.shutdown(socket.SHUT_WR)
        assert read_pdu(sock)[0] in (0, ABORT)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(bytes.fromhex("0400ffffffff"), 6, id="4 GiB P-DATA-TF"),
        pytest.param(bytes.fromhex("040000000006") + bytes(6), 6, id="empty PDV"),
        pytest.param(bytes.fromhex("090000000000"), 1, id="unknown PDU"),
        pytest.param(encode_request(REQUEST), 2, id="second A-ASSOCIATE-RQ"),
        pytest.param(bytes.fromhex("060000000004") + bytes(4), 2, id="release response unasked"),
    ],
)
def test_what_breaks_the_protocol_is_aborted_with_its_reason(
    house: Any, content: bytes, reason: int
) -> None:
    with connect(house) as sock:
        sock.sendall(encode_request(REQUEST))
        assert read_pdu(sock)[0] == ACCEPT
        sock.sendall(content)
        assert read_pdu(sock) == (ABORT, bytes((0, 0, 2, reason)))
        assert read_pdu(sock)[0] == 0


def test_silence_ends_an_association_and_a_connection(build_house: Any) -> None:
    house = build_house(Limits(artim_s=0.2, idle_s=0.2, stop_s=1))
    with connect(house) as quiet, connect(house) as idle:
        idle.sendall(encode_request(REQUEST))
        assert read_pdu(idle)[0] == ACCEPT
        assert read_pdu(idle)[0] == ABORT
        assert read_pdu(quiet)[0] == 0


def test_a_pdu_that_stalls_half_way_is_aborted(build_house: Any) -> None:
    house = build_house(Limits(stall_s=0.2, stop_s=1))
    with connect(house) as sock:
        sock.sendall(encode_request(REQUEST))
        assert read_pdu(sock)[0] == ACCEPT
        sock.sendall(bytes.fromhex("040000001000"))
        assert read_pdu(sock)[0] == ABORT


def test_a_slow_archive_is_not_silence(build_house: Any, new_ct: Any) -> None:
    house = build_house(Limits(idle_s=0.1, stop_s=1))
    house.archive.pause_s = 0.5
    ae = AE("CT1")
    ae.add_requested_context(CTImageStorage, "1.2.840.10008.1.2.1")
    assoc = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
    assert assoc.send_c_store(new_ct(1)).Status == 0
    assoc.abort()


def test_an_unknown_operation_is_named_as_such(house: Any) -> None:
    from segel.imaging.dimse.command import NO_DATA_SET, Command, Element, decode, encode
    from segel.imaging.dimse.pdu import p_data_header

    command: Command = {
        Element.COMMAND_FIELD: 0x0130,  # N-ACTION
        Element.MESSAGE_ID: 3,
        Element.DATA_SET_TYPE: NO_DATA_SET,
    }
    content = encode(command)
    with connect(house) as sock:
        sock.sendall(encode_request(REQUEST))
        assert read_pdu(sock)[0] == ACCEPT
        sock.sendall(p_data_header(1, 3, len(content)) + content)
        _, body = read_pdu(sock)
        answer = decode(body[6:])
        assert answer[Element.STATUS] == 0x0211
        assert answer[Element.COMMAND_FIELD] == 0x8130
        assert answer[Element.MESSAGE_ID_RESPONDED_TO] == 3


def test_stopping_finishes_what_is_under_way_and_aborts_what_is_idle(
    build_house: Any, new_ct: Any
) -> None:
    house = build_house(Limits(stop_s=5))
    house.archive.pause_s = 0.5
    ae = AE("CT1")
    ae.add_requested_context(CTImageStorage, "1.2.840.10008.1.2.1")
    busy = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
    with connect(house) as idle:
        idle.sendall(encode_request(REQUEST))
        assert read_pdu(idle)[0] == ACCEPT

        async def stop_soon() -> None:
            await house.archive.met.wait()
            await house.receiver.stop()

        stopping = asyncio.run_coroutine_threadsafe(stop_soon(), house._loop)
        assert busy.send_c_store(new_ct(1)).Status == 0
        stopping.result(timeout=20)
        assert read_pdu(idle) == (ABORT, bytes(4))
        with pytest.raises(ConnectionRefusedError):
            connect(house)
    busy.abort()


def test_our_own_names_are_given(house: Any) -> None:
    ae = AE("CT1")
    ae.add_requested_context(CTImageStorage)
    assoc = ae.associate("127.0.0.1", house.port, ae_title="SEGEL")
    assert str(assoc.acceptor.implementation_class_uid).startswith("2.25.")
    assert assoc.acceptor.implementation_version_name == "SEGEL"
    assert assoc.acceptor.maximum_length == Limits().pdu_bytes
    assoc.release()

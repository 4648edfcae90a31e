"""The broker's messages: what comes over the socket is a message or MessageBroken."""

import asyncio
import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.broker import messages as m
from segel.broker.errors import MessageBroken
from segel.broker.wire import (
    FRAME_BYTES_MAX,
    LENGTH_BYTES,
    decode_reply,
    decode_request,
    encode_frame,
    read_frame,
)
from segel.domain.patient import PatientIdentity

ARRIVAL = m.OpenForStore(
    m.Requester("token"),
    m.StudyArrival("1.2.3", "A1", PatientIdentity(name="X"), {"00080020": {"vr": "DA"}}),
)


def test_a_message_comes_through_as_it_was_said() -> None:
    assert decode_request(encode_frame(7, ARRIVAL)[LENGTH_BYTES:]) == (7, ARRIVAL)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_message_broken(body: bytes) -> None:
    for decode in (decode_request, decode_reply):
        with contextlib.suppress(MessageBroken):
            decode(body)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_message_is_a_message_or_message_broken(at: int, value: int) -> None:
    body = bytearray(encode_frame(7, ARRIVAL)[LENGTH_BYTES:])
    body[at % len(body)] = value
    with contextlib.suppress(MessageBroken):
        decode_request(bytes(body))


def test_deeply_nested_messages_are_refused() -> None:
    nested: object = 1
    for _ in range(200):
        nested = [nested]
    with pytest.raises(MessageBroken):
        decode_request(msgspec.msgpack.encode(nested))
    with pytest.raises(MessageBroken):
        decode_request(b"\x91" * 100_000 + b"\x01")


def _read(data: bytes) -> bytes | None:
    async def run() -> bytes | None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await read_frame(reader)

    return asyncio.run(run())


def test_a_stream_that_ends_between_frames_has_ended() -> None:
    assert _read(b"") is None


@pytest.mark.parametrize(
    "data",
    [b"\0", b"\0\0\0\x05abc", (FRAME_BYTES_MAX + 1).to_bytes(LENGTH_BYTES, "big") + b"x"],
    ids=["cut length", "cut body", "too long"],
)
def test_a_cut_or_oversized_frame_is_refused(data: bytes) -> None:
    with pytest.raises(MessageBroken):
        _read(data)


def test_secrets_do_not_show_in_representations() -> None:
    from uuid import UUID

    grant = m.StudyGrant(UUID(int=1), UUID(int=2), UUID(int=3), b"k" * 32, False, b"", 0.0)
    assert "kkk" not in repr(grant)
    assert "secret" not in repr(m.Token("secret", 1))

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.imaging.dicom.header import part10_prefix
from segel.imaging.dicom.syntaxes import EXPLICIT_LITTLE
from segel.imaging.dimse.bytestream import ByteStream
from segel.imaging.dimse.command import NO_DATA_SET, Command, Element, Field, encode
from segel.imaging.dimse.contexts import Context
from segel.imaging.dimse.errors import PeerGone, ProtocolBroken
from segel.imaging.dimse.intake import Inflight, Intake, Message
from segel.imaging.dimse.limits import COMMAND_BYTES_MAX, Limits
from segel.imaging.dimse.pdu import Control, p_data_header

CT = "1.2.840.10008.5.1.4.1.1.2"
CONTEXT = Context(5, CT, EXPLICIT_LITTLE)
STORE: Command = {
    Element.COMMAND_FIELD: Field.C_STORE_RQ,
    Element.MESSAGE_ID: 7,
    Element.AFFECTED_SOP_CLASS_UID: CT,
    Element.AFFECTED_SOP_INSTANCE_UID: "1.2.3.4",
    Element.DATA_SET_TYPE: 1,
}


class Transport(asyncio.Transport):
    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


def feed(stream: ByteStream, content: bytes) -> None:
    """As the event loop does: into whatever buffer the protocol offers."""
    while content:
        room = stream.get_buffer(-1)
        assert len(room) > 0
        count = min(len(room), len(content))
        room[:count] = content[:count]
        content = content[count:]
        stream.buffer_updated(count)


def pdus(kind: int, content: bytes, cuts: list[int]) -> list[tuple[bytes, int]]:
    """One PDV a PDU: (PDV with its header, its length)."""
    edges = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    pieces = [content[a:b] for a, b in itertools.pairwise(edges)]
    result = []
    for position, piece in enumerate(pieces):
        control = kind | (Control.LAST if position == len(pieces) - 1 else 0)
        pdv = p_data_header(5, control, len(piece))[6:] + piece
        result.append((pdv, len(pdv)))
    return result


async def take_in(
    parts: list[tuple[bytes, int]], chunks: int, limits: Limits, inflight: Inflight
) -> Message | None:
    stream = ByteStream(5.0)
    stream.connection_made(Transport({}))
    intake = Intake({5: CONTEXT}, "CT1", limits, inflight)
    everything = b"".join(pdv for pdv, _ in parts)

    async def read_all() -> Message | None:
        for _, length in parts:
            if (message := await intake.read_p_data(stream, length)) is not None:
                return message
        return None

    reading = asyncio.create_task(read_all())
    for at in range(0, len(everything), chunks):
        await asyncio.sleep(0)
        if reading.done():
            break
        feed(stream, everything[at : at + chunks])
        for _ in range(50):
            await asyncio.sleep(0)
    try:
        return await asyncio.wait_for(reading, 5)
    finally:
        intake.abandon()


@settings(deadline=None, max_examples=60)
@given(
    st.binary(min_size=1, max_size=300_000),
    st.lists(st.integers(0, 300_000), max_size=5),
    st.lists(st.integers(0, 200), max_size=2),
    st.integers(1000, 100_000),
)
def test_however_it_is_cut_the_file_is_prefix_and_data_set(
    dataset: bytes, cuts: list[int], command_cuts: list[int], chunks: int
) -> None:
    inflight = Inflight(1 << 30)
    parts = pdus(Control.COMMAND, encode(STORE), command_cuts) + pdus(0, dataset, cuts)
    message = asyncio.run(take_in(parts, chunks, Limits(), inflight))
    assert message is not None
    assert not message.too_large
    prefix = part10_prefix(CT, "1.2.3.4", EXPLICIT_LITTLE, "CT1")
    assert bytes(message.content) == prefix + dataset
    assert message.message_id == 7
    assert inflight.used == message.held >= len(message.content)


@pytest.mark.parametrize("size", [10_000, 2_000_000])
def test_a_data_set_over_the_limit_is_read_and_dropped(size: int) -> None:
    inflight = Inflight(1 << 30)
    parts = pdus(Control.COMMAND, encode(STORE), []) + pdus(0, bytes(size), [size // 2])
    message = asyncio.run(take_in(parts, 50_000, Limits(dataset_bytes=9_000), inflight))
    assert message is not None
    assert message.too_large
    assert len(message.content) == 0
    assert inflight.used == 0


def test_a_data_set_that_finds_no_room_is_dropped_and_takes_none() -> None:
    inflight = Inflight(1_000_000)
    assert inflight.take(900_000)
    parts = pdus(Control.COMMAND, encode(STORE), []) + pdus(0, bytes(500_000), [])
    message = asyncio.run(take_in(parts, 50_000, Limits(), inflight))
    assert message is not None
    assert message.too_large
    assert inflight.used == 900_000


def test_an_association_that_ends_half_way_gives_its_room_back() -> None:
    inflight = Inflight(1 << 30)
    parts = pdus(Control.COMMAND, encode(STORE), [])
    assert asyncio.run(take_in(parts, 50_000, Limits(), inflight)) is None
    assert inflight.used == 0


def _broken_streams() -> list[Any]:
    command = pdus(Control.COMMAND, encode(STORE), [])
    without = STORE | {Element.DATA_SET_TYPE: NO_DATA_SET}
    twice = pdus(Control.COMMAND, encode(without), [])[0][0]
    unknown = (p_data_header(7, 3, 4)[6:] + bytes(4), 10)
    long = p_data_header(5, 3, 900)[6:] + bytes(4)
    return [
        pytest.param(pdus(0, b"xx", []), id="data set without a command"),
        pytest.param(command + command, id="command inside a data set"),
        pytest.param([unknown], id="command that is none"),
        pytest.param([(p_data_header(9, 3, 64)[6:] + encode(STORE)[:64], 70)], id="bad context"),
        pytest.param([(long, len(long))], id="PDV longer than its PDU"),
        pytest.param([(b"\0\0\0", 3)], id="PDU shorter than a PDV"),
        pytest.param([(bytes(6), 6)], id="PDV without a header"),
        pytest.param(pdus(Control.COMMAND, bytes(COMMAND_BYTES_MAX + 1), []), id="endless command"),
        pytest.param([(2 * twice, 2 * len(twice))], id="two messages in one PDU"),
    ]


@pytest.mark.parametrize("parts", _broken_streams())
def test_what_the_standard_forbids_ends_the_association(parts: list[tuple[bytes, int]]) -> None:
    with pytest.raises(ProtocolBroken):
        asyncio.run(take_in(parts, 50_000, Limits(), Inflight(1 << 30)))


def test_a_lost_connection_ends_every_wait() -> None:
    async def lose() -> None:
        stream = ByteStream(5.0)
        stream.connection_made(Transport({}))
        for waiting in (stream.arrival(), stream.read(6)):
            task = asyncio.create_task(waiting)
            await asyncio.sleep(0)
            stream.connection_lost(None)
            with pytest.raises(PeerGone):
                await task

    asyncio.run(lose())


def test_waiting_for_a_pdu_may_be_given_up_without_losing_bytes() -> None:
    async def give_up() -> bytes:
        stream = ByteStream(5.0)
        stream.connection_made(Transport({}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await stream.arrival()
        feed(stream, b"abcdef")
        await stream.arrival()
        return await stream.read(6)

    assert asyncio.run(give_up()) == b"abcdef"

"""MLLP: every connection ends in one of the ways it may, and takes no more than its share."""

import asyncio
import base64
import random

import pytest

from segel.domain.errors import SegelError
from segel.records.hl7 import Header, MllpServer, Peer, Received, Sender
from segel.records.hl7.framing import framed
from segel.records.hl7.limits import MIB
from support.hl7_archive import Archive, control_id, serving
from support.hl7_messages import messages
from support.mllp import MllpClient, acknowledged, connected

SAMPLES = messages(100, 7)


@pytest.mark.parametrize("stream", [b"junk\x0b", b"\x0bMSH|\x0b", b"\x0bMSH|\x1cx"])
def test_a_stream_that_is_no_mllp_is_answered_and_closed(stream: bytes) -> None:
    archive = Archive()

    async def run() -> None:
        async with serving(archive) as server, connected(server.port) as client:
            await client.send_raw(stream)
            answers = [acknowledged(one) async for one in client.answers()]
            assert answers == [("AR", "")]

    asyncio.run(run())


def test_noise_ends_its_own_connection_only() -> None:
    archive = Archive()
    chance = random.Random(13)

    async def run() -> None:
        async with serving(archive) as server:
            for sample in SAMPLES[:40]:
                noise = bytearray(framed(sample.raw))
                for _ in range(chance.randrange(1, 8)):
                    noise[chance.randrange(len(noise))] = chance.choice(b"\x0b\x1c\r|^x\xff")
                async with connected(server.port) as client:
                    await client.send_raw(bytes(noise))
                    client.writer.write_eof()
                    said = "".join([one async for one in client.answers()])
                assert not [secret for secret in sample.secrets if secret in said]
            async with connected(server.port) as client:
                await client.send(SAMPLES[0].raw)
                assert acknowledged(await client.answer())[0] == "AA"

    asyncio.run(run())


def test_line_ends_between_frames_do_no_harm() -> None:
    archive = Archive()

    async def run() -> None:
        async with serving(archive) as server, connected(server.port) as client:
            for sample in SAMPLES[:3]:
                await client.send(sample.raw)
                await client.send_raw(b"\n")
                assert acknowledged(await client.answer())[0] == "AA"

    asyncio.run(run())


def test_a_message_that_is_too_large_is_refused_before_it_is_whole() -> None:
    archive = Archive()

    async def run() -> None:
        limited = serving(archive, message_bytes=1000)
        async with limited as server, connected(server.port) as client:
            await client.send_raw(b"\x0b" + b"x" * 1001)
            answers = [acknowledged(one) async for one in client.answers()]
            assert answers == [("AR", "")]

    asyncio.run(run())


def test_a_document_of_megabytes_is_kept() -> None:
    archive = Archive()
    sample = next(one for one in SAMPLES if b"|ED|" in one.raw)
    before, mark, rest = sample.raw.partition(b"^Base64^")
    content = b"%PDF-" + b"x" * (3 * MIB - 5)  # a length that needs no padding
    raw = before + mark + base64.b64encode(content) + rest[rest.index(b"|") :]

    async def run() -> None:
        async with serving(archive) as server, connected(server.port) as client:
            await client.send(raw)
            assert acknowledged(await client.answer())[0] == "AA"

    asyncio.run(run())
    forms = [one["presentedForm"] for one in archive.by_url.values() if "presentedForm" in one]
    assert [len(form["data"]) for form in forms[0]] == [4 * MIB]


def test_who_wants_no_answer_gets_none() -> None:
    archive = Archive()
    quiet = SAMPLES[0].raw.replace(b"|P|2.5.1|||||", b"|P|2.5.1|||NE|NE|")

    async def run() -> None:
        async with serving(archive) as server, connected(server.port) as client:
            await client.send(quiet, SAMPLES[1].raw)
            assert acknowledged(await client.answer()) == ("AA", control_id(SAMPLES[1].raw))

    asyncio.run(run())
    assert len(archive.kept) == 2


def test_connections_beyond_the_limit_are_closed_and_others_go_on() -> None:
    archive = Archive()

    async def run() -> None:
        async with (
            serving(archive, connections=1) as server,
            connected(server.port) as first,
        ):
            await first.send(SAMPLES[0].raw)
            assert await first.answer()
            async with connected(server.port) as second:
                with pytest.raises(ConnectionError):
                    await read_to_the_end(second)
            await first.send(SAMPLES[1].raw)
            assert await first.answer()

    asyncio.run(run())


async def read_to_the_end(client: MllpClient) -> None:
    """A reset is raised; a proper end is made one, as either is a refusal."""
    if not await client.answer():
        raise ConnectionError


def test_no_more_messages_are_with_the_archive_than_may_wait() -> None:
    archive = Archive()

    async def run() -> None:
        async with serving(archive, waiting=2) as server:
            shares = [[one.raw for one in SAMPLES[at : at + 10]] for at in range(0, 80, 10)]
            await asyncio.gather(*(send_all(server.port, share) for share in shares))

    asyncio.run(run())
    assert archive.at_once_max == 2
    assert len(archive.kept) == 80


@pytest.mark.parametrize("stream", [b"", b"\x0bMSH|"])
def test_a_silent_connection_ends(stream: bytes) -> None:
    async def run() -> None:
        impatient = serving(Archive(), idle_s=0.05, stall_s=0.05)
        async with impatient as server, connected(server.port) as client:
            await client.send_raw(stream)
            assert await client.answer() == ""

    asyncio.run(run())


def test_stopping_answers_what_is_kept_and_nothing_else() -> None:
    archive = Archive()
    arrived, may_end = asyncio.Event(), asyncio.Event()

    async def hold(_: Received) -> None:
        arrived.set()
        await may_end.wait()

    archive.before = hold

    async def run() -> None:
        async with (
            serving(archive) as server,
            connected(server.port) as busy,
            connected(server.port) as idle,
        ):
            await busy.send(SAMPLES[0].raw, SAMPLES[1].raw)
            await arrived.wait()
            stopping = asyncio.create_task(server.stop())
            assert await idle.answer() == ""
            may_end.set()
            answers = [acknowledged(one) async for one in busy.answers()]
            await stopping
            assert answers == [("AA", control_id(SAMPLES[0].raw))]
            assert server.connections == 0

    asyncio.run(run())
    assert archive.kept == [control_id(SAMPLES[0].raw)]


def test_a_stop_does_not_wait_for_ever() -> None:
    archive = Archive()
    arrived = asyncio.Event()

    async def hold(_: Received) -> None:
        arrived.set()
        await asyncio.Event().wait()

    archive.before = hold

    async def run() -> None:
        impatient = serving(archive, stop_s=0.05)
        async with impatient as server, connected(server.port) as client:
            await client.send(SAMPLES[0].raw)
            await arrived.wait()
            await server.stop()
            assert await client.answer() == ""

    asyncio.run(run())
    assert archive.kept == []


def test_a_peer_that_nobody_set_up_is_told() -> None:
    async def nobody(peer: Peer, header: Header) -> Sender:
        raise SegelError("This sender is not set up.", remedy="Ask the archive's operators.")

    async def run() -> None:
        server = MllpServer("127.0.0.1", 0, accept=Archive().accept, sender_of=nobody)
        async with server, connected(server.port) as client:
            await client.send(SAMPLES[0].raw)
            assert acknowledged(await client.answer())[0] == "AE"

    asyncio.run(run())


async def send_all(port: int, share: list[bytes]) -> None:
    async with connected(port) as client:
        for raw in share:
            await client.send(raw)
            assert acknowledged(await client.answer()) == ("AA", control_id(raw))

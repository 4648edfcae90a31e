"""MLLP: what is acknowledged is kept, in order, and what is not kept is not acknowledged."""

import asyncio
import json
import random
import ssl
from pathlib import Path

import hl7
import pytest
import structlog
from hl7.client import MLLPClient

from segel.app.telemetry import allow_listed
from segel.domain.errors import SegelError
from segel.records.hl7 import Received, TryAgain
from support.hl7_archive import Archive, control_id, serving
from support.hl7_broken import BrokenSample, broken
from support.hl7_messages import messages
from support.mllp import acknowledged, connected
from support.tls import certificate_for

SAMPLES = messages(1000, 7)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's side and the client's."""
    folder: Path = tmp_path_factory.mktemp("mllp") / "tls"
    made = certificate_for(folder)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(made.certificate, made.key)
    return ours, ssl.create_default_context(cafile=str(made.authority))


async def send_all(port: int, share: list[bytes], tls: ssl.SSLContext | None, seed: int) -> None:
    """Send a share in pieces, reading answers meanwhile: AA to each, in its order."""
    async with connected(port, tls) as client:
        sending = asyncio.create_task(client.send_in_pieces(share, random.Random(seed)))
        answers = []
        async for one in client.answers():
            answers.append(acknowledged(one))
            if len(answers) == len(share):
                break
        await sending
    assert answers == [("AA", control_id(raw)) for raw in share]


@pytest.mark.parametrize("connections", [1, 8])
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_thousand_messages_are_kept_and_acknowledged(
    connections: int, encrypted: bool, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    archive = Archive()
    ours, theirs = tls if encrypted else (None, None)

    async def run() -> None:
        async with serving(archive, ours) as server:
            shares = [
                [one.raw for one in SAMPLES[number::connections]] for number in range(connections)
            ]
            await asyncio.gather(
                *(
                    send_all(server.port, share, theirs, number)
                    for number, share in enumerate(shares)
                )
            )

    asyncio.run(run())
    assert sorted(archive.kept) == sorted(control_id(one.raw) for one in SAMPLES)
    for number in range(connections):
        share = [control_id(one.raw) for one in SAMPLES[number::connections]]
        assert [one for one in archive.kept if one in set(share)] == share


def test_another_implementations_client_is_understood() -> None:
    """python-hl7's own sender, which knows nothing of ours."""
    archive = Archive()

    def send(port: int) -> list[str]:
        with MLLPClient("127.0.0.1", port) as client:
            return [client.send_message(one.raw.decode()).decode() for one in SAMPLES[:20]]

    async def run() -> list[str]:
        async with serving(archive) as server:
            return await asyncio.to_thread(send, server.port)

    for sample, answer in zip(SAMPLES, asyncio.run(run()), strict=False):
        ack = hl7.parse(answer.strip("\x0b\x1c\r"))
        assert str(ack.segment("MSA")[1]) == "AA"
        assert str(ack.segment("MSA")[2]) == control_id(sample.raw)


def test_the_same_message_twice_is_there_once() -> None:
    archive = Archive()

    async def run() -> int:
        async with serving(archive) as server, connected(server.port) as client:
            await client.send(SAMPLES[0].raw)
            assert acknowledged(await client.answer())[0] == "AA"
            once = len(archive.by_url)
            await client.send(SAMPLES[0].raw)
            assert acknowledged(await client.answer())[0] == "AA"
            return once

    assert asyncio.run(run()) == len(archive.by_url)
    assert len(archive.kept) == 2


def test_a_message_is_not_acknowledged_before_it_is_kept() -> None:
    archive = Archive()
    arrived, may_end = asyncio.Event(), asyncio.Event()

    async def hold(_: Received) -> None:
        arrived.set()
        await may_end.wait()

    archive.before = hold

    async def run() -> None:
        async with serving(archive) as server, connected(server.port) as client:
            await client.send(SAMPLES[0].raw, SAMPLES[1].raw)
            await arrived.wait()
            answer = asyncio.create_task(client.answer())
            for _ in range(20):
                await asyncio.sleep(0)
            assert not answer.done()
            assert archive.kept == []
            may_end.set()
            assert acknowledged(await answer) == ("AA", control_id(SAMPLES[0].raw))

    asyncio.run(run())


@pytest.mark.parametrize(
    ("failure", "code", "told"),
    [
        (TryAgain("The archive is away.", remedy="Send it again."), "AE", "hl7-try-again"),
        (SegelError("Not for you."), "AE", "internal-error"),
        (RuntimeError("rahasia"), "AE", "hl7-try-again"),
    ],
)
def test_what_is_not_kept_is_told_and_the_next_is_taken(
    failure: Exception, code: str, told: str
) -> None:
    archive = Archive()

    async def fail(received: Received) -> None:
        if received.message.header.control_id == control_id(SAMPLES[0].raw):
            raise failure

    archive.before = fail

    async def run() -> None:
        async with serving(archive) as server, connected(server.port) as client:
            await client.send(SAMPLES[0].raw)
            answer = await client.answer()
            assert acknowledged(answer) == (code, control_id(SAMPLES[0].raw))
            assert f"|{told}^^L|" in answer
            assert "rahasia" not in answer
            await client.send(SAMPLES[1].raw)
            assert acknowledged(await client.answer())[0] == "AA"

    asyncio.run(run())
    assert archive.kept == [control_id(SAMPLES[1].raw)]


def test_broken_messages_are_answered_without_what_they_say_and_logged_without_it() -> None:
    archive = Archive()
    samples = broken(200, 11)

    async def run() -> list[str]:
        async with serving(archive) as server, connected(server.port) as client:
            answers = []
            for sample in samples:
                await client.send(sample.raw)
                answers.append(await client.answer())
            return answers

    with structlog.testing.capture_logs() as lines:
        answers = asyncio.run(run())
    for sample, answer in zip(samples, answers, strict=True):
        assert acknowledged(answer)[0] == answer_code(sample)
        assert not [secret for secret in sample.secrets if secret in answer]
    written = [line for line in lines if line["event"] == "hl7-message"]
    assert len(written) == len(samples)
    said = json.dumps(lines)
    assert not [one for sample in samples for one in sample.secrets if one in said]
    for line in lines:
        shown = {key: value for key, value in line.items() if key != "log_level"}
        assert allow_listed(None, "", dict(shown)) == shown


def answer_code(sample: BrokenSample) -> str:
    if not sample.fault:
        return "AA"
    has_no_header = sample.how in ("no MSH", "three signs", "one sign twice")
    return "AR" if has_no_header or sample.fault in ("200", "201", "202", "203") else "AE"

"""The audit log reaches a real syslog receiver whole: through outages, kills and restarts."""

import asyncio
import json
import re
import ssl
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from segel.broker import messages as m
from segel.broker.forwarding import ForwardSettings
from segel.broker.syslog import Payload
from segel.domain.roles import Role
from support.receiver import Authority, Receiver

SETTLE_S = 0.5
_SEQUENCE = re.compile(r'sequenceId="(\d+)"')


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "certificates"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture
def receiver(tmp_path: Path, authority: Authority) -> Iterator[Receiver]:
    folder = tmp_path / "rsyslog"
    folder.mkdir()
    made = Receiver(folder, authority)
    yield made
    made.kill()


def forward_to(receiver: Receiver, authority: Authority, payload: Payload) -> ForwardSettings:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.load_cert_chain(*authority.issue("segel"))
    return ForwardSettings("127.0.0.1", receiver.port, payload, context, SETTLE_S)


async def until(holds: Callable[[], Any], what: str) -> None:
    """Wait for something that comes; how long is not asserted."""
    for _ in range(1_200):
        found = holds()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"never came: {what}")


def leaves(receiver: Receiver) -> set[int]:
    return {int(found) - 1 for line in receiver.messages() for found in _SEQUENCE.findall(line)}


async def status(estate: Any) -> m.ForwardStatus:
    reply = await estate.ask(m.FollowForwarding())
    assert isinstance(reply, m.ForwardStatus)
    return reply


def test_every_entry_reaches_the_receiver_through_an_outage_a_kill_and_a_restart(
    estate_of, arrival, receiver: Receiver, authority: Authority
) -> None:
    forward = forward_to(receiver, authority, Payload.DICOM)

    async def log_some(estate: Any, first: int) -> int:
        maker = await estate.token(Role.RADIOGRAPHER)
        for number in range(first, first + 20):
            await estate.store(maker, arrival(number))
        return (await status(estate)).log_size

    async def all_arrived(estate: Any, size: int) -> None:
        await until(lambda: leaves(receiver) >= set(range(size)), "every entry")

        async def settled() -> bool:
            return (await status(estate)).settled >= size

        await until(settled, "the cursor")

    async def run() -> None:
        async with estate_of(forward=forward) as estate:
            size = await log_some(estate, 0)

            async def is_waiting() -> bool:
                return (await status(estate)).state == "waiting"

            await until(is_waiting, "a receiver that is not there is noticed")
            assert (await status(estate)).trouble
            receiver.start()
            await all_arrived(estate, size)
            receiver.kill()  # under way, without a word
            size = await log_some(estate, 20)
            receiver.start()
            await all_arrived(estate, size)
            assert (await status(estate)).state == "forwarding"
        before = len(receiver.messages())
        async with estate_of(forward=forward) as estate:  # the cursor survives
            size = await log_some(estate, 40)
            await all_arrived(estate, size)
        again = [_SEQUENCE.findall(line) for line in receiver.messages()[before:]]
        assert ["1"] not in again

    asyncio.run(run())
    for line in receiver.messages():
        head, _, xml = line.partition("<AuditMessage")
        assert head.startswith(("<85>1 ", "<84>1 "))
        ET.fromstring(f"<AuditMessage{xml}")  # noqa: S314 - our own


def test_fhir_is_forwarded_by_setting_and_a_second_broker_leaves_it_to_the_first(
    estate_of, arrival, receiver: Receiver, authority: Authority
) -> None:
    forward = forward_to(receiver, authority, Payload.FHIR)

    async def run() -> None:
        receiver.start()
        async with estate_of(forward=forward) as estate, estate_of(forward=forward) as second:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(1))
            size = (await status(estate)).log_size
            await until(lambda: leaves(receiver) >= set(range(size)), "every entry")

            async def one_forwards() -> bool:
                states = {(await status(one)).state for one in (estate, second)}
                return states == {"forwarding", "elsewhere"}

            await until(one_forwards, "one of two brokers forwards")

    asyncio.run(run())
    for line in receiver.messages():
        AuditEvent.model_validate(json.loads(line[line.index("{") :]))


def test_a_receiver_of_another_authority_gets_nothing(
    estate_of, arrival, receiver: Receiver, authority: Authority, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    other = forward_to(receiver, Authority(foreign), Payload.DICOM)

    async def run() -> None:
        receiver.start()
        async with estate_of(forward=other) as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))

            async def refused() -> bool:
                return (await status(estate)).failures >= 2

            await until(refused, "the handshake fails")
            assert (await status(estate)).settled == 0

    asyncio.run(run())
    assert receiver.messages() == []


def test_nothing_personal_is_forwarded(
    estate_of, arrival, receiver: Receiver, authority: Authority
) -> None:
    forward = forward_to(receiver, authority, Payload.FHIR)

    async def run() -> None:
        receiver.start()
        async with estate_of(forward=forward) as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            reader = await estate.token(Role.CLINICIAN, name="dr. Ratna Kusumawati")
            await estate.open(reader, arrival(1).study_uid)
            await estate.search(reader, t00100010="SITI*", t00100030="19800102")
            size = (await status(estate)).log_size
            await until(lambda: leaves(receiver) >= set(range(size)), "every entry")

    asyncio.run(run())
    text = "\n".join(receiver.messages())
    for personal in ("SITI", "Ratna", "MRN0", "9801", "1980010", "2.25.77", "ACC1"):
        assert personal not in text

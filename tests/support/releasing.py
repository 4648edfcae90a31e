"""Readers that ask the broker for keys without a pause, while something is taken from it."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from segel.app import home as homes
from segel.broker import BrokerClient, Requester
from segel.broker.errors import BrokerError, BrokerUnavailable
from segel.domain.purpose import Purpose
from support.running import REPOSITORY, Running

READERS = 4
EFFECT_S = 1.0
"""What is lost must have closed the broker's hand within this time."""
WAIT_S = 60.0
FIGURES = REPOSITORY / "artifacts" / "outages.txt"


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it was sent and answered (monotonic), and the error's code, or ''."""

    sent_s: float
    answered_s: float
    code: str


@dataclass
class Readers:
    """What they were answered so far."""

    answers: list[Answer] = field(default_factory=list)

    def until(self, wanted: Callable[[Answer], bool], since_s: float) -> Answer:
        """The first answer to a request of after ``since_s`` that is wanted."""
        deadline_s = time.monotonic() + WAIT_S
        seen = 0
        while time.monotonic() < deadline_s:
            for answer in self.answers[seen:]:
                seen += 1
                if answer.sent_s >= since_s and wanted(answer):
                    return answer
            time.sleep(0.005)
        pytest.fail(f"not answered so within {WAIT_S} s; last: {self.answers[-1:]}")


@contextlib.contextmanager
def readers(running: Running, study_uid: str) -> Iterator[Readers]:
    """Readers of one study at the broker's own socket, where every answer is a logged release."""
    seen = Readers()
    ending = threading.Event()
    asker = Requester(running.token("radiologist"), Purpose.TREATMENT, "dicomweb")
    socket = homes.at(running.home).broker_socket

    async def read(broker: BrokerClient) -> None:
        while not ending.is_set():
            sent_s, code = time.monotonic(), ""
            try:
                await broker.open_study(asker, study_uid)
            except BrokerError as refusal:
                code = refusal.code
            seen.answers.append(Answer(sent_s, time.monotonic(), code))
            if code:
                await asyncio.sleep(0.005)

    async def run() -> None:
        broker = await BrokerClient.connect(socket)
        try:
            await asyncio.gather(*(read(broker) for _ in range(READERS)))
        finally:
            await broker.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        seen.until(lambda answer: not answer.code, 0.0)
        yield seen
    finally:
        ending.set()
        thread.join()


def outage(
    what: str,
    running: Running,
    study_uid: str,
    code: str,
    lose: Callable[[], object],
    find: Callable[[], object],
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Take something away with ``lose``, look for a while, give it back with ``find``.

    Nothing may be released to whoever asks more than a second after the loss; who is refused is
    told ``code``; and releases go on by themselves. The figures are kept.
    """
    with readers(running, study_uid) as seen:
        lose()
        lost_s = time.monotonic()
        try:
            first = seen.until(lambda answer: answer.code == code, lost_s)
            time.sleep(2 * EFFECT_S)
            meanwhile()
        finally:
            until_s = time.monotonic()
            find()
            found_s = time.monotonic()
        again = seen.until(lambda answer: not answer.code, found_s)
    during = [one for one in seen.answers if lost_s <= one.sent_s and one.answered_s < until_s]
    released = [one for one in during if not one.code]
    assert not [one for one in released if one.sent_s > lost_s + EFFECT_S], what
    refused = [one for one in during if one.code]
    assert {one.code for one in refused} <= {code, BrokerUnavailable.code}
    assert refused[-1].code == code
    last_s = max((one.answered_s for one in released), default=lost_s)
    _keep(
        f"{what}: last release {_ms(last_s, lost_s)} after the loss, first such refusal"
        f" {_ms(first.answered_s, lost_s)}, {len(refused)} refused, released again"
        f" {_ms(again.answered_s, found_s)} after it was back"
    )


def _ms(then_s: float, since_s: float) -> str:
    return f"{(then_s - since_s) * 1e3:.0f} ms"


def _keep(line: str) -> None:
    print(line)
    FIGURES.parent.mkdir(exist_ok=True)
    with FIGURES.open("a") as file:
        file.write(f"{line}\n")

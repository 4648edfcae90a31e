"""kill -9 of receiver and broker while laboratories send: each acknowledged message is kept, once.

Senders do as real ones: one message at a time on each connection, and again until it is answered.
``SEGEL_HL7_MESSAGES=1000`` sends as many; a tenth are broken in the ways that occur.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from drills.test_crashes import supervisor_of, victims
from drills.test_thief import scan
from segel.app import home as homes
from segel.broker import BrokerClient
from segel.broker.messages import OpenedSender
from segel.domain.roles import Role
from segel.records.hl7 import Sender, parse_message, to_bundle
from segel.records.hl7.sessions import sender_from
from support.hl7_broken import BrokenSample, broken
from support.hl7_messages import Sample, messages
from support.kms import CHOSEN, kms_settings
from support.mllp import MllpClient, acknowledged, connected
from support.running import FREE_DOORS, place_for_a_home, segel

MESSAGES = int(os.environ.get("SEGEL_HL7_MESSAGES", "20"))
BROKEN = MESSAGES // 10
CONNECTIONS = (1, 8)
BATCH = 200
KILLED_AT = {"receiver": 0.25, "broker": 0.6}
"""After which share of each round's answers each process is killed."""

APPLICATION, FACILITY, AUTHORITY, CODE = "LIS", "RS MELATI", "RSM", "RSM"
BUDGETS = "".join(
    f"[{part}]\nhour = 90000\nday = 90000\nmonth = 90000\n"
    for part in ("roles.hospital-system", "hospital", "estate")
)


@dataclass
class Archive:
    """A running Segel: where its HL7 door is, and how to read what came in."""

    home: Path
    port: int
    fhir: str
    token: str
    hospital_id: UUID

    @property
    def sender(self) -> Sender:
        opened = OpenedSender("", 0, self.hospital_id, CODE, (AUTHORITY,))
        return sender_from(opened, APPLICATION, FACILITY)


@dataclass
class Round:
    """What is sent in one go, and what was answered in the end."""

    samples: list[Sample]
    answers: dict[int, str] = field(default_factory=dict)
    again: int = 0


@contextlib.contextmanager
def archive(home: Path) -> Iterator[Archive]:
    """Started, and its laboratory enrolled, by the command line."""
    budgets = home.with_name("budgets.toml")
    budgets.write_text(BUDGETS)
    settings = home.with_name("segel.toml")
    settings.write_text(f"budgets = {json.dumps(str(budgets))}\n{kms_settings(home, CHOSEN)}")
    place = f"--home={home}"
    done("up", place, *FREE_DOORS, f"--settings={settings}", "--detach")
    try:
        done("hospital", "add", CODE, "RS Melati", place)
        done("hl7", "add", APPLICATION, FACILITY, f"--hospital={CODE}", f"--authority={AUTHORITY}",
             place)  # fmt: skip
        status = json.loads(done("status", place, "--json"))
        token, hospital_id = asyncio.run(reader(home))
        port = int(status["mllp"].rpartition(":")[2])
        yield Archive(home, port, f"{status['http']}/fhir", token, hospital_id)
    finally:
        done("down", place)


def done(*arguments: str) -> str:
    """What a command said. It has to succeed."""
    ran = segel(*arguments)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


async def reader(home: Path) -> tuple[str, UUID]:
    """A token of a system that reads, and its hospital."""
    operator = await BrokerClient.connect(homes.at(home).operator_socket)
    try:
        account = await operator.enrol_account("reader", Role.HOSPITAL_SYSTEM, CODE)
        token = (await operator.issue_token(account, 3600)).token
        session = await operator.session(token)
        assert session.hospital_id is not None
        return token, session.hospital_id
    finally:
        await operator.close()


async def send_round(here: Archive, sent: Round, connections: int) -> Counter[str]:
    """Everything until it is answered for good, while processes are killed."""
    killed: Counter[str] = Counter()

    async def share(numbers: list[int]) -> None:
        while numbers:
            with contextlib.suppress(OSError):  # refused, or cut under way
                async with connected(here.port) as client:
                    while numbers and await answered(client, sent, numbers[0]):
                        numbers.pop(0)
            if numbers:
                sent.again += 1
                await asyncio.sleep(0.1)

    async def kill() -> None:
        for name, after in KILLED_AT.items():
            await until(sent, after)
            os.kill(victims(supervisor_of(here.home))[name][0].pid, signal.SIGKILL)
            killed[name] += 1

    shares = [list(range(len(sent.samples)))[at::connections] for at in range(connections)]
    await asyncio.gather(kill(), *(share(one) for one in shares))
    return killed


async def until(sent: Round, share: float) -> None:
    """Until so much of a round is answered."""
    while len(sent.answers) < share * len(sent.samples):  # noqa: ASYNC110 - a count, not an event
        await asyncio.sleep(0.01)


async def answered(client: MllpClient, sent: Round, number: int) -> bool:
    """Whether a message was answered otherwise than with "send it again later"."""
    await client.send(sent.samples[number].raw)
    answer = await client.answer()
    if not answer or "|hl7-try-again^" in answer:
        return False
    sent.answers[number] = answer
    return True


def is_taken(sample: Sample) -> bool:
    return not (isinstance(sample, BrokenSample) and sample.fault)


def numbers_of(resource: dict[str, Any]) -> list[tuple[str, str]]:
    stated = resource.get("identifier", [])
    return sorted((one["system"], one["value"]) for one in stated)


def told(resource: dict[str, Any]) -> str:
    """What of a resource may not be another's: type, numbers, state, and what was measured."""
    value = {name: stated for name, stated in resource.items() if name.startswith("value")}
    return json.dumps(
        [resource["resourceType"], numbers_of(resource), resource.get("status"), value],
        sort_keys=True, default=float,
    )  # fmt: skip


def charts(web: httpx.Client, here: Archive, samples: list[Sample]) -> list[list[dict[str, Any]]]:
    """Everything in the chart of each message's patient; nothing where nobody has the number."""
    found = asked(web, [
        f"Patient?identifier={here.sender.record_system}|{sample.secrets[1]}" for sample in samples
    ])  # fmt: skip
    patients = [[one["id"] for one in some] for some in found]
    assert all(len(some) <= 1 for some in patients), "somebody is registered twice"
    known = [patient for (patient,) in filter(None, patients)]
    types = ("Observation", "DiagnosticReport", "ServiceRequest", "Specimen")
    lines = [[f"Patient/{one}", *(f"{kind}?patient={one}" for kind in types)] for one in known]
    lies = iter(asked(web, [line for some in lines for line in some]))
    by_patient = {one: [made for _ in range(1 + len(types)) for made in next(lies)]
                  for one in known}  # fmt: skip
    return [[made for one in some for made in by_patient[one]] for some in patients]


def asked(web: httpx.Client, addresses: list[str]) -> list[list[dict[str, Any]]]:
    """What is found at each address, in batches."""
    found = []
    for at in range(0, len(addresses), BATCH):
        entry = [{"request": {"method": "GET", "url": one}} for one in addresses[at : at + BATCH]]
        batch = {"resourceType": "Bundle", "type": "batch", "entry": entry}
        answer = web.post("", json=batch)
        assert answer.status_code == 200, answer.text
        for one in answer.json()["entry"]:
            assert one["response"]["status"] == "200", one
            got = one["resource"]
            is_list = got["resourceType"] == "Bundle"
            found.append([hit["resource"] for hit in got.get("entry", [])] if is_list else [got])
    return found


def expected(here: Archive, sample: Sample) -> list[str]:
    bundle = to_bundle(parse_message(sample.raw), here.sender)
    return sorted(told(one["resource"]) for one in bundle["entry"])


def terms_of(samples: list[Sample]) -> list[str]:
    """Names, numbers, addresses, remarks, and the numbers of orders."""
    terms = {secret for sample in samples for secret in sample.secrets}
    for sample in samples:
        for line in sample.raw.decode(errors="replace").replace("\n", "\r").split("\r"):
            if line.startswith("OBR|"):
                terms |= {part for part in line.split("|")[2:4] if 6 <= len(part) <= 64}
    return sorted(terms)


@pytest.mark.timeout(1800)
def test_each_acknowledged_message_is_kept_once_however_processes_are_killed(
    tmp_path: Path,
) -> None:
    sound, bad = messages(MESSAGES - BROKEN, 41), broken(BROKEN, 43)
    samples = [*sound, *bad]
    random.Random(47).shuffle(samples)
    half = len(samples) // 2
    rounds = [Round(samples[:half]), Round(samples[half:])]
    killed: Counter[str] = Counter()
    with place_for_a_home() as folder:
        home = folder / "home"
        with archive(home) as here:
            for sent, connections in zip(rounds, CONNECTIONS, strict=True):
                killed += asyncio.run(send_round(here, sent, connections))
            headers = {"Authorization": f"Bearer {here.token}"}
            wrong = []
            with httpx.Client(base_url=here.fhir, headers=headers, timeout=60) as web:
                for sent in rounds:
                    wrong += amiss(web, here, sent)
        status, report = scan(home, terms_of(samples), tmp_path)
    again = sum(sent.again for sent in rounds)
    taken = sum(acknowledged(one)[0] == "AA" for sent in rounds for one in sent.answers.values())
    print(f"{len(samples)} messages, {taken} taken, {dict(killed)} killed, {again} new tries")
    assert taken >= len(sound)
    assert killed == {"receiver": 2, "broker": 2}
    assert wrong == []
    assert report["hits"] == []
    assert status == 0


def amiss(web: httpx.Client, here: Archive, sent: Round) -> list[str]:
    """What is not as it was answered."""
    wrong = []
    for number, (sample, chart) in enumerate(
        zip(sent.samples, charts(web, here, sent.samples), strict=True)
    ):
        code, _ = acknowledged(sent.answers[number])
        if (code == "AA") != is_taken(sample):
            wrong.append(f"{number}: {code}")
        elif code == "AA":
            found = sorted(told(one) for one in chart)
            if found != expected(here, sample):
                wrong.append(f"{number}: acknowledged, and kept otherwise")
            if any(int(one["meta"]["versionId"]) > 1 for one in chart):
                wrong.append(f"{number}: written twice")
        elif chart:
            wrong.append(f"{number}: refused, and kept")
    return wrong

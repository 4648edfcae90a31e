"""kill -9 of each process under load: no acknowledged instance is lost, no release is unlogged."""

import asyncio
import hashlib
import io
import json
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pydicom
import pynetdicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from segel.app import home as homes
from segel.broker import BrokerClient, Requester
from segel.broker.errors import BrokerError
from segel.domain.purpose import Purpose
from segel.tlog import Checkpoint, NoteVerifier, Receipt, Tile, decode_entries, verify_receipt
from support.running import Running, place_for_a_home, segel, started

KILLS = int(os.environ.get("SEGEL_KILLS", "20"))
WEB_SENDERS = 3
STUDIES = [f"2.25.{4_000_000 + number}" for number in range(6)]
BOUNDARY = b"crash-test"
SUPERVISOR_EVERY = 12
SERVICES = ("gateway", "broker", "receiver", "worker", "postgres")
BACK_S = 120

Acknowledged = dict[str, tuple[str, str, str]]
"""By SOP instance UID: study, series, SHA-256 of what was sent."""


class Load(threading.Thread):
    """Repeats one request until it is told to stop; what fails is tried anew, not counted."""

    def __init__(self, home: Path, number: int) -> None:
        super().__init__(daemon=True)
        self.running = running_of(home)
        self.random = random.Random(number)
        self.stop = threading.Event()
        self.unexpected: list[str] = []
        self.count = 0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.once()
                self.count += 1
            except (httpx.HTTPError, OSError, BrokerError, ConnectionRefused):
                time.sleep(0.05)
            except Exception as error:
                self.unexpected.append(repr(error))
                return

    def once(self) -> None:
        raise NotImplementedError


class ConnectionRefused(Exception):
    """The DIMSE door is not there for the moment."""


class Sender(Load):
    """Stores one new instance after another; remembers those that were acknowledged."""

    def __init__(self, home: Path, number: int) -> None:
        super().__init__(home, number)
        self.acknowledged: Acknowledged = {}
        self.base = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))

    def instance(self) -> pydicom.Dataset:
        study = self.random.choice(STUDIES)
        self.base.StudyInstanceUID = study
        self.base.SeriesInstanceUID = f"{study}.1"
        self.base.PatientID = f"CRASH{STUDIES.index(study)}"
        self.base.SOPInstanceUID = generate_uid(prefix=None)
        self.base.file_meta.MediaStorageSOPInstanceUID = self.base.SOPInstanceUID
        return self.base

    def remember(self, digest: str) -> None:
        self.acknowledged[str(self.base.SOPInstanceUID)] = (
            str(self.base.StudyInstanceUID),
            str(self.base.SeriesInstanceUID),
            digest,
        )


class WebSender(Sender):
    """STOW-RS."""

    def once(self) -> None:
        buffer = io.BytesIO()
        self.instance().save_as(buffer)
        content = buffer.getvalue()
        answer = httpx.post(
            f"{self.running.http}/dicomweb/studies",
            content=b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n--%s--\r\n"
            % (BOUNDARY, content, BOUNDARY),
            headers=self.running.headers("radiographer")
            | {"Content-Type": 'multipart/related; type="application/dicom"; boundary=crash-test'},
            timeout=60,
        )
        if answer.status_code == 200:
            self.remember(hashlib.sha256(dataset_bytes(content)).hexdigest())
        else:
            assert answer.status_code in (409, 500, 502, 503), answer.status_code


class DimseSender(Sender):
    """C-STORE, several on an association."""

    def once(self) -> None:
        host, port = self.running.dimse
        peer = self.running.peer()
        entity = pynetdicom.AE(ae_title=peer["ae_title"])
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 20
        entity.add_requested_context(str(self.base.SOPClassUID), "1.2.840.10008.1.2.1")
        association = entity.associate(host, port, ae_title=peer["called_ae_title"])
        if not association.is_established:
            raise ConnectionRefused
        for _ in range(20):
            if self.stop.is_set() or not association.is_established:
                break
            buffer = io.BytesIO()
            self.instance().save_as(buffer)
            try:
                answer = association.send_c_store(self.base)
            except RuntimeError:  # pynetdicom: the association ended just now
                break
            if answer and answer.Status == 0:
                self.remember(hashlib.sha256(dataset_bytes(buffer.getvalue())).hexdigest())
        if association.is_established:
            association.release()


class Opener(Load):
    """Has study keys released by the broker, as a gateway has; keeps the receipts."""

    def __init__(self, home: Path, number: int, socket_path: Path) -> None:
        super().__init__(home, number)
        self.socket_path = socket_path
        self.receipts: list[bytes] = []

    def once(self) -> None:
        asyncio.run(self._open())
        time.sleep(0.1)

    async def _open(self) -> None:
        client = await BrokerClient.connect(self.socket_path)
        try:
            requester = Requester(
                self.running.token("radiologist"), Purpose.TREATMENT, "crash drill"
            )
            for study in STUDIES:
                try:
                    grant = await client.open_study(requester, study)
                except BrokerError as refusal:
                    if refusal.code == "study-unknown":
                        continue
                    raise
                self.receipts.append(grant.receipt)
        finally:
            await client.close()


def running_of(home: Path) -> Running:
    return Running(home, json.loads(home.with_name(home.name + ".demo.json").read_text()))


def dataset_bytes(part10: bytes) -> bytes:
    """What follows the file meta information (PS3.10 § 7.1)."""
    return part10[144 + int.from_bytes(part10[140:144], "little") :]


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def victims(supervisor: psutil.Process) -> dict[str, list[psutil.Process]]:
    """What runs under a supervisor, by its kind."""
    found: dict[str, list[psutil.Process]] = {name: [] for name in SERVICES}
    for process in supervisor.children(recursive=True):
        try:
            line = " ".join(process.cmdline())
        except psutil.Error:
            continue
        name = next((name for name in SERVICES if name in line.split(" --")[0]), None)
        if name is not None:
            found[name].append(process)
    return {name: some for name, some in found.items() if some}


def supervisor_of(home: Path) -> psutil.Process:
    return psutil.Process(json.loads((home / "run" / "status.json").read_text())["pid"])


def wait_until(what: Callable[[], bool], said: str) -> None:
    deadline_s = time.monotonic() + BACK_S
    while not what():
        assert time.monotonic() < deadline_s, said
        time.sleep(0.05)


@pytest.mark.timeout(3600)
def test_no_acknowledged_instance_is_lost_however_often_processes_are_killed() -> None:
    with place_for_a_home() as folder:
        drill(folder / "home")


def drill(home: Path) -> None:
    doors = [f"--{door}={free_address()}" for door in ("http", "dimse", "mllp", "viewer")]
    chance = random.Random(20260105)
    killed: Counter[str] = Counter()
    with started(home, *doors):
        wait_until_well(running_of(home))
        senders: list[Sender] = [WebSender(home, number) for number in range(WEB_SENDERS)]
        senders.append(DimseSender(home, WEB_SENDERS))
        opener = Opener(home, 99, homes.at(home).broker_socket)
        for load in (*senders, opener):
            load.start()
        while sum(killed.values()) < KILLS:
            before = [len(sender.acknowledged) for sender in senders]
            time.sleep(chance.uniform(0.0, 0.6))
            if sum(killed.values()) % SUPERVISOR_EVERY == SUPERVISOR_EVERY - 1:
                supervisor_of(home).kill()
                killed["supervisor"] += 1
                again = segel("up", f"--home={home}", *doors, "--demo", "--detach")
                assert again.returncode == 0, again.stdout + again.stderr
                continue
            alive = victims(supervisor_of(home))
            name = chance.choice(sorted(alive))
            try:
                os.kill(chance.choice(alive[name]).pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed[name] += 1
            if chance.random() < 0.7:  # else the next one is killed while this one comes back
                wait_until(
                    lambda before=before: any(  # type: ignore[misc]
                        len(sender.acknowledged) > count
                        for sender, count in zip(senders, before, strict=True)
                    ),
                    f"nothing is stored after the {name} was killed",
                )
        for load in (*senders, opener):
            load.stop.set()
        for load in (*senders, opener):
            load.join(120)
            assert load.unexpected == []
        wait_until_well(running_of(home))
        acknowledged: Acknowledged = {}
        for sender in senders:
            acknowledged |= sender.acknowledged
        lost = not_there(running_of(home), acknowledged)
        wait_until(lambda: published_size(home) > newest(opener.receipts), "the log lags behind")
        unlogged = [receipt for receipt in opener.receipts if not is_logged(home, receipt)]
        verified = segel("audit", "verify", f"--home={home}")
    figures = (
        f"{sum(killed.values())} kills {dict(killed)}: {len(acknowledged)} instances acknowledged "
        f"({len(senders[-1].acknowledged)} by C-STORE), {len(lost)} lost; "
        f"{len(opener.receipts)} releases, {len(unlogged)} unlogged"
    )
    print(figures)
    assert lost == [], figures
    assert unlogged == [], figures
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert len(acknowledged) > KILLS
    assert len(opener.receipts) > KILLS
    assert senders[-1].acknowledged
    assert set(killed) >= {"gateway", "broker", "postgres", "receiver", "supervisor"}


def wait_until_well(running: Running) -> None:
    """Until a search answers again."""

    def well() -> bool:
        try:
            answer = httpx.get(
                f"{running.http}/dicomweb/studies",
                params={"limit": "1"},
                headers=running.headers("radiographer"),
                timeout=20,
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    wait_until(well, "Segel did not come back")


def not_there(running: Running, acknowledged: Acknowledged) -> list[str]:
    """The acknowledged instances that are not there bit for bit."""
    lost = []
    headers = running.headers("radiographer") | {
        "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'
    }
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as web:
        for instance, (study, series, digest) in acknowledged.items():
            answer = web.get(f"/dicomweb/studies/{study}/series/{series}/instances/{instance}")
            if answer.status_code != 200 or digest_of(answer) != digest:
                lost.append(f"{answer.status_code} {instance}")
    return lost


def digest_of(answer: httpx.Response) -> str:
    marker = answer.headers["content-type"].split("boundary=")[1].split(";")[0].strip('" ')
    part = answer.content.split(b"--" + marker.encode())[1]
    return hashlib.sha256(dataset_bytes(part.split(b"\r\n\r\n", 1)[1][:-2])).hexdigest()


def published_size(home: Path) -> int:
    note = (home / "objects" / "audit" / "checkpoint").read_text()
    return Checkpoint.parse(note.partition("\n\n")[0] + "\n").size


def newest(receipts: list[bytes]) -> int:
    return max(Receipt.from_json(receipt).leaf_index for receipt in receipts)


def is_logged(home: Path, receipt_json: bytes) -> bool:
    """The published log holds what the receipt promised at the time of the release."""
    receipt = Receipt.from_json(receipt_json)
    verifier = NoteVerifier.parse(homes.at(home).log_key.read_text().strip())
    size = published_size(home)
    number, place = divmod(receipt.leaf_index, 256)
    tile = Tile(0, number, min(256, size - number * 256))
    bundle = (home / "objects" / "audit" / tile.entries_path()).read_bytes()
    entry: Any = decode_entries(bundle)[place]
    verify_receipt(receipt, entry, verifier)
    return True

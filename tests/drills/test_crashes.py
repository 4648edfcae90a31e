"""kill -9 of each process under load: no acknowledged instance is lost, no release is unlogged."""

import hashlib
import io
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from support.running import segel, started

KILLS = int(os.environ.get("SEGEL_KILLS", "40"))
SENDERS = 4
STUDIES = 6
PROCESSES = ("gateway", "broker", "postgres", "worker", "receiver")
BOUNDARY = b"crash-test"


class Sender(threading.Thread):
    """Stores one new instance after another; remembers those that were acknowledged."""

    def __init__(self, segel_up: Any, number: int, studies: list[str]) -> None:
        super().__init__(daemon=True)
        self.segel_up = segel_up
        self.random = random.Random(number)
        self.studies = studies
        self.acknowledged: dict[str, tuple[str, str, str]] = {}
        self.stop = threading.Event()
        self.base = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))

    def run(self) -> None:
        headers = self.segel_up.headers("radiographer") | {
            "Content-Type": 'multipart/related; type="application/dicom"; boundary=crash-test'
        }
        while not self.stop.is_set():
            content = self._instance()
            body = b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n--%s--\r\n" % (
                BOUNDARY, content, BOUNDARY,
            )  # fmt: skip
            try:
                answer = httpx.post(
                    f"{self.segel_up.http}/dicomweb/studies",
                    content=body,
                    headers=headers,
                    timeout=60,
                )
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            if answer.status_code == 200:
                self.acknowledged[str(self.base.SOPInstanceUID)] = (
                    str(self.base.StudyInstanceUID),
                    str(self.base.SeriesInstanceUID),
                    hashlib.sha256(content).hexdigest(),
                )
            else:
                assert answer.status_code in (409, 500, 503), answer.text

    def _instance(self) -> bytes:
        study = self.random.choice(self.studies)
        self.base.StudyInstanceUID = study
        self.base.SeriesInstanceUID = f"{study}.1"
        self.base.PatientID = f"CRASH{self.studies.index(study)}"
        self.base.SOPInstanceUID = generate_uid(prefix=None)
        self.base.file_meta.MediaStorageSOPInstanceUID = self.base.SOPInstanceUID
        buffer = io.BytesIO()
        self.base.save_as(buffer)
        return buffer.getvalue()


def processes_of(home: Path) -> dict[str, list[psutil.Process]]:
    """The running processes of a home, by what they are."""
    found: dict[str, list[psutil.Process]] = {name: [] for name in PROCESSES}
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        try:
            of_home = process.environ().get("SEGEL_HOME") == str(home)
        except psutil.Error:
            continue
        for name in PROCESSES:
            if name in line and (of_home or f"{home}/pg" in line):
                found[name].append(process)
                break
    return found


@pytest.mark.timeout(1800)
def test_no_acknowledged_instance_is_lost_however_often_processes_are_killed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = Path(tmp_path_factory.mktemp("crash"))
    folder.chmod(0o755)
    home = folder / "home"
    chance = random.Random(20260105)
    killed = dict.fromkeys(PROCESSES, 0)
    with started(home) as segel_up:
        studies = [f"2.25.{4_000_000 + number}" for number in range(STUDIES)]
        senders = [Sender(segel_up, number, studies) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.05, 0.8))
            running = {name: some for name, some in processes_of(home).items() if some}
            if not running:
                continue
            name = chance.choice(sorted(running))
            victim = chance.choice(running[name])
            try:
                os.kill(victim.pid, signal.SIGKILL)
                killed[name] += 1
            except ProcessLookupError:
                continue
        for sender in senders:
            sender.stop.set()
        for sender in senders:
            sender.join(120)
        wait_until_well(segel_up)
        lost = check(segel_up, {u: w for sender in senders for u, w in sender.acknowledged.items()})
        acknowledged = sum(len(sender.acknowledged) for sender in senders)
        verified = segel("audit", "verify", f"--home={home}")
    assert killed["gateway"] > 0
    assert killed["broker"] > 0
    assert killed["postgres"] > 0
    assert acknowledged > KILLS
    assert lost == []
    assert verified.returncode == 0, verified.stdout + verified.stderr


def wait_until_well(segel_up: Any) -> None:
    """Until a search answers again."""
    for _ in range(300):
        try:
            answer = httpx.get(
                f"{segel_up.http}/dicomweb/studies",
                headers=segel_up.headers("radiographer"),
                timeout=20,
            )
            if answer.status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    pytest.fail("Segel did not come back")


def check(segel_up: Any, acknowledged: dict[str, tuple[str, str, str]]) -> list[str]:
    """The acknowledged instances that are not there bit for bit."""
    lost = []
    headers = segel_up.headers("radiographer") | {
        "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'
    }
    with httpx.Client(base_url=segel_up.http, timeout=60, headers=headers) as web:
        for instance, (study, series, digest) in acknowledged.items():
            answer = web.get(f"/dicomweb/studies/{study}/series/{series}/instances/{instance}")
            if answer.status_code != 200 or digest_of(answer) != digest:
                lost.append(f"{answer.status_code}")
    return lost


def digest_of(answer: httpx.Response) -> str:
    marker = answer.headers["content-type"].split("boundary=")[1].split(";")[0].strip('" ')
    part = answer.content.split(b"--" + marker.encode())[1]
    return hashlib.sha256(part.split(b"\r\n\r\n", 1)[1][:-2]).hexdigest()

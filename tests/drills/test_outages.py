"""What is away, full or read-only releases nothing, says so, and is well again by itself.

The KMS' and the witnesses' outages have their own tests (``broker/test_kms_away.py``,
``e2e/test_kms.py``, ``e2e/test_witnessed.py``); here it is the database and the disk. Each study is
asked for once only: what a session opened before the outage is not a release.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pydicom
import pytest
from pydicom.data import get_testdata_file

from segel.app import home as homes
from segel.broker.errors import BrokerUnavailable, DiskFull
from segel.store.postgres import OWNER, EmbeddedPostgres, load_passwords
from segel.tlog import NoteVerifier, verify_log
from support.releasing import outage
from support.running import Running, segel, started

STUDIES = 30
WELL_AGAIN_S = 90
DISK_MIB = 420
"""PostgreSQL's log alone keeps a hundred; the demo's images are twenty."""


class Users:
    """Somebody who stores, and a clinician who opens a new study each time."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.web = httpx.Client(base_url=running.http, timeout=30)
        self._fresh = iter(range(10_000))
        self._unopened = [self._stored() for _ in range(STUDIES)]

    def _stored(self) -> str:
        number, answer = self.store()
        assert answer.status_code == 200, answer.text
        return uid_of(number)

    def store(self, *, padding_bytes: int = 0) -> tuple[int, httpx.Response]:
        """Send one new study; its number and the answer."""
        number = next(self._fresh)
        content = instance(number, padding_bytes)
        answer = self.web.post(
            "/dicomweb/studies",
            content=b"--b\r\nContent-Type: application/dicom\r\n\r\n%s\r\n--b--\r\n" % content,
            headers=self.running.headers("radiographer")
            | {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'},
        )
        return number, answer

    def open(self) -> httpx.Response:
        """The metadata of a study that nobody has opened."""
        return self.web.get(
            f"/dicomweb/studies/{self._unopened.pop()}/metadata",
            headers=self.running.headers("clinician"),
        )

    def wait_until_well(self) -> None:
        """Until a store is acknowledged and a release given, without anybody restarting it."""
        deadline_s = time.monotonic() + WELL_AGAIN_S
        answer: Any = None
        while time.monotonic() < deadline_s:
            with contextlib.suppress(httpx.HTTPError):
                _, answer = self.store()
                if answer.status_code == 200 and self.open().status_code == 200:
                    return
            time.sleep(0.5)
        pytest.fail(f"it does not come back: {answer.status_code if answer else 'no answer'}")


def uid_of(number: int) -> str:
    return f"2.25.{7_000_000 + number}"


def instance(number: int, padding_bytes: int) -> bytes:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    dataset.PatientID = f"GANGGUAN{number}"
    dataset.StudyInstanceUID = uid_of(number)
    dataset.SeriesInstanceUID = f"{uid_of(number)}.1"
    dataset.SOPInstanceUID = f"{uid_of(number)}.1.1"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    if padding_bytes:
        dataset.add_new(0xFFFCFFFC, "OB", os.urandom(padding_bytes))
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def owner_dsn(home: Path) -> str:
    here = homes.at(home)
    cluster = EmbeddedPostgres(here.database, here.database_socket, 16, None)
    return cluster.dsn(OWNER, load_passwords(here.passwords)[OWNER])


def log_size(home: Path) -> int:
    with psycopg.connect(owner_dsn(home)) as connection:
        row = connection.execute("SELECT size FROM log_head").fetchone()
    assert row is not None
    return int(row[0])


def set_read_only(home: Path, value: str) -> None:
    """For every connection from now on; those that there are are ended."""
    with psycopg.connect(owner_dsn(home), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE segel SET default_transaction_read_only = {value}")
    # Roles cannot end each other's sessions: PostgreSQL's own processes are sent away instead.
    for process in subprocess.run(
        ["pgrep", "-f", "^postgres: segel_(broker|gateway|worker)"],
        capture_output=True, text=True, check=False,
    ).stdout.split():  # fmt: skip
        if belongs_to(int(process), home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), 15)


def belongs_to(pid: int, home: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").resolve() == (home / "pg").resolve()
    except OSError:
        return False


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own, which a test can fill."""
    folder = Path(tempfile.mkdtemp(prefix="segel-disk-"))
    mounted = os.geteuid() == 0 and shutil.which("mount") is not None
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=755", "tmpfs", str(folder)]
        mounted = subprocess.run(command, check=False).returncode == 0
    if not mounted:
        folder.rmdir()
        pytest.skip("a disk of its own can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)
        folder.rmdir()


def fill(folder: Path) -> Path:
    """A file that takes all the room that is left."""
    path = folder / "full"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(1 << 20)):
            pass
        while file.write(bytes(4096)):
            pass
    return path


def test_a_read_only_database_and_a_full_disk_release_nothing_and_it_is_well_again_by_itself(
    small_disk: Path,
) -> None:
    with started(small_disk / "home") as running:
        users = Users(running)
        assert users.open().status_code == 200

        def nothing_is_released(words: str, code: str) -> None:
            for _ in range(5):
                refused = users.open()
                assert refused.status_code == 503, refused.text
                assert refused.json()["code"] == code
                assert words in refused.text
                _, stored = users.store(padding_bytes=1 << 20)
                assert stored.status_code in (409, 503), stored.text
                assert "GANGGUAN" not in stored.text

        def nothing_can_be_written() -> None:
            before = log_size(running.home)
            nothing_is_released("nothing was released", BrokerUnavailable.code)
            assert log_size(running.home) == before

        outage(
            "database read-only", running, uid_of(0), BrokerUnavailable.code,
            lose=lambda: set_read_only(running.home, "on"),
            find=lambda: set_read_only(running.home, "off"),
            meanwhile=nothing_can_be_written,
        )  # fmt: skip
        users.wait_until_well()

        def nothing_has_room() -> None:
            nothing_is_released("MiB are left", DiskFull.code)
            status = segel("status", f"--home={running.home}")
            assert status.returncode == 1
            assert "nearly full" in status.stdout

        outage(
            "disk full", running, uid_of(0), DiskFull.code,
            lose=lambda: fill(small_disk),
            find=(small_disk / "full").unlink,
            meanwhile=nothing_has_room,
        )  # fmt: skip
        users.wait_until_well()
        restarts = json.loads(segel("status", "--json", f"--home={running.home}").stdout)
        assert {one["name"]: one["restarts"] for one in restarts["processes"]}["broker"] == 0


def test_a_disk_that_runs_full_loses_nothing_acknowledged_and_is_well_again_by_itself(
    small_disk: Path,
) -> None:
    """As above, where nobody sees it coming: the database itself runs out of room."""
    with started(small_disk / "home", settings="disk_reserve_mib = 0\n") as running:
        users = Users(running)
        assert users.open().status_code == 200
        filler = fill(small_disk)
        acknowledged, opened = [], 0
        try:
            for _ in range(8):
                number, answer = users.store(padding_bytes=1 << 20)
                if answer.status_code == 200:
                    acknowledged.append(number)
                else:
                    assert answer.status_code in (409, 503, 507), answer.text
                    assert "GANGGUAN" not in answer.text
                released = users.open()
                assert released.status_code in (200, 503), released.text
                opened += released.status_code == 200
            assert len(acknowledged) < 8, "the disk was not full"
        finally:
            filler.unlink()
        users.wait_until_well()
        for number in acknowledged:
            found = users.web.get(
                f"/dicomweb/studies/{uid_of(number)}/metadata",
                headers=running.headers("radiologist"),
            )
            assert found.status_code == 200, "acknowledged on a full disk, and gone"
        assert published(running) >= opened
        verified = segel("audit", "verify", f"--home={running.home}")
        assert verified.returncode == 0, verified.stderr


def published(running: Running) -> int:
    """How many entries the published log has, once it is whole again."""
    verifier = NoteVerifier.parse(homes.at(running.home).log_key.read_text().strip())
    root = running.home / "objects" / "audit"
    return verify_log(lambda path: (root / path).read_bytes(), verifier).checkpoint.size

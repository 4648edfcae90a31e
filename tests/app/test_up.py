"""A running Segel, started as a user does: what it leaves, what it shows, how it comes back."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from segel.app.demo.images import write_all
from segel.app.hardening import BROKER, DOORS
from segel.app.home import Home

pytest.importorskip("data_store", reason="pydicom-data is not installed")
SEGEL = Path(sys.executable).parent / "segel"
FREE_DOORS = [f"--{door}=127.0.0.1:0" for door in ("http", "dimse", "mllp", "viewer")]


def segel(*arguments: object, timeout_s: int = 300) -> subprocess.CompletedProcess[str]:
    command = [str(SEGEL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)


def status_of(home: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(segel("status", "--json", "--home", home).stdout)
    return document


def ask(url: str, token: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def studies(http: str, token: str) -> set[str]:
    code, body = ask(f"{http}/dicomweb/studies", token)
    assert code in (200, 204), body
    found = json.loads(body) if body else []
    return {study["0020000D"]["Value"][0] for study in found}


def test_the_demo_file_is_private_and_says_all_that_scripts_need(running: Any) -> None:
    path = Home(running.home).demo
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent == running.home.parent
    demo = running.demo
    assert demo["http"].startswith("http://127.0.0.1:")
    assert {"name", "role", "hospital", "token"} <= demo["accounts"][0].keys()
    assert {"ae_title", "called_ae_title", "hospital"} <= demo["peers"][0].keys()
    assert {"name", "nik", "study_uids"} <= demo["patients"][0].keys()
    hospitals = {account["hospital"] for account in demo["accounts"]}
    assert hospitals == {"MELATI", "SAMUDRA", "TANJUNG", "TANGGAP"}


def test_each_hospital_finds_its_own_patients_and_no_others(running: Any) -> None:
    for number, code in enumerate(running.hospitals[:2]):  # the third is a port, without patients
        own = {
            uid
            for patient in running.demo["patients"]
            if patient["hospital"] == code
            for uid in patient["study_uids"]
        }
        found = studies(running.http, running.token("radiologist", number))
        foreign = {uid for p in running.demo["patients"] for uid in p["study_uids"]} - own
        assert own <= found
        assert not found & foreign


def test_an_administrator_sees_no_patients(running: Any) -> None:
    assert ask(f"{running.http}/dicomweb/studies", running.token("administrator"))[0] == 403


def test_status_shows_every_process_ready(running: Any) -> None:
    status = status_of(running.home)
    assert status["state"] == "ready"
    names = {process["name"].split("-")[0] for process in status["processes"]}
    assert names == {"postgres", "broker", "gateway", "receiver", "worker", "planter"}
    assert {process["state"] for process in status["processes"]} == {"ready"}


def test_a_second_segel_on_the_home_is_refused(running: Any) -> None:
    done = segel("up", "--home", running.home, *FREE_DOORS, "--detach")
    assert done.returncode == 1
    assert "segel down" in done.stderr


def test_no_process_can_leave_a_core_and_each_has_its_user(running: Any) -> None:
    users = {}
    for process in status_of(running.home)["processes"]:
        place = Path(f"/proc/{process['pid']}")
        core = next(
            line for line in (place / "limits").read_text().splitlines() if "core file" in line
        )
        assert core.split()[4:6] == ["0", "0"], process["name"]
        uids = next(line for line in (place / "status").read_text().splitlines() if "Uid:" in line)
        users[process["name"].split("-")[0]] = int(uids.split()[1])
    if os.geteuid() == 0:
        assert users["broker"] == BROKER.uid
        assert users["gateway"] == users["receiver"] == users["worker"] == DOORS.uid
        assert 0 not in users.values()


def test_a_killed_gateway_is_not_noticed_outside(running: Any) -> None:
    token = running.token("clinician")
    victim = next(
        process
        for process in status_of(running.home)["processes"]
        if process["name"] == "gateway-1"
    )
    os.kill(victim["pid"], signal.SIGKILL)
    for _ in range(20):
        assert ask(f"{running.http}/dicomweb/studies?limit=1", token)[0] == 200
    for _ in range(200):
        now = status_of(running.home)["processes"]
        gateway = next(process for process in now if process["name"] == "gateway-1")
        if gateway["state"] == "ready" and gateway["pid"] != victim["pid"]:
            return
        time.sleep(0.05)
    pytest.fail("the gateway was not started again")


def test_import_takes_folders_and_zips_and_can_be_repeated(running: Any, tmp_path: Path) -> None:
    count = write_all(tmp_path / "files", date(2026, 1, 15))
    with zipfile.ZipFile(tmp_path / "files.zip", "w") as archive:
        for path in (tmp_path / "files").rglob("*.dcm"):
            archive.write(path, path.relative_to(tmp_path))
    code = running.hospitals[0]
    before = studies(running.http, running.token("radiologist"))
    for source in (tmp_path / "files", tmp_path / "files.zip"):
        done = segel("import", source, "--hospital", code, "--home", running.home)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{count} stored" in done.stdout
    after = studies(running.http, running.token("radiologist"))
    assert len(after - before) == 16


def test_import_into_an_unknown_hospital_is_refused(running: Any, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    done = segel("import", tmp_path, "--hospital", "NOWHERE", "--home", running.home)
    assert done.returncode == 1
    assert "No hospital" in done.stderr


def test_logs_and_run_files_name_nobody(running: Any) -> None:
    terms = set()
    for patient in running.demo["patients"]:
        terms |= {patient["name"], patient["nik"], patient["mrn"], patient["birth_date"]}
        terms |= set(patient["study_uids"])
    terms |= {account["name"] for account in running.demo["accounts"]}
    terms |= {account["token"] for account in running.demo["accounts"]}
    looked_at = 0
    for folder in (running.home / "logs", running.home / "run"):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_socket():
                looked_at += 1
                text = path.read_bytes().decode(errors="replace")
                assert not [term for term in terms if term in text], path.name
    assert looked_at > 5


def test_metrics_are_counts_without_uids(running: Any) -> None:
    ask(f"{running.http}/dicomweb/studies/{running.demo['patients'][0]['study_uids'][0]}", "x")
    text = ask(status_of(running.home)["metrics"], "")[1].decode()
    assert "segel_http_requests_total" in text
    assert "/dicomweb/studies/{study_uid}" in text
    assert "2.25." not in text


def test_the_audit_log_verifies_and_a_changed_byte_is_found(running: Any, tmp_path: Path) -> None:
    home = Home(running.home)
    time.sleep(1)  # the publisher is at most half a second behind
    done = segel("audit", "verify", "--home", home.root)
    assert done.returncode == 0, done.stderr
    assert "holds" in done.stdout
    copy = Home(tmp_path / "copy")
    copy.keys.mkdir()
    shutil.copy(home.log_key, copy.log_key)
    shutil.copytree(home.objects / "audit", copy.objects / "audit")
    for tile in (copy.objects / "audit" / "tile" / "0").rglob("*"):
        if tile.is_file():
            data = bytearray(tile.read_bytes())
            data[5] ^= 1
            tile.write_bytes(data)
    done = segel("audit", "verify", "--home", copy.root)
    assert done.returncode == 1
    assert "does not hold" in done.stderr


def test_audit_show_lists_what_an_account_did(running: Any) -> None:
    token = running.token("radiologist")
    studies(running.http, token)
    done = segel("audit", "show", "--token", token, "--home", running.home)
    assert done.returncode == 0, done.stderr
    assert "TREAT" in done.stdout


@pytest.fixture
def own_home() -> Iterator[Path]:
    # Not pytest's own folder: another pytest that starts takes the way through it from others.
    folder = Path(tempfile.mkdtemp(prefix="segel-own-"))
    yield folder / "home"
    segel("down", "--home", folder / "home")
    shutil.rmtree(folder)


def test_it_comes_back_after_its_supervisor_was_killed_and_refreshes_the_demo(
    own_home: Path,
) -> None:
    assert segel("up", "--demo", "--detach", "--home", own_home, *FREE_DOORS).returncode == 0
    first = json.loads(Home(own_home).demo.read_text())
    status = status_of(own_home)
    os.kill(status["pid"], signal.SIGKILL)
    for _ in range(400):
        if not any(Path(f"/proc/{one['pid']}/exe").exists() for one in status["processes"]):
            break
        time.sleep(0.05)
    else:
        pytest.fail("processes outlived their supervisor")
    assert segel("status", "--home", own_home).returncode == 1
    again = segel("up", "--demo", "--detach", "--home", own_home, *FREE_DOORS)
    assert again.returncode == 0, again.stderr
    second = json.loads(Home(own_home).demo.read_text())
    assert second["patients"] == first["patients"]
    assert [one["name"] for one in second["accounts"]] == [one["name"] for one in first["accounts"]]
    assert second["accounts"][0]["token"] != first["accounts"][0]["token"]
    token = next(one["token"] for one in second["accounts"] if one["role"] == "clinician")
    assert len(studies(second["http"], token)) == 8
    assert segel("down", "--home", own_home).returncode == 0
    assert segel("status", "--home", own_home).returncode == 1

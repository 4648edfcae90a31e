"""The command line: what is wrong is one clear line with a remedy, and an exit status."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SEGEL = Path(sys.executable).parent / "segel"


def segel(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(SEGEL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["down"],
        ["import", ".", "--hospital", "X"],
        ["account", "list"],
        ["account", "token", "X"],
        ["audit", "show", "--token", "x"],
        ["hospital", "add", "X", "Rumah Sakit"],
        ["keys", "status"],
        ["keys", "move"],
        ["keys", "escrow", "split"],
        ["keys", "escrow", "rehearse"],
        ["erase", "list", "--token", "x"],
        ["peer", "add", "X", "--hospital", "X", "--called", "Y"],
        ["alerts", "list"],
        ["break-glass", "status", "--token", "x"],
        ["reasons", "add", "--kind", "order", "--patient", "1", "--hospital", "X"],
        ["reasons", "units", "X", "Bedah"],
    ],
)
def test_without_a_running_segel_each_says_how_to_start_one(
    command: list[str], tmp_path: Path
) -> None:
    done = segel(*command, "--home", tmp_path / "home")
    assert done.returncode == 1
    assert "segel up" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("title", ["", "  ", "SEVENTEEN_LETTERS", "A\\B", "RÖNTGEN"])
def test_what_is_no_ae_title_is_told(title: str, tmp_path: Path) -> None:
    done = segel("peer", "add", title, "--hospital=X", "--called=Y", f"--home={tmp_path}")
    assert done.returncode == 1
    assert "AE title" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_as_json_is_json_also_when_stopped(tmp_path: Path) -> None:
    done = segel("status", "--json", "--home", tmp_path / "home")
    assert done.returncode == 1
    assert json.loads(done.stdout)["state"] == "stopped"


@pytest.mark.parametrize("detach", [[], ["--detach"]])
@pytest.mark.parametrize("door", ["http", "viewer", "dimse", "mllp"])
def test_demo_binds_to_loopback_only(tmp_path: Path, door: str, detach: list[str]) -> None:
    done = segel("up", "--demo", f"--{door}", "0.0.0.0:0", "--home", tmp_path / "home", *detach)
    assert done.returncode == 1
    assert door in done.stderr
    assert "127.0.0.1" in done.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_a_busy_port_is_told_before_anything_starts(tmp_path: Path, detach: list[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = segel("up", "--http", address, "--home", tmp_path / "home", *detach)
    assert done.returncode == 1
    assert address in done.stderr
    assert "free one" in done.stderr
    assert not (tmp_path / "home" / "pg").exists()


def test_a_strangers_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    done = segel("up", "--home", tmp_path, "--detach")
    assert done.returncode == 1
    assert "not a Segel home" in done.stderr


def test_wrong_usage_is_status_two(tmp_path: Path) -> None:
    assert segel("up", "--no-such-option").returncode == 2
    absent = tmp_path / "absent"
    assert segel("import", absent, "--hospital", "X", "--home", tmp_path).returncode == 2

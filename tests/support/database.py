"""The embedded PostgreSQL, for tests that need a database and not all of Segel."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from segel.store import postgres


@dataclass(frozen=True)
class RunningPostgres:
    """A server, its folder and the passwords of its roles."""

    server: postgres.EmbeddedPostgres
    passwords: dict[str, str] = field(repr=False)
    process: "subprocess.Popen[bytes]"

    def dsn(self, role: str) -> str:
        """Where a role connects."""
        return self.server.dsn(role, self.passwords[role])

    def stop(self) -> None:
        """Stop it as Segel does; once more does nothing."""
        self.process.send_signal(postgres.STOP_SIGNAL)
        self.process.wait(120)  # its last checkpoint syncs thousands of files


def cluster_in(folder: Path, memory_mib: int, **beside: str) -> postgres.EmbeddedPostgres:
    """A cluster to be made in ``folder``, as a user who may run one; ``beside``: other settings."""
    run_as = postgres.system_user() if os.geteuid() == 0 else None
    sockets = folder / "s"
    sockets.mkdir(mode=0o700)
    if run_as is not None:
        os.chown(sockets, run_as.uid, run_as.gid)
    return postgres.EmbeddedPostgres(folder / "pg", sockets, memory_mib, run_as, beside)


def start(
    server: postgres.EmbeddedPostgres, log: Path = Path(os.devnull)
) -> "subprocess.Popen[bytes]":
    """Its postmaster; what it says is appended to ``log``."""
    run_as = server.run_as
    return subprocess.Popen(
        server.command(),
        stderr=log.open("ab"),
        user=run_as.uid if run_as else None,
        group=run_as.gid if run_as else None,
    )


def wait_ready(dsn: str) -> None:
    """Until the server answers; fails the test where it does not."""
    for _ in range(300):
        if postgres.is_ready(dsn):
            return
        time.sleep(0.05)
    pytest.fail("the database did not come up")


@contextlib.contextmanager
def running_postgres(memory_mib: int = 128, **beside: str) -> Iterator[RunningPostgres]:
    """A new server on a folder of its own, without tables; ``beside``: other settings."""
    folder = Path(tempfile.mkdtemp(prefix="segel-pg-"))
    folder.chmod(0o755)
    server = cluster_in(folder, memory_mib, **beside)
    passwords = postgres.load_passwords(folder / "database.json")
    postgres.initialise(server, passwords)
    process = start(server)
    running = RunningPostgres(server, passwords, process)
    try:
        wait_ready(running.dsn(postgres.OWNER))
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)

"""What the tests share: published vectors beside the project, and one real PostgreSQL."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import sql
from segel.store.migrate import migrate

from segel.store import postgres
from segel.store.schema import metadata

REPOSITORY = Path(__file__).resolve().parents[1]


class Database(NamedTuple):
    """An empty, migrated database: the DSN of each role."""

    owner: str
    broker: str
    gateway: str
    worker: str


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Published vectors and real radiographs, beside the project; never copied into it."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the published vectors are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Database]:
    """A running, migrated PostgreSQL, shared by the whole run."""
    folder = Path(tempfile.mkdtemp(prefix="segel-pg-"))
    folder.chmod(0o755)
    run_as = postgres.system_user() if os.geteuid() == 0 else None
    sockets = folder / "s"
    sockets.mkdir(mode=0o700)
    if run_as is not None:
        os.chown(sockets, run_as.uid, run_as.gid)
    server = postgres.EmbeddedPostgres(folder / "pg", sockets, 128, run_as)
    passwords = postgres.load_passwords(folder / "database.json")
    postgres.initialise(server, passwords)
    process = subprocess.Popen(
        server.command(),
        stderr=subprocess.DEVNULL,
        user=run_as.uid if run_as else None,
        group=run_as.gid if run_as else None,
    )
    dsns = {role: server.dsn(role, passwords[role]) for role in postgres.ROLES}
    try:
        for _ in range(300):
            if postgres.is_ready(dsns["segel_owner"]):
                break
            time.sleep(0.05)
        migrate(dsns["segel_owner"], passwords)
        yield Database(
            dsns["segel_owner"], dsns["segel_broker"], dsns["segel_gateway"], dsns["segel_worker"]
        )
    finally:
        process.send_signal(postgres.STOP_SIGNAL)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(cluster: Database) -> Database:
    """The shared PostgreSQL with every table emptied."""
    with psycopg.connect(cluster.owner, autocommit=True) as connection:
        names = sql.SQL(", ").join(sql.Identifier(table.name) for table in metadata.sorted_tables)
        connection.execute(sql.SQL("TRUNCATE {}").format(names))
    return cluster


@dataclass(frozen=True)
class Running:
    """A Segel that was started as a user would, and what its demo file says."""

    home: Path
    demo: dict[str, Any]

    @property
    def http(self) -> str:
        """The base URL of its web door."""
        return str(self.demo["http"])

    @property
    def dimse(self) -> tuple[str, int]:
        """Host and port of its DIMSE door."""
        host, port = str(self.demo["dimse"]).rsplit(":", 1)
        return host, int(port)

    @property
    def hospitals(self) -> list[str]:
        """The codes of the demo hospitals."""
        return sorted({str(account["hospital"]) for account in self.demo["accounts"]})

    def token(self, role: str, hospital: int = 0) -> str:
        """The token of the demo person of a role in the first or second hospital."""
        return next(
            str(account["token"])
            for account in self.demo["accounts"]
            if account["role"] == role and account["hospital"] == self.hospitals[hospital]
        )

    def peer(self, hospital: int = 0) -> dict[str, str]:
        """A DIMSE peer of the first or second hospital."""
        return next(
            peer for peer in self.demo["peers"] if peer["hospital"] == self.hospitals[hospital]
        )

    def headers(self, role: str, hospital: int = 0) -> dict[str, str]:
        """The Authorization header of a demo person."""
        return {"Authorization": f"Bearer {self.token(role, hospital)}"}


def segel(*arguments: str, timeout_s: int = 300) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    program = Path(sys.executable).parent / "segel"
    return subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        cwd=REPOSITORY,
    )


@contextlib.contextmanager
def started(home: Path, *arguments: str) -> Iterator[Running]:
    """Segel up with demo data in ``home``; down at the end."""
    doors = [f"--{door}=127.0.0.1:0" for door in ("http", "dimse", "viewer")]
    up = segel("up", f"--home={home}", *doors, "--demo", "--detach", *arguments)
    assert up.returncode == 0, up.stdout + up.stderr
    try:
        demo = json.loads(home.with_name(home.name + ".demo.json").read_text())
        yield Running(home, demo)
    finally:
        down = segel("down", f"--home={home}")
        assert down.returncode == 0, down.stdout + down.stderr


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """One running Segel for the whole run. Tests that break it start their own (``started``)."""
    folder = Path(tempfile.mkdtemp(prefix="segel-up-"))
    folder.chmod(0o755)
    try:
        with started(folder / "home") as segel_up:
            yield segel_up
    finally:
        shutil.rmtree(folder, ignore_errors=True)

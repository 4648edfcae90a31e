"""What the tests share: published vectors beside the project, and one real PostgreSQL."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql

from segel.store import postgres
from segel.store.migrate import migrate
from segel.store.schema import metadata
from support.running import Running, place_for_a_home, started

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


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """One running Segel for the whole run. Tests that break it start their own (``started``)."""
    with place_for_a_home() as folder, started(folder / "home") as segel_up:
        yield segel_up

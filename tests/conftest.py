"""What the tests share: published vectors beside the project, and one real PostgreSQL."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql

from segel.store.migrate import migrate
from segel.store.schema import metadata
from support.database import running_postgres
from support.running import Running, place_for_a_home, started

SHARED_CLUSTER = "SEGEL_TEST_CLUSTER"
"""Names the variable with the DSNs (JSON) of a cluster that runs already."""

ROWS_LEFT_MAX = 10_000
"""More deleted rows would slow down the tests after."""

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
    for beside in REPOSITORY.parents:  # mutants are a copy within the checkout
        if (beside / "shared" / "vectors").is_dir():
            return beside / "shared"
    pytest.skip("the published vectors are not beside this checkout")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Database]:
    """A running, migrated PostgreSQL, shared by the whole run; or by many (``mutants.py``)."""
    if given := os.environ.get(SHARED_CLUSTER):
        yield Database(*json.loads(given))
    else:
        with new_cluster() as made:
            yield made


@contextlib.contextmanager
def new_cluster() -> Iterator[Database]:
    """A PostgreSQL of one's own, migrated."""
    # These tests kill processes, not the machine: a slow disk need not be waited for.
    with running_postgres(fsync="off") as running:
        migrate(running.dsn("segel_owner"), running.passwords)
        yield Database(
            running.dsn("segel_owner"),
            running.dsn("segel_broker"),
            running.dsn("segel_gateway"),
            running.dsn("segel_worker"),
        )


@pytest.fixture
def database(cluster: Database) -> Database:
    """The shared PostgreSQL with every table emptied."""
    names = [sql.Identifier(table.name) for table in metadata.sorted_tables]
    with psycopg.connect(cluster.owner, autocommit=True) as connection:
        # Row by row, which takes a tenth of the time: most tests write a few.
        with connection.transaction():
            deleted = sum(
                connection.execute(sql.SQL("DELETE FROM {}").format(name)).rowcount
                for name in reversed(names)
            )
        if deleted > ROWS_LEFT_MAX:
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))
    return cluster


WEB_PACKAGES = Path(__file__).parents[1] / ".segel-web" / "node_modules"
"""Of the apps for browsers, where `make web-peers` put them."""


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """One running Segel for the whole run. Tests that break it start their own (``started``)."""
    apps = (f"--web-packages={WEB_PACKAGES}",) if WEB_PACKAGES.is_dir() else ()
    with place_for_a_home() as folder, started(folder / "home", *apps) as segel_up:
        yield segel_up

"""The embedded PostgreSQL: sealed off from the network, silent in its log, back after a kill."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from segel.store import postgres
from support.database import cluster_in, start, wait_ready


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = Path(f"/tmp/segel-test-{os.getpid()}")
    folder.mkdir(mode=0o755)
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


@pytest.fixture(scope="module")
def cluster(place: Path) -> postgres.EmbeddedPostgres:
    return cluster_in(place, 64)


@pytest.fixture(scope="module")
def passwords(place: Path, cluster: postgres.EmbeddedPostgres) -> dict[str, str]:
    passwords = postgres.load_passwords(place / "database.json")
    postgres.initialise(cluster, passwords)
    return passwords


@pytest.fixture
def running(
    cluster: postgres.EmbeddedPostgres, passwords: dict[str, str], place: Path
) -> Iterator[subprocess.Popen[bytes]]:
    process = start(cluster, place / "log")
    wait_ready(cluster.dsn(postgres.OWNER, passwords[postgres.OWNER]))
    yield process
    process.send_signal(postgres.STOP_SIGNAL)
    process.wait(20)


def test_passwords_are_kept_private_and_stable(place: Path, passwords: dict[str, str]) -> None:
    path = place / "database.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert postgres.load_passwords(path) == passwords
    assert set(passwords) == set(postgres.ROLES)


@pytest.mark.usefixtures("running")
def test_every_role_needs_its_own_password(
    cluster: postgres.EmbeddedPostgres, passwords: dict[str, str]
) -> None:
    for role in postgres.ROLES:
        assert postgres.is_ready(cluster.dsn(role, passwords[role]))
        assert not postgres.is_ready(cluster.dsn(role, "another"))
    assert not postgres.is_ready(cluster.dsn(postgres.SUPERUSER, ""))


@pytest.mark.usefixtures("running")
def test_it_is_durable_checksummed_and_off_the_network(
    cluster: postgres.EmbeddedPostgres, passwords: dict[str, str]
) -> None:
    wanted = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "password_encryption": "scram-sha-256",
    }
    dsn = cluster.dsn("segel_broker", passwords["segel_broker"])
    with psycopg.connect(dsn) as connection:
        for name, value in wanted.items():
            row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            assert row == (value,), name


@pytest.mark.usefixtures("running")
def test_no_value_reaches_its_log(
    cluster: postgres.EmbeddedPostgres, passwords: dict[str, str], place: Path
) -> None:
    secret = "SITI AMINAH 9871012345678901"
    with psycopg.connect(cluster.dsn(postgres.OWNER, passwords[postgres.OWNER])) as connection:
        for statement, values in (
            (f"SELECT '{secret}'::uuid", None),
            ("SELECT %s::text::uuid", (secret,)),
            (f"NONSENSE '{secret}'", None),
            ("DO $$ BEGIN RAISE 'found %%', %s; END $$", None),
            (f"DO $$ BEGIN RAISE 'about {secret}'; END $$", None),
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode(), values)
            connection.rollback()
    assert not postgres.is_ready(cluster.dsn(postgres.OWNER, "wrong"))
    log = (place / "log").read_text()
    assert "password authentication failed" in log, "it does write down what ends a connection"
    assert not re.search(r"\d{4}-\d\d-\d\d", log)
    assert secret not in log
    assert "SITI" not in log


def test_what_refuses_all_and_does_not_recover_is_stuck(
    running: subprocess.Popen[bytes],
    cluster: postgres.EmbeddedPostgres,
    passwords: dict[str, str],
) -> None:
    dsn = cluster.dsn(postgres.OWNER, passwords[postgres.OWNER])
    assert not postgres.is_stuck(dsn, running.pid)
    with psycopg.connect(dsn):
        running.send_signal(signal.SIGTERM)  # smart shutdown: nobody new while this one stays
        for _ in range(100):
            if postgres.is_stuck(dsn, running.pid):
                break
            time.sleep(0.05)
        else:
            pytest.fail("it refuses connections, and nothing in it recovers")
    running.wait(30)
    assert not postgres.is_stuck(dsn, running.pid), "what is gone is not stuck"


def test_it_comes_back_after_kill_9(
    cluster: postgres.EmbeddedPostgres, passwords: dict[str, str], place: Path
) -> None:
    dsn = cluster.dsn(postgres.OWNER, passwords[postgres.OWNER])
    first = start(cluster, place / "log")
    wait_ready(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert (cluster.data / "postmaster.pid").exists()
    postgres.clear_leftover(cluster)
    second = start(cluster, place / "log")
    wait_ready(dsn)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    second.send_signal(postgres.STOP_SIGNAL)
    assert second.wait(20) == 0


def test_a_pid_file_that_names_another_program_is_removed(
    cluster: postgres.EmbeddedPostgres, passwords: dict[str, str]
) -> None:
    assert passwords
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    postgres.clear_leftover(cluster)
    assert not (cluster.data / "postmaster.pid").exists()


def test_a_postmaster_left_behind_is_stopped(
    cluster: postgres.EmbeddedPostgres, passwords: dict[str, str], place: Path
) -> None:
    process = start(cluster, place / "log")
    wait_ready(cluster.dsn(postgres.OWNER, passwords[postgres.OWNER]))
    postgres.clear_leftover(cluster)
    assert process.wait(5) == 0


def test_a_folder_of_somebody_else_is_refused(place: Path) -> None:
    folder = place / "other"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(postgres.DatabaseUnusable, match="empty home"):
        postgres.initialise(postgres.EmbeddedPostgres(folder, place), {})
    assert (folder / "thesis.txt").exists()


def test_a_dsn_that_does_not_work_is_named_without_its_password() -> None:
    with pytest.raises(postgres.DatabaseUnusable) as raised:
        postgres.prepare_external("host=/nowhere user=u password=hush dbname=d", {})
    assert "hush" not in str(raised.value)
    assert raised.value.field == "database"


@pytest.mark.usefixtures("running")
def test_a_role_that_may_not_create_roles_is_told_so(
    cluster: postgres.EmbeddedPostgres, passwords: dict[str, str]
) -> None:
    admin = cluster.dsn(postgres.OWNER, passwords[postgres.OWNER])
    with pytest.raises(postgres.DatabaseUnusable, match="42501"):
        postgres.prepare_external(admin, passwords)


def test_another_postgresql_serves_by_its_dsn(
    cluster: postgres.EmbeddedPostgres, passwords: dict[str, str], place: Path
) -> None:
    postgres.clear_leftover(cluster)
    statement = "CREATE ROLE operator SUPERUSER LOGIN PASSWORD 'known';\n"
    data = str(cluster.data)
    postgres._run(cluster, "postgres", "--single", "-D", data, "postgres", said=statement)
    process = start(cluster, place / "log")
    wait_ready(cluster.dsn("operator", "known"))
    others = {role: f"new-{role}" for role in postgres.ROLES}
    dsns = postgres.prepare_external(cluster.dsn("operator", "known"), others)
    assert all(postgres.is_ready(dsns[role]) for role in postgres.ROLES)
    postgres.prepare_external(cluster.dsn("operator", "known"), passwords)
    process.send_signal(postgres.STOP_SIGNAL)
    assert process.wait(20) == 0

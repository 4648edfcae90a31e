"""What every way to run on a home needs: its database under a supervisor, and processes of ours."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from segel.app import settings as settings_module
from segel.app.home import Home
from segel.app.settings import Settings
from segel.app.supervisor import Service, Supervisor
from segel.store import postgres
from segel.store.postgres import EmbeddedPostgres

KEPT_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE",
                           "SEGEL_UNSEALED_STDERR")  # fmt: skip
"""What of our own environment the processes get to see."""

MEMORY_ENVIRONMENT: Final = {
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
    "MALLOC_TOP_PAD_": str(16 << 20),
}
"""Keep memory that images passed through: given back and taken again for each, its page faults
cost four times what sealing does (mallopt(3); other C libraries pass these over)."""


def tell_settings(home: Home, settings: Settings) -> None:
    """Put the settings where the processes read them."""
    # The DSN may hold a password, and nobody needs it after the roles are made.
    home.settings.write_bytes(
        settings_module.encode(msgspec.structs.replace(settings, database=""))
    )
    home.settings.chmod(0o644)


async def database(
    home: Home,
    settings: Settings,
    supervisor: Supervisor,
    beside: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Have a PostgreSQL that answers; the DSN of each role. Raises DatabaseUnusable, ServiceFailed.

    ``beside``: settings of the embedded one for this run, in the place of its own.
    """
    passwords = postgres.load_passwords(home.passwords)
    if settings.database:
        return await asyncio.to_thread(postgres.prepare_external, settings.database, passwords)
    cluster = EmbeddedPostgres(
        home.database,
        home.database_socket,
        settings.database_memory_mib,
        postgres.system_user() if os.geteuid() == 0 else None,
        beside or {},
    )
    dsns = {role: cluster.dsn(role, passwords[role]) for role in postgres.ROLES}

    async def prepare() -> None:
        await asyncio.to_thread(postgres.clear_leftover, cluster)

    async def is_ready() -> bool:
        return await asyncio.to_thread(postgres.is_ready, dsns[postgres.OWNER])

    async def is_stuck(pid: int) -> bool:
        return await asyncio.to_thread(postgres.is_stuck, dsns[postgres.OWNER], pid)

    await prepare()
    await asyncio.to_thread(postgres.initialise, cluster, passwords)
    await supervisor.start(
        Service(
            "postgres",
            cluster.command(),
            {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            is_ready,
            prepare=prepare,
            is_stuck=is_stuck,
            stop_signal=postgres.STOP_SIGNAL,
            death_signal=postgres.STOP_SIGNAL,
            identity=cluster.run_as,
            log=home.logs / "postgres.log",
            logs_by_stderr=True,
        )
    )
    return dsns


def process(
    home: Home,
    kind: str,
    name: str,
    dsn: str,
    is_ready: Callable[[], Awaitable[bool]],
    sockets: Mapping[str, socket.socket],
    more: Mapping[str, str] | None = None,
) -> Service:
    """A process of ours of a kind of ``process.KINDS``. ``more``: of its environment."""
    environment = {key: os.environ[key] for key in KEPT_ENVIRONMENT if key in os.environ}
    environment |= {
        "SEGEL_HOME": str(home.root),
        "SEGEL_DATABASE": dsn,
        "SEGEL_BROKER": str(home.broker_socket),
        "SEGEL_OPERATOR": str(home.operator_socket),
        "SEGEL_SETTINGS": str(home.settings),
        "SEGEL_PROCESS": name,
        "SEGEL_PARENT": str(os.getpid()),
        "SEGEL_SOCKETS": json.dumps({key: sock.fileno() for key, sock in sockets.items()}),
        "PROMETHEUS_MULTIPROC_DIR": str(home.metrics),
        "PYTHONDONTWRITEBYTECODE": "1",
        **MEMORY_ENVIRONMENT,
        **(more or {}),
    }
    command = [sys.executable, "-m", "segel.app.process", kind]
    inherited = tuple(sock.fileno() for sock in sockets.values())
    return Service(
        name, command, environment, is_ready, inherited=inherited, log=home.logs / f"{name}.jsonl"
    )


async def at_once() -> bool:
    """Ready as soon as it is started."""
    return True

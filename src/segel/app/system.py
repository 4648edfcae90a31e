"""What one Segel consists of, and in which order it comes up.

PostgreSQL, migration, broker, then the doors side by side: gateway workers on listening sockets
that they inherit (a worker that is started again misses no connection), receiver and worker.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from segel.app.hardening import leave_no_core
from segel.app.home import Home
from segel.app.parts import at_once, database, process, tell_settings
from segel.app.settings import Settings, SettingsBroken, browser_origin, endpoint
from segel.app.supervisor import ProcessStatus, Service, Supervisor, once
from segel.broker import BrokerClient
from segel.broker.errors import BrokerError
from segel.broker.messages import Status as BrokerStatus
from segel.store import postgres

BACKLOG: Final = 512
"""Connections that wait while all gateway workers are being started again."""
PROBE_TIMEOUT_S: Final = 5.0
KMS_PAUSE_S: Final = 1.0
"""Between two questions how the KMS is."""
HTTP_DOORS: Final = ("http", "viewer", "metrics")
RECEIVERS_DOORS: Final = ("dimse", "dimse_tls", "mllp", "mllp_tls")

log = structlog.get_logger()


class SystemStatus(msgspec.Struct):
    """``HOME/run/status.json``: what ``segel status`` shows."""

    pid: int
    state: str = "starting"
    message: str = ""
    http: str = ""
    console: str = ""
    viewer: str = ""
    dimse: str = ""
    dimse_tls: str = ""
    mllp: str = ""
    mllp_tls: str = ""
    metrics: str = ""
    demo: str = ""
    kms: str = ""
    kms_trouble: str = ""
    disk_trouble: str = ""
    processes: list[ProcessStatus] = []


class System:
    """One running Segel. ``announce`` is called at every change of its status."""

    def __init__(
        self, home: Home, settings: Settings, announce: Callable[[SystemStatus], None]
    ) -> None:
        self._home = home
        self._settings = settings
        self._announce = announce
        self._status = SystemStatus(os.getpid())
        self._unwritten = False
        self._supervisor = Supervisor(self._publish, stop_timeout_s=settings.stop_timeout_s)
        self._sockets: dict[str, socket.socket] = {}
        self._kms_known: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Up, until SIGTERM or SIGINT; then down. Raises SegelError where it does not come up."""
        leave_no_core()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sent in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sent, stop.set)
        stopping = asyncio.create_task(stop.wait())
        coming_up = asyncio.create_task(self._come_up())
        try:
            await asyncio.wait({stopping, coming_up}, return_when=asyncio.FIRST_COMPLETED)
            if coming_up.done():
                coming_up.result()
                await stopping
        finally:
            coming_up.cancel()
            stopping.cancel()
            if self._kms_known is not None:
                self._kms_known.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await coming_up
            self._say("stopping", "")
            await self._supervisor.stop()
            for bound in self._sockets.values():
                bound.close()
            self._say("stopped", "")

    async def _come_up(self) -> None:
        if self._settings.dimse_tls or self._settings.mllp_tls:
            from segel.app.receiver import tls_contexts  # and all of DICOM with it

            tls_contexts(self._settings)  # a bad file is told before anything is started
        if self._settings.has_courier:
            from segel.app.courier import tls_contexts as trusted

            trusted(self._settings)
        self._bind()
        for counts in self._home.metrics.glob("*.db"):
            counts.unlink()  # of processes of an earlier start
        tell_settings(self._home, self._settings)
        self._say("starting", "database")
        dsns = await database(self._home, self._settings, self._supervisor)
        self._say("starting", "migration")
        await once(self._process("migrate", dsns[postgres.OWNER], at_once), self._say_nothing)
        self._say("starting", "broker")
        await self._supervisor.start(
            self._process("broker", dsns["segel_broker"], self._broker_is_ready)
        )
        self._kms_known = asyncio.create_task(self._know_the_kms())
        self._say("starting", "doors")
        gateways = [
            self._process("gateway", dsns["segel_gateway"], self._http_is_ready, number)
            for number in range(1, self._settings.gateway_workers + 1)
        ]
        await self._supervisor.start(
            *gateways,
            self._process("receiver", dsns["segel_gateway"], self._receiver_is_ready),
            self._process("worker", dsns["segel_worker"], at_once),
        )
        if self._settings.has_courier:
            await self._supervisor.start(self._process("courier", dsns["segel_gateway"], at_once))
        if self._settings.demo:
            while not await self._broker_is_open():
                self._say("starting", f"demo: waiting for the KMS. {self._status.kms_trouble}")
                await asyncio.sleep(KMS_PAUSE_S)
            self._say("starting", "demo")
            demo = self._process("demo", "", at_once)
            await once(demo, lambda line: self._say("starting", f"demo {line}"))
            self._status.demo = str(self._home.demo)
        last = [self._process("planter", "", at_once)]
        if self._settings.fingerprints:
            last.append(self._process("fingerprinter", "", at_once))
        await self._supervisor.start(*last)
        self._say("ready", "")

    # --- the parts ----------------------------------------------------------------------------

    def _process(
        self, kind: str, dsn: str, is_ready: Callable[[], Awaitable[bool]], number: int = 0
    ) -> Service:
        name = f"{kind}-{number}" if number else kind
        sockets = self._sockets if kind == "gateway" else {}
        return process(self._home, kind, name, dsn, is_ready, sockets)

    def _bind(self) -> None:
        """Take the ports first: a busy one is found out before anything is started."""
        resolved = {}
        for field in (*HTTP_DOORS, *RECEIVERS_DOORS):
            text = getattr(self._settings, field)
            if not text:
                continue
            bound = bind(text, field)
            resolved[field] = _address(bound)
            if field in RECEIVERS_DOORS:
                bound.close()  # the receiver listens itself
            else:
                self._sockets[field] = bound
        self._settings = msgspec.structs.replace(self._settings, **resolved)
        self._status.http = self._settings.public_url or f"http://{resolved['http']}"
        self._status.console = self._settings.public_url or browser_origin(resolved["http"])
        self._status.viewer = self._settings.viewer_url or f"http://{resolved['viewer']}"
        self._status.dimse = resolved.get("dimse", "")
        self._status.dimse_tls = resolved.get("dimse_tls", "")
        self._status.mllp = resolved.get("mllp", "")
        self._status.mllp_tls = resolved.get("mllp_tls", "")
        if "metrics" in resolved:
            self._status.metrics = f"http://{resolved['metrics']}/metrics"

    async def _broker_is_ready(self) -> bool:
        """Whether it answers; it may still wait for its KMS."""
        return await self._ask_the_broker() is not None

    async def _broker_is_open(self) -> bool:
        status = await self._ask_the_broker()
        return status is not None and status.ready

    async def _know_the_kms(self) -> None:
        """Keep the KMS's state in ours, for `segel status`."""
        while True:
            status = await self._ask_the_broker()
            if status is not None:
                seen = (status.kms, status.kms_trouble)
                if self._unwritten or seen != (self._status.kms, self._status.kms_trouble):
                    self._status.kms, self._status.kms_trouble = seen
                    self._publish()
            await asyncio.sleep(KMS_PAUSE_S)

    async def _ask_the_broker(self) -> BrokerStatus | None:
        if not self._home.broker_socket.exists():
            return None
        client = BrokerClient(self._home.broker_socket, patience_s=0)
        try:
            status = await asyncio.wait_for(client.status(), PROBE_TIMEOUT_S)
        except (BrokerError, OSError, TimeoutError):
            return None
        finally:
            await client.close()
        if status.log_vkey and not self._home.log_key.exists():
            # Kept from the first start on: a log under another key is another log.
            write_whole(self._home.log_key, f"{status.log_vkey}\n".encode())
        return status

    async def _http_is_ready(self) -> bool:
        """Whether some gateway worker answers: the sockets listen from the start."""
        bound = self._sockets["http"]
        host, port = bound.getsockname()[:2]
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                line = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return False
        return b" 200 " in line

    async def _receiver_is_ready(self) -> bool:
        """Whether all of its doors are open."""
        for field in RECEIVERS_DOORS:
            text = getattr(self._settings, field)
            if not text:
                continue
            try:
                async with asyncio.timeout(PROBE_TIMEOUT_S):
                    _, writer = await asyncio.open_connection(*endpoint(text, field))
                    writer.close()
            except (OSError, TimeoutError):
                return False
        return True

    # --- telling ------------------------------------------------------------------------------

    def _say(self, state: str, message: str) -> None:
        self._status.state, self._status.message = state, message
        self._publish()

    def _say_nothing(self, line: str) -> None:
        """Migration's lines are for its log."""

    def _publish(self) -> None:
        self._status.processes = self._supervisor.statuses
        try:
            write_whole(self._home.status, msgspec.json.encode(self._status))
        except OSError as failure:  # a full disk: it says so itself, and is tried again
            log.warning("status not written", kind=type(failure).__name__)
            self._unwritten = True
        else:
            self._unwritten = False
        self._announce(self._status)


def bind(text: str, field: str) -> socket.socket:
    """A listening socket. Raises SettingsBroken where the address cannot be had."""
    host, port = endpoint(text, field)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise SettingsBroken(
            f"Cannot listen on {text} ({error.strerror}).",
            field=field,
            remedy="Stop what listens there, or take another port (0: a free one).",
        ) from None
    bound.set_inheritable(True)
    return bound


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file at once, so that a reader sees the old or the new one."""
    staged = path.with_name(path.name + ".new")
    staged.write_bytes(data)
    staged.rename(path)


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

"""Starts processes in order, restarts what dies, stops them in the opposite order.

A process is ``starting`` until its probe answers, then ``ready``. One that dies is started again
after a pause that doubles up to a cap; one that keeps dying is ``failing``, and still tried. At
the first start it is given up instead, so that ``segel up`` can say what is wrong.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

import msgspec

from segel.app import hardening
from segel.domain.errors import SegelError
from segel.store.postgres import Identity

PAUSE_FIRST_S: Final = 0.1
PAUSE_MAX_S: Final = 10.0
STEADY_S: Final = 5.0
"""A process that lived this long is forgiven its earlier deaths."""
FAILING_DEATHS: Final = 5
PROBE_PAUSE_S: Final = 0.05
STUCK_PAUSE_S: Final = 3.0
STUCK_LOOKS: Final = 3
"""Found stuck so many times in a row, so far apart, a process is killed and started again."""
START_TIMEOUT_S: Final = 60.0


class ServiceFailed(SegelError):
    """A process that will not start."""

    code = "service-failed"


class State(StrEnum):
    """Where a process is in its life."""

    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILING = "failing"
    STOPPED = "stopped"


async def _nothing() -> None:
    return None


async def _never(_: int) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Service:
    """How one process is started, known to be ready, and stopped.

    ``prepare`` runs before every start. ``is_stuck`` is asked now and then whether the process of
    this pid lives and yet will never be of use again. ``identity`` is for programs that cannot
    change user by themselves. ``log`` is where it says what went wrong: its own file, or where its
    stderr goes if ``logs_by_stderr``; otherwise stderr is dropped.
    """

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    is_ready: Callable[[], Awaitable[bool]]
    prepare: Callable[[], Awaitable[None]] = _nothing
    is_stuck: Callable[[int], Awaitable[bool]] = _never
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    identity: Identity | None = None
    inherited: tuple[int, ...] = ()
    log: Path | None = None
    logs_by_stderr: bool = False


class ProcessStatus(msgspec.Struct):
    """One process, as ``segel status`` shows it."""

    name: str
    state: State = State.STARTING
    pid: int | None = None
    restarts: int = 0
    note: str = ""


@dataclass(slots=True)
class _Watched:
    service: Service
    status: ProcessStatus
    process: asyncio.subprocess.Process | None = None
    first_ready: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    stopping: bool = False


class Supervisor:
    """A set of processes under one care. ``changed`` is called whenever a status moves."""

    def __init__(self, changed: Callable[[], None], *, stop_timeout_s: float) -> None:
        self._changed = changed
        self._stop_timeout_s = stop_timeout_s
        self._watched: list[_Watched] = []

    @property
    def statuses(self) -> list[ProcessStatus]:
        """Every process, in the order of starting."""
        return [watched.status for watched in self._watched]

    async def start(self, *services: Service) -> None:
        """Start ``services`` side by side; returns when all are ready. Raises ServiceFailed."""
        started = []
        for service in services:
            watched = _Watched(service, ProcessStatus(service.name))
            self._watched.append(watched)
            watched.task = asyncio.create_task(self._keep(watched))
            started.append(watched)
        await asyncio.gather(*(self._first_ready(watched) for watched in started))

    async def stop(self) -> None:
        """Stop all, last started first, each within the stop timeout."""
        for watched in reversed(self._watched):
            watched.stopping = True
            await self._end(watched)
            watched.status.state, watched.status.pid = State.STOPPED, None
            self._changed()

    async def _first_ready(self, watched: _Watched) -> None:
        assert watched.task is not None
        ready = asyncio.create_task(watched.first_ready.wait())
        await asyncio.wait({ready, watched.task}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if watched.first_ready.is_set():
            return
        log = watched.service.log
        watched.task.result()  # an error of our own, e.g. from prepare
        raise ServiceFailed(
            f"The {watched.service.name} does not start ({watched.status.note}).",
            remedy=f"See {log or 'the logs folder of the home'}.",
        )

    async def _keep(self, watched: _Watched) -> None:
        loop, service, status = asyncio.get_running_loop(), watched.service, watched.status
        deaths = 0
        while not watched.stopping:
            status.state = State.STARTING if deaths == 0 else status.state
            await service.prepare()
            born_s = loop.time()
            process = watched.process = await _spawn(service)
            status.pid = process.pid
            self._changed()
            if await self._becomes_ready(watched, process):
                status.state, status.note = State.READY, ""
                watched.first_ready.set()
                self._changed()
            note = await _last_words(service, process)
            if watched.stopping:
                return
            deaths = 1 if loop.time() - born_s > STEADY_S else deaths + 1
            status.restarts += 1
            status.pid, status.note = None, note
            status.state = State.FAILING if deaths >= FAILING_DEATHS else State.RESTARTING
            self._changed()
            if deaths >= FAILING_DEATHS and not watched.first_ready.is_set():
                return
            await asyncio.sleep(pause_s(deaths))

    async def _becomes_ready(self, watched: _Watched, process: asyncio.subprocess.Process) -> bool:
        deadline_s = asyncio.get_running_loop().time() + START_TIMEOUT_S
        while process.returncode is None and not watched.stopping:
            if await watched.service.is_ready():
                return True
            if asyncio.get_running_loop().time() > deadline_s:
                _send(process, signal.SIGKILL)
            await asyncio.sleep(PROBE_PAUSE_S)
        return False

    async def _end(self, watched: _Watched) -> None:
        process = watched.process
        if process is not None and process.returncode is None:
            _send(process, watched.service.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), self._stop_timeout_s)
            except TimeoutError:
                _send(process, signal.SIGKILL)
                await process.wait()
        if watched.task is not None:
            watched.task.cancel()
            with contextlib.suppress(asyncio.CancelledError, SegelError):
                await watched.task


def pause_s(deaths: int) -> float:
    """How long to wait before the next start, after ``deaths`` deaths in a row."""
    return min(PAUSE_MAX_S, PAUSE_FIRST_S * 2.0 ** (min(deaths, 32) - 1))


async def once(service: Service, said: Callable[[str], None]) -> None:
    """Run a process to its end; ``said`` gets each line it prints. Raises ServiceFailed."""
    process = await _spawn(service, piped=True)
    last = ""
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            last = line.decode(errors="replace").strip()
            said(last)
        code = await process.wait()
    finally:
        if process.returncode is None:
            _send(process, signal.SIGKILL)
            await process.wait()
    if code != 0:
        raise ServiceFailed(
            f"The step {service.name!r} failed: {last or _ending(code)}",
            remedy=f"See {service.log or 'the logs folder of the home'}.",
        )


async def _spawn(service: Service, *, piped: bool = False) -> asyncio.subprocess.Process:
    parent = os.getpid()

    def before_exec() -> None:
        hardening.die_with_parent(parent, service.death_signal)
        hardening.leave_no_core()

    as_whom = service.identity
    error_output: int | IO[bytes] | None = subprocess.DEVNULL
    if os.environ.get("SEGEL_UNSEALED_STDERR"):  # development only: tracebacks quote values
        error_output = None
    elif service.logs_by_stderr and service.log is not None:
        error_output = service.log.open("ab")
    try:
        return await asyncio.create_subprocess_exec(
            *service.command,
            env=service.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else error_output,
            stderr=error_output,
            cwd="/",
            # Ctrl-C at the terminal is for the supervisor, which then stops the others in order.
            start_new_session=True,
            pass_fds=service.inherited,
            user=as_whom.uid if as_whom else None,
            group=as_whom.gid if as_whom else None,
            extra_groups=[] if as_whom else None,
            preexec_fn=before_exec,
        )
    finally:
        if error_output is not None and not isinstance(error_output, int):
            error_output.close()


async def _last_words(service: Service, process: asyncio.subprocess.Process) -> str:
    """Wait for the end, which is ours to make where the process is stuck; how it ended."""
    stuck = 0
    while stuck < STUCK_LOOKS:
        try:
            return _ending(await asyncio.wait_for(process.wait(), STUCK_PAUSE_S))
        except TimeoutError:
            stuck = stuck + 1 if await service.is_stuck(process.pid) else 0
    _send(process, signal.SIGKILL)
    await process.wait()
    return "was stuck"


def _send(process: asyncio.subprocess.Process, sent: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(sent)


def _ending(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with status {code}"

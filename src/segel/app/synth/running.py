"""The processes that fill a home: its database, one that begins, and as many fillers as cores."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from segel.app.hardening import leave_no_core
from segel.app.home import Home
from segel.app.memory import resident_bytes
from segel.app.parts import at_once, database, process, tell_settings
from segel.app.settings import Settings
from segel.app.supervisor import Service, Supervisor, once
from segel.app.synth.beginning import FRESH, PLAN
from segel.app.synth.filling import TURN
from segel.app.synth.plan import Plan
from segel.app.synth.sizes import TableSize, settle, sizes
from segel.store import postgres

BUFFERS_MIB_MAX: Final = 4_096
"""Shared buffers while filling, where a sixth of the memory is more: random tokens go into every
page of the indexes, and a page that was put aside has to be read again."""

MEMORY_SHARE: Final = 6

WHILE_FILLING: Final = {
    # Each page that is touched after a checkpoint is written to the log whole: have few of them.
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    # A shard that a power cut takes back is made again; the last checkpoint keeps them all.
    "synchronous_commit": "off",
    "maintenance_work_mem": "256MB",
    # Tables are put in order once, at the end, and not under way again and again.
    "autovacuum": "off",
}
"""Settings of the embedded PostgreSQL for this run. What makes it durable stays as it is."""

LOOK_S: Final = 2.0
"""Between two looks at the memory."""

Told = Callable[[str, int, int], None]
"""Stage, how much is done, of how much."""


@dataclass(frozen=True, slots=True)
class Filled:
    """``new``: patients who were written, in ``seconds``, without what comes before and after."""

    tables: list[TableSize]
    new: int
    seconds: float
    settling_s: float
    memory_bytes: int
    fillers: int


async def fill(home: Home, settings: Settings, plan: Plan, told: Told, *, fresh: bool) -> Filled:
    """Fill a home that is locked. Raises SegelError; what is written then stays."""
    leave_no_core()
    ours = asyncio.current_task()
    assert ours is not None, "a coroutine runs in a task"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ours.cancel)
    supervisor = Supervisor(lambda: None, stop_timeout_s=settings.stop_timeout_s)
    tell_settings(home, settings)
    peak = _Peak()
    watching = asyncio.create_task(peak.watch())
    try:
        told("database", 0, 0)
        buffers = max(settings.database_memory_mib, _buffers_mib())
        beside = {**WHILE_FILLING, "shared_buffers": f"{buffers}MB"}
        dsns = await database(home, settings, supervisor, beside)
        owner = dsns[postgres.OWNER]

        def step(kind: str, name: str, dsn: str, more: dict[str, str]) -> Service:
            return process(home, kind, name, dsn, at_once, {}, more)

        told("migration", 0, 0)
        await once(step("migrate", "migrate", owner, {}), _nothing)
        told("hospitals", 0, 0)
        given = {PLAN: msgspec.json.encode(plan).decode()}
        first = {**given, FRESH: "1"} if fresh else given
        await once(step("synth-begin", "synth-begin", dsns["segel_broker"], first), _nothing)
        done = new = 0

        def wrote(line: str) -> None:
            nonlocal done, new
            said = line.split()
            if len(said) == len(("there", "new")) and all(one.isdigit() for one in said):
                done, new = done + int(said[0]), new + int(said[1])
                told("patients", done, plan.patients)

        told("patients", 0, plan.patients)
        began_s = time.monotonic()
        fillers = min(os.cpu_count() or 1, plan.shards)
        async with asyncio.TaskGroup() as group:
            for turn in range(fillers):
                more = {**given, TURN: f"{turn}/{fillers}"}
                service = step("synth-fill", f"synth-fill-{turn + 1}", owner, more)
                group.create_task(once(service, wrote))
        seconds = time.monotonic() - began_s
        await asyncio.to_thread(settle, owner, lambda some, of: told("tables in order", some, of))
        settling_s = time.monotonic() - began_s - seconds
        tables = await asyncio.to_thread(sizes, owner)
    except* Exception as failures:
        raise _first(failures) from None
    finally:
        watching.cancel()
        told("stopping", 0, 0)
        await supervisor.stop()
    return Filled(tables, new, seconds, settling_s, peak.bytes, fillers)


class _Peak:
    """The most memory that we and our processes held."""

    bytes = 0

    async def watch(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                self.bytes = max(self.bytes, await asyncio.to_thread(resident_bytes, [os.getpid()]))
                await asyncio.sleep(LOOK_S)


def _buffers_mib() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(min(BUFFERS_MIB_MAX, memory / MEMORY_SHARE / 2**20))


def _nothing(_: str) -> None:
    """These steps say nothing."""


def _first(failures: BaseExceptionGroup[Exception]) -> Exception:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first

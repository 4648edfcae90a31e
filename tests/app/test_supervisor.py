"""The supervisor with stand-in children: order, restarts, giving up, stopping in bounded time."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from segel.app import supervisor as s


def service(
    name: str, script: str, *, marker: Path | None = None, log: Path | None = None
) -> s.Service:
    async def is_ready() -> bool:
        return marker is None or marker.exists()

    return s.Service(name, [sys.executable, "-c", script], dict(os.environ), is_ready, log=log)


def quiet() -> None:
    pass


LIVES = "import time; time.sleep(600)"
STUBBORN = (
    "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "pathlib.Path({path!r}).touch(); time.sleep(600)"
)


async def until(condition: object, timeout_s: float = 20) -> None:
    assert callable(condition)
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "did not come about"
        await asyncio.sleep(0.02)


def test_a_killed_process_is_started_again() -> None:
    async def story() -> None:
        watch = s.Supervisor(quiet, stop_timeout_s=5)
        await watch.start(service("one", LIVES))
        first = watch.statuses[0].pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: watch.statuses[0].restarts == 1)
        await until(lambda: watch.statuses[0].state is s.State.READY)
        assert watch.statuses[0].pid != first
        await watch.stop()
        assert watch.statuses[0].state is s.State.STOPPED

    asyncio.run(story())


def test_a_stuck_process_is_killed_and_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "STUCK_PAUSE_S", 0.05)

    async def story() -> None:
        stuck: set[int] = set()
        looks: list[int] = []

        async def is_stuck(pid: int) -> bool:
            looks.append(pid)
            return pid in stuck

        watch = s.Supervisor(quiet, stop_timeout_s=5)
        await watch.start(replace(service("one", LIVES), is_stuck=is_stuck))
        first = watch.statuses[0].pid
        assert first is not None
        await until(lambda: len(looks) > 2 * s.STUCK_LOOKS)
        assert watch.statuses[0].restarts == 0
        stuck.add(first)
        await until(lambda: watch.statuses[0].restarts == 1)
        await until(lambda: watch.statuses[0].state is s.State.READY)
        assert watch.statuses[0].pid != first
        await watch.stop()

    asyncio.run(story())


def test_what_never_starts_is_given_up_with_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(s, "PAUSE_FIRST_S", 0.001)

    async def story() -> None:
        watch = s.Supervisor(quiet, stop_timeout_s=5)
        with pytest.raises(s.ServiceFailed, match=r"broken.*status 3"):
            await watch.start(service("broken", "raise SystemExit(3)", marker=tmp_path / "no"))
        assert watch.statuses[0].state is s.State.FAILING
        await watch.stop()

    asyncio.run(story())


def test_what_keeps_dying_later_is_called_failing_and_still_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s, "PAUSE_FIRST_S", 0.001)
    monkeypatch.setattr(s, "PAUSE_MAX_S", 0.01)

    async def story() -> None:
        watch = s.Supervisor(quiet, stop_timeout_s=5)
        await watch.start(service("frail", "import time; time.sleep(0.05)"))
        await until(lambda: watch.statuses[0].restarts > s.FAILING_DEATHS)
        assert "status 0" in watch.statuses[0].note or watch.statuses[0].state is s.State.READY
        await watch.stop()

    asyncio.run(story())


def test_stopping_goes_backwards_and_is_bounded(tmp_path: Path) -> None:
    marker = tmp_path / "up"

    async def story() -> list[str]:
        order: list[str] = []

        def changed() -> None:
            for status in watch.statuses:
                if status.state is s.State.STOPPED and status.name not in order:
                    order.append(status.name)

        watch = s.Supervisor(changed, stop_timeout_s=0.5)
        await watch.start(service("database", LIVES))
        await watch.start(
            service("stubborn", STUBBORN.format(path=str(marker)), marker=marker),
            service("door", LIVES),
        )
        pids = [status.pid for status in watch.statuses]
        await watch.stop()
        for pid in pids:
            assert pid is not None
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        return order

    assert asyncio.run(story()) == ["door", "stubborn", "database"]


@pytest.mark.parametrize(("deaths", "wanted_s"), [(1, 0.1), (2, 0.2), (5, 1.6), (9, 10), (900, 10)])
def test_pauses_double_up_to_a_cap(deaths: int, wanted_s: float) -> None:
    assert s.pause_s(deaths) == pytest.approx(wanted_s)


def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    script = f"""
import asyncio, os, pathlib, sys
from segel.app import supervisor as s
async def ready(): return True
async def main():
    watch = s.Supervisor(lambda: None, stop_timeout_s=5)
    child = s.Service("c", [sys.executable, "-c", {LIVES!r}], dict(os.environ), ready)
    await watch.start(child)
    pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(watch.statuses[0].pid))
    await asyncio.sleep(600)
asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", script])
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert parent.poll() is None
        time.sleep(0.02)
    child = int((tmp_path / "pid").read_text())
    parent.kill()
    parent.wait()
    for _ in range(500):
        try:
            if Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
                return
        except FileNotFoundError:
            return
        time.sleep(0.02)
    pytest.fail("the child outlived its supervisor")


def test_a_step_reports_its_lines_and_its_failure() -> None:
    said: list[str] = []
    asyncio.run(s.once(service("count", "print('1/2'); print('2/2')"), said.append))
    assert said == ["1/2", "2/2"]
    with pytest.raises(s.ServiceFailed, match="no room"):
        asyncio.run(s.once(service("m", "print('no room'); raise SystemExit(1)"), said.append))
    with pytest.raises(s.ServiceFailed, match="SIGKILL"):
        asyncio.run(s.once(service("m", "import os; os.kill(os.getpid(), 9)"), said.append))


def test_children_leave_no_core() -> None:
    script = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[1])"
    said: list[str] = []
    asyncio.run(s.once(service("core", script), said.append))
    assert said == ["0"]

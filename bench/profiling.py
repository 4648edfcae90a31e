"""Where Segel's time goes in one measure: processor time by process, and functions by py-spy.

Only Segel works meanwhile, and only what is measured is counted: not the checks, not what is put
off until later. Processor time is what the kernel counted; what is missing to the measured time is
waiting: for the disk, for another process, for the client. py-spy samples without stopping a
process, so that a stack may be cut short now and then; samples of threads that wait for something
to do are left out. ``self`` is where a thread was found, ``with callees`` what it was on behalf of.
It has to be root: Segel's processes let nobody else look.
"""

import collections
import contextlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import psutil

from bench.archives import SEGEL
from bench.context import Context
from bench.results import Line

SAMPLES_A_SECOND: Final = 500
ATTACH_S: Final = 3.0
WRITE_S: Final = 30
SHOWN: Final = 14
SHARE_MIN: Final = 0.02
SAMPLES_MIN: Final = 50
OURS: Final = "segel/"
WAITING: Final = (
    "Runner.run (asyncio/runners.py",  # uvloop waits outside Python
    "select (selectors.py",
    "_worker (concurrent/",
    "wait (threading.py",
)
"""Where a thread that has nothing to do stands, and the kernel does not always say so."""


@dataclass(frozen=True, slots=True)
class Samples:
    """One process: how often a function was running, and how often it was on the stack."""

    total: int
    running: Mapping[str, int]
    on_stack: Mapping[str, int]


@dataclass
class Meter:
    """Counts while the clock runs. Seconds of processor by process: outside the kernel, in it."""

    processes: Mapping[str, int]
    spies: "list[subprocess.Popen[bytes]]"
    wall_s: float = 0.0
    spent: dict[str, tuple[float, float]] = field(default_factory=dict)

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Around what is measured."""
        before = cpu_seconds(self.processes)
        self._signal(signal.SIGCONT)
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self.wall_s += time.perf_counter() - started_s
            self._signal(signal.SIGSTOP)
            for name, (outside, inside) in cpu_seconds(self.processes).items():
                known = self.spent.get(name, (0.0, 0.0))
                self.spent[name] = (
                    known[0] + outside - before[name][0],
                    known[1] + inside - before[name][1],
                )

    def _signal(self, sent: signal.Signals) -> None:
        for spy in self.spies:
            spy.send_signal(sent)


def profiled(context: Context, measure: Callable[[Context], Line]) -> str:
    """Run the measure with Segel alone, and say where the time went."""
    processes = context.segel.processes
    with _watched(context.folder, processes) as (spies, outputs):
        meter = Meter(processes, spies)
        alone = replace(context, parties=frozenset((SEGEL,)), timed=meter.timed)
        line = measure(alone)
    figures = line.figures[SEGEL]
    said = [
        f"{line.title}: {figures.median:.1f} {line.unit} while profiled;"
        f" {meter.wall_s:.2f} s measured, of these"
    ]
    for name, (outside, inside) in meter.spent.items():
        said.append(f"  {name:10} {outside:6.2f} s of processor, and {inside:.2f} s in the kernel")
    for name, output in outputs.items():
        samples = read_samples(output)
        if samples.total >= SAMPLES_MIN:
            said += ["", f"{name}: at work for {samples.total / SAMPLES_A_SECOND:.1f} s"]
            said += _ranking("self", samples.running, samples.total)
            ours = {at: count for at, count in samples.on_stack.items() if OURS in at}
            said += _ranking("with callees, Segel's own", ours, samples.total)
    if not outputs:
        said.append("functions: py-spy is not installed")
    return "\n".join(said)


def cpu_seconds(processes: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Processor seconds by process so far, outside the kernel and in it; its children's, too."""
    spent = {}
    for name, pid in processes.items():
        parent = psutil.Process(pid)
        times = [parent.cpu_times()]
        for child in parent.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                times.append(child.cpu_times())
        spent[name] = sum(one.user for one in times), sum(one.system for one in times)
    return spent


def read_samples(path: Path) -> Samples:
    """py-spy's raw form: ``outer;...;inner count``, a stack a line."""
    total = 0
    running: collections.Counter[str] = collections.Counter()
    on_stack: collections.Counter[str] = collections.Counter()
    for text in path.read_text().splitlines() if path.exists() else ():
        stack, _, counted = text.rpartition(" ")
        functions, count = stack.split(";"), int(counted)
        if any(waiting in functions[-1] for waiting in WAITING):
            continue
        total += count
        running[functions[-1]] += count
        for function in set(functions):
            on_stack[function] += count
    return Samples(total, running, on_stack)


def _ranking(title: str, counts: Mapping[str, int], total: int) -> list[str]:
    most = sorted(counts.items(), key=lambda item: -item[1])[:SHOWN]
    lines = [f"    {n / total:4.0%}  {at}" for at, n in most if n >= SHARE_MIN * total]
    return [f"  {title}", *lines]


@contextlib.contextmanager
def _watched(
    folder: Path, processes: Mapping[str, int]
) -> "Iterator[tuple[list[subprocess.Popen[bytes]], dict[str, Path]]]":
    """py-spy on each of Segel's Python processes, held; its files are whole afterwards."""
    program = shutil.which("py-spy") or str(Path(sys.executable).parent / "py-spy")
    outputs: dict[str, Path] = {}
    spies = []
    if Path(program).exists():
        for name, pid in processes.items():
            if name == "postgres":
                continue
            outputs[name] = folder / f"{name}.samples"
            options = ["--pid", str(pid), "--rate", str(SAMPLES_A_SECOND), "--function"]
            options += ["--nonblocking", "--format", "raw", "--output", str(outputs[name])]
            spies.append(
                subprocess.Popen(
                    [program, "record", *options],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        time.sleep(ATTACH_S)
    for spy in spies:
        spy.send_signal(signal.SIGSTOP)
    try:
        yield spies, outputs
    finally:
        for spy in spies:
            spy.send_signal(signal.SIGINT)
            spy.send_signal(signal.SIGCONT)
        for spy in spies:
            spy.wait(WRITE_S)

"""Where Segel's time goes in one measure: processor time by process, and functions by py-spy.

Only Segel works meanwhile. Processor time is what the kernel counted, checks of what was stored
included; what is missing to the measured time is waiting: for the disk, for another process, for
the client. py-spy stops a process for each sample, which is why its figure is lower than usual;
samples of threads that wait for something to do are left out. ``self`` is where a thread was found,
``with callees`` what it was on behalf of. It has to be root: Segel's processes let nobody else look.
"""

import collections
import contextlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.archives import SEGEL
from bench.context import Context
from bench.results import Line

SAMPLES_A_SECOND: Final = 200
ATTACH_S: Final = 3.0
WRITE_S: Final = 30
SHOWN: Final = 14
SHARE_MIN: Final = 0.02
OURS: Final = "segel/"
WAITING: Final = ("select (selectors.py", "_worker (concurrent/")
"""Where a thread that has nothing to do stands, and the kernel does not always say so."""


@dataclass(frozen=True, slots=True)
class Samples:
    """One process: how often a function was running, and how often it was on the stack."""

    total: int
    running: Mapping[str, int]
    on_stack: Mapping[str, int]


def profiled(context: Context, measure: Callable[[Context], Line]) -> str:
    """Run the measure, and say where the time went."""
    processes = context.segel.processes
    before, started_s = cpu_seconds(processes), time.perf_counter()
    with _watched(context.folder, processes) as outputs:
        line = measure(context)
    wall_s = time.perf_counter() - started_s
    after = cpu_seconds(processes)
    figures = line.figures[SEGEL]
    said = [f"{line.title}: {figures.median:.1f} {line.unit} while profiled, {wall_s:.0f} s in all"]
    for name, (user, system) in after.items():
        ours_s, kernel_s = user - before[name][0], system - before[name][1]
        said.append(f"  {name:10} {ours_s:6.2f} s of processor, and {kernel_s:.2f} s in the kernel")
    for name, output in outputs.items():
        if output.exists() and (samples := read_samples(output)).total >= SAMPLES_A_SECOND // 4:
            said += ["", f"{name}: {samples.total / SAMPLES_A_SECOND:.1f} s not idle"]
            said += _ranking("self", samples.running, samples.total)
            ours = {at: count for at, count in samples.on_stack.items() if OURS in at}
            said += _ranking("with callees, Segel's own", ours, samples.total)
    if not outputs:
        said.append("functions: py-spy is not installed, or this is not root")
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
    for text in path.read_text().splitlines():
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
def _watched(folder: Path, processes: Mapping[str, int]) -> Iterator[dict[str, Path]]:
    """py-spy on each of Segel's Python processes; its files are whole afterwards."""
    program = shutil.which("py-spy") or str(Path(sys.executable).parent / "py-spy")
    outputs: dict[str, Path] = {}
    spies = []
    if Path(program).exists():
        for name, pid in processes.items():
            if name == "postgres":
                continue
            outputs[name] = folder / f"{name}.samples"
            options = ["--pid", str(pid), "--rate", str(SAMPLES_A_SECOND), "--function"]
            options += ["--format", "raw", "--output", str(outputs[name])]
            spies.append(
                subprocess.Popen(
                    [program, "record", *options],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        time.sleep(ATTACH_S)
    try:
        yield outputs
    finally:
        for spy in spies:
            spy.send_signal(signal.SIGINT)
        for spy in spies:
            spy.wait(WRITE_S)

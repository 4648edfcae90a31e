"""What the figures were taken on."""

import os
import platform
import statistics
import subprocess
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Final

from bench import orthanc

SYNCS: Final = 50
SYNC_BYTES: Final = 4096


def facts(folder: Path, orthanc_syncs: bool) -> list[str]:
    """Lines for the head of the table; ``folder`` is where everything is written."""
    median_ms, high_ms = sync_ms(folder)
    syncs = "SyncStorageArea on, as it comes" if orthanc_syncs else "SyncStorageArea off"
    return [
        machine(),
        f"disk: {_file_system(folder)}; 4 KiB written and synced in {median_ms:.2f} ms"
        f" (median of {SYNCS}, highest {high_ms:.2f})",
        f"Python {platform.python_version()}, segel {version('segel')},"
        f" cryptography {version('cryptography')}, uvicorn {version('uvicorn')}",
        f"{orthanc.version()} ({syncs}), {_dcmtk()}",
    ]


def machine() -> str:
    """The machine, in a line."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores of {_processor()}, {memory_gib:.0f} GiB,"
        f" Linux {platform.release().split('-')[0]}, load {os.getloadavg()[0]:.1f} at the start"
    )


def sync_ms(folder: Path) -> tuple[float, float]:
    """Median and highest milliseconds of a small append and its fsync."""
    path = folder / "sync-probe"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    took = []
    try:
        for _ in range(SYNCS):
            started_s = perf_counter()
            os.write(descriptor, bytes(SYNC_BYTES))
            os.fsync(descriptor)
            took.append((perf_counter() - started_s) * 1e3)
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(took), max(took)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _file_system(folder: Path) -> str:
    done = subprocess.run(
        ["stat", "--file-system", "--format=%T", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown file system"


def _dcmtk() -> str:
    done = subprocess.run(["dcmsend", "--version"], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    return f"dcmtk {words[2]}" if len(words) > 2 else "dcmtk unknown"

"""C-STORE: a study a round through one association of dcmtk's ``dcmsend``.

``dcmsend`` and Orthanc are both of dcmtk, which writes a message in two pieces and lets the kernel
hold the second one back until the first is acknowledged (Nagle's algorithm), some 40 ms later on a
quiet connection. That is what a hospital gets as long as nobody sets ``TCP_NODELAY=1`` in the
environment of both, and so it is what the target is about; ``cstore-nodelay`` is the same without
the pauses, where storing itself shows.

For the raw limit stands dcmtk's ``storescp --ignore`` without the pause on its side: what
``dcmsend`` can send when nothing is kept.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from bench import orthanc
from bench.archives import Archive, BenchFailed, free_port
from bench.checking import require_stored
from bench.context import Context, fresh_studies
from bench.images import Study
from bench.results import Against, Line, Target
from bench.rounds import Figures, in_turn

START_S: Final = 10
NO_DELAY: Final = {"TCP_NODELAY": "1"}
"""What dcmtk takes from the environment: send at once."""

AS_IT_COMES: Final[Mapping[str, str]] = {}
FIVE_TIMES: Final = (Target(Against.ORTHANC, 5.0),)


def as_it_comes(context: Context) -> Line:
    """dcmsend as Debian has it."""
    found = _in_turn(context, context.archives, AS_IT_COMES)
    title = "C-STORE, one dcmsend association"
    notes = "dcmtk's pauses of 40 ms are most of Orthanc's time; see the next line"
    return Line("cstore", title, "instances/s", found, FIVE_TIMES, notes)


def without_pauses(context: Context) -> Line:
    """The same with ``TCP_NODELAY=1`` for dcmsend, and for an Orthanc of its own."""
    folder = context.folder / "orthanc-nodelay"
    with orthanc.running(folder, syncs=context.orthanc_syncs, environment=NO_DELAY) as other:
        found = _in_turn(context, [context.segel.archive, other], NO_DELAY)
    return Line("cstore-nodelay", "C-STORE, TCP_NODELAY=1 for dcmtk", "instances/s", found)


def _in_turn(
    context: Context, archives: list[Archive], environment: Mapping[str, str]
) -> dict[str, Figures]:
    study_of = fresh_studies(context)
    folder = context.folder / "send"

    def send(address: tuple[str, int], titles: list[str], number: int) -> float:
        study = study_of(number)
        _write(study, folder)
        with context.timed():
            seconds = _send(study, folder, address, titles, environment)
        return len(study.instances) / seconds

    def turn(archive: Archive, number: int) -> float:
        titles = ["-aet", archive.calling_title, "-aec", archive.called_title]
        rate = send(archive.dimse, titles, number)
        require_stored(archive, study_of(number), whole=False)
        return rate

    with nothing_kept() as address:
        turns = context.turns(turn, partial(send, address, []), archives)
        return in_turn(context.size.rounds, turns, context.quiet.settled)


def _write(study: Study, folder: Path) -> None:
    """The study's files alone in ``folder``; in the page cache and on disk."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for index, one in enumerate(study.instances):
        (folder / f"{index:04}.dcm").write_bytes(one.content)
    os.sync()


def _send(
    study: Study,
    folder: Path,
    address: tuple[str, int],
    titles: list[str],
    environment: Mapping[str, str],
) -> float:
    """Seconds from dcmsend's start to its end. Raises BenchFailed unless all is stored."""
    report = folder.with_suffix(".report")
    report.unlink(missing_ok=True)
    options = ["--single-association", "--create-report-file", str(report), *titles]
    started_s = perf_counter()
    done = subprocess.run(
        ["dcmsend", *options, address[0], str(address[1]), "--scan-directories", str(folder)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = perf_counter() - started_s
    said = report.read_text() if report.exists() else ""
    statuses = re.findall(r"DIMSE Status  : 0x(\w+)", said)
    if done.returncode != 0 or statuses != ["0000"] * len(study.instances):
        raise BenchFailed(f"dcmsend did not get all stored: {done.stderr[-500:]}")
    return seconds


@contextlib.contextmanager
def nothing_kept() -> Iterator[tuple[str, int]]:
    """A receiver that answers success and keeps nothing: host and port."""
    port = free_port()
    process = subprocess.Popen(
        ["storescp", "--ignore", str(port)],
        env=os.environ | NO_DELAY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline_s = time.monotonic() + START_S
        while not _listens(port):
            if time.monotonic() > deadline_s:
                raise BenchFailed("storescp does not start")
            time.sleep(0.05)
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait(START_S)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

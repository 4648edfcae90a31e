"""Those who search: this process alone, or a pool of others with an automaton each."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Final

from segel.accountability.scan_copy.findings import Findings
from segel.accountability.scan_copy.limits import MIB, Limits
from segel.accountability.scan_copy.matching import Matcher
from segel.accountability.scan_copy.parts import FilePart, Part
from segel.accountability.scan_copy.patterns import Pattern

BATCH_BYTES: Final = 8 * MIB
BATCH_PARTS_MAX: Final = 500
"""Small files are handed to a worker together."""

QUEUED_PER_WORKER: Final = 4


class Crew:
    """``workers`` processes; one means this one. A context."""

    def __init__(self, wanted: list[Pattern], limits: Limits, workers: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._workers = workers
        if workers == 1:
            _prepare(wanted, limits)
        else:
            self._pool = ProcessPoolExecutor(
                workers, multiprocessing.get_context("spawn"), _prepare, (wanted, limits)
            )

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def work(self, parts: Iterable[Part], gather: Callable[[Findings], None]) -> None:
        """Search all ``parts``; ``gather`` gets what each part gave, as it comes."""
        if self._pool is None:
            for part in parts:
                gather(_search(part))
            return
        pending: set[Future[list[Findings]]] = set()
        for batch in _batches(parts):
            pending.add(self._pool.submit(_search_all, batch))
            if len(pending) >= self._workers * QUEUED_PER_WORKER:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                _gather_all(done, gather)
        _gather_all(wait(pending).done, gather)


def _gather_all(done: set[Future[list[Findings]]], gather: Callable[[Findings], None]) -> None:
    for future in done:
        for findings in future.result():
            gather(findings)


_prepared: tuple[Matcher, Limits] | None = None
"""A worker's automaton: it is made once in each process, it can't be sent to it."""


def _prepare(wanted: list[Pattern], limits: Limits) -> None:
    global _prepared
    _prepared = Matcher(wanted), limits


def _search_all(parts: list[Part]) -> list[Findings]:
    return [_search(part) for part in parts]


def _search(part: Part) -> Findings:
    assert _prepared is not None, "a worker is prepared before it searches"
    try:
        return part.search(*_prepared)
    except OSError as error:
        path = part.path if isinstance(part, FilePart) else part.paths[0]
        findings = Findings(path)
        findings.skip(f"it cannot be read: {error.strerror}")
        return findings


def _batches(parts: Iterable[Part]) -> Iterator[list[Part]]:
    batch: list[Part] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += part.end - part.start if isinstance(part, FilePart) else BATCH_BYTES
        if size >= BATCH_BYTES or len(batch) >= BATCH_PARTS_MAX:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch

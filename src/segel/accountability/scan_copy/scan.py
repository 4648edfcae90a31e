"""The whole scan: take the inventory, hand out its parts, put together what they found."""

import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from segel.accountability.scan_copy.crew import Crew
from segel.accountability.scan_copy.findings import Findings
from segel.accountability.scan_copy.labels import search_labels, without_terms
from segel.accountability.scan_copy.limits import MIB, Limits
from segel.accountability.scan_copy.matching import Matcher
from segel.accountability.scan_copy.parts import FilePart, Part, ToastValues, WriteAheadLog
from segel.accountability.scan_copy.patterns import Pattern, patterns
from segel.accountability.scan_copy.postgres import ToastChunk
from segel.accountability.scan_copy.report import Chance, Hit, ScanReport, Skipped
from segel.accountability.scan_copy.terms import Term
from segel.accountability.scan_copy.walk import Inventory, take_inventory
from segel.domain.errors import SegelError

Progress = Callable[[int, int], None]
"""Called with the bytes read so far, and those there are."""

ALONE_BYTES_MAX: Final = 32 * MIB
"""Below this, starting other processes takes longer than the scan."""

CHANCE_SHOWN_MIN: Final = 0.001
RELATION_SEGMENT: Final = re.compile(r"\.\d+$")
"""PostgreSQL cuts a relation into files of 1 GiB: 16399, 16399.1, ..."""


class HomeUnreadable(SegelError):
    """There is no folder to scan."""

    code = "home-unreadable"


def scan_copy(
    home: Path,
    terms: Sequence[Term],
    *,
    progress: Progress | None = None,
    workers: int | None = None,
    short: bool = False,
    limits: Limits | None = None,
) -> ScanReport:
    """Where ``terms`` can be read under ``home``, a stopped or copied home.

    ``workers``: processes, by default one a core. ``short``: search also for terms that are too
    short to mean anything. Raises HomeUnreadable. What can't be read is in the report.
    """
    began = time.monotonic()
    if not home.is_dir():
        raise HomeUnreadable("There is no such folder to scan.", remedy="Give --home a folder.")
    home = home.absolute()
    searched = [term for term in terms if short or not term.is_short]
    too_short = tuple(term.number for term in terms if term.is_short)
    wanted = patterns(searched)
    inventory = take_inventory(home)
    limits = limits or Limits()
    found = Findings("")
    stand_ins: dict[str, str] = {}
    if wanted:
        found = search_labels(inventory, Matcher(wanted), limits, stand_ins)
        _search_files(home, inventory, wanted, limits, workers, progress, found)
    skipped = inventory.skipped + found.skipped
    labels = {term.number: term.label for term in terms}
    chances = _chances(wanted, found.bytes + found.bytes_unfolded)
    return ScanReport(
        files=len(inventory.files),
        bytes=found.bytes,
        bytes_unfolded=found.bytes_unfolded,
        streams=found.streams,
        terms=len(searched),
        patterns=len(wanted),
        hits=tuple(_shown(found.hits.values(), labels, stand_ins)),
        skipped=tuple(
            Skipped(without_terms(path, stand_ins), why, may_hide, count)
            for (path, why, may_hide), count in sorted(skipped.items())
        ),
        short=() if short else too_short,
        chances=tuple(
            Chance(number, labels[number], expected)
            for number, expected in sorted(chances.items(), key=lambda item: -item[1])
            if expected >= CHANCE_SHOWN_MIN
        ),
        chance_in_all=sum(chances.values()),
        seconds=time.monotonic() - began,
    )


def _search_files(
    home: Path,
    inventory: Inventory,
    wanted: list[Pattern],
    limits: Limits,
    workers: int | None,
    progress: Progress | None,
    found: Findings,
) -> None:
    total = sum(size for _, size in inventory.files)
    workers = workers or (1 if total < ALONE_BYTES_MAX else os.cpu_count() or 1)
    toast: dict[str, list[tuple[str, ToastChunk]]] = defaultdict(list)
    logs: dict[str, list[str]] = defaultdict(list)
    done = 0

    def gather(findings: Findings) -> None:
        nonlocal done
        for chunk in findings.toast:
            toast[RELATION_SEGMENT.sub("", findings.path)].append((findings.path, chunk))
        if findings.is_log:
            logs[str(Path(findings.path).parent)].append(findings.path)
        findings.toast = []
        found.add(findings)
        done += findings.bytes
        if progress is not None:
            progress(done, total)

    with Crew(wanted, limits, workers) as crew:
        crew.work(_file_parts(home, inventory, limits), gather)
        crew.work(_second_parts(home, toast, logs), gather)


def _file_parts(home: Path, inventory: Inventory, limits: Limits) -> Iterator[FilePart]:
    for path, size in inventory.files:
        for start in range(0, size, limits.part_bytes):
            yield FilePart(home, path, start, min(start + limits.part_bytes, size))


def _second_parts(
    home: Path, toast: dict[str, list[tuple[str, ToastChunk]]], logs: dict[str, list[str]]
) -> Iterator[Part]:
    for located in toast.values():
        paths = tuple(sorted({path for path, _ in located}))
        numbers = {path: number for number, path in enumerate(paths)}
        yield ToastValues(home, paths, tuple((numbers[path], chunk) for path, chunk in located))
    for segments in logs.values():
        yield WriteAheadLog(home, tuple(sorted(segments)))


def _chances(wanted: list[Pattern], size: int) -> Counter[int]:
    """Expected chance hits of each term, were all ``size`` bytes random: by far the raw patterns.
    (Its base64 is met 2 ** (letters) * 3 / 64 ** (4/3 length) as often: next to never.)
    """
    chances: Counter[int] = Counter()
    for pattern in wanted:
        chances[pattern.term] += pattern.chance * size  # type: ignore[assignment]
    return chances


def _shown(hits: Iterable[Hit], labels: dict[int, str], stand_ins: dict[str, str]) -> Iterator[Hit]:
    for hit in sorted(hits, key=lambda hit: (hit.path, hit.place, hit.offset, hit.term)):
        yield replace(hit, path=without_terms(hit.path, stand_ins), label=labels[hit.term])

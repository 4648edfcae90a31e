"""What every measure is given: who runs, how much is to be done, and where."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter

from bench.archives import ORTHANC, RAW, SEGEL, Archive, BenchFailed
from bench.images import STUDY_INSTANCES, Scanner, Study
from bench.quiet import Quiet
from bench.rounds import Turn
from bench.segel_up import SegelUp
from bench.wire import Answer, Connection, Request


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done. ``connections``: how many requests are under way, for all parties."""

    rounds: int = 5
    instances: int = STUDY_INSTANCES
    studies: int = 4
    releases: int = 500
    connections: int = 1


QUICK = Size(rounds=1, instances=6, studies=1, releases=40)
"""Does it work at all: the figures mean nothing."""


@dataclass(frozen=True)
class Context:
    """One run."""

    segel: SegelUp
    orthanc: Archive
    raw: tuple[str, int]
    folder: Path
    scanner: Scanner
    size: Size
    orthanc_syncs: bool
    say: Callable[[str], None]
    parties: frozenset[str] = frozenset((SEGEL, ORTHANC, RAW))
    """Who is measured; Segel alone where it is profiled."""
    timed: Callable[[], AbstractContextManager[None]] = nullcontext
    """Around what is measured, and nothing else; for the profile."""
    quiet: Quiet = field(default_factory=Quiet)
    library: list[Study] = field(default_factory=list, repr=False)
    """What reading measures share: in all archives, once one of them asked for it."""
    small_studies: list[str] = field(default_factory=list, repr=False)
    """UIDs of studies that only Segel has, for releases."""

    @property
    def archives(self) -> list[Archive]:
        """Segel and Orthanc."""
        both = [self.segel.archive, self.orthanc]
        return [archive for archive in both if archive.name in self.parties]

    def turns(
        self,
        of_archive: Callable[[Archive, int], float],
        of_raw: Turn | None = None,
        archives: Sequence[Archive] = (),
    ) -> dict[str, Turn]:
        """Whose turns a measure is made of; ``archives`` where they are not the run's own."""
        some = [one for one in archives or self.archives if one.name in self.parties]
        turns: dict[str, Turn] = {one.name: partial(of_archive, one) for one in some}
        return turns | {RAW: of_raw} if of_raw and RAW in self.parties else turns

    def drive(
        self, http: tuple[str, int], requests: Sequence[Request], opening: Sequence[Request] = ()
    ) -> tuple[list[Answer], float]:
        """All answers in the requests' order, and the seconds that they took.

        The connections are open before, and the ``opening`` requests were made on each, uncounted.
        Raises BenchFailed unless every answer is 200.
        """
        beside = self.size.connections
        shares = [requests[start::beside] for start in range(beside)]
        lines = [Connection(http) for share in shares if share]

        def ask(line: Connection, share: Sequence[Request]) -> list[Answer]:
            return [line.ask(one) for one in share]

        try:
            for line in lines:
                ask(line, opening)
            with self.timed():
                if len(lines) == 1:
                    # What the client does between two requests is not the archive's.
                    answers = ask(lines[0], shares[0])
                    seconds = sum(answer.seconds for answer in answers)
                else:
                    with ThreadPoolExecutor(len(lines)) as threads:
                        started_s = perf_counter()
                        found = list(threads.map(ask, lines, shares))
                        seconds = perf_counter() - started_s
                    answers = [found[n % beside][n // beside] for n in range(len(requests))]
        finally:
            for line in lines:
                line.close()
        for answer in answers:
            if answer.status != 200:
                raise BenchFailed(f"an answer of {answer.status}: {answer.body[:500]!r}")
        return answers, seconds


def fresh_studies(context: Context) -> Callable[[int], Study]:
    """A round's number to its study: the same for all parties, forgotten with the round."""
    made: dict[int, Study] = {}

    def study_of(number: int) -> Study:
        if number not in made:
            made.clear()
            made[number] = context.scanner.study(context.size.instances)
        return made[number]

    return study_of

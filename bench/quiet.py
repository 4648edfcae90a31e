"""A quiet machine before each turn.

Segel is several processes that hand work to each other; where somebody else wants the same cores,
every hand-over waits for a turn, and its figures fall further than those of a single process. So a
turn waits for the machine to be idle, though not for ever, and how many did not get it is told.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bench.archives import SEGEL

DEFERRED_S: Final = 3.0
"""What a party left for later is not charged to the next one. Segel describes a study two seconds
after its last instance."""

PROBE_S: Final = 0.3
BUSY_SHARE: Final = 0.15
"""Of all cores; what runs and waits for requests stays below it."""

WAIT_S: Final = 15.0
"""Longer than most of what an idle machine does now and then."""


@dataclass(slots=True)
class Quiet:
    """Waits for it, and counts. ``busy``: turns that began on a machine that was not."""

    wait_s: float = WAIT_S
    deferred_s: float = DEFERRED_S
    turns: int = 0
    busy: int = 0

    def settled(self, last: str = SEGEL) -> None:
        """Until disks are written, what ``last`` deferred is done, and the machine is idle."""
        os.sync()
        time.sleep(self.deferred_s if last == SEGEL else 0)
        self.idle()

    def idle(self, _: str = "") -> None:
        """Until the machine is idle; enough before a turn that only reads."""
        self.turns += 1
        until_s = time.monotonic() + self.wait_s
        while busy_share(PROBE_S) > BUSY_SHARE:
            if time.monotonic() > until_s:
                self.busy += 1
                return

    @classmethod
    def hurried(cls) -> Self:
        """One that hardly waits, where figures do not matter."""
        return cls(wait_s=0, deferred_s=0)

    @property
    def words(self) -> str:
        """For the head of the table."""
        if not self.busy:
            return f"each of {self.turns} turns began on an idle machine"
        return (
            f"{self.busy} of {self.turns} turns began on a busy machine (more than"
            f" {BUSY_SHARE:.0%} of its cores): the figures are not to be trusted"
        )


def busy_share(seconds: float) -> float:
    """The share of all cores' time that was used within the next ``seconds``."""
    busy, total = _ticks()
    time.sleep(seconds)
    busy_then, total_then = _ticks()
    return (busy_then - busy) / max(1, total_then - total)


def _ticks() -> tuple[int, int]:
    """Used and all ticks since boot, from /proc/stat: idle and iowait are the fourth and fifth."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)

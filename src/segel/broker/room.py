"""No release where the disk is nearly full: its entry, and the log's own files, need room.

A database that runs into the end of its disk stops and has to replay its log; below a reserve
nothing is released, and so nothing is stored, until there is room again.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from segel.broker.errors import DiskFull

LOOK_S: Final = 0.25
"""Between two looks at the file systems."""

MIB: Final = 1 << 20


def free_bytes(folder: Path) -> int | None:
    """What is left of the file system of ``folder`` for users other than root; None where the
    folder cannot be looked at."""
    try:
        about = os.statvfs(folder)
    except OSError:
        return None
    return about.f_bavail * about.f_frsize


class Room:
    """The free space of the folders that the archive writes to. ``reserve_mib``: how much of it is
    not to be used; 0 looks at nothing."""

    def __init__(
        self,
        folders: tuple[Path, ...],
        reserve_mib: int,
        *,
        free: Callable[[Path], int | None] = free_bytes,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folders = folders if reserve_mib else ()
        self._reserve = reserve_mib * MIB
        self._free = free
        self._ticks = ticks
        self._looked_s = float("-inf")
        self._least: int | None = None

    def require(self) -> None:
        """Return where there is room. Raises DiskFull."""
        trouble = self.trouble()
        if trouble is not None:
            raise trouble

    def trouble(self) -> DiskFull | None:
        """What is wrong, or None; at most ``LOOK_S`` old."""
        now_s = self._ticks()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            known = [free for folder in self._folders if (free := self._free(folder)) is not None]
            self._least = min(known, default=None)
        if self._least is None or self._least >= self._reserve:
            return None
        return DiskFull(
            f"The disk is nearly full: {self._least // MIB} MiB are left, and"
            f" {self._reserve // MIB} are kept for the log. Nothing was released.",
            remedy="Free space or add storage; it goes on by itself.",
        )

"""What can be drilled, and what is true of a drill. Only who makes and who scores knows it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from segel.leaks.model import Verdict, Way

NOBODY: Final = UUID(int=0)


class Scenario(StrEnum):
    """What is staged."""

    INSIDER = "insider"
    EXPORT = "export"
    STOLEN_DISK = "stolen-disk"
    OLD_BACKUP = "old-backup"
    NOT_OURS = "not-ours"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Truth:
    """What happened. ``people``: of ours, in all that the seller has; ``start_s``, ``end_s``: the
    first and last copying. Of *not ours* there is nothing but the verdict."""

    verdict: Verdict
    way: Way = Way.ELSEWHERE
    who: UUID = NOBODY
    people: int = 0
    start_s: float = 0.0
    end_s: float = 0.0

"""What is true of a drill. Only who stages and who scores it knows."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from segel.leaks.model import Verdict, Way

NOBODY: Final = UUID(int=0)


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

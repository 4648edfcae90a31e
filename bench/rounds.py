"""Rounds in turn, and what is kept of them.

Each round every party does the same work on the same files, one after the other, and another one
begins each time: whatever else the machine does meets all alike. The first round warms up and is
not counted. A ratio is taken within each round, and of those the median.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Turn = Callable[[int], float]
"""Does a round's work; gives its figure."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One party's figure of each round."""

    rounds: Sequence[float]

    @property
    def median(self) -> float:
        """The middle round."""
        return statistics.median(self.rounds)

    @property
    def low(self) -> float:
        """The lowest round."""
        return min(self.rounds)

    @property
    def high(self) -> float:
        """The highest round."""
        return max(self.rounds)

    def over(self, other: "Figures") -> "Figures":
        """The ratio of each round."""
        return Figures([a / b for a, b in zip(self.rounds, other.rounds, strict=True)])


def in_turn(
    rounds: int, turns: Mapping[str, Turn], before: Callable[[str], None]
) -> dict[str, Figures]:
    """Every party's figures over ``rounds`` rounds; the one that warms up comes on top.

    ``before`` each turn: what has to be waited for, given who had the turn before it.
    """
    names = list(turns)
    found: dict[str, list[float]] = {name: [] for name in names}
    last = ""
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            before(last)
            figure = turns[name](number)
            last = name
            if number:
                found[name].append(figure)
    return {name: Figures(figures) for name, figures in found.items()}

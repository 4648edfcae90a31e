"""Was the sample drawn evenly, or from one corner? Only an even one speaks for the whole."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

EVEN_FROM: Final = 0.01
"""p value from which unevenness is not shown. Three tests are made: by chance one of thirty even
samples fails one."""

EXPECTED_MIN: Final = 5.0
"""Cells that would hold fewer are joined: the test's law does not hold for them."""


class Evenness(msgspec.Struct, frozen=True):
    """p values that the sample is even over hospitals, over the order of arrival, and over the
    order in the seller's file; -1 where it cannot be tested. ``corner``: the largest gap between
    the sample's and the whole's order of arrival, 0 to 1."""

    hospitals: float
    arrivals: float
    file_order: float
    corner: float

    @property
    def is_even(self) -> bool:
        """Whether no test shows the contrary."""
        return all(p < 0 or p >= EVEN_FROM for p in self.tests)

    @property
    def tests(self) -> tuple[float, float, float]:
        """The p values."""
        return self.hospitals, self.arrivals, self.file_order


def evenness(
    hospitals: Mapping[str, int],
    population: Mapping[str, int],
    arrival_ranks: Sequence[float],
    file_ranks: Sequence[int],
) -> Evenness:
    """Compare a sample with the set that it might be drawn from.

    ``hospitals``, ``population``: patients by hospital in the sample and in the set.
    ``arrival_ranks``: of each record, its place among the set's arrivals, 0 to 1. ``file_ranks``:
    its number in the seller's own file, where it has one.
    """
    from scipy.stats import kstest

    tested = kstest(arrival_ranks, "uniform") if len(arrival_ranks) >= 10 else None
    return Evenness(
        hospitals=_chi_square(hospitals, population),
        arrivals=float(tested.pvalue) if tested else -1.0,
        file_order=_file_order(file_ranks),
        corner=float(tested.statistic) if tested else 0.0,
    )


def _chi_square(sample: Mapping[str, int], population: Mapping[str, int]) -> float:
    from scipy.stats import chisquare

    total, whole = sum(sample.values()), sum(population.values())
    if not total or not whole or len(population) < 2:
        return -1.0
    seen, expected, rest_seen, rest_expected = [], [], 0.0, 0.0
    for name, count in population.items():
        due = total * count / whole
        if due >= EXPECTED_MIN:
            seen.append(float(sample.get(name, 0)))
            expected.append(due)
        else:
            rest_seen += sample.get(name, 0)
            rest_expected += due
    strangers = sum(count for name, count in sample.items() if name not in population)
    if strangers:
        return 0.0
    if rest_expected > 0:
        seen.append(rest_seen)
        expected.append(rest_expected)
    if len(seen) < 2:
        return -1.0
    scale = sum(seen) / sum(expected)
    return float(chisquare(seen, [one * scale for one in expected]).pvalue)


def _file_order(ranks: Sequence[int]) -> float:
    """Whether numbers look drawn from a longer list. Of an even draw the largest number is far
    beyond how many there are; the first thousand lines of a file reach no further than themselves.
    """
    if len(ranks) < 10:
        return -1.0
    distinct = np.unique(np.array(ranks))
    span = int(distinct[-1] - distinct[0]) + 1
    if span <= 1.2 * len(distinct):
        return 0.0
    from scipy.stats import kstest

    low, high = float(distinct[0]), float(distinct[-1])
    return float(kstest((distinct[1:-1] - low) / (high - low), "uniform").pvalue)

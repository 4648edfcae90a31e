"""What rows of random people would show: how much of a match is nothing but chance.

Random people are made of the rows themselves: each keeps its name, sex and year of birth and gets
month and day of somebody else of the sample, so that how common names and dates are stays as it is.
Nobody of them exists; whoever they agree with agrees by chance.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.leaks.matching.matching import NOBODY, Matches, match
from segel.leaks.matching.register import Register, together
from segel.leaks.matching.tokens import Records

SERIALS: Final = 9_999
"""Last four digits of a NIK; 0000 is none."""


@dataclass(frozen=True, slots=True)
class Chance:
    """Expected of as many rows of random people. ``alike``: of some patient's name and birth date;
    ``niks``: of some patient's NIK, were the serial numbers made up; ``linked``: by the model of
    the scores, links of those that were made which are of somebody else."""

    alike: float
    niks: float
    linked: float


def expected(rows: Records, found: Matches, register: Register, seed: int) -> Chance:
    """The figures for a sample. ``found``: what ``match`` said of it."""
    strangers = recombined(rows, seed)
    nowhere = np.full(len(rows), -1, np.int32)
    alike = match(strangers, nowhere, register).alike != NOBODY
    said = rows["region"] != 0
    cell = register.count("region+day").of(together(rows["region"], rows["nik_day"]))
    linked = found.patient != NOBODY
    odds = np.exp2(-found.bits[linked].astype(float)) * len(register)
    return Chance(float(alike.sum()), float(cell[said].sum() / SERIALS), float(odds.sum()))


def recombined(rows: Records, seed: int) -> Records:
    """Random people: without numbers, each with the day and month of somebody else."""
    chance = np.random.default_rng(seed)
    other: NDArray[np.int64] = chance.permutation(len(rows))
    made = np.zeros(len(rows), rows.dtype)
    for field in ("sounds", "letters_0", "letters_1", "spelled", "year", "sex", "version"):
        made[field] = rows[field]
    for number in range(4):
        made[f"word_{number}"] = rows[f"word_{number}"]
    for field in ("month", "day"):
        made[field] = np.where(rows["year"] != 0, rows[field][other], 0)
    return made

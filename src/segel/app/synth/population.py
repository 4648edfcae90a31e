"""A synthetic population with true background statistics: names, births, sexes, hospitals.

Everything is drawn in columns, so that a million people take seconds. Nobody in it exists: NIKs
have a province code of 97 to 99.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.app.synth.names import COHORTS, STYLES, TITLES
from segel.domain.patient import PatientIdentity

Integers = NDArray[np.int64]

LAST_BIRTH: Final = date(2025, 12, 31)
FIRST_YEAR: Final = 1935
ROUND_DAY_SHARE: Final = (0.12, 0.02, 0.0)
"""Of each cohort, born on 1 January, 1 July or 31 December as far as their papers know."""
TITLE_SHARE: Final = 0.03
HOSPITAL_SHARES: Final = (0.55, 0.25, 0.15, 0.05)


@dataclass(frozen=True, slots=True)
class Population:
    """People by number: index into ``names``, sex, day of birth, hospital."""

    names: list[str]
    name: Integers
    women: NDArray[np.bool_]
    born: NDArray[np.datetime64]
    hospital: Integers
    titled: NDArray[np.bool_]
    first: int = 0
    """The number of the first of them: their own numbers follow from it."""

    def __len__(self) -> int:
        return len(self.name)

    def people(self) -> Iterator[PatientIdentity]:
        """Each person as a registration desk writes them."""
        for number in range(len(self)):
            yield self.person(number)

    def person(self, at: int) -> PatientIdentity:
        """One person."""
        number = self.first + at
        sex = "F" if self.women[at] else "M"
        born: date = self.born[at].astype(object)
        title = TITLES[sex][number % 3] if self.titled[at] else ""
        day = born.day + (40 if sex == "F" else 0)
        place = number // 9_999
        nik = f"{97 + place % 3}{1 + place // 3 % 70:02}{1 + place // 210 % 40:02}"
        return PatientIdentity(
            patient_id=f"{number:08}",
            nik=f"{nik}{day:02}{born.month:02}{born.year % 100:02}{number % 9_999 + 1:04}",
            name=title + self.names[self.name[at]],
            birth_date=f"{born:%Y%m%d}",
            sex=sex,
        )


def population(
    size: int,
    seed: int | Sequence[int],
    hospitals: Sequence[float] = HOSPITAL_SHARES,
    first: int = 0,
) -> Population:
    """``size`` people, numbered from ``first``. The same seed gives the same people."""
    chance = np.random.default_rng(seed)
    women = chance.random(size) < 0.54  # more women than men are imaged
    years = _years(chance, size)
    cohort = np.digitize(years, COHORTS)
    style = np.empty(size, np.int64)
    for sex, whose in (("M", ~women), ("F", women)):
        of_sex = [at for at, one in enumerate(STYLES) if one.sex == sex]
        for number in range(3):
            those = np.flatnonzero(whose & (cohort == number))
            shares = np.array([STYLES[at].shares[number] for at in of_sex])
            style[those] = chance.choice(of_sex, len(those), p=shares / shares.sum())
    spelled = np.empty(size, object)
    for at, one in enumerate(STYLES):
        those = np.flatnonzero(style == at)
        written = np.full(len(those), "", object)
        for part in one.parts:
            weights = 1 / (np.arange(len(part)) + one.flatness)
            drawn = chance.choice(np.array(part, object), len(those), p=weights / weights.sum())
            written = written + " " + drawn
        spelled[those] = written
    names, name = np.unique(spelled.astype(str), return_inverse=True)
    return Population(
        names=[one.strip() for one in names],
        name=name.astype(np.int64),
        women=women,
        born=_births(chance, years, cohort),
        hospital=chance.choice(len(hospitals), size, p=np.array(hospitals) / sum(hospitals)),
        titled=chance.random(size) < TITLE_SHARE,
        first=first,
    )


def _years(chance: np.random.Generator, size: int) -> Integers:
    """Years of birth of people in hospital: many infants, and more with age, until 75."""
    years = np.arange(FIRST_YEAR, LAST_BIRTH.year + 1)
    age = LAST_BIRTH.year - years
    weights = np.where(age < 3, 2.2, 0.6 + age / 45) * np.clip((95 - age) / 20, 0.02, 1.0)
    return chance.choice(years, size, p=weights / weights.sum()).astype(np.int64)


def _births(
    chance: np.random.Generator, years: Integers, cohort: Integers
) -> NDArray[np.datetime64]:
    """Days of birth: any day of the year, and a pile on the days that stand for *unknown*."""
    first = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    day = chance.integers(0, 365, len(years))
    unknown = chance.random(len(years)) < np.array(ROUND_DAY_SHARE)[cohort]
    day[unknown] = chance.choice([0, 181, 364], int(unknown.sum()), p=[0.5, 0.2, 0.3])
    born: NDArray[np.datetime64] = first + day.astype("timedelta64[D]")
    return born


def days_of(count: int, until: date) -> list[str]:
    """``count`` days back from ``until``, YYYYMMDD."""
    return [f"{until - timedelta(days=back):%Y%m%d}" for back in range(count)]

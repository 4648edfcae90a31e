"""Who came when for what, and who opened it: a year's accesses, as a log would have them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.leaks.drill.hospitals import CLERK, EMERGENCY, HOSPITALS, RADIOLOGIST, Hospitals
from segel.leaks.drill.people import YEAR_DAYS, Floats, Integers, People

MODALITIES: Final = ("CR", "DX", "CT", "MR", "US", "MG")
_MODALITY_SHARES: Final = (0.34, 0.26, 0.16, 0.06, 0.15, 0.03)

VISITS: Final = 1.2
"""Studies besides the first, on average."""

REFERRED: Final = 0.06
"""Of visits, how many are at another hospital than the patient's own."""

EMERGENCIES: Final = 0.2
FOLLOWED_UP: Final = 0.35
CLERKS_OPEN: Final = 0.2
LISTED: Final = 0.6
"""Of a ward's patients, whom a colleague on duty sees in a list without opening them."""

OFF_DUTY: Final = 0.35
"""Of a stay's days with a colleague, how many the colleague is not there."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Studies by number, in the order of their arrival. ``of_patient``: their numbers by patient,
    the earliest first; ``first_of``: where each patient's begin there, and the end."""

    patient: Integers
    hospital: Integers
    ward: Integers
    day: Floats
    modality: Integers
    result: Integers
    of_patient: Integers
    first_of: Integers

    def __len__(self) -> int:
        return len(self.patient)

    def of(self, patient: int) -> Integers:
        """A patient's, the earliest first."""
        return self.of_patient[self.first_of[patient] : self.first_of[patient + 1]]

    @property
    def arrivals(self) -> Floats:
        """Of each patient, the day on which the archive first held them."""
        return self.day[self.of_patient[self.first_of[:-1]]]


@dataclass(frozen=True, slots=True)
class Accesses:
    """Accesses by number, sorted by patient: by which account, when, and whether the patient was
    opened or only listed. ``first_of``: where each patient's begin, and the end."""

    account: Integers
    patient: Integers
    day: Floats
    opened: NDArray[np.bool_]
    first_of: Integers

    def __len__(self) -> int:
        return len(self.account)

    def with_more(self, account: int, patient: Integers, day: Floats) -> "Accesses":
        """The same log with what an account opened besides."""
        return _by_patient(
            np.concatenate([self.account, np.full(len(patient), account)]),
            np.concatenate([self.patient, patient]),
            np.concatenate([self.day, day]),
            np.concatenate([self.opened, np.ones(len(patient), bool)]),
            len(self.first_of) - 1,
        )


def _by_patient(
    account: Integers, patient: Integers, day: Floats, opened: NDArray[np.bool_], patients: int
) -> Accesses:
    order = np.argsort(patient, kind="stable")
    return Accesses(
        account=account[order],
        patient=patient[order],
        day=day[order],
        opened=opened[order],
        first_of=np.searchsorted(patient[order], np.arange(patients + 1)),
    )


def visits(persons: People, houses: Hospitals, chance: np.random.Generator) -> Visits:
    """Everybody comes once when they are registered, and some again."""
    size = len(persons)
    again = chance.poisson(VISITS, size)
    patient = np.concatenate([np.arange(size), np.repeat(np.arange(size), again)])
    day = persons.registered_day[patient]
    later = np.arange(len(patient)) >= size
    day = np.where(later, day + (YEAR_DAYS - day) * chance.random(len(patient)), day)
    day = _busy(day, chance)
    hospital = persons.hospital[patient]
    away = later & (chance.random(len(patient)) < REFERRED)
    hospital = np.where(away, chance.choice(HOSPITALS, len(patient), p=houses.shares), hospital)
    counts = np.array([len(one) for one in houses.wards])
    firsts = np.array([one[0] for one in houses.wards])
    # A patient mostly returns to the ward that knows them.
    usual = patient * 2_654_435_761 % 1_000_003
    ward = firsts[hospital] + usual % counts[hospital]
    any_ward = chance.integers(0, 1 << 30, len(patient)) % counts[hospital]
    ward = np.where(chance.random(len(patient)) < 0.3, firsts[hospital] + any_ward, ward)
    order = np.argsort(day, kind="stable")
    of_patient = np.argsort(patient[order], kind="stable")
    return Visits(
        patient=patient[order],
        hospital=hospital[order],
        ward=ward[order],
        day=day[order],
        modality=chance.choice(len(MODALITIES), len(patient), p=_MODALITY_SHARES),
        result=chance.integers(0, 6, len(patient)),
        of_patient=of_patient,
        first_of=np.searchsorted(patient[order][of_patient], np.arange(size + 1)),
    )


def _busy(day: Floats, chance: np.random.Generator) -> Floats:
    """Fewer come on Sundays, most in the morning; nobody before they were registered."""
    whole = np.floor(day)
    whole = np.where((whole % 7 == 6) & (chance.random(len(day)) < 0.6), whole + 1, whole)
    hour = np.clip(chance.normal(10.5, 3.0, len(day)), 0.2, 23.8) / 24
    return np.minimum(np.maximum(whole + hour, day), YEAR_DAYS - 0.01)


def accesses(
    those: Visits, houses: Hospitals, patients: int, chance: np.random.Generator
) -> Accesses:
    """Who opened what in the year, and who saw it in a list."""
    staff = houses.staff
    this_year = np.flatnonzero(those.day >= 0)
    account, visit, day, opened = [], [], [], []

    def add(who: Integers, which: Integers, delay: Floats, *, opens: bool = True) -> None:
        at = those.day[which] + delay
        kept = (at < YEAR_DAYS) & (who >= 0)
        account.append(who[kept])
        visit.append(which[kept])
        day.append(at[kept])
        opened.append(np.full(int(kept.sum()), opens))

    for slot, colleagues in enumerate(_by_ward(houses)):
        member = colleagues[those.ward[this_year]]
        there = member >= 0
        which, who = this_year[there], member[there]
        size = len(which)
        # The one who treats opens; a colleague by how keen they are, and where on duty.
        treats = (which * 7 + those.ward[which]) % _team(houses)[those.ward[which]] == slot
        opens = treats | (chance.random(size) < (1 - OFF_DUTY) * staff.keen[who])
        add(who[opens], which[opens], chance.exponential(0.6, int(opens.sum())))
        sees = ~opens & (chance.random(size) < LISTED * (1 - OFF_DUTY))
        add(who[sees], which[sees], chance.exponential(0.5, int(sees.sum())), opens=False)
        returns = treats & (chance.random(size) < FOLLOWED_UP)
        add(who[returns], which[returns], chance.uniform(5, 70, int(returns.sum())))
    for role, share, within in (
        (RADIOLOGIST, 1.0, 0.8),
        (CLERK, CLERKS_OPEN, 20.0),
        (EMERGENCY, EMERGENCIES, 0.3),
    ):
        which = this_year[chance.random(len(this_year)) < share]
        who = _one_of(staff.of(role), those.hospital[which], chance)
        add(who, which, within * chance.random(len(which)))
    joined = [np.concatenate(column) for column in (account, visit, day, opened)]
    return _by_patient(joined[0], those.patient[joined[1]], joined[2], joined[3], patients)


def _team(houses: Hospitals) -> Integers:
    """How many clinicians each ward has."""
    wards = houses.wards[-1][-1] + 1
    ward = houses.staff.ward
    return np.maximum(1, np.bincount(ward[ward >= 0], minlength=wards))


def _by_ward(houses: Hospitals) -> list[Integers]:
    """By place in the team: the account that each ward has there, or -1."""
    team = _team(houses)
    places = [np.full(len(team), -1) for _ in range(int(team.max()))]
    filled = np.zeros(len(team), np.int64)
    for number in np.flatnonzero(houses.staff.ward >= 0):
        ward = houses.staff.ward[number]
        places[filled[ward]][ward] = number
        filled[ward] += 1
    return places


def _one_of(groups: list[Integers], hospital: Integers, chance: np.random.Generator) -> Integers:
    """For each, one of the hospital's group; some of them work much more than others."""
    counts = np.array([len(group) for group in groups])
    width = int(counts.max())
    table = np.full((len(groups), width), -1)
    for at, group in enumerate(groups):
        table[at, : len(group)] = group
    skewed = chance.random(len(hospital)) ** 1.5
    chosen: Integers = table[
        hospital, np.minimum((skewed * counts[hospital]).astype(np.int64), width - 1)
    ]
    return chosen

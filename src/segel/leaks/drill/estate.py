"""An invented estate: people, hospitals, a year of accesses, what left and what lies about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from segel.leaks.drill.hospitals import HOSPITALS, Hospitals, hospitals
from segel.leaks.drill.people import YEAR_DAYS, Drawn, People, people
from segel.leaks.drill.releases import Releases, releases
from segel.leaks.drill.visits import Accesses, Visits, accesses, visits

NEW_YEAR: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""The simulated year begins here; days are counted from it."""

PATIENTS: Final = 100_000
PATIENTS_MIN: Final = 5_000
"""With fewer, wards have no patients, and nothing is like anything."""

GAP_SHARE: Final = 1 / 3
GAP_DAYS_MAX: Final = 6.0

DrawPeople = Callable[[int, int], Drawn]
"""So many people for a seed: who knows how Indonesians are called is not a leak's affair."""


@dataclass(frozen=True, slots=True)
class Estate:
    """All of it, by numbers."""

    seed: int
    persons: People
    houses: Hospitals
    visits: Visits
    accesses: Accesses
    releases: Releases
    strangers: People
    """Others of the same towns, who were never patients."""
    gaps: tuple[tuple[float, float], ...]
    """From and until which day the log is missing."""

    def pseudonym(self, patient: int) -> bytes:
        """What a case calls a patient."""
        return b"drill\0\0\0" + int(patient).to_bytes(8, "big")

    def mrn(self, patient: int) -> str:
        """The number at the patient's own hospital: given in order, from a start of its own."""
        start = 100_003 * int(self.persons.hospital[patient])
        return f"{(int(patient) * 11 + start) % 90_000_000:08}"

    def accession(self, visit: int) -> str:
        """A study's number at its hospital."""
        return f"A{int(self.visits.hospital[visit]):02}{int(visit) * 7 + 1_000_000:08}"

    def date(self, visit: int) -> str:
        """A study's day, YYYY-MM-DD."""
        return f"{moment(float(self.visits.day[visit])):%Y-%m-%d}"


def number_of(pseudonym: bytes) -> int:
    """The patient whom a case calls so."""
    return int.from_bytes(pseudonym[8:], "big")


def seconds(day: float) -> float:
    """A day of the year as a Unix time."""
    return NEW_YEAR.timestamp() + day * 86_400


def moment(day: float) -> datetime:
    """A day of the year as a moment."""
    return NEW_YEAR + timedelta(days=day)


def estate(seed: int, draw: DrawPeople, patients: int = PATIENTS) -> Estate:
    """Make one; the same seed makes the same."""
    chance = np.random.default_rng((seed, 0))
    houses = hospitals(patients, chance)
    hospital = chance.choice(HOSPITALS, patients, p=houses.shares)
    persons = people(draw(patients, 2 * seed), hospital, chance)
    those = visits(persons, houses, chance)
    others = max(5_000, patients // 5)
    return Estate(
        seed=seed,
        persons=persons,
        houses=houses,
        visits=those,
        accesses=accesses(those, houses, patients, chance),
        releases=releases(those, houses, chance),
        strangers=people(
            draw(others, 2 * seed + 1), chance.choice(HOSPITALS, others, p=houses.shares), chance
        ),
        gaps=_gaps(chance),
    )


def _gaps(chance: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """Of three estates one has lost some days of its log."""
    if chance.random() > GAP_SHARE:
        return ()
    begun = float(chance.uniform(0, YEAR_DAYS - GAP_DAYS_MAX))
    return ((begun, begun + float(chance.uniform(1, GAP_DAYS_MAX))),)

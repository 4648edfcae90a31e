"""Ways in which data leaves an invented estate: who takes what, and when."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import numpy as np

from segel.leaks.drill.estate import Estate
from segel.leaks.drill.people import YEAR_DAYS, Floats, Integers
from segel.leaks.drill.posting import newest
from segel.leaks.drill.scenarios import Scenario
from segel.leaks.model import Way

PEOPLE_MIN: Final = 230
"""Whoever sells has more than the sample that is posted."""

LAST_DAY: Final = YEAR_DAYS - 15.0
"""Copied by then, so that it can be posted within the year."""

HARVESTED: Final = (400, 3_000)
"""Patients whom an insider opens beyond their work."""

HOARD_DAYS: Final = (28.0, 140.0)
HARVEST_DAYS: Final = (3.0, 42.0)


@dataclass(frozen=True, slots=True)
class Copy:
    """Who took whom: of each patient the study that is shown, and the day of the copy."""

    way: Way
    who: UUID
    patient: Integers
    visit: Integers
    day: Floats


def copied(place: Estate, scenario: Scenario, chance: np.random.Generator) -> tuple[Estate, Copy]:
    """Take something; the estate comes back with what its log has of it."""
    return _WAYS[scenario](place, chance)


def _insider(place: Estate, chance: np.random.Generator) -> tuple[Estate, Copy]:
    return (_hoard if chance.random() < 0.5 else _harvest)(place, chance)


def _hoard(place: Estate, chance: np.random.Generator) -> tuple[Estate, Copy]:
    """An account keeps a copy of everybody whom it opens in the course of its work."""
    log = place.accesses
    length = chance.uniform(*HOARD_DAYS)
    begun = chance.uniform(0, LAST_DAY - length)
    those = log.opened & (log.day >= begun) & (log.day < begun + length)
    pairs = np.unique(log.account[those] * len(place.persons) + log.patient[those])
    counts = np.bincount(pairs // len(place.persons), minlength=len(place.houses.staff))
    enough = np.flatnonzero(counts >= PEOPLE_MIN)
    account = int(chance.choice(enough) if len(enough) else np.argmax(counts))
    mine = np.flatnonzero(those & (log.account == account))
    mine = mine[np.argsort(log.day[mine], kind="stable")]
    patient, first = np.unique(log.patient[mine], return_index=True)
    return place, _by(place, account, patient, log.day[mine][first])


def _harvest(place: Estate, chance: np.random.Generator) -> tuple[Estate, Copy]:
    """An account opens whom it has nothing to do with: one after another, on a few days."""
    account = int(chance.integers(0, len(place.houses.staff)))
    hospital = place.houses.staff.hospital[account]
    length = chance.uniform(*HARVEST_DAYS)
    begun = chance.uniform(0, LAST_DAY - length)
    there = (place.persons.hospital == hospital) & (place.visits.arrivals < begun)
    listed = np.flatnonzero(there)
    count = min(len(listed), int(chance.integers(*HARVESTED)))
    if chance.random() < 0.5:  # scrolling through the list, from somewhere on
        at = int(chance.integers(0, len(listed) - count + 1))
        patient = listed[at : at + count]
    else:
        patient = np.sort(chance.choice(listed, count, replace=False))
    sittings = np.sort(begun + length * chance.random(int(chance.integers(2, 15))))
    day = chance.choice(sittings, count) + chance.random(count) / 12
    place = replace(place, accesses=place.accesses.with_more(account, patient, day))
    return place, _by(place, account, patient, day)


def _by(place: Estate, account: int, patient: Integers, day: Floats) -> Copy:
    visit = np.array([newest(place, patient[[at]], float(when))[0] for at, when in enumerate(day)])
    return Copy(Way.ACCOUNT, place.houses.staff.who[account], patient, visit, day)


def _export(place: Estate, chance: np.random.Generator) -> tuple[Estate, Copy]:
    """The recipient of an export sells it."""
    those = place.visits
    large = [
        one
        for one in place.releases.exports
        if one.day <= LAST_DAY and len(np.unique(those.patient[one.visits])) >= PEOPLE_MIN
    ]
    export = large[int(chance.integers(0, len(large)))]
    patient, last = np.unique(those.patient[export.visits][::-1], return_index=True)
    visit = export.visits[::-1][last]
    day = np.full(len(patient), export.day)
    return place, Copy(Way.EXPORT, export.who, patient, visit, day)


def _disk(place: Estate, chance: np.random.Generator) -> tuple[Estate, Copy]:
    """The store with its keys, on any day; or what stood about when a hospital had moved in."""
    old = [
        at
        for at, day in enumerate(place.houses.joined_day)
        if len(_there(place, float(day), at)) >= PEOPLE_MIN
    ]
    if old and chance.random() < 0.5:
        hospital = old[int(chance.integers(0, len(old)))]
        day = float(place.houses.joined_day[hospital])
        who, patient = place.releases.old_systems[hospital], _there(place, day, hospital)
    else:
        day = float(chance.uniform(10, LAST_DAY))
        who, patient = place.releases.store, _there(place, day)
    return place, _at_once(place, Way.OUTSIDE_COPY, who, patient, day)


def _backup(place: Estate, chance: np.random.Generator) -> tuple[Estate, Copy]:
    """One of the backups from before the year, or of its first half."""
    days = np.array(place.releases.backup_days)
    sizes = np.searchsorted(np.sort(place.visits.arrivals), days, "right")
    old = np.flatnonzero((days < YEAR_DAYS / 2) & (sizes >= PEOPLE_MIN))
    monthly = old[days[old] < 0]
    at = int(chance.choice(monthly if len(monthly) and chance.random() < 0.7 else old))
    day, who = float(days[at]), place.releases.backups[at]
    return place, _at_once(place, Way.BACKUP, who, _there(place, day), day)


def _any(place: Estate, chance: np.random.Generator) -> tuple[Estate, Copy]:
    return (_insider, _export, _backup)[int(chance.integers(0, 3))](place, chance)


def _there(place: Estate, day: float, hospital: int = -1) -> Integers:
    """Who was registered by a day, in all or in one hospital."""
    there = place.visits.arrivals <= day
    return np.flatnonzero(there if hospital < 0 else there & (place.persons.hospital == hospital))


def _at_once(place: Estate, way: Way, who: UUID, patient: Integers, day: float) -> Copy:
    return Copy(way, who, patient, newest(place, patient, day), np.full(len(patient), day))


_WAYS: Final[dict[Scenario, Callable[[Estate, np.random.Generator], tuple[Estate, Copy]]]] = {
    Scenario.INSIDER: _insider,
    Scenario.EXPORT: _export,
    Scenario.STOLEN_DISK: _disk,
    Scenario.OLD_BACKUP: _backup,
    Scenario.MIXED: _any,
}

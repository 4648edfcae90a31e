"""What left an invented estate lawfully, or lies about: exports, partners, backups, old disks."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from segel.leaks.drill.hospitals import HOSPITALS, Hospitals, uuids
from segel.leaks.drill.people import BEFORE_DAYS, YEAR_DAYS, Integers
from segel.leaks.drill.visits import MODALITIES, Visits

EXPORTS: Final = 90
OLD_BACKUPS: Final = 24
"""Monthly ones from before the year, besides each night of it."""

PARTNERS: Final = 4


@dataclass(frozen=True, slots=True)
class Export:
    """As it stood on ``day``: the studies of these patients."""

    who: UUID
    day: float
    visits: Integers


@dataclass(frozen=True, slots=True)
class Releases:
    """``backup_days``: each holds all that was there. ``partners``: by number, the hospitals whose
    patients each is told of as they come. ``store``: the object store with its keys."""

    exports: tuple[Export, ...]
    backups: tuple[UUID, ...]
    backup_days: tuple[float, ...]
    partners: tuple[UUID, ...]
    partner_hospitals: tuple[Integers, ...]
    store: UUID
    old_systems: tuple[UUID, ...]


def releases(those: Visits, houses: Hospitals, chance: np.random.Generator) -> Releases:
    """A year's."""
    days = [*(-BEFORE_DAYS + 40.0 * np.arange(OLD_BACKUPS)), *(np.arange(YEAR_DAYS) + 0.08)]
    return Releases(
        exports=tuple(_export(those, houses, chance) for _ in range(EXPORTS)),
        backups=uuids(len(days), chance),
        backup_days=tuple(float(day) for day in days),
        partners=uuids(PARTNERS, chance),
        partner_hospitals=tuple(
            chance.choice(HOSPITALS, 6, replace=False) for _ in range(PARTNERS)
        ),
        store=uuids(1, chance)[0],
        old_systems=uuids(HOSPITALS, chance),
    )


def _export(those: Visits, houses: Hospitals, chance: np.random.Generator) -> Export:
    """A hospital's whole year, one modality's, some months, or a cohort for research; they overlap,
    and the same is asked for again a month later."""
    day = float(chance.uniform(30, YEAR_DAYS - 1))
    hospital = int(chance.choice(HOSPITALS, p=houses.shares))
    taken = (those.hospital == hospital) & (those.day < day)
    sort = int(chance.integers(0, 4))
    if sort == 1:
        taken &= those.modality == int(chance.integers(0, len(MODALITIES) - 3))
    elif sort == 2:
        taken &= those.day >= day - float(chance.uniform(40, 200))
    elif sort == 3:
        taken &= (those.patient * 40_503 + int(chance.integers(0, 99))) % 100 < 40
    return Export(uuids(1, chance)[0], day, np.flatnonzero(taken))

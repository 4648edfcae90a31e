"""The hospitals of an invented estate: wards, staff, and the old systems they came from."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from segel.leaks.drill.people import BEFORE_DAYS, Floats, Integers

HOSPITALS: Final = 40

CLINICIAN, RADIOLOGIST, CLERK, EMERGENCY = range(4)
ROLES: Final = ("clinician", "radiologist", "records-officer", "emergency")

PATIENTS_A_WARD: Final = 260
WARD_STAFF: Final = (3, 6)
PATIENTS_A_RADIOLOGIST: Final = 1_200
PATIENTS_A_CLERK: Final = 1_500
EMERGENCY_STAFF: Final = (3, 6)


@dataclass(frozen=True, slots=True)
class Staff:
    """Accounts by number. ``ward``: a number over all hospitals, -1 for who has none. ``keen``:
    how readily they open a record that a colleague has, 0 to 1."""

    who: tuple[UUID, ...]
    hospital: Integers
    role: Integers
    ward: Integers
    keen: Floats

    def __len__(self) -> int:
        return len(self.who)

    def of(self, role: int) -> list[Integers]:
        """By hospital, who has this role."""
        return [
            np.flatnonzero((self.hospital == one) & (self.role == role)) for one in range(HOSPITALS)
        ]


@dataclass(frozen=True, slots=True)
class Hospitals:
    """``shares``: of the patients. ``wards``: for each, the numbers of its wards. ``joined_day``:
    when it moved in from its old system, whose disks then stood about."""

    who: tuple[UUID, ...]
    code: tuple[str, ...]
    shares: Floats
    wards: tuple[Integers, ...]
    joined_day: Floats
    staff: Staff


def hospitals(patients: int, chance: np.random.Generator) -> Hospitals:
    """A few large, many small."""
    weights = 1 / (np.arange(HOSPITALS) + 3.0)
    shares = weights / weights.sum()
    wards, first = [], 0
    for share in shares:
        count = max(2, round(patients * share / PATIENTS_A_WARD))
        wards.append(np.arange(first, first + count))
        first += count
    return Hospitals(
        who=uuids(HOSPITALS, chance),
        code=tuple(f"RS{97_000 + number}" for number in range(HOSPITALS)),
        shares=shares,
        wards=tuple(wards),
        joined_day=-BEFORE_DAYS + (BEFORE_DAYS + 200) * chance.random(HOSPITALS),
        staff=_staff(patients * shares, wards, chance),
    )


def _staff(sizes: Floats, wards: list[Integers], chance: np.random.Generator) -> Staff:
    rows: list[tuple[int, int, int]] = []
    for hospital, size in enumerate(sizes):
        for ward in wards[hospital]:
            rows += [(hospital, CLINICIAN, int(ward))] * int(chance.integers(*WARD_STAFF))
        rows += [(hospital, RADIOLOGIST, -1)] * max(1, round(size / PATIENTS_A_RADIOLOGIST))
        rows += [(hospital, CLERK, -1)] * max(1, round(size / PATIENTS_A_CLERK))
        rows += [(hospital, EMERGENCY, -1)] * int(chance.integers(*EMERGENCY_STAFF))
    where, roles, ward_of = (np.array(column) for column in zip(*rows, strict=True))
    return Staff(
        who=uuids(len(rows), chance),
        hospital=where,
        role=roles,
        ward=ward_of,
        keen=chance.beta(4, 2, len(rows)),
    )


def uuids(count: int, chance: np.random.Generator) -> tuple[UUID, ...]:
    """Ids that follow from the seed."""
    raw = chance.bytes(16 * count)
    return tuple(UUID(bytes=raw[at : at + 16], version=4) for at in range(0, len(raw), 16))

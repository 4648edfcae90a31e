"""The people of an invented estate: who they are, where they live, and what of it changed.

Drawn in columns, so that a hundred thousand take a second. Nobody exists: NIKs have a province code
of 97 to 99. Unlike those of ``segel synth`` their serials are small, as registries give them: what
is made up has to differ from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Texts = list[str]

BEFORE_DAYS: Final = 1_000
"""How long the archive had been collecting when the simulated year began."""

YEAR_DAYS: Final = 365

PHONE_CHANGED: Final = 0.25
ADDRESS_CHANGED: Final = 0.15
"""Of patients, who told the hospital another one since they were registered."""

REGIONS: Final = 2_400
_STREETS: Final = (
    "MELATI KENANGA MAWAR ANGGREK CEMPAKA FLAMBOYAN DAHLIA TERATAI RAYA PASAR STASIUN MASJID"
    " PEMUDA VETERAN PAHLAWAN KARTINI SUDIRMAN DIPONEGORO AHMAD-YANI GAJAH-MADA"
).split()


class Drawn(Protocol):
    """People by number: an index into the names, the sex, the day of birth."""

    @property
    def names(self) -> Sequence[str]: ...
    @property
    def name(self) -> Integers: ...
    @property
    def women(self) -> NDArray[np.bool_]: ...
    @property
    def born(self) -> NDArray[np.datetime64]: ...


@dataclass(frozen=True, slots=True)
class People:
    """Texts and times by patient. Days are counted from the beginning of the year; a version that
    never came is at infinity. ``phones``, ``addresses``: before and after the change."""

    nik: Texts
    name: Texts
    birth_date: Texts
    sex: Texts
    phones: tuple[Texts, Texts]
    addresses: tuple[Texts, Texts]
    phone_day: Floats
    address_day: Floats
    registered_day: Floats
    hospital: Integers

    def __len__(self) -> int:
        return len(self.nik)


def people(drawn: Drawn, hospital: Integers, chance: np.random.Generator) -> People:
    """Give people numbers, places and changes."""
    size = len(drawn.name)
    registered = np.where(
        chance.random(size) < 0.55,
        -BEFORE_DAYS * chance.random(size),
        YEAR_DAYS * chance.random(size),
    )
    names = list(drawn.names)
    days = np.char.replace(np.datetime_as_string(drawn.born, "D"), "-", "").tolist()
    # A hospital's patients come from the regions around it.
    region = (hospital * 53 + chance.integers(0, 30, size)) % REGIONS
    serial = np.minimum(chance.geometric(0.08, size), 250)
    return People(
        nik=numbers(region, days, drawn.women, serial),
        name=[names[at] for at in drawn.name],
        birth_date=days,
        sex=np.where(drawn.women, "F", "M").tolist(),
        phones=(phones(size, chance), phones(size, chance)),
        addresses=(addresses(size, chance), addresses(size, chance)),
        phone_day=_changed(registered, PHONE_CHANGED, chance),
        address_day=_changed(registered, ADDRESS_CHANGED, chance),
        registered_day=registered,
        hospital=hospital,
    )


def numbers(
    region: Integers, days: Sequence[str], women: NDArray[np.bool_], serial: Integers
) -> Texts:
    """NIKs of no province; who would have somebody else's takes the next serial."""
    taken: set[str] = set()
    made = []
    for place, day, woman, number in zip(region, days, women, serial, strict=True):
        head = (
            f"{97 + place % 3}{1 + place // 3 % 40:02}{1 + place // 120 % 20:02}"
            f"{int(day[6:]) + 40 * int(woman):02}{day[4:6]}{day[2:4]}"
        )
        nik = f"{head}{number:04}"
        while nik in taken:
            number += 1
            nik = f"{head}{number:04}"
        taken.add(nik)
        made.append(nik)
    return made


def phones(size: int, chance: np.random.Generator) -> Texts:
    """Mobile numbers with the country's code."""
    return [f"628{number}" for number in chance.integers(10**9, 10**10 - 1, size)]


def addresses(size: int, chance: np.random.Generator) -> Texts:
    """Streets, numbers and neighbourhoods."""
    street = chance.integers(0, len(_STREETS), size)
    house, rt, rw = (chance.integers(1, top, size) for top in (200, 16, 12))
    return [
        f"JL {_STREETS[a]} NO {b} RT {c:02} RW {d:02}"
        for a, b, c, d in zip(street, house, rt, rw, strict=True)
    ]


def _changed(registered: Floats, share: float, chance: np.random.Generator) -> Floats:
    """When it changed: any day since they were registered."""
    day = registered + (YEAR_DAYS - registered) * chance.random(len(registered))
    return np.where(chance.random(len(registered)) < share, day, np.inf)

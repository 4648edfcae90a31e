"""Everybody's records in memory, how common what they say is, and who shares a key.

About 250 bytes a patient with all its orders: 1.5 GB of six million.
"""

from collections.abc import Callable, Iterable
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from segel.domain.person_tokens import Said
from segel.leaks.matching.tokens import RECORD_TYPE, Records, Tokeniser

BLOCK_MAX: Final = 64
"""Patients with one key: what more of them have (9999…, a clinic's own telephone) names nobody."""

Places = NDArray[np.int64]
Keys = NDArray[np.uint64]
Numbers = NDArray[np.int64]

PatientIds = NDArray[np.void]
"""16 bytes each."""

PATIENT_ID: Final = np.dtype("V16")
_MIXED: Final = np.uint64(0x9E3779B97F4A7C15)


class Register:
    """Patients by place. ``patients``: their ids; ``hospitals``: of each a number; ``first``: the
    token of a first day and first month, as ``Tokeniser.first`` says it."""

    def __init__(
        self, records: Records, patients: PatientIds, hospitals: NDArray[np.uint16], first: int
    ) -> None:
        assert len(records) == len(patients) == len(hospitals), "one of each for everybody"
        self.first = first
        self.records = records
        self.patients = patients
        self.hospitals = hospitals
        self._orders: dict[str, Order] = {}
        self._counts: dict[str, Counts] = {}

    @classmethod
    def of(cls, people: Iterable[tuple[bytes, int, Said]], tokeniser: Tokeniser) -> "Register":
        """Of patients with their ids (16 bytes) and the numbers of their hospitals."""
        listed = list(people)
        records = tokeniser.people(said for _, _, said in listed)
        patients = np.frombuffer(b"".join(one for one, _, _ in listed), PATIENT_ID)
        return cls(
            records, patients, np.array([at for _, at, _ in listed], np.uint16), tokeniser.first
        )

    def __len__(self) -> int:
        return len(self.records)

    def order(self, name: str) -> "Order":
        """The patients ordered by a key of ``KEYS``; made when it is first asked for."""
        if name not in self._orders:
            self._orders[name] = Order(KEYS[name](self.records, self.hospitals))
        return self._orders[name]

    def count(self, name: str) -> "Counts":
        """How often each value of a key of ``COUNTED`` is seen."""
        if name not in self._counts:
            self._counts[name] = Counts(COUNTED[name](self.records, self.hospitals))
        return self._counts[name]

    def prepare(self) -> None:
        """Make every order and count now, before processes are made that share them."""
        for name in KEYS:
            self.order(name)
        for name in COUNTED:
            self.count(name)


class Order:
    """Places of patients by a key, without those that have none."""

    def __init__(self, keys: Keys) -> None:
        places = np.flatnonzero(keys).astype(np.uint32)
        held = keys[places]
        sorted_by = np.argsort(held, kind="stable")
        self.keys = held[sorted_by]
        self.places = places[sorted_by]

    def pairs(self, wanted: Keys) -> tuple[Places, Places]:
        """Places in ``wanted`` and of patients that have the same key, ``BLOCK_MAX`` at most of
        each."""
        asking = np.flatnonzero(wanted)
        asking = asking[np.argsort(wanted[asking], kind="stable")]  # neighbours are near in memory
        keys = wanted[asking]
        first = np.searchsorted(self.keys, keys)
        found = np.zeros(len(keys), bool)
        inside = first < len(self.keys)
        found[inside] = self.keys[first[inside]] == keys[inside]
        asking, keys, first = asking[found], keys[found], first[found]
        count = np.searchsorted(self.keys, keys, side="right") - first
        few = count <= BLOCK_MAX
        asking, first, count = asking[few], first[few], count[few]
        ends = np.cumsum(count)
        offsets = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - count, count)
        return (
            np.repeat(asking, count),
            self.places[np.repeat(first, count) + offsets].astype(np.int64),
        )


class Counts:
    """How many patients have a value."""

    def __init__(self, keys: Keys) -> None:
        self._values, self._counts = np.unique(keys[keys != 0], return_counts=True)

    def of(self, keys: Keys) -> Numbers:
        """Of each value; 0 of one that nobody has."""
        if not len(self._values):
            return np.zeros(len(keys), np.int64)
        at = np.minimum(np.searchsorted(self._values, keys), len(self._values) - 1)
        return cast(Numbers, np.where(self._values[at] == keys, self._counts[at], 0))

    def mean_of_bearers(self) -> float:
        """How many patients share the value of a patient, on average."""
        total = self._counts.sum()
        return float((self._counts.astype(float) ** 2).sum() / total) if total else 0.0


def together(*columns: NDArray[np.unsignedinteger]) -> Keys:
    """One key of several values; 0 where one is missing."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    missing = np.zeros(len(columns[0]), bool)
    for column in columns:
        mixed = _stirred(mixed ^ column.astype(np.uint64))
        missing |= column == 0
    mixed[mixed == 0] = 1
    mixed[missing] = 0
    return mixed


def _stirred(keys: Keys) -> Keys:
    """SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014): spreads, and hides nothing."""
    keys = keys + _MIXED
    keys = (keys ^ keys >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ keys >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return cast(Keys, keys ^ keys >> np.uint64(31))


Key = Callable[[Records, NDArray[np.uint16]], Keys]


def birth(records: Records) -> Keys:
    """The whole birth date."""
    return together(records["year"], records["month"], records["day"])


def swapped_birth(records: Records) -> Keys:
    """The same with day and month in each other's place."""
    return together(records["year"], records["day"], records["month"])


def _of(field: str) -> Key:
    return lambda records, _: records[field].astype(np.uint64)


def _both(*fields: str) -> Key:
    return lambda records, _: together(*(records[field] for field in fields))


KEYS: Final[dict[str, Key]] = {
    "nik": _of("nik"),
    "passport": _of("passport"),
    "health": _of("health"),
    "record+hospital": lambda records, hospitals: together(
        records["record"], hospitals + np.uint32(1)
    ),
    "record+birth": lambda records, _: together(records["record"], birth(records)),
    "record+sounds": _both("record", "sounds"),
    "phone_0": _of("phone_0"),
    "phone_1": _of("phone_1"),
    "family": _of("family"),
    "sounds+birth": lambda records, _: together(records["sounds"], birth(records)),
    "day+serial": _both("nik_day", "serial_high", "serial_low"),
    "region+serial": _both("region", "serial_high", "serial_low"),
    "region+day+low": _both("region", "nik_day", "serial_low"),
    "region+day+high": _both("region", "nik_day", "serial_high"),
}
"""By what patients are found."""

COUNTED: Final[dict[str, Key]] = {
    "sounds": _of("sounds"),
    "sounds+year": _both("sounds", "year"),
    "birth": lambda records, _: birth(records),
    "year": _of("year"),
    "record": _of("record"),
    "region": _of("region"),
    "nik_day": _of("nik_day"),
    "region+day": _both("region", "nik_day"),
    "serial_high": _of("serial_high"),
    "serial_low": _of("serial_low"),
    "sex": _of("sex"),
    "hospital": lambda _, hospitals: hospitals.astype(np.uint64) + np.uint64(1),
}
"""Of what it is known how common it is."""

assert RECORD_TYPE.itemsize < 128, "two lines of a processor's cache hold a record"

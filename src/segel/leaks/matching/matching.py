"""Who of the register each row is: first by numbers, then the rest by what else it says.

The numbers come first because they are quick and mostly enough. A row that no number settles is
compared with whoever shares phone, family card, name and birth date, or three of the four parts of
its NIK: what has none of these in common with anybody is nobody's, however it is spelt.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.domain.leak_rows import AGREEING, CONTRADICTING
from segel.leaks.matching.register import (
    KEYS,
    Places,
    Register,
    birth,
    swapped_birth,
    together,
)
from segel.leaks.matching.scoring import MARGIN_BITS, Bits, Flags, Scores, score, threshold
from segel.leaks.matching.tokens import Records

ROWS_AT_ONCE: Final = 250_000
"""A batch of so many takes some 200 MB beside the register."""

PAIRS_AT_ONCE: Final = 500_000

EXACT: Final = (
    "nik", "passport", "health", "record+hospital", "record+birth", "record+sounds",
)  # fmt: skip
NEAR: Final = (
    "phone_0", "phone_1", "family", "sounds+birth",
    "day+serial", "region+serial", "region+day+low", "region+day+high",
)  # fmt: skip

NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class Matches:
    """What became of rows, in columns by their places.

    ``patient``: the place in the register, or ``NOBODY``. ``level``: a place in ``LEVELS``.
    ``by_number``: whose own number the row has, whatever speaks against it, or ``NOBODY``.
    ``alike``: who has the row's name and birth date, or ``NOBODY``: that names nobody by itself,
    and is counted. ``agreeing``, ``contradicting``: bits by ``AGREEING``, ``CONTRADICTING``.
    ``ambiguous``: two people could be meant.
    """

    patient: Places
    level: NDArray[np.uint8]
    bits: Bits
    agreeing: NDArray[np.uint16]
    contradicting: NDArray[np.uint8]
    by_number: Places
    alike: Places
    ambiguous: Flags

    def __len__(self) -> int:
        return len(self.patient)


def match(rows: Records, hospitals: NDArray[np.int32], register: Register) -> Matches:
    """Compare rows with the register.

    ``hospitals``: the number of the hospital that each names, -1 where it names none of ours.
    """
    parts = [
        _match(rows[at : at + ROWS_AT_ONCE], hospitals[at : at + ROWS_AT_ONCE], register)
        for at in range(0, max(1, len(rows)), ROWS_AT_ONCE)
    ]
    return Matches(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Matches.__slots__)
    )


def exact_pairs(
    rows: Records, hospitals: NDArray[np.int32], register: Register
) -> tuple[Places, Places]:
    """Rows and patients with a number in common: the first part of matching, by itself."""
    everybody = np.arange(len(rows))
    return _pairs(EXACT, rows, hospitals, everybody, register)


def _match(rows: Records, hospitals: NDArray[np.int32], register: Register) -> Matches:
    best = _Best(len(rows), threshold(register))
    asked, found = exact_pairs(rows, hospitals, register)
    best.take(rows, hospitals, register, asked, found)
    rest = np.flatnonzero(~best.settled())
    asked, found = _pairs(NEAR, rows, hospitals, rest, register)
    best.take(rows, hospitals, register, asked, found)
    return best.matches()


def _pairs(
    names: Sequence[str],
    rows: Records,
    hospitals: NDArray[np.int32],
    these: Places,
    register: Register,
) -> tuple[Places, Places]:
    """Places of rows and patients that share one of these keys, each pair once."""
    chosen, where = rows[these], hospitals[these]
    joined: list[NDArray[np.uint64]] = []
    for name in names:
        for keys in _asked(name, chosen, where):
            asking, patients = register.order(name).pairs(keys)
            joined.append(
                these[asking].astype(np.uint64) << np.uint64(32) | patients.view(np.uint64)
            )
    pairs = np.unique(np.concatenate(joined))
    return (
        (pairs >> np.uint64(32)).astype(np.int64),
        (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64),
    )


def _asked(name: str, rows: Records, hospitals: NDArray[np.int32]) -> Iterator[NDArray[np.uint64]]:
    """The keys by which rows look for patients in one order."""
    if name in ("phone_0", "phone_1"):
        yield from (rows[field] for field in ("phone_0", "phone_1") if rows[field].any())
        return
    if name == "record+hospital":
        known = np.where(hospitals >= 0, hospitals, 0).astype(np.uint16)
        keys = KEYS[name](rows, known)
        keys[hospitals < 0] = 0
        yield keys
        return
    yield KEYS[name](rows, np.zeros(len(rows), np.uint16))
    if name == "sounds+birth":
        swapped = swapped_birth(rows)
        swapped[swapped == birth(rows)] = 0
        yield together(rows["sounds"], swapped)


class _Best:
    """The best patient of each row so far, and the best who is somebody else."""

    def __init__(self, count: int, threshold_bits: float) -> None:
        self._threshold = threshold_bits
        self._patient = np.full(count, NOBODY)
        self._bits = np.zeros(count, np.float32)
        self._next = np.zeros(count, np.float32)
        self._level = np.zeros(count, np.uint8)
        self._agreeing = np.zeros(count, np.uint16)
        self._contradicting = np.zeros(count, np.uint8)
        self._by_number = np.full(count, NOBODY)
        self._alike = np.full(count, NOBODY)

    def settled(self) -> Flags:
        """Which rows need not be looked at further."""
        return (self._bits >= self._threshold) & (self._next < self._threshold)

    def take(
        self,
        rows: Records,
        hospitals: NDArray[np.int32],
        register: Register,
        asked: Places,
        found: Places,
    ) -> None:
        """Look at pairs; those of one row are neighbours."""
        starts = np.flatnonzero(np.diff(asked, prepend=-1)) if len(asked) else np.zeros(0, int)
        at = 0
        while at < len(asked):
            # Cut where a row begins.
            last = np.searchsorted(starts, at + PAIRS_AT_ONCE)
            end = int(starts[last]) if last < len(starts) else len(asked)
            self._look(rows, hospitals, register, asked[at:end], found[at:end])
            at = end

    def _look(
        self,
        rows: Records,
        hospitals: NDArray[np.int32],
        register: Register,
        asked: Places,
        found: Places,
    ) -> None:
        scores = score(rows, hospitals, register, asked, found)
        by_number = scores.nik | scores.passport | scores.health
        self._by_number[asked[by_number]] = found[by_number]
        alike = scores.name_same & scores.birth_same
        self._alike[asked[alike]] = found[alike]
        # Of equal ones the first in the register, so that the answer is the same every time.
        ranked = np.lexsort((-found, scores.bits, asked))
        heads = np.append(asked[ranked][1:] != asked[ranked][:-1], True)
        best = ranked[heads]
        row = asked[best]
        better = scores.bits[best] > self._bits[row]
        best, row = best[better], row[better]
        before, before_bits = self._patient[row], self._bits[row]
        self._patient[row] = found[best]
        self._bits[row] = scores.bits[best]
        chosen = scores.of(best)
        self._level[row] = _level(chosen)
        self._agreeing[row] = _agreeing(chosen)
        self._contradicting[row] = _contradicting(chosen)
        # Who is next, and somebody else: not the same person, registered in two hospitals.
        other = found != self._patient[asked]
        other &= ~_same_person(register, found, np.maximum(self._patient[asked], 0))
        np.maximum.at(self._next, asked[other], scores.bits[other])
        was = (before != NOBODY) & (before != self._patient[row])
        was &= ~_same_person(register, np.maximum(before, 0), self._patient[row])
        np.maximum.at(self._next, row[was], before_bits[was])

    def matches(self) -> Matches:
        """What became of the rows."""
        enough = (self._patient != NOBODY) & (self._bits >= self._threshold)
        ambiguous = enough & (self._next > self._bits - MARGIN_BITS)
        linked = enough & ~ambiguous
        return Matches(
            np.where(linked, self._patient, NOBODY),
            np.where(linked, self._level, 0).astype(np.uint8),
            self._bits,
            np.where(linked, self._agreeing, 0).astype(np.uint16),
            np.where(linked, self._contradicting, 0).astype(np.uint8),
            self._by_number,
            self._alike,
            ambiguous,
        )


def _same_person(register: Register, one: Places, other: Places) -> Flags:
    """Whether two registrations are of one person, as far as a number of theirs says it."""
    mine, theirs = register.records[one], register.records[other]
    same = np.zeros(len(one), bool)
    for field in ("nik", "passport", "health"):
        same |= (mine[field] != 0) & (mine[field] == theirs[field])
    return same


def _level(s: Scores) -> NDArray[np.uint8]:
    """Places in ``LEVELS``."""
    against = s.name_differs | s.birth_differs | s.sex_differs
    identified = s.own_number & ~against
    slipped = s.name_slip | s.name_partly | s.birth_slip | s.nik_slip
    return np.where(identified, 3, np.where(slipped | against, 1, 2)).astype(np.uint8)


def _agreeing(s: Scores) -> NDArray[np.uint16]:
    flags = {
        "name": s.name_same | s.name_slip | s.name_partly,
        "birth": s.birth_same | s.birth_slip,
        "sex": s.sex_same,
        "hospital": s.hospital_same,
    }
    made = np.zeros(len(s.bits), np.uint16)
    for place, (name, _) in enumerate(AGREEING):
        agrees = flags[name] if name in flags else getattr(s, name)
        made |= agrees.astype(np.uint16) << np.uint16(place)
    return made


def _contradicting(s: Scores) -> NDArray[np.uint8]:
    made = np.zeros(len(s.bits), np.uint8)
    for place, (name, _) in enumerate(CONTRADICTING):
        made |= getattr(s, name).astype(np.uint8) << np.uint8(place)
    return made

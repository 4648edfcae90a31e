"""The matcher's work without its pipe: records in, rows in, who they are out. Pure.

Used by the broker's process that holds an opened register, and by the drills without one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from segel.leaks.matching.chance import Chance, expected
from segel.leaks.matching.matching import NOBODY, Matches, match
from segel.leaks.matching.register import PATIENT_ID, Register
from segel.leaks.matching.tokens import RECORD_TYPE, Tokeniser
from segel.leaks.model import PersonRow
from segel.sealing.short_tokens import ShortTokens

CHANCE_ROWS_MAX: Final = 20_000
"""Rows of random people that are made of a batch; what they show is scaled."""

_TELLING: Final = (
    "nik", "medical_record", "passport", "health_number", "family_card", "name", "birth_date",
    "phone",
)  # fmt: skip
"""Fields that say who somebody is. Sex and hospital say it of thousands."""

_WORDS: Final = re.compile(r"[^\w]+")
_SEED: Final = 63


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of rows. ``asked``: which of them have more than one telling field, or were to be
    compared all the same; ``chance``: where it was asked for."""

    matches: Matches
    patients: NDArray[np.void]
    asked: NDArray[np.bool_]
    chance: Chance | None


class Answering:
    """A register in the making, then at work. ``hospitals``: their numbers by code or name."""

    def __init__(self, token_key: bytes, hospitals: Iterable[tuple[int, str, str]]) -> None:
        self._tokeniser = Tokeniser(ShortTokens(token_key))
        self._hospitals: Mapping[str, int] = {
            _spelled(said): number
            for number, code, name in hospitals
            for said in (code, name)
            if said
        }
        self._records: list[bytes] = []
        self._patients: list[bytes] = []
        self._where: list[NDArray[np.uint16]] = []
        self._register: Register | None = None

    def take(self, hospital: int, patients: bytes, records: bytes) -> None:
        """Records of a hospital's patients: 16 bytes, and ``RECORD_TYPE.itemsize``, of each."""
        count = len(patients) // PATIENT_ID.itemsize
        assert len(records) == count * RECORD_TYPE.itemsize, "one record for each"
        self._patients.append(patients)
        self._records.append(records)
        self._where.append(np.full(count, hospital, np.uint16))

    def ready(self) -> int:
        """Put what was taken in order; how many patients there are. Who came twice stays once, as
        they came first."""
        patients = np.frombuffer(b"".join(self._patients), PATIENT_ID)
        records = np.frombuffer(b"".join(self._records), RECORD_TYPE)
        where = np.concatenate([*self._where, np.zeros(0, np.uint16)])
        self._patients, self._records, self._where = [], [], []
        _, first = np.unique(patients.view("S16"), return_index=True)
        if len(first) != len(patients):
            first.sort()
            patients, records, where = patients[first], records[first], where[first]
        self._register = Register(records, patients, where, self._tokeniser.first)
        self._register.prepare()
        return len(self._register)

    def answer(self, packed: bytes, *, few: bool, chance: bool) -> Answer:
        """Compare a msgpack array of ``PersonRow``."""
        assert self._register is not None, "ready() first"
        rows = msgspec.msgpack.decode(packed, type=list[PersonRow])
        asked = np.array([few or telling(row) > 1 for row in rows], bool)
        compared = [row if one else _BLANK for row, one in zip(rows, asked, strict=True)]
        records = self._tokeniser.rows(compared)
        found = match(records, self._numbers(compared), self._register)
        patients = np.zeros(len(rows), PATIENT_ID)
        linked = found.patient != NOBODY
        patients[linked] = self._register.patients[found.patient[linked]]
        by_chance = None
        if chance and len(rows):
            some = slice(0, CHANCE_ROWS_MAX)
            part = Matches(*(getattr(found, name)[some] for name in Matches.__slots__))
            made = expected(records[some], part, self._register, _SEED)
            scale = len(rows) / len(part)
            by_chance = Chance(made.alike * scale, made.niks * scale, made.linked * scale)
        return Answer(found, patients, asked, by_chance)

    def _numbers(self, rows: Sequence[PersonRow]) -> NDArray[np.int32]:
        known = self._hospitals
        return np.array([known.get(_spelled(row.hospital), -1) for row in rows], np.int32)


_BLANK: Final = PersonRow(0, 0)


def telling(row: PersonRow) -> int:
    """How many fields of a row say who it is."""
    return sum(bool(getattr(row, name)) for name in _TELLING)


def _spelled(said: str) -> str:
    return _WORDS.sub(" ", said).strip().casefold()

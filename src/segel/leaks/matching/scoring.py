"""The evidence, in bits, that a row and a patient are one person.

Fellegi and Sunter's model as in ``segel.domain.person_matching``, with one difference: how often
two people agree by chance is counted for each value in the register itself, not one figure a field.
SITI and the first of January weigh little, a rare name much.

Five things do not add up as if they were independent, and are ruled out:

- a NIK says the birth date: where it agrees, so does the date, which then adds nothing;
- name and birth date name nobody: of a million people thousands share both;
- twins and families share phone, family card, birth date and nearly a name: what is shared links
  only who has the same name, letter by letter of its sounds;
- twins' NIKs differ in the serial number only: a wrong serial is a slip only of the same name;
- a family's NIKs share the region, and one in ten thousand the serial, too: a wrong day in a NIK is
  a slip only where the birth date does not speak against it.

Whoever does not know their birthday has the first of January: beside another date of that year it
says the year and nothing against the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from segel.leaks.matching.register import Numbers, Places, Register, birth, together
from segel.leaks.matching.tokens import Records

Bits = NDArray[np.float32]
Flags = NDArray[np.bool_]

ODDS_BITS: Final = 14.0
"""A link is wrong, by the model, less often than once in 2¹⁴ rows that were near enough to be
compared; what the model leaves out is measured (docs/bench.md)."""

MARGIN_BITS: Final = 5.0
"""Between who is linked and the next who could be meant: nearer ones are nobody."""

OWN_NUMBER_BITS: Final = 16.0
"""A number of somebody's own, above the register's size: seen with another person once in 65,000
rows (a card lent, a digit that makes it another's)."""

SHARED_BITS: Final = 2.0
"""A telephone or family card: as rare, and of a household. Its others are told apart by name."""

RECORD_BITS: Final = -2.0
"""A hospital's own number, beside how few patients have it: other bodies count from one, too."""

NAME_BITS_MAX: Final = 18.0
SLIP_SIMILARITY: Final = 0.68
"""Of the filters of two names (Dice), from which one is a slip of the other: one wrong letter of
six leaves 0.71, one of twelve 0.86; of random names one in thousands is as near."""

NAME_SLIP_BITS: Final = 5.0
NAME_PARTLY_BITS: Final = 2.0
NAME_DIFFERENT_BITS: Final = -8.0
BIRTH_SWAPPED_LOSS: Final = 5.0
BIRTH_NEARLY_BITS: Final = 3.0
BIRTH_YEAR_LOSS: Final = 1.0
"""Of the year's own bits, where one of the dates is the first of January."""

BIRTH_DIFFERENT_BITS: Final = -7.0
SEX_BITS: Final = 0.9
SEX_DIFFERENT_BITS: Final = -5.0
NIK_SLIP_LOSS: Final = 5.0
NIK_DIFFERENT_BITS: Final = -9.0
NUMBER_DIFFERENT_BITS: Final = -3.0
PHONE_DIFFERENT_BITS: Final = -0.7
HOSPITAL_DIFFERENT_BITS: Final = -1.0


@dataclass(frozen=True, slots=True)
class Scores:
    """Of each pair: its bits, and what agreed. ``bits`` of what is ruled out are below zero."""

    bits: Bits
    nik: Flags
    nik_slip: Flags
    record: Flags
    passport: Flags
    health: Flags
    phone: Flags
    family: Flags
    name_same: Flags
    name_slip: Flags
    name_partly: Flags
    name_differs: Flags
    birth_same: Flags
    birth_slip: Flags
    birth_differs: Flags
    sex_same: Flags
    sex_differs: Flags
    hospital_same: Flags
    number_differs: Flags

    @property
    def own_number(self) -> Flags:
        """A number agrees that only one person has."""
        return self.nik | self.passport | self.health | self.record

    def of(self, places: Places | Flags) -> "Scores":
        """The scores of some pairs."""
        return Scores(*(getattr(self, name)[places] for name in Scores.__slots__))


def threshold(register: Register) -> float:
    """The bits from which a row is a patient's."""
    return float(np.log2(max(2, len(register)))) + ODDS_BITS


def score(
    rows: Records, hospitals: NDArray[np.int32], register: Register, asked: Places, found: Places
) -> Scores:
    """Compare ``rows[asked]`` with ``register.records[found]``, pair by pair.

    ``hospitals``: the number of each row's hospital, -1 where it names none that is known.
    """
    q, r = rows[asked], register.records[found]
    size = float(np.log2(max(2, len(register))))
    bits = np.zeros(len(asked), np.float32)

    def both(field: str) -> Flags:
        return cast(Flags, (q[field] != 0) & (r[field] != 0))

    def same(field: str) -> Flags:
        return cast(Flags, (q[field] != 0) & (q[field] == r[field]))

    def rarity(counted: str, keys: NDArray[np.unsignedinteger]) -> Bits:
        """Bits of agreeing in a value that so many patients have."""
        seen = register.count(counted).of(keys.astype(np.uint64))
        return cast(Bits, (size - np.log2(1.0 + seen)).astype(np.float32))

    name_same, name_slip, name_partly, name_differs = _names(q, r)
    bits += np.where(name_same, np.minimum(rarity("sounds", q["sounds"]), NAME_BITS_MAX), 0)
    bits += name_slip * NAME_SLIP_BITS + name_partly * NAME_PARTLY_BITS
    bits += name_differs * NAME_DIFFERENT_BITS

    nik = same("nik")
    born, known = both("year"), birth(q)
    birth_same = born & (known == birth(r))
    swapped = same("year") & (q["month"] == r["day"]) & (q["day"] == r["month"]) & ~birth_same
    agreeing = same("year").astype(np.int8) + same("month") + same("day")
    unstated = _unstated(q, register) | _unstated(r, register)
    year_alone = same("year") & unstated & ~birth_same
    nearly = born & ~birth_same & ~swapped & ~year_alone & (agreeing == 2)
    birth_differs = born & ~birth_same & ~swapped & ~year_alone & ~nearly
    date_bits = rarity("birth", known)
    bits += np.where(birth_same & ~nik, date_bits, 0)
    bits += np.where(swapped & ~nik, date_bits - BIRTH_SWAPPED_LOSS, 0)
    bits += np.where(nearly & ~nik, BIRTH_NEARLY_BITS, 0)
    bits += np.where(year_alone & ~nik, rarity("year", q["year"]) - BIRTH_YEAR_LOSS, 0)
    bits += birth_differs * BIRTH_DIFFERENT_BITS

    sex_same = same("sex")
    sex_differs = both("sex") & ~sex_same
    bits += sex_same * SEX_BITS + sex_differs * SEX_DIFFERENT_BITS

    bits += nik * (size + OWN_NUMBER_BITS)
    nik_slip, slip_bits = _nik_slips(q, r, name_same, birth_same, birth_differs, rarity)
    bits += np.where(nik_slip & ~nik, slip_bits - NIK_SLIP_LOSS, 0)
    nik_differs = both("nik") & ~nik & ~nik_slip
    bits += nik_differs * NIK_DIFFERENT_BITS

    number_differs = nik_differs
    for field in ("passport", "health"):
        differs = both(field) & ~same(field)
        bits += same(field) * (size + OWN_NUMBER_BITS) + differs * NUMBER_DIFFERENT_BITS
        number_differs = number_differs | differs

    here = hospitals[asked]
    theirs = register.hospitals[found].astype(np.int32)
    hospital_same = (here >= 0) & (here == theirs)
    hospital_differs = (here >= 0) & (here != theirs)
    record = same("record") & ~hospital_differs
    # Every hospital counts from one: of itself such a number says only which of those who have it.
    bits += np.where(record, rarity("record", q["record"]) + RECORD_BITS, 0)
    place = register.hospitals[found].astype(np.uint64) + np.uint64(1)
    bits += np.where(hospital_same, rarity("hospital", place), 0)
    bits += hospital_differs * HOSPITAL_DIFFERENT_BITS

    phone = np.zeros(len(asked), bool)
    phones = np.zeros(len(asked), bool)
    for mine in ("phone_0", "phone_1"):
        for other in ("phone_0", "phone_1"):
            phone |= (q[mine] != 0) & (q[mine] == r[other])
            phones |= (q[mine] != 0) & (r[other] != 0)
    bits += np.where(phone, size + SHARED_BITS, 0) + (phones & ~phone) * PHONE_DIFFERENT_BITS
    family = same("family")
    bits += np.where(family & ~phone, size + SHARED_BITS, 0)

    scores = Scores(
        bits, nik, nik_slip & ~nik, record, same("passport"), same("health"), phone, family,
        name_same, name_slip, name_partly, name_differs, birth_same,
        swapped | nearly | year_alone, birth_differs, sex_same, sex_differs, hospital_same,
        number_differs,
    )  # fmt: skip
    bits[_ruled_out(scores)] = -1.0
    return scores


def _ruled_out(s: Scores) -> Flags:
    """Who could be a twin, a relative or a namesake, whatever the sum says."""
    no_number = ~s.own_number & ~(s.nik_slip & (s.name_same | s.name_slip))
    shared_only = no_number & ~(s.name_same & (s.phone | s.family))
    # A record number is many people's, one in each hospital: it takes the person besides.
    record_only = s.record & ~s.nik & ~s.passport & ~s.health & ~s.nik_slip
    named = (s.birth_same | s.birth_slip) & (s.name_same | s.name_slip | s.name_partly)
    named |= s.name_same & (s.phone | s.family)
    bare = record_only & ~s.hospital_same & ~named
    return shared_only | bare | (s.nik_slip & s.name_differs)


def _unstated(records: Records, register: Register) -> Flags:
    """Who has the first of January for a birthday."""
    first = register.first
    return cast(Flags, (records["month"] == first) & (records["day"] == first))


def _names(q: Records, r: Records) -> tuple[Flags, Flags, Flags, Flags]:
    """Of each pair: the same by its sounds, a slip, partly the same, another name."""
    said = (q["sounds"] != 0) & (r["sounds"] != 0)
    same = said & (q["sounds"] == r["sounds"])
    shared = np.zeros(len(q), np.int8)
    for mine in range(4):
        word = q[f"word_{mine}"]
        with_any = np.zeros(len(q), bool)
        for other in range(4):
            with_any |= word == r[f"word_{other}"]
        shared += (word != 0) & with_any
    fewer = np.minimum(_words(q), _words(r))
    near = similarity(q, r) >= SLIP_SIMILARITY
    slip = said & ~same & (near | ((shared == fewer) & (fewer > 1)))
    partly = said & ~same & ~slip & (shared > 0)
    return same, slip, partly, said & ~same & ~slip & ~partly


def similarity(q: Records, r: Records) -> NDArray[np.float32]:
    """Dice's coefficient of two names' filters, 0 to 1."""
    common = np.zeros(len(q), np.float32)
    total = np.zeros(len(q), np.float32)
    for half in ("letters_0", "letters_1"):
        common += np.bitwise_count(q[half] & r[half])
        total += np.bitwise_count(q[half])
        total += np.bitwise_count(r[half])
    return cast(NDArray[np.float32], 2 * common / np.maximum(total, 1))


def _words(records: Records) -> NDArray[np.int8]:
    counted = np.zeros(len(records), np.int8)
    for number in range(4):
        counted += records[f"word_{number}"] != 0
    return counted


def _nik_slips(
    q: Records,
    r: Records,
    name_same: Flags,
    birth_same: Flags,
    birth_differs: Flags,
    rarity: Callable[[str, NDArray[np.unsignedinteger]], Bits],
) -> tuple[Flags, Bits]:
    """Where one of a NIK's four parts is another, and what the other three say."""
    parts = ("region", "nik_day", "serial_high", "serial_low")
    equal = {part: (q[part] != 0) & (q[part] == r[part]) for part in parts}
    slip = sum(flags.astype(np.int8) for flags in equal.values()) == 3
    serial_differs = ~equal["serial_high"] | ~equal["serial_low"]
    slip &= ~serial_differs | name_same
    slip &= equal["nik_day"] | ~birth_differs
    weighs = np.zeros(len(q), np.float32)
    for part in ("region", "serial_high", "serial_low"):
        weighs += np.where(equal[part], rarity(part, q[part]), 0)
    weighs += np.where(equal["nik_day"] & ~birth_same, rarity("nik_day", q["nik_day"]), 0)
    return cast(Flags, slip), weighs


def counted_together(register: Register, rows: Records) -> Numbers:
    """How many patients have each row's name and year of birth."""
    return register.count("sounds+year").of(together(rows["sounds"], rows["year"]))

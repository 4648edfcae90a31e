"""A dump with its truth: patients' rows with errors, and rows of people who are nobody's patient.

In shards, each from its own seed, so that millions of rows need no memory. Nobody exists; NIKs have
a province code of 97 to 99.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from bench.registrations import (
    ERRORS,
    _day_and_month,
    _digit_of_birth,
    _digit_of_nik,
    _letter,
    _order,
    _sex,
    _spelling,
    _title,
    _unknown_birth,
    _word_left_out,
)
from segel.app.synth.population import population
from segel.domain.names import sound
from segel.domain.person_matching import Traits
from segel.domain.person_tokens import Said
from segel.leaks.model import PersonRow

SHARD: Final = 100_000
HOSPITALS: Final = 40
RECORDS: Final = 250_000
"""Every hospital, and every other body, counts from one: six million patients have each number
24 times."""

STRANGERS_FROM: Final = 20_054_321
"""Numbers of people from here on are nobody's patient."""

NIK_SHARE: Final = 0.85
PHONE_SHARE: Final = 0.70
FAMILY_SHARE: Final = 0.30

COLUMNS: Final = {"nik": 0.8, "phone": 0.8, "record": 0.5, "birth_date": 0.97, "hospital": 0.5}
"""How many rows have what their patient has."""

CLEAN_SHARE: Final = 0.4
TWINS: Final = 0.02
NAMESAKES: Final = 0.02
RELATIVES: Final = 0.02
"""Of the strangers' rows: a patient's twin, somebody of a patient's name and birth date, somebody
of a patient's household."""

MADE: Final = (
    _letter, _spelling, _order, _word_left_out, _title, _day_and_month, _digit_of_birth,
    _unknown_birth, _digit_of_nik, _sex,
)  # fmt: skip
"""Of ``ERRORS`` those that a copy of our records may have: no number that changed since."""


@dataclass(frozen=True, slots=True)
class Truth:
    """``patient``: their number, -1 where the row is nobody's; ``sort``: patient, or which
    stranger; ``errors``: how many were made; ``enough``: a NIK, or three other fields."""

    patient: int
    sort: str
    errors: int
    enough: bool


@dataclass(frozen=True, slots=True)
class Person:
    """``number``: of a patient, or of a stranger; ``hospital``: its number."""

    number: int
    hospital: int
    said: Said


def people(first: int, count: int, seed: int) -> Iterator[Person]:
    """Somebody for each number from ``first``, as registered."""
    chance = Random(f"{seed}/{first}")
    drawn = population(count, (seed, first), hospitals=[1 / HOSPITALS] * HOSPITALS, first=first)
    home = ("", "")
    for at in range(count):
        one = drawn.person(at)
        if chance.random() > 0.3:  # the others live with the one before
            home = f"628{chance.randrange(10**9, 10**10)}", f"97{chance.randrange(10**14):014}"
        yield Person(
            first + at,
            int(drawn.hospital[at]),
            Said(
                nik=one.nik if chance.random() < NIK_SHARE else "",
                record=f"{(first + at) * 7_919 % RECORDS:08}",
                name=one.name,
                birth_date=one.birth_date,
                sex=one.sex,
                phone_0=home[0] if chance.random() < PHONE_SHARE else "",
                family=home[1] if chance.random() < FAMILY_SHARE else "",
            ),
        )


def dump(first: int, patients: list[Person], rows: int, seed: int) -> list[tuple[PersonRow, Truth]]:
    """``rows`` of a dump, half of them of some of ``patients``."""
    chance = Random(f"dump {seed}/{first}")
    ours = chance.sample(patients, min(len(patients), rows // 2))
    made = [_ours(one, chance) for one in ours]
    strangers = people(STRANGERS_FROM + first, rows - len(made), seed)
    made += [_stranger(one, chance.choice(patients), chance) for one in strangers]
    chance.shuffle(made)
    return [(replace_place(row, at), truth) for at, (row, truth) in enumerate(made)]


def replace_place(row: PersonRow, at: int) -> PersonRow:
    return PersonRow(
        0, at, nik=row.nik, medical_record=row.medical_record, family_card=row.family_card,
        name=row.name, birth_date=row.birth_date, sex=row.sex, phone=row.phone,
        hospital=row.hospital,
    )  # fmt: skip


def _ours(one: Person, chance: Random) -> tuple[PersonRow, Truth]:
    traits = _traits(one.said)
    errors = 0
    if chance.random() > CLEAN_SHARE:
        for error in MADE:
            if chance.random() < ERRORS[error]:
                wrong = error(traits, chance)
                errors += wrong != traits
                traits = wrong
    row = _row(one, traits, chance)
    return row, Truth(one.number, "patient", errors, _enough(row))


def _stranger(one: Person, patient: Person, chance: Random) -> tuple[PersonRow, Truth]:
    said, theirs, drawn = one.said, patient.said, chance.random()
    sort = "stranger"
    if drawn < TWINS:
        sort = "twin"
        words = theirs.name.split()
        alike = words[-1][:-1] + chance.choice("AIOU")
        if sound(alike) == sound(words[-1]):
            alike += "NDRO"  # nobody gives two children names that sound the same
        nik = theirs.nik and f"{theirs.nik[:12]}{int(theirs.nik[12:]) % 9998 + 1:04}"
        said = replace(theirs, name=" ".join([*words[:-1], alike]), nik=nik, record=said.record)
        one = Person(one.number, patient.hospital, said)
    elif drawn < TWINS + NAMESAKES:
        sort = "namesake"
        nik = said.nik and f"{said.nik[:6]}{_nik_day(theirs)}{said.nik[12:]}"
        said = replace(
            said, name=theirs.name, birth_date=theirs.birth_date, sex=theirs.sex, nik=nik
        )
    elif drawn < TWINS + NAMESAKES + RELATIVES:
        sort = "relative"
        said = replace(said, phone_0=theirs.phone_0, family=theirs.family)
    row = _row(Person(one.number, one.hospital, said), _traits(said), chance)
    return row, Truth(-1, sort, 0, _enough(row))


def _nik_day(said: Said) -> str:
    born = said.birth_date
    return f"{int(born[6:]) + 40 * (said.sex == 'F'):02}{born[4:6]}{born[2:4]}"


def _traits(said: Said) -> Traits:
    numbers = {"nik": said.nik} if said.nik else {}
    return Traits(said.name, said.birth_date, said.sex, numbers, phone=said.phone_0)


def _row(one: Person, traits: Traits, chance: Random) -> PersonRow:
    has = {name: chance.random() < share for name, share in COLUMNS.items()}
    return PersonRow(
        0,
        0,
        nik=traits.numbers.get("nik", "") if has["nik"] else "",
        medical_record=one.said.record if has["record"] else "",
        family_card=one.said.family,
        name=traits.name,
        birth_date=traits.birth_date if has["birth_date"] else "",
        sex=traits.sex,
        phone=traits.phone if has["phone"] else "",
        hospital=str(one.hospital) if has["hospital"] else "",
    )


def _enough(row: PersonRow) -> bool:
    others = (row.name, row.birth_date, row.phone, row.medical_record)
    return bool(row.nik) or sum(map(bool, others)) >= 3

"""Registrations of people as desks write them: twice, with the errors that desks make.

Nobody exists; NIKs have a province code of 97 to 99 (``segel.app.synth.population``). Each error
and how often it is made stands in ``ERRORS``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from segel.app.synth.population import population
from segel.domain.person_matching import Traits

AGAIN_SHARE: Final = 0.30
"""Of the people, registered a second time, as if new."""

TWIN_SHARE: Final = 0.01
NAMESAKE_SHARE: Final = 0.004
"""Of the people: another with the same name and day of birth, on top of what chance brings."""

NIK_SHARE: Final = 0.80
PHONE_SHARE: Final = 0.65
MRN_SHARE: Final = 0.10
"""Of second registrations: with the number of the patient's card from the first."""

CHILDREN_FROM: Final = "20150101"
"""Born later: with the mother's number, phone and address, and she is a patient, too."""

AREAS: Final = 400
_PAIRS: Final = (("U", "OE"), ("J", "DJ"), ("C", "TJ"), ("Y", "J"), ("F", "V"), ("I", "IE"))


@dataclass(frozen=True, slots=True)
class Registration:
    """``person``: who it really is."""

    person: int
    traits: Traits


def registrations(people: int, seed: int) -> tuple[list[Registration], list[Registration]]:
    """The first registration of each person, and the second ones of some."""
    chance = Random(seed)
    first = [Registration(number, one) for number, one in enumerate(_people(people, seed, chance))]
    again = [
        Registration(one.person, written_again(one.traits, chance))
        for one in first
        if chance.random() < AGAIN_SHARE
    ]
    return first, again


def _people(count: int, seed: int, chance: Random) -> list[Traits]:
    drawn: list[Traits] = []
    mothers: list[Traits] = []
    for one in population(count, seed).people():
        if len(drawn) >= count:
            break
        mother = chance.choice(mothers) if mothers and one.birth_date >= CHILDREN_FROM else None
        person = Traits(
            name=one.name,
            birth_date=one.birth_date,
            sex=one.sex,
            numbers={"nik": one.nik, "mrn": one.patient_id},
            mother=mother.numbers["nik"] if mother else "",
            phone=mother.phone if mother else f"08{chance.randrange(10**9, 10**10)}",
            area=mother.area if mother else f"97{chance.randrange(AREAS):04}",
        )
        if one.sex == "F" and "19800101" <= one.birth_date <= "20000101":
            mothers.append(person)
        drawn.append(person)
        if chance.random() < TWIN_SHARE:
            drawn.append(_twin(person, chance))
        if chance.random() < NAMESAKE_SHARE:
            drawn.append(
                replace(
                    person,
                    numbers={"nik": _other_nik(person, chance), "mrn": f"N{len(drawn)}"},
                    phone=f"08{chance.randrange(10**9, 10**10)}",
                    area=f"97{chance.randrange(AREAS):04}",
                )
            )
    return [_as_registered(one, chance) for one in drawn[:count]]


def _as_registered(one: Traits, chance: Random) -> Traits:
    """What the first desk was told: not everybody has everything with them."""
    numbers = dict(one.numbers)
    if chance.random() > NIK_SHARE:
        del numbers["nik"]
    return replace(one, numbers=numbers, phone=one.phone if chance.random() < PHONE_SHARE else "")


def _twin(one: Traits, chance: Random) -> Traits:
    """Born the same day of the same mother, at the same address; names alike, NIKs neighbours."""
    words = one.name.split()
    alike = words[0][:-1] + chance.choice("AIOU")
    nik = one.numbers["nik"]
    serial = int(nik[12:]) % 9998 + 1
    sex = chance.choice("FM")
    day = int(nik[6:8]) + (40 if sex == "F" else 0) - (40 if one.sex == "F" else 0)
    return replace(
        one,
        name=" ".join([alike, *words[1:]]),
        sex=sex,
        numbers={"nik": f"{nik[:6]}{day:02}{nik[8:12]}{serial:04}", "mrn": f"T{nik[:6]}{serial}"},
    )


def _other_nik(one: Traits, chance: Random) -> str:
    nik = one.numbers["nik"]
    return f"98{chance.randrange(10_000):04}{nik[6:12]}{chance.randrange(1, 9999):04}"


# --- what a desk gets wrong -----------------------------------------------------------------------


def written_again(one: Traits, chance: Random) -> Traits:
    """The same person at another desk."""
    numbers = {kind: value for kind, value in one.numbers.items() if kind != "mrn"}
    if chance.random() < MRN_SHARE:
        numbers["mrn"] = one.numbers["mrn"]
    if "nik" in numbers and chance.random() > NIK_SHARE:
        del numbers["nik"]
    again = replace(one, numbers=numbers)
    for error, share in ERRORS.items():
        if chance.random() < share:
            again = error(again, chance)
    return again


def _letter(one: Traits, chance: Random) -> Traits:
    """A letter left out, doubled, exchanged with its neighbour, or another one."""
    name = one.name
    at = chance.randrange(len(name) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        name = name[:at] + name[at + 1 :]
    elif kind == 1:
        name = name[:at] + name[at] + name[at:]
    elif kind == 2:
        name = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    else:
        name = name[:at] + chance.choice("AEIOUNRSTM") + name[at + 1 :]
    return replace(one, name=name)


def _spelling(one: Traits, chance: Random) -> Traits:
    """The spelling of before 1972, or back."""
    new, old = chance.choice(_PAIRS)
    return replace(one, name=one.name.replace(new, old) if new in one.name else one.name)


def _order(one: Traits, chance: Random) -> Traits:
    """Given and family name in each other's fields."""
    words = one.name.split()
    return replace(one, name=" ".join(words[1:] + words[:1]))


def _word_left_out(one: Traits, chance: Random) -> Traits:
    words = one.name.split()
    if len(words) < 2:
        return one
    del words[chance.randrange(len(words))]
    return replace(one, name=" ".join(words))


def _title(one: Traits, chance: Random) -> Traits:
    return replace(one, name=f"{chance.choice(('NY', 'TN', 'H', 'BPK', 'IBU'))} {one.name}")


def _day_and_month(one: Traits, chance: Random) -> Traits:
    born = one.birth_date
    swapped = born[:4] + born[6:] + born[4:6]
    return replace(one, birth_date=swapped) if int(born[6:]) <= 12 else one


def _digit_of_birth(one: Traits, chance: Random) -> Traits:
    born = date.fromisoformat(one.birth_date)
    moved = born + timedelta(days=chance.choice((-10, -1, 1, 10, 365, -365)))
    return replace(one, birth_date=f"{moved:%Y%m%d}")


def _unknown_birth(one: Traits, chance: Random) -> Traits:
    """Only the year is known."""
    return replace(one, birth_date=f"{one.birth_date[:4]}0101")


def _digit_of_nik(one: Traits, chance: Random) -> Traits:
    nik = one.numbers.get("nik", "")
    if not nik:
        return one
    at = chance.randrange(15)
    if chance.random() < 0.3:
        wrong = nik[:at] + nik[at + 1] + nik[at] + nik[at + 2 :]
    else:
        wrong = nik[:at] + chance.choice("0123456789") + nik[at + 1 :]
    return replace(one, numbers={**one.numbers, "nik": wrong})


def _parents_nik(one: Traits, chance: Random) -> Traits:
    """A child is registered under the number of the one who brought it."""
    if not one.mother:
        return one
    return replace(one, numbers={**one.numbers, "nik": one.mother})


def _sex(one: Traits, chance: Random) -> Traits:
    return replace(one, sex="M" if one.sex == "F" else "F")


def _other_phone(one: Traits, chance: Random) -> Traits:
    return replace(one, phone=f"08{chance.randrange(10**9, 10**10)}")


def _no_phone(one: Traits, chance: Random) -> Traits:
    return replace(one, phone="")


def _moved(one: Traits, chance: Random) -> Traits:
    return replace(one, area=f"97{chance.randrange(AREAS):04}")


def _no_mother(one: Traits, chance: Random) -> Traits:
    return replace(one, mother="")


ERRORS: Final[dict[Callable[[Traits, Random], Traits], float]] = {
    _letter: 0.08,
    _spelling: 0.08,
    _order: 0.04,
    _word_left_out: 0.05,
    _title: 0.06,
    _day_and_month: 0.02,
    _digit_of_birth: 0.03,
    _unknown_birth: 0.02,
    _digit_of_nik: 0.03,
    _parents_nik: 0.05,
    _sex: 0.01,
    _other_phone: 0.15,
    _no_phone: 0.25,
    _moved: 0.10,
    _no_mother: 0.30,
}
"""Each, and in how many of a hundred second registrations; they come on top of each other."""

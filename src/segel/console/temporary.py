"""Registrations of who has no name yet: newborns, and unknown patients in an emergency. Pure.

What they are called is what wards in Indonesia write on the wristband: *Bayi Ny. Rahmi II* of a
twin, *Tn. X* with the moment of arrival of an unknown man.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Final

from segel.console.registration_form import RegistrationForm, read_registration
from segel.domain.registration import Registration

ORDINALS: Final = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
AGE_MAX: Final = 120
CHILD_YEARS: Final = 14
"""Below it somebody is called *An.*, a child."""

_TITLES: Final = {"M": "Tn. X", "F": "Ny. X"}


def newborn_of(mother: Registration, today: date) -> Registration:
    """What a newborn's form begins with. Her number leads to all her children."""
    return Registration(
        name=newborn_name(mother.name, ""),
        birth_date=today.isoformat(),
        phone=mother.phone,
        address=mother.address,
        family_card=mother.family_card,
        mothers_nik=mother.nik,
        mother=mother.name,
        temporary="1",
    )


def newborn_name(mother: str, birth_order: str) -> str:
    """What a newborn is called until they have a name. ``birth_order``: '' of an only child."""
    ordinal = ORDINALS[int(birth_order)] if birth_order else ""
    return " ".join(part for part in ("Bayi Ny.", mother or "X", ordinal) if part)


def read_newborn(form: Mapping[str, str], today: date) -> RegistrationForm:
    """A newborn's form: somebody's own name, or the mother's with the order of birth."""
    read = read_registration({**form, "unnamed": "1"}, today)
    about, faults = read.about, [one for one in read.faults if one != "name"]
    if not about.mother and not about.mothers_nik:
        faults.append("mother")
    if len(about.birth_date) != len("2000-01-01"):
        faults.append("birth_date")
    own_name = bool(form.get("own_name", "").strip())
    name = " ".join(form.get("own_name", "").split()) if own_name else ""
    named = replace(
        about,
        name=name or newborn_name(about.mother, about.birth_order),
        temporary="" if own_name else "1",
    )
    return replace(read, about=named, faults=tuple(dict.fromkeys(faults)))


def read_unknown(form: Mapping[str, str], now: datetime) -> RegistrationForm:
    """The form of an unknown patient. A number on the wristband finds them again: they have no
    name and no birth to be found by."""
    typed = {one.name: " ".join(form.get(one.name, "").split()) for one in fields(Registration)}
    typed["age"] = form.get("age", "").strip()
    read = read_registration(
        {name: typed[name] for name in ("sex", "record_number", "address")} | {"unnamed": "1"},
        now.date(),
    )
    faults = list(read.faults)
    age = _age(typed["age"])
    if age is None:
        faults.append("age")
    if not read.about.record_number and "record_number" not in faults:
        faults.append("record_number")
    if not read.about.sex:
        faults.append("sex")
    about = replace(
        read.about,
        name=unknown_name(read.about.sex, age, now),
        birth_date=str(now.year - age) if age is not None else "",
        estimated="1",
        temporary="1",
    )
    return RegistrationForm(typed, about, tuple(faults))


def unknown_name(sex: str, age: int | None, now: datetime) -> str:
    """What an unknown patient is called: a title, and when they came."""
    title = "An. X" if age is not None and age < CHILD_YEARS else _TITLES.get(sex, "X")
    return f"{title} {now:%d-%m-%Y %H.%M}"


def _age(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= len("120")
    return int(text) if is_number and int(text) <= AGE_MAX else None

"""The registration form: its fields read and checked. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Final

from segel.console.dates import OLDEST, find_dates
from segel.domain.identifiers import NumberInvalid, NumberKind, nik_disagrees, parse_number
from segel.domain.registration import Registration

NUMBERS: Final = {
    "nik": NumberKind.NIK,
    "record_number": NumberKind.RECORD,
    "passport": NumberKind.PASSPORT,
    "health_number": NumberKind.HEALTH,
    "family_card": NumberKind.FAMILY_CARD,
    "mothers_nik": NumberKind.MOTHERS_NIK,
}
LENGTHS: Final = {"name": 200, "birth_date": 40, "phone": 40, "address": 300, "mother": 200}
ORDERS: Final = tuple("123456789")
"""Of children born together."""

NUMBER_LENGTH_MAX: Final = 64
SEXES: Final = ("F", "M", "O")
_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class RegistrationForm:
    """What was typed, what it means, and what is wrong with it.

    ``typed`` is shown again; ``faults`` are fields that hinder, ``doubts`` are fields of which the
    NIK says something else: a reason to look at the card again.
    """

    typed: Mapping[str, str] = field(repr=False)
    about: Registration = field(repr=False)
    faults: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def form_of_registration(about: Registration) -> RegistrationForm:
    """The form as it is filled in with what is known."""
    typed = {one.name: str(getattr(about, one.name)) for one in fields(Registration)}
    typed["temporary"] = about.name if about.temporary else ""
    return RegistrationForm(typed, about)


def read_registration(form: Mapping[str, str], today: date) -> RegistrationForm:
    """A form that was sent."""
    typed = {one.name: " ".join(form.get(one.name, "").split()) for one in fields(Registration)}
    faults = [name for name, length in LENGTHS.items() if len(typed[name]) > length]
    faults += [name for name in LENGTHS if name not in faults and not typed[name].isprintable()]
    known = dict(typed)
    for name, kind in NUMBERS.items():
        if not typed[name]:
            continue
        try:
            known[name] = parse_number(kind, typed[name][: NUMBER_LENGTH_MAX + 1])
        except NumberInvalid:
            faults.append(name)
    born = birth_date(typed["birth_date"], today)
    if born is None:
        faults.append("birth_date")
    known["birth_date"] = born or ""
    known["estimated"] = "1" if typed["estimated"] else ""
    # A temporary name stays one for as long as it is the name: who gets another, has their own.
    known["temporary"] = "1" if typed["temporary"] and typed["temporary"] == typed["name"] else ""
    if typed["birth_order"] not in ("", *ORDERS):
        faults.append("birth_order")
        known["birth_order"] = ""
    if typed["sex"] not in ("", *SEXES):
        known["sex"] = ""
    if not typed["name"] and not form.get("unnamed"):
        faults.append("name")
    about = Registration(**known)
    doubts = (
        nik_disagrees(about.nik, about.birth_date.replace("-", ""), about.sex)
        if about.nik and "nik" not in faults
        else []
    )
    return RegistrationForm(typed, about, tuple(dict.fromkeys(faults)), tuple(doubts))


def birth_date(text: str, today: date) -> str | None:
    """A birth date as FHIR has it: day, month or year; '' of nothing, None of what is none."""
    if not text:
        return ""
    if text.isascii() and text.isdigit() and len(text) == len("1990"):
        return text if OLDEST.year <= int(text) <= today.year else None
    if _MONTH.fullmatch(text):
        return text if f"{OLDEST:%Y-%m}" <= text <= f"{today:%Y-%m}" else None
    spans, rest = find_dates(text, today)
    if len(spans) != 1 or rest.strip() or not OLDEST <= spans[0].first <= today:
        return None
    span = spans[0]
    return span.first.isoformat() if not span.is_range else f"{span.first:%Y-%m}"

"""The form of a health declaration: its fields read, checked, and filled in again. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from segel.domain.declarations import (
    COUNTRIES_MAX,
    Conveyance,
    Declaration,
    Fault,
    Symptom,
    faults_of,
    tidied,
)

TEXTS: Final = (
    "port", "vessel", "arrival", "seat", "name", "phone", "email", "address", "other_symptoms",
)  # fmt: skip
TYPED_MAX: Final = 400
"""What is longer than any field may be is cut; that it is too long is told all the same."""

_COUNTRY: Final = re.compile(r"(?:.*\()?\s*([A-Za-z]{2})\s*\)?", re.DOTALL)
"""A code, or a name with its code behind it: Singapore (SG)."""


@dataclass(frozen=True, slots=True)
class DeclarationForm:
    """What was typed, what it means, and what is wrong with which field."""

    typed: Mapping[str, str] = field(repr=False)
    declaration: Declaration = field(repr=False)
    faults: Mapping[str, Fault] = field(default_factory=dict)


EMPTY: Final = DeclarationForm({}, Declaration("", Conveyance.FLIGHT, "", "", "", ""))


def form_of(declaration: Declaration) -> DeclarationForm:
    """The form as it was sent before, to be corrected."""
    typed = {name: str(getattr(declaration, name)) for name in TEXTS}
    typed["conveyance"] = declaration.conveyance.value
    typed["phone"] = f"+{declaration.phone}"
    typed["met_sick"] = "yes" if declaration.met_sick else "no"
    typed |= {f"symptom-{one.value}": "1" for one in declaration.symptoms}
    typed |= {f"country-{at}": one for at, one in enumerate(declaration.countries)}
    typed["well"] = "" if declaration.symptoms or declaration.other_symptoms else "1"
    return DeclarationForm(typed, declaration)


def read_form(
    form: Mapping[str, str], now_s: float, *, correcting: bool = False
) -> DeclarationForm:
    """A form that was sent. ``correcting``: a day that is over may be the one that it has, which
    the broker knows."""
    typed = {name: value[:TYPED_MAX] for name, value in form.items()}
    said = {name: typed.get(name, "").strip() for name in TEXTS}
    conveyance = typed.get("conveyance", "")
    symptoms = tuple(one for one in Symptom if typed.get(f"symptom-{one.value}"))
    countries = [typed.get(f"country-{at}", "").strip() for at in range(COUNTRIES_MAX)]
    chosen = Conveyance(conveyance) if conveyance in set(Conveyance) else Conveyance.FLIGHT
    declaration = tidied(
        Declaration(
            **said,
            conveyance=chosen,
            symptoms=symptoms,
            met_sick=typed.get("met_sick") == "yes",
            countries=tuple(_code(one) for one in countries if one),
        )
    )
    before = _day(declaration) if correcting else None
    faults = dict(faults_of(declaration, now_s, before=before))
    if conveyance not in set(Conveyance):
        faults["conveyance"] = Fault.MISSING
    if not (symptoms or said["other_symptoms"] or typed.get("well")):
        faults["symptoms"] = Fault.MISSING
    if typed.get("met_sick") not in ("yes", "no"):
        faults["met_sick"] = Fault.MISSING
    return DeclarationForm(typed, declaration, faults)


def _day(declaration: Declaration) -> date | None:
    try:
        return declaration.day
    except ValueError:
        return None


def _code(text: str) -> str:
    found = _COUNTRY.fullmatch(text)
    return found[1].upper() if found else "?"

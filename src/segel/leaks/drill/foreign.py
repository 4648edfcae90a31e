"""Rows of elsewhere: made up, public, an insurer's, another hospital's, an older breach's.

Some of them are our patients: a list of citizens holds everybody, and an insurer knows the days on
which they were treated. None of it was copied from the archive.
"""

from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from segel.leaks.drill.estate import NEW_YEAR, Estate, moment
from segel.leaks.drill.people import YEAR_DAYS, People, addresses, phones
from segel.leaks.drill.posting import RESULTS
from segel.leaks.drill.visits import MODALITIES
from segel.leaks.model import ColumnKind, PersonRow
from segel.leaks.verdict.forged import PROVINCES

_K = ColumnKind
_PERSON: Final = frozenset({_K.NIK, _K.NAME, _K.BIRTH_DATE, _K.SEX})


class Body(StrEnum):
    """Whose rows."""

    FORGED = "forged"
    CITIZENS = "citizens"
    INSURER = "insurer"
    HOSPITAL = "hospital"
    OLD_BREACH = "old-breach"


OVERLAPS: Final[dict[Body, tuple[float, float]]] = {
    Body.FORGED: (0.0, 0.0),
    Body.CITIZENS: (0.0, 0.5),
    Body.INSURER: (0.1, 0.9),
    Body.HOSPITAL: (0.02, 0.25),
    Body.OLD_BREACH: (0.0, 0.4),
}
"""Between which shares of a body's rows are of patients of ours."""

COLUMNS: Final[dict[Body, frozenset[ColumnKind]]] = {
    Body.FORGED: _PERSON
    | {_K.PHONE, _K.MEDICAL_RECORD, _K.ACCESSION, _K.EVENT_TIME, _K.MODALITY, _K.RESULT},
    Body.CITIZENS: _PERSON | {_K.ADDRESS},
    Body.INSURER: _PERSON
    | {_K.PHONE, _K.HEALTH_NUMBER, _K.MEDICAL_RECORD, _K.EVENT_TIME, _K.HOSPITAL},
    Body.HOSPITAL: _PERSON
    | {_K.PHONE, _K.MEDICAL_RECORD, _K.ACCESSION, _K.EVENT_TIME, _K.MODALITY, _K.RESULT},
    Body.OLD_BREACH: _PERSON | {_K.PHONE, _K.ADDRESS},
}

SAME_DAY: Final = (0.15, 0.5)
"""Between which shares of an insurer's days of treatment are of a study here."""

SAME_PHONE: Final = (0.45, 0.8)
SAME_HOME: Final = (0.45, 0.8)
KNOWS_OUR_NUMBER: Final = (0.0, 0.015)
"""Of an insurer's rows of our patients, how many have our record number: claims quote it."""


class _Habits(NamedTuple):
    """How well a body knows its people, the same in all rows of a post."""

    day: float
    phone: float
    home: float
    number: float


def foreign(place: Estate, body: Body, count: int, chance: np.random.Generator) -> list[PersonRow]:
    """Rows of one body."""
    overlap = chance.uniform(*OVERLAPS[body])
    ours = int(chance.binomial(count, overlap))
    habits = _Habits(
        *(chance.uniform(*one) for one in (SAME_DAY, SAME_PHONE, SAME_HOME, KNOWS_OUR_NUMBER))
    )
    rows = [
        _row(place, body, place.persons, int(one), habits, chance, patient=int(one))
        for one in chance.choice(len(place.persons), ours, replace=False)
    ]
    rows += [
        _row(place, body, place.strangers, int(one), habits, chance, patient=-1)
        for one in chance.choice(len(place.strangers), count - ours, replace=False)
    ]
    return [rows[at] for at in chance.permutation(count)]


def _row(
    place: Estate,
    body: Body,
    those: People,
    at: int,
    habits: _Habits,
    chance: np.random.Generator,
    patient: int,
) -> PersonRow:
    columns = COLUMNS[body]
    phone = those.phones[0][at] if chance.random() < habits.phone else phones(1, chance)[0]
    home = those.addresses[0][at] if chance.random() < habits.home else addresses(1, chance)[0]
    others = {
        _K.ADDRESS: home,
        _K.MODALITY: MODALITIES[int(chance.integers(0, len(MODALITIES)))],
        _K.RESULT: RESULTS[int(chance.integers(0, len(RESULTS)))],
    }
    number = f"{chance.integers(0, 90_000_000):08}"
    hospital = f"RS{chance.integers(11_000, 90_000)}"
    if body is Body.INSURER and patient >= 0:
        hospital = place.houses.code[int(those.hospital[at])]
        number = place.mrn(patient) if chance.random() < habits.number else ""
    return PersonRow(
        0,
        0,
        nik=_invented(chance) if body is Body.FORGED else those.nik[at],
        medical_record=number if _K.MEDICAL_RECORD in columns else "",
        health_number=f"P{chance.integers(0, 10**12):012}" if _K.HEALTH_NUMBER in columns else "",
        name=those.name[at],
        birth_date=those.birth_date[at],
        sex=those.sex[at],
        phone=phone if _K.PHONE in columns else "",
        hospital=hospital if _K.HOSPITAL in columns else "",
        accession=f"A{chance.integers(0, 40):02}{chance.integers(0, 3_000_000):08}"
        if _K.ACCESSION in columns
        else "",
        event_time=_event(place, patient, habits.day, chance) if _K.EVENT_TIME in columns else "",
        others={kind.value: text for kind, text in others.items() if kind in columns},
    )


def _event(place: Estate, patient: int, same_day: float, chance: np.random.Generator) -> str:
    if patient >= 0 and chance.random() < same_day:
        studies = place.visits.of(patient)
        return place.date(int(chance.choice(studies)))
    return f"{moment(float(chance.uniform(-YEAR_DAYS, YEAR_DAYS))):%Y-%m-%d}"


def _invented(chance: np.random.Generator) -> str:
    """A number as a forger draws it: a province that there is, a day, and any serial."""
    province = sorted(PROVINCES)[int(chance.integers(0, len(PROVINCES)))]
    born = NEW_YEAR.year % 100
    return (
        f"{province}{chance.integers(1, 80):02}{chance.integers(1, 40):02}"
        f"{chance.integers(1, 29) + 40 * chance.integers(0, 2):02}{chance.integers(1, 13):02}"
        f"{chance.integers(0, 100) % max(1, born + 70):02}{chance.integers(1, 10_000):04}"
    )

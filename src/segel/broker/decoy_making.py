"""Who a decoy is: put together from what a hospital's own patients are like. Pure.

A *pattern* lends its shape (sex, how many words its name has, how many studies, of what kind, at
which time of day); names, birth, numbers and region come each from somebody else, so that every
value is one that this hospital has, and the whole is nobody. Numbers are near real ones and free;
that a real patient is given one later does no harm (``Registry._gives_way``).
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from segel.broker.decoy_names import compose_name
from segel.domain.dicom import JsonDataset, text_value
from segel.domain.identifiers import parse_nik
from segel.domain.patient import PatientIdentity

ATTEMPTS_MAX: Final = 200
"""Draws until a name is nobody's and a number free: a few suffice in any hospital that has
patients enough to hide among."""

NEAR: Final = 400
"""How far a decoy's number is from a real one, at most."""

YEARS_APART: Final = 4
"""How much older or younger than its pattern a decoy may be: the images have to be of that age."""

_NAME: Final = "00100010"
_PATIENT_ID: Final = "00100020"
_BIRTH: Final = "00100030"
_OTHER_IDS: Final = "00101002"
_STUDY_DATE: Final = "00080020"
_STUDY_TIME: Final = "00080030"
_ACCESSION: Final = "00080050"
_STUDY_ID: Final = "00200010"
_AGE: Final = "00101010"
_FREE_TEXT: Final = ("001021B0", "00104000", "00081080", "00101001", "00102180")
"""Sentences about the pattern's patient: replaced by what is said of several, or emptied."""


@dataclass(frozen=True, slots=True)
class Known:
    """A real patient of the hospital, opened in memory. ``studies``: UID to attributes."""

    identity: PatientIdentity = field(repr=False)
    studies: Mapping[str, JsonDataset] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Composed:
    """Somebody who is nobody. ``studies``: what to write over each of the pattern's, by UID."""

    identity: PatientIdentity = field(repr=False)
    studies: Mapping[str, JsonDataset] = field(repr=False)


class NobodyToResemble(Exception):
    """Too few patients, or too alike: a decoy would be one of them."""


def compose(
    pattern: Known,
    others: Sequence[Known],
    people: int,
    today: date,
    is_free: Callable[[str, str], bool],
    chance: random.Random,
) -> Composed:
    """Somebody like the pattern. Raises NobodyToResemble.

    ``others``: a sample of the hospital's ``people``.
    ``is_free``: whether nobody has a number; of which kind it is ("mrn", "nik", "accession") and
    the number.
    """
    who = _identity(pattern.identity, others, people, is_free, chance)
    studies = {
        uid: _study(attributes, who, others, today, is_free, chance)
        for uid, attributes in pattern.studies.items()
    }
    return Composed(who, studies)


def _identity(
    pattern: PatientIdentity,
    others: Sequence[Known],
    people: int,
    is_free: Callable[[str, str], bool],
    chance: random.Random,
) -> PatientIdentity:
    alike = [one.identity for one in others if one.identity.sex == pattern.sex]
    names = [one.name for one in alike]
    taken = {(one.name, one.birth_date) for one in alike} | {(pattern.name, pattern.birth_date)}
    for _ in range(ATTEMPTS_MAX):
        name = compose_name(pattern.name, names, people, chance)
        born = _birth(pattern.birth_date, alike, chance)
        if name and name != pattern.name and (name, born) not in taken:
            break
    else:
        raise NobodyToResemble
    mrn = _free(pattern.patient_id, [one.patient_id for one in alike], "mrn", is_free, chance)
    nik = _nik(pattern, alike, born, is_free, chance) if pattern.nik else ""
    if parse_nik(pattern.patient_id):
        mrn = nik
    return PatientIdentity(
        patient_id=mrn,
        issuer=pattern.issuer,
        nik=nik,
        name=name,
        birth_date=born,
        sex=pattern.sex,
    )


def _birth(pattern: str, people: Sequence[PatientIdentity], chance: random.Random) -> str:
    """The year of one who is about as old, the day of another: days that pile up stay piled."""
    if len(pattern) != 8:
        return pattern
    near = [
        one.birth_date
        for one in people
        if len(one.birth_date) == 8
        and abs(int(one.birth_date[:4]) - int(pattern[:4])) <= YEARS_APART
    ] or [pattern]
    born = chance.choice(near)[:4] + chance.choice(near)[4:]
    return born if born[4:] != "0229" else born[:4] + "0228"


def _free(
    pattern: str,
    numbers: Sequence[str],
    kind: str,
    is_free: Callable[[str, str], bool],
    chance: random.Random,
) -> str:
    """A number near one of as many characters, that nobody has; '' where the pattern has none."""
    if not pattern:
        return ""
    alike = [one for one in numbers if len(one) == len(pattern) and _tail(one)] or [pattern]
    for _ in range(ATTEMPTS_MAX):
        base = chance.choice(alike)
        digits = _tail(base)
        if not digits:
            break
        value = int(digits) + chance.randrange(-NEAR, NEAR + 1)
        number = base[: len(base) - len(digits)] + str(max(value, 1)).zfill(len(digits))
        if len(number) == len(pattern) and is_free(kind, number):
            return number
    raise NobodyToResemble


def _tail(number: str) -> str:
    """The digits that a number ends in."""
    return number[len(number.rstrip("0123456789")) :]


def _nik(
    pattern: PatientIdentity,
    people: Sequence[PatientIdentity],
    born: str,
    is_free: Callable[[str, str], bool],
    chance: random.Random,
) -> str:
    """Region and serial of two others, the day of birth the decoy's own."""
    niks = [one.nik for one in people if one.nik] or [pattern.nik]
    for _ in range(ATTEMPTS_MAX):
        region, serial = chance.choice(niks)[:6], chance.choice(niks)[12:]
        day = f"{int(born[6:]) + (40 if pattern.sex == 'F' else 0):02}" if born else "01"
        nik = f"{region}{day}{born[4:6]}{born[2:4]}{serial}"
        if parse_nik(nik) and is_free("nik", nik):
            return nik
    raise NobodyToResemble


def _study(
    attributes: JsonDataset,
    who: PatientIdentity,
    others: Sequence[Known],
    today: date,
    is_free: Callable[[str, str], bool],
    chance: random.Random,
) -> JsonDataset:
    every = [study for one in others for study in one.studies.values()]
    changed: JsonDataset = {
        _NAME: {"vr": "PN", "Value": [{"Alphabetic": who.name}]},
        _PATIENT_ID: {"vr": "LO", "Value": [who.patient_id]},
        _BIRTH: {"vr": "DA", "Value": [who.birth_date]},
    }
    if text_value(attributes, _STUDY_DATE):
        changed[_STUDY_DATE] = {"vr": "DA", "Value": [f"{today:%Y%m%d}"]}
    if time := text_value(attributes, _STUDY_TIME):
        at = time[:2] + f"{chance.randrange(60):02}{chance.randrange(60):02}" + time[6:]
        changed[_STUDY_TIME] = {"vr": "TM", "Value": [at]}
    if number := text_value(attributes, _ACCESSION).strip():
        before = text_value(attributes, _STUDY_DATE)
        if before and before[2:] in number:  # many hospitals count anew every day
            made = _numbered_today(number, before[2:], today, is_free, chance)
        else:
            numbers = [text_value(study, _ACCESSION).strip() for study in every]
            made = _free(number, numbers, "accession", is_free, chance)
        changed[_ACCESSION] = {"vr": "SH", "Value": [made]}
        if text_value(attributes, _STUDY_ID) and number.endswith(text_value(attributes, _STUDY_ID)):
            tail = made[-len(text_value(attributes, _STUDY_ID)) :]
            changed[_STUDY_ID] = {"vr": "SH", "Value": [tail]}
    if text_value(attributes, _AGE) and len(who.birth_date) == 8:
        years = today.year - int(who.birth_date[:4])
        changed[_AGE] = {"vr": "AS", "Value": [f"{max(years, 0):03}Y"]}
    if _OTHER_IDS in attributes and who.nik:
        changed[_OTHER_IDS] = {"vr": "SQ", "Value": [{_PATIENT_ID: _text("LO", who.nik)}]}
    for tag in _FREE_TEXT:
        if tag in attributes:
            said = [study[tag] for study in every if tag in study]
            common = [one for one in said if said.count(one) > 1]
            changed[tag] = chance.choice(common) if common else {"vr": attributes[tag]["vr"]}
    return changed


def _numbered_today(
    number: str,
    day: str,
    today: date,
    is_free: Callable[[str, str], bool],
    chance: random.Random,
) -> str:
    head, _, tail = number.rpartition(day)
    for _ in range(ATTEMPTS_MAX):
        drawn = "".join(str(chance.randrange(10)) if one.isdigit() else one for one in tail)
        made = f"{head}{today:%y%m%d}{drawn}"
        if is_free("accession", made):
            return made
    raise NobodyToResemble


def _text(vr: str, value: str) -> dict[str, object]:
    return {"vr": vr, "Value": [value]}

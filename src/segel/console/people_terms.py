"""What somebody at a desk knows of a patient, understood: pure, no clock, no I/O.

A number is enough. A name needs the birth: a day, a month, a year, or an age. Sixteen digits are
looked for as whatever has sixteen: the NIK, the family card's number, the mother's NIK.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from segel.broker import PatientNumber, PatientQuery
from segel.console.dates import find_dates
from segel.console.terms import TEXT_LENGTH_MAX, TermsUnclear, numbers_and_words, take_nik
from segel.domain.errors import SegelError
from segel.domain.identifiers import SHARED, NumberInvalid, NumberKind, parse_number
from segel.domain.patient import PatientIdentity

PAGE_SIZE: Final = 20
AGE_MAX: Final = 130

SIXTEEN: Final = (NumberKind.NIK, NumberKind.FAMILY_CARD, NumberKind.MOTHERS_NIK)
"""What a bare number of sixteen digits may be: nobody says which card they have in the hand."""

_DIGITS: Final = r"\W{0,3}(\+?\d[\d .()/-]{5,28}\d)(?!\w)"
_BARE_PHONE: Final = re.compile(r"(?<!\w)(?=\+|08)" + _DIGITS.removeprefix(r"\W{0,3}"))
_NAMED: Final = (
    (NumberKind.FAMILY_CARD, re.compile(r"\b(?:kk|kartu keluarga|family card)" + _DIGITS, re.I)),
    (NumberKind.MOTHERS_NIK, re.compile(r"\b(?:nik )?(?:ibu|mother)" + _DIGITS, re.I)),
    (NumberKind.PHONE, re.compile(r"\b(?:hp|wa|telp|telepon|ponsel|phone)" + _DIGITS, re.I)),
    (NumberKind.PHONE, _BARE_PHONE),
)
"""Numbers that several people have, by the word before them; a mobile phone's without one."""

_YEAR: Final = re.compile(r"(?<![\w/.-])((?:19|20)\d\d)(?![\w/.-])")
_AGE: Final = re.compile(
    r"(?<![\w/.-])(\d{1,3}) ?(?:tahun|thn|th|years? old|years?|yrs?|yo)\b\.?", re.IGNORECASE
)


class PeopleUnclear(SegelError):
    """What was typed does not lead to one patient."""

    code = "people-unclear"


@dataclass(frozen=True, slots=True)
class PeopleTerms:
    """A query, and as what the text was taken: (kind, words), to be shown. Days are YYYYMMDD."""

    query: PatientQuery
    said: tuple[tuple[str, str], ...]


def read_people(text: str, today: date, offset: int = 0) -> PeopleTerms | None:
    """Who is meant; None where nothing is typed. Raises PeopleUnclear, TermsUnclear."""
    text = " ".join(text.replace("\\", " ").split())
    if len(text) > TEXT_LENGTH_MAX:
        raise TermsUnclear("The search text is too long.", field="text", remedy="Shorten it.")
    if not text:
        return None
    said: list[tuple[str, str]] = []
    shared, rest = _take_shared(text)
    nik, rest = take_nik(rest)
    born, rest = _take_birth(rest, today)
    found, words = numbers_and_words(rest)
    typed = [number for _, number in found]
    typed += [nik] if nik else []
    typed += [one.value for one in shared[:1]]
    numbers = [one for _, number in found for one in _kinds_of(number)]
    numbers += [PatientNumber(nik, kind) for kind in SIXTEEN] if nik else []
    numbers += shared
    name = " ".join(words)
    said += [(one.kind or "number", one.value) for one in shared[:1]]
    said += [("number", one) for one in typed[: len(typed) - len(said)]]
    said += [("name", name)] if name else []
    said += [("born", _shown(born))] if born else []
    if len(typed) > 1:
        raise PeopleUnclear("There is more than one number.", field="text", remedy="Keep one.")
    if not numbers and not (name and born):
        raise PeopleUnclear(
            "A name alone finds too many.",
            field="text",
            remedy="Add the birth date, the year, or the age.",
        )
    first, last = (f"{day:%Y%m%d}" for day in born) if born else ("", "")
    query = PatientQuery(
        numbers=tuple(numbers),
        name=name,
        born_first=first,
        born_last=last,
        limit=PAGE_SIZE,
        offset=offset,
    )
    return PeopleTerms(query, tuple(said))


def why_found(who: PatientIdentity, numbers: Iterable[PatientNumber]) -> str:
    """By which of the numbers somebody was found: a kind of number, "linked" for whoever has none
    of them (another registration of one who has), '' where none was asked for. Only who typed the
    number is told, and nothing that they did not type."""
    has = {
        (NumberKind.NIK, who.nik),
        (NumberKind.RECORD, who.patient_id.strip()),
        (NumberKind.PASSPORT, who.passport),
        (NumberKind.HEALTH, who.health_number),
        (NumberKind.FAMILY_CARD, who.family_card),
        (NumberKind.MOTHERS_NIK, who.mothers_nik),
        *((NumberKind.PHONE, phone) for phone in who.phones),
    }
    asked = list(numbers)
    for kind in NumberKind:  # a number of their own before one that they share
        for number in asked:
            for value in _written(kind, number):
                if (kind, value) in has:
                    return kind.value
    return "linked" if asked else ""


def _written(kind: NumberKind, number: PatientNumber) -> Iterator[str]:
    """A number as somebody of this kind has it, where it can be one."""
    if number.kind in (None, kind) and (number.kind or kind not in SHARED):
        with contextlib.suppress(NumberInvalid):
            yield parse_number(kind, number.value)


def _take_shared(text: str) -> tuple[list[PatientNumber], str]:
    """The first number that several people may have, as it is compared, and the text without it;
    with it what else it may be."""
    for kind, form in _NAMED:
        if match := form.search(text):
            with contextlib.suppress(NumberInvalid):
                numbers = [PatientNumber(parse_number(kind, match[1]), kind)]
                if form is _BARE_PHONE:  # hospitals have record numbers that look like one
                    numbers.append(PatientNumber(match[1]))
                return numbers, f"{text[: match.start()]} {text[match.end() :]}"
    return [], text


def _kinds_of(number: str) -> Iterator[PatientNumber]:
    """A number of which nobody said what it is: somebody's own, or a landline."""
    yield PatientNumber(number)
    if number.startswith("0"):
        with contextlib.suppress(NumberInvalid):
            yield PatientNumber(parse_number(NumberKind.PHONE, number), NumberKind.PHONE)


def _take_birth(text: str, today: date) -> tuple[tuple[date, date] | None, str]:
    """First and last day on which somebody may have been born, and the text without it."""
    if match := _AGE.search(text):
        age = int(match[1])
        if age <= AGE_MAX:
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return (date(today.year - age - 1, 1, 1), date(today.year - age, 12, 31)), rest
    spans, rest = find_dates(text, today)
    if spans:
        return (spans[0].first, spans[0].last), rest
    if match := _YEAR.search(rest):
        year = int(match[1])
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
        return (date(year, 1, 1), date(year, 12, 31)), rest
    return None, rest


def _shown(born: tuple[date, date]) -> str:
    first, last = born
    if first == last:
        return f"{first:%Y%m%d}"
    return f"{first:%Y}" if first.year == last.year else f"{first:%Y}–{last:%Y}"

"""What somebody at a desk knows of a patient, understood: pure, no clock, no I/O.

A number is enough. A name needs the birth: a day, a month, a year, or an age.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from segel.broker import PatientNumber, PatientQuery
from segel.console.dates import find_dates
from segel.console.terms import TEXT_LENGTH_MAX, TermsUnclear, numbers_and_words, take_nik
from segel.domain.errors import SegelError
from segel.domain.identifiers import NumberKind

PAGE_SIZE: Final = 20
AGE_MAX: Final = 130

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
    nik, rest = take_nik(text)
    born, rest = _take_birth(rest, today)
    found, words = numbers_and_words(rest)
    numbers = [PatientNumber(number) for _, number in found]
    if nik:
        numbers.insert(0, PatientNumber(nik, NumberKind.NIK))
    name = " ".join(words)
    said += [("number", one.value) for one in numbers]
    said += [("name", name)] if name else []
    said += [("born", _shown(born))] if born else []
    if len(numbers) > 1:
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

"""What a clerk types into the one search box, understood: pure, no clock, no I/O.

``read_terms`` gives *readings*, the likeliest first: "RM-00123" may be a medical record number or
an accession number, "12/03/1984" a birth date or a study date. The worklist tries them in turn.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from segel.console.dates import NUMBER_OR_DAY, Span, find_dates, parse_span
from segel.domain.errors import SegelError
from segel.domain.identifiers import parse_nik

TEXT_LENGTH_MAX: Final = 200
READINGS_MAX: Final = 4
"""Each is a search at the broker."""

ACCESSION: Final = "00080050"
MODALITIES: Final = "00080061"
PATIENT_NAME: Final = "00100010"
PATIENT_ID: Final = "00100020"
BIRTH_DATE: Final = "00100030"
STUDY_DATE: Final = "00080020"

_BIRTH_YEARS_AGO: Final = 2
"""A lone date this many years back is rather a birth date than the day of a study."""

_NIK: Final = re.compile(r"(?<![\w-])\d(?:[ .-]?\d){15}(?![\w-])(?! ?\d)")
_RECORD_WORDS: Final = frozenset({"rm", "mrn", "norm", "rekam", "medis", "record"})
_ACCESSION_WORDS: Final = frozenset({"acc", "accession", "aks", "aksesi", "akses", "acsn"})
_ANY_NUMBER: Final[tuple[str, ...]] = ("record", "accession", "day")
"""What a bare number may be. Numbers are exact and found at once, so they go before days."""
_NOISE: Final = frozenset(
    {"no", "nomor", "number", "nomer", "nik", "nama", "name", "pasien", "patient"}
)


class TermsUnclear(SegelError):
    """Something typed that cannot be searched for."""

    code = "terms-unclear"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand the text. ``said``: (what it was taken for, the words), to be shown."""

    filters: dict[str, str] = field(default_factory=dict)
    said: tuple[tuple[str, str], ...] = ()

    def also(self, tag: str, value: str, kind: str, shown: str) -> "Reading":
        """This reading, narrowed by one more attribute."""
        return Reading({**self.filters, tag: value}, (*self.said, (kind, shown)))

    @property
    def fuzzy(self) -> bool:
        """Names are matched as they sound; numbers never are."""
        return PATIENT_NAME in self.filters


def read_terms(text: str, today: date) -> list[Reading]:
    """The readings of ``text``; one without filters where nothing is typed. Raises TermsUnclear."""
    text = " ".join(text.replace("\\", " ").split())  # a backslash would separate two values
    if len(text) > TEXT_LENGTH_MAX:
        raise TermsUnclear("The search text is too long.", field="text", remedy="Shorten it.")
    nik, rest = take_nik(text)
    dates, rest = find_dates(rest, today)
    numbers, words = numbers_and_words(rest)
    reading = Reading()
    if nik:
        reading = reading.also(PATIENT_ID, nik, "nik", nik)
    if words:
        name = " ".join(words)
        reading = reading.also(PATIENT_NAME, name, "name", name)
    readings = [reading]
    for kinds, number in numbers:
        readings = [
            one
            for kind in kinds
            for known in readings
            for one in _read_as(known, kind, number, today)
        ][:READINGS_MAX]
    readings = [dated for known in readings for dated in _with_dates(known, dates, today)]
    if not readings:
        raise TermsUnclear(
            "There are more numbers than one patient has.", field="text", remedy="Leave some out."
        )
    return _distinct(readings)[:READINGS_MAX]


def within(reading: Reading, span: Span | None, modality: str) -> Reading:
    """The reading, narrowed by the form's own day and modality unless the text said a date."""
    if span is not None and STUDY_DATE not in reading.filters:
        reading = replace(reading, filters={**reading.filters, STUDY_DATE: span.dicom})
    if modality:
        reading = replace(reading, filters={**reading.filters, MODALITIES: modality})
    return reading


def take_nik(text: str) -> tuple[str, str]:
    """The NIK in a text, or '', and the text without it."""
    for match in _NIK.finditer(text):
        nik = parse_nik(match.group())
        if nik:
            return nik, f"{text[: match.start()]} {text[match.end() :]}"
    return "", text


def numbers_and_words(text: str) -> tuple[list[tuple[tuple[str, ...], str]], list[str]]:
    """Numbers with what each may be, and the words that are left for a name."""
    numbers: list[tuple[tuple[str, ...], str]] = []
    words: list[str] = []
    kinds = _ANY_NUMBER
    for word in text.split():
        plain = word.strip(".,:;#").casefold()
        if any(letter.isdigit() for letter in word):
            numbers.append((kinds, word.strip(",;:#")))
            kinds = _ANY_NUMBER
        elif plain in _RECORD_WORDS:
            kinds = ("record",)
        elif plain in _ACCESSION_WORDS:
            kinds = ("accession",)
        elif plain and plain not in _NOISE:
            words.append(word.strip(",;:"))
    return numbers, words


def _read_as(reading: Reading, kind: str, number: str, today: date) -> Iterator[Reading]:
    """``reading`` with ``number`` taken for one kind of thing, where it can be."""
    if kind == "day":
        span = parse_span(number, None, today) if NUMBER_OR_DAY.match(number) else None
        if span is not None:
            yield from _with_dates(reading, [span], today)
        return
    tag = PATIENT_ID if kind == "record" else ACCESSION
    if tag not in reading.filters:
        yield reading.also(tag, number, kind, number)


def _with_dates(reading: Reading, dates: list[Span], today: date) -> Iterator[Reading]:
    births = [span for span in dates if span.birth]
    studies = [span for span in dates if span.study or (span.is_range and not span.birth)]
    unsaid = [span for span in dates if span not in births and span not in studies]
    if len(unsaid) > 1:  # the earlier of two days is when somebody was born
        births.append(min(unsaid, key=lambda span: span.first))
        studies.append(max(unsaid, key=lambda span: span.first))
        unsaid = []
    for span in births[:1]:
        reading = _born(reading, span)
    for span in studies[:1]:
        reading = _studied(reading, span)
    if not unsaid:
        yield reading
        return
    span = unsaid[0]
    choices = [_born(reading, span), _studied(reading, span)]
    if births:
        choices = choices[1:]
    elif studies:
        choices = choices[:1]
    elif not reading.filters and (today - span.first).days < _BIRTH_YEARS_AGO * 365:
        choices.reverse()
    yield from choices


def _born(reading: Reading, span: Span) -> Reading:
    return reading.also(BIRTH_DATE, span.dicom, "born", span.dicom)


def _studied(reading: Reading, span: Span) -> Reading:
    return reading.also(STUDY_DATE, span.dicom, "studied", span.dicom)


def _distinct(readings: list[Reading]) -> list[Reading]:
    seen: list[Reading] = []
    for reading in readings:
        if all(reading.filters != known.filters for known in seen):
            seen.append(reading)
    return seen

"""The forms in which a term may be written down, before any encoding.

A name is looked for with a space, DICOM's ``^`` (PS3.5 § 6.2.1.2), ``+`` and ``_`` between its
parts, and each of DICOM's three writings of it alone; a date as DICOM, ISO 8601 and the two usual
Indonesian writings; a number also backwards. Letters' case is left to the search.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from segel.accountability.scan_copy.terms import Term

PARTS: Final = re.compile(r"[ ^,]+")
NUMERIC: Final = re.compile(r"[0-9][0-9./:-]+[0-9]")
SEPARATORS: Final = {" ": "spaced", "^": "DICOM name", "+": "plus for space", "_": "underscored"}
DATES: Final = {
    "%Y%m%d": "date yyyymmdd",
    "%Y-%m-%d": "date yyyy-mm-dd",
    "%Y/%m/%d": "date yyyy/mm/dd",
    "%d/%m/%Y": "date dd/mm/yyyy",
    "%d-%m-%Y": "date dd-mm-yyyy",
}
YEARS: Final = range(1850, 2200)
"""Eight digits that name a day in these years are taken for a date too."""


class Form(NamedTuple):
    """One way to write a term, and what to call it."""

    text: str
    name: str


def forms(term: Term) -> list[Form]:
    """Every form of ``term``, the given one first, each text once."""
    found: dict[str, str] = {}
    for text, name in _forms(term.text):
        # A form that became too short to mean anything isn't worth its chance hits.
        if text and (len(text) >= min(4, len(term.text))):
            found.setdefault(text, name)
    return [Form(text, name) for text, name in found.items()]


def _forms(text: str) -> Iterator[Form]:
    yield Form(text, "as given")
    day = _as_date(text)
    if day is not None:
        for pattern, name in DATES.items():
            yield Form(day.strftime(pattern), name)
    if NUMERIC.fullmatch(text):
        yield Form(text[::-1], "backwards")
        return
    writings = [one.strip("^ ") for one in text.split("=")] if "^" in text else [text]
    for writing in writings:
        yield Form(writing, "as given" if writing == text else "one writing of the name")
        parts = [part for part in PARTS.split(writing) if part]
        if len(parts) > 1:
            for separator, name in SEPARATORS.items():
                yield Form(separator.join(parts), name)
        decomposed = unicodedata.normalize("NFD", writing)
        if decomposed != writing:
            yield Form(decomposed, "decomposed")


def _as_date(text: str) -> date | None:
    digits = re.fullmatch(r"(\d{4})[-/]?(\d\d)[-/]?(\d\d)", text, re.ASCII)
    if digits is None:
        return None
    try:
        day = date(*(int(group) for group in digits.groups()))
    except ValueError:
        return None
    return day if day.year in YEARS else None

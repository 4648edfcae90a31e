"""What single values say: a number, a day, a sex, however somebody wrote it.

Each function gives '' for what it cannot read. They see millions of values: what is written as it
is compared comes first.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from segel.domain.identifiers import NIK_DIGITS, NumberInvalid, NumberKind, parse_nik, parse_number
from segel.leaks.intake.model import VALUE_LENGTH_MAX
from segel.leaks.model import ColumnKind

Normal = Callable[[str], str]

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january", "feb februari february pebruari peb", "mar maret march mrt",
            "apr april", "mei may", "jun juni june", "jul juli july",
            "agu agustus august aug agt ags", "sep september sept", "okt oktober october oct",
            "nov november nopember nop", "des desember december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})\s?([-/. ])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?!\d)")
_WORD_MONTH: Final = re.compile(r"(\d{1,2})[\s./-]*([A-Za-z]{3,9})[\s./,-]*(\d{4}|\d{2})(?!\d)")
_MONTH_FIRST: Final = re.compile(r"([A-Za-z]{3,9})[\s./-]+(\d{1,2})[\s,./-]+(\d{4})(?!\d)")
_COMPACT_LAST: Final = re.compile(r"(\d{2})(\d{2})((?:19|20)\d{2})\Z")
_CLOCK: Final = re.compile(r"[T ,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d+)?\s*([AaPp][Mm])?")
_EPOCH: Final = re.compile(r"-?\d{9,13}(?:\.\d+)?\Z")
_EXCEL_DAY: Final = re.compile(r"\d{5}(?:\.\d+)?\Z")
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_YEARS: Final = range(1900, 2101)
_THIS_CENTURY: Final = 30
"""Years of two digits up to here are of this century."""

_WOMEN: Final = frozenset("p pr perempuan wanita w f female femme fem cewek 2".split())
_MEN: Final = frozenset("l lk laki laki-laki lakilaki pria m male cowok 1".split())
_QUOTES: Final = " \t\r\n'\"`=\ufeff\xa0"
"""Around values; apostrophe and equals sign are how spreadsheets are told that this is a text."""
_REMEMBERED: Final = 200_000


def trimmed(text: str) -> str:
    """Without what stands around a value, and not longer than any that is compared."""
    return text.strip(_QUOTES)[:VALUE_LENGTH_MAX]


def nik(text: str) -> str:
    """Its digits, though they be wrong: what is misspelt is compared, too."""
    if len(text) == NIK_DIGITS and text.isdecimal() and text.isascii():
        return text
    digits = re.sub(r"[\s.\-]", "", trimmed(text))
    return digits if digits.isascii() and digits.isdecimal() else ""


def is_nik(text: str) -> bool:
    """Whether it has a NIK's region, day and serial."""
    return bool(parse_nik(trimmed(text)))


def phone(text: str) -> str:
    """Digits with the country's code."""
    plain = trimmed(text)
    if plain.startswith("8") and 9 <= len(plain) <= 13:
        plain = f"0{plain}"  # a spreadsheet took the zero away
    try:
        return parse_number(NumberKind.PHONE, plain)
    except NumberInvalid:
        return ""


def sex(text: str) -> str:
    """M, F or ''."""
    plain = trimmed(text).lower().rstrip(".")
    return "F" if plain in _WOMEN else "M" if plain in _MEN else ""


def name(text: str) -> str:
    """A name as people write it; DICOM's and HL7's carets are blanks."""
    plain = trimmed(text)
    return " ".join(plain.replace("^", " ").replace("=", " ").split()) if plain else ""


def uid(text: str) -> str:
    """A DICOM UID."""
    plain = trimmed(text).rstrip("\x00")
    return plain if len(plain) <= 64 and re.fullmatch(r"[\d.]+", plain) else ""


def day(text: str, *, month_first: bool = False) -> str:
    """YYYYMMDD out of any local form."""
    found = _date(trimmed(text), month_first)
    return found[0].strftime("%Y%m%d") if found else ""


def moment(text: str, *, month_first: bool = False) -> str:
    """ISO 8601, to the second where it says so."""
    plain = trimmed(text)
    found = _date(plain, month_first)
    if not found:
        return ""
    which, rest = found
    if clock := _CLOCK.match(rest):
        hour = int(clock[1]) % 12 + 12 * (clock[4].lower() == "pm") if clock[4] else int(clock[1])
        if hour < 24 and int(clock[2]) < 60 and int(clock[3] or 0) < 60:
            return f"{which.isoformat()}T{hour:02}:{clock[2]}:{clock[3] or '00'}"
    if _EPOCH.match(plain) and len(plain) != 8:
        return rest
    return which.isoformat()


def is_month_first(texts: Iterable[str]) -> bool:
    """Whether a column has the month before the day: only where some day cannot be a month."""
    second = first = 0
    for text in texts:
        if found := _YEAR_LAST.match(trimmed(text)):
            first += int(found[1]) > 12
            second += int(found[3]) > 12
    return second > first


def _date(text: str, month_first: bool) -> tuple[date, str] | None:
    """The day, and what stands behind it."""
    try:
        found = _YEAR_FIRST.match(text)
        if found and int(found[1]) in _YEARS and 1 <= int(found[3]) <= 12:
            return date(int(found[1]), int(found[3]), int(found[4])), text[found.end() :]
        if found := _YEAR_LAST.match(text):
            one, two = int(found[1]), int(found[3])
            month, in_month = (one, two) if (month_first and one <= 12) or two > 12 else (two, one)
            return date(_year(found[4]), month, in_month), text[found.end() :]
        if found := _WORD_MONTH.match(text):
            month = _MONTHS[found[2].lower()]
            return date(_year(found[3]), month, int(found[1])), text[found.end() :]
        if found := _MONTH_FIRST.match(text):
            month = _MONTHS[found[1].lower()]
            return date(int(found[3]), month, int(found[2])), text[found.end() :]
        if found := _COMPACT_LAST.match(text):
            return date(int(found[3]), int(found[2]), int(found[1])), ""
        if _EPOCH.match(text):
            seconds = float(text) / (1000 if len(text.split(".")[0].lstrip("-")) > 10 else 1)
            when = datetime.fromtimestamp(seconds, UTC)
            return when.date(), when.strftime("%Y-%m-%dT%H:%M:%S")
        if _EXCEL_DAY.match(text):
            return _EXCEL_EPOCH + timedelta(days=int(float(text))), ""
    except (ValueError, KeyError, OverflowError, OSError):
        pass
    return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 2:
        year += 2000 if year <= _THIS_CENTURY else 1900
    if year not in _YEARS:
        raise ValueError
    return year


def normal_of(kind: ColumnKind, sample: Sequence[str]) -> Normal:
    """How the values of a column are written, once its kind is known."""
    match kind:
        case ColumnKind.NIK | ColumnKind.FAMILY_CARD:
            return nik
        case ColumnKind.PHONE:
            return phone
        case ColumnKind.NAME:
            return name
        case ColumnKind.STUDY_UID | ColumnKind.SERIES_UID | ColumnKind.INSTANCE_UID:
            return uid
        case ColumnKind.SEX:
            return _remembering(sex)
        case ColumnKind.BIRTH_DATE | ColumnKind.EVENT_TIME:
            read = day if kind is ColumnKind.BIRTH_DATE else moment
            month_first = is_month_first(sample)
            return _remembering(lambda text: read(text, month_first=month_first))
        case _:
            return trimmed


def _remembering(read: Normal) -> Normal:
    """Days, sexes and the like come again: they are read once."""
    known: dict[str, str] = {}

    def remembered(text: str) -> str:
        found = known.get(text)
        if found is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            found = known[text] = read(text)
        return found

    return remembered

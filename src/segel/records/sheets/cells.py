"""What one cell means: a date, a number, a sex. Each raises ``CellWrong`` where nobody can say."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from segel.domain.months import MONTHS
from segel.records.sheets.errors import Wrong
from segel.records.sheets.tables import BROKEN, MOMENT, NUMBER, Cell

_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DMY: Final = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_NAMED: Final = re.compile(r"(\d{1,2})[-/. ]+([a-z]{3,9})\.?[-/. ,]+(\d{4})")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?=\Z|[ t])")
_SERIAL: Final = re.compile(r"(\d{5})(?:[.,](\d{1,10}))?\Z")
_WEEKDAY: Final = re.compile(r"(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu)\s*,\s*")
_TIME: Final = re.compile(
    r"[ t,]*(?:pukul|jam)?\s*(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d{1,6})?)?"
    r"\s*(wib|wita|wit|z|[+-]\d{2}:?\d{2})?\Z"
)
_ZONES: Final = {"wib": "+0700", "wita": "+0800", "wit": "+0900", "z": "+0000"}
_EPOCH: Final = date(1899, 12, 30)
"""Day 0 of spreadsheets' serials, from March 1900 on (ECMA-376-1 § 18.17.4.1)."""
_SERIALS: Final = range(10_000, 80_000)
"""1927 to 2119: whoever is older writes their date of birth in words."""
_YEAR_MIN: Final = 1900

_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?\s*e\s*\+?\s*\d{1,2}\Z", re.IGNORECASE)
_PLAIN: Final = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,10})?\Z")
_GROUPED: Final = (
    re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d{1,10})?\Z"),
    re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d{1,10})?\Z"),
)
_UNSURE: Final = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}\Z")
_DIGITS_KEPT: Final = 15
"""By a spreadsheet, of a number."""

_SEXES: Final = {
    **dict.fromkeys(("l", "lk", "laki laki", "laki", "pria", "m", "male", "lelaki"), "M"),
    **dict.fromkeys(("p", "pr", "perempuan", "wanita", "w", "f", "female"), "F"),
}


class CellWrong(Exception):
    """What is wrong with a cell; the row's fault is made of it."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.word)
        self.wrong = wrong


def whole(cell: Cell) -> str:
    """Text. Raises CellWrong for an error of the spreadsheet's."""
    if cell.kind == BROKEN:
        raise CellWrong(Wrong.FORMULA)
    return cell.text


def identifying(cell: Cell) -> str:
    """A number that somebody or something is known by, with every digit that it had."""
    text = whole(cell)
    if _SCIENTIFIC.match(text):
        raise CellWrong(Wrong.SCIENTIFIC)
    if cell.kind == NUMBER:
        if len(text.lstrip("-")) > _DIGITS_KEPT:
            raise CellWrong(Wrong.DIGITS_LOST)
        if "." in text or "-" in text:
            raise CellWrong(Wrong.IDENTIFIER)
    if cell.kind == MOMENT:
        raise CellWrong(Wrong.IDENTIFIER)
    return text


def sex(cell: Cell) -> str:
    """M or F; '' for nothing."""
    text = " ".join(re.split(r"[\s\-/]+", whole(cell).casefold())).strip(" .")
    if text in ("", "?"):
        return ""
    if text not in _SEXES:
        raise CellWrong(Wrong.SEX)
    return _SEXES[text]


def moment(cell: Cell) -> str:
    """A date with or without a time, as HL7 writes it (YYYYMMDD[HHMM[SS]][±ZZZZ]); '' for nothing.

    Days come before months, as in Indonesia; a year has four digits, since two leave a century
    open.
    """
    text = _WEEKDAY.sub("", whole(cell).casefold(), count=1).strip()
    if not text:
        return ""
    if cell.kind == MOMENT:
        return _kept(text)
    if serial := _SERIAL.match(text):
        return _of_serial(int(serial[1]), serial[2] or "")
    for shape in (_COMPACT, _ISO, _DMY, _NAMED):
        if found := shape.match(text):
            day = _day(shape, found)
            return day + _time(text[found.end() :])
    raise CellWrong(Wrong.DATE)


def clock(cell: Cell) -> str:
    """A time of day (HHMM[SS][±ZZZZ]); '' for nothing."""
    text = whole(cell).casefold().strip()
    if cell.kind == NUMBER:  # a part of a day
        try:
            seconds = round(float(text) * 86_400)
        except ValueError:
            raise CellWrong(Wrong.TIME) from None
        if not 0 <= seconds < 86_400:
            raise CellWrong(Wrong.TIME)
        return f"{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}"
    if cell.kind == MOMENT and "t" in text:
        text = text.partition("t")[2]
    try:
        return _time(text)
    except CellWrong:
        raise CellWrong(Wrong.TIME) from None


def number(cell: Cell, decimal_sign: str = "") -> Decimal | None:
    """A number; None for nothing. ``decimal_sign``: of the file, where somebody has said it."""
    text = whole(cell).replace(" ", "")
    if not text:
        return None
    if cell.kind == NUMBER:
        return Decimal(text)
    if cell.kind == MOMENT:
        raise CellWrong(Wrong.NUMBER)
    if not decimal_sign:
        if _UNSURE.match(text):
            raise CellWrong(Wrong.AMBIGUOUS)
        if _PLAIN.match(text):
            return Decimal(text.replace(",", "."))
        decimal_sign = "," if _GROUPED[0].match(text) else "."
    grouping = "." if decimal_sign == "," else ","
    if not (_GROUPED[decimal_sign != ","].match(text) or _PLAIN.match(text)):
        raise CellWrong(Wrong.NUMBER)
    if grouping in text and not _GROUPED[decimal_sign != ","].match(text):
        raise CellWrong(Wrong.NUMBER)
    return Decimal(text.replace(grouping, "").replace(decimal_sign, "."))


def _kept(iso: str) -> str:
    """What a workbook kept as a date: midnight is a day without a time."""
    try:
        known = datetime.fromisoformat(iso)
    except ValueError:
        raise CellWrong(Wrong.DATE) from None
    if known.year < _YEAR_MIN:
        raise CellWrong(Wrong.DATE)
    return f"{known:%Y%m%d}" if known.time() == time(0) else f"{known:%Y%m%d%H%M%S}"


def _of_serial(days: int, part: str) -> str:
    if days not in _SERIALS:
        raise CellWrong(Wrong.DATE)
    seconds = round(float(f"0.{part}") * 86_400) if part else 0
    known = datetime.combine(_EPOCH, time(0)) + timedelta(days=days, seconds=seconds)
    return f"{known:%Y%m%d%H%M%S}" if seconds else f"{known:%Y%m%d}"


def _day(shape: re.Pattern[str], found: re.Match[str]) -> str:
    one, two, three = found.groups()
    try:
        if shape in (_COMPACT, _ISO):
            made = date(int(one), int(two), int(three))
        else:
            month = int(two) if two.isdigit() else MONTHS[two]
            made = date(int(three), month, int(one))
    except (ValueError, KeyError):
        raise CellWrong(Wrong.DATE) from None
    if made.year < _YEAR_MIN:
        raise CellWrong(Wrong.DATE)
    return f"{made:%Y%m%d}"


def _time(text: str) -> str:
    if not text.strip():
        return ""
    found = _TIME.match(text)
    if found is None:
        raise CellWrong(Wrong.DATE)
    hour, minute, second, zone = found.groups()
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise CellWrong(Wrong.DATE)
    offset = _ZONES.get(zone, zone.replace(":", "")) if zone else ""
    return f"{int(hour):02}{minute}{second or ''}{offset}"

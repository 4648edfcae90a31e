"""Dates as people in Indonesian hospitals write them: 12/3/1984, 12-03-84, 12 Maret 1984,
1984-03-12, 19840312, Maret 2024, kemarin; and two of them as a range."""

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from segel.domain.months import MONTHS

_MONTH: Final = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY: Final = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{8}"
    rf"|\d{{1,2}}[ -]{_MONTH}[ -]\d{{4}}|{_MONTH} ?\d{{4}}"
    r"|hari ini|today|kemarin|kmrn|yesterday)"
)
_UNTIL: Final = r"\s*(?:-|–|—|\.\.\.?|s/d|sd|s\.d\.|sampai|hingga|to|until)\s*"
_BIRTH: Final = r"(?:tgl\.? lahir|tanggal lahir|lahir|ttl|tl|born|birth ?date|dob)"
_STUDY: Final = r"(?:tgl\.? periksa|tanggal periksa|periksa|studi|study|tgl|tanggal|date|pada|on)"
_PHRASE: Final = re.compile(
    rf"(?<![\w/.-])(?:(?P<birth>{_BIRTH})[ :]+|(?P<study>{_STUDY})[ :]+)?"
    rf"(?P<first>{_DAY})(?:{_UNTIL}(?P<last>{_DAY}))?"
    r"(?![\w/-])",
    re.IGNORECASE,
)
NUMBER_OR_DAY: Final = re.compile(r"(?:\d{8}|\d\d[.-]\d\d[.-]\d\d)\Z", re.ASCII)
"""Alone it is as likely somebody's number: 19840312, and 12-03-84 as folders are labelled."""

OLDEST: Final = date(1880, 1, 1)
"""Nobody alive, and no study, is of before."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days from ``first`` to ``last``, both included, and what they were said to be of."""

    first: date
    last: date
    birth: bool = False
    study: bool = False

    @property
    def is_range(self) -> bool:
        return self.first != self.last

    @property
    def dicom(self) -> str:
        """As a DICOM matching value: a date or a range (PS3.4 § C.2.2.2.5)."""
        if self.is_range:
            return f"{self.first:%Y%m%d}-{self.last:%Y%m%d}"
        return f"{self.first:%Y%m%d}"


def find_dates(text: str, today: date) -> tuple[list[Span], str]:
    """The dates in ``text``, and the text without them. What is no real date stays in the text."""
    spans: list[Span] = []

    def take(match: re.Match[str]) -> str:
        first, birth = match["first"], bool(match["birth"])
        if NUMBER_OR_DAY.match(first) and not (match["last"] or birth or match["study"]):
            return match.group()
        span = parse_span(first, match["last"], today)
        if span is None:
            return match.group()
        relative = first[0].isalpha() and not span.is_range  # "kemarin": nobody means a birth
        spans.append(replace(span, birth=birth, study=bool(match["study"]) or relative))
        return " "

    return spans, _PHRASE.sub(take, text)


def parse_span(first: str, last: str | None, today: date) -> Span | None:
    """One day, one month, or everything between two of them; None where it is no date."""
    begin = _days(first, today)
    end = _days(last, today) if last else begin
    if begin is None or end is None:
        return None
    low, high = min(begin[0], end[0]), max(begin[1], end[1])
    return Span(low, high) if low >= OLDEST else None


def _days(text: str, today: date) -> tuple[date, date] | None:
    text = text.casefold().replace(".", "-" if text[:1].isdigit() else "")
    if text in ("hari ini", "today"):
        return today, today
    if text in ("kemarin", "kmrn", "yesterday"):
        return today - timedelta(days=1), today - timedelta(days=1)
    parts = re.split(r"[ /-]+|(?<=[a-z])(?=\d)", text)
    try:
        if len(parts) == 2:
            year, month = int(parts[1]), MONTHS[parts[0]]
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        day = _one_day(parts, today)
    except (ValueError, KeyError):
        return None
    return day, day


def _one_day(parts: list[str], today: date) -> date:
    if len(parts) == 1:
        digits = parts[0]
        try:
            return _no_later(date(int(digits[:4]), int(digits[4:6]), int(digits[6:])), today)
        except ValueError:
            return date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    first, middle, last = parts
    if len(first) == 4:
        return date(int(first), int(middle), int(last))
    month = int(middle) if middle.isdigit() else MONTHS[middle]
    year = int(last)
    if len(last) == 2:  # of two centuries the one that is not in the future
        year += today.year // 100 * 100
        year -= 100 if year > today.year else 0
    return date(year, month, int(first))


def _no_later(day: date, today: date) -> date:
    if not OLDEST <= day <= today:
        raise ValueError
    return day

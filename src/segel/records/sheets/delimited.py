"""CSV as spreadsheets and laboratories write it: any usual delimiter, any usual character set.

RFC 4180 is the least of it. Excel in Indonesian separates by semicolons, writes ``sep=;`` first
where it was told to, and saves "Unicode text" as UTF-16 with tabs.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from segel.records.sheets.errors import SheetProblem, SheetRefused
from segel.records.sheets.tables import Cell, Table, table_of

DELIMITERS: Final = (";", ",", "\t", "|")
_SAMPLE_ROWS: Final = 30
_SEP: Final = re.compile(r"sep=(.)\r?\n?\Z", re.IGNORECASE)
_AS_TEXT: Final = re.compile(r'="([^"]*)"\Z')
_BLANKS: Final = re.compile(r"[\s\u200b\ufeff]+")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_delimited(data: bytes) -> Table:
    """The one table of a text file. Raises SheetRefused."""
    text = decoded(data)
    first, rest = _split_first(text)
    stated = _SEP.match(first.strip(" \"'"))
    if stated:
        return table_of(_rows(rest, stated[1]))
    return table_of(_rows(text, _delimiter(text)))


def decoded(data: bytes) -> str:
    """The text of a file. Raises SheetRefused where it is none.

    By its byte order mark; without one by its zero bytes (UTF-16), as UTF-8, and last as
    Windows-1252, in which only five bytes stand for nothing.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], codec)
    head = data[:1_000]
    zeros = head[0::2].count(0), head[1::2].count(0)
    if max(zeros) * 4 > len(head):  # half of the bytes of Latin text
        return _strictly(data, "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le")
    try:
        return _strictly(data, "utf-8")
    except SheetRefused:
        return _strictly(data, "cp1252")


_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _strictly(data: bytes, codec: str) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        raise SheetRefused(SheetProblem.ENCODING) from None
    if _UNPRINTABLE.search(text):
        raise SheetRefused(SheetProblem.ENCODING)
    return text


def _split_first(text: str) -> tuple[str, str]:
    at = text.find("\n")
    return (text, "") if at < 0 else (text[: at + 1], text[at + 1 :])


def _delimiter(text: str) -> str:
    """What most rows have equally often."""

    def score(sign: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
        try:
            lengths = Counter(len(row) for row in islice(reader, _SAMPLE_ROWS) if row)
        except csv.Error:
            return (0, 0)
        lengths.pop(1, None)
        if not lengths:
            return (0, 0)
        length, times = lengths.most_common(1)[0]
        return (times, length)

    return max(DELIMITERS, key=score)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, Sequence[Cell]]]:
    if delimiter in '"\r\n':
        raise SheetRefused(SheetProblem.QUOTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            is_long = "field larger" in str(broken)
            problem = SheetProblem.CELL if is_long else SheetProblem.QUOTES
            raise SheetRefused(problem) from None
        number += 1
        yield number, [Cell(tidy(one)) for one in row]


def tidy(text: str) -> str:
    """Text as a cell means it: without blanks around it, without the apostrophe or the ``="…"`` by
    which spreadsheets are kept from reading it as a number."""
    text = _BLANKS.sub(" ", text).strip()
    if wrapped := _AS_TEXT.match(text):
        text = wrapped[1].strip()
    return text[1:].lstrip() if text.startswith("'") else text

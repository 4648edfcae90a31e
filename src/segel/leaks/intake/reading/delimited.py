"""Texts with a sign between their cells: CSV and its kin."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import IO, TYPE_CHECKING

from segel.leaks.intake.columns.headers import has_header
from segel.leaks.intake.reading.delimiters import (
    delimiter_of,
    quote_of,
    stated_delimiter,
)
from segel.leaks.intake.reading.encodings import decoded_head, text_of
from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_HEAD_ROWS = 200


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The one table of such a text."""
    head = decoded_head(flow.head()) or ""
    sign = delimiter_of(head) or ","
    quote = quote_of(head, sign)
    text = text_of(flow, notes)
    if stated_delimiter(head):
        text.readline(case.limits.line_chars)
    lines = bounded_lines(text, case.limits.line_chars, notes)
    rows = _rows(lines, sign, quote, notes)
    emit(case, notes, notes.path[-1], rows)


def emit(case: "Opening", notes: FileNotes, name: str, rows: Iterator[Sequence[str]]) -> None:
    """Rows as a table: the first is its header where it looks like one."""
    first: list[Sequence[str]] = []
    for row in rows:
        first.append(row)
        if len(first) >= _HEAD_ROWS:
            break
    if not first:
        return
    header: Sequence[str] = ()
    if has_header(first):
        header, *first = first
    table = case.findings.table(notes, name, list(header))
    try:
        table.extend(first)
        table.extend(rows)
    finally:
        table.end()


def bounded_lines(text: IO[str], most: int, notes: FileNotes) -> Iterator[str]:
    """Lines with their ends; of one that is too long the beginning."""
    while line := text.readline(most):
        yield line
        if len(line) >= most and not line.endswith(("\n", "\r")):
            notes.cut(Reason.LINES)
            while (rest := text.readline(most)) and not rest.endswith(("\n", "\r")):
                pass


def _rows(lines: Iterable[str], sign: str, quote: str, notes: FileNotes) -> Iterator[Sequence[str]]:
    reader = csv.reader(lines, delimiter=sign, quotechar=quote)
    while True:
        try:
            for row in reader:
                if row:
                    yield row
            return
        except csv.Error:  # a quote that nobody closed swallowed lines until the limit
            notes.cut(Reason.QUOTES)
            reader = csv.reader(chain(lines), delimiter=sign, quotechar=quote)

"""Whether a text is a table, and what stands between its cells."""

import csv
import io
import re
from collections import Counter
from itertools import islice
from typing import Final

DELIMITERS: Final = (",", ";", "\t", "|", "^", "~", "\x01", "\x1f")
_WEAK: Final = frozenset("^~")
"""Signs that stand in running text, too: they have to separate more, and more evenly."""
_SAMPLE_ROWS: Final = 60
_SAMPLE_CHARS: Final = 48 * 1024
_AGREEING: Final = 0.8
_SEP: Final = re.compile(r"\ufeff?sep=(.)\r?\n", re.IGNORECASE)
_CELL_LIMIT: Final = 1024 * 1024

csv.field_size_limit(_CELL_LIMIT)


def stated_delimiter(text: str) -> str:
    """What Excel's first line says; '' where there is none."""
    found = _SEP.match(text)
    return found[1] if found else ""


def delimiter_of(text: str) -> str:
    """The sign between cells; '' where this is no table. It is what most rows have equally often:
    a row is a line, or what quotes hold together."""
    if stated := stated_delimiter(text):
        return stated
    sample = text[:_SAMPLE_CHARS]
    if len(text) > _SAMPLE_CHARS or len(text) >= _SAMPLE_CHARS:
        sample = sample[: sample.rfind("\n") + 1] or sample
    best = max(DELIMITERS, key=lambda sign: _score(sample, sign))
    return best if _score(sample, best)[0] > 0 else ""


def _score(text: str, sign: str) -> tuple[int, int]:
    if sign not in text:
        return (0, 0)
    quote = quote_of(text, sign)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, quotechar=quote)
    try:
        lengths = Counter(len(row) for row in islice(reader, _SAMPLE_ROWS) if row)
    except csv.Error:
        return (0, 0)
    rows = lengths.total()
    single = lengths.pop(1, 0)
    if not lengths or rows < 2:
        return (0, 0)
    (length, times) = max(lengths.items(), key=lambda item: (item[1], item[0]))
    needed = _AGREEING * rows
    if sign in _WEAK and (length < 3 or rows < 3 or single):
        return (0, 0)
    if sign == "," and (single or length < 3) and times < rows:
        needed = rows  # sentences have commas, too
    return (times, length) if times >= needed or times > rows - single - 2 > 3 else (0, 0)


def quote_of(text: str, sign: str) -> str:
    """The sign around cells: double quotes, else single ones where they begin and end cells."""
    cut = re.escape(sign)
    doubles = len(re.findall(rf'(?:^|{cut})"|"(?:{cut}|\r?$)', text, re.MULTILINE))
    singles = len(re.findall(rf"(?:^|{cut})'[^'\r\n]*'(?={cut}|\r?$)", text, re.MULTILINE))
    return "'" if singles > max(doubles, 3) else '"'

"""What is wrong with the rows of a table, as a file that a spreadsheet opens."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula where a cell begins so, whatever the file's type."""


def harmless(text: str) -> str:
    """A cell that no spreadsheet computes."""
    begins = text.startswith(_FORMULAS) or text.lstrip().startswith(_FORMULAS)
    return f"'{text}" if begins else text


def csv_of(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with its mark and semicolons, as spreadsheets here open it with a click."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow([harmless(one) for one in titles])
    writer.writerows([harmless(one) for one in line] for line in lines)
    return b"\xef\xbb\xbf" + out.getvalue().encode()

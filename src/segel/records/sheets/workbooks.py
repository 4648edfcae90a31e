"""Workbooks (.xlsx, ECMA-376): the values that were kept of each cell, never a formula computed.

openpyxl reads; what it is given is unpacked before, to see that it is not more than it says, and
its XML parser is defusedxml's, which expands no entity.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any, Final

import openpyxl

from segel.records.sheets.delimited import tidy
from segel.records.sheets.errors import SheetProblem, SheetRefused
from segel.records.sheets.tables import (
    BROKEN,
    COLUMNS_MAX,
    EMPTY,
    MOMENT,
    NUMBER,
    Cell,
    Table,
    table_of,
)

UNPACKED_BYTES_MAX: Final = 48 * 1024 * 1024
MEMBERS_MAX: Final = 500
SHEETS_MAX: Final = 10
ROW_NUMBER_MAX: Final = 1_048_576
"""A worksheet's last row (Excel's). A file that names a later one would have it counted up to."""
_PIECE_BYTES: Final = 256 * 1024

assert openpyxl.DEFUSEDXML, "without it a workbook's entities would be expanded"


def read_workbook(data: bytes) -> list[Table]:
    """The tables of the sheets that are shown and hold anything. Raises SheetRefused."""
    has_formulas = _require_bounded(data)
    try:
        tables = [
            table_of(_rows(sheet, formulas), sheet.title)
            for sheet, formulas in zip(
                _sheets(data, values=True),
                _sheets(data, values=False) if has_formulas else [None] * SHEETS_MAX,
                strict=False,
            )
        ]
    except SheetRefused:
        raise
    except Exception:  # it raises whatever its code runs into, and quotes what it read
        raise SheetRefused(SheetProblem.BROKEN) from None
    return [one for one in tables if one.rows]


def _sheets(data: bytes, *, values: bool) -> list[Any]:
    """The sheets that are shown: with the values that were kept, or with the formulas."""
    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=values, keep_links=False
    )
    return [one for one in book.worksheets if one.sheet_state == "visible"][:SHEETS_MAX]


def _require_bounded(data: bytes) -> bool:
    """Return where every part unpacks, and all of them to no more than is read: whether there are
    formulas."""
    room = UNPACKED_BYTES_MAX
    has_formulas = False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
            if len(members) > MEMBERS_MAX:
                raise SheetRefused(SheetProblem.UNPACKED)
            if not any(one.filename == "[Content_Types].xml" for one in members):
                raise SheetRefused(SheetProblem.OLD)
            for member in members:
                with packed.open(member) as part:
                    while piece := part.read(_PIECE_BYTES):
                        room -= len(piece)
                        has_formulas |= b"<f" in piece or b":f" in piece
                        if room < 0:
                            raise SheetRefused(SheetProblem.UNPACKED)
    except SheetRefused:
        raise
    except Exception:  # zipfile, zlib and struct have no error in common
        raise SheetRefused(SheetProblem.BROKEN) from None
    return has_formulas


def _rows(sheet: Any, formulas: Any) -> Iterator[tuple[int, Sequence[Cell]]]:
    rows = zip_longest(_values(sheet), _values(formulas) if formulas else (), fillvalue=())
    for number, (row, computed) in enumerate(rows, 1):
        if number > ROW_NUMBER_MAX:
            raise SheetRefused(SheetProblem.ROWS)
        cells = [_cell(value) for value in row]
        for at, formula in enumerate(computed):
            # What a program wrote and no spreadsheet has computed is not an empty cell.
            if at < len(cells) and cells[at] is EMPTY and formula is not None:
                cells[at] = _UNKNOWN
        if any(cell is not EMPTY for cell in cells):
            yield number, cells


def _values(sheet: Any) -> Iterator[tuple[object, ...]]:
    sheet.reset_dimensions()  # what a file says of its size is not always so
    found: Iterator[tuple[object, ...]] = sheet.iter_rows(max_col=COLUMNS_MAX + 1, values_only=True)
    return found


def _cell(value: object) -> Cell:
    match value:
        case None:
            return EMPTY
        case bool():
            return Cell("TRUE" if value else "FALSE")
        case datetime() | date() | time():
            return Cell(value.isoformat(), MOMENT)
        case int() | float():
            return _number(value)
        case str():
            text = tidy(value)
            return Cell(text, BROKEN) if text in _ERRORS else Cell(text)
        case _:
            return _UNKNOWN


def _number(value: float) -> Cell:
    try:
        exact = Decimal(repr(value))
        text = format(exact.normalize() if exact == exact.to_integral() else exact, "f")
    except (InvalidOperation, ValueError):
        return _UNKNOWN
    return Cell(text, NUMBER) if exact.is_finite() else _UNKNOWN


_UNKNOWN: Final = Cell("#", BROKEN)
_ERRORS: Final = frozenset(
    "#NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #N/A #GETTING_DATA #SPILL! #CALC!".split()
)

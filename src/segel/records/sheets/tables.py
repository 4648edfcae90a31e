"""A table as it was in the file: rows of cells, before anybody asks what they mean."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from segel.records.sheets.errors import SheetProblem, SheetRefused

FILE_BYTES_MAX: Final = 8 * 1024 * 1024
"""A year of a small laboratory; more is sent in several files."""
ROWS_MAX: Final = 5_000
"""What is looked through on a page, and taken within minutes."""
COLUMNS_MAX: Final = 100
CELL_LENGTH_MAX: Final = 1_000
"""Of characters: a note is long, a report is a document and comes by HL7."""

TEXT: Final = "t"
NUMBER: Final = "n"
MOMENT: Final = "d"
BROKEN: Final = "e"


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """What a cell holds. ``kind``: text, a number (``text`` with a decimal point), a date or time
    (``text`` in ISO form), or an error of the spreadsheet's."""

    text: str
    kind: str = TEXT


class Row(msgspec.Struct, frozen=True, array_like=True):
    """``number`` as the spreadsheet shows it, from 1."""

    number: int
    cells: tuple[Cell, ...]

    def cell(self, at: int) -> Cell:
        """A cell; an empty one beyond the row's end."""
        return self.cells[at] if 0 <= at < len(self.cells) else EMPTY

    @property
    def is_empty(self) -> bool:
        return not any(cell.text for cell in self.cells)


EMPTY: Final = Cell("")


class Table(msgspec.Struct, frozen=True):
    """The rows that hold anything, in their order. ``name``: the sheet's, '' of a text file."""

    rows: tuple[Row, ...]
    name: str = ""


def table_of(found: Iterable[tuple[int, Sequence[Cell]]], name: str = "") -> Table:
    """A table within its bounds. Raises SheetRefused."""
    rows: list[Row] = []
    for number, cells in found:
        row = Row(number, tuple(cells))
        if row.is_empty:
            continue
        if len(rows) > ROWS_MAX:
            raise SheetRefused(SheetProblem.ROWS)
        if any(cell.text for cell in row.cells[COLUMNS_MAX:]):
            raise SheetRefused(SheetProblem.COLUMNS)
        if any(len(cell.text) > CELL_LENGTH_MAX for cell in row.cells):
            raise SheetRefused(SheetProblem.CELL)
        rows.append(Row(number, row.cells[:COLUMNS_MAX]))
    return Table(tuple(rows), name)

"""What the laboratory's pages show of a table: columns with samples, rows as understood."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any, Final

from segel.console.errors import FormBroken
from segel.records import Field, Looked, Mapping, Result, Table

SAMPLES: Final = 3
"""Cells of a column that show what it is."""
SHOWN_MAX: Final = 10
"""Rows that are shown as they are understood; the rest is read in the same way."""
FAULTS_MAX: Final = 50
"""Errors on the page; the file has all of them."""
NAME_LENGTH_MAX: Final = 120
TESTS: Final = ("94558-4", "94500-6")
"""LOINC: the tests of which files often have only one, and no column that says so."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file. ``chosen``: what it is taken for."""

    place: int
    name: str = field(repr=False)
    samples: tuple[str, ...] = field(repr=False)
    chosen: str


@dataclass(frozen=True, slots=True)
class Line:
    """What became of a row, or what is wrong with it."""

    row: int
    column: str
    field: str
    wrong: str


def columns_of(looked: Looked, mapping: Mapping) -> list[Column]:
    """Every column, with some of what stands in it."""
    table = looked.sheet.table
    assert table is not None, "a page of columns is shown while there is a table"
    by_place = {place: name.value for name, place in mapping.columns.items()}
    below = [row for row in table.rows if row.number > mapping.header_row]
    return [
        Column(place, name, _samples(table, below, place), by_place.get(place, ""))
        for place, name in enumerate(looked.names)
    ]


def _samples(table: Table, below: list[Any], place: int) -> tuple[str, ...]:
    found = dict.fromkeys(row.cell(place).text for row in below if row.cell(place).text)
    return tuple(found)[:SAMPLES]


def mapping_of(form: Map[str, str], header_row: int) -> Mapping:
    """What a form says of the columns; of two that are said to be the same, the first is. Raises
    FormBroken."""
    columns: dict[Field, int] = {}
    for name, value in form.items():
        place = name.removeprefix("column-")
        if not name.startswith("column-") or not value:
            continue
        try:
            columns.setdefault(Field(value), int(place))
        except ValueError:
            raise FormBroken("A column is none.", field=name, remedy="Choose again.") from None
    test, decimal = form.get("test", ""), form.get("decimal", "")
    if test not in ("", *TESTS) or decimal not in ("", ",", "."):
        raise FormBroken("A choice is missing.", field="test", remedy="Choose one.")
    laboratory = " ".join(form.get("laboratory", "").split())[:NAME_LENGTH_MAX]
    return Mapping(columns, header_row, test, laboratory, decimal)


def faults_of(looked: Looked) -> list[Line]:
    """What is wrong with rows: as they are read, or as the archive found."""
    found = looked.understood
    read = found.faults if found is not None else ()
    lines = [Line(one.row, one.column, one.field, one.wrong.word) for one in read]
    refused = (one for one in looked.sheet.outcomes if one.wrong)
    lines += [Line(one.row, one.column, one.field, one.wrong) for one in refused]
    return sorted(dict.fromkeys(lines), key=lambda line: line.row)


def rows_of(looked: Looked) -> list[Result]:
    """The first rows as they are understood."""
    return list(looked.understood.results[:SHOWN_MAX]) if looked.understood else []


def tally(looked: Looked) -> dict[str, int]:
    """How many rows were taken, were there, were refused, and brought a new patient."""
    outcomes = looked.sheet.outcomes
    counts = {
        state: sum(one.state == state for one in outcomes)
        for state in ("taken", "there", "refused")
    }
    return counts | {"registered": sum(one.registered for one in outcomes)}

"""Sends a laboratory's table to a running Segel, row by row, through its own door for programs.

The file is read where it lies. Its import's id follows from its content, so that the same file is
the same import wherever and however often it is begun; no journal is kept beside it.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

from segel.domain.errors import SegelError
from segel.domain.sheet_fields import Field
from segel.records.hl7.sender import JAKARTA
from segel.records.sheets.columns import Mapping, best_of, headers, suggested
from segel.records.sheets.errors import RowFault, SheetProblem, SheetRefused, Wrong
from segel.records.sheets.reading import read_tables
from segel.records.sheets.rows import Understood, understand
from segel.records.sheets.tables import BROKEN, FILE_BYTES_MAX, NUMBER, Cell, Row, Table

PATH: Final = "/api/laboratory/imports"
ROWS_A_REQUEST: Final = 25
TIMEOUT_S: Final = 120
ATTEMPTS: Final = 5
PAUSE_MAX_S: Final = 30.0
"""A door that asks for more patience is given up on: the import is begun again later."""

_WRONGS: Final = {wrong.word: wrong for wrong in Wrong}


class LabImportFailed(SegelError):
    """The door did not take what was sent at all."""

    code = "lab-import-failed"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was read. ``import_id`` follows from its bytes."""

    import_id: UUID
    table: Table = field(repr=False)
    mapping: Mapping
    understood: Understood = field(repr=False)


@dataclass(slots=True)
class Sent:
    """What became of the rows; ``faults`` are those that the archive refused."""

    states: Counter[str] = field(default_factory=Counter)
    faults: list[RowFault] = field(default_factory=list)


def prepare(path: Path, stated: dict[str, str], mapping: Mapping | None = None) -> Prepared:
    """Read a file. ``stated``: fields by the headers that somebody names, over what is recognised.

    Raises SheetRefused.
    """
    if path.stat().st_size > FILE_BYTES_MAX:
        raise SheetRefused(SheetProblem.BYTES)
    data = path.read_bytes()
    table = best_of(read_tables(data))
    known = suggested(table)
    names = headers(table, known.header_row)
    columns = dict(known.columns)
    for name, header in stated.items():
        if header and header not in names:
            raise SheetRefused(SheetProblem.MAPPING, name)
        columns.pop(Field(name), None)
        if header:
            columns[Field(name)] = names.index(header)
    made = msgspec.structs.replace(mapping or known, columns=columns, header_row=known.header_row)
    today = datetime.now(JAKARTA).date()
    import_id = UUID(bytes=hashlib.sha256(data).digest()[:16], version=4)
    return Prepared(import_id, table, made, understand(table, made, today))


class Door:
    """The door for programs at ``url``, with a token that may import."""

    def __init__(self, url: str, token: str) -> None:
        self._place = urlsplit(url).netloc
        self._web = httpx.Client(
            base_url=url, timeout=TIMEOUT_S, headers={"Authorization": f"Bearer {token}"}
        )

    def send(self, prepared: Prepared, progressed: Callable[[int], None]) -> Sent:
        """Send every row that can be understood. Raises LabImportFailed."""
        sent = Sent()
        names = headers(prepared.table, prepared.mapping.header_row)
        for rows in _batches(prepared):
            body = {
                "rows": [
                    {"row": row.number, "cells": _cells(row, prepared.mapping)} for row in rows
                ],
                "test": prepared.mapping.test,
                "laboratory": prepared.mapping.laboratory,
                "decimal": prepared.mapping.decimal,
            }
            for one in self._ask("POST", prepared.import_id, body)["rows"]:
                sent.states[one["state"]] += 1
                if "wrong" in one:
                    at = prepared.mapping.columns.get(Field(one["field"]), -1)
                    name = names[at] if 0 <= at < len(names) else ""
                    wrong = _WRONGS[one["wrong"]]
                    sent.faults.append(RowFault(one["row"], name, one["field"], wrong))
            progressed(len(rows))
        return sent

    def undo(self, import_id: UUID, progressed: Callable[[int, int], None]) -> dict[str, Any]:
        """Take an import out again. Raises LabImportFailed."""
        while True:
            undone: dict[str, Any] = self._ask("DELETE", import_id)["undone"]
            progressed(undone["rows"], undone["of"])
            if undone["ended"]:
                return undone

    def _ask(self, method: str, import_id: UUID, body: Any = None) -> Any:
        last, pause_s = "", 1.0
        for _ in range(ATTEMPTS):
            try:
                answer = self._web.request(method, f"{PATH}/{import_id}", json=body)
            except httpx.HTTPError as error:
                last = type(error).__name__
            else:
                if answer.status_code == httpx.codes.OK:
                    return answer.json()
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    raise _refused(answer)
                last = "503"
                pause_s = max(pause_s, min(PAUSE_MAX_S, _seconds(answer)))
            time.sleep(pause_s)
            pause_s = min(PAUSE_MAX_S, pause_s * 2)
        raise LabImportFailed(
            f"The Segel at {self._place} does not answer ({last}).",
            remedy="Begin the import again later: what is there is recognised.",
        )


def _refused(answer: httpx.Response) -> LabImportFailed:
    try:
        issue = answer.json()["issue"][0]
        what, remedy = str(issue["details"]["text"]), str(issue.get("diagnostics", ""))
    except (ValueError, KeyError, IndexError, TypeError):
        what, remedy = f"The door answered {answer.status_code}.", ""
    return LabImportFailed(what[:300], remedy=remedy[:300])


def _seconds(answer: httpx.Response) -> float:
    stated = answer.headers.get("retry-after", "")
    return float(stated) if stated.isdigit() else 0.0


def _batches(prepared: Prepared) -> Iterator[list[Row]]:
    sound = {one.row for one in prepared.understood.results}
    rows = [row for row in prepared.table.rows if row.number in sound]
    for at in range(0, len(rows), ROWS_A_REQUEST):
        yield rows[at : at + ROWS_A_REQUEST]


def _cells(row: Row, mapping: Mapping) -> dict[str, Any]:
    found = {field.value: row.cell(at) for field, at in mapping.columns.items()}
    return {name: _value(cell) for name, cell in found.items() if cell.text and cell.kind != BROKEN}


def _value(cell: Cell) -> Any:
    if cell.kind == NUMBER:
        number = float(cell.text)
        return int(number) if number.is_integer() else number
    return cell.text

"""Rows of laboratories' tables from programs: ``/api/laboratory/imports``.

A program names its import by an id of its own and sends rows in as many requests as it likes; the
same rows again change nothing. Nothing of a row is kept but what it becomes.
"""

from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response

from segel.access import AnyRequest, RequestBroken, json_of
from segel.domain.sheet_fields import Field
from segel.records.http.answers import NO_STORE
from segel.records.http.asking import asker
from segel.records.sheets.columns import Mapping
from segel.records.sheets.delimited import tidy
from segel.records.sheets.drawers import Outcome
from segel.records.sheets.errors import Wrong
from segel.records.sheets.rows import loinc
from segel.records.sheets.service import Looked, Sheets
from segel.records.sheets.tables import CELL_LENGTH_MAX, NUMBER, Cell, table_of

PATH: Final = "/api/laboratory/imports"
ROWS_MAX: Final = 100
"""In one request: what is taken within some seconds."""
BODY_BYTES_MAX: Final = 2 * 1024 * 1024

_WRONGS: Final = {wrong.word: wrong for wrong in Wrong}


class SentRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row: its number in the sender's file, and its cells by what they are."""

    row: int
    cells: dict[Field, str | int | float]


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some rows. ``test``, ``laboratory`` and ``decimal`` as in ``Mapping``."""

    rows: list[SentRow]
    test: str = ""
    laboratory: str = ""
    decimal: str = ""


async def answer(sheets: Sheets, request: AnyRequest) -> Response[bytes]:
    """POST takes rows, GET tells how an import stands, DELETE takes the next of it out again.

    Raises RequestBroken, SheetRefused, SheetUnknown, BrokerError.
    """
    asked = asker(request)
    import_id = _import_of(request)
    match request.method:
        case "POST":
            sent = await _sent(request)
            outcomes = await _taken(sheets, asked, import_id, sent)
            return _told({"rows": [_row(one) for one in outcomes]})
        case "DELETE":
            return _told(_state(await sheets.undo(asked, import_id)))
        case _:
            return _told(_state(await sheets.look(asked, import_id)))


async def _taken(sheets: Sheets, asked: Any, import_id: UUID, sent: Sent) -> list[Outcome]:
    fields = list(Field)
    rows = (
        (one.row, [_cell(one.cells[field]) if field in one.cells else Cell("") for field in fields])
        for one in sorted(sent.rows, key=lambda row: row.row)
    )
    header = (0, [Cell(field.value) for field in fields])
    columns = {field: at for at, field in enumerate(fields)}
    mapping = Mapping(columns, 0, sent.test, sent.laboratory, sent.decimal)
    return await sheets.take_rows(asked, import_id, table_of([header, *rows]), mapping)


def _cell(value: str | float) -> Cell:
    if isinstance(value, str):
        return Cell(tidy(value))
    return Cell(format(Decimal(repr(value)), "f"), NUMBER)


async def _sent(request: AnyRequest) -> Sent:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            break
    try:
        if len(body) > BODY_BYTES_MAX:
            raise ValueError
        sent = json_of(bytes(body), Sent)
        numbers = [one.row for one in sent.rows]
        is_sound = (
            0 < len(numbers) <= ROWS_MAX
            and len(set(numbers)) == len(numbers)
            and all(0 < number < 2**31 for number in numbers)
            and (not sent.test or bool(loinc(sent.test)))
            and sent.decimal in ("", ",", ".")
            and len(sent.laboratory) <= CELL_LENGTH_MAX
            and sent.laboratory.isprintable()
        )
        if not is_sound:
            raise ValueError
    except (ValueError, msgspec.DecodeError):
        raise RequestBroken(
            "The body is not some rows of a table.",
            field="body",
            remedy=f"Send JSON with 1 to {ROWS_MAX} rows, each with its number and its cells.",
        ) from None
    return sent


def _import_of(request: AnyRequest) -> UUID:
    try:
        return UUID(str(request.path_params["import_id"]))
    except ValueError:
        raise RequestBroken(
            "An import is named by a UUID.", field="import_id", remedy="Make a random one."
        ) from None


def _row(one: Outcome) -> dict[str, Any]:
    made: dict[str, Any] = {"row": one.row, "state": one.state}
    if one.wrong:
        wrong = _WRONGS[one.wrong]
        made |= {"field": one.field, "wrong": wrong.word, "what": wrong.what}
        made["remedy"] = wrong.remedy
    return made


def _state(looked: Looked) -> dict[str, Any]:
    sheet = looked.sheet
    states = [one.state for one in sheet.outcomes]
    places = sum(bool(one.places) for one in sheet.outcomes)
    return {
        "rows": {state: states.count(state) for state in sorted(set(states))},
        "undone": {
            "rows": len(sheet.undone),
            "of": places,
            "ended": bool(sheet.head.undone_s),
            "changed_since": [one.row for one in sheet.undone if one.kept],
        },
    }


def _told(body: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), media_type="application/json", headers=NO_STORE)

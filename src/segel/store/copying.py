"""Many rows by COPY in PostgreSQL's binary format (PostgreSQL 18, COPY, § Binary Format).

psycopg writes rows one field at a time, each with a Python call of its own: for rows of tokens and
ids that took as long as making them.
"""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_EPOCH: Final = date(2000, 1, 1).toordinal()
"""PostgreSQL counts days from here."""


def _uuid(value: UUID) -> bytes:
    return value.bytes


def _date(value: date) -> bytes:
    return struct.pack("!i", value.toordinal() - _EPOCH)


_ENCODERS: Final[Mapping[str, Callable[[Any], bytes]]] = {
    "uuid": _uuid,
    "bytea": bytes,
    "date": _date,
    "int2": struct.Struct("!h").pack,
}


def copy_rows(
    connection: psycopg.Connection,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Add rows to a table. ``columns``: the type of each (uuid, bytea, date or int2), in the rows'
    order; nothing is NULL. Raises psycopg.Error."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(encoded(list(columns.values()), rows))


def encoded(types: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The whole stream of some rows."""
    encoders = [_ENCODERS[one] for one in types]
    count = struct.pack("!h", len(types))
    length = struct.Struct("!i").pack
    parts = [_HEADER]
    for row in rows:
        parts.append(count)
        for encode, value in zip(encoders, row, strict=True):
            field = encode(value)
            parts += (length(len(field)), field)
    parts.append(_TRAILER)
    return b"".join(parts)

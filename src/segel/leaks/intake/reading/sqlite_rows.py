"""SQLite databases: the rows of their tables, out of a copy in memory.

The bytes become a database by ``deserialize``: there is no file, no journal, nothing to attach.
Only tables are read, by their rows; views, triggers, virtual tables and functions are not, and the
authorizer refuses whatever else a schema might ask for.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_ALLOWED: Final = frozenset({sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT})
_CELL_MAX: Final = 16 * 1024 * 1024
_FETCHED: Final = 500
_STEPS: Final = 1_000_000
"""Instructions of SQLite's machine between two signs of life."""


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The tables of a database."""
    base = sqlite3.connect(":memory:")
    try:
        data = bytearray(flow.whole())
        if len(data) > 20 and data[18:20] == b"\x02\x02":
            data[18:20] = b"\x01\x01"  # written ahead in a journal that is not here (WAL)
        base.deserialize(bytes(data))
        del data
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _CELL_MAX)
        base.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        base.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0)
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("PRAGMA cell_size_check = ON")
        base.execute("PRAGMA query_only = ON")
        base.text_factory = lambda raw: raw.decode("utf-8", "replace")
        base.set_progress_handler(lambda: case.budget.beat(), _STEPS)
        schema = base.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        if any(kind in ("trigger", "view") or _is_virtual(sql) for kind, _, sql in schema):
            notes.note(Reason.ACTIVE)
        base.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
        )
        for kind, name, sql in schema:
            if kind == "table" and not _is_virtual(sql) and not str(name).startswith("sqlite_"):
                _table(case, base, str(name), notes)
    finally:
        base.close()


def _is_virtual(sql: object) -> bool:
    return "virtual" in str(sql or "")[:40].lower()


def _table(case: "Opening", base: sqlite3.Connection, name: str, notes: FileNotes) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    try:
        cursor = base.execute(f"SELECT * FROM {quoted}")  # noqa: S608 - a quoted name
    except sqlite3.Error:
        notes.cut(Reason.BROKEN)
        return
    names = [str(one[0]) for one in cursor.description or ()]
    table = case.findings.table(notes, name, names)
    try:
        for rows in _fetched(cursor):
            table.extend([_text(cell) for cell in row] for row in rows)
    except sqlite3.Error:
        notes.cut(Reason.BROKEN)
    finally:
        table.end()


def _fetched(cursor: sqlite3.Cursor) -> Iterator[Sequence[Sequence[object]]]:
    while rows := cursor.fetchmany(_FETCHED):
        yield rows


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value[:64].hex()
    return str(value)

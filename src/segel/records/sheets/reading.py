"""From a file's bytes to its tables. Bounded, without keys, and with no process of its own."""

from typing import Final

from segel.records.sheets.delimited import read_delimited
from segel.records.sheets.errors import SheetProblem, SheetRefused
from segel.records.sheets.tables import FILE_BYTES_MAX, Table
from segel.records.sheets.workbooks import read_workbook

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Of .xls, and of an .xlsx under a password ([MS-OFFCRYPTO] § 2.3.1)."""
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_FOREIGN: Final = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"{\\rtf")


def read_tables(data: bytes) -> list[Table]:
    """The tables of a file, one at least. Raises SheetRefused, and nothing else."""
    if len(data) > FILE_BYTES_MAX:
        raise SheetRefused(SheetProblem.BYTES)
    if data.startswith(_OLE):
        raise SheetRefused(SheetProblem.LOCKED if _ENCRYPTED in data else SheetProblem.OLD)
    if data.startswith(_FOREIGN):
        raise SheetRefused(SheetProblem.OLD)
    tables = read_workbook(data) if data.startswith(_ZIP) else [read_delimited(data)]
    if not any(table.rows for table in tables):
        raise SheetRefused(SheetProblem.EMPTY)
    return tables

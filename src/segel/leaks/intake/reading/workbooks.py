"""Workbooks: XLSX row by row with openpyxl; XLS, XLSB and ODS with calamine, which is in memory.

Values that were kept are read; nothing is computed, no macro run, no link followed. openpyxl's XML
parser is defusedxml's, which expands no entity.
"""

import io
import mimetypes
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, TYPE_CHECKING, Any, Final

from segel.leaks.intake.model import MIB
from segel.leaks.intake.reading.delimited import emit
from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow, Stopped
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_SHARED_MAX: Final = 256 * MIB
"""Of the parts that openpyxl has in memory: shared strings and styles."""
_PART_MAX: Final = 4 * 1024 * MIB
_GAP_MAX: Final = 100_000
"""Empty rows after one another: a file may claim a million."""
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_MACROS: Final = ("_VBA_PROJECT".encode("utf-16-le"), b"Macros")


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """A file of the old office (OLE): a workbook, or nothing that is read here."""
    data = flow.whole()
    if _ENCRYPTED in data:
        raise Stopped(Reason.ENCRYPTED)
    if any(mark in data for mark in _MACROS):
        notes.note(Reason.ACTIVE)
    if "Workbook".encode("utf-16-le") not in data and "Book".encode("utf-16-le") not in data:
        raise Stopped(Reason.UNSUPPORTED)
    _calamine(case, data, notes)


def read_packed(case: "Opening", flow: Flow, notes: FileNotes, names: set[str]) -> None:
    """A workbook that is a zip."""
    file = flow.random_access()
    if "xl/workbook.xml" not in names:
        _require_bounded(case, file)
        _calamine(case, file.read(), notes)
        return
    _require_bounded(case, file)
    mimetypes.knownfiles = []  # openpyxl would ask for files that nobody may read here
    import openpyxl

    assert openpyxl.DEFUSEDXML, "without it a workbook's entities would be expanded"
    from defusedxml.common import DefusedXmlException

    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a file says of its size is not always so
            emit(case, notes, sheet.title, _rows(sheet, case.limits.columns))
    except DefusedXmlException:
        notes.note(Reason.ENTITIES)
        raise Stopped(Reason.ENTITIES) from None
    file.seek(0)


def _require_bounded(case: "Opening", file: IO[bytes]) -> None:
    """Unpack every part once, to see that it is not more than may be. Raises Stopped."""
    with zipfile.ZipFile(file) as packed:
        for member in packed.infolist():
            is_sheet = "worksheets/" in member.filename
            room = _PART_MAX if is_sheet else min(_SHARED_MAX, case.limits.held_bytes)
            head = b""
            with packed.open(member) as part:
                while piece := part.read(MIB):
                    head = head or piece
                    room -= len(piece)
                    case.budget.count(len(piece), inflated=True)
                    if room < 0:
                        raise Stopped(Reason.HELD)
            if b"<!ENTITY" in head:
                raise Stopped(Reason.ENTITIES)
    file.seek(0)


def _rows(sheet: Any, columns: int) -> Iterator[Sequence[str]]:
    empty = 0
    for row in sheet.iter_rows(max_col=columns + 1, values_only=True):
        cells = [_text(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            empty = 0
            yield cells
        else:
            empty += 1
            if empty > _GAP_MAX:
                return


def _calamine(case: "Opening", data: bytes, notes: FileNotes) -> None:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        emit(case, notes, name, ([_text(cell) for cell in row] for row in sheet.iter_rows()))


def _text(value: object) -> str:
    match value:
        case None | "":
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e17:
            return str(int(value))
        case datetime():
            return value.isoformat() if value.time() != time(0) else value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)

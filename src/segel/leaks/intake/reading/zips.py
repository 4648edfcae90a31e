"""Zip archives, and what is a zip inside: workbooks and documents of offices.

Members are read one after the other from the archive's own file. Neither their names nor their
links lead anywhere: a name is a label.
"""

import stat
import zipfile
from typing import IO, TYPE_CHECKING, Final

from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow, Stopped
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_ENCRYPTED: Final = 0x1
_AES: Final = 99
_LISTED_MAX: Final = 1_000_000
_LISTED_BYTES: Final = 46
"""The least that a member takes in the directory (APPNOTE 4.3.12)."""


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The members of an archive, or what an office's file says."""
    file = flow.random_access()
    with zipfile.ZipFile(file) as packed:
        members = packed.infolist()
        if len(members) > _LISTED_MAX:
            raise Stopped(Reason.MEMBERS)
        names = {member.filename for member in members}
        if not _is_office(case, flow, notes, names, file):
            _walk(case, packed, members, notes, depth)


def _is_office(
    case: "Opening", flow: Flow, notes: FileNotes, names: set[str], file: IO[bytes]
) -> bool:
    from segel.leaks.intake.reading import workbooks

    if any(name.lower().endswith("vbaproject.bin") for name in names):
        notes.note(Reason.ACTIVE)
    is_said = case.findings.was_said(notes.place)
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names or _is_sheet(file, names):
        if not is_said:
            workbooks.read_packed(case, flow, notes, names)
        return True
    return False


def _is_sheet(file: IO[bytes], names: set[str]) -> bool:
    if "mimetype" not in names or "content.xml" not in names:
        return False
    file.seek(0)
    return b"opendocument.spreadsheet" in file.read(200)


def _walk(
    case: "Opening",
    packed: zipfile.ZipFile,
    members: list[zipfile.ZipInfo],
    notes: FileNotes,
    depth: int,
) -> None:
    for member in members:
        if member.is_dir():
            continue
        mode = member.external_attr >> 16
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            case.special(notes, member.filename, Reason.SPECIAL)
            continue
        opened = _opened(case, packed, member)
        if isinstance(opened, Reason):
            case.special(notes, member.filename, opened)
            notes.cut(opened)
            continue
        with opened:
            case.member(Flow(opened, case.budget, length=member.file_size), notes, depth,
                        member.filename)  # fmt: skip


def _opened(
    case: "Opening", packed: zipfile.ZipFile, member: zipfile.ZipInfo
) -> IO[bytes] | Reason:
    """A member as a stream, or why there is none."""
    if member.compress_type == _AES:
        return Reason.ENCRYPTED
    if not member.flag_bits & _ENCRYPTED:
        try:
            return packed.open(member)
        except NotImplementedError:
            return Reason.UNSUPPORTED
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
            return Reason.BROKEN
    for password in case.passwords:
        try:
            opened = packed.open(member, pwd=password.encode())
            opened.read(1)  # a wrong password passes the first check once in 256 times
            opened.seek(0)
        except Exception:  # noqa: S112 - a wrong password makes anything of it
            continue
        return opened
    return Reason.ENCRYPTED

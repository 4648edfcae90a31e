"""7z, RAR and CAB, by libarchive: read from beginning to end, whatever their members are called."""

import stat
from typing import TYPE_CHECKING, Any

import archi

from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import PIECE_BYTES, Flow
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The members of an archive."""
    data = flow.whole()  # has to outlive the archive, which holds no reference to it
    try:
        for entry in archi.Archive(_Whole(data)):
            name = str(entry.filename or "")
            if stat.S_ISDIR(entry.mode):
                continue
            if not stat.S_ISREG(entry.mode):
                case.special(notes, name, Reason.SPECIAL)
                continue
            content = _Content(entry)
            if content.error is not None:
                case.special(notes, name, content.error)
                notes.cut(content.error)
                continue
            case.member(Flow(content, case.budget), notes, depth, name)
    except archi.Error as error:
        notes.cut(_reason_of(error))
    del data


class _Whole:
    """A file as the library wants it: it takes all of it, and keeps no more than where it lies."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self) -> bytes:
        """All of it."""
        return self._data


class _Content:
    """One member's bytes. What is wrong with the first of them is known before any is asked for."""

    def __init__(self, entry: Any) -> None:
        self._entry = entry
        self._first = b""
        self.error: Reason | None = None
        try:
            self._first = entry.read(PIECE_BYTES)
        except archi.Error as error:
            self.error = _reason_of(error)

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes. Raises EOFError where the archive is broken there."""
        if self._first:
            piece, self._first = self._first[:size], self._first[size:]
            return piece
        try:
            return bytes(self._entry.read(size))
        except archi.Error:
            raise EOFError from None


def _reason_of(error: Exception) -> Reason:
    said = str(error).lower()
    if "encrypt" in said or "passphrase" in said:
        return Reason.ENCRYPTED
    if "unsupported" in said or "not supported" in said:
        return Reason.UNSUPPORTED
    return Reason.TRUNCATED if "truncated" in said else Reason.BROKEN

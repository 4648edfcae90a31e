"""Opens one file after the other, and what is within them: each is accounted for."""

import importlib
import zipfile
from collections.abc import Callable, Sequence
from typing import Any, Final

from segel.leaks.intake.model import Closed
from segel.leaks.intake.reading.findings import FileNotes, Findings, OpenTable
from segel.leaks.intake.reading.flow import Budget, Flow, Stopped
from segel.leaks.intake.reading.sniffing import sniffed
from segel.leaks.intake.reasons import Reason
from segel.leaks.model import Handling

Read = Callable[["Opening", Flow, FileNotes, int], None]

_READERS: Final = {
    "zip": "zips",
    "tar": "tars",
    "gzip": "unpacking",
    "bzip2": "unpacking",
    "xz": "unpacking",
    "zstd": "unpacking",
    "7z": "libarchives",
    "rar": "libarchives",
    "cab": "libarchives",
    "delimited": "delimited",
    "sql": "dumps",
    "json": "json_rows",
    "bson": "bson_rows",
    "ole": "workbooks",
    "sqlite": "sqlite_rows",
    "pdf": "pdfs",
    "html": "html_text",
    "xml": "html_text",
    "text": "free_text",
    "dicom": "dicom",
    "jpeg": "pictures",
    "png": "pictures",
    "tiff": "pictures",
    "webp": "pictures",
    "bmp": "pictures",
    "gif": "pictures",
}
"""The module that reads a format: its ``read``. It is loaded when there is such a file."""

CONTAINERS: Final = frozenset({"zip", "tar", "gzip", "bzip2", "xz", "zstd", "7z", "rar", "cab"})
"""What may hold files, and is walked again where an earlier reader died within it."""
_STEP_LENGTH_MAX: Final = 400


class Opening:
    """The files of one task."""

    def __init__(self, findings: Findings, budget: Budget, passwords: tuple[str, ...]) -> None:
        self.findings = findings
        self.budget = budget
        self.limits = budget.limits
        self.passwords = passwords
        self._whole: FileNotes | None = None
        self._headers: OpenTable | None = None

    def read(self, flow: Flow, path: tuple[str, ...], depth: int, *reasons: Reason) -> None:
        """A file and all that is within it. Raises Stopped where that is to be the end of all."""
        place = self.findings.opened(path)
        if place in self.findings.skip:
            return
        notes = FileNotes(place, path, self.budget)
        for reason in reasons:
            notes.note(reason)
        if place == 0:
            self._whole = notes
        found, stop = "", None
        try:
            found = sniffed(flow.head(), path[-1])
            self._read_as(found, flow, notes, depth)
            if notes.handling is Handling.READ and not self.findings.was_said(place):
                flow.drain()
        except Stopped as stopped:
            self._partly(notes, flow, stopped.reason)
            stop = stopped if stopped.for_all else self._drained(notes, flow)
        except Exception as error:  # decoders raise whatever their code runs into
            self._partly(notes, flow, _reason_of(error))
        finally:
            flow.free()
        if place == 0 and self._headers is not None:
            self._headers.end()
        self.findings.closed(
            Closed(
                place,
                flow.count,
                flow.sha256(),
                found or "unknown",
                notes.handling,
                tuple(notes.reasons),
            )
        )
        if stop is not None:
            raise stop

    def of_headers(self, notes: FileNotes, columns: Sequence[str]) -> OpenTable:
        """The one table of what the headers of all DICOM files say; it is of the file that was
        handed in."""
        notes.has_found = True
        if self._headers is None:
            assert self._whole is not None, "it is the first that was opened"
            self._headers = self.findings.table(self._whole, "dicom", columns)
        return self._headers

    def special(self, notes: FileNotes, name: str, reason: Reason) -> None:
        """What is within a container, and is no file that could be read."""
        step, is_outside = harmless_step(name)
        place = self.findings.opened((*notes.path, step))
        reasons = (reason, Reason.OUTSIDE) if is_outside else (reason,)
        if place not in self.findings.skip:
            self.findings.closed(Closed(place, 0, b"", "", Handling.SKIPPED, reasons))

    def member(self, flow: Flow, notes: FileNotes, depth: int, name: str) -> None:
        """A file within another one."""
        step, is_outside = harmless_step(name)
        if is_outside:
            self.read(flow, (*notes.path, step), depth + 1, Reason.OUTSIDE)
        else:
            self.read(flow, (*notes.path, step), depth + 1)

    def _read_as(self, found: str, flow: Flow, notes: FileNotes, depth: int) -> None:
        if found == "empty":
            return
        if found in CONTAINERS and depth >= self.limits.depth:
            raise Stopped(Reason.DEPTH)
        if found not in _READERS:
            raise Stopped(Reason.UNKNOWN if found == "unknown" else Reason.UNSUPPORTED)
        if self.findings.was_said(notes.place) and found not in CONTAINERS:
            return
        reader: Read = getattr(_module(_READERS[found]), "read")  # noqa: B009
        reader(self, flow, notes, depth)
        if found not in CONTAINERS and depth < self.limits.depth:
            self._also_zip(flow, notes, depth)

    def _also_zip(self, flow: Flow, notes: FileNotes, depth: int) -> None:
        """A zip may begin anywhere: programs find it by its end."""
        file = flow.held_file()
        if file is None or not zipfile.is_zipfile(file):
            return
        notes.note(Reason.POLYGLOT)
        file.seek(0)
        place = self.findings.opened((*notes.path, "zip"))
        inner = FileNotes(place, (*notes.path, "zip"), self.budget)
        if place in self.findings.skip:
            return
        try:
            _module("zips").read(self, flow, inner, depth + 1)
        except Stopped as stopped:
            inner.cut(stopped.reason)
            if stopped.for_all:
                raise
        except Exception as error:  # as above
            inner.cut(_reason_of(error))
        finally:
            self.findings.closed(Closed(place, 0, b"", "zip", inner.handling, tuple(inner.reasons)))

    def _drained(self, notes: FileNotes, flow: Flow) -> Stopped | None:
        """Hash a file that nobody reads; why that is to be the end of all, if it is."""
        try:
            flow.drain()
        except Stopped as stopped:
            notes.note(stopped.reason)
            return stopped if stopped.for_all else None
        except Exception as error:  # as above
            notes.note(_reason_of(error))
        return None

    def _partly(self, notes: FileNotes, flow: Flow, reason: Reason) -> None:
        """Partly read where anything of it was said, else not at all."""
        if notes.has_found or self.findings.files > notes.place + 1:
            notes.cut(reason)
        else:
            notes.skip(reason)


def harmless_step(name: str) -> tuple[str, bool]:
    """A name of a member as a step of a path, and whether it points out of its container."""
    plain = name.replace("\\", "/").replace("\x00", "")
    is_drive = len(plain) > 1 and plain[1] == ":"
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    is_outside = plain.startswith("/") or is_drive or ".." in parts
    step = "/".join(part for part in parts if part != "..") or "_"
    return step[-_STEP_LENGTH_MAX:].lstrip("/") or "_", is_outside


def _module(name: str) -> Any:
    return importlib.import_module(f"segel.leaks.intake.reading.{name}")


def _reason_of(error: Exception) -> Reason:
    match error:
        case MemoryError():
            return Reason.MEMORY
        case RecursionError():
            return Reason.NESTING
        case EOFError():
            return Reason.TRUNCATED
        case NotImplementedError():
            return Reason.UNSUPPORTED
        case _:
            return Reason.BROKEN

"""Tar archives, read from beginning to end. Links, devices and pipes are said, never followed."""

import io
import tarfile
from typing import TYPE_CHECKING, Any, Final

from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening


_ENDS_MAX: Final = 4
"""Times that an end may be read."""


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The members of an archive."""
    try:
        source: Any = _Ending(flow.buffered())
        with tarfile.open(fileobj=source, mode="r|", errorlevel=0) as packed:
            for member in packed:
                packed.members.clear()  # type: ignore[attr-defined]  # it keeps them all otherwise
                if member.isdir():
                    continue
                content = packed.extractfile(member) if member.isreg() else None
                if content is None:
                    case.special(notes, member.name, Reason.SPECIAL)
                    continue
                case.member(
                    Flow(content, case.budget, length=member.size), notes, depth, member.name
                )
    except (tarfile.ReadError, tarfile.StreamError) as error:
        notes.cut(Reason.TRUNCATED if "unexpected end" in str(error) else Reason.BROKEN)


class _Ending:
    """A stream that has an end: a header may claim terabytes, and each of their blocks is asked
    for, though nothing comes any more."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self._ended = 0

    def read(self, size: int) -> bytes:
        """Raises EOFError where somebody goes on behind the end."""
        piece = self._source.read(size)
        self._ended += not piece
        if self._ended > _ENDS_MAX:
            raise EOFError
        return piece

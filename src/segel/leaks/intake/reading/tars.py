"""Tar archives, read from beginning to end. Links, devices and pipes are said, never followed."""

import tarfile
from typing import TYPE_CHECKING

from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The members of an archive."""
    try:
        with tarfile.open(fileobj=flow.buffered(), mode="r|", errorlevel=0) as packed:
            for member in packed:
                packed.members.clear()  # type: ignore[attr-defined]  # it keeps them all otherwise
                if member.isdir():
                    continue
                content = packed.extractfile(member) if member.isreg() else None
                if content is None:
                    case.special((*notes.path, member.name[:200]), Reason.SPECIAL)
                    continue
                case.member(
                    Flow(content, case.budget, length=member.size), notes, depth, member.name
                )
    except (tarfile.ReadError, tarfile.StreamError) as error:
        notes.cut(Reason.TRUNCATED if "unexpected end" in str(error) else Reason.BROKEN)

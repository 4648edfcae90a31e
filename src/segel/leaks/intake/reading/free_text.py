"""Running text: handed on, and searched for people."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from segel.leaks.intake.columns.mentions import COLUMNS, Mentions
from segel.leaks.intake.reading.encodings import text_of
from segel.leaks.intake.reading.findings import FileNotes, OpenTable
from segel.leaks.intake.reading.flow import Flow

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_PIECE: Final = 256 * 1024


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """All of a text."""
    text = text_of(flow, notes)
    say(case, notes, iter(lambda: text.read(_PIECE), ""))


def say(case: "Opening", notes: FileNotes, pieces: Iterable[str], how: str = "written") -> None:
    """Hand on text that comes in pieces, with what it says of people as a table."""
    mentions = Mentions()
    table: OpenTable | None = None
    rest = ""

    def found(rows: Iterable[list[str]]) -> None:
        nonlocal table
        for row in rows:
            if table is None:
                names = [kind.value for kind in COLUMNS]
                table = case.findings.table(notes, f"{notes.path[-1]} ({how})", names)
                table.state(COLUMNS)
            table.add(row)

    try:
        for piece in pieces:
            case.findings.text(notes, piece, how)
            *lines, rest = (rest + piece).split("\n")
            found(mentions.lines(lines))
            rest = rest[-_PIECE:]
        found(mentions.lines([rest]))
        found(mentions.end())
    finally:
        if table is not None:
            table.end()

"""HTML and XML as text: what a reader would see, line by line. Nothing is fetched or expanded."""

import html
import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Final

from segel.leaks.intake.reading import free_text
from segel.leaks.intake.reading.encodings import text_of
from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_PIECE: Final = 64 * 1024
_UNSEEN: Final = frozenset({"script", "style", "template"})
_WITHIN_LINE: Final = frozenset("a b i u em strong span font small sub sup code".split())
_PARTS: Final = re.compile(r"[^<]++|<[^<>]*+>?")
_NAME: Final = re.compile(r"<(/?)([a-zA-Z]\w*)")
_CELLS: Final = frozenset({"td", "th"})


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """What a page or document says."""
    head = flow.head().lower()
    if b"<!entity" in head:
        notes.note(Reason.ENTITIES)
    if b"<script" in head or b"javascript:" in head:
        notes.note(Reason.ACTIVE)
    free_text.say(case, notes, _seen(text_of(flow, notes)))


def _seen(text: IO[str]) -> Iterator[str]:
    unseen = rest = ""
    while piece := text.read(_PIECE):
        pieces = _PARTS.findall(rest + piece)
        rest = pieces.pop() if pieces[-1].startswith("<") and len(pieces[-1]) < _PIECE else ""
        shown = []
        for part in pieces:
            if not part.startswith("<"):
                shown.append("" if unseen else part)
                continue
            name = _NAME.match(part)
            tag = name[2].lower() if name else ""
            if tag in _UNSEEN:
                unseen = "" if name and name[1] else tag
            shown.append("" if tag in _WITHIN_LINE else "\t" if tag in _CELLS else "\n")
        yield html.unescape("".join(shown))

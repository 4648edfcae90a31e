"""HTML and XML as text: what a reader would see, line by line. Nothing is fetched or expanded."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

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
_CELLS: Final = frozenset({"td", "th"})


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """What a page or document says."""
    head = flow.head().lower()
    if b"<!entity" in head:
        notes.note(Reason.ENTITIES)
    if b"<script" in head or b"javascript:" in head:
        notes.note(Reason.ACTIVE)
    free_text.say(case, notes, _seen(text_of(flow, notes)))


def _seen(text: object) -> Iterator[str]:
    parser = _Text()
    while piece := text.read(_PIECE):  # type: ignore[attr-defined]  # a text file
        parser.feed(piece)
        yield parser.taken()
    parser.close()
    yield parser.taken()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._unseen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen = tag
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._parts.append(data)

    def _part(self, tag: str) -> None:
        if tag not in _WITHIN_LINE:
            self._parts.append("\t" if tag in _CELLS else "\n")

    def taken(self) -> str:
        """What came since the last time."""
        taken, self._parts = "".join(self._parts), []
        return taken

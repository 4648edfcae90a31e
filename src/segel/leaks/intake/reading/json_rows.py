"""JSON: an array, lines, or documents after one another; exports of MongoDB and Elasticsearch.

The decoder of the standard library takes one value at a time out of the text that goes by. Numbers
stay the text that they are, so that no digit of a long one is lost.
"""

import json
import re
from typing import IO, TYPE_CHECKING, Any, Final

from segel.leaks.intake.reading.encodings import text_of
from segel.leaks.intake.reading.findings import FileNotes
from segel.leaks.intake.reading.flow import Flow
from segel.leaks.intake.reading.records import Documents
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_PIECE: Final = 1024 * 1024
_BETWEEN: Final = re.compile(r"[\s,\[\]\ufeff]*+")
_LIST: Final = re.compile(r'"((?:[^"\\]|\\.){1,200})"\s*:\s*\[\s*(?=\{)')
_TAIL: Final = re.compile(r"[\s,\]}]*+")

_decoder: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The documents of a file."""
    documents = Documents(case, notes)
    try:
        _Values(text_of(flow, notes), case.limits.statement_chars, notes).hand_to(documents)
    finally:
        documents.end()


class _Values:
    def __init__(self, source: IO[str], most: int, notes: FileNotes) -> None:
        self._source = source
        self._most = most
        self._notes = notes
        self._text = ""
        self._at = 0
        self._is_over = False
        self._name = ""

    def hand_to(self, documents: Documents) -> None:
        self._more()
        is_first = True
        while self._skip(_BETWEEN):
            try:
                value, end = _decoder.raw_decode(self._text, self._at)
            except RecursionError:
                self._notes.cut(Reason.NESTING)
                self._next_line()
                continue
            except ValueError:
                if is_first and self._step_in():
                    is_first = False
                    continue
                if not self._is_over and len(self._text) - self._at < self._most:
                    self._more(len(self._text) - self._at)
                    continue
                is_long = len(self._text) - self._at >= self._most
                if not is_long and self._name and not self._text[self._at :].strip(" \t\r\n,]}"):
                    return
                self._notes.cut(Reason.STATEMENTS if is_long else Reason.BROKEN)
                self._next_line()
                continue
            if end >= len(self._text) and not self._is_over:
                self._more()  # a number may go on
                continue
            self._at = end
            if is_first and isinstance(value, dict) and (rows := _rows_within(value)):
                self._name, inner = rows
                for one in inner:
                    documents.add(one, self._name)
            else:
                documents.add(value, self._name)
            is_first = False

    def _skip(self, what: re.Pattern[str]) -> bool:
        """Pass over what stands between values; False at the end."""
        while True:
            found = what.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return True
            if not self._more():
                return False

    def _step_in(self) -> bool:
        """The file is one large object: go to the first list of documents in it."""
        if not self._text.startswith("{", self._at) or len(self._text) < _PIECE:
            return False
        found = _LIST.search(self._text, self._at)
        if found is None or "\n{" in self._text[self._at : found.start()]:
            return False
        self._name, self._at = found[1], found.end()
        return True

    def _more(self, size: int = 0) -> bool:
        piece = "" if self._is_over else self._source.read(max(size, _PIECE))
        self._is_over = not piece
        self._text = self._text[self._at :] + piece
        self._at = 0
        return bool(piece)

    def _next_line(self) -> None:
        """After what cannot be read: the next line that may begin a value."""
        while True:
            found = self._text.find("\n", self._at)
            if found >= 0:
                self._at = found + 1
                return
            self._at = len(self._text)
            if not self._more():
                return


def _rows_within(value: dict[str, Any], depth: int = 0) -> tuple[str, list[Any]] | None:
    """The list of documents that an object is about: {"RECORDS": […]}, {"hits": {"hits": […]}}."""
    for name, one in value.items():
        if isinstance(one, list) and len(one) > 1 and all(isinstance(row, dict) for row in one):
            if len(value) <= 6:
                return name, one
        elif isinstance(one, dict) and depth < 2 and name in ("hits", "data", "result", "response"):
            return _rows_within(one, depth + 1)
    return None

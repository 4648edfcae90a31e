"""SQL dumps of MySQL, PostgreSQL and SQL Server: the rows of INSERT and COPY.

The text goes by in pieces. One regular expression, which never goes back, finds the end of a row;
rows without escapes are then split by the csv module, which is C, and the others by a second
expression. A statement that never ends is left at the limit, and the next is looked for.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Final

from segel.leaks.intake.reading.encodings import text_of
from segel.leaks.intake.reading.findings import FileNotes, OpenTable
from segel.leaks.intake.reading.flow import Flow
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_PIECE: Final = 1024 * 1024
_HEADER_CHARS: Final = 64 * 1024
"""What a statement's beginning up to its first row may have: names of 2,000 columns."""
_WORD: Final = r"(?:`[^`]{1,128}`|\"[^\"]{1,128}\"|\[[^\]]{1,128}\]|[\w$-]{1,128}+)"
_NAME: Final = rf"{_WORD}(?:\s?\.\s?{_WORD}){{0,3}}+"
_START: Final = re.compile(
    r"(?:^|;)[ \t]*(?=insert\s|replace\s|copy\s|create\s+table\s)", re.I | re.M
)
_INSERT: Final = re.compile(
    rf"(?:insert|replace)\s+(?:ignore\s+|low_priority\s+)?(?:into\s+)?({_NAME})\s*"
    r"(?:\(([^()']*)\)\s*)?values?\s*(?=\()", re.I,
)  # fmt: skip
_COPY: Final = re.compile(
    rf"copy\s+({_NAME})\s*(?:\(([^()']*)\)\s*)?from\s+stdin[^;\n]*;[ \t]*\r?\n", re.I
)
_CREATE: Final = re.compile(rf"create\s+table\s+(?:if\s+not\s+exists\s+)?({_NAME})\s*\(", re.I)
_COLUMN: Final = re.compile(r"(?:^|,)\s*[`\"\[]?([\w$]+)[`\"\]]?\s+[`\"\[]?\w")
_TEXT: Final = re.compile(r"'[^']*'")
_NOT_COLUMNS: Final = frozenset(
    "primary key constraint unique index fulltext foreign check spatial exclude".split()
)
_QUOTED: Final = {
    True: r"'(?:[^'\\]++|\\.|'')*+'",  # MySQL: a backslash escapes
    False: r"'(?:[^']++|'')*+'",
}


def _row_of(quoted: str) -> re.Pattern[str]:
    inner = rf"\((?:[^'()]++|{quoted}|\((?:[^'()]++|{quoted})*+\))*+\)"
    return re.compile(rf"[\s,]*+\(((?:[^'()]++|{quoted}|{inner})*+)\)", re.S)


_ROW: Final = {escapes: _row_of(quoted) for escapes, quoted in _QUOTED.items()}
_VALUE: Final = {
    escapes: re.compile(
        rf"\s*+(?:(?:[A-Za-z_]\w*\s*+)?({quoted})(?:\s*::[\w .\[\]\"]+)?"
        rf"|((?:[^',()]++|{quoted}|\((?:[^'()]++|{quoted}|\([^'()]*\))*+\))*+))\s*+(?:,|\Z)",
        re.S,
    )
    for escapes, quoted in _QUOTED.items()
}
_PREFIXED: Final = re.compile(r"(?:^|[,(])\s*+(?:[A-Za-z_]\w*\s?'|\()|'\s*::|\w\(")
_INSIDE: Final = re.compile(r"'((?:[^']++|'')*+)'")
_ESCAPE: Final = re.compile(r"\\(.)", re.S)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "Z": "\x1a", "b": "\b"}
_COPY_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


def read(case: "Opening", flow: Flow, notes: FileNotes, depth: int) -> None:
    """The tables of a dump."""
    dump = _Dump(case, notes, text_of(flow, notes))
    try:
        dump.read()
    finally:
        dump.end()


class _Dump:
    """A dump that goes by: ``_text`` is what is in sight, ``_at`` how far it is understood."""

    def __init__(self, case: "Opening", notes: FileNotes, source: IO[str]) -> None:
        self._case = case
        self._notes = notes
        self._source = source
        self._text = ""
        self._at = 0
        self._is_over = False
        self._columns: dict[str, list[str]] = {}
        self._tables: dict[str, OpenTable] = {}
        self._escapes = True

    def read(self) -> None:
        """All statements."""
        while True:
            found = _START.search(self._text, self._at)
            if found is None:
                # A statement's first word may be cut in two: what could be one is kept.
                self._at = max(self._at, self._text.rfind("\n") if not self._is_over else 0)
                self._at = max(self._at, len(self._text) - _HEADER_CHARS)
                if not self._more():
                    return
                continue
            self._at = found.end()
            if len(self._text) - self._at < _HEADER_CHARS:
                self._more()
            self._statement()

    def end(self) -> None:
        """Nothing comes any more."""
        for table in self._tables.values():
            table.end()

    def _more(self) -> bool:
        """Get more in sight; False at the end."""
        piece = "" if self._is_over else self._source.read(_PIECE)
        self._is_over = not piece
        self._text = self._text[self._at :] + piece
        self._at = 0
        return bool(piece)

    def _statement(self) -> None:
        text, at = self._text, self._at
        if found := _INSERT.match(text, at):
            if "`" in found[0]:
                self._escapes = True
            elif "[" in found[0] or '"' in found[0] or "N'" in text[found.end() : at + 4_000]:
                self._escapes = False
            self._at = found.end()
            self._values(self._table(found[1], found[2]))
        elif found := _COPY.match(text, at):
            self._escapes = False
            self._at = found.end()
            self._copied(self._table(found[1], found[2]))
        elif found := _CREATE.match(text, at):
            body = text[found.end() : found.end() + _HEADER_CHARS]
            body = _TEXT.sub("", body).partition(";")[0]
            names = [one for one in _COLUMN.findall(body) if one.lower() not in _NOT_COLUMNS]
            self._columns[_plain(found[1])] = names[: self._case.limits.columns]
            self._at = found.end()
        else:
            self._at += 1  # a statement of another kind: the next one is behind it

    def _table(self, name: str, columns: str | None) -> OpenTable:
        plain = _plain(name)
        if plain not in self._tables:
            if columns:
                names = [_plain(one) for one in columns.split(",")]
            else:
                names = self._columns.get(plain, [])
            self._tables[plain] = self._case.findings.table(self._notes, plain, names)
        return self._tables[plain]

    def _values(self, table: OpenTable) -> None:
        """The rows of one INSERT, from its first bracket on."""
        row = _ROW[self._escapes]
        while True:
            rows = []
            scan = row.scanner(self._text, self._at)  # type: ignore[attr-defined]
            for found in iter(scan.match, None):
                rows.append(found[1])
                self._at = found.end()
            if rows:
                table.extend(_split(rows, self._escapes))
            rest = self._text[self._at : self._at + 256].lstrip(" \t\r\n,")
            if rest and not rest.startswith("("):
                return
            if len(self._text) - self._at > self._case.limits.statement_chars:
                self._notes.cut(Reason.STATEMENTS)
                self._at += 1
                return
            if not self._more():
                if rest:
                    self._notes.cut(Reason.TRUNCATED)
                    self._at = len(self._text)
                return

    def _copied(self, table: OpenTable) -> None:
        """The lines of a COPY, up to the one that ends it."""
        while True:
            last = self._text.rfind("\n")
            if last < self._at:
                if len(self._text) - self._at > self._case.limits.statement_chars:
                    self._notes.cut(Reason.LINES)
                    self._at = len(self._text)
                if not self._more():
                    if rest := self._text[self._at :]:  # it was cut off within a line
                        self._notes.cut(Reason.TRUNCATED)
                        table.add(_copy_row(rest))
                        self._at = len(self._text)
                    return
                continue
            lines = self._text[self._at : last].split("\n")
            self._at = last + 1
            for number, line in enumerate(lines):
                if line.rstrip("\r") == "\\.":
                    table.extend(map(_copy_row, lines[:number]))
                    self._at -= sum(len(one) + 1 for one in lines[number + 1 :])
                    return
            table.extend(map(_copy_row, lines))


def _split(rows: list[str], escapes: bool) -> Iterable[Sequence[str]]:
    """The cells of rows, quickly where none of them has anything unusual."""
    joined = "\n".join(rows)
    if "\\" not in joined and not _PREFIXED.search(joined) and '"' not in joined:
        try:
            return [
                ["" if cell == "NULL" else cell for cell in row] if "NULL" in row else row
                for row in csv.reader(rows, quotechar="'", skipinitialspace=True, strict=True)
            ]
        except csv.Error:
            pass
    return [_cells(row, escapes) for row in rows]


def _cells(row: str, escapes: bool) -> list[str]:
    cells = []
    scan = _VALUE[escapes].scanner(row)  # type: ignore[attr-defined]
    for found in iter(scan.match, None):
        quoted, bare = found[1], found[2]
        if quoted is not None:
            cells.append(_unquoted(quoted[1:-1], escapes))
        else:
            cells.append(_bare(bare.strip()))
        if found.end() >= len(row):
            break
    return cells


def _bare(text: str) -> str:
    """A value without quotes, or what is in the brackets of CAST."""
    if text.upper() == "NULL":
        return ""
    if "(" in text:
        inner = _INSIDE.search(text)
        if inner:
            return inner[1].replace("''", "'")
        return re.sub(r"\s+as\s.*", "", text[text.index("(") + 1 :], flags=re.I | re.S).strip(" )")
    return text


def _unquoted(text: str, escapes: bool) -> str:
    text = text.replace("''", "'")
    if escapes and "\\" in text:
        return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), text)
    return text


def _copy_row(line: str) -> list[str]:
    cells = line.rstrip("\r").split("\t")
    if "\\" not in line:
        return cells
    return [
        "" if cell == "\\N" else _ESCAPE.sub(lambda m: _COPY_ESCAPES.get(m[1], m[1]), cell)
        for cell in cells
    ]


def _plain(name: str) -> str:
    """A name without its schema and its quotes."""
    return re.split(r"\.(?=[`\"\[\w])", name.strip())[-1].strip(' `"[]\r\n\t')

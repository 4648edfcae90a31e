"""Where the readers say what they found: cut to the limits, in parcels that are not too large."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

from segel.leaks.intake import framing
from segel.leaks.intake.columns.people import People
from segel.leaks.intake.columns.recognising import recognised
from segel.leaks.intake.model import (
    BATCH_ROWS_MAX,
    NAME_LENGTH_MAX,
    TEXT_PART_CHARS,
    Beat,
    Closed,
    ColumnFound,
    Done,
    Opened,
    Parcel,
    PictureFound,
    Raised,
    RowsFound,
    TableFound,
    Task,
    TextFound,
)
from segel.leaks.intake.reading.flow import Budget, Stopped
from segel.leaks.intake.reasons import Reason
from segel.leaks.model import ColumnKind, Handling

_BATCH_CHARS: Final = 2 * 1024 * 1024
"""In UTF-8 it fits into a parcel, whatever the letters."""
_SAMPLE_ROWS: Final = 1_000
"""From which columns are recognised."""


class Findings:
    """What a reader found in the files of one task. ``to``: a descriptor."""

    def __init__(self, to: int, task: Task) -> None:
        self._to = to
        self.limits = task.limits
        self.kinds = dict(task.kinds)
        self.files = 0
        self.tables = task.tables
        self.begin = task.begin
        self.skip = dict(task.skip)
        self.pictures_read = 0
        self.wanted = task.wanted
        self._text_chars = task.texts

    # --- files

    def opened(self, path: Sequence[str]) -> int:
        """A file is begun; its place. Raises Stopped where there are too many."""
        if self.files >= self.limits.members:
            raise Stopped(Reason.MEMBERS, for_all=True)
        place = self.files
        self.files = self.skip.get(place, place + 1)
        if place >= self.begin:
            self._send(Opened(place, tuple(map(_cut, path))))
        return place

    def closed(self, closed: Closed) -> None:
        """A file is done with. (The parent knows which an earlier reader had closed.)"""
        self._send(closed)

    def done(self) -> None:
        """The task is."""
        self._send(Done(self.files))

    def raised(self, raised: Raised) -> None:
        """The walls are tried."""
        self._send(raised)

    def beat(self, bytes_read: int) -> None:
        """Something happens."""
        self._send(Beat(bytes_read))

    def was_said(self, place: int) -> bool:
        """Whether an earlier reader has read this file: then only its members are walked."""
        return place < self.begin

    # --- what is in them

    def text(self, file: "FileNotes", text: str, how: str = "written") -> None:
        """The next running text of a file."""
        file.has_found = True
        room = max(0, self.limits.text_chars - self._text_chars)
        if len(text) > room:
            file.cut(Reason.TEXT)
            text = text[:room]
        self._text_chars += len(text)
        for at in range(0, len(text), TEXT_PART_CHARS):
            part = _sound(text[at : at + TEXT_PART_CHARS])
            self._send(TextFound(file.place, file.texts, part, how))
            file.texts += 1

    def picture(self, file: "FileNotes", picture: PictureFound) -> None:
        """A picture of a file."""
        file.has_found = True
        self._send(picture)

    def table(self, file: "FileNotes", name: str, columns: Sequence[str]) -> "OpenTable":
        """Begin a table. Raises Stopped where there are too many."""
        file.has_found = True
        if self.tables >= self.limits.tables:
            raise Stopped(Reason.TABLES)
        number = self.tables
        self.tables += 1
        return OpenTable(self, file, number, _cut(name), columns)

    def _send(self, parcel: Parcel) -> None:
        framing.send(self._to, parcel)


class FileNotes:
    """What is noted of one file while it is read."""

    def __init__(self, place: int, path: tuple[str, ...], budget: Budget) -> None:
        self.place = place
        self.path = path
        self.budget = budget
        self.reasons: dict[Reason, None] = {}
        self.handling = Handling.READ
        self.has_found = False
        """Whether anything of it was said."""
        self.texts = 0

    def note(self, reason: Reason) -> None:
        """Something is odd, and all was read."""
        self.reasons.setdefault(reason)

    def cut(self, reason: Reason) -> None:
        """Not all was read."""
        self.reasons.setdefault(reason)
        if self.handling is Handling.READ:
            self.handling = Handling.PARTLY

    def skip(self, reason: Reason) -> None:
        """Nothing was read."""
        self.reasons.setdefault(reason)
        self.handling = Handling.SKIPPED


class OpenTable:
    """A table whose rows are coming. Columns may be added; rows before have them empty."""

    def __init__(
        self, findings: Findings, file: FileNotes, number: int, name: str, columns: Sequence[str]
    ) -> None:
        self.columns = [_cut(one) for one in columns[: findings.limits.columns]]
        self._findings = findings
        self._limits = findings.limits
        self._file = file
        self._number = number
        self._name = name
        self._count = 0
        self._rows: list[Sequence[str]] = []
        self._chars = 0
        self._found: list[ColumnFound] = []
        self._people = People()
        self._stated: Sequence[ColumnKind] = ()
        if len(columns) > self._limits.columns:
            file.cut(Reason.COLUMNS)

    def state(self, kinds: Sequence[ColumnKind]) -> None:
        """What the columns hold, where who reads them knows."""
        self._stated = kinds

    def add(self, row: Sequence[str]) -> None:
        """The next row."""
        self.extend((row,))

    def extend(self, rows: Iterable[Sequence[str]]) -> None:
        """The next rows: cells that are texts."""
        columns, cell_chars = self._limits.columns, self._limits.cell_chars
        for row in rows:
            if len(row) > columns:
                self._file.cut(Reason.COLUMNS)
                row = row[:columns]
            chars = sum(map(len, row))
            if chars > cell_chars:
                if any(len(cell) > cell_chars for cell in row):
                    self._file.cut(Reason.CELLS)
                    row = [cell[:cell_chars] for cell in row]
                    chars = sum(map(len, row))
                if chars > _BATCH_CHARS:
                    self._file.cut(Reason.CELLS)
                    row = [cell[: _BATCH_CHARS // len(row)] for cell in row]
                    chars = sum(map(len, row))
            if self._chars + chars > _BATCH_CHARS or len(self._rows) >= BATCH_ROWS_MAX:
                self._flush()
            self._rows.append(row)
            self._chars += chars

    def end(self) -> None:
        """There are no more rows."""
        self._flush()
        self._say(is_done=True)

    def _flush(self) -> None:
        columns = list(zip_longest(*self._rows, fillvalue=""))
        if not self._count or len(columns) > len(self._found):
            self._recognise(columns)
        if self._rows:
            kinds, values = self._people.said(columns, len(self._rows))
            parcel = RowsFound(self._number, len(self._rows), kinds, values)
            try:
                self._findings._send(parcel)
            except UnicodeEncodeError:
                sound = tuple(tuple(map(_sound, one)) for one in values)
                self._findings._send(RowsFound(self._number, len(self._rows), kinds, sound))
            self._count += len(self._rows)
        self._rows, self._chars = [], 0
        self._file.budget.beat()

    def _recognise(self, columns: Sequence[Sequence[str]]) -> None:
        """Say what the columns hold; of those that are known already that is not asked again."""
        known = len(self._found)
        width = max(len(columns), len(self.columns))
        names = self.columns + [""] * (width - len(self.columns))
        step = max(1, len(self._rows) // _SAMPLE_ROWS)
        samples = [one[::step] for one in columns] + [()] * (width - len(columns))
        kinds = recognised(names, samples)
        for at in range(known, width):
            kind, confidence = kinds[at]
            stated = self._findings.kinds.get(f"{self._name}.{names[at] or at}")
            if stated is None and at < len(self._stated):
                stated = self._stated[at]
            if stated is not None:
                kind, confidence = stated, 1.0
            self._found.append(ColumnFound(_sound(names[at]), kind, round(confidence, 3)))
        self._people.set_columns([(one.kind, one.confidence) for one in self._found], samples)
        self._say(is_done=False)

    def _say(self, *, is_done: bool) -> None:
        found, rows = tuple(self._found), self._count if is_done else 0
        self._findings._send(
            TableFound(self._number, self._file.place, self._name, found, rows, is_done)
        )


def _sound(text: str) -> str:
    """Text without the halves of characters that JSON may hold and nothing can send."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _cut(name: str) -> str:
    return _sound(name[:NAME_LENGTH_MAX])

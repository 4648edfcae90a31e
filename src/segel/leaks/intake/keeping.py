"""What the parent knows of a sample while it is read: which files are open, how much was said.

It is where a child's word is checked: what does not fit what the child said before is a lie.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Final

from segel.leaks.intake.framing import ReaderLied
from segel.leaks.intake.model import (
    Beat,
    Closed,
    ColumnFound,
    Done,
    FileFound,
    Finding,
    Limits,
    Opened,
    Parcel,
    PeopleFound,
    PictureFound,
    Raised,
    RowsFound,
    TableFound,
    TextFound,
)
from segel.leaks.intake.reasons import Reason
from segel.leaks.model import ColumnKind, Handling, PersonRow, SampleFile, SampleTable

_IN_ORDER: Final = PersonRow.__struct_fields__[2:-1]
assert PersonRow.__struct_fields__[-1] == "others", "columns are put into fields by their order"
_FIELD_OF: Final = {
    kind: field for kind in ColumnKind if (field := kind.value.replace("-", "_")) in _IN_ORDER
}
"""Kinds that have a field of their own in a row."""


_AROUND: Final = 3
"""Files around the deepest container: its member, that one's other format, itself."""

_row: Final[Callable[..., PersonRow]] = PersonRow


class FoundTooMuch(Exception):
    """More was said than may be."""


class Keeping:
    """The state of one file that was handed in."""

    def __init__(self, limits: Limits, name: str, length: int, sha256: bytes) -> None:
        self.limits = limits
        self.files = 0
        """How many were begun."""
        self.tables = 0
        self.text_chars = 0
        self.skipped: dict[int, int] = {}
        """Files that a child died of, each with the place behind it and what is in it."""
        self.is_over = False
        self._name = name
        self._length = length
        self._sha256 = sha256
        self._open: dict[int, tuple[str, ...]] = {}
        self._whole: SampleFile | None = None
        """The file that was handed in, once it is closed: it is said when all is done."""
        self._open_tables: dict[int, tuple[TableFound, int]] = {}
        self._saying: set[int] = set()
        """Files of which something was found."""
        self._names = 0
        self._parcels = 0
        self._bytes = 0

    def weigh(self, length: int) -> None:
        """A parcel of so many bytes came. Raises FoundTooMuch."""
        self._parcels += 1
        self._bytes += length
        if self._parcels > self.limits.findings or self._bytes > self.limits.findings_bytes:
            raise FoundTooMuch

    def take(self, parcel: Parcel) -> Iterator[Finding]:
        """What a parcel means. Raises ReaderLied."""
        match parcel:
            case Raised() | Beat():
                yield parcel
            case Opened():
                self._opened(parcel)
            case Closed():
                yield from self._closed(parcel)
            case TableFound():
                yield self._table(parcel)
            case RowsFound():
                yield self._rows(parcel)
            case PictureFound():
                self._says(parcel.file)
                _require(len(parcel.gray) == parcel.width * parcel.height, "a picture's size")
                yield parcel
            case TextFound():
                self._says(parcel.file)
                self.text_chars += len(parcel.text)
                _require(self.text_chars <= self.limits.text_chars, "text over the cap")
                yield parcel
            case Done():
                if self._whole is None or len(self._open) > 1 or parcel.files != self.files:
                    raise ReaderLied("an end before the end")
                self.is_over = True
                yield FileFound(0, self._whole)

    def died(self, reason: Reason, *, is_over: bool) -> Iterator[FileFound]:
        """The child is gone: what it was at is given up; where it is over, all that is open is."""
        if not self.files:
            self._open[0], self.files = (self._name,), 1
        self._open_tables.clear()
        places = sorted(self._open, reverse=True)
        for place in places if is_over else places[:1]:
            self.skipped[place] = self.files
            yield self._given_up(place, reason)
        self.is_over = is_over or 0 not in self._open

    # --- files

    def _opened(self, opened: Opened) -> None:
        _require(opened.file == self.files, "a file out of its order")
        _require(self.files < self.limits.members, "files over the cap")
        is_within = opened.path[:-1] in self._open.values()
        _require(
            is_within if opened.file else opened.path == (self._name,), "a path from elsewhere"
        )
        _require(len(self._open) <= self.limits.depth + _AROUND, "too deep")
        self._name_chars(opened.path)
        self._open[opened.file] = opened.path
        self.files += 1

    def _closed(self, closed: Closed) -> Iterator[FileFound]:
        if closed.file not in self._open:
            # A child that goes on behind a dead one closes again what it walks over.
            _require(closed.file < self.files and bool(self.skipped), "a file twice")
            return
        _require(len(closed.sha256) in (0, 32), "a hash's length")
        is_own = closed.file == 0
        file = SampleFile(
            self._open[closed.file],
            self._length if is_own else closed.length,
            self._sha256 if is_own else closed.sha256,
            closed.format,
            closed.handling,
            ",".join(closed.reasons),
        )
        if is_own:
            _require(self._whole is None, "a file twice")
            self._whole = file
        else:
            del self._open[closed.file]
            yield FileFound(closed.file, file)

    def _given_up(self, place: int, reason: Reason) -> FileFound:
        path = self._open.pop(place)
        is_own = place == 0
        has_more = place in self._saying or self.files > place + 1
        return FileFound(
            place,
            SampleFile(
                path,
                self._length if is_own else 0,
                self._sha256 if is_own else b"",
                "unknown",
                Handling.PARTLY if has_more else Handling.SKIPPED,
                reason.value,
            ),
        )

    def _name_chars(self, names: Iterable[str]) -> None:
        """Names are kept by whoever gets them: they are counted together. Raises FoundTooMuch."""
        self._names += sum(map(len, names))
        if self._names > self.limits.names_chars:
            raise FoundTooMuch

    def _says(self, place: int) -> None:
        _require(place in self._open, "of a file that is not open")
        self._saying.add(place)

    # --- tables

    def _table(self, found: TableFound) -> SampleTable:
        known = self._open_tables.get(found.table)
        count = known[1] if known else 0
        if known is None:
            _require(found.table == self.tables < self.limits.tables, "a table out of its order")
            self._says(found.file)
            self.tables += 1
        else:
            before = known[0]
            _require(
                (found.file, found.name) == (before.file, before.name)
                and found.columns[: len(before.columns)] == before.columns,
                "another table under its number",
            )
        _require(found.rows == (count if found.is_done else 0), "a count that is not its rows'")
        self._open_tables[found.table] = (found, count)
        if found.is_done:
            del self._open_tables[found.table]
        self._name_chars(column.name for column in found.columns)
        columns = tuple(map(ColumnFound.column, found.columns))
        return SampleTable(found.table, found.file, found.name, columns, found.rows)

    def _rows(self, found: RowsFound) -> PeopleFound:
        known = self._open_tables.get(found.table)
        if known is None:
            raise ReaderLied("rows of no table")
        _require(len(set(found.kinds)) == len(found.kinds) == len(found.columns), "a row's fields")
        _require(all(len(one) == found.count for one in found.columns), "a column's length")
        table, first = known
        self._open_tables[found.table] = (table, first + found.count)
        return PeopleFound(tuple(_people(found, first)))


def _people(found: RowsFound, first: int) -> Iterator[PersonRow]:
    rest = [kind.value for kind in found.kinds if kind not in _FIELD_OF]
    columns = dict(zip(found.kinds, found.columns, strict=True))
    nothing = ("",) * found.count
    in_order = {_FIELD_OF[kind]: columns[kind] for kind in columns if kind in _FIELD_OF}
    fields = [in_order.get(name, nothing) for name in _IN_ORDER]
    others = [columns[ColumnKind(name)] for name in rest]
    said = (
        (
            {name: value for name, value in zip(rest, values, strict=True) if value}
            for values in zip(*others, strict=True)
        )
        if others
        else repeat({}, found.count)
    )
    for row, values in enumerate(zip(*fields, said, strict=True), first):
        yield _row(found.table, row, *values)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ReaderLied(what)

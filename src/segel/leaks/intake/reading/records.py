"""Documents with names and values within one another, as rows of a table."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from segel.leaks.intake.reading.findings import FileNotes, OpenTable
from segel.leaks.intake.reasons import Reason

if TYPE_CHECKING:
    from segel.leaks.intake.reading.opening import Opening

_DEPTH_MAX: Final = 8
_ITEMS_MAX: Final = 16
"""Of a list of documents within one: the others stay as JSON in one cell."""
_JSON_CHARS: Final = 16_384
_WRAPPERS: Final = ("$oid", "$date", "$numberLong", "$numberInt", "$numberDouble",
                    "$numberDecimal", "$binary", "$uuid")  # fmt: skip


class Documents:
    """The documents of a file, a table for each index or type that they name."""

    def __init__(self, case: "Opening", notes: FileNotes) -> None:
        self._case = case
        self._notes = notes
        self._tables: dict[str, tuple[OpenTable, dict[str, int]]] = {}

    def add(self, value: Any, name: str = "") -> None:
        """One document; what is none becomes a row of one cell."""
        if isinstance(value, Mapping):
            source = value.get("_source")
            if isinstance(source, Mapping):  # Elasticsearch: the document is in its envelope
                name = str(value.get("_index") or name)
                value = source
            elif isinstance(value.get("resourceType"), str):
                name = value["resourceType"]
        table, places = self._table(name or self._notes.path[-1])
        cells: dict[str, str] = {}
        _flatten(value, "", cells, 0)
        row = [""] * len(places)
        for key, text in cells.items():
            at = places.get(key)
            if at is None:
                if len(places) >= self._case.limits.columns:
                    self._notes.cut(Reason.COLUMNS)
                    continue
                at = places[key] = len(places)
                table.columns.append(key[:200])
                row.append("")
            row[at] = text
        table.add(row)

    def end(self) -> None:
        """There are no more."""
        for table, _ in self._tables.values():
            table.end()

    def _table(self, name: str) -> tuple[OpenTable, dict[str, int]]:
        if name not in self._tables:
            self._tables[name] = (self._case.findings.table(self._notes, name, []), {})
        return self._tables[name]


def _flatten(value: Any, key: str, into: dict[str, str], depth: int) -> None:
    match value:
        case None:
            return
        case str():
            into[key or "value"] = value
        case bool():
            into[key or "value"] = "true" if value else "false"
        case Mapping():
            inner = next((value[one] for one in _WRAPPERS if one in value), None)
            if inner is not None and len(value) <= 2:
                _flatten(inner, key, into, depth + 1)
            elif depth >= _DEPTH_MAX:
                into[key] = _as_json(value)
            else:
                for name, one in value.items():
                    _flatten(one, f"{key}.{name}" if key else str(name), into, depth + 1)
        case list() | tuple():
            if not any(isinstance(one, Mapping | list) for one in value):
                into[key or "value"] = "; ".join(map(_text, value[:1_000]))
            elif len(value) > _ITEMS_MAX or depth >= _DEPTH_MAX:
                into[key or "value"] = _as_json(value)
            else:
                for number, one in enumerate(value):
                    _flatten(one, f"{key}.{number}" if key else str(number), into, depth + 1)
        case _:
            into[key or "value"] = _text(value)


def _as_json(value: Any) -> str:
    return json.dumps(value, default=_text, ensure_ascii=False)[:_JSON_CHARS]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value[:64].hex()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)

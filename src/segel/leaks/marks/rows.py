"""What in a leaked list may be a recipient's: ids and numbers, found in its lines as they are.

No format is parsed: a line of a table, of JSON or of an SQL dump is a row, and one with many values
in brackets is several. So there is nothing for a criminal to break. Pure.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from segel.broker.messages import ROW_NUMBERS_MAX, ROW_WORDS_MAX, RowText

LINE_BYTES_MAX: Final = 64 * 1024
"""Of a line what is looked at; a longer one is looked at in pieces."""

WORD_LENGTH_MAX: Final = 64

_ID: Final = re.compile(r"(?<![0-9a-fA-F-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F-])")  # fmt: skip  # noqa: E501
_NUMBER: Final = re.compile(r"(?<!\d)\d{16}(?!\d)")
_WORD: Final = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_BETWEEN: Final = re.compile(r"\)\s*,\s*\(")


def rows_of(lines: Iterable[bytes]) -> Iterator[tuple[list[UUID], RowText]]:
    """The ids of each row, and what of it may be of somebody invented."""
    for line in lines:
        for start in range(0, len(line), LINE_BYTES_MAX):
            text = line[start : start + LINE_BYTES_MAX].decode("utf-8", "replace")
            for row in _BETWEEN.split(text):
                found = _row(row)
                if found is not None:
                    yield found


def _row(text: str) -> tuple[list[UUID], RowText] | None:
    ids = [UUID(one) for one in _ID.findall(text)]
    numbers = tuple(dict.fromkeys(_NUMBER.findall(text)))[:ROW_NUMBERS_MAX]
    words = dict.fromkeys(one for one in _WORD.findall(text) if len(one) <= WORD_LENGTH_MAX)
    if not ids and not words:
        return None
    return ids, RowText(numbers, tuple(words)[:ROW_WORDS_MAX])

"""Records of many people at once, as ``segel.domain.person_tokens`` makes one; tests hold the two
together. Of a million rows a name is taken apart once for each way it is written.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segel.domain.identifiers import NIK_DIGITS
from segel.domain.person_tokens import (
    NUMBERS,
    RECORD,
    RECORD_VERSION,
    SEXES,
    NamePieces,
    Piece,
    Said,
    filter_mask,
    name_pieces,
)
from segel.leaks.model import PersonRow
from segel.sealing.short_tokens import BLOCK_BYTES, VALUE_BYTES_MAX, ShortTokens, message

_NUMPY: Final = {"Q": "<u8", "I": "<u4", "H": "<u2", "B": "u1"}
RECORD_TYPE: Final = np.dtype([(name, _NUMPY[kind]) for name, kind in RECORD])
"""One record; 116 bytes without gaps."""

Records = NDArray[np.void]
Words = NDArray[np.uint64]
Masks = NDArray[np.uint64]

_SPELLINGS_KEPT: Final = 2_000_000
"""Names whose pieces are remembered from one batch to the next; some hundred bytes each."""

_FIELDS: Final = tuple(field.name for field in fields(Said))
_LONG: Final = "\ufffe"


class Tokeniser:
    """Makes records under one key. Not for several threads at once: it remembers words."""

    def __init__(self, short: ShortTokens) -> None:
        self._short = short
        self._names: dict[str, int] = {"": 0}
        self._words: dict[str, int] = {}
        self._pairs: dict[str, int] = {}
        self._rows: list[tuple[int, ...]] = [(0,) * 8]

    @property
    def first(self) -> int:
        """The token of the first day and of the first month."""
        return int(_short(self._tokens(Piece.DAY_OR_MONTH, ["01"]), np.uint16)[0])

    def people(self, people: Iterable[Said]) -> Records:
        """The records of people, in their order."""
        listed = list(people)
        return self.columns(lambda field: [getattr(one, field) for one in listed], len(listed))

    def rows(self, rows: Sequence[PersonRow]) -> Records:
        """The records of rows of a sample."""
        return self.columns(lambda field: COLUMNS[field](rows), len(rows))

    def columns(self, column: Callable[[str], Sequence[str]], count: int) -> Records:
        """The records of people given by columns: texts by the name of a field of ``Said``."""
        made = self.numbers(column, count)
        self.names(made, column("name"))
        return made

    def numbers(self, column: Callable[[str], Sequence[str]], count: int) -> Records:
        """The same without names: numbers, birth dates and sexes."""
        made = np.zeros(count, RECORD_TYPE)
        made["version"] = RECORD_VERSION
        for field, kind in NUMBERS:
            made[field] = self._tokens(kind, column(field))
        nik = _fixed(column("nik"), NIK_DIGITS)
        for field, kind, start, end in _NIK_PARTS:
            made[field] = _short(self._parts(kind, nik, start, end), np.uint16)
        born = _fixed(column("birth_date"), len("YYYYMMDD"))
        for field, kind, start, end in _BIRTH_PARTS:
            made[field] = _short(self._parts(kind, born, start, end), np.uint16)
        sexes = SEXES.get
        made["sex"] = np.fromiter((sexes(one, 0) for one in column("sex")), np.uint8, count)
        return made

    def names(self, made: Records, names: Sequence[str]) -> None:
        """Write the names' pieces into records."""
        if len(self._names) > _SPELLINGS_KEPT:
            self._names, self._rows = {"": 0}, [(0,) * 8]
        known = self._names
        new = [name for name in dict.fromkeys(names) if name not in known]
        self._learn(new)
        at = np.fromiter(map(known.__getitem__, names), np.int64, len(names))
        used, inverse = np.unique(at, return_inverse=True)
        table = np.array([self._rows[one] for one in used], np.uint64).reshape(-1, 8)
        mine = table[inverse]
        made["sounds"], made["letters_0"], made["letters_1"] = mine[:, 0], mine[:, 1], mine[:, 2]
        made["spelled"] = mine[:, 3]
        for number in range(4):
            made[f"word_{number}"] = mine[:, 4 + number]

    def _learn(self, names: Sequence[str]) -> None:
        pieces = list(map(name_pieces, names))
        self._know(self._words, Piece.WORD, (word for one in pieces for word in one.words))
        self._know(self._pairs, Piece.LETTERS, (pair for one in pieces for pair in one.letters))
        sounds = self._tokens(Piece.SOUNDS, [one.sounds for one in pieces])
        spelled = _short(self._tokens(Piece.SPELLED, [one.spelled for one in pieces]), np.uint32)
        for name, one, whole, written in zip(names, pieces, sounds, spelled, strict=True):
            self._names[name] = len(self._rows)
            self._rows.append(self._row(one, int(whole), int(written)))

    def _row(self, one: NamePieces, whole: int, written: int) -> tuple[int, ...]:
        letters = 0
        for pair in one.letters:
            letters |= self._pairs[pair]
        words = [self._words[word] for word in one.words]
        return (whole, letters & _LOW, letters >> 64, written, *words, *(0,) * (4 - len(words)))

    def _know(self, known: dict[str, int], kind: Piece, texts: Iterable[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        tokens = self._tokens(kind, new)
        if kind is Piece.LETTERS:
            known |= {text: filter_mask(int(one)) for text, one in zip(new, tokens, strict=True)}
        else:
            known |= zip(new, map(int, _short(tokens, np.uint32)), strict=True)

    def _tokens(self, kind: Piece, texts: Sequence[str]) -> Words:
        """Tokens of texts, 0 for an empty one."""
        if not texts:
            return np.zeros(0, np.uint64)
        try:
            # Two more, so that a text which is too long is seen to be.
            values = np.array(texts, f"S{VALUE_BYTES_MAX + 2}")
        except UnicodeEncodeError:  # numpy takes ASCII only
            return self._other(kind, texts)
        lengths = np.char.str_len(values)
        if lengths.max(initial=0) > VALUE_BYTES_MAX or _has_zero_end(texts, lengths):
            return self._other(kind, texts)
        return self._of(kind, values.astype(f"S{VALUE_BYTES_MAX}"), lengths)

    def _other(self, kind: Piece, texts: Sequence[str]) -> Words:
        """The same one by one, where a text is long or not ASCII."""
        messages = [message(kind, text.encode()) for text in texts]
        first = b"".join(one[:BLOCK_BYTES] for one in messages)
        second = b"".join(one[BLOCK_BYTES:] for one in messages)
        made = np.frombuffer(self._short.chained(first, second), "<u8")[::2].copy()
        return _none_is_zero(made, np.array([bool(text) for text in texts]))

    def _parts(self, kind: Piece, digits: NDArray[np.bytes_], start: int, end: int) -> Words:
        """Tokens of a stretch of each text; 0 where there is none. ``digits``: whole ones only."""
        count, width = len(digits), digits.dtype.itemsize
        cut = np.ascontiguousarray(
            np.frombuffer(digits.tobytes(), "u1").reshape(count, width)[:, start:end]
        )
        values = cut.view(f"S{end - start}").reshape(count)
        # There are few: a token for each, and everybody's by its place.
        distinct, at = np.unique(values, return_inverse=True)
        return self._of(kind, distinct, np.char.str_len(distinct))[at]

    def _of(self, kind: Piece, values: NDArray[np.bytes_], lengths: NDArray[np.int64]) -> Words:
        count, width = len(values), values.dtype.itemsize
        blocks = np.zeros((count, 2 * BLOCK_BYTES), np.uint8)
        blocks[:, 0] = kind
        blocks[:, 1] = lengths
        blocks[:, 2 : 2 + width] = np.frombuffer(values.tobytes(), "u1").reshape(count, width)
        made = self._short.chained(
            blocks[:, :BLOCK_BYTES].tobytes(), blocks[:, BLOCK_BYTES:].tobytes()
        )
        return _none_is_zero(np.frombuffer(made, "<u8")[::2].copy(), lengths > 0)


_LOW: Final = (1 << 64) - 1

_NIK_PARTS: Final = (
    ("region", Piece.REGION, 0, 6),
    ("nik_day", Piece.NIK_DAY, 6, 12),
    ("serial_high", Piece.SERIAL_HIGH, 12, 14),
    ("serial_low", Piece.SERIAL_LOW, 14, 16),
)
_BIRTH_PARTS: Final = (
    ("year", Piece.YEAR, 0, 4),
    ("month", Piece.DAY_OR_MONTH, 4, 6),
    ("day", Piece.DAY_OR_MONTH, 6, 8),
)

COLUMNS: Final[dict[str, Callable[[Sequence[PersonRow]], list[str]]]] = {
    "nik": lambda rows: [row.nik for row in rows],
    "record": lambda rows: [row.medical_record.strip() for row in rows],
    "passport": lambda rows: [row.passport for row in rows],
    "health": lambda rows: [row.health_number for row in rows],
    "family": lambda rows: [row.family_card for row in rows],
    "phone_0": lambda rows: [row.phone for row in rows],
    "phone_1": lambda rows: [""] * len(rows),
    "name": lambda rows: [row.name for row in rows],
    "birth_date": lambda rows: [row.birth_date for row in rows],
    "sex": lambda rows: [row.sex for row in rows],
}
assert COLUMNS.keys() == set(_FIELDS), "a row says of a person what a registration does"


def _fixed(texts: Sequence[str], length: int) -> NDArray[np.bytes_]:
    """Texts of exactly one length; others are as if they were not there."""
    same = [text if len(text) == length and text.isascii() else "" for text in texts]
    return np.array(same, f"S{length}")


def _has_zero_end(texts: Sequence[str], lengths: NDArray[np.int64]) -> bool:
    """Whether numpy took a zero at a text's end for the end of the text."""
    return int(lengths.sum()) != sum(map(len, texts))


def _short(tokens: Words, width: type[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    cut = tokens.astype(width)
    cut[(cut == 0) & (tokens != 0)] = 1
    return cut


def _none_is_zero(tokens: Words, said: NDArray[np.bool_]) -> Words:
    tokens[tokens == 0] = 1
    tokens[~said] = 0
    return tokens

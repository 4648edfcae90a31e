"""What running text says of people: numbers, and the names and days that stand beside them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from segel.leaks.intake.columns import values
from segel.leaks.model import ColumnKind

COLUMNS: Final = (
    ColumnKind.NIK, ColumnKind.NAME, ColumnKind.BIRTH_DATE, ColumnKind.PHONE, ColumnKind.EMAIL,
    ColumnKind.MEDICAL_RECORD, ColumnKind.STUDY_UID,
)  # fmt: skip
_LINE_CHARS: Final = 4_000

_NIK: Final = re.compile(
    r"(?<!\d)(?:\d{16}|\d{6}[ .-]\d{6}[ .-]\d{4}|\d{4}(?:[ .-]\d{4}){3})(?!\d)"
)
_PHONE: Final = re.compile(r"(?<![\d.])(?:\+62[ -]?|62|0)8\d{1,3}(?:[ -]?\d{3,4}){2}(?!\d)")
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_DAY: Final = re.compile(
    r"(?<!\d)(?:\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}-\d{2}-\d{2}|\d{1,2} [A-Za-z]{3,9} \d{4})(?!\d)"
)
_UID: Final = re.compile(r"(?<![\d.])[12](?:\.\d{1,30}){5,20}(?![\d.])")
_RECORD: Final = re.compile(
    r"(?i)\b(?:no\.? ?rm|rekam medis|medrec|mrn|nomor rm)\b[ .:#=]{0,4}([\w-]{3,20})"
)
_WORD: Final = (
    r"(?!(?:nik|ktp|hp|telp|wa|no|tgl\w*|tanggal\w*|lahir|umur|jk|alamat|rm)\b)"
    r"(?-i:[A-Z][^\W\d_]*[.'’-]?[^\W\d_]*)"
)
_NAMED: Final = re.compile(
    r"(?i)(?:\bnama(?: ?lengkap| ?pasien)?|\bname|\ba\.?n\.?|\bpasien|\bpatient)\s{0,3}[:=]?\s{0,3}"
    rf"({_WORD}(?: {_WORD}){{0,5}})"
)
_BORN: Final = re.compile(
    r"(?i)\b(?:(?:tgl\.? ?|tanggal ?)?lahir|ttl|dob|born|birth ?date)(?![^\W\d])"
)
_WORDS: Final = re.compile(r"[^\W\d_][^\W\d_.'’]*(?:[ ][^\W\d_][^\W\d_.'’]*){1,4}")
_LABELS: Final = re.compile(r"(?i)\b(?:nik|ktp|hp|telp|wa|no|tgl|lahir|nama|rm|pasien|dan|hasil)\b")

Mention = dict[ColumnKind, str]


class Mentions:
    """Reads lines; gives a row for each person that they tell apart.

    A line with a number is somebody; lines of a form that follow one another are one person, until
    a blank line or until a field comes again.
    """

    def __init__(self) -> None:
        self._now: Mention = {}

    def lines(self, lines: Sequence[str]) -> Iterator[list[str]]:
        """Rows of ``COLUMNS`` that are complete after these lines."""
        for line in lines:
            found = _of_line(line[:_LINE_CHARS])
            comes_again = any(self._now.get(kind, text) != text for kind, text in found.items())
            if comes_again or not line.strip():
                yield from self.end()
            self._now |= found

    def end(self) -> Iterator[list[str]]:
        """The last one."""
        said = self._now.keys()
        if said - {ColumnKind.NAME, ColumnKind.BIRTH_DATE} or len(said) == 2:
            yield [self._now.get(kind, "") for kind in COLUMNS]
        self._now = {}


def _of_line(line: str) -> Mention:
    found: Mention = {}
    rest = line
    for kind, pattern in (
        (ColumnKind.STUDY_UID, _UID),
        (ColumnKind.EMAIL, _EMAIL),
        (ColumnKind.NIK, _NIK),
        (ColumnKind.PHONE, _PHONE),
    ):
        if one := pattern.search(rest):
            found[kind] = one[0]
            rest = f"{rest[: one.start()]}\t{rest[one.end() :]}"
    if record := _RECORD.search(line):
        found[ColumnKind.MEDICAL_RECORD] = record[1]
    day = _DAY.search(rest)
    if day and (found or _BORN.search(line)) and values.day(day[0]):
        found[ColumnKind.BIRTH_DATE] = day[0]
    if named := _NAMED.search(line):
        found[ColumnKind.NAME] = named[1]
    elif ColumnKind.NIK in found or ColumnKind.PHONE in found:
        bare = _LABELS.sub("\t", _DAY.sub("\t", rest))
        if words := _WORDS.search(bare):
            found[ColumnKind.NAME] = words[0]
    return found

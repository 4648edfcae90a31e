"""Rows as results: what each says, by a mapping, or what is wrong with it. Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from segel.domain.identifiers import NumberInvalid, NumberKind, nik_disagrees, parse_number
from segel.domain.sheet_fields import Field
from segel.records.hl7.covid import TESTS as COVID_TESTS
from segel.records.hl7.covid import with_meaning
from segel.records.sheets import cells
from segel.records.sheets.cells import CellWrong
from segel.records.sheets.columns import Mapping, headers, normal
from segel.records.sheets.errors import RowFault, Wrong
from segel.records.sheets.tables import Cell, Row, Table

ANTIGEN: Final = "94558-4"
RNA: Final = "94500-6"
"""LOINC: SARS-CoV-2 antigen, and RNA, in respiratory specimens."""

INVALID: Final = frozenset({"invalid", "tidak valid"})
"""A test that failed: a result in words, and no meaning that a card could be made of."""

_COVID_WORDS: Final = frozenset("covid 19 covid19 sars cov 2 cov2 sarscov2 corona".split())
_ANTIGEN_WORDS: Final = frozenset("antigen ag swab rapid test tes rdt pemeriksaan".split())
_RNA_WORDS: Final = frozenset("pcr rt rtpcr naat rna swab test tes pemeriksaan real time".split())
_LOINC: Final = re.compile(r"(?:loinc)?[ :]*(\d{1,6})-(\d)\Z", re.IGNORECASE)
_COMPARED: Final = re.compile(r"(<=|>=|<|>)\s*(.+)\Z")
_NUMERIC: Final = re.compile(r"[\d.,]+\Z")
_KINDS: Final = {
    Field.NIK: NumberKind.NIK,
    Field.RECORD: NumberKind.RECORD,
    Field.PASSPORT: NumberKind.PASSPORT,
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """One row. Times are as HL7 writes them; ``code`` is LOINC's or ''; ``value`` is a number with
    its ``comparator``, ``words`` what is said otherwise. ``doubts``: fields to look at again."""

    row: int
    name: str = field(repr=False)
    nik: str = field(repr=False)
    record: str = field(repr=False)
    passport: str = field(repr=False)
    birth: str = field(repr=False)
    sex: str = field(repr=False)
    specimen: str = field(repr=False)
    specimen_type: str
    collected: str
    resulted: str
    code: str
    test: str
    words: str = field(repr=False)
    comparator: str = field(repr=False)
    value: Decimal | None = field(repr=False)
    unit: str
    reference: str
    ct: Decimal | None = field(repr=False)
    laboratory: str
    doctor: str = field(repr=False)
    note: str = field(repr=False)
    doubts: tuple[str, ...] = ()

    @property
    def day(self) -> str:
        """On which the specimen was taken, YYYYMMDD."""
        return self.collected[:8]

    @property
    def person(self) -> tuple[str, str, str]:
        """Whose it is, by every number."""
        return self.record, self.nik, self.passport

    @property
    def what(self) -> tuple[object, ...]:
        """What tells it from all others: the laboratory, the specimen or else the person and the
        time, and the test."""
        source = (self.specimen, self.day) if self.specimen else (*self.person, self.collected)
        return self.laboratory.casefold(), *source, self.code or self.test


@dataclass(frozen=True, slots=True)
class Understood:
    """What a table says, and what is wrong with it, both in the order of its rows."""

    results: tuple[Result, ...]
    faults: tuple[RowFault, ...]

    @property
    def rows(self) -> int:
        """How many rows there are below the header."""
        return len(self.results) + len({fault.row for fault in self.faults})


def understand(table: Table, mapping: Mapping, today: date) -> Understood:
    """Read every row below the header. Raises SheetRefused where the mapping is not whole."""
    mapping.require_whole()
    names = headers(table, mapping.header_row)
    results: list[Result] = []
    faults: list[RowFault] = []
    seen: dict[tuple[object, ...], Result] = {}
    for row in table.rows:
        if row.number <= mapping.header_row:
            continue
        reading = _Reading(row, mapping, f"{today:%Y%m%d}", names)
        found = reading.result()
        if found is not None:
            before = seen.setdefault(found.what, found)
            if replace(before, row=0) != replace(found, row=0):
                reading.wrong(_main_field(mapping), Wrong.TWICE)
                found = None
        if found is not None:
            results.append(found)
        faults += reading.faults
    return Understood(tuple(results), tuple(faults))


def _main_field(mapping: Mapping) -> Field:
    has_words = Field.RESULT in mapping.columns
    return Field.RESULT if has_words else Field.VALUE


class _Reading:
    """One row on its way to a result; faults are collected, so that all are told at once."""

    def __init__(self, row: Row, mapping: Mapping, today: str, names: list[str]) -> None:
        self.row = row
        self.mapping = mapping
        self.today = today
        self.names = names
        self.faults: list[RowFault] = []

    def wrong(self, at: Field, wrong: Wrong) -> None:
        place = self.mapping.columns.get(at, -1)
        name = self.names[place] if 0 <= place < len(self.names) else ""
        self.faults.append(RowFault(self.row.number, name, at.value, wrong))

    def read(self, at: Field, how: Callable[[Cell], T], nothing: T) -> T:
        """What a cell means; ``nothing`` where it is wrong, which is noted."""
        try:
            return how(self.row.cell(self.mapping.columns.get(at, -1)))
        except CellWrong as found:
            self.wrong(at, found.wrong)
            return nothing

    def text(self, at: Field) -> str:
        return self.read(at, cells.whole, "")

    def number(self, at: Field) -> Decimal | None:
        return self.read(at, lambda cell: cells.number(cell, self.mapping.decimal), None)

    def result(self) -> Result | None:
        numbers = {at: self.identifier(at, kind) for at, kind in _KINDS.items()}
        if not any(numbers.values()) and not any(one.field in _KINDS for one in self.faults):
            self.wrong(next(at for at in _KINDS if at in self.mapping.columns), Wrong.NO_NUMBER)
        name = self.required(Field.NAME)
        birth = self.past(Field.BIRTH)[:8]
        sex = self.read(Field.SEX, cells.sex, "")
        nik = numbers[Field.NIK]
        code, test = self.test()
        comparator, value, words = self.outcome(code)
        made = Result(
            row=self.row.number,
            name=name,
            nik=nik,
            record=numbers[Field.RECORD],
            passport=numbers[Field.PASSPORT],
            birth=birth,
            sex=sex,
            specimen=self.read(Field.SPECIMEN, cells.identifying, ""),
            specimen_type=self.text(Field.SPECIMEN_TYPE),
            collected=self.collected(),
            resulted=self.past(Field.RESULTED),
            code=code,
            test=test,
            words=words,
            comparator=comparator,
            value=value,
            unit=self.text(Field.UNIT),
            reference=self.text(Field.REFERENCE),
            ct=self.number(Field.CT) if self.text(Field.CT) not in _NOTHING else None,
            laboratory=self.text(Field.LABORATORY) or self.mapping.laboratory,
            doctor=self.text(Field.DOCTOR),
            note=self.text(Field.NOTE),
            doubts=tuple(nik_disagrees(nik, birth, sex)) if nik else (),
        )
        self.faults = list(dict.fromkeys(self.faults))
        return None if self.faults else made

    def identifier(self, at: Field, kind: NumberKind) -> str:
        def parsed(cell: Cell) -> str:
            text = cells.identifying(cell)
            if text in _NOTHING:
                return ""
            try:
                return parse_number(kind, text)
            except NumberInvalid:
                raise CellWrong(Wrong.IDENTIFIER) from None

        return self.read(at, parsed, "")

    def required(self, at: Field) -> str:
        text = self.text(at)
        if text in _NOTHING and not any(one.field == at for one in self.faults):
            self.wrong(at, Wrong.MISSING)
        return text

    def past(self, at: Field) -> str:
        """A day that is not after today."""
        known = self.read(at, cells.moment, "")
        if known[:8] > self.today:
            self.wrong(at, Wrong.DATE_FUTURE)
        return known

    def collected(self) -> str:
        known = self.past(Field.COLLECTED)
        if not known and not any(one.field == Field.COLLECTED for one in self.faults):
            self.wrong(Field.COLLECTED, Wrong.MISSING)
        clock = self.read(Field.COLLECTED_TIME, cells.clock, "")
        return f"{known}{clock}" if len(known) == len("YYYYMMDD") else known

    def test(self) -> tuple[str, str]:
        """The code and the words of what was tested."""
        words = self.text(Field.TEST)
        stated = self.text(Field.CODE)
        if stated and not (code := loinc(stated)):
            self.wrong(Field.CODE, Wrong.CODE)
            return "", words
        if not stated:
            code = loinc(words) or covid_test(words) or self.mapping.test * (not words)
        if not (code or words):
            at = Field.TEST if Field.TEST in self.mapping.columns else Field.CODE
            self.wrong(at, Wrong.MISSING)
        return code, "" if loinc(words) else words

    def outcome(self, code: str) -> tuple[str, Decimal | None, str]:
        """Comparator, number and words."""
        words = self.text(Field.RESULT)
        words = "" if words in _NOTHING and words != "-" else words
        stated = self.text(Field.VALUE)
        if code in COVID_TESTS:
            if stated not in _NOTHING and words:
                self.wrong(Field.VALUE, Wrong.BOTH)
            words = words or stated
            known = "coding" in with_meaning({"text": words})
            if words in _NOTHING and not known:
                self.wrong(_main_field(self.mapping), Wrong.MISSING)
            elif not known and normal(words) not in INVALID:
                self.wrong(_main_field(self.mapping), Wrong.RESULT)
            return "", None, words
        at, text = (Field.VALUE, stated) if stated not in _NOTHING else (Field.RESULT, words)
        if text in _NOTHING:
            if not any(one.field in (Field.VALUE, Field.RESULT) for one in self.faults):
                self.wrong(_main_field(self.mapping), Wrong.MISSING)
            return "", None, ""
        compared = _COMPARED.match(text)
        comparator, bare = (compared[1], compared[2]) if compared else ("", text)
        if at is Field.RESULT and not _NUMERIC.match(bare.replace(" ", "")):
            return "", None, text
        cell = self.row.cell(self.mapping.columns[at])
        kind = cell if not comparator else Cell(bare)
        value = self.read(at, lambda _: cells.number(kind, self.mapping.decimal), None)
        return comparator, value, words if at is Field.VALUE else ""


_NOTHING: Final = frozenset({"", "-", "--", "–", "—", "?", "N/A", "n/a", "NA", "."})
"""What people write into a cell that says nothing."""


def loinc(text: str) -> str:
    """A LOINC code, where ``text`` is one: its last digit is a check (mod 10)."""
    found = _LOINC.match(text.strip())
    if found is None:
        return ""
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(found[1]))]
    total = sum(digit // 10 + digit % 10 for digit in doubled)
    return f"{found[1]}-{found[2]}" if (10 - total % 10) % 10 == int(found[2]) else ""


def covid_test(words: str) -> str:
    """The code of a Covid-19 test that is named by words; '' where they name something else: an
    antigen may be that of dengue, and a PCR one of tuberculosis."""
    said = set(normal(words).split())
    rest = said - _COVID_WORDS
    if rest & {"antigen", "ag"} and rest <= _ANTIGEN_WORDS:
        return ANTIGEN
    is_pcr = bool(rest & {"pcr", "rtpcr", "naat"}) or (bool(said - rest) and "rna" in rest)
    return RNA if is_pcr and rest <= _RNA_WORDS else ""


def in_patients(results: tuple[Result, ...]) -> Iterator[list[Result]]:
    """Results of one person together, as far as their numbers tell."""
    groups: dict[str, list[Result]] = {}
    for one in results:
        groups.setdefault(one.nik or one.record or one.passport, []).append(one)
    yield from groups.values()

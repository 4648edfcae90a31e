"""Which column is what: recognised by its header, corrected by somebody, kept for the next file."""

import re
from collections.abc import Mapping as Map
from collections.abc import Sequence
from typing import Final

import msgspec

from segel.domain.sheet_fields import Field
from segel.records.sheets.errors import SheetProblem, SheetRefused
from segel.records.sheets.tables import Row, Table

HEADER_ROWS_MAX: Final = 20
"""How far down a header is looked for: above it stand titles and addresses."""


HEADERS: Final[Map[Field, Sequence[str]]] = {
    Field.NIK: ("nik", "no nik", "nomor nik", "nomor induk kependudukan", "no ktp", "nomor ktp",
                "ktp", "national id", "nik pasien", "no identitas"),
    Field.RECORD: ("no rekam medis", "nomor rekam medis", "no rm", "norm", "no mr", "rm", "mrn",
                   "rekam medis", "medical record number", "record no", "record number",
                   "no rekam medik"),
    Field.PASSPORT: ("paspor", "no paspor", "nomor paspor", "passport", "passport no",
                     "passport number"),
    Field.NAME: ("nama", "nama pasien", "nama lengkap", "name", "patient name", "full name",
                 "pasien", "patient"),
    Field.BIRTH: ("tanggal lahir", "tgl lahir", "tgl. lahir", "lahir", "date of birth",
                  "birth date", "birthdate", "dob"),
    Field.SEX: ("jenis kelamin", "jk", "kelamin", "l p", "sex", "gender", "jns kelamin"),
    Field.SPECIMEN: ("no spesimen", "nomor spesimen", "no sampel", "nomor sampel", "id spesimen",
                     "id sampel", "kode sampel", "kode spesimen", "no lab", "nomor lab",
                     "no laboratorium", "specimen number", "specimen no", "specimen id",
                     "sample id", "sample number", "lab number", "no registrasi lab"),
    Field.SPECIMEN_TYPE: ("jenis spesimen", "jenis sampel", "spesimen", "sampel", "bahan",
                          "specimen type", "sample type", "specimen"),
    Field.COLLECTED: ("tanggal pengambilan sampel", "tgl pengambilan sampel",
                      "tanggal pengambilan spesimen", "tanggal pengambilan", "tgl pengambilan",
                      "tanggal sampling", "tgl sampling", "tanggal swab", "tgl swab",
                      "waktu pengambilan", "waktu pengambilan sampel", "tanggal periksa",
                      "tanggal pemeriksaan", "tgl pemeriksaan", "tgl periksa", "collected",
                      "collection date", "collected at", "sampling date", "date collected",
                      "tanggal"),
    Field.COLLECTED_TIME: ("jam pengambilan", "jam pengambilan sampel", "jam sampling",
                           "pukul", "jam", "collection time", "time collected"),
    Field.RESULTED: ("tanggal hasil", "tgl hasil", "waktu hasil", "tanggal hasil keluar",
                     "tanggal selesai", "tgl selesai", "result date", "reported", "reported at",
                     "date reported", "issued"),
    Field.TEST: ("jenis pemeriksaan", "pemeriksaan", "nama pemeriksaan", "parameter", "jenis tes",
                 "jenis test", "nama tes", "tes", "test", "test name", "examination", "analyte",
                 "metode pemeriksaan"),
    Field.CODE: ("loinc", "kode loinc", "loinc code", "kode pemeriksaan loinc"),
    Field.RESULT: ("hasil", "hasil pemeriksaan", "hasil tes", "hasil lab", "kesimpulan", "result",
                   "results", "test result", "interpretasi"),
    Field.VALUE: ("nilai", "nilai hasil", "angka", "value", "numeric result", "kadar"),
    Field.UNIT: ("satuan", "unit", "units", "satuan hasil"),
    Field.REFERENCE: ("nilai rujukan", "rujukan", "nilai normal", "nilai acuan", "normal",
                      "reference range", "reference", "reference value", "normal range"),
    Field.CT: ("nilai ct", "ct", "ct value", "ct valu", "cycle threshold", "nilai ct value"),
    Field.LABORATORY: ("laboratorium", "lab", "nama laboratorium", "laboratorium pemeriksa",
                       "laboratory", "lab name", "performing laboratory", "faskes"),
    Field.DOCTOR: ("dokter", "dokter penanggung jawab", "penanggung jawab", "dpjp lab",
                   "dokter pemeriksa", "validator", "doctor", "physician", "responsible doctor",
                   "pathologist"),
    Field.NOTE: ("keterangan", "catatan", "note", "notes", "remark", "remarks", "comment"),
}  # fmt: skip
_BY_HEADER: Final = {header: field for field, headers in HEADERS.items() for header in headers}


class Mapping(msgspec.Struct, frozen=True):
    """``columns``: which place, from 0, each field is at. ``test``: a LOINC code, of files that
    have one test only; ``laboratory``: of files that do not name it; ``decimal``: the sign of a
    decimal fraction, '' where the file leaves no doubt. ``header_row``: as the spreadsheet counts.
    """

    columns: dict[Field, int]
    header_row: int = 1
    test: str = ""
    laboratory: str = ""
    decimal: str = ""

    def require_whole(self) -> None:
        """Return where a result can be understood by it. Raises SheetRefused."""
        has = self.columns.__contains__
        numbers = any(map(has, (Field.NIK, Field.RECORD, Field.PASSPORT)))
        tests = bool(self.test) or has(Field.TEST) or has(Field.CODE)
        results = has(Field.RESULT) or has(Field.VALUE)
        for field, there in (
            (Field.NAME, has(Field.NAME)),
            (Field.NIK, numbers),
            (Field.COLLECTED, has(Field.COLLECTED)),
            (Field.TEST, tests),
            (Field.RESULT, results),
        ):
            if not there:
                raise SheetRefused(SheetProblem.MAPPING, field.value)


def normal(header: str) -> str:
    """A header as it is compared: small, without signs and without what stands in brackets."""
    bare = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", header.casefold())
    return " ".join(re.sub(r"[^0-9a-z]+", " ", bare).split())


def recognised(row: Row) -> dict[Field, int]:
    """The fields that a row's cells are headers of; of two columns the first."""
    found: dict[Field, int] = {}
    for at, cell in enumerate(row.cells):
        field = _BY_HEADER.get(normal(cell.text))
        if field is not None:
            found.setdefault(field, at)
    return found


def header_of(table: Table) -> Row:
    """The row that names the columns: the one in which most is recognised, else the first."""
    assert table.rows, "a table that is read has rows"
    return max(table.rows[:HEADER_ROWS_MAX], key=lambda row: len(recognised(row)))


def best_of(tables: Sequence[Table]) -> Table:
    """The table that is likeliest to hold results."""
    held = [table for table in tables if table.rows]
    return max(held, key=lambda table: len(recognised(header_of(table))))


def suggested(table: Table) -> Mapping:
    """What the headers say; what they do not say is for somebody to say."""
    header = header_of(table)
    return Mapping(recognised(header), header.number)


def shape_of(table: Table, header_row: int) -> str:
    """What files of the same make have in common: their headers, in order."""
    names = headers(table, header_row)
    return "\n".join(normal(name) for name in names)


def headers(table: Table, header_row: int) -> list[str]:
    """The names of the columns as they stand in the file."""
    row = next((row for row in table.rows if row.number == header_row), header_of(table))
    width = max(len(row.cells) for row in table.rows)
    return [row.cell(at).text for at in range(width)]

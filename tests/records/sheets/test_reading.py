"""Files as laboratories save them, and as nobody should: read, or refused with a word."""

import contextlib
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.records.sheets import cells
from segel.records.sheets.columns import Mapping, best_of, suggested
from segel.records.sheets.errors import SheetProblem, SheetRefused, Wrong
from segel.records.sheets.faults_csv import csv_of as faults_csv
from segel.records.sheets.messages import bundle_of
from segel.records.sheets.reading import read_tables
from segel.records.sheets.rows import Understood, covid_test, loinc, understand
from segel.records.sheets.tables import BROKEN, NUMBER, Cell
from support.lab_sheets import PEOPLE, csv_of, rows_of

TODAY = date(2026, 11, 28)
ANYWHERE = (UUID(int=7), "RS")


def understood(data: bytes, **stated: str) -> Understood:
    table = best_of(read_tables(data))
    found = suggested(table)
    return understand(table, Mapping(found.columns, found.header_row, **stated), TODAY)


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEADER = ("NIK", "Nama", "Tanggal Pengambilan", "Pemeriksaan", "Hasil", "Satuan")
ROW = (PEOPLE[0].nik, "Sri Wulandari", "05/01/2022", "Hemoglobin", "13,5", "g/dL")


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("cp1252"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
    ],
)
@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
@pytest.mark.parametrize("sep", [False, True])
def test_any_usual_delimiter_and_character_set_is_read(encode, sign: str, sep: bool) -> None:
    row = [f'"{one}"' for one in (*ROW[:1], "René Müller", *ROW[2:])]
    text = "\r\n".join([f"sep={sign}"] * sep + [sign.join(HEADER), sign.join(row), ""])
    (result,) = understood(encode(text)).results
    assert (result.row, result.name, result.value) == (2, "René Müller", Decimal("13.5"))


def test_a_workbook_says_what_it_kept_and_never_computes() -> None:
    formula = (*ROW[:4], "=1+1", "g/dL")
    dated = (*ROW[:2], datetime(2022, 1, 5, 8, 30), "Glukosa", 101.5, "mg/dL")  # noqa: DTZ001
    failed = (*ROW[:4], "#DIV/0!", "g/dL")
    as_number = (int(PEOPLE[0].nik), *ROW[1:])
    found = understood(workbook(("Laporan",), (), HEADER, ROW, formula, dated, failed, as_number))
    assert [(one.row, one.value) for one in found.results] == [
        (4, Decimal("13.5")),
        (6, Decimal("101.5")),
    ]
    assert found.results[1].collected == "20220105083000"
    assert [(one.row, one.field, one.wrong) for one in found.faults] == [
        (5, "result", Wrong.FORMULA),
        (7, "result", Wrong.FORMULA),
        (8, "nik", Wrong.DIGITS_LOST),
    ]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<x/>")
        packed.writestr("xl/worksheets/sheet1.xml", bytes(60 * 1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", SheetProblem.EMPTY),
        (b"\n\n;;\n", SheetProblem.EMPTY),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), SheetProblem.OLD),
        (b"%PDF-1.7", SheetProblem.OLD),
        (b"PK\x03\x04" + bytes(50), SheetProblem.BROKEN),
        (bomb(), SheetProblem.UNPACKED),
        (b'a;b\n"c;d\n', SheetProblem.QUOTES),
        (b"a;b\n\x81\x8d;\xff\n", SheetProblem.ENCODING),
        (b"a;b\nc;\x00\x01d\n", SheetProblem.ENCODING),
        (b"a;b\n" * 5_002, SheetProblem.ROWS),
        (b"a;" * 200 + b"b", SheetProblem.COLUMNS),
        (b"a;" + b"b" * 2_000, SheetProblem.CELL),
        (bytes(8 * 1024 * 1024 + 1), SheetProblem.BYTES),
    ],
)
def test_what_is_no_table_is_refused_by_its_name(data: bytes, problem: SheetProblem) -> None:
    with pytest.raises(SheetRefused) as refused:
        read_tables(data)
    assert refused.value.problem is problem


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for whole in (data, b"PK\x03\x04" + data, "\n".join((";".join(HEADER), "")).encode() + data):
        try:
            table = best_of(read_tables(whole))
        except SheetRefused:
            continue
        try:
            found = understand(table, suggested(table), TODAY)
        except SheetRefused:
            continue
        for one in found.results:
            bundle_of(one, *ANYWHERE)


SOUND = workbook(HEADER, ROW)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SheetRefused):
        read_tables(bytes(raw))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("05/01/2022", "20220105"), ("5-1-2022", "20220105"), ("05.01.2022", "20220105"),
        ("2022-01-05", "20220105"), ("2022/1/5", "20220105"), ("20220105", "20220105"),
        ("5 Januari 2022", "20220105"), ("05-Jan-2022", "20220105"),
        ("Rabu, 5 Jan 2022", "20220105"),
        ("44566", "20220105"), ("44566,5", "20220105120000"), ("5 Agt 2022 08.30", "202208050830"),
        ("05/01/2022 08:30:15 WITA", "20220105083015+0800"),
        ("2022-01-05T08:30:00+07:00", "20220105083000+0700"), ("", ""),
    ],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(text: str, read: str) -> None:
    assert cells.moment(Cell(text)) == read


@pytest.mark.parametrize(
    "text", ["31/02/2022", "1/13/2022", "05/01/22", "2022", "99999", "kemarin", "5 Janu 2022"]
)
def test_a_date_that_may_be_two_is_none(text: str) -> None:
    with pytest.raises(cells.CellWrong) as wrong:
        cells.moment(Cell(text))
    assert wrong.value.wrong is Wrong.DATE


@pytest.mark.parametrize(
    ("text", "sign", "read"),
    [
        ("13,5", "", "13.5"), ("13.50", "", "13.50"), ("1.234,5", "", "1234.5"),
        ("1,234.5", "", "1234.5"), ("250.000", ",", "250000"), ("4.125", ".", "4.125"),
        ("4,125", ",", "4.125"), ("0,125", "", "0.125"), ("250000", "", "250000"),
        ("1.250.000", "", "1250000"),
    ],
)  # fmt: skip
def test_numbers_are_read_by_their_decimal_sign(text: str, sign: str, read: str) -> None:
    assert str(cells.number(Cell(text), sign)) == read


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("250.000", Wrong.AMBIGUOUS), ("4,125", Wrong.AMBIGUOUS), ("tinggi", Wrong.NUMBER),
     ("1,2,3", Wrong.NUMBER), ("12%", Wrong.NUMBER)],
)  # fmt: skip
def test_a_number_that_may_be_two_is_none(text: str, wrong: Wrong) -> None:
    with pytest.raises(cells.CellWrong) as found:
        cells.number(Cell(text))
    assert found.value.wrong is wrong


def test_numbers_of_people_keep_every_digit() -> None:
    for text in ("3,20123E+15", "3.2E15", "3,2e+15"):
        with pytest.raises(cells.CellWrong) as wrong:
            cells.identifying(Cell(text))
        assert wrong.value.wrong is Wrong.SCIENTIFIC
    assert cells.identifying(Cell("0012")) == "0012"
    assert cells.identifying(Cell("12", NUMBER)) == "12"
    with pytest.raises(cells.CellWrong):
        cells.identifying(Cell("#REF!", BROKEN))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Swab Antigen", "94558-4"), ("Rapid test antigen Covid-19", "94558-4"),
        ("RT-PCR SARS-CoV-2", "94500-6"), ("Swab PCR", "94500-6"), ("PCR", "94500-6"),
        ("Antigen Dengue NS1", ""), ("PCR TB", ""), ("HBsAg", ""), ("Swab", ""), ("", ""),
        ("Antigen dan PCR", ""),
    ],
)  # fmt: skip
def test_only_a_covid_test_is_taken_for_one(words: str, code: str) -> None:
    assert covid_test(words) == code


def test_a_loinc_code_has_its_check_digit() -> None:
    assert [loinc(one) for one in ("94558-4", "LOINC 94500-6", "94500-7", "x")] == [
        "94558-4", "94500-6", "", "",
    ]  # fmt: skip


def test_every_error_of_a_row_is_told_with_its_column() -> None:
    row = rows_of(1)[0] | {"NIK": "", "Hasil": "mungkin", "Tgl Lahir": "1/1/2099", "JK": "X"}
    found = understood(csv_of([row]))
    assert [(one.row, one.column, one.wrong) for one in found.faults] == [
        (2, "NIK", Wrong.NO_NUMBER),
        (2, "Tgl Lahir", Wrong.DATE_FUTURE),
        (2, "JK", Wrong.SEX),
        (2, "Hasil", Wrong.RESULT),
    ]


def test_two_results_of_one_specimen_and_test_are_told_and_the_same_twice_is_not() -> None:
    one = rows_of(1)[0]
    found = understood(csv_of([one, one, one | {"Hasil": "Negatif"}]))
    assert [result.row for result in found.results] == [2, 3]
    assert [(fault.row, fault.wrong) for fault in found.faults] == [(4, Wrong.TWICE)]


def test_a_row_becomes_what_a_message_of_it_becomes() -> None:
    row = rows_of(13)[12] | {"Hasil": "Positif", "Nilai CT": "23,5"}
    (result,) = understood(csv_of([row])).results
    bundle = bundle_of(result, *ANYWHERE)
    resources = [one["resource"] for one in bundle["entry"]]
    assert [one["resourceType"] for one in resources] == [
        "Patient", "Specimen", "Observation", "Observation", "DiagnosticReport",
    ]  # fmt: skip
    patient, specimen, test, ct, report = resources
    assert patient["identifier"][0]["value"] == PEOPLE[12].nik
    assert specimen["identifier"][0]["value"] == "S-0012"
    assert test["code"]["coding"][0]["code"] == "94500-6"
    assert test["valueCodeableConcept"]["coding"][0]["code"] == "10828004"
    assert ct["valueQuantity"]["value"] == Decimal("23.5")
    assert report["resultsInterpreter"][0]["display"] == "dr. Rina Halim, Sp.PK"
    assert bundle == bundle_of(result, *ANYWHERE)


def test_no_cell_of_the_errors_is_computed_by_a_spreadsheet() -> None:
    lines = [("+1", "-1"), ("@x", " =2"), ("\tx", "fine")]
    made = faults_csv(("=1+1", "b"), lines).decode("utf-8-sig")
    assert "'=1+1" in made
    for line in made.splitlines():
        for one in line.split(";"):
            assert not one.lstrip('" ').startswith(("=", "+", "-", "@", "\t")), one

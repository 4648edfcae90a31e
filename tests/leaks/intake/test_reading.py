"""What is in a file of each format: its rows, as the archive would compare them."""

import io
from pathlib import Path

import msgspec
import numpy as np
import pydicom
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom.data import get_testdata_file
from reportlab.pdfgen.canvas import Canvas

from segel.leaks.intake.reasons import Reason
from segel.leaks.model import ColumnKind, Handling, PersonRow
from support.hostile.archives import encrypted, zipped
from support.hostile.pictures import dicom, own
from support.quarantine import NARROW, inspected
from support.radiograph_files import dicom_of
from support.samples import FILES, HEADER, KINDS, PEOPLE, delimited


def person(one: tuple[str, ...]) -> tuple[str, ...]:
    nik, name, born, sex, phone, record = one
    digits = phone.replace(" ", "").replace("+", "")
    return (
        nik, name, born.replace("-", ""), "F" if sex == "P" else "M",
        digits if digits.startswith("62") else f"62{digits[1:]}", record,
    )  # fmt: skip


def said(row: PersonRow) -> tuple[str, ...]:
    return (row.nik, row.name, row.birth_date, row.sex, row.phone, row.medical_record)


@pytest.mark.parametrize("name", FILES)
def test_rows_come_as_they_are_compared(name: str) -> None:
    found = inspected(name, FILES[name]())
    assert {file.handling for file in found.files.values()} == {Handling.READ}
    assert [said(row) for row in found.rows] == [person(one) for one in PEOPLE]
    assert [row.row for row in found.rows] == [0, 1, 2]
    (table,) = (one for one in found.tables.values() if one.rows)
    assert {column.name: column.kind for column in table.columns}.items() >= set(
        zip(HEADER, KINDS, strict=True)
    )
    assert table.rows == 3


def test_columns_without_names_are_known_by_their_content() -> None:
    people = [
        (
            f"9701{one + 1:02}4107{50 + one}0003",
            f"SITI {chr(65 + one) * 5}",
            f"{one + 1:02}/07/{1950 + one}",
            f"08123456{7000 + one}",
            "RSUD Harapan" if one % 2 else "Puskesmas Dua",
        )
        for one in range(30)
    ]
    found = inspected("x.csv", "\n".join(";".join(one) for one in people).encode())
    assert [column.kind for column in found.tables[0].columns] == [
        ColumnKind.NIK, ColumnKind.NAME, ColumnKind.BIRTH_DATE, ColumnKind.PHONE,
        ColumnKind.HOSPITAL,
    ]  # fmt: skip
    assert len(found.rows) == 30
    assert all(column.confidence < 1 for column in found.tables[0].columns)


def test_values_are_believed_before_a_column_that_was_renamed() -> None:
    rows = "".join(f"{one[1]},{one[0]},{one[2]}\n" for one in PEOPLE)
    found = inspected("x.csv", f"email,nama,alamat\n{rows}".encode())
    assert [column.kind for column in found.tables[0].columns] == [
        ColumnKind.NAME, ColumnKind.NIK, ColumnKind.EVENT_TIME,
    ]  # fmt: skip


def test_a_column_is_corrected() -> None:
    data = "a;b\n" + "".join(f"{one[1]};K{one[5]}\n" for one in PEOPLE)
    found = inspected("x.csv", data.encode(), kinds={"x.csv.b": ColumnKind.MEDICAL_RECORD})
    assert found.tables[0].columns[1].kind is ColumnKind.MEDICAL_RECORD
    assert [row.medical_record for row in found.rows] == [f"K{one[5]}" for one in PEOPLE]


def test_running_text_is_searched_for_people() -> None:
    text = """Kirim contoh ya kak
[12/01/22, 10:00:11] Penjual: NIK 9701014107900003 a.n. SITI AMINAH lahir 01-07-1990
[12/01/22, 10:00:40] Penjual: ini satu lagi

Nama: BUDI SANTOSO
NIK: 9701010107900004
Tanggal lahir: 1 Juli 1990
HP: 0812-3456-7891
No. RM: 00-12-35

9801020203850007 AGUS WIJAYA 02/03/1985
"""
    found = inspected("chat.txt", text.encode())
    assert [(row.nik, row.name, row.birth_date) for row in found.rows] == [
        (one[0], one[1], one[2].replace("-", "")) for one in PEOPLE
    ]
    assert found.rows[1].phone == "6281234567891"
    assert found.rows[1].medical_record == "00-12-35"
    assert found.texts[0].text == text


def test_numbers_within_texts_of_a_table_are_found() -> None:
    note = (
        "Pasien datang dengan keluhan demam sejak tiga hari yang lalu, NIK {}, rujukan dari klinik"
    )
    data = "id\tcatatan\n" + "".join(
        f"{at}\t{note.format(one[0])}\n" for at, one in enumerate(PEOPLE)
    )
    found = inspected("x.tsv", data.encode())
    assert [row.nik for row in found.rows] == [one[0] for one in PEOPLE]


def test_pages_are_searched() -> None:
    made = io.BytesIO()
    canvas = Canvas(made)
    for at, one in enumerate(PEOPLE):
        canvas.drawString(50, 700 - 20 * at, f"NIK {one[0]} Nama: {one[1]}")
    canvas.save()
    found = inspected("x.pdf", made.getvalue())
    assert [(row.nik, row.name) for row in found.rows] == [one[:2] for one in PEOPLE]
    page = "<html><table>" + "".join(f"<tr><td>{one[0]}<td>{one[1]}</tr>" for one in PEOPLE)
    found = inspected("x.html", page.encode())
    assert [(row.nik, row.name) for row in found.rows] == [one[:2] for one in PEOPLE]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_pictures_are_decoded(kind: str) -> None:
    made = io.BytesIO()
    Image.linear_gradient("L").resize((2400, 800)).save(made, kind)
    (picture,) = inspected(f"x.{kind}", made.getvalue()).pictures
    assert (picture.full_width, picture.full_height) == (2400, 800)
    assert (picture.width, picture.height) == (1600, 533)
    assert picture.kind == kind.lower()


def test_dicom_says_who_and_which() -> None:
    pixels = bytes(range(64))
    files = {f"{one}.dcm": dicom(pixels=own(pixels)) for one in range(2)}
    found = inspected("x.zip", zipped(files))
    assert [row.medical_record for row in found.rows] == ["RM1234"] * 2
    assert [row.name for row in found.rows] == ["BUDI X"] * 2
    assert [one.instance_uid for one in found.pictures] == ["2.25.1"] * 2
    assert found.pictures[0].gray == pixels
    assert len({one.pixel_sha256 for one in found.pictures}) == 1


def test_a_dicom_file_that_is_handed_in_by_itself_is_decoded() -> None:
    """Not in an archive: its pixels are read from what was handed in, where they lie."""
    pixels = np.arange(400 * 300, dtype=np.uint32).astype(np.uint8).reshape(400, 300)
    found = inspected("satu.dcm", dicom_of(pixels, 1))
    assert [(one.full_width, one.full_height) for one in found.pictures] == [(300, 400)]


def test_real_dicom_is_decoded() -> None:
    found = inspected("x.dcm", _example("CT_small.dcm"))
    expected = pydicom.dcmread(io.BytesIO(_example("CT_small.dcm")))
    (picture,) = found.pictures
    assert (picture.full_height, picture.full_width) == expected.pixel_array.shape
    assert picture.study_uid == expected.StudyInstanceUID
    assert found.files[0].handling is Handling.READ


def _example(name: str) -> bytes:
    return Path(str(get_testdata_file(name, download=False))).read_bytes()


def test_writing_in_a_screenshot_is_read() -> None:
    pytest.importorskip("rapidocr_onnxruntime", reason="the extra `ocr` is not installed")
    image = Image.new("L", (900, 200), 255)
    draw = ImageDraw.Draw(image)
    draw.text((20, 20), "NIK: 9701010107900004", font=ImageFont.load_default(28))
    draw.text((20, 80), "HP: 0812-3456-7891", font=ImageFont.load_default(28))
    made = io.BytesIO()
    image.save(made, "PNG")
    found = inspected("x.png", made.getvalue(), msgspec.structs.replace(NARROW, ocr_pictures=9))
    assert [(row.nik, row.phone) for row in found.rows] == [("9701010107900004", "6281234567891")]
    assert {text.how for text in found.texts} == {"ocr"}
    without = inspected("x.png", made.getvalue())
    assert without.reasons() == {Reason.NO_OCR}


def test_an_encrypted_zip_opens_by_its_password() -> None:
    data = encrypted("rows.csv", delimited().encode(), b"infected")
    assert inspected("x.zip", data).reasons() == {Reason.ENCRYPTED}
    found = inspected("x.zip", data, passwords=("wrong", "infected"))
    assert len(found.rows) == 3
    assert not found.reasons()

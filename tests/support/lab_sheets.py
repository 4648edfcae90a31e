"""Tables of invented people's results, as laboratories have them."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

HEADERS: Final = (
    "NIK", "Nama Pasien", "Tgl Lahir", "JK", "No. Spesimen", "Tanggal Pengambilan Sampel",
    "Jenis Pemeriksaan", "Hasil", "Nilai CT", "Satuan", "Nilai Rujukan", "Laboratorium", "Dokter",
)  # fmt: skip
NAMES: Final = (
    ("Sri Wulandari", "P"), ("Bayu Nugroho", "L"), ("Indah Permata Sari", "P"),
    ("Yoga Pratama", "L"), ("Suparman", "L"), ("Dewi Lestari", "P"), ("Hotma Simanjuntak", "L"),
    ("Ratna Kusuma", "P"),
)  # fmt: skip


NO_SHEETS: Final[Any] = None
"""For a console whose pages of imports nobody asks for."""


@dataclass(frozen=True)
class Invented:
    """Nobody: no province has the code 98."""

    nik: str
    name: str
    sex: str


def _invented(number: int) -> Invented:
    name, sex = NAMES[number % len(NAMES)]
    day = number % 28 + 1 + 40 * (sex == "P")
    return Invented(f"980{number % 9 + 1}02{day:02}0590{number + 1:04}", f"{name} {number}", sex)


PEOPLE: Final = tuple(_invented(number) for number in range(40))

BROKEN: Final[tuple[Mapping[str, str], ...]] = (
    {"NIK": "3,20123E+15"}, {"NIK": ""}, {"NIK": "98"}, {"Nama Pasien": ""},
    {"Tanggal Pengambilan Sampel": "31/02/2022"}, {"Tanggal Pengambilan Sampel": ""},
    {"Hasil": "mungkin"}, {"Hasil": ""}, {"JK": "X"}, {"Tgl Lahir": "kemarin dulu"},
)  # fmt: skip


def rows_of(count: int, broken: int = 0) -> list[dict[str, str]]:
    """Rows of forty people in turn, of which the last of each stretch are broken."""
    rows = []
    for number in range(count):
        who = PEOPLE[number % len(PEOPLE)]
        is_pcr = number % 3 == 0
        row = {
            "NIK": f"'{who.nik}",
            "Nama Pasien": who.name,
            "Tgl Lahir": f"{number % 40 % 28 + 1:02}/05/1990",
            "JK": who.sex,
            "No. Spesimen": f"S-{number:04}",
            "Tanggal Pengambilan Sampel": f"{number % 28 + 1:02}/01/2022 08.{number % 60:02}",
            "Jenis Pemeriksaan": "Swab PCR" if is_pcr else "Antigen SARS-CoV-2",
            "Hasil": "Positif" if number % 4 == 0 else "Negatif",
            "Nilai CT": "23,5" if is_pcr and number % 4 == 0 and number else "",
            "Satuan": "",
            "Nilai Rujukan": "Negatif",
            "Laboratorium": "Lab Melati",
            "Dokter": "dr. Rina Halim, Sp.PK",
        }
        if broken and number % (count // broken) == count // broken - 1:
            row |= BROKEN[number // (count // broken) % len(BROKEN)]
        rows.append(row)
    return rows


def csv_of(rows: Sequence[Mapping[str, str]], title: str = "", delimiter: str = ";") -> bytes:
    """A file as Excel in Indonesian saves it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    if title:
        writer.writerow([title])
    writer.writerow(HEADERS)
    writer.writerows([row[name] for name in HEADERS] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()

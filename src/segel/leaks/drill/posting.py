"""How a seller posts what they have: some rows of it, with slips, under headings of their own."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from segel.leaks.drill.estate import Estate
from segel.leaks.drill.people import Integers
from segel.leaks.drill.visits import MODALITIES
from segel.leaks.model import Column, ColumnKind, PersonRow, SampleTable

_K = ColumnKind

TELLING: Final = (_K.MEDICAL_RECORD, _K.ACCESSION)
"""What only we hold; a seller who shows neither proves nothing, and is asked for more."""

KEPT: Final[dict[ColumnKind, float]] = {
    _K.NIK: 0.75,
    _K.BIRTH_DATE: 0.9,
    _K.SEX: 0.8,
    _K.PHONE: 0.6,
    _K.ADDRESS: 0.5,
    _K.HOSPITAL: 0.8,
    _K.MEDICAL_RECORD: 0.85,
    _K.ACCESSION: 0.6,
    _K.EVENT_TIME: 0.7,
    _K.MODALITY: 0.6,
    _K.RESULT: 0.4,
}
"""How likely a seller shows each column. Names are always there."""

SLIPS: Final = {"letter": 0.05, "date": 0.02, "digit": 0.015, "blank": 0.04}
"""Of the rows. Blank: of the cells."""

RESULTS: Final = ("NORMAL", "PNEUMONIA", "TB AKTIF", "FRAKTUR", "EFUSI PLEURA", "KARDIOMEGALI")

_HEADINGS: Final[dict[ColumnKind, str]] = {
    _K.NIK: "nik no_ktp id_number",
    _K.NAME: "nama name nama_pasien",
    _K.BIRTH_DATE: "tgl_lahir birth_date dob",
    _K.SEX: "jk sex kelamin",
    _K.PHONE: "no_hp phone telepon",
    _K.ADDRESS: "alamat address alamat_ktp",
    _K.HOSPITAL: "kode_rs hospital faskes",
    _K.MEDICAL_RECORD: "no_rm mrn rm",
    _K.HEALTH_NUMBER: "no_peserta member card_no",
    _K.ACCESSION: "accession no_periksa acc",
    _K.EVENT_TIME: "tgl_periksa study_date tanggal",
    _K.MODALITY: "modalitas modality mod",
    _K.RESULT: "hasil result kesimpulan",
}


def columns_of(chance: np.random.Generator) -> frozenset[ColumnKind]:
    """Which columns a seller shows."""
    kept = {kind for kind, share in KEPT.items() if chance.random() < share}
    if not kept & set(TELLING):
        kept.add(TELLING[int(chance.integers(0, 2))])
    if not kept & {_K.NIK, _K.PHONE}:
        kept |= {_K.BIRTH_DATE, _K.MEDICAL_RECORD}  # else nobody can be found by it
    return frozenset(kept | {_K.NAME})


def row_of(
    place: Estate, patient: int, visit: int, day: float, columns: frozenset[ColumnKind]
) -> PersonRow:
    """What the archive showed of a patient and a study on a day."""
    persons, those = place.persons, place.visits

    def shown(kind: ColumnKind, text: str) -> str:
        return text if kind in columns else ""

    others = {
        _K.ADDRESS: persons.addresses[int(persons.address_day[patient] <= day)][patient],
        _K.MODALITY: MODALITIES[int(those.modality[visit])],
        _K.RESULT: RESULTS[int(those.result[visit])],
    }
    return PersonRow(
        0,
        0,
        nik=shown(_K.NIK, persons.nik[patient]),
        medical_record=shown(_K.MEDICAL_RECORD, place.mrn(patient)),
        name=persons.name[patient],
        birth_date=shown(_K.BIRTH_DATE, persons.birth_date[patient]),
        sex=shown(_K.SEX, persons.sex[patient]),
        phone=shown(_K.PHONE, persons.phones[int(persons.phone_day[patient] <= day)][patient]),
        hospital=shown(_K.HOSPITAL, place.houses.code[int(persons.hospital[patient])]),
        accession=shown(_K.ACCESSION, place.accession(visit)),
        event_time=shown(_K.EVENT_TIME, place.date(visit)),
        others={kind.value: text for kind, text in others.items() if kind in columns},
    )


def newest(place: Estate, patients: Integers, day: float) -> Integers:
    """Of each patient the newest study that had arrived by a day; each had one."""
    those = place.visits
    found = [those.of(int(patient)) for patient in patients]
    return np.array([one[np.searchsorted(those.day[one], day, "right") - 1] for one in found])


def table_of(
    number: int, rows: Sequence[PersonRow], columns: frozenset[ColumnKind], taste: int
) -> SampleTable:
    """A table under a seller's headings. ``taste``: 0 to 2."""
    return SampleTable(
        number,
        0,
        "",
        tuple(
            Column(words.split()[taste], kind, 1.0)
            for kind, words in _HEADINGS.items()
            if kind in columns
        ),
        len(rows),
    )


def with_slips(rows: Sequence[PersonRow], chance: np.random.Generator) -> list[PersonRow]:
    """Rows as they look after somebody's spreadsheet."""
    return [_slipped(row, chance) for row in rows]


def _slipped(row: PersonRow, chance: np.random.Generator) -> PersonRow:
    said = msgspec.structs.asdict(row)
    if chance.random() < SLIPS["letter"]:
        at = int(chance.integers(1, max(2, len(row.name))))
        said["name"] = row.name[:at] + row.name[at + 1 :]
    if chance.random() < SLIPS["date"] and row.birth_date:
        said["birth_date"] = row.birth_date[:4] + row.birth_date[6:] + row.birth_date[4:6]
    if chance.random() < SLIPS["digit"] and row.nik:
        at = int(chance.integers(0, 16))
        said["nik"] = row.nik[:at] + str(chance.integers(0, 10)) + row.nik[at + 1 :]
    for name in ("phone", "birth_date", "sex", "nik", "event_time", "medical_record"):
        if chance.random() < SLIPS["blank"]:
            said[name] = ""
    return PersonRow(**said)
